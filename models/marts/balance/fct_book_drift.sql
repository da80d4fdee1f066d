-- Grain: one row per csm_id and week_start_date in which the CSM is employed on any day.
-- Why: a book grows heavier between rebalances without anybody deciding it; that overload is silent.
with

loads as (

    select * from {{ ref('fct_csm_load') }}

),

reassigned as (

    select * from {{ ref('int_books__reassigned') }}

),

book_weeks as (

    select
        loads.*,
        -- a week without a change has none
        coalesce(reassigned.arrived_account_count, 0) as arrived_account_count,
        coalesce(reassigned.departed_account_count, 0) as departed_account_count,
        -- the last change so far; before the first one, the first week of the book
        coalesce(
            max(reassigned.week_start_date) over (
                partition by loads.csm_id
                order by loads.week_start_date rows between unbounded preceding and current row
            ),
            min(loads.week_start_date) over (partition by loads.csm_id)
        ) as baseline_week_start_date

    from loads
    left join reassigned on loads.csm_id = reassigned.csm_id and loads.week_start_date = reassigned.week_start_date
    where loads.csm_id != 'unassigned'

),

baselines as (

    select
        book_weeks.csm_id,
        book_weeks.week_start_date as baseline_week_start_date,
        book_weeks.account_count as baseline_account_count,
        book_weeks.effort_hours as baseline_effort_hours,
        book_weeks.target_capacity_hours as baseline_target_capacity_hours,
        book_weeks.load_ratio as baseline_load_ratio,
        book_weeks.is_over_target as baseline_is_over_target

    from book_weeks
    where book_weeks.week_start_date = book_weeks.baseline_week_start_date

),

final as (

    select
        book_weeks.csm_id,
        book_weeks.week_start_date,
        book_weeks.arrived_account_count,
        book_weeks.departed_account_count,
        baselines.baseline_week_start_date,
        baselines.baseline_account_count,
        book_weeks.account_count,
        baselines.baseline_effort_hours,
        book_weeks.effort_hours,
        book_weeks.effort_hours - baselines.baseline_effort_hours as effort_drift_hours,
        baselines.baseline_target_capacity_hours,
        book_weeks.target_capacity_hours,
        baselines.baseline_load_ratio,
        book_weeks.load_ratio,
        book_weeks.load_ratio - baselines.baseline_load_ratio as load_drift_ratio,
        case
            when book_weeks.is_over_target is not null
                then book_weeks.is_over_target and not baselines.baseline_is_over_target
        end as is_silent_overload,
        -- less capacity this week may be leave; more work at the capacity of then is not
        case
            when {{ comparable('baselines.baseline_target_capacity_hours') }} > 0
                then
                    {{ comparable('book_weeks.effort_hours / baselines.baseline_target_capacity_hours') }}
                    > {{ threshold('target_load_ratio') }}
        end as is_over_target_at_baseline_capacity

    from book_weeks
    -- one week of the book is its baseline, so each week finds one
    inner join baselines
        on
            book_weeks.csm_id = baselines.csm_id
            and book_weeks.baseline_week_start_date = baselines.baseline_week_start_date

)

select * from final
