-- Grain: one row per week_start_date.
-- Why: every weekly mart has these weeks, none missing; a dashboard groups and labels them from here.
with

weeks as (

    select * from {{ ref('int_weeks') }}

),

clock as (

    select * from {{ ref('int_clock') }}

),

dated as (

    select
        weeks.*,
        -- the ISO year of a week is that of its Thursday
        {{ days_after('weeks.week_start_date', 3) }} as thursday,
        {{ fiscal_year('weeks.quarter_start_date') }} as fiscal_year,
        {{ fiscal_quarter('weeks.quarter_start_date') }} as fiscal_quarter

    from weeks

),

final as (

    select
        dated.week_start_date,
        dated.week_end_date,
        dated.quarter_start_date,
        dated.is_latest,
        concat('week ending ', {{ date_in_words('dated.week_end_date') }}) as week_label,
        cast({{ week_number('clock.latest_week_start_date') }} - {{ week_number('dated.week_start_date') }} as bigint)
            as weeks_ago,
        cast(extract(year from dated.thursday) as bigint) as iso_year,
        cast(extract(week from dated.thursday) as bigint) as iso_week,
        concat(
            extract(year from dated.thursday),
            '-W',
            lpad(cast(extract(week from dated.thursday) as string), 2, '0')
        ) as iso_week_label,
        cast(date_trunc('month', dated.week_end_date) as date) as month_start_date,
        {{ month_in_words('dated.week_end_date') }} as month_label,
        dated.fiscal_year,
        dated.fiscal_quarter,
        concat('FY', dated.fiscal_year, ' Q', dated.fiscal_quarter) as fiscal_quarter_label

    from dated
    cross join clock

)

select * from final
