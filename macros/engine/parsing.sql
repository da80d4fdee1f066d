{#- A raw value as a type of the contract, null where it does not parse. `text` is the value as text; the patterns are
    the contract's, what they let through is left to the engine. -#}

{#- Whether the whole text is of a pattern. -#}
{% macro matches_whole(text, pattern) -%}
    {{ return(adapter.dispatch('matches_whole', 'book_of_business')(text, pattern)) }}
{%- endmacro %}

{% macro default__matches_whole(text, pattern) -%}
    regexp_full_match({{ text }}, '{{ pattern }}')
{%- endmacro %}

{% macro spark__matches_whole(text, pattern) -%}
    regexp_like({{ text }}, '\\A(?:{{ pattern | replace('\\', '\\\\') }})\\z')
{%- endmacro %}

{#- A text of ISO 8601 as an instant, UTC where it has no offset. -#}
{% macro instant_of(text) -%}
    {{ return(adapter.dispatch('instant_of', 'book_of_business')(text)) }}
{%- endmacro %}

{% macro default__instant_of(text) -%}
    try_cast({{ text }} as timestamp with time zone) at time zone 'UTC'
{%- endmacro %}

{#- The session's time zone is UTC. -#}
{% macro spark__instant_of(text) -%}
    try_cast({{ text }} as timestamp)
{%- endmacro %}

{#- An instant that a file brings with a time zone. -#}
{% macro instant_in_utc(instant) -%}
    {{ return(adapter.dispatch('instant_in_utc', 'book_of_business')(instant)) }}
{%- endmacro %}

{% macro default__instant_in_utc(instant) -%}
    {{ instant }} at time zone 'UTC'
{%- endmacro %}

{% macro spark__instant_in_utc(instant) -%}
    cast({{ instant }} as timestamp)
{%- endmacro %}

{#- Neither infinite nor not a number. -#}
{% macro is_finite_number(number) -%}
    {{ return(adapter.dispatch('is_finite_number', 'book_of_business')(number)) }}
{%- endmacro %}

{% macro default__is_finite_number(number) -%}
    isfinite({{ number }})
{%- endmacro %}

{#- Spark holds NaN to be above infinity. -#}
{% macro spark__is_finite_number(number) -%}
    abs({{ number }}) < cast('infinity' as double)
{%- endmacro %}

{#- Dates and instants: DuckDB knows infinite ones, Spark does not. -#}
{% macro is_finite_day(day) -%}
    {{ return(adapter.dispatch('is_finite_day', 'book_of_business')(day)) }}
{%- endmacro %}

{% macro default__is_finite_day(day) -%}
    isfinite({{ day }})
{%- endmacro %}

{% macro spark__is_finite_day(day) -%}
    {{ day }} is not null
{%- endmacro %}

{#- A number that is the same for rows with the same values, and for others hardly ever. -#}
{% macro row_hash(values) -%}
    {{ return(adapter.dispatch('row_hash', 'book_of_business')(values)) }}
{%- endmacro %}

{% macro default__row_hash(values) -%}
    hash({{ values | join(', ') }})
{%- endmacro %}

{#- Spark's hash passes over nulls: which values are null has to be said. -#}
{% macro spark__row_hash(values) -%}
    xxhash64({% for value in values %}{{ value }}, {{ value }} is null{{ ', ' if not loop.last }}{% endfor %})
{%- endmacro %}

{#- Any number that no other row of the select has. -#}
{% macro read_row_number() -%}
    {{ return(adapter.dispatch('read_row_number', 'book_of_business')()) }}
{%- endmacro %}

{% macro default__read_row_number() -%}
    row_number() over ()
{%- endmacro %}

{% macro spark__read_row_number() -%}
    monotonically_increasing_id()
{%- endmacro %}

{#- A raw value as text, as DuckDB writes it: what `rejected_rows` shows must not depend on the engine. -#}
{% macro as_written(raw, raw_type) -%}
    {{ return(adapter.dispatch('as_written', 'book_of_business')(raw, raw_type)) }}
{%- endmacro %}

{% macro default__as_written(raw, raw_type) -%}
    cast({{ raw }} as string)
{%- endmacro %}

{% macro spark__as_written(raw, raw_type) -%}
    {%- if raw_type == 'TIMESTAMP WITH TIME ZONE' -%}
        concat(cast({{ raw }} as string), '+00')
    {%- elif raw_type in ('DOUBLE', 'FLOAT') -%}
        case
            when isnan({{ raw }}) then 'nan'
            when {{ raw }} = cast('infinity' as double) then 'inf'
            when {{ raw }} = cast('-infinity' as double) then '-inf'
            when cast({{ raw }} as string) like '%E%'
                then regexp_replace(cast(cast({{ raw }} as decimal(38, 12)) as string), '([.][0-9]+?)0*$', '$1')
            else cast({{ raw }} as string)
        end
    {%- else -%}
        cast({{ raw }} as string)
    {%- endif -%}
{%- endmacro %}
