{#- The axes along which the books of a team are compared, and what a book weighs on each. An amount is taken per
    full-time equivalent, a share as it is. -#}
{% macro balance_axes(books) %}
    {{ return({
        'arr': books ~ '.arr_usd / ' ~ books ~ '.fte',
        'account_count': books ~ '.account_count / ' ~ books ~ '.fte',
        'renewal_distribution': books ~ '.peak_renewal_share',
        'risk_mix': books ~ '.red_arr_share',
        'lifecycle': ratio(books ~ '.onboarding_account_count', books ~ '.account_count'),
    }) }}
{% endmacro %}
