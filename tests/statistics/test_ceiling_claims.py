"""A short form of the proofs of ceilings and listings: few worlds, loose marks, and still able to fail."""

import polars as pl
import pytest

from book_of_business.proof.evidence import claims_ceilings, claims_self_report


@pytest.fixture(scope="module")
def bends() -> pl.DataFrame:
    return pl.DataFrame([claims_ceilings.bend(seed) for seed in (1, 2, 3)], infer_schema_length=None)


def test_ceilings_are_found_near_their_truth(bends: pl.DataFrame) -> None:
    assert bends["enterprise_8x26_is_identified"].sum() >= 2
    assert claims_ceilings.root_mean_square(bends).is_reached
    inside = (bends["enterprise_8x26_lower"] - 1 <= 11) & (bends["enterprise_8x26_upper"] + 1 >= 11)
    assert inside.all()


def test_nothing_is_found_where_there_is_no_ceiling() -> None:
    found = pl.DataFrame([claims_ceilings.no_bend(seed) for seed in (1, 2)])
    # the straight declines of a world are drawn from the same weeks: what one shows by chance, all do
    told = 0
    for tier in claims_ceilings.TIERS:
        own = [column for column in found.columns if column.startswith(tier) and not column.endswith("curve")]
        told += int(found.select(pl.any_horizontal(own)).to_series().sum())
    assert told <= 1


def test_listings_on_two_teams() -> None:
    found = pl.DataFrame([claims_self_report.listing(seed) for seed in (1, 2)])
    assert found["habit_listed"].sum() <= 1
    assert found["unseen_found"].sum() + found["change_found"].sum() >= 2
