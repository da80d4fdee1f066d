"""The Gini index and the ratio to the median of fct_team_balance against plain numpy, on random books."""

from __future__ import annotations

from datetime import date

import duckdb
import numpy as np
import pytest
from rendered_sql import render

WEEK = date(2025, 6, 23)
AXES = {
    "arr": lambda book: book["arr_usd"] / book["fte"],
    "account_count": lambda book: book["account_count"] / book["fte"],
    "renewal_distribution": lambda book: book["peak_renewal_share"],
    "risk_mix": lambda book: book["red_arr_share"],
    "lifecycle": lambda book: (
        book["onboarding_account_count"] / book["account_count"] if book["account_count"] else None
    ),
}
COLUMNS = ("arr_usd", "account_count", "peak_renewal_share", "red_arr_share", "onboarding_account_count")


def random_books(seed: int) -> list[dict[str, object]]:
    """Books of one motion: some with ties, some of nothing, some without a share."""
    random = np.random.default_rng(seed)
    count = int(random.integers(0, 9))
    kind = seed % 4
    books: list[dict[str, object]] = []
    for number in range(count):
        accounts = int(random.integers(0, 4) if kind == 1 else random.integers(0, 300))
        arr = float(np.exp(random.normal(14, 1))) if kind else float(random.integers(0, 3))
        books.append(
            {
                "csm_id": f"c{number}",
                "fte": float(random.choice([0.5, 1.0, 1.0, 2.0])),
                "arr_usd": 0.0 if kind == 2 else arr,
                "account_count": accounts,
                "peak_renewal_share": None
                if random.random() < 0.2
                else float(random.choice([0.2, 0.4, random.random()])),
                "red_arr_share": None if kind == 3 else 0.0 if kind == 2 else float(random.random()),
                "onboarding_account_count": int(random.integers(0, accounts + 1)),
            }
        )
    return books


def plain_spread(values: list[float]) -> tuple[float | None, float | None]:
    """Gini by the mean absolute difference of all pairs; highest to median."""
    if len(values) < 2:
        return None, None
    array = np.array(values)
    total = array.sum()
    gini = np.abs(array[:, None] - array[None, :]).sum() / (2 * len(array) * total) if total else 0.0
    median = float(np.median(array))
    return float(gini), float(array.max()) / median if median else None


@pytest.mark.parametrize("seed", range(40))
def test_indices_are_those_of_plain_numpy(seed: int) -> None:
    books = random_books(seed)
    with duckdb.connect() as connection:
        connection.execute("create table book_size_bands as select 'hybrid' as motion")
        connection.execute("create table int_weeks as select date '2025-06-23' as week_start_date")
        connection.execute(
            "create table int_csm_weeks__capacity"
            " (csm_id varchar, week_start_date date, is_employed_on_sunday boolean, motion varchar, fte double)"
        )
        connection.execute(
            "create table fct_books (csm_id varchar, week_start_date date, arr_usd double, account_count bigint,"
            " peak_renewal_share double, red_arr_share double, onboarding_account_count bigint)"
        )
        for book in books:
            connection.execute(
                "insert into int_csm_weeks__capacity values (?, ?, true, 'hybrid', ?)",
                [book["csm_id"], WEEK, book["fte"]],
            )
            connection.execute(
                "insert into fct_books values (?, ?, ?, ?, ?, ?, ?)",
                [book["csm_id"], WEEK, *(book[name] for name in COLUMNS)],
            )
        found = connection.execute(
            f"with balance as ({render('fct_team_balance')})"
            " select axis, book_count, gini_index, max_to_median_ratio, highest_csm_id from balance"
        ).fetchall()
    assert {row[0] for row in found} == set(AXES)
    for axis, book_count, gini, max_to_median, highest_csm_id in found:
        measured = {book["csm_id"]: AXES[axis](book) for book in books}
        values = {csm_id: value for csm_id, value in measured.items() if value is not None}
        wanted_gini, wanted_ratio = plain_spread(list(values.values()))
        assert book_count == len(values)
        assert gini == (None if wanted_gini is None else pytest.approx(wanted_gini, abs=1e-12)), axis
        assert max_to_median == (None if wanted_ratio is None else pytest.approx(wanted_ratio, rel=1e-12)), axis
        if wanted_gini is None or max(values.values()) == 0:
            assert highest_csm_id is None
        else:
            highest = max(round(value, 9) for value in values.values())
            assert highest_csm_id == min(csm_id for csm_id, value in values.items() if round(value, 9) == highest)
