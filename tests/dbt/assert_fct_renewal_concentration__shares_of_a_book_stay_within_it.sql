-- The shares of a book are at least 0 and add up to at most 1 (evergreen contracts never renew). Otherwise a
-- subscription counts in two quarters, or the numerator and the denominator are not of the same book.
with

quarters as (

    select * from {{ ref('fct_renewal_concentration') }}

),

final as (

    select
        quarters.csm_id,
        sum(quarters.renewal_share) as renewal_share

    from quarters
    group by quarters.csm_id
    having {{ comparable('sum(quarters.renewal_share)') }} > 1 or min(quarters.renewal_share) < 0

)

select * from final
