-- Each change starts from the value before it, names another one, and the last of each attribute is the tag that the
-- account has today. Otherwise the log cannot be replayed, and a report by class at the time is wrong.
with

changes as (

    select * from {{ ref('fct_account_taxonomy_changes') }}

),

accounts as (

    select * from {{ ref('dim_accounts') }}

),

ordered as (

    select
        changes.*,
        lag(changes.new_value) over (
            partition by changes.account_id, changes.attribute order by changes.week_start_date
        ) as value_before,
        row_number() over (
            partition by changes.account_id, changes.attribute order by changes.week_start_date desc
        ) as latest_rank

    from changes

),

final as (

    select
        ordered.account_id,
        ordered.attribute,
        ordered.week_start_date

    from ordered
    left join accounts on ordered.account_id = accounts.account_id and accounts.is_active
    where
        coalesce(ordered.previous_value, '') != coalesce(ordered.value_before, '')
        or coalesce(ordered.previous_value, '') = ordered.new_value
        or (
            ordered.latest_rank = 1
            and accounts.account_id is not null
            and ordered.new_value != case ordered.attribute
                when 'lifecycle_stage' then accounts.lifecycle_stage
                when 'complexity_tier' then accounts.complexity_tier
                when 'health_trajectory' then accounts.health_trajectory
                when 'expansion_potential' then accounts.expansion_potential
                when 'signal_density' then accounts.signal_density
            end
        )

)

select * from final
