-- Grain: one row per row read from account_assignments, accepted or not.
-- Why: a fault stands beside the row that has it, so that no row can vanish between raw and staging.
-- A handover written as two rows with an empty end is no overlap: an open assignment ends where the next begins.
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
        checked_rows.unassigned_on as written_unassigned_on,
        lead(checked_rows.assigned_on) over (
            partition by checked_rows.account_id
            order by checked_rows.assigned_on
        ) as next_assigned_on

    from checked_rows
    where
        checked_rows.is_accepted
        and (checked_rows.unassigned_on is null or checked_rows.unassigned_on > checked_rows.assigned_on)

),

ended_spans as (

    select
        spans.*,
        coalesce(spans.written_unassigned_on, spans.next_assigned_on, cast('9999-12-31' as date)) as unassigned_on

    from spans

),

judged_spans as (

    select
        ended_spans.read_row_number,
        case when ended_spans.written_unassigned_on is null then ended_spans.next_assigned_on end as closed_on,
        ended_spans.written_unassigned_on is not null
        and (
            coalesce(ended_spans.assigned_on < max(ended_spans.unassigned_on) over (
                partition by ended_spans.account_id
                order by ended_spans.assigned_on
                rows between unbounded preceding and 1 preceding
            ), false)
            or coalesce(ended_spans.next_assigned_on < ended_spans.unassigned_on, false)
        ) as is_overlapping

    from ended_spans

),

final as (

    select
        {{ all_but('checked_rows', ['is_accepted', 'unassigned_on', 'normalised_count']) }},
        coalesce(checked_rows.unassigned_on, judged_spans.closed_on) as unassigned_on,
        checked_rows.normalised_count + case when judged_spans.closed_on is null then 0 else 1 end as normalised_count,
        case when judged_spans.is_overlapping then 'overlapping_assignment' end as overlapping_assignment_fault,
        checked_rows.is_accepted and not coalesce(judged_spans.is_overlapping, false) as is_accepted

    from checked_rows
    left join judged_spans on checked_rows.read_row_number = judged_spans.read_row_number

)

select * from final
