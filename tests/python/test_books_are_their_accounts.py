"""Account-weeks are views over spans, published as tables: in every week books are the sum of their accounts."""

import math

from conftest import Run, rows


def test_account_weeks_have_one_row_each(small_build: Run) -> None:
    found = rows(
        small_build.published_file,
        "select count(*), count(distinct (account_id, week_start_date)) from marts.fct_account_effort",
    )
    [(row_count, key_count)] = found
    assert row_count == key_count > 0


def test_effort_and_number_of_accounts_are_those_of_the_books_in_every_week(small_build: Run) -> None:
    by_accounts = """
        select csm_id, week_start_date, count(*), sum(effort_hours) from marts.fct_account_effort group by all
    """
    by_books = """
        select csm_id, week_start_date, account_count, effort_hours from marts.fct_csm_load where account_count > 0
    """
    accounts = {row[:2]: row[2:] for row in rows(small_build.published_file, by_accounts)}
    books = {row[:2]: row[2:] for row in rows(small_build.published_file, by_books)}
    assert accounts.keys() == books.keys()
    assert len({week for _, week in books}) > 10
    for key, (count, hours) in accounts.items():
        assert books[key][0] == count, key
        assert math.isclose(books[key][1], hours, rel_tol=1e-9), key
