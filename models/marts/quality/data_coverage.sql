-- Grain: one row per table_name of the raw contract.
-- Why: null is not observed; this says which input was not there.
with

raw_coverage as (

    select * from {{ ref('int_raw_coverage') }}

),

final as (

    select
        raw_coverage.table_name,
        raw_coverage.is_present,
        raw_coverage.read_count,
        raw_coverage.accepted_count,
        raw_coverage.rejected_count,
        raw_coverage.is_required,
        raw_coverage.is_observed,
        raw_coverage.absent_columns,
        raw_coverage.unavailable,
        raw_coverage.normalised_count,
        raw_coverage.nulled_value_count,
        raw_coverage.unread_columns

    from raw_coverage

)

select * from final
