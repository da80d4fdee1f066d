{#- The rows of a raw table that need a second look, parsed and judged by the contract (the sources' YAML), with the fault
    of each column beside it. `parents` and `accepted_from` name the relations that a column is checked against: dbt needs
    the refs where it can see them. An absent table gives no row; a parent that was not supplied is not checked.
    Rows that are sound and alone with their key stay where they are: staging reads them in place, and takes from here
    what was looked at. A table of text is parsed once and kept whole. `suspects`: a relation that knows which keys to look at,
    and by which expressions of the raw columns (`suspect_keys`). `copies`: conversations that were copied, with the one
    that counts (interaction_id, kept_interaction_id); what belongs to a copy belongs to that one. `scales`: columns whose
    scale is not the contract's. `copied_by`: see suspect_keys(). -#}
{% macro checked_rows(domain, table, parents={}, accepted_from={}, suspects=none, copies=none, scales=none, copied_by=[]) %}
{%- set relation = source(domain, table) -%}
{%- if execute -%}
{%- set contract = graph.sources['source.' ~ project_name ~ '.' ~ domain ~ '.' ~ table] -%}
{%- set raw_types = raw_column_types(table) -%}
{%- set columns = contract.columns.values() | list -%}
{%- set keys = contract.config.meta.grain -%}
{%- set ruled = columns | rejectattr('name', 'in', unruled_columns(columns, keys)) | map(attribute='name') | list -%}
{%- set checked_parents = supplied_parents(contract, parents) -%}
{%- set is_whole = not is_read_in_place(table) -%}
{%- set joins -%}
    {%- if copies %}
    -- a copy's id is unique, so this cannot multiply rows
    left join {{ copies }} as copies on parsed_rows.interaction_id = copies.interaction_id
    {%- endif %}
    {%- for column, parent in checked_parents.items() %}
    -- a parent's key is unique, so this cannot multiply rows
    left join (select {{ parent.key }} as id from {{ parent.relation }}) as parent_of_{{ column }}
        on {{ 'coalesce(copies.kept_interaction_id, parsed_rows.interaction_id)' if copies and column == 'interaction_id' else 'parsed_rows.' ~ column }} = parent_of_{{ column }}.id
    {%- endfor %}
    {%- for column, reference in accepted_from.items() %}
    left join (select distinct {{ column }} as id from {{ reference }}) as accepted_{{ column }}
        on parsed_rows.{{ column }} = accepted_{{ column }}.id
    -- a word in another spelling, where one alone fits
    left join (
        select {{ folded_word('id') }} as folded, min(id) as id
        from (select distinct {{ column }} as id from {{ reference }}) as words
        group by {{ folded_word('id') }}
        having count(*) = 1
    ) as folded_{{ column }}
        on {{ folded_word('parsed_rows.' ~ column) }} = folded_{{ column }}.folded
    {%- endfor %}
{%- endset -%}
with

received_rows as (

    {{ received_rows(relation if raw_types else '(select 1 as nothing where false) as nothing', contract, raw_types) }}

),

{% if not is_whole -%}
suspect_keys as (
    {%- if suspects %}

    select suspect_key from {{ suspects }} where is_suspect
    {%- for column, parent in checked_parents.items() %}
    union
    select suspects.suspect_key
    from {{ suspects }} as suspects
    semi join (
        select {{ column }} as unknown_id from {{ suspects }} group by {{ column }}
        except
        select {{ parent.key }} from {{ parent.relation }}
    ) as unknown_ids
        on suspects.{{ column }} = unknown_ids.unknown_id
    {%- endfor %}
    {%- else %}
    {{ suspect_keys(contract, raw_types, checked_parents, accepted_from, joins, copies, scales, copied_by) }}
    {%- endif %}

),

raw_rows as (

    select {{ read_row_number() }} as read_row_number, received_rows.*
    from received_rows
    where received_rows.suspect_key in (select suspect_keys.suspect_key from suspect_keys)

),
{%- else -%}
raw_rows as (

    select {{ read_row_number() }} as read_row_number, * from received_rows

),
{%- endif %}

parsed_rows as (

    {{ parsed_rows('raw_rows', columns, keys, raw_types) }}

),

judged_rows as (

    select
        parsed_rows.*,
        {%- for column in columns if column.name in ruled %}
        {{ column_fault(column, keys, column.name in checked_parents, column.name in accepted_from, raw_types, scales) }} as {{ column.name }}_fault,
        {%- endfor %}
        {%- for column in accepted_from %}
        coalesce(accepted_{{ column }}.id, folded_{{ column }}.id) as {{ column }}_word,
        {%- endfor %}
        {%- if copies %}
        coalesce(copies.kept_interaction_id, parsed_rows.interaction_id) as held_interaction_id,
        {%- endif %}
        {{ duplicate_key_fault(columns, keys, accepted_from, raw_types) }}
    from parsed_rows
    {{- joins }}

){% if copies %},

held_rows as (

    select
        judged_rows.*,
        {{ copied_child_fault(columns, keys, ruled) }} as copied_interaction_fault
    from judged_rows

){% endif %}

select
    read_row_number,
    suspect_key,
    row_key,
    {%- for column in columns %}
    {{ checked_value(column, accepted_from, copies, scales) }} as {{ column.name }},
    {%- if column.name in ruled %}
    {{ column.name }}_fault,
    case when {{ column.name }}_fault is not null then {{ as_written(column.name ~ '_raw', raw_types.get(column.name, 'VARCHAR')) }} end as {{ column.name }}_rejected_value,
    {%- endif %}
    {%- endfor %}
    {%- if copies %}
    copied_interaction_fault,
    {%- endif %}
    duplicate_key_fault,
    is_identical_copy,
    {{ plain_form_count(columns, accepted_from, raw_types) }} as normalised_count,
    coalesce(
        {%- for column in columns if column.name in ruled and not column.config.meta.is_measure %}
        {{ column.name }}_fault,
        {%- endfor %}
        {{ 'copied_interaction_fault, ' if copies }}duplicate_key_fault
    ) is null as is_accepted
from {{ 'held_rows' if copies else 'judged_rows' }}
{%- else -%}
select 1 as read_row_number
{%- endif -%}
{% endmacro %}

{#- A value as the metrics read it: null where a measure has a fault or its column another scale, a word in the spelling of its
    reference, what belongs to a copied conversation with the one that counts. -#}
{% macro checked_value(column, accepted_from, copies, scales) -%}
    {%- if column.name in accepted_from -%}
        {{ column.name }}_word
    {%- elif copies and column.name == 'interaction_id' -%}
        held_interaction_id
    {%- elif column.config.meta.is_measure -%}
        case when {{ column.name }}_fault is null{{ ' and not ' ~ has_wrong_scale(scales, column.name) if scales }} then {{ column.name }} end
    {%- else -%}
        {{ column.name }}
    {%- endif -%}
{%- endmacro %}

{#- How many values of a row were read from a plain form that is not the contract's own. -#}
{% macro plain_form_count(columns, accepted_from, raw_types) -%}
    {%- set forms = [] -%}
    {%- for column in columns if column.name in raw_types and is_typed(column, accepted_from) -%}
        {%- set value = column.name ~ '_word' if column.name in accepted_from else column.name -%}
        {%- set form = is_in_plain_form(column, column.name ~ '_raw', raw_types[column.name], value) | trim -%}
        {%- if form != 'false' -%}
            {%- do forms.append('case when ' ~ form ~ ' then 1 else 0 end') -%}
        {%- endif -%}
    {%- endfor -%}
    {{ forms | join(' + ') or '0' }}
{%- endmacro %}

{#- Copied conversations, each with the one that counts, as a subquery. -#}
{% macro copied_conversations(checked) -%}
    {{ return('(select interaction_id, kept_interaction_id from ' ~ checked ~ ' where kept_interaction_id is not null)') }}
{%- endmacro %}

{#- A row that belongs to a copy of a conversation, where the one that counts (or a copy with a smaller id) has it too. Judged
    among rows without another fault, so that none is lost for one that is; what has an id of its own is never the same. -#}
{% macro copied_child_fault(columns, keys, ruled) -%}
    {%- if 'interaction_id' in keys -%}
        {%- set faults = ['duplicate_key_fault'] -%}
        {%- for column in columns if column.name in ruled and not column.config.meta.is_measure -%}
            {%- do faults.append(column.name ~ '_fault') -%}
        {%- endfor -%}
        {%- set is_sound = ('coalesce(' ~ faults | join(', ') ~ ')') ~ ' is null' -%}
        {%- set parts = ['held_interaction_id'] + keys | reject('equalto', 'interaction_id') | list -%}
        case
            when {{ is_sound }}
                and interaction_id > min(case when {{ is_sound }} then interaction_id end) over (partition by {{ parts | join(', ') }})
                then 'copied_interaction'
        end
    {%- else -%}
        cast(null as string)
    {%- endif -%}
{%- endmacro %}

{% macro parsed_rows(relation, columns, keys, raw_types) -%}
    select
        *,
        {%- for column in columns %}
        {{ parsed_column(column, column.name ~ '_raw', raw_types.get(column.name, 'VARCHAR')) }} as {{ column.name }},
        {%- endfor %}
        concat_ws('|', {% for key in keys %}coalesce(cast({{ key }}_raw as string), ''){{ ', ' if not loop.last }}{% endfor %}) as row_key
    from {{ relation }}
{%- endmacro %}

{#- The accepted rows of a raw table, as a select: read in place where nothing is the matter with their key. -#}
{% macro accepted_rows(domain, table, checked, scales=none) %}
{%- set relation = source(domain, table) -%}
{%- if execute -%}
{%- set contract = graph.sources['source.' ~ project_name ~ '.' ~ domain ~ '.' ~ table] -%}
{%- set raw_types = raw_column_types(table) -%}
{%- set columns = contract.columns.values() | list %}
select
    {%- for column in columns %}
    {{ column.name }}{{ ',' if not loop.last }}
    {%- endfor %}
from {{ checked }}
where is_accepted
{%- if is_read_in_place(table) %}
union all
select
    {%- for column in columns %}
    {{ sound_value(column, raw_types, scales) }} as {{ column.name }}{{ ',' if not loop.last }}
    {%- endfor %}
from {{ relation }} as received_rows
-- each key stands there once
left join (select distinct suspect_key as looked_at_key from {{ checked }}) as looked_at
    on {{ suspect_key(contract, raw_types) }} = looked_at.looked_at_key
where looked_at.looked_at_key is null
{%- endif %}
{%- else -%}
select 1 as nothing
{%- endif -%}
{% endmacro %}

{#- A number for what rows are looked at together: the key, or what holds several keys (`looked_at_by`: a week of days).
    Rows of two keys that share a number by chance are looked at both. -#}
{% macro suspect_key(contract, raw_types) -%}
    {%- set parts = [] -%}
    {%- for name in contract.config.meta.grain -%}
        {%- set raw = adapter.quote(name) if name in raw_types else 'cast(null as string)' -%}
        {%- set data_type = contract.columns[name].data_type -%}
        {%- set values = contract.columns[name].config.meta.accepted_values -%}
        {%- if name == contract.config.meta.looked_at_by_week -%}
            {%- do parts.append(week_start(parsed_value(raw, data_type, raw_types.get(name, 'VARCHAR')))) -%}
        {%- elif is_native(data_type, raw_types.get(name, 'VARCHAR')) and not values -%}
            {%- do parts.append(raw) -%}
        {%- else -%}
            {%- do parts.append('coalesce(cast(' ~ parsed_column(contract.columns[name], raw, raw_types.get(name, 'VARCHAR')) ~ ' as string), cast(' ~ raw ~ ' as string))') -%}
        {%- endif -%}
    {%- endfor -%}
    {{ row_hash(parts) }}
{%- endmacro %}

{#- Whether a raw column has the type of the contract, so that reading it is parsing it. -#}
{% macro is_native(data_type, raw_type) %}
    {{ return(raw_type in {
        'varchar': ['VARCHAR'],
        'date': ['DATE'],
        'timestamp': ['TIMESTAMP', 'TIMESTAMP WITH TIME ZONE'],
        'boolean': ['BOOLEAN'],
        'double': ['DOUBLE', 'BIGINT', 'INTEGER', 'SMALLINT', 'TINYINT'],
        'bigint': ['BIGINT', 'INTEGER', 'SMALLINT', 'TINYINT'],
    }[data_type]) }}
{% endmacro %}

{#- Whether the rows of a raw table stay in their files: all of its columns are native there. -#}
{% macro is_read_in_place(table) %}
    {% set raw_types = raw_column_types(table) %}
    {% set contract = contract_tables() | selectattr('name', 'equalto', table) | first %}
    {% for column in contract.columns.values() %}
        {% if column.name in raw_types and not is_native(column.data_type, raw_types[column.name]) %}
            {{ return(false) }}
        {% endif %}
    {% endfor %}
    {{ return(raw_types | length > 0 and not contract.config.meta.is_kept_whole) }}
{% endmacro %}

{#- A native value of a sound row: as it is, so that a date that is asked for keeps files closed that do not hold it. -#}
{% macro sound_value(column, raw_types, scales=none) -%}
    {%- if scales and column.config.meta.is_measure and column.name in raw_types -%}
        case when not {{ has_wrong_scale(scales, column.name) }} then {{ sound_value(column, raw_types) }} end
    {%- elif column.name not in raw_types -%}
        cast(null as {{ 'string' if column.data_type == 'varchar' else column.data_type }})
    {%- elif column.data_type == 'varchar' and column.config.meta.is_optional -%}
        nullif(received_rows.{{ adapter.quote(column.name) }}, '')
    {%- elif raw_types[column.name] == 'TIMESTAMP WITH TIME ZONE' -%}
        {{ instant_in_utc('received_rows.' ~ adapter.quote(column.name)) }}
    {%- elif column.data_type in ('bigint', 'double') and raw_types[column.name] != column.data_type | upper -%}
        cast(received_rows.{{ adapter.quote(column.name) }} as {{ column.data_type }})
    {%- else -%}
        received_rows.{{ adapter.quote(column.name) }}
    {%- endif -%}
{%- endmacro %}

{#- {column: DuckDB type} of a registered raw table, without case; empty when the table was not supplied. -#}
{% macro raw_column_types(table) %}
    {% set types = {} %}
    {% for row in run_query("select column_name, data_type from raw.registered_columns where table_name = '" ~ table ~ "'").rows %}
        {% do types.update({row[0]: row[1]}) %}
    {% endfor %}
    {{ return(types) }}
{% endmacro %}

{% macro supplied_parents(contract, parents) %}
    {% set supplied = {} %}
    {% for column, relation in parents.items() %}
        {% set name = contract.columns[column].config.meta.parent %}
        {% if raw_column_types(name) %}
            {% set parent = contract_tables() | selectattr('name', 'equalto', name) | first %}
            {% do supplied.update({column: {'relation': relation, 'key': parent.config.meta.grain[0], 'table': name, 'checked': checked_relation(parent)}}) %}
        {% endif %}
    {% endfor %}
    {{ return(supplied) }}
{% endmacro %}
