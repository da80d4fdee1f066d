-- An alias without a letter or digit would be found in every text; one that begins or ends with `*` says more than its
-- words; and what names nobody is of no use unless it says that somebody is being evaluated.
with

aliases as (

    select * from {{ ref('competitor_aliases') }}

),

final as (

    select
        aliases.competitor,
        aliases.alias

    from aliases
    where
        not {{ has_match('aliases.alias', '[\\p{L}\\p{N}]') }}
        or trim(aliases.alias) like '*%'
        or trim(aliases.alias) like '%*'
        or (aliases.competitor = 'unlisted' and not aliases.is_evaluation)

)

select * from final
