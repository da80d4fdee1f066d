"""Effort weights do not depend on what says nothing: absent tables, constant attributes, names, order, units."""

import warnings
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
import statsmodels.api as sm

from book_of_business.calibration import paced_fit
from book_of_business.calibration.effort_model import (
    ESTIMATED,
    NO_LIMIT,
    NO_MINUTES,
    NOT_IDENTIFIED,
    ONE_CSM,
    Calibration,
    calibrate,
    cells_of,
    deviations_of,
)
from book_of_business.calibration.observations import LEVELS, Observations
from book_of_business.calibration.weights import UNKNOWN, Weights
from book_of_business.errors import UserError
from book_of_business.proof.evidence import planted_effort as planted
from book_of_business.proof.evidence.worlds import simulate_world

WEIGHTS, LIMITS = planted.reference()
FACTOR_COLUMNS = [(column.removesuffix("_level"), column) for column in LEVELS]


@pytest.fixture(scope="module")
def observed() -> Observations:
    return planted.observations_of(simulate_world(5, 12, 20), LIMITS)


@pytest.fixture(scope="module")
def learnt(observed: Observations) -> Calibration:
    return calibrate(observed, WEIGHTS, LIMITS)


def again(observed: Observations, weights: Weights = WEIGHTS, **columns: pl.Expr) -> Calibration:
    return calibrate(replace(observed, rows=observed.rows.with_columns(**columns)), weights, LIMITS)


def estimates(found: Calibration, *without: str) -> dict[tuple[str, str], tuple[float, ...]]:
    """Of each estimated level: raw weight and its interval; the shrunk weight depends on how many levels there are."""
    rows = found.levels.filter((pl.col("status") == ESTIMATED) & ~pl.col("factor").is_in(["base", *without]))
    return {(row[0], row[1]): row[2:] for row in rows.select("factor", "level", "raw_weight", "lower", "upper").rows()}


def assert_same(one: dict, other: dict) -> None:
    assert set(one) == set(other)
    assert all(other[level] == pytest.approx(values, rel=1e-6) for level, values in one.items())


def glm(found: Calibration, columns: np.ndarray, rows: pl.DataFrame) -> np.ndarray:
    """The same model by statsmodels: account-weeks one by one, a dummy per CSM."""
    cells = cells_of(rows, WEIGHTS, list(found.errors))
    paces = (cells.csm[:, None] == np.arange(len(cells.csms))[None, :]).astype(float)
    family = sm.families.Tweedie(link=sm.families.links.Log(), var_power=paced_fit.VARIANCE_POWER)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = sm.GLM(cells.minutes, np.hstack([columns, paces]), family, offset=np.log(cells.effort),
                       var_weights=cells.count)  # fmt: skip
        return model.fit(maxiter=200, tol=1e-12).params[: columns.shape[1]]


def test_profiling_the_paces_gives_what_a_dummy_per_csm_gives(observed: Observations, learnt: Calibration) -> None:
    cells = cells_of(learnt.observations.rows, WEIGHTS, list(learnt.errors))
    found = deviations_of(cells)
    assert found == pytest.approx(glm(learnt, cells.sample.columns, learnt.observations.rows), abs=1e-7)


@pytest.mark.parametrize(("factor", "column"), FACTOR_COLUMNS)
def test_an_absent_table_changes_no_other_estimate(observed: Observations, factor: str, column: str) -> None:
    """A factor that is unknown in all rows against one that is at its reference level in all rows, and then two."""
    known = again(observed, **{column: pl.lit(WEIGHTS.reference_level(factor))})
    unknown = again(observed, **{column: pl.lit(UNKNOWN)})
    assert_same(estimates(known), estimates(unknown))
    other = next(name for name in LEVELS if name != column)
    one = again(observed, **{other: pl.lit(UNKNOWN)})
    both = again(observed, **{column: pl.lit(UNKNOWN), other: pl.lit(UNKNOWN)})
    kept = estimates(both)
    assert set(kept) == {level for level in estimates(one) if level[0] != factor}
    assert all(np.isfinite(values).all() and values[0] < 10 for values in kept.values())


