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
        case when {{ matches_whole(text, '\\d{4}-\\d{2}-\\d{2}') }} then try_cast({{ text }} as date) end
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
        case {{ text }} when 'true' then true when 'false' then false end
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
        case when {{ matches_whole(text, '[+-]?\\d+') }} then try_cast({{ text }} as bigint) end
    {%- else -%}
        {{ exceptions.raise_compiler_error('The contract knows no data type ' ~ data_type) }}
    {%- endif -%}
{% endmacro %}
