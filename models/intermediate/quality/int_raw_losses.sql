-- Grain: one row per required table_name.
-- Why: what is left of a table that lost a fifth of its rows describes another book; nothing of it is published.
{{ config(pre_hook="{{ judged_before(
    ref('base_quality__scales'), ref('base_quality__currencies'), ref('base_quality__amounts'),
    ref('base_quality__renewed_amounts')
) }}") }}
with

coverage as (

    select * from {{ ref('int_raw_coverage') }}
    where is_required

),

hanging as (

    select
        table_name,
        hanging_table_name,
        count(distinct hanging_row_key) as hanging_count
    from {{ ref('int_raw_effects') }}
    group by table_name, hanging_table_name

),

shares as (

    select
        hanging.table_name,
        max(hanging.hanging_count / cast(coverage.read_count - coverage.copied_count as double)) as hanging_share

    from hanging
    inner join coverage on hanging.hanging_table_name = coverage.table_name
    where hanging.table_name != hanging.hanging_table_name
    group by hanging.table_name

),

final as (

    select
        coverage.table_name,
        coverage.read_count - coverage.copied_count as row_count,
        coverage.rejected_count - coverage.copied_count as lost_count,
        shares.hanging_share,
        case
            when coverage.read_count - coverage.copied_count >= {{ threshold('loss_minimum_row_count') }}
                then
                    {{ comparable(ratio(
                        '(coverage.rejected_count - coverage.copied_count)',
                        '(coverage.read_count - coverage.copied_count)'
                    )) }} > {{ threshold('maximum_rejected_share') }}
            else coalesce({{ comparable('shares.hanging_share') }} > {{ threshold('maximum_rejected_share') }}, false)
        end as is_stopping

    from coverage
    left join shares on coverage.table_name = shares.table_name

)

select * from final
