-- Grain: one row per account_id that is active on as_of_date.
-- Why: what conversations say of an account that its dashboards do not.
{% set is_recent -%}
    cast(mentions.started_at as date) > {{ days_after('clock.as_of_date', '-' ~ threshold('competitor_mention_days')) }}
{%- endset %}
with

accounts as (

    select * from {{ ref('int_accounts__sentiment') }}

),

healthy as (

    select * from {{ ref('int_accounts__healthy') }}

),

stakeholders as (

    select * from {{ ref('fct_stakeholder_engagement') }}

),

follow_ups as (

    select * from {{ ref('int_accounts__followed_up') }}

),

mentions as (

    select * from {{ ref('fct_competitor_mentions') }}

),

clock as (

    select * from {{ ref('int_clock') }}

),

observed as (

    select
        exists (select 1 from {{ ref('stg_interactions__interaction_topics') }})
        or exists (select 1 from {{ ref('stg_interactions__transcripts') }}) as has_words,
        exists(select 1 from {{ ref('stg_crm__contacts') }}) as has_contacts,
        exists(select 1 from {{ ref('stg_interactions__interactions') }}) as has_interactions

),

contact_counts as (

    select
        stakeholders.account_id,
        count(case when stakeholders.is_engaged then 1 end) as engaged_contact_count,
        count(case when stakeholders.is_silent then 1 end) as silent_contact_count,
        count(stakeholders.is_silent) as judged_contact_count,
        bool_or(stakeholders.is_champion_change) as has_champion_changed

    from stakeholders
    group by stakeholders.account_id

),

competitors as (

    select
        mentions.account_id,
        count(distinct case when {{ is_recent }} then mentions.interaction_id end) as recent_count,
        count(distinct case when {{ is_recent }} and mentions.is_evaluation then mentions.interaction_id end)
            as recent_evaluation_count,
        max(case when mentions.is_evaluation then mentions.started_at end) as last_competitor_evaluation_at

    from mentions
    cross join clock
    group by mentions.account_id

),

final as (

    select
        accounts.account_id,
        accounts.csm_id,
        healthy.is_healthy,
        healthy.sentiment_level,
        accounts.mean_sentiment_score,
        accounts.sentiment_slope,
        follow_ups.expected_action_item_count as expected_action_item_count_last_13_weeks,
        competitors.last_competitor_evaluation_at,
        nullif(healthy.sentiment_level, 'unknown') = 'negative' and healthy.is_healthy as is_quietly_negative,
        case when contact_counts.judged_contact_count > 0 then contact_counts.engaged_contact_count end
            as engaged_contact_count,
        case when contact_counts.judged_contact_count > 0 then contact_counts.silent_contact_count end
            as silent_contact_count,
        case when observed.has_contacts then coalesce(contact_counts.has_champion_changed, false) end
            as has_champion_changed,
        -- an account without a conversation is observed to have none, where any is on file
        case when observed.has_interactions then coalesce(follow_ups.interaction_count, 0) end
            as interaction_count_last_13_weeks,
        cast(follow_ups.action_item_count as bigint) as action_item_count_last_13_weeks,
        {{ ratio('follow_ups.action_item_count', 'follow_ups.expected_action_item_count') }} as follow_up_ratio,
        case when observed.has_words then coalesce(competitors.recent_count, 0) end
            as competitor_interaction_count_last_30_days,
        case when observed.has_words then coalesce(competitors.recent_evaluation_count, 0) end
            as competitor_evaluation_count_last_30_days,
        clock.as_of_date

    from accounts
    cross join clock
    inner join healthy on accounts.account_id = healthy.account_id
    cross join observed
    left join contact_counts on accounts.account_id = contact_counts.account_id
    left join follow_ups on accounts.account_id = follow_ups.account_id
    left join competitors on accounts.account_id = competitors.account_id

)

select * from final
