{#- A raw column as the contract reads it: an enumeration in its own spelling, all else as its type. -#}
{% macro parsed_column(column, raw, raw_type) %}
    {%- set values = column.config.meta.accepted_values -%}
    {%- if not values -%}
        {{ parsed_value(raw, column.data_type, raw_type) }}
    {%- else -%}
        {%- set text = 'cast(' ~ raw ~ ' as string)' -%}
        case
            when {{ folded_word(text) }} in ('{{ values | join("', '") }}') then {{ folded_word(text) }}
            {%- if 'cancelled' in values %}
            when {{ folded_word(text) }} = 'canceled' then 'cancelled'
            {%- endif %}
            when not {{ is_null_word(text) }} then nullif({{ text }}, '')
        end
    {%- endif -%}
{% endmacro %}

{#- A word as enumerations compare it: in lower case, blank and hyphen as underscore. -#}
{% macro folded_word(text) -%}
    replace(replace(lower({{ text }}), ' ', '_'), '-', '_')
{%- endmacro %}

{#- What SQL, pandas and Excel write for nothing. An id may be called so: only typed columns are asked. -#}
{% macro is_null_word(text) -%}
    lower({{ text }}) in ('null', 'n/a', 'na', 'nan', 'nat', 'none', '<na>', '#n/a', concat(chr(92), 'n'), '-')
{%- endmacro %}

{#- Whether a column takes null words for nothing: all but ids and free text. -#}
{% macro is_typed(column, accepted_from={}) %}
    {{ return(column.data_type != 'varchar' or column.config.meta.accepted_values is defined or column.name in accepted_from) }}
{% endmacro %}

{#- Whether a value that is read stands in another form than the contract's own: `12.0` for a whole number, YES for true, a
    null word. -#}
{% macro is_in_plain_form(column, raw, raw_type, value) %}
    {%- set text = 'cast(' ~ raw ~ ' as string)' -%}
    {%- set is_text = raw_type == 'VARCHAR' -%}
    {%- set strict = {
        'date': matches_whole(text, '\\d{4}-\\d{2}-\\d{2}'),
        'boolean': text ~ " in ('true', 'false')",
        'bigint': matches_whole(text, '[+-]?\\d+'),
    }.get(column.data_type, 'true') -%}
    {%- if column.data_type == 'varchar' -%}
        ({{ text }} != '' and coalesce({{ value }} != {{ text }}, {{ is_null_word(text) }}))
    {%- elif is_text -%}
        ({{ text }} != '' and ({{ is_null_word(text) }} or ({{ value }} is not null and not {{ strict }})))
    {%- elif column.data_type in ('double', 'timestamp') or raw_type == column.data_type | upper
        or (column.data_type == 'bigint' and is_native('bigint', raw_type)) -%}
        false
    {%- else -%}
        ({{ value }} is not null)
    {%- endif -%}
{% endmacro %}

{#- A raw column as its contract type, null where it does not parse. Files bring text or native types; a native
    type is taken as it is, because writing 700 million dates as text and back would cost more than the build. -#}
{% macro parsed_value(raw, data_type, raw_type) %}
    {%- set is_number = modules.re.match('(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT|UTINYINT|USMALLINT|UINTEGER|UBIGINT|DECIMAL|FLOAT|DOUBLE|REAL)', raw_type) -%}
    {%- set text = 'cast(' ~ raw ~ ' as string)' -%}
    {%- if data_type == 'varchar' -%}
        nullif({{ text }}, '')
    {%- elif data_type == 'date' and raw_type == 'DATE' -%}
        case when {{ is_finite_day(raw) }} then {{ raw }} end
    {%- elif data_type == 'date' and raw_type.startswith('TIMESTAMP') -%}
        case when {{ is_finite_day(raw) }} and {{ raw }} = date_trunc('day', {{ raw }}) then cast({{ raw }} as date) end
    {%- elif data_type == 'date' -%}
        case
            when {{ matches_whole(text, '\\d{4}-\\d{2}-\\d{2}([T ]00:00(:00(\\.0+)?)?(Z|[+]00(:?00)?)?)?') }}
                then try_cast(substr({{ text }}, 1, 10) as date)
        end
    {%- elif data_type == 'timestamp' and raw_type == 'TIMESTAMP WITH TIME ZONE' -%}
        case when {{ is_finite_day(raw) }} then {{ instant_in_utc(raw) }} end
    {%- elif data_type == 'timestamp' and (raw_type.startswith('TIMESTAMP') or raw_type == 'DATE') -%}
        case when {{ is_finite_day(raw) }} then cast({{ raw }} as timestamp) end
    {%- elif data_type == 'timestamp' -%}
        case
            when {{ matches_whole(
                text,
                '\\d{4}-\\d{2}-\\d{2}([T ]\\d{2}:\\d{2}(:\\d{2}(\\.\\d+)?)?(Z|[+-]\\d{2}(:?\\d{2})?)?)?'
            ) }}
                then {{ instant_of(text) }}
        end
    {%- elif data_type == 'boolean' and raw_type == 'BOOLEAN' -%}
        {{ raw }}
    {%- elif data_type == 'boolean' -%}
        case
            when lower({{ text }}) in ('true', 't', 'yes', 'y', '1', '1.0') then true
            when lower({{ text }}) in ('false', 'f', 'no', 'n', '0', '0.0') then false
        end
    {%- elif data_type == 'double' and is_number -%}
        case when {{ is_finite_number('cast(' ~ raw ~ ' as double)') }} then cast({{ raw }} as double) end
    {%- elif data_type == 'double' -%}
        case
            when {{ matches_whole(text, '[+-]?(\\d+\\.?\\d*|\\.\\d+)([eE][+-]?\\d+)?') }}
                and {{ is_finite_number('try_cast(' ~ text ~ ' as double)') }}
                then try_cast({{ text }} as double)
        end
    {%- elif data_type == 'bigint' and is_number -%}
        case when {{ raw }} = floor({{ raw }}) then try_cast({{ raw }} as bigint) end
    {%- elif data_type == 'bigint' -%}
        case
            when {{ matches_whole(text, '[+-]?\\d+([.]0*)?') }}
                then try_cast(regexp_replace({{ text }}, '[.]0*$', '') as bigint)
        end
    {%- else -%}
        {{ exceptions.raise_compiler_error('The contract knows no data type ' ~ data_type) }}
    {%- endif -%}
{% endmacro %}
