-- Books with more than the cap of their ARR in one quarter, and how many that chance alone would hardly give.
-- Question: books_over_the_renewal_cap
select
    count(*) as book_count,
    count(*) filter (where is_over_cap) as over_count,
    count(*) filter (where is_over_cap and is_avoidable) as avoidable_count,
    max(peak_renewal_share) as highest_share

from marts.fct_book_renewals