def test_a_constant_attribute_is_not_estimated_and_changes_nothing(observed: Observations) -> None:
    reference = again(observed, lifecycle_level=pl.lit("steady"))
    constant = again(observed, lifecycle_level=pl.lit("onboarding"))
    assert_same(estimates(reference), estimates(constant))
    row = constant.levels.filter((pl.col("factor") == "lifecycle") & (pl.col("level") == "onboarding"))
    assert row["status"].item() == NOT_IDENTIFIED
    assert row["weight"].item() == row["previous_weight"].item()


def test_an_attribute_that_is_constant_within_each_book_is_not_estimated(observed: Observations) -> None:
    """It equals the sum of some CSMs' paces: the level and the people cannot be told apart."""
    half = observed.rows["csm_id"].unique().sort().to_list()[::2]
    split = pl.when(pl.col("csm_id").is_in(half)).then(pl.lit("onboarding")).otherwise(pl.lit("steady"))
    found = again(observed, lifecycle_level=split)
    assert not [level for level in estimates(found) if level[0] == "lifecycle"]
    assert_same(estimates(again(observed, lifecycle_level=pl.lit("steady"))), estimates(found))


def test_renamed_levels_and_csms_change_no_estimate(observed: Observations, learnt: Calibration) -> None:
    """Also where the new names sort the other way round."""
    names = {level: f"{90 - place}_{level}" for place, level in enumerate(WEIGHTS.levels("lifecycle"))}
    values = {(f, names.get(level, level) if f == "lifecycle" else level): w for (f, level), w in
              WEIGHTS.values.items()}  # fmt: skip
    order = dict(WEIGHTS.order) | {"lifecycle": tuple(names[level] for level in WEIGHTS.levels("lifecycle"))}
    people = observed.rows["csm_id"].unique().sort(descending=True).to_list()
    found = again(
        observed,
        Weights(WEIGHTS.version, values, order),
        lifecycle_level=pl.col("lifecycle_level").replace(names),
        csm_id=pl.col("csm_id").replace({csm: f"P{place:03}" for place, csm in enumerate(people)}),
    )
    renamed = {(f, names.get(level, level) if f == "lifecycle" else level): values for (f, level), values in
               estimates(learnt).items()}  # fmt: skip
    assert_same(renamed, estimates(found))


def test_two_levels_that_always_come_together_are_both_kept_and_the_others_stay(observed: Observations) -> None:
    is_both = pl.col("sentiment_level") == "negative"
    twins = {
        "footprint_level": pl.when(is_both).then(pl.lit("multi_product")).otherwise(pl.lit("single_product")),
        "custom_configuration_level": pl.when(is_both).then(pl.lit("custom")).otherwise(pl.lit("standard")),
    }
    names = {level for factor in ("footprint", "custom_configuration") for level in WEIGHTS.levels(factor)}
    moved = [pair for pair in WEIGHTS.values if pair[0] in ("footprint", "custom_configuration")]
    chosen = {f"{factor}_level": max((pair[1] for pair in moved if pair[0] == factor), key=lambda level, f=factor:
              WEIGHTS.weight(f, level)) for factor in ("footprint", "custom_configuration")}  # fmt: skip
    assert set(chosen.values()) <= names
    twins = {
        column: pl.when(is_both).then(pl.lit(level)).otherwise(pl.lit(WEIGHTS.reference_level(column[:-6])))
        for column, level in chosen.items()
    }
    found = again(observed, sentiment_level=pl.lit(UNKNOWN), **twins)
    status = {(row[0], row[1]): row[2] for row in found.levels.select("factor", "level", "status").rows()}
    assert all(status[column[:-6], level] == NOT_IDENTIFIED for column, level in chosen.items())
    assert estimates(found), "the others are estimated"


