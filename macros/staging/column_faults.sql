{#- The rules of the raw contract, each once. A column has at most one fault: the first that applies. -#}

{#- Optional free text cannot break a rule. -#}
{% macro unruled_columns(columns, keys) %}
    {% set unruled = [] %}
    {% for column in columns %}
        {% set meta = column.config.meta %}
        {% if column.name not in keys and column.data_type == 'varchar' and meta.is_optional
            and not meta.parent and not meta.accepted_from and not meta.accepted_values %}
            {% do unruled.append(column.name) %}
        {% endif %}
    {% endfor %}
    {{ return(unruled) }}
{% endmacro %}

{#- `scales`: the relation of columns whose scale is not the contract's, where this column may be one: then no single row is
    at fault. -#}
{% macro column_fault(column, keys, has_parent, has_reference, raw_types, scales=none) %}
    {%- set meta = column.config.meta -%}
    {%- set name = column.name -%}
    {%- set raw_type = raw_types.get(name, 'VARCHAR') -%}
    {%- set value = 'coalesce(accepted_' ~ name ~ '.id, folded_' ~ name ~ '.id)' if has_reference else 'parsed_rows.' ~ name %}
        case
            {%- if name in keys or not meta.is_optional %}
            when {{ is_nothing(column, raw_type, has_reference) }} then '{{ 'missing_key' if name in keys else 'missing_value' }}'
            {%- else %}
            when {{ is_nothing(column, raw_type, has_reference) }} then null
            {%- endif %}
            {%- if scales and meta.is_measure %}
            when {{ has_wrong_scale(scales, name) }} then null
            {%- endif %}
            {%- if column.data_type != 'varchar' %}
            when parsed_rows.{{ name }} is null then 'unparseable_value'
            {%- endif %}
            {%- if meta.minimum is defined %}
            when parsed_rows.{{ name }} < {{ meta.minimum }} then 'out_of_range'
            {%- endif %}
            {%- if meta.maximum is defined %}
            when parsed_rows.{{ name }} > {{ meta.maximum }} then 'out_of_range'
            {%- endif %}
            {%- if meta.maximum_from %}
            when parsed_rows.{{ name }} > {{ threshold(meta.maximum_from) }} then 'out_of_range'
            {%- endif %}
            {%- if meta.above is defined %}
            when parsed_rows.{{ name }} <= {{ meta.above }} then 'out_of_range'
            {%- endif %}
            {%- for value, bounds in (meta.ranges or {}).items() %}
            when parsed_rows.{{ meta.range_by }} = '{{ value }}' and parsed_rows.{{ name }} not between {{ bounds[0] }} and {{ bounds[1] }} then 'out_of_range'
            {%- endfor %}
            {%- if meta.accepted_values %}
            when parsed_rows.{{ name }} not in ('{{ meta.accepted_values | join("', '") }}') then 'unknown_enum'
            {%- endif %}
            {%- if meta.reserved_value %}
            when parsed_rows.{{ name }} = '{{ meta.reserved_value }}' then 'unknown_enum'
            {%- endif %}
            {%- if has_reference %}
            when {{ value }} is null then 'unknown_enum'
            {%- endif %}
            {%- if has_parent %}
            when parent_of_{{ name }}.id is null then 'unknown_parent'
            {%- endif %}
            {%- if meta.not_before %}
            when parsed_rows.{{ name }} < parsed_rows.{{ meta.not_before }} then 'end_before_start'
            {%- endif %}
        end
{%- endmacro %}

{#- Whether a column holds nothing: null, empty text, in typed columns a word for it. Only text can be empty; as text, a native
    column would take many times longer. -#}
{% macro is_nothing(column, raw_type, has_reference) -%}
    {%- set name = column.name -%}
    {%- if raw_type != 'VARCHAR' -%}
        {{ name }}_raw is null
    {%- elif has_reference -%}
        (coalesce({{ name }}_raw, '') = '' or (coalesce(accepted_{{ name }}.id, folded_{{ name }}.id) is null and {{ is_null_word(name ~ '_raw') }}))
    {%- elif column.config.meta.accepted_values -%}
        parsed_rows.{{ name }} is null
    {%- elif is_typed(column) -%}
        (coalesce({{ name }}_raw, '') = '' or {{ is_null_word(name ~ '_raw') }})
    {%- else -%}
        coalesce({{ name }}_raw, '') = ''
    {%- endif -%}
{%- endmacro %}

{#- Whether a whole column of interactions, which has all that may become null for it, has another scale than the contract's. -#}
{% macro has_wrong_scale(scales, name) -%}
    (select count(*) from {{ scales }} where table_name = 'interactions' and column_name = '{{ name }}') > 0
{%- endmacro %}

{#- Of identical rows one is kept; of rows that share a key and differ none is. A row with a null in its
    key has no key to share. -#}
{% macro duplicate_key_fault(columns, keys, accepted_from, raw_types) %}
    {#- a value that does not parse is compared as it is written -#}
    {%- set values = {} -%}
    {%- for column in columns -%}
        {%- set raw = 'cast(' ~ column.name ~ '_raw as string)' -%}
        {%- set is_read_as_written = column.data_type == 'varchar' and not column.config.meta.accepted_values -%}
        {%- if column.name in accepted_from -%}{%- set raw = folded_word(raw) -%}{%- endif -%}
        {%- do values.update({column.name: raw if is_read_as_written else 'coalesce(cast(parsed_rows.' ~ column.name ~ ' as string), ' ~ raw ~ ')'}) -%}
    {%- endfor -%}
    {%- set key_values = [] -%}
    {%- for key in keys -%}{%- do key_values.append(values[key]) -%}{%- endfor -%}
    {%- set nothings = [] -%}
    {%- for column in columns if column.name in keys -%}
        {%- do nothings.append(is_nothing(column, raw_types.get(column.name, 'VARCHAR'), column.name in accepted_from)) -%}
    {%- endfor -%}
    {%- set window = 'partition by ' ~ key_values | join(', ') -%}
    {%- set fingerprint = row_hash(values.values() | list) -%}
        case
            when {{ nothings | join(' or ') }} then null
            when min({{ fingerprint }}) over ({{ window }}) != max({{ fingerprint }}) over ({{ window }})
                then 'duplicate_key'
            when row_number() over ({{ window }} order by read_row_number) > 1 then 'duplicate_key'
        end as duplicate_key_fault,
        not coalesce({{ nothings | join(' or ') }}, false)
        and row_number() over ({{ window }} order by read_row_number) > 1
        and min({{ fingerprint }}) over ({{ window }}) = max({{ fingerprint }}) over ({{ window }}) as is_identical_copy
{%- endmacro %}
