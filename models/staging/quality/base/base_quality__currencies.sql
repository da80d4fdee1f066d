-- Grain: one row per table_name and column_name that names another currency than US dollars, or several.
-- Why: amounts are US dollars; added up over several currencies they are nothing.
with

currencies as (

    {{ named_currencies([('crm', 'subscriptions'), ('crm', 'opportunities'), ('outcomes', 'renewals')]) }}

),

final as (

    select
        currencies.table_name,
        currencies.column_name,
        count(distinct currencies.currency) as currency_count,
        min(currencies.currency) as first_currency,
        max(currencies.currency) as last_currency

    from currencies
    where currencies.currency != ''
    group by currencies.table_name, currencies.column_name
    having count(distinct currencies.currency) > 1 or max(currencies.currency) not in ('USD', 'US$', '$')

)

select * from final
