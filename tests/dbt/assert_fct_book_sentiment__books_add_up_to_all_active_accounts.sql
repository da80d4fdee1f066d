-- Every active account is in one book, and the accounts heard in the books are those heard at all; a CSM without a row
-- would take theirs along.
with

books as (

    select * from {{ ref('fct_book_sentiment') }}

),

accounts as (

    select * from {{ ref('fct_account_conversations') }}

),

in_books as (

    select
        sum(books.account_count) as account_count,
        sum(books.sentiment_account_count) as sentiment_account_count,
        sum(books.slope_account_count) as slope_account_count

    from books

),

in_all as (

    select
        count(*) as account_count,
        count(accounts.mean_sentiment_score) as sentiment_account_count,
        count(accounts.sentiment_slope) as slope_account_count

    from accounts

),

final as (

    select
        in_books.account_count,
        in_all.account_count as expected_account_count

    from in_books
    cross join in_all
    where
        in_books.account_count != in_all.account_count
        or in_books.sentiment_account_count != in_all.sentiment_account_count
        or in_books.slope_account_count != in_all.slope_account_count

)

select * from final
