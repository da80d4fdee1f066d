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
