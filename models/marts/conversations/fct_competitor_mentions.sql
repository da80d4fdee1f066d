-- Grain: one row per interaction_id and competitor.
-- Why: which conversations named a competitor, and in which it was being evaluated.
{{ keeps_earlier_weeks('started_at') }}
with

interactions as (

    select * from {{ ref('int_interactions__completed') }}
    where started_at >= {{ rebuild_from() }}

),

topics as (

    select * from {{ ref('stg_interactions__interaction_topics') }}
    where interaction_id in (select interactions.interaction_id from interactions)

),

transcripts as (

    select * from {{ ref('stg_interactions__transcripts') }}
    -- what our own side asks about is no mention by the customer
    where speaker_csm_id is null and interaction_id in (select interactions.interaction_id from interactions)

),

aliases as (

    select
        competitor,
        is_evaluation,
        {{ words_pattern('alias') }} as words_pattern
    from {{ ref('competitor_aliases') }}

),

said as (

    select
        topics.interaction_id,
        topics.topic,
        topics.mention_count,
        null as turn,
        {{ as_words('topics.topic') }} as words

    from topics
    where topics.topic_kind = 'competitor'

    union all

    select
        transcripts.interaction_id,
        null as topic,
        null as mention_count,
        transcripts.turn,
        {{ as_words('transcripts.text') }} as words

    from transcripts

),

-- A competitor that the table lacks is shown as unlisted and never dropped; what was said of it stays in staging.
named as (

    select
        said.interaction_id,
        said.topic,
        said.turn,
        said.mention_count,
        coalesce(aliases.competitor, 'unlisted') as competitor,
        coalesce(aliases.is_evaluation, false) as is_evaluation

    from said
    -- several aliases may find the same words: grouped back below
    left join aliases on said.words like aliases.words_pattern
    where aliases.competitor is not null or said.topic is not null

),

mentions as (

    select
        named.interaction_id,
        named.competitor,
        named.topic,
        named.turn,
        max(named.mention_count) as mention_count,
        bool_or(named.is_evaluation) as is_evaluation

    from named
    group by named.interaction_id, named.competitor, named.topic, named.turn

),

final as (

    select
        mentions.interaction_id,
        mentions.competitor,
        interactions.account_id,
        interactions.csm_id,
        interactions.started_at,
        cast(sum(mentions.mention_count) as bigint) as topic_mention_count,
        count(mentions.topic) as topic_count,
        count(mentions.turn) as turn_count,
        bool_or(mentions.is_evaluation) as is_evaluation

    from mentions
    inner join interactions on mentions.interaction_id = interactions.interaction_id
    group by
        mentions.interaction_id,
        mentions.competitor,
        interactions.account_id,
        interactions.csm_id,
        interactions.started_at

)

select * from final
