{#- The hook of int_clock: a build that has lost too much, or reads amounts of another unit, ends before anything is measured.
    `make build` says the same in more words (findings.py). -#}
{% macro stop_at_losses(losses, causes, columns, scales, currencies, amounts, renewed_amounts) %}
    {% if not execute or flags.WHICH not in ('run', 'build') %}
        {{ return('') }}
    {% endif %}
    {% set problems = [] %}
    {% for row in run_query("select distinct scales.table_name, scales.column_name, scales.scale, scales.conversion from " ~ scales ~ " as scales"
        ~ " inner join " ~ columns ~ " as contract on scales.table_name = contract.table_name and scales.column_name = contract.column_name"
        ~ " where contract.need = 'required' order by 1, 2, 3").rows %}
        {% do problems.append(row[0] ~ '.' ~ row[1] ~ ' is not on the expected scale: the values are ' ~ row[2] ~ ('; convert them: ' ~ row[3] if row[3] else '')) %}
    {% endfor %}
    {% for row in run_query('select table_name, column_name, first_currency, last_currency from ' ~ currencies ~ ' where currency_count > 1 order by 1, 2').rows %}
        {% do problems.append(row[0] ~ '.' ~ row[1] ~ ' names several currencies, from ' ~ row[2] ~ ' to ' ~ row[3] ~ ': amounts must all be US dollars') %}
    {% endfor %}
    {% for row in run_query('select book, segment, times from ' ~ amounts ~ ' where is_stopping order by 1, 2').rows %}
        {% do problems.append('subscriptions.arr_usd of ' ~ row[0] ~ ' in ' ~ row[1] ~ ' is ' ~ '%.4g' % row[2] ~ ' times that of the other books: cents, or another currency?') %}
    {% endfor %}
    {% for row in run_query('select book, compared_with, times from ' ~ renewed_amounts ~ ' where is_stopping order by 1, 2').rows %}
        {% do problems.append('subscriptions.arr_usd' ~ (' of ' ~ row[0] if row[0] else '') ~ ' is ' ~ '%.4g' % row[2] ~ ' times as large as ' ~ row[1] ~ ': cents, or another currency?') %}
    {% endfor %}
    {% if env_var('ALLOW_LOSS', '') in ('', '0') and run_query('select table_name from ' ~ losses ~ ' where is_stopping').rows %}
        {% for row in run_query('select table_name, column_name, rule, worst_value, row_count, dependent_count from ' ~ causes ~ ' order by row_count + dependent_count desc, table_name, column_name, rule').rows %}
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