def test_a_level_that_one_csm_alone_tells_is_kept(observed: Observations) -> None:
    """All accounts of the other CSMs have the level in all weeks: only in one book does it vary."""
    one = observed.rows["csm_id"].unique().sort()[0]
    own = pl.when(pl.col("csm_id") != one).then(pl.lit("onboarding")).otherwise(
        pl.when(pl.col("lifecycle_level") == "onboarding").then(pl.lit("onboarding")).otherwise(pl.lit("steady"))
    )  # fmt: skip
    found = again(observed, lifecycle_level=own)
    row = found.levels.filter((pl.col("factor") == "lifecycle") & (pl.col("level") == "onboarding"))
    assert row["status"].item() in (ONE_CSM, NOT_IDENTIFIED)
    assert row["weight"].item() == row["previous_weight"].item()


def test_a_level_without_minutes_or_without_a_limit_is_kept(observed: Observations) -> None:
    is_level = pl.col("lifecycle_level") == "onboarding"
    none = again(observed, minutes=pl.when(is_level).then(0.0).otherwise("minutes"))
    huge = again(observed, minutes=pl.when(is_level).then(pl.col("minutes") * 1e5).otherwise("minutes"))
    for found, status in ((none, NO_MINUTES), (huge, NO_LIMIT)):
        row = found.levels.filter((pl.col("factor") == "lifecycle") & (pl.col("level") == "onboarding"))
        assert row["status"].item() == status
        assert row["weight"].item() == row["previous_weight"].item()


@pytest.mark.parametrize("factor", [1e-4, 1e4])
def test_the_unit_of_the_log_changes_no_estimate(observed: Observations, learnt: Calibration, factor: float) -> None:
    assert_same(estimates(learnt), estimates(again(observed, minutes=pl.col("minutes") * factor)))


def test_the_order_of_rows_changes_nothing_and_two_runs_give_the_same_digits(
    observed: Observations, learnt: Calibration
) -> None:
    assert calibrate(observed, WEIGHTS, LIMITS).levels.equals(learnt.levels)
    mixed = replace(observed, rows=observed.rows.sample(fraction=1, shuffle=True, seed=4))
    assert_same(estimates(learnt), estimates(calibrate(mixed, WEIGHTS, LIMITS)))


def test_heavy_tails_and_uneven_teams_converge(observed: Observations) -> None:
    """One CSM with half of the work, one with four rows, minutes with a tail of the power 1.5."""
    rng = np.random.default_rng(11)
    tail = pl.Series("tail", rng.pareto(1.5, observed.rows.height) + 0.01)
    people = observed.rows["csm_id"].unique().sort().to_list()
    heavy = observed.rows.with_columns(minutes=pl.col("minutes") * tail)
    heavy = heavy.with_columns(
        minutes=pl.when(pl.col("csm_id") == people[0]).then(pl.col("minutes") * 20).otherwise("minutes")
    )
    few = pl.concat([heavy.filter(pl.col("csm_id") != people[1]), heavy.filter(pl.col("csm_id") == people[1]).head(4)])
    found = calibrate(replace(observed, rows=few), WEIGHTS, LIMITS)
    assert found.levels["weight"].is_finite().all()
    assert found.levels["weight"].max() < 100 * WEIGHTS.values["base", "enterprise"]


def test_a_fit_that_does_not_settle_is_an_error(
    observed: Observations, learnt: Calibration, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paced_fit, "STEPS", 1)
    with pytest.raises(UserError, match="does not converge"):
        calibrate(observed, WEIGHTS, LIMITS)


def test_identified_columns_are_those_outside_of_every_combination_that_adds_up_to_nothing() -> None:
    rng = np.random.default_rng(2)
    free = rng.standard_normal((200, 4))
    columns = np.column_stack([free, free[:, 1] + free[:, 2], np.zeros(200)])
    products = columns.T @ columns
    assert paced_fit.identified(products).tolist() == [True, False, False, True, False, False]
    mixed = np.array([4, 2, 5, 0, 3, 1])
    assert (paced_fit.identified(products[np.ix_(mixed, mixed)]) == paced_fit.identified(products)[mixed]).all()
