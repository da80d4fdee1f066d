"""How the claims about effort weights are judged: what counts as harm, and when nothing was shown."""

import polars as pl
import pytest

from book_of_business.errors import UserError
from book_of_business.proof.evidence import claims_weights as claims
from book_of_business.proof.evidence import effort_faults

FAULTS = {"a": effort_faults.frozen}


def run(name: str, **changed) -> dict:
    """One replicate of one fault: harmless and not adopted, unless changed."""
    values = {"adopted": False, "error": 0.03, "worst": 0.10, "book": 0.02} | changed
    return {"default book": 0.10} | {f"{name} {column}": value for column, value in values.items()}


def frame(*rows: dict) -> pl.DataFrame:
    return pl.DataFrame(rows, infer_schema_length=None)


@pytest.mark.parametrize(
    ("changed", "is_harmful"),
    [
        ({}, False),
        ({"error": 0.07, "worst": 0.20, "book": 0.10}, False),
        ({"error": 0.071}, True),
        ({"worst": 0.201}, True),
        ({"book": 0.101}, True),
    ],
)
def test_a_run_is_bad_when_any_multiplier_or_all_or_the_books_are_off(changed: dict, is_harmful: bool) -> None:
    # a second, harmful run that was refused, so that something is shown either way
    rows = frame(run("a", adopted=True, **changed), run("a", error=0.5))
    verdict = claims.bad_verdict(FAULTS)(rows)
    assert verdict.is_reached is not is_harmful
    assert f"a {int(is_harmful)} of {1 + is_harmful}" in verdict.figure


def test_nothing_is_shown_where_no_run_did_harm() -> None:
    verdict = claims.bad_verdict(FAULTS)(frame(run("a", adopted=True)))
    assert verdict.is_reached is False
    assert verdict.figure == "no run did harm: a 0 of 0"


def test_a_good_world_whose_fit_broke_down_is_not_adopted() -> None:
    passed = [run("good", adopted=True)] * 9
    broken = run("good", error=None, worst=None, book=None)
    assert claims.good_verdict(frame(*passed, broken)).is_reached
    verdict = claims.good_verdict(frame(*passed, broken, broken))
    assert verdict.is_reached is False
    assert verdict.figure.startswith("9 of 11")
    wrong = run("good", adopted=True, worst=0.3)
    assert claims.good_verdict(frame(*passed, wrong)).figure.endswith("; of 1 whose weights came out wrong 1")


def test_the_largest_error_is_kept_beside_the_mean(monkeypatch: pytest.MonkeyPatch) -> None:
    few = {"few": lambda rows, rng: effort_faults.none(rows, rng).filter(pl.col("csm_id") < "C00009")}
    told = claims.with_faults(1, few)
    assert told["few worst"] > told["few error"] > 0

    def breaks_down(*_) -> None:
        raise UserError("the fit breaks down")

    monkeypatch.setattr(claims, "calibrate", breaks_down)
    told = claims.with_faults(1, few)
    assert (told["few adopted"], told["few error"], told["few worst"]) == (False, None, None)
