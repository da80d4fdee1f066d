{#- The rows of a raw table that need a second look, parsed and judged by the contract (the sources' YAML), as a select of
    read_row_number, suspect_key, row_key, each column with its fault and the value that was rejected, duplicate_key_fault,
    is_identical_copy, normalised_count, is_accepted; with `copies` also copied_interaction_fault. An absent table gives no
    row. Rows that are sound and alone with their key stay where they are: staging reads them in place, and takes from
    here what was looked at. A table of text is parsed once and kept whole.

    `parents`, `accepted_from`: {column: relation it is checked against}; dbt needs the refs where it can see them, and a
    parent that was not supplied is not checked. `suspects`: a relation that knows which keys to look at, and by which
    expressions of the raw columns (`suspect_keys`). `copies`: conversations that were copied, with the one that counts
    (interaction_id, kept_interaction_id); what belongs to a copy belongs to that one. `scales`: columns whose scale is not
    the contract's. `copied_by`: see suspect_keys(). -#}
{% macro checked_rows(domain, table, parents={}, accepted_from={}, suspects=none, copies=none, scales=none, copied_by=[]) %}
{%- set relation = source(domain, table) -%}
{%- if not execute -%}
    {{ return('select 1 as read_row_number') }}
{%- endif -%}
{%- set contract = contract_of(domain, table) -%}
{%- set raw_types = raw_column_types(table) -%}
{%- set columns = contract.columns.values() | list -%}
{%- set keys = contract.config.meta.grain -%}
{%- set ruled = columns | rejectattr('name', 'in', unruled_columns(columns, keys)) | map(attribute='name') | list -%}
{%- set checked_parents = supplied_parents(contract, parents) -%}
{%- set joins = joins_to_references(checked_parents, accepted_from, copies) -%}
with

received_rows as (

    {{ received_rows(raw_rows_of(domain, table), contract, raw_types) }}

),

{% if is_read_in_place(table) -%}
suspect_keys as (

    {{ known_suspect_keys(suspects, checked_parents) if suspects
        else suspect_keys(contract, raw_types, checked_parents, accepted_from, joins, copies, scales, copied_by) }}

),

{% endif -%}
raw_rows as (

    select {{ read_row_number() }} as read_row_number, received_rows.*
    from received_rows
    {%- if is_read_in_place(table) %}
    where received_rows.suspect_key in (select suspect_keys.suspect_key from suspect_keys)
    {%- endif %}

),

parsed_rows as (

    {{ parsed_rows('raw_rows', columns, keys, raw_types) }}

),

judged_rows as (

    {{ judged_rows(columns, keys, ruled, checked_parents, accepted_from, copies, raw_types, scales) }}
    {{- joins }}

)

{{ rows_with_faults(columns, keys, ruled, accepted_from, copies, raw_types, scales) }}
{% endmacro %}

{#- Joins from `parsed_rows` to what its columns are checked against: copied conversations (`copies`), parents
    (`parent_of_<column>`), and words of a reference as written (`accepted_<column>`) or in another spelling
    (`folded_<column>`). None multiplies rows. -#}
{% macro joins_to_references(checked_parents, accepted_from, copies) -%}
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
{%- endmacro %}

{#- Keys to look at where the relation `suspects` knows them, as a select of suspect_key: those it marks, and those with a
    parent that is not accepted. -#}
{% macro known_suspect_keys(suspects, checked_parents) -%}
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
{%- endmacro %}

{#- `parsed_rows` as a select with <column>_fault for each column that has a rule, <column>_word for those that are checked
    against a reference, held_interaction_id where there are copies, duplicate_key_fault and is_identical_copy. The joins
    follow it. -#}
{% macro judged_rows(columns, keys, ruled, checked_parents, accepted_from, copies, raw_types, scales) -%}
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
{%- endmacro %}

{#- What checked_rows() gives, from `judged_rows`: each value as the metrics read it, its fault beside it. -#}
{% macro rows_with_faults(columns, keys, ruled, accepted_from, copies, raw_types, scales) -%}
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
{%- if copies %}
from (
    select judged_rows.*, {{ copied_child_fault(columns, keys, ruled) }} as copied_interaction_fault
    from judged_rows
) as held_rows
{%- else %}
from judged_rows
{%- endif %}
{%- endmacro %}

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

{#- {column: {relation, key, table, checked}} of the parents that were supplied, of `parents` ({column: relation}). -#}
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
