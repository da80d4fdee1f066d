{#- Numbers in a sentence for people: with a decimal where there is one (12 against a ceiling of 11.6 must not read as 12
    against 12), a share as of one hundred, money in whole dollars with commas. -#}
{% macro in_words(measure) -%}
    {{ return(adapter.dispatch('in_words', 'book_of_business')(measure)) }}
{%- endmacro %}

{% macro default__in_words(measure) -%}
    regexp_replace(cast(round({{ measure }}, 1) as varchar), '[.]0$', '')
{%- endmacro %}

{#- A decimal, since Spark writes doubles from ten million on as 1.0E7. -#}
{% macro spark__in_words(measure) -%}
    regexp_replace(cast(cast(round({{ measure }} * 10) as decimal(38, 0)) / 10 as decimal(38, 1)), '[.]0$', '')
{%- endmacro %}

{#- A whole number held as a fraction, as text: Spark writes those from ten million on as 1.0E7. -#}
{% macro number_text(number) -%}
    {{ return(adapter.dispatch('number_text', 'book_of_business')(number)) }}
{%- endmacro %}

{% macro default__number_text(number) -%}
    cast({{ number }} as string)
{%- endmacro %}

{% macro spark__number_text(number) -%}
    cast(cast({{ number }} as decimal(38, 1)) as string)
{%- endmacro %}

{% macro as_percent(share) -%}
    concat({{ in_words(share ~ ' * 100') }}, ' %')
{%- endmacro %}

{% macro thousands(measure) -%}
    {{ return(adapter.dispatch('thousands', 'book_of_business')(measure)) }}
{%- endmacro %}

{% macro default__thousands(measure) -%}
    format('{:,.0f}', cast({{ measure }} as double))
{%- endmacro %}

{% macro spark__thousands(measure) -%}
    format_number(cast({{ measure }} as double), 0)
{%- endmacro %}

{#- A text as lower-case words with one space between and around them. Letters and digits of every script count, and the
    signs of names such as C++ and C#. -#}
{% macro as_words(text) -%}
    concat(' ', trim({{ replaced_all('lower(' ~ text ~ ')', '[^\p{L}\p{N}+#]+', ' ') }}), ' ')
{%- endmacro %}

{#- Pattern for `like` that finds an alias as whole words in as_words(); `*` in it stands for anything. What else people
    write is taken as a letter or as a space: nothing of it is run as a regular expression. -#}
{% macro words_pattern(alias) -%}
    concat(
        '% ', replace(trim({{ replaced_all('lower(' ~ alias ~ ')', '[^\p{L}\p{N}+#*]+', ' ') }}), '*', '%'), ' %'
    )
{%- endmacro %}

{#- Every match of a regular expression replaced. -#}
{% macro replaced_all(text, pattern, replacement) -%}
    {{ return(adapter.dispatch('replaced_all', 'book_of_business')(text, pattern, replacement)) }}
{%- endmacro %}

{% macro default__replaced_all(text, pattern, replacement) -%}
    regexp_replace({{ text }}, '{{ pattern }}', '{{ replacement }}', 'g')
{%- endmacro %}

{% macro spark__replaced_all(text, pattern, replacement) -%}
    regexp_replace({{ text }}, '{{ pattern | replace('\\', '\\\\') }}', '{{ replacement }}')
{%- endmacro %}

{#- Whether a text holds a match of a regular expression. -#}
{% macro has_match(text, pattern) -%}
    {{ return(adapter.dispatch('has_match', 'book_of_business')(text, pattern)) }}
{%- endmacro %}

{% macro default__has_match(text, pattern) -%}
    regexp_matches({{ text }}, '{{ pattern }}')
{%- endmacro %}

{% macro spark__has_match(text, pattern) -%}
    regexp_like({{ text }}, '{{ pattern | replace('\\', '\\\\') }}')
{%- endmacro %}

{#- Parts of a key joined by `|`. Ids are opaque and may hold one: written as %7C, or two keys could become one.
    concat_ws() and not concat(): a part that is null counts as empty on every engine. -#}
{% macro joined_key(parts) -%}
    concat_ws(
        '',
        {% for part in parts -%}
        replace(replace({{ part }}, '%', '%25'), '|', '%7C'){{ ", '|', " if not loop.last }}
        {%- endfor %}
    )
{%- endmacro %}

{#- A day as people write it: 28 Jun 2026. -#}
{% macro date_in_words(date) -%}
    {{ return(adapter.dispatch('date_in_words', 'book_of_business')(date)) }}
{%- endmacro %}

{% macro default__date_in_words(date) -%}
    strftime({{ date }}, '%-d %b %Y')
{%- endmacro %}

{% macro spark__date_in_words(date) -%}
    date_format({{ date }}, 'd MMM yyyy')
{%- endmacro %}

{#- A month as people write it: Jun 2026. -#}
{% macro month_in_words(date) -%}
    {{ return(adapter.dispatch('month_in_words', 'book_of_business')(date)) }}
{%- endmacro %}

{% macro default__month_in_words(date) -%}
    strftime({{ date }}, '%b %Y')
{%- endmacro %}

{% macro spark__month_in_words(date) -%}
    date_format({{ date }}, 'MMM yyyy')
{%- endmacro %}
