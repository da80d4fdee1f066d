"""The throughput alarms: the simulator's rules are those of the SQL, and the published error rates are theirs."""

import csv
import math
import os
import random
import subprocess
import sys
from pathlib import Path
from statistics import NormalDist

import duckdb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from book_of_business.proof import alarms

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = ROOT / "seeds" / "reference"
RULES = alarms.read_rules(REFERENCE)
FEWER_TEAMS = 50
# Both simulations have an error; 4 of them together are passed once in 16,000 numbers.
ERRORS = 4
CATEGORIES = ("strategic", "onboarding", "escalation", "internal_advocacy", "administrative", "unclassified")
ceilings_of_weeks = st.sampled_from([0.0, 0.0, 2.4, 6.0, 7.5, 12.0, 20.0, 1e-12, 1e-6])
weeks_of_a_csm = st.lists(st.tuples(st.integers(0, 40), ceilings_of_weeks), min_size=1, max_size=60)


def published_rates() -> list[dict[str, str]]:
    with (REFERENCE / "alarm_error_rates.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def excess(count: int, ceiling: float) -> float:
    """Counts above the normal level, in standard deviations, less the reference."""
    score = RULES.normal_exceedance_score
    border = math.floor(round(ceiling, 9)) + 0.5
    # the positive root of deviation^2 + score x deviation = border
    deviation = -score / 2 + math.sqrt(score * score / 4 + border)
    return (count - deviation * deviation) / deviation - RULES.cusum_reference_score


def page(weeks: list[tuple[int, float]]) -> list[float]:
    """Page's CUSUM, week by week, with no window."""
    score, scores = 0.0, []
    for count, ceiling in weeks:
        if round(ceiling, 9) > 0:
            score = max(0.0, score + excess(count, ceiling))
        scores.append(score)
    return scores


def windowed(weeks: list[tuple[int, float]], window: int) -> list[float]:
    """As Page's, but of all starts only those in the last weeks with a ceiling."""
    score, measured, scores = 0.0, [], []
    for count, ceiling in weeks:
        if round(ceiling, 9) > 0:
            measured.append(excess(count, ceiling))
            recent = measured[-window:]
            score = max(0.0, *(math.fsum(recent[start:]) for start in range(len(recent))))
        scores.append(score)
    return scores


def as_arrays(weeks: list[tuple[int, float]]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([[count for count, _ in weeks]]), np.array([[ceiling for _, ceiling in weeks]])


@settings(max_examples=60, deadline=None)
@given(weeks_of_a_csm)
def test_cusum_is_pages_recursion_while_the_window_holds_all_weeks(weeks: list[tuple[int, float]]) -> None:
    wide = alarms.replace(RULES, cusum_window_weeks=len(weeks))
    assert alarms.cusum_scores(*as_arrays(weeks), wide)[0] == pytest.approx(page(weeks), abs=1e-6)


@settings(max_examples=60, deadline=None)
@given(weeks_of_a_csm, st.integers(1, 20))
def test_cusum_forgets_what_is_older_than_its_window(weeks: list[tuple[int, float]], window: int) -> None:
    narrow = alarms.replace(RULES, cusum_window_weeks=window)
    assert alarms.cusum_scores(*as_arrays(weeks), narrow)[0] == pytest.approx(windowed(weeks, window), abs=1e-6)


def test_exceedance_score_is_the_quantile_of_the_exceedance_share() -> None:
    assert RULES.normal_exceedance_score == pytest.approx(
        NormalDist().inv_cdf(1 - RULES.normal_exceedance_share), abs=1e-8
    )


def test_simulated_counts_are_above_the_ceiling_as_often_as_is_normal_and_as_correlated_as_asked() -> None:
    worlds = alarms.simulate(np.array([12.0, 7.5]), RULES, 0.5, replicates=30, seed=1)
    assert (worlds.normal > worlds.ceilings).mean() == pytest.approx(RULES.normal_exceedance_share, abs=0.01)
    pooled = worlds.normal[::2].astype(float)
    assert pooled.var() / pooled.mean() == pytest.approx(1, abs=0.04)
    assert np.corrcoef(pooled[:, :-1].ravel(), pooled[:, 1:].ravel())[0, 1] == pytest.approx(0.5, abs=0.02)


def test_published_error_rates_are_those_of_the_rules_in_force() -> None:
    """Whoever changes a threshold measures again."""
    for row in published_rates():
        assert row["parameters"] == RULES.parameters(row["rule"]), "run python -m book_of_business.alarms"


def test_fewer_teams_of_another_seed_agree_with_the_published_error_rates() -> None:
    again = alarms.error_rates(REFERENCE, replicates=FEWER_TEAMS, seed=5)
    for published, row in zip(published_rates(), again, strict=True):
        assert (row["rule"], row["autocorrelation"]) == (published["rule"], published["autocorrelation"])
        for measure, error in (
            ("false_alarms_per_team_quarter", "false_alarms_standard_error"),
            ("mean_delay_weeks", "delay_standard_error"),
        ):
            difference = abs(float(row[measure]) - float(published[measure]))
            allowed = ERRORS * math.hypot(float(row[error]), float(published[error]))
            assert difference < allowed, (row["rule"], row["autocorrelation"], measure)


def test_cusum_is_tuned_to_the_false_alarms_of_the_weeks_in_a_row() -> None:
    runs, cusum = (row for row in published_rates() if row["autocorrelation"] == "0")
    error = math.hypot(float(runs["false_alarms_standard_error"]), float(cusum["false_alarms_standard_error"]))
    difference = abs(float(runs["false_alarms_per_team_quarter"]) - float(cusum["false_alarms_per_team_quarter"]))
    assert difference < ERRORS * error
    assert float(cusum["mean_delay_weeks"]) < float(runs["mean_delay_weeks"])


def random_sequences() -> list[list[tuple[int, float]]]:
    """Weeks around the ceiling, with spells of leave, of half weeks and of overload."""
    draw = random.Random(20260628)
    sequences = []
    for csm in range(60):
        full, mood, weeks = draw.choice([6.0, 7.5, 12.0, 15.0, 40.0]), 0.9, []
        for _ in range(draw.randint(1, 70)):
            if draw.random() < 0.1:
                mood = draw.choice([0.6, 0.9, 1.0, 1.3])
            ceiling = full * draw.choices([1, 0, 0.4, 1e-13], [0.8, 0.12, 0.06, 0.02])[0]
            count = round(mood * ceiling + draw.gauss(0, 1) * math.sqrt(ceiling)) if ceiling else draw.randint(0, 3)
            weeks.append((max(count, 0), ceiling))
        sequences.append([(30, 12.0)] * 20 if csm == 0 else weeks)
    return sequences


@pytest.fixture(scope="module")
def marts_of_sequences(tmp_path_factory: pytest.TempPathFactory, small_book: Path) -> Path:
    """The mart itself, built by dbt on the random sequences."""
    build_dir = tmp_path_factory.mktemp("alarms")
    path = build_dir / "working.duckdb"
    zeros = ", ".join(f"cast(0 as bigint) as {name}_count, cast(0 as double) as {name}_minutes" for name in CATEGORIES)
    rows = [
        (f"csm{csm}", week, count, ceiling)
        for csm, weeks in enumerate(random_sequences())
        for week, (count, ceiling) in enumerate(weeks)
    ]
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema intermediate")
        connection.begin()  # one write to the disk, not one for each row
        connection.execute("create table weeks (csm_id varchar, week integer, counted bigint, ceiling double)")
        connection.executemany("insert into weeks values (?, ?, ?, ?)", rows)
        connection.execute(
            "create table intermediate.int_csm_weeks__throughput as select csm_id,"
            " date '2025-01-06' + 7 * week as week_start_date, counted as counted_interaction_count,"
            f" counted as meaningful_interaction_count, {zeros}, ceiling as throughput_ceiling_count from weeks"
        )
        connection.commit()
    own = {"BUILD_DIR": str(build_dir), "RAW_DATA": str(small_book), "AS_OF_DATE": ""}
    own |= {"DBT_TARGET_PATH": str(build_dir / "dbt"), "DBT_LOG_PATH": str(build_dir / "logs")}
    command = [
        str(Path(sys.executable).parent / "dbt"),
        "--quiet",
        "build",
        "--select",
        "thresholds",
        "fct_csm_throughput",
    ]
    command += ["--exclude-resource-type", "unit_test", "test"]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | own, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return path


def test_mart_and_simulator_apply_the_same_two_rules(marts_of_sequences: Path) -> None:
    """On random weeks with leave: the score equals a plain recursion, and each alarm the simulator's."""
    query = """
        select consecutive_weeks_over_ceiling, is_intervention, cusum_score, is_cusum_alarm
        from marts.fct_csm_throughput where csm_id = ? order by week_start_date
    """
    alarm_count = 0
    with duckdb.connect(str(marts_of_sequences), read_only=True) as connection:
        for csm, weeks in enumerate(random_sequences()):
            rows = connection.execute(query, [f"csm{csm}"]).fetchall()
            counts, ceilings = as_arrays(weeks)
            scores = windowed(weeks, int(RULES.cusum_window_weeks))
            assert [row[2] for row in rows] == pytest.approx(scores, abs=1e-6)
            assert [row[2] for row in rows] == pytest.approx(alarms.cusum_scores(counts, ceilings, RULES)[0], abs=1e-9)
            assert [row[1] for row in rows] == alarms.run_alarms(counts, ceilings, RULES)[0].tolist()
            cusum = alarms.alarms_of("cusum", counts, ceilings, RULES)[0].tolist()
            has_ceiling = [round(ceiling, 9) > 0 for _, ceiling in weeks]
            expected = [flag if measured else None for flag, measured in zip(cusum, has_ceiling, strict=True)]
            assert [row[3] for row in rows] == expected
            alarm_count += sum(map(bool, expected))
    assert alarm_count > 100


def test_the_models_description_quotes_the_published_error_rates() -> None:
    described = " ".join((ROOT / "models/marts/throughput/fct_csm_throughput.yml").read_text(encoding="utf-8").split())
    rates = {
        (row["rule"], row["autocorrelation"]): {
            name: float(row[name])
            for name in (
                "false_alarms_per_team_quarter",
                "mean_delay_weeks",
                "lasting_alarm_share",
                "mean_clearing_weeks",
            )
        }
        for row in published_rates()
    }
    runs, cusum = rates["consecutive_weeks", "0"], rates["cusum", "0"]
    runs_together, cusum_together = rates["consecutive_weeks", "0.5"], rates["cusum", "0.5"]
    per_quarter, delay, quarter = "false_alarms_per_team_quarter", "mean_delay_weeks", alarms.QUARTER_WEEKS
    for quoted in (
        f"about once in {quarter / runs[per_quarter]:.0f} weeks",
        f"({runs[per_quarter]:.1f} a quarter)",
        f"every {quarter / runs_together[per_quarter]:.1f} weeks ({runs_together[per_quarter]:.1f} a quarter)",
        f"every {quarter / cusum_together[per_quarter]:.1f} ({cusum_together[per_quarter]:.1f})",
        f"after {runs[delay]:.1f} and {cusum[delay]:.1f} weeks",
        f"({runs_together[delay]:.1f} and {cusum_together[delay]:.1f} at 0.5)",
        f"{runs['lasting_alarm_share']:.0%} and {cusum['lasting_alarm_share']:.0%} of CSMs are in alarm",
        f"clear in {runs['mean_clearing_weeks']:.1f} and {cusum['mean_clearing_weeks']:.1f} weeks",
    ):
        assert quoted in described


def test_a_book_tells_whether_its_weeks_are_spread_and_hang_together_like_poisson_counts(tmp_path: Path) -> None:
    """One CSM of 14 weeks: mean 3, and a short one, a week of half a ceiling and a leave, which are left out."""
    counts = [1, 5] * 7
    weeks = [("ana", week, count, 12.0, False, week >= 12, week == 3) for week, count in enumerate(counts)]
    weeks += [
        ("ana", 14, 9, 6.0, True, True, None),
        ("ana", 15, 0, 0.0, None, True, None),
        ("ben", 0, 8, 12.0, True, False, True),
    ]
    path = tmp_path / "book.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema marts")
        connection.execute(
            "create table marts.fct_csm_throughput (csm_id varchar, week_start_date integer,"
            " counted_interaction_count bigint, throughput_ceiling_count double, is_over_ceiling boolean,"
            " is_intervention boolean, is_cusum_alarm boolean)"
        )
        connection.executemany("insert into marts.fct_csm_throughput values (?, ?, ?, ?, ?, ?, ?)", weeks)
    found = alarms.counts_of(path)
    assert found["csm_count"] == 1
    assert found["mean_count"] == pytest.approx(3)
    assert found["dispersion_ratio"] == pytest.approx(14 * 4 / (13 * 3))
    assert found["short_dispersion_ratio"] == pytest.approx(13 * 16 / 2 / (13 * 3))
    assert found["autocorrelation_ratio"] == pytest.approx(-13 / 14)
    assert found["exceedance_ratio"] == pytest.approx(2 / 16)
    # 16 weeks with a ceiling; one run begins, and two sums pass the limit
    assert found["run_alarms_per_team_quarter"] == pytest.approx(1 * 260 / 16)
    assert found["cusum_alarms_per_team_quarter"] == pytest.approx(2 * 260 / 16)
