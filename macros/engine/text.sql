{#- Numbers in a sentence for people: with a decimal where there is one (12 against a ceiling of 11.6 must not read as 12
    against 12), a share as of one hundred, money in whole dollars with commas. -#}
{% macro as_words(measure) -%}
    regexp_replace(cast(round({{ measure }}, 1) as varchar), '[.]0$', '')
{%- endmacro %}

{% macro as_percent(share) -%}
    concat({{ as_words(share ~ ' * 100') }}, ' %')
{%- endmacro %}

{% macro thousands(measure) -%}
    format('{:,}', cast(round({{ measure }}) as bigint))
{%- endmacro %}
