"""The methods of engagement against other implementations, on a small random book: scale, Theil-Sen, t intervals."""

import csv
import datetime
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from statistics import fmean
from typing import Any

import duckdb
import numpy as np
import pytest
from scipy import stats

ROOT = Path(__file__).resolve().parents[2]
SEED = 20260628
FIRST_MONDAY = datetime.date(2025, 1, 6)
WEEKS = 26
ACCOUNTS = 30
TOLERANCE = 1e-9

Row = dict[str, Any]


def write_table(directory: Path, table: str, rows: Iterable[Row]) -> None:
    """Rows as `<table>.csv`, null as an empty field."""
    rows = list(rows)
    with (directory / f"{table}.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)


def twin_interactions() -> list[Row]:
    """`plain` and `scaled` hold the same conversations; the scorecard of `scaled` gives 0.25 x + 7.5 for x."""
    rng = np.random.default_rng(SEED)
    rows: list[Row] = []
    for week in range(WEEKS):
        for call in range(int(rng.integers(2, 18))):
            account = int(rng.integers(ACCOUNTS))
            day = FIRST_MONDAY + datetime.timedelta(days=7 * week + int(rng.integers(7)))
            score = round(float(rng.uniform(20, 95)), 1) if rng.random() < 0.8 else None
            mood = round(float(rng.uniform(-1, 1)), 2) if rng.random() < 0.8 else None
            for csm in ("plain", "scaled"):
                rows.append({
                    "interaction_id": f"{csm}-{week}-{call}",
                    "account_id": f"{csm}-{account}",
                    "csm_id": csm,
                    "started_at": f"{day}T09:00:00Z",
                    "interaction_type": "check_in",
                    "duration_minutes": 30,
                    "status": "completed",
                    "sentiment_score": mood,
                    "quality_score": score if csm == "plain" or score is None else 0.25 * score + 7.5,
                    "scorecard": {"plain": "MEDDIC", "scaled": "custom"}[csm],
                })  # fmt: skip
    last_sunday = FIRST_MONDAY + datetime.timedelta(days=7 * WEEKS - 1)
    rows.append({**rows[0], "interaction_id": "internal", "account_id": None, "started_at": f"{last_sunday}T09:00:00Z"})
    return rows


@pytest.fixture(scope="module")
def interactions() -> list[Row]:
    return twin_interactions()


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory, interactions: list[Row]) -> Path:
    directory = tmp_path_factory.mktemp("engagement")
    raw = directory / "raw"
    raw.mkdir()
    csms = ("plain", "scaled")
    names = [(f"{csm}-{number}", csm) for csm in csms for number in range(ACCOUNTS)]
    write_table(raw, "csms", [
        {"csm_id": csm, "csm_name": csm, "role_tier": "mid_market_csm", "hired_on": "2024-01-01"} for csm in csms
    ])  # fmt: skip
    write_table(raw, "accounts", [
        {"account_id": name, "account_name": name, "segment": "mid_market", "customer_since": "2024-01-01"}
        for name, _ in names
    ])  # fmt: skip
    write_table(raw, "account_assignments", [
        {"account_id": name, "csm_id": csm, "assigned_on": "2024-01-01"} for name, csm in names
    ])  # fmt: skip
    write_table(raw, "subscriptions", [
        {"subscription_id": name, "account_id": name, "product": "Atlas", "arr_usd": 1000, "starts_on": "2024-01-01"}
        for name, _ in names
    ])  # fmt: skip
    write_table(raw, "interactions", interactions)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DBT_")}
    environment |= {"RAW_DATA": str(raw), "AS_OF_DATE": "", "BUILD_DIR": str(directory / "build")}
    environment["PYTHONPATH"] = str(ROOT / "src")
    done = subprocess.run(
        [sys.executable, str(ROOT / "tests" / "parsed_once.py"), "build", "--fast"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return directory / "build" / "book_of_business.duckdb"


def rows_of(path: Path, query: str) -> list[Row]:
    with duckdb.connect(str(path), read_only=True) as connection:
        found = connection.execute(query)
        columns = [column[0] for column in found.description]
        return [dict(zip(columns, row, strict=True)) for row in found.fetchall()]


def test_a_change_of_scale_changes_nothing(published: Path) -> None:
    """Both scorecards rank the same conversations alike: standardised quality is equal, raw quality is not."""
    measures = [
        "standardised_interaction_count",
        "standardised_quality_score",
        "mean_standardised_quality_score_last_13_weeks",
        "lower_standardised_quality_score_last_13_weeks",
        "upper_standardised_quality_score_last_13_weeks",
    ]
    by_csm = {
        csm: rows_of(published, f"from marts.fct_csm_engagement where csm_id = '{csm}' order by week_start_date")
        for csm in ("plain", "scaled")
    }
    compared = 0
    for plain, scaled in zip(by_csm["plain"], by_csm["scaled"], strict=True):
        for measure in measures:
            if plain[measure] is None:
                assert scaled[measure] is None
            else:
                assert scaled[measure] == pytest.approx(plain[measure], abs=TOLERANCE)
                compared += 1
        if plain["mean_quality_score"] is not None:
            assert scaled["mean_quality_score"] == pytest.approx(
                0.25 * plain["mean_quality_score"] + 7.5, abs=TOLERANCE
            )
    assert compared > 4 * (WEEKS - 10), "next to nothing was standardised, so nothing was shown"


def test_slopes_are_those_of_theil_and_sen(published: Path, interactions: list[Row]) -> None:
    """Every account's slope equals scipy's on its weekly means of the last 13 weeks; under three there is none."""
    weekly: dict[str, dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
    for row in interactions:
        week = (datetime.date.fromisoformat(row["started_at"][:10]) - FIRST_MONDAY).days // 7
        if row["account_id"] and row["sentiment_score"] is not None and week >= WEEKS - 13:
            weekly[row["account_id"]][week].append(row["sentiment_score"])
    slopes = {
        row["account_id"]: row["sentiment_slope"] for row in rows_of(published, "from marts.fct_account_conversations")
    }
    assert len(slopes) == 2 * ACCOUNTS
    compared = 0
    for account, slope in slopes.items():
        means = {week: fmean(scores) for week, scores in weekly[account].items()}
        if len(means) < 3:
            assert slope is None
        else:
            expected = stats.theilslopes(list(means.values()), list(means.keys())).slope
            assert slope == pytest.approx(expected, abs=TOLERANCE)
            compared += 1
    assert compared > ACCOUNTS


@pytest.mark.parametrize(("measure", "column"), [("quality", "quality_score"), ("sentiment", "sentiment_score")])
def test_intervals_are_those_of_student(published: Path, interactions: list[Row], measure: str, column: str) -> None:
    """The 95 % t interval of the last 13 weeks equals scipy's for every CSM and week with two scores."""
    sizes = set()
    for row in rows_of(published, "from marts.fct_csm_engagement"):
        week = (row["week_start_date"] - FIRST_MONDAY).days // 7
        sample = [
            one[column]
            for one in interactions
            if one["account_id"] and one["csm_id"] == row["csm_id"] and one[column] is not None
            and week - 13 < (datetime.date.fromisoformat(one["started_at"][:10]) - FIRST_MONDAY).days // 7 <= week
        ]  # fmt: skip
        assert row[f"{measure}_count_last_13_weeks"] == len(sample)
        assert row[f"mean_{measure}_score_last_13_weeks"] == pytest.approx(fmean(sample), abs=TOLERANCE)
        if len(sample) > 1:
            low, high = stats.t.interval(0.95, len(sample) - 1, fmean(sample), stats.sem(sample))
            assert row[f"lower_{measure}_score_last_13_weeks"] == pytest.approx(low, abs=TOLERANCE)
            assert row[f"upper_{measure}_score_last_13_weeks"] == pytest.approx(high, abs=TOLERANCE)
        sizes.add(len(sample))
    assert len(sizes) > WEEKS / 2


def test_quantiles_are_exact_where_listed_and_never_too_narrow() -> None:
    """Each quantile is Student's at the first size of its row: exact there, and larger than it has to be after."""
    with (ROOT / "seeds" / "reference" / "t_quantiles.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        first = int(row["from_degrees_of_freedom"])
        assert float(row["t_quantile"]) == pytest.approx(stats.t.ppf(0.975, first), abs=1e-12)
        if row["to_degrees_of_freedom"]:
            last = int(row["to_degrees_of_freedom"]) - 1
            excess = float(row["t_quantile"]) / stats.t.ppf(0.975, last) - 1
            assert -1e-12 < excess < 0.002
