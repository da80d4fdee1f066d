-- Grain: one row per account_id and week_start_date from which its signal density may be another.
-- Why: an account that says nothing is one to look at; an account that nobody measures is not.
with

active as (

    select * from {{ ref('int_accounts__active') }}

),

completed_interactions as (

    select * from {{ ref('int_interactions__completed') }}

),

interactions as (

    select * from {{ ref('stg_interactions__interactions') }}

),

tickets as (

    select * from {{ ref('stg_support__tickets') }}

),

survey_responses as (

    select * from {{ ref('stg_outcomes__survey_responses') }}

),

usage_weeks as (

    select * from {{ ref('int_usage_weeks__used') }}

),

observed as (

    select
        exists (select 1 from interactions)
        or exists (select 1 from tickets)
        or exists (select 1 from survey_responses)
        or exists (select 1 from usage_weeks) as has_signals

),

observed_signals as (

    select
        account_id,
        started_on as observed_on
    from completed_interactions
    where account_id is not null
    union all
    select
        account_id,
        cast(opened_at as date) as observed_on
    from tickets
    union all
    select
        account_id,
        responded_on as observed_on
    from survey_responses
    union all
    -- a week of use is one signal, however many products and days; a row that counts nothing is no use
    select
        account_id,
        last_used_on as observed_on
    from usage_weeks
    where last_used_on is not null

),

signal_spans as (

    select
        observed_signals.account_id,
        {{ week_start('observed_signals.observed_on') }} as from_week,
        {{ week_start(days_after('observed_signals.observed_on', threshold('signal_days'))) }} as to_week

    from observed_signals

),

counts as (

    {{ span_counts(['active'], {'signal_count': 'signal_spans'}) }}

),

final as (

    select
        counts.account_id,
        counts.week_start_date,
        case
            when not observed.has_signals then 'unknown'
            when counts.signal_count >= {{ threshold('signal_dense_minimum_count') }} then 'dense'
            when counts.signal_count >= {{ threshold('signal_normal_minimum_count') }} then 'normal'
            else 'silent'
        end as level

    from counts
    cross join observed

)

select * from final
