-- Grain: one row per csm_id (`unassigned` included) at as_of_date.
-- Why: how a book sounds, each account alike and each dollar alike: where the two part, the large ones sound otherwise.
{% set measures = {'sentiment': 'mean_sentiment_score', 'slope': 'sentiment_slope'} %}
with

accounts as (

    select * from {{ ref('int_accounts__sentiment') }}

),

books as (

    select * from {{ ref('int_books__weeks') }}

),

capacity as (

    select * from {{ ref('int_csm_weeks__capacity') }}

),

paying as (

    select * from {{ ref('int_accounts__paying') }}

),

clock as (

    select * from {{ ref('int_clock') }}

),

current_books as (

    select
        books.csm_id,
        books.account_count,
        books.arr_usd,
        clock.as_of_date

    from books
    inner join clock on books.week_start_date = clock.latest_week_start_date
    left join capacity on books.csm_id = capacity.csm_id and books.week_start_date = capacity.week_start_date
    where books.csm_id = 'unassigned' or capacity.is_employed_on_sunday

),

heard as (

    select
        accounts.csm_id,
        accounts.mean_sentiment_score,
        accounts.sentiment_slope,
        paying.arr_usd

    from accounts
    -- both are the active accounts of the last week
    left join paying on accounts.account_id = paying.account_id

),

sums as (

    select
        {% for name, measure in measures.items() %}
            count(heard.{{ measure }}) as {{ name }}_account_count,
            sum(case when heard.{{ measure }} is not null then heard.arr_usd end) as {{ name }}_arr_usd,
            avg(heard.{{ measure }}) as mean_{{ name }},
            sum(heard.{{ measure }} * heard.arr_usd) as {{ name }}_arr_product,
        {% endfor %}
        heard.csm_id

    from heard
    group by heard.csm_id

),

final as (

    select
        current_books.csm_id,
        current_books.account_count,
        current_books.arr_usd,
        -- where any interaction is on file, a book of which nothing is heard is observed to have no account that is
        {% for column in ['sentiment_account_count', 'sentiment_arr_usd', 'slope_account_count', 'slope_arr_usd'] %}
            case
                when
                    exists (select 1 from {{ ref('stg_interactions__interactions') }})
                    {%- if column.endswith('_usd') %} and current_books.arr_usd is not null{% endif %}
                    then coalesce(sums.{{ column }}, 0)
            end as {{ column }},
        {% endfor %}
        sums.mean_sentiment as mean_sentiment_score,
        {{ ratio('sums.sentiment_arr_product', 'sums.sentiment_arr_usd') }} as arr_weighted_sentiment_score,
        sums.mean_slope as mean_sentiment_slope,
        {{ ratio('sums.slope_arr_product', 'sums.slope_arr_usd') }} as arr_weighted_sentiment_slope,
        current_books.as_of_date

    from current_books
    left join sums on current_books.csm_id = sums.csm_id

)

select * from final
