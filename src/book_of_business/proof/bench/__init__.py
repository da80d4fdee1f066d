"""What a build costs, beside what else would compute the same: `make bench`.

`plan` lists the steps, `worker` runs one of them in a process of its own, `measure` watches it, `results` keeps what
was measured, `page` and `chart` show it. The six core marts are written out again in `sql_marts`, `polars_marts` and
`pandas_marts`; `equality` proves on every run that they are the marts of the build.
"""
