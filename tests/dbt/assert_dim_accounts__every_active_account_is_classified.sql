-- Every active account has all five tags, each a value that the taxonomy knows, and what is always measured is never
-- `unknown`: the signal density only where none of its tables has a row, the expansion where there are no
-- opportunities. Otherwise an account falls out of every view by class, and the classes no longer add up to the
-- accounts.
with

accounts as (

    select * from {{ ref('dim_accounts') }}

),

coverage as (

    select * from {{ ref('data_coverage') }}

),

levels as (

    select * from {{ ref('effort_levels') }}

),

observed as (

    select
        bool_or(
            coverage.is_observed
            and coverage.table_name in ('interactions', 'tickets', 'survey_responses', 'product_usage')
        ) as has_signals,
        bool_or(coverage.is_observed and coverage.table_name = 'opportunities') as has_opportunities
    from coverage

),

final as (

    select accounts.account_id
    from accounts
    cross join observed
    left join levels as lifecycle_levels
        on lifecycle_levels.factor = 'lifecycle' and accounts.lifecycle_stage = lifecycle_levels.level
    left join levels as trajectories
        on trajectories.factor = 'health_trajectory' and accounts.health_trajectory = trajectories.level
    left join levels as potentials
        on potentials.factor = 'expansion' and accounts.expansion_potential = potentials.level
    where
        accounts.is_active
        and (
            lifecycle_levels.level is null
            or (trajectories.level is null and coalesce(accounts.health_trajectory, '') != 'unknown')
            or (
                potentials.level is null
                and (coalesce(accounts.expansion_potential, '') != 'unknown' or observed.has_opportunities)
            )
            or coalesce(accounts.complexity_tier, '') not in ('low', 'medium', 'high')
            or coalesce(accounts.signal_density, '') not in ('dense', 'normal', 'silent', 'unknown')
            or (accounts.signal_density = 'unknown') = observed.has_signals
        )

)

select * from final
