{#- Numbers in a sentence for people: with a decimal where there is one (12 against a ceiling of 11.6 must not read as 12
    against 12), a share as of one hundred, money in whole dollars with commas. -#}
{% macro in_words(measure) -%}
    regexp_replace(cast(round({{ measure }}, 1) as varchar), '[.]0$', '')
{%- endmacro %}

{% macro as_percent(share) -%}
    concat({{ in_words(share ~ ' * 100') }}, ' %')
{%- endmacro %}

{% macro thousands(measure) -%}
    format('{:,.0f}', cast({{ measure }} as double))
{%- endmacro %}

{#- A text as lower-case words with one space between and around them. Letters and digits of every script count, and the
    signs of names such as C++ and C#. -#}
{% macro as_words(text) -%}
    concat(' ', trim(regexp_replace(lower({{ text }}), '[^\p{L}\p{N}+#]+', ' ', 'g')), ' ')
{%- endmacro %}

{#- Pattern for `like` that finds an alias as whole words in as_words(); `*` in it stands for anything. What else people
    write is taken as a letter or as a space: nothing of it is run as a regular expression. -#}
{% macro words_pattern(alias) -%}
    concat('% ', replace(trim(regexp_replace(lower({{ alias }}), '[^\p{L}\p{N}+#*]+', ' ', 'g')), '*', '%'), ' %')
{%- endmacro %}

{#- Parts of a key joined by `|`. Ids are opaque and may hold one: written as %7C, or two keys could become one. -#}
{% macro joined_key(parts) -%}
    concat(
        {% for part in parts -%}
        replace(replace({{ part }}, '%', '%25'), '|', '%7C'){{ ", '|', " if not loop.last }}
        {%- endfor %}
    )
{%- endmacro %}
