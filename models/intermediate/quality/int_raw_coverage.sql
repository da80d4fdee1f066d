-- Grain: one row per table_name of the raw contract.
-- Why: a number that is missing must name the input that is missing.
{% set tables = coverage_facts() %}
with

faults as (

    select * from {{ ref('int_raw_faults') }}

),

scales as (

    select * from {{ ref('base_quality__scales') }}

),

contracts as (

    {% for table in tables %}
        {% set accepted_rows = ref('stg_' ~ table.domain ~ '__' ~ table.name) %}
        select
            '{{ table.name }}' as table_name,
            {{ table.is_present }} as is_present,
            {{ table.is_required }} as is_required,
            nullif('{{ table.unread_columns }}', '') as unread_columns,
            nullif('{{ table.absent_columns }}', '') as absent_columns,
            '{{ table.without_it }}' as without_table,
            {% if table.judged_columns %}
                -- a column that is empty in all rows is as good as absent; its first value answers
                nullif(concat_ws(
                    '; ',
                    {% for column in table.judged_columns %}
                        case
                            when not exists (
                                select 1 from {{ accepted_rows }}
                                where {{ column.name }} is not null
                            ) then 'without {{ column.name }}: {{ column.without_it }}'
                        end{{ ',' if not loop.last }}
                    {% endfor %}
                ), '') as without_columns
            {% else %}
                cast(null as string) as without_columns
            {% endif %}
        {{ 'union all' if not loop.last }}
    {% endfor %}

),

-- Accepted rows are not counted but left over; a test compares them with those that staging gives.
row_counts as (

    {% for table in tables %}
        select
            '{{ table.name }}' as table_name,
            (select count(*) from {{ raw_rows_of(table.domain, table.name) }}) as read_count,
            count(case when not is_accepted then 1 end) as rejected_count,
            count(case when not is_accepted and {{ table.copy_condition }} then 1 end) as copied_count,
            -- where no row was looked at, no value was in another form
            coalesce(cast(sum(normalised_count) as bigint), 0) as normalised_count
        from {{ ref('base_' ~ table.domain ~ '__' ~ table.name) }}
        {{ 'union all' if not loop.last }}
    {% endfor %}

),

value_faults as (

    select
        faults.table_name,
        count(*) as fault_count
    from faults
    where faults.scope = 'value'
    group by faults.table_name

),

-- Scales have a row for each book of a column.
scaled_columns as (

    select distinct
        scales.table_name,
        scales.column_name,
        scales.column_value_count
    from scales

),

scaled_values as (

    select
        scaled_columns.table_name,
        cast(sum(scaled_columns.column_value_count) as bigint) as value_count
    from scaled_columns
    group by scaled_columns.table_name

),

final as (

    select
        contracts.table_name,
        contracts.is_present,
        contracts.is_required,
        row_counts.read_count,
        row_counts.rejected_count,
        row_counts.copied_count,
        row_counts.normalised_count,
        contracts.unread_columns,
        contracts.absent_columns,
        row_counts.read_count - row_counts.rejected_count as accepted_count,
        row_counts.read_count > row_counts.rejected_count as is_observed,
        -- a table without such a fault has none
        coalesce(value_faults.fault_count, 0) + coalesce(scaled_values.value_count, 0) as nulled_value_count,
        case
            when row_counts.read_count = row_counts.rejected_count then contracts.without_table
            else contracts.without_columns
        end as unavailable

    from contracts
    -- each has one row for a table
    inner join row_counts on contracts.table_name = row_counts.table_name
    left join value_faults on contracts.table_name = value_faults.table_name
    left join scaled_values on contracts.table_name = scaled_values.table_name

)

select * from final
