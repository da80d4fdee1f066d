{#- The hook of int_clock: a build that has lost too much, or reads amounts of another unit, ends before anything is measured.
    `make build` says the same in more words (findings.py). -#}
{% macro stop_at_losses(losses, causes) %}
    {% if not execute or flags.WHICH not in ('run', 'build') %}
        {{ return('') }}
    {% endif %}
    {% set problems = [] %}
    {% set optional = [] %}
    {% for table in contract_tables() %}
        {% for column in table.columns.values() if column.config.meta.is_optional %}
            {% do optional.append(table.name ~ '.' ~ column.name) %}
        {% endfor %}
    {% endfor %}
    {% for row in run_query('select distinct table_name, column_name, scale, conversion from staging.base_quality__scales order by 1, 2, 3').rows %}
        {% if row[0] ~ '.' ~ row[1] not in optional %}
            {% do problems.append(row[0] ~ '.' ~ row[1] ~ ' is not on the expected scale: the values are ' ~ row[2] ~ ('; convert them: ' ~ row[3] if row[3] else '')) %}
        {% endif %}
    {% endfor %}
    {% for row in run_query('select table_name, column_name, first_currency, last_currency from staging.base_quality__currencies where currency_count > 1 order by 1, 2').rows %}
        {% do problems.append(row[0] ~ '.' ~ row[1] ~ ' names several currencies, from ' ~ row[2] ~ ' to ' ~ row[3] ~ ': amounts must all be US dollars') %}
    {% endfor %}
    {% for row in run_query('select book, segment, times from staging.base_quality__amounts where is_stopping order by 1, 2').rows %}
        {% do problems.append('subscriptions.arr_usd of ' ~ row[0] ~ ' in ' ~ row[1] ~ ' is ' ~ '%.4g' % row[2] ~ ' times that of the other books: cents, or another currency?') %}
    {% endfor %}
    {% for row in run_query('select book, compared_with, times from staging.base_quality__renewed_amounts where is_stopping order by 1, 2').rows %}
        {% do problems.append('subscriptions.arr_usd' ~ (' of ' ~ row[0] if row[0] else '') ~ ' is ' ~ '%.4g' % row[2] ~ ' times as large as ' ~ row[1] ~ ': cents, or another currency?') %}
    {% endfor %}
    {% if env_var('ALLOW_LOSS', '') in ('', '0') and run_query('select table_name from ' ~ losses ~ ' where is_stopping').rows %}
        {% for row in run_query('select table_name, column_name, rule, worst_value, row_count, hanging_count from ' ~ causes ~ ' order by row_count + hanging_count desc, table_name, column_name, rule').rows %}
            {% if loop.index <= 5 %}
                {% do problems.append(row[0] ~ '.' ~ row[1] ~ ' ' ~ row[2] ~ ' (' ~ row[3] ~ '): ' ~ row[4] ~ ' rows, and ' ~ row[5] ~ ' rows of other tables depend on them') %}
            {% endif %}
        {% endfor %}
        {% for row in run_query('select table_name, lost_count, row_count from ' ~ losses ~ ' where lost_count > 0 order by table_name').rows %}
            {% do problems.append(row[0] ~ ' lost ' ~ row[1] ~ ' of ' ~ row[2] ~ ' rows') %}
        {% endfor %}
        {% do problems.append('fix the export, or build what is left with ALLOW_LOSS=1') %}
    {% endif %}
    {% if problems %}
        {% do exceptions.raise_compiler_error('The raw data cannot be measured:\n  - ' ~ problems | join('\n  - ')) %}
    {% endif %}
{% endmacro %}

{#- The hook of int_raw_losses: what is judged beside the rows is known by then. -#}
{% macro judged_before(scales, currencies, amounts, renewed_amounts) %}
    {{ return('') }}
{% endmacro %}
