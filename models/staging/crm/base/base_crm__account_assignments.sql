-- Grain: one row per row read from account_assignments, accepted or not.
-- Why: a fault stands beside the row that has it, so that no row can vanish between raw and staging.
with

checked_rows as (

    {{ checked_rows(
        'crm', 'account_assignments',
        parents={'account_id': ref('stg_crm__accounts'), 'csm_id': ref('stg_crm__csms')}
    ) }}

),

-- An empty span covers no day and overlaps nothing.
spans as (

    select
        checked_rows.read_row_number,
        checked_rows.account_id,
        checked_rows.assigned_on,
        coalesce(checked_rows.unassigned_on, cast('9999-12-31' as date)) as unassigned_on

    from checked_rows
    where
        checked_rows.is_accepted
        and (checked_rows.unassigned_on is null or checked_rows.unassigned_on > checked_rows.assigned_on)

),

neighbours as (

    select
        spans.read_row_number,
        spans.assigned_on < max(spans.unassigned_on) over (
            partition by spans.account_id
            order by spans.assigned_on
            rows between unbounded preceding and 1 preceding
        ) as starts_inside_another,
        lead(spans.assigned_on) over (partition by spans.account_id order by spans.assigned_on)
        < spans.unassigned_on as ends_inside_another

    from spans

),

overlapping_spans as (

    select neighbours.read_row_number
    from neighbours
    where neighbours.starts_inside_another or neighbours.ends_inside_another

),

final as (

    select
        {{ all_but('checked_rows', ['is_accepted']) }},
        case when overlapping_spans.read_row_number is not null then 'overlapping_assignment' end
            as overlapping_assignment_fault,
        checked_rows.is_accepted and overlapping_spans.read_row_number is null as is_accepted

    from checked_rows
    left join overlapping_spans on checked_rows.read_row_number = overlapping_spans.read_row_number

)

select * from final
