{#- What changed in the raw tables since the last whole run, and from which week on it matters. The sources' YAML says
    from when a row matters (`matters_from`), which columns matter later than that, and which matter to no week that is kept
    (`is_label`: every build looks names up again); `matters_where`: rows without it, and their children, never do. -#}

{#- Tables of which a row matters by what other rows say: a subscription is known from the first start of its contract, ends
    its predecessor where it begins and, written inclusively, a day before. Their relation is a model with all accepted rows,
    and `columns` that stand for those others; rows matter from `dates` too, and so many `days` before. No file of theirs can
    tell that, so rows are compared however they come. -#}
{% macro compared_by_row() %}
    {{ return({'subscriptions': {'columns': ['known_on', 'is_dangling_link'], 'dates': ['known_on'], 'days': 1}}) }}
{% endmacro %}

{#- A select with a row for each table, part of its columns and week: how many rows begin to matter then, and a sum of
    their hashes. Equal counts and sums are equal rows. `tables`: (domain, table, accepted rows). -#}
{% macro raw_weeks_of(tables, interactions, usage_weeks, clock) %}
{%- if execute and target.type == 'duckdb' -%}
{%- set folders = run_query('select table_name from raw.registered_folders').columns[0].values() -%}
{%- for domain, table, relation in tables if table not in folders or table in compared_by_row() -%}
{%- set by_others = compared_by_row().get(table, {'columns': [], 'dates': [], 'days': 0}) -%}
{%- set contract = contract_of(domain, table) -%}
{%- set meta = contract.config.meta -%}
{%- set keys = meta.grain -%}
{%- set matters = conditions_to_matter(contract, tables) -%}
{%- set late = {} -%}
{%- set own = [] -%}
{%- for column in contract.columns.values() -%}
    {%- set from = column.config.meta.matters_from -%}
    {%- if from -%}
        {%- do late.setdefault(from, []).append(column.name) -%}
    {%- elif not column.config.meta.is_label -%}
        {%- do own.append(column.name) -%}
    {%- endif -%}
{%- endfor -%}
{%- set dates = ['interactions.started_at'] if meta.matters_with else [] -%}
{%- for name in dates_to_matter(contract) + by_others.dates -%}{%- do dates.append('checked.' ~ name) -%}{%- endfor -%}
{%- set since = 'least(' ~ dates | join(', ') ~ ')' -%}
{%- set since_week = week_start(days_after('cast(' ~ since ~ ' as date)', -by_others.days)) %}
select
    '{{ table }}' as table_name,
    'row' as part,
    {{ since_week }} as week_start_date,
    count(*) as row_count,
    sum(hash({% for name in own + by_others.columns %}checked.{{ name }}{{ ', ' if not loop.last }}{% endfor %})) as hash_sum
from {{ relation }} as checked
{%- if meta.matters_with %}
-- an interaction's id is unique
inner join {{ interactions }} as interactions on checked.interaction_id = interactions.interaction_id
{%- endif %}
{%- if matters %}
where {{ matters | join(' and ') }}
{%- endif %}
group by {{ since_week }}
{%- for from, columns in late.items() %}
{%- set late_since = week_start('cast(coalesce(checked.' ~ from ~ ', checked.' ~ meta.matters_from ~ ') as date)') %}
union all
select
    '{{ table }}' as table_name,
    '{{ from }}' as part,
    {{ late_since }} as week_start_date,
    count(*) as row_count,
    sum(hash({% for name in keys + columns %}checked.{{ name }}{{ ', ' if not loop.last }}{% endfor %})) as hash_sum
from {{ relation }} as checked
where coalesce({% for name in columns %}cast(checked.{{ name }} as string){{ ', ' if not loop.last }}{% endfor %}) is not null
{%- for condition in matters %} and {{ condition }}{% endfor %}
group by {{ late_since }}
{%- endfor %}
union all
{%- endfor %}
-- what nobody says of a single row: a first number turns not observed into observed in all weeks
select 'product_usage' as table_name, 'observed' as part, date '{{ the_beginning() }}' as week_start_date, case when exists (
    select 1 from {{ usage_weeks }} where event_count is not null or active_user_count is not null
) then 1 else 0 end as row_count, cast(0 as hugeint) as hash_sum
union all
select 'interactions', 'observed ' || observed.part, date '{{ the_beginning() }}', observed.row_count, 0
from (
    select
        unnest(['at all', 'sentiment']) as part,
        unnest([cast(count(*) > 0 as integer), cast(count(interactions.sentiment_score) > 0 as integer)]) as row_count
    from {{ interactions }} as interactions
    where interactions.status = 'completed' and cast(interactions.started_at as date) <= (select as_of_date from {{ clock }})
) as observed
{%- else -%}
select 'none' as table_name, 'row' as part, cast(null as date) as week_start_date, 0 as row_count, 0 as hash_sum where false
{%- endif -%}
{% endmacro %}

{#- The columns from whose dates on a row matters: its own, and those that may lie before it (a ticket that was escalated
    before it was opened). What may not lie before (`not_before`) matters later. -#}
{% macro dates_to_matter(contract) %}
    {% set names = [contract.config.meta.matters_from] if contract.config.meta.matters_from else [] %}
    {% for column in contract.columns.values() if column.config.meta.matters_from == column.name and not column.config.meta.not_before %}
        {% do names.append(column.name) %}
    {% endfor %}
    {{ return(names) }}
{% endmacro %}

{#- Which rows of a table matter to a week: conditions of its own and of its parents, in the columns of `checked`. -#}
{% macro conditions_to_matter(contract, tables) %}
    {% set conditions = [] %}
    {% if contract.config.meta.matters_where %}
        {% do conditions.append('checked.' ~ contract.config.meta.matters_where) %}
    {% endif %}
    {% for column in contract.columns.values() if column.config.meta.parent %}
        {% for domain, table, relation in tables if table == column.config.meta.parent %}
            {% set parent = contract_of(domain, table) %}
            {% if parent.config.meta.matters_where %}
                {% do conditions.append('checked.' ~ column.name ~ ' in (select ' ~ column.name ~ ' from ' ~ relation ~ ' where ' ~ parent.config.meta.matters_where ~ ')') %}
            {% endif %}
        {% endfor %}
    {% endfor %}
    {{ return(conditions) }}
{% endmacro %}

{#- Why everything has to be built, as far as the raw rows need not be asked; empty otherwise. -#}
{% macro reason_to_rebuild_everything() %}
    {% if flags.FULL_REFRESH or env_var('FULL', '') not in ('', '0') %}
        {{ return('a full build was asked for') }}
    {% endif %}
    {% set finished = run_query("select name, value from raw.finished_run where kind = 'project'").rows %}
    {% set before = {} %}
    {% if not finished %}
        {{ return('no build was finished before') }}
    {% endif %}
    {% for row in finished %}{% do before.update({row[0]: row[1]}) %}{% endfor %}
    {% for row in run_query('select name, value from raw.current_project').rows %}
        {% if before.get(row[0]) != row[1] %}
            {{ return(row[0] ~ ' changed') }}
        {% endif %}
    {% endfor %}
    {{ return('') }}
{% endmacro %}

{#- A select of (name, value) for what every number depends on beside the raw rows. -#}
{% macro project_fingerprints() %}
    {% set files = {
        'the reference tables': ["seeds/reference/*.csv", "seeds/reference/*.yml"],
        'the models': ["models/**/*.sql", "models/**/*.yml"],
        'the macros': ["macros/**/*.sql", "macros/*.sql"],
        'the settings of the project': ["dbt_project.yml"],
    } %}
    {% set selects = ["select 'the version of DuckDB' as name, version() as value"] %}
    {% for name, patterns in files.items() %}
        {% do selects.append("select '" ~ name ~ "', md5(string_agg(filename || md5(content), ',' order by filename)) from read_text(['"
            ~ patterns | join("', '") ~ "']) where not filename like '%.unit_tests.yml'") %}
    {% endfor %}
    {% do selects.append("select 'the set of raw tables and columns', md5(string_agg(table_name || '.' || column_name || ' ' || data_type, ','"
        ~ " order by table_name, column_name)) from raw.registered_columns") %}
    {{ return(selects | join(' union all ')) }}
{% endmacro %}

{#- A select of (table_name, key_hash, row_hash) of accepted rows: columns that become known later are left out. -#}
{% macro raw_keys_of(tables) %}
{%- if execute and target.type == 'duckdb' -%}
{%- for domain, table, relation in tables %}
{%- set contract = contract_of(domain, table) -%}
{%- set own = contract.columns.values() | rejectattr('config.meta.matters_from', 'defined')
    | rejectattr('config.meta.is_label') | map(attribute='name') | list %}
select '{{ table }}' as table_name, hash({{ contract.config.meta.grain[0] }}) as key_hash, hash({{ own | join(', ') }}) as row_hash from {{ relation }}
{{ 'union all' if not loop.last }}
{%- endfor -%}
{%- else -%}
select 'none' as table_name, 0 as key_hash, 0 as row_hash
{%- endif -%}
{% endmacro %}

{#- A select of one row: from which week on everything is built again, and why. Beside what changed in the rows: a clock
    that moved makes known what lies after it, and an input that was never observed before turns null into numbers. -#}
{% macro rebuild_decision(raw_weeks, clock, raw_coverage, raw_faults, raw_keys, usage_weeks, participants, interactions, opportunities) %}
{%- if execute and target.type == 'duckdb' -%}
{%- set used = load_cached_relation(api.Relation.create(database=this.database, schema=this.schema, identifier='int_usage_weeks__used')) -%}
with

changed_weeks as (

    select
        coalesce(raw_weeks.table_name, finished_weeks.table_name) as table_name,
        coalesce(raw_weeks.week_start_date, finished_weeks.week_start_date) as week_start_date

    from {{ raw_weeks }} as raw_weeks
    full outer join raw.finished_weeks as finished_weeks
        on
            raw_weeks.table_name = finished_weeks.table_name
            and raw_weeks.part = finished_weeks.part
            and raw_weeks.week_start_date = finished_weeks.week_start_date
    where
        raw_weeks.row_count is distinct from finished_weeks.row_count
        or raw_weeks.hash_sum is distinct from finished_weeks.hash_sum

),

corrected_keys as (

    select raw_keys.table_name, raw_keys.key_hash
    from {{ raw_keys }} as raw_keys
    inner join raw.finished_keys as finished_keys
        on raw_keys.table_name = finished_keys.table_name and raw_keys.key_hash = finished_keys.key_hash
    where raw_keys.row_hash != finished_keys.row_hash

),

-- rows that were rejected and are not, or the other way, without a change of their own
changed_faults as (

    (select * from {{ raw_faults }} except all select * from raw.finished_faults)
    union all
    (select * from raw.finished_faults except all select * from {{ raw_faults }})

),

{%- if used %}
-- the first count of events of an account takes the place of its users in all of its weeks
usage_kinds as (

    select account_id, min(had_events) as had_events, min(has_events) as has_events
    from (
        select account_id, max(case when event_count is not null then 1 else 0 end) as had_events, cast(null as integer) as has_events
        from {{ used }}
        where account_id in (select account_id from {{ used }} where event_count is null)
            and week_start_date <= (select cast(value as date) from raw.finished_run where name = 'as_of_date')
        group by account_id
        union all
        select account_id, null, max(case when event_count is not null then 1 else 0 end)
        from {{ usage_weeks }}
        where account_id in (select account_id from {{ used }} where event_count is null)
            and week_start_date <= (select as_of_date from {{ clock }})
        group by account_id
    ) as kinds
    group by account_id

),
{%- endif %}

reasons as (

    select changed_from as rebuild_from, 'changed files of ' || table_name as reason
    from raw.changed_tables
    where changed_from < date '{{ no_week() }}'

    union all

    select cast(date_trunc('week', min(matters_from)) as date), 'rows of ' || min(table_name) || ' that are accepted now or no more'
    from changed_faults
    where table_name in (select table_name from raw.registered_folders)
    having min(matters_from) is not null

    union all

    select date '{{ the_beginning() }}', 'corrected rows of ' || min(table_name)
    from corrected_keys
    where table_name != 'contacts'
    having count(*) > 0

    union all

    select cast(date_trunc('week', min(interactions.started_at)) as date), 'corrected contacts'
    from {{ participants }} as participants
    inner join {{ interactions }} as interactions on participants.interaction_id = interactions.interaction_id
    where hash(participants.contact_id) in (select key_hash from corrected_keys where table_name = 'contacts')
    having count(*) > 0

    union all
{%- if used %}

    select date '{{ the_beginning() }}', 'another kind of use is counted'
    from usage_kinds
    where had_events != has_events
    having count(*) > 0

    union all
{%- endif %}

    select
        min(week_start_date) as rebuild_from,
        'changed rows in ' || case when count(distinct table_name) = 1 then min(table_name) else count(distinct table_name) || ' tables' end as reason
    from changed_weeks
    having count(*) > 0

    union all

    select
        case when clock.as_of_date < finished.as_of_date then date '{{ the_beginning() }}' else {{ days_after('finished.as_of_date', 1) }} end,
        'the clock was at ' || finished.as_of_date
    from {{ clock }} as clock
    cross join (select cast(value as date) as as_of_date from raw.finished_run where name = 'as_of_date') as finished
    where clock.as_of_date != finished.as_of_date

    union all

    select date '{{ the_beginning() }}', 'the first week was ' || finished.value
    from {{ clock }} as clock
    inner join raw.finished_run as finished on finished.name = 'first_week_start_date'
    where cast(clock.first_week_start_date as varchar) != finished.value

    union all

    select date '{{ the_beginning() }}', 'what ' || min(raw_coverage.table_name) || ' observes changed'
    from {{ raw_coverage }} as raw_coverage
    left join raw.finished_run as finished
        on finished.kind = 'coverage' and finished.name = raw_coverage.table_name
    where finished.value is distinct from {{ observed_inputs('raw_coverage') }}
    having count(*) > 0

    union all

    -- the first renewal on record takes the place of the first opportunity: before it, nothing was late
    select date '{{ the_beginning() }}', 'the first renewal on record changed'
    from ({{ first_renewal(opportunities, clock) }}) as first_renewal
    left join raw.finished_run as finished on finished.kind = 'first renewal'
    where finished.value is distinct from first_renewal.created_on

    union all

    select rebuild_from, 'the last build was not finished' from raw.unfinished_run

    union all

    select date '{{ the_beginning() }}', reason from raw.rebuild where is_full

)

select
    coalesce(min(rebuild_from), date '{{ no_week() }}') as rebuild_from,
    coalesce(
        (select max(reason) from raw.rebuild where is_full),
        arg_min(reason, rebuild_from),
        'nothing changed since the last build'
    ) as reason,
    coalesce(min(rebuild_from) <= date '{{ the_beginning() }}', false) as is_full
from reasons
{%- else -%}
select date '{{ the_beginning() }}' as rebuild_from, 'this engine builds everything' as reason, true as is_full
{%- endif -%}
{% endmacro %}

{#- From when on a renewal that nobody works on is known to be late (int_delayed_renewal__signalled), as text. -#}
{% macro first_renewal(opportunities, clock) -%}
    select
        cast(coalesce(
            min(case when opportunities.opportunity_type = 'renewal' then opportunities.created_on end),
            min(opportunities.created_on)
        ) as string) as created_on
    from {{ opportunities }} as opportunities
    inner join {{ clock }} as clock on opportunities.created_on <= clock.as_of_date
{%- endmacro %}

{#- What an input can tell, as one text. -#}
{% macro observed_inputs(raw_coverage) -%}
    concat_ws('|', {{ raw_coverage }}.is_present, {{ raw_coverage }}.is_observed, {{ raw_coverage }}.absent_columns, {{ raw_coverage }}.unavailable)
{%- endmacro %}
