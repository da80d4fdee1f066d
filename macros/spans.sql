{#- Levels and books as changes: a row where something becomes another, so that cost follows what happens and not accounts
    times weeks. -#}

{#- Of measured levels (account_id, week_start_date, level) those that differ from the one before, as a select: most weeks
    in which a level may change change nothing. Rows of one week may repeat, if they agree. A model that keeps its
    earlier weeks gives only those from R on, and goes on from the last level that it has kept of an account. -#}
{% macro changes_only(measured, keeps_earlier_weeks=false) -%}
    select
        account_id,
        week_start_date,
        level
    from (
        select
            account_id,
            week_start_date,
            level,
            lag(level) over (partition by account_id order by week_start_date) as previous_level
        from {% if keeps_earlier_weeks and is_rebuilding() -%}
        (
            select account_id, week_start_date, level from {{ measured }} where week_start_date >= {{ rebuild_from() }}
            union all
            select account_id, max(week_start_date) as week_start_date, max_by(level, week_start_date) as level
            from {{ this }}
            group by account_id
        ) as measured_and_kept
        {%- else -%}
        {{ measured }}
        {%- endif %}
    ) as levels_in_order
    where (previous_level is null or previous_level != level)
    {%- if keeps_earlier_weeks and is_rebuilding() %} and week_start_date >= {{ rebuild_from() }}{% endif %}
{%- endmacro %}

{#- What a window of trailing days needs to measure the `scores` (account_id, dated_on, score) of accounts, as a select of
    account_id, day_number (what the window is ordered by), score_day_number, score, week_start_date (null in rows that
    measure nothing). A measure can change only on the Sundays from which a score is in the window or no longer in it,
    and where an account starts. A window of whole weeks holds the same scores when each stands on its Sunday; its own
    row then measures the week, and half the rows need no sorting. A week may be measured twice, with the same result. -#}
{% macro trailing_scores(scores, starts, days) -%}
    select
        account_id,
        case when {{ days }} % 7 = 0 then {{ day_number('entered_week') }} + 6 else {{ day_number('dated_on') }} end as day_number,
        {{ day_number('dated_on') }} as score_day_number,
        score,
        case when {{ days }} % 7 = 0 then entered_week end as week_start_date
    from (
        select *, {{ week_start('dated_on') }} as entered_week from {{ scores }}
    ) as entered_scores
    union all
    select
        account_id,
        {{ day_number('week_start_date') }} + 6 as day_number,
        cast(null as integer) as score_day_number,
        cast(null as double) as score,
        week_start_date
    from (
        select account_id, from_week as week_start_date from {{ starts }}
        union all
        select account_id, {{ week_start('dated_on') }} as week_start_date from {{ scores }}
        where {{ days }} % 7 != 0
        union all
        select left_scores.account_id, {{ week_start(days_after('left_scores.dated_on', days)) }} as week_start_date
        from {{ scores }} as left_scores
        -- several scores of that week repeat the row only where it is left out
        left join {{ scores }} as entering_scores
            on
                left_scores.account_id = entering_scores.account_id
                and {{ week_start(days_after('left_scores.dated_on', days)) }} = {{ week_start('entering_scores.dated_on') }}
        where entering_scores.account_id is null or {{ days }} % 7 != 0
    ) as measured_weeks
{%- endmacro %}

{#- A fraction as a number whose sums come out the same, and to nothing, in whatever order they are added. -#}
{% macro exact_sum_part(expression) -%}
    cast({{ expression }} as decimal(28, 12))
{%- endmacro %}

{#- Sums by book and week of `changes` (csm_id, week_start_date, a signed column for each of `columns`) so far, as a select
    with a row for each of `books` (csm_id, week_start_date). A span costs two rows: what it adds, and what it takes
    away where it ends. Columns are whole numbers, or exact_sum_part(): a double would leave a remainder. -#}
{% macro book_sums(books, changes, columns) -%}
    select
        csm_id,
        week_start_date,
        {% for column in columns -%}
        sum({{ column }}) over earlier_weeks as {{ column }}{{ ',' if not loop.last }}
        {% endfor %}
    from (
        select
            {{ books }}.csm_id,
            {{ books }}.week_start_date,
            {% for column in columns -%}
            coalesce(changes_by_week.{{ column }}, 0) as {{ column }}{{ ',' if not loop.last }}
            {% endfor %}
        from {{ books }}
        left join (
            select
                csm_id,
                week_start_date,
                {% for column in columns -%}
                sum({{ column }}) as {{ column }}{{ ',' if not loop.last }}
                {% endfor %}
            from {{ changes }}
            group by csm_id, week_start_date
        ) as changes_by_week
            on {{ books }}.csm_id = changes_by_week.csm_id and {{ books }}.week_start_date = changes_by_week.week_start_date
    ) as weekly_changes
    window earlier_weeks as (
        partition by csm_id order by week_start_date rows between unbounded preceding and current row
    )
{%- endmacro %}

{#- Each span twice, as a subquery called `changes`: at its first week (direction 1) and at the one after its last (-1).
    Read once: what a query reads twice, DuckDB keeps whole, and a million accounts do not fit into 4 GB. -#}
{% macro span_ends(spans) -%}
    (
        select
            spans.*,
            directions.direction,
            case when directions.direction = 1 then spans.from_week else spans.to_week end as changed_week
        from {{ spans }} as spans
        cross join (select 1 as direction union all select -1 as direction) as directions
    ) as changes
{%- endmacro %}

{#- The changes that book_sums() adds up, of `spans` (csm_id, from_week, to_week exclusive, the columns), as a select. The
    sign is no factor: a product of decimals has fewer places on Spark. -#}
{% macro span_changes(spans, columns) -%}
    select
        csm_id,
        changed_week as week_start_date,
        {% for column in columns -%}
        case when direction = 1 then {{ column }} else -{{ column }} end as {{ column }}{{ ',' if not loop.last }}
        {% endfor %}
    from {{ span_ends(spans) }}
{%- endmacro %}

{#- The value so many rows before in a named window; a threshold minus one counts the row itself. -#}
{% macro earlier_value(expression, rows, window_name) -%}
    lag({{ expression }}, {{ frame_bound(rows) }}) over {{ window_name }}
{%- endmacro %}
