-- Grain: one row per required table_name.
-- Why: what is left of a table that lost a fifth of its rows describes another book; nothing of it is published.
with

coverage as (

    select * from {{ ref('int_raw_coverage') }}
    where is_required

),

dependent as (

    select
        table_name,
        dependent_table_name,
        count(distinct dependent_row_key) as dependent_count
    from {{ ref('int_raw_effects') }}
    group by table_name, dependent_table_name

),

shares as (

    select
        dependent.table_name,
        max(dependent.dependent_count / cast(coverage.read_count - coverage.copied_count as double)) as dependent_share

    from dependent
    inner join coverage on dependent.dependent_table_name = coverage.table_name
    where dependent.table_name != dependent.dependent_table_name
    group by dependent.table_name

),

final as (

    select
        coverage.table_name,
        coverage.read_count - coverage.copied_count as row_count,
        coverage.rejected_count - coverage.copied_count as lost_count,
        shares.dependent_share,
        case
            when coverage.read_count - coverage.copied_count >= {{ threshold('loss_minimum_row_count') }}
                then
                    {{ comparable(ratio(
                        '(coverage.rejected_count - coverage.copied_count)',
                        '(coverage.read_count - coverage.copied_count)'
                    )) }} > {{ threshold('maximum_rejected_share') }}
            else coalesce({{ comparable('shares.dependent_share') }} > {{ threshold('maximum_rejected_share') }}, false)
        end as is_stopping

    from coverage
    left join shares on coverage.table_name = shares.table_name

)

select * from final
