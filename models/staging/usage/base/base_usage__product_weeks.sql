-- Grain: one row per account_id and product and week_start_date of product_usage as received.
-- Why: the largest table is read once; days are counted as bits, and as many rows as days are all different. Quarters
-- come one after another: the groups of two years would have to be held in memory at once.
{{ keeps_unchanged_weeks('product_usage') }}
{% for period in usage_periods() %}
    (
        with

        received_rows as (

            {{ received_rows_of('usage', 'product_usage') }}
            where {{ period }}

        ),

        parsed_rows as (

            {{ parsed_rows_of('usage', 'product_usage', 'received_rows') }}

        ),

        weeks as (

            select
                cast(account_id_raw as string) as account_id,
                cast(product_raw as string) as product,
                {{ week_start('used_on') }} as week_start_date,
                count(*) as row_count,
                {{ days_of_week_count('used_on') }} as day_count,
                count(case when {{ is_row_sound('usage', 'product_usage') }} then 1 end) as sound_count,
                cast(sum(event_count) as bigint) as event_count,
                cast(sum(active_users) as bigint) as active_user_count,
                -- a day whose numbers are not known may have been one of use
                max(
                    case
                        when coalesce(active_users, event_count) is null or active_users > 0 or event_count > 0
                            then used_on
                    end
                ) as last_used_on

            from parsed_rows
            group by account_id_raw, product_raw, {{ week_start('used_on') }}

        )

        select
            account_id,
            product,
            week_start_date,
            {{ row_hash(['account_id', 'product', 'week_start_date']) }} as suspect_key,
            row_count != sound_count or row_count != day_count as is_suspect,
            event_count,
            active_user_count,
            last_used_on
        from weeks
    )
    {{ 'union all' if not loop.last }}
{% endfor %}
