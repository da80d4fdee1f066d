"""What a build costs, beside what else would compute the same: `make bench`.

`plan` lists the steps, `worker` runs one of them in a process of its own, `measure` watches it, `results` keeps what
was measured, `page` and `chart` show it. Polars is the strongest rival: `polars_marts` has six core marts again, and
`equality` proves on every run that they are the marts of the build.
"""
