-- Grain: one row.
-- Why: weeks before the first change keep their rows, so that a week more costs a week.
{{ config(post_hook='{{ announce_rebuild() }}') }}
{{ rebuild_decision(ref('int_raw_weeks'), ref('int_clock'), ref('int_raw_coverage')) }}
