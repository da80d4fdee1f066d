{#- Where the raw tables are, and how DuckDB reads them. The only place that knows about files. -#}

{% macro raw_data_directory() -%}
    {{ return(var('raw_data', '') or env_var('RAW_DATA', '') or 'seeds') }}
{%- endmacro %}

{#- [{kind, pattern}] in which a table may come, flat or in its domain's folder. Brackets and stars in the
    directory's own name would otherwise be taken for a pattern. -#}
{% macro raw_candidates(domain, table) -%}
    {%- set directory = modules.re.sub('([\\[*?])', '[\\1]', raw_data_directory()) -%}
    {%- set candidates = [] -%}
    {%- for folder in [directory, directory ~ '/' ~ domain] -%}
        {%- do candidates.append({'kind': 'csv', 'pattern': folder ~ '/' ~ table ~ '.csv'}) -%}
        {%- do candidates.append({'kind': 'parquet', 'pattern': folder ~ '/' ~ table ~ '.parquet'}) -%}
        {%- do candidates.append({'kind': 'parquet', 'pattern': folder ~ '/' ~ table ~ '/**/*.parquet'}) -%}
    {%- endfor -%}
    {{ return(candidates) }}
{%- endmacro %}

{#- A select over the files. CSV stays text, so that ids such as 007 and faulty values survive as written. Nothing of
    the form is left to DuckDB's guess: it would take rows that begin with # for comments and leave them out. `form`: what
    raw_forms() has of the table. -#}
{% macro read_files(kind, files, form={}) -%}
    {%- if kind == 'csv' -%}
        select * from read_csv(
            {{ text_list(files) }}, header = true, all_varchar = true, delim = {{ text_list([form.get('delim', ',')]) }}, quote = '"', escape = '"',
            null_padding = true, parallel = false, strict_mode = true, nullstr = '', allow_quoted_nulls = true,
            comment = '', skip = {{ form.get('skip', 0) }}
        )
    {%- else -%}
        select * from read_parquet([{{ text_list(files) }}], union_by_name = true, hive_types_autocast = false)
    {%- endif -%}
{%- endmacro %}

{#- {table: {delim, skip, decimal_commas}} of CSV files that are not plain, as the look at them before a build found them
    (src/book_of_business/receiving/raw_files.py). Plain dbt, which has not looked, reads commas and a header in the first line. -#}
{% macro raw_forms() -%}
    {{ return(fromjson(env_var('RAW_FORMS', '') or '{}')) }}
{%- endmacro %}

{#- Texts as SQL literals, with commas between. -#}
{% macro text_list(texts) -%}
    {%- for text in texts -%} '{{ text | replace("'", "''") }}'{{ ', ' if not loop.last }}{%- endfor -%}
{%- endmacro %}
