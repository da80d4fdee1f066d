-- Grain: one row per table_name, column_name and book whose values have another scale than the contract's.
-- Why: a scale is a property of a column: judged row by row, the 1 of five stars becomes the best sentiment there is.
with

column_values as (

    {{ scaled_values([
        ('interactions', 'interactions', 'sentiment_score', none, 'csm_id'),
        ('interactions', 'interactions', 'quality_score', none, 'csm_id'),
        ('interactions', 'interactions', 'duration_minutes', none, 'csm_id'),
        ('interactions', 'time_entries', 'minutes', none, 'csm_id'),
        ('crm', 'health_scores', 'health_score', none, 'account_id'),
        ('crm', 'effort_surveys', 'perceived_load', none, none),
        ('outcomes', 'survey_responses', 'score', 'survey', none),
    ]) }}

),

owners as (

    select * from {{ ref('base_quality__owners') }}

),

owned_values as (

    select
        column_values.table_name,
        column_values.column_name,
        column_values.part,
        column_values.value,
        coalesce(
            case when column_values.table_name = 'health_scores' then owners.csm_id else column_values.book end,
            'unassigned'
        ) as book

    from column_values
    left join owners on column_values.table_name = 'health_scores' and column_values.book = owners.account_id

),

-- Each book, and the whole column.
measured as (

    select
        scale_rules.rule_order,
        owned_values.book,
        grouping(owned_values.book) = 1 as is_whole,
        count(*) as value_count,
        min(owned_values.value) as lowest_value,
        max(owned_values.value) as highest_value,
        avg(case when owned_values.value > scale_rules.limit_value then 1.0 else 0.0 end) as share_above_limit

    from owned_values
    inner join {{ ref('scale_rules') }} as scale_rules
        on
            owned_values.table_name = scale_rules.table_name
            and owned_values.column_name = scale_rules.column_name
            and (scale_rules.part is null or owned_values.part = scale_rules.part)
    group by grouping sets ((scale_rules.rule_order), (scale_rules.rule_order, owned_values.book))

),

recognised as (

    select
        scale_rules.*,
        measured.book,
        measured.value_count,
        row_number() over (
            partition by scale_rules.table_name, scale_rules.column_name, measured.book
            order by scale_rules.rule_order
        ) as place

    from measured
    inner join {{ ref('scale_rules') }} as scale_rules on measured.rule_order = scale_rules.rule_order
    where
        (measured.is_whole or scale_rules.is_per_book)
        and measured.value_count >= scale_rules.minimum_count
        and (scale_rules.minimum is null or measured.lowest_value >= scale_rules.minimum)
        and (scale_rules.maximum is null or measured.highest_value <= scale_rules.maximum)
        and measured.share_above_limit >= scale_rules.share_above_limit

),

column_counts as (

    select
        table_name,
        column_name,
        count(*) as column_value_count
    from owned_values
    group by table_name, column_name

),

final as (

    select
        recognised.table_name,
        recognised.column_name,
        recognised.book,
        recognised.scale,
        recognised.conversion,
        recognised.value_count,
        column_counts.column_value_count

    from recognised
    inner join column_counts
        on recognised.table_name = column_counts.table_name and recognised.column_name = column_counts.column_name
    where recognised.place = 1

)

select * from final
