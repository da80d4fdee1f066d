{#- Every model says its grain; this proves it. Nulls in a grain would make two rows look different. -#}
{% test unique_grain(model, columns) %}

select {{ columns | join(', ') }}
from {{ model }}
group by {{ columns | join(', ') }}
having count(*) > 1 or {% for column in columns %}count({{ column }}) < count(*){{ ' or ' if not loop.last }}{% endfor %}

{% endtest %}
