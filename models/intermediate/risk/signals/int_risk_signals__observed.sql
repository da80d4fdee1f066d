-- Grain: one row.
-- Why: no episode is observed none as soon as a signal can be seen, and undetected only where detection can be.
with

usage_weeks as (

    select * from {{ ref('int_usage_weeks__used') }}

),

interactions as (

    select * from {{ ref('int_interactions__completed') }}

),

signals as (

    select
        exists (
            select 1 from usage_weeks
            where usage_weeks.event_count is not null or usage_weeks.active_user_count is not null
        )
        or exists (select 1 from {{ ref('stg_support__tickets') }})
        or exists (
            select 1 from interactions
            where interactions.sentiment_score is not null
        )
        -- a contact who leaves is a signal, whoever took part in what
        or exists (select 1 from {{ ref('stg_crm__contacts') }})
        or exists (select 1 from {{ ref('stg_crm__opportunities') }}) as is_observed

),

final as (

    select
        signals.is_observed,
        -- a risk is noticed in a flag or in a conversation: with neither on file, that it was not is not known
        signals.is_observed
        and (
            exists (select 1 from {{ ref('stg_crm__risk_flags') }})
            or exists (select 1 from {{ ref('stg_interactions__interactions') }})
        ) as is_detection_observed

    from signals

)

select * from final
