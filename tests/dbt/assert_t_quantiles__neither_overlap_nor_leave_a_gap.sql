-- Every sample size finds one quantile: a gap would leave an interval out, and an overlap double the row of a CSM. The
-- quantiles fall: one out of order would call a large sample less certain than a small one.
with

quantiles as (

    select * from {{ ref('t_quantiles') }}

),

neighbours as (

    select
        quantiles.from_degrees_of_freedom,
        quantiles.to_degrees_of_freedom,
        quantiles.t_quantile,
        lag(quantiles.to_degrees_of_freedom, 1, 1) over (order by quantiles.from_degrees_of_freedom)
            as expected_degrees_of_freedom,
        lead(quantiles.t_quantile, 1, 1) over (order by quantiles.from_degrees_of_freedom) as next_t_quantile,
        lead(quantiles.from_degrees_of_freedom) over (order by quantiles.from_degrees_of_freedom) is null as is_last

    from quantiles

),

final as (

    select
        neighbours.from_degrees_of_freedom,
        neighbours.to_degrees_of_freedom,
        neighbours.t_quantile

    from neighbours
    where
        neighbours.expected_degrees_of_freedom is null
        or neighbours.from_degrees_of_freedom != neighbours.expected_degrees_of_freedom
        or neighbours.next_t_quantile >= neighbours.t_quantile
        or neighbours.is_last != (neighbours.to_degrees_of_freedom is null)

)

select * from final
