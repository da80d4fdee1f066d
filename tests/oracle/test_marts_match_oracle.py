"""Build random books with the project and compare every covered mart with the oracle.

ORACLE_SEEDS=N builds N books in place of 2; ORACLE_FIRST_SEED moves the first one.
"""

import csv
import os
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from .compare import CHECKS, compare_with_book, readable
from .contract import apply_contract
from .metrics import COVERED_MARTS
from .random_book import write_random_book
from .reference import read_reference

ROOT = Path(__file__).resolve().parents[2]
FIRST_SEED = int(os.environ.get("ORACLE_FIRST_SEED", "0"))
SEEDS = range(FIRST_SEED, FIRST_SEED + int(os.environ.get("ORACLE_SEEDS", "2")))
LOG_TAIL = 4000


def build_book(raw_dir: Path, build_dir: Path, as_of_date: date | None, root: Path = ROOT) -> Path:
    """Run the project's own build on the raw directory; returns the published DuckDB file."""
    python = ROOT / ".venv" / "bin" / "python"
    environment = {name: value for name, value in os.environ.items() if name != "AS_OF_DATE"}
    # Random books are spoilt on purpose, and more than a user would put up with.
    environment |= {"RAW_DATA": str(raw_dir), "BUILD_DIR": str(build_dir), "ALLOW_LOSS": "1"}
    if as_of_date is not None:
        environment["AS_OF_DATE"] = as_of_date.isoformat()
    if root != ROOT:
        environment["PYTHONPATH"] = str(root / "src")
    done = subprocess.run(
        [
            str(python if python.exists() else sys.executable),
            str(ROOT / "tests" / "parsed_once.py"),
            "build",
            "--fast",
        ],
        cwd=root,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-LOG_TAIL:]
    return build_dir / "book_of_business.duckdb"


def assert_marts_match(seed: int, tmp_path: Path, root: Path) -> None:
    reference = read_reference(root / "seeds" / "reference")
    written = write_random_book(seed, tmp_path / "raw", reference)
    published = build_book(written.raw, tmp_path / "build", written.as_of_date, root)
    outcome = apply_contract(written.raw, reference)
    due = {*COVERED_MARTS, *CHECKS}
    differences = compare_with_book(published, outcome, reference, written.as_of_date, due)
    assert not any(differences.values()), f"seed {seed} ({written.description})\n{readable(differences)}"


@pytest.mark.parametrize("seed", SEEDS)
def test_marts_match_the_oracle(seed: int, tmp_path: Path) -> None:
    assert_marts_match(seed, tmp_path, ROOT)


def other_reference(directory: Path) -> None:
    """Reference tables as analysts might tune them: nothing of them may stand in SQL."""

    def rows_of(name: str) -> list[dict[str, str]]:
        with (directory / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def write(name: str, rows: list[dict[str, str]]) -> None:
        with (directory / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)

    # A segment that is owed nothing.
    cadences = rows_of("touch_cadences")
    free = {**cadences[0], "segment": "free", "touches_per_quarter": "0", "hours_per_touch": "1"}
    write("touch_cadences", [*cadences, free])
    # Weights that change in the middle of the books, and versions that were never adopted.
    weights = rows_of("effort_weights")
    first = next(row for row in weights if row["status"] == "adopted")["version"]
    adopted = [row for row in weights if row["version"] == first]
    base = next(row for row in adopted if row["factor"] == "base")
    adopted.append({**base, "level": "free", "weight": "0.03"})
    versions = []
    for version, status, day, times in (
        ("v1", "adopted", "2024-06-05", 1.0),
        ("v2", "adopted", "2024-12-29", 1.5),
        ("v3", "adopted", "2025-06-16", 0.7),
        ("v4", "proposed", "2024-07-01", 9.0),
        ("v5", "rejected", "2024-08-01", 9.0),
    ):
        for row in adopted:
            weight = str(round(float(row["weight"]) * times, 6))
            changed = {"version": version, "status": status, "effective_from_date": day}
            # Bounds would have to move with the weight: a version without them is as good.
            versions.append({**row, **changed, "weight": weight, "lower": "", "upper": ""})
    write("effort_weights", versions)
    tiers = rows_of("role_tiers")
    tiers[0] |= {"ramp_days": "30", "ramp_start_ratio": "0.5", "strategic_ceiling_per_week": "3"}
    tiers[1] |= {"productive_hours_per_week": "4"}
    write("role_tiers", tiers)
    bands = rows_of("book_size_bands")
    for row in bands:
        row |= {"minimum_arr_usd": "100000", "maximum_arr_usd": "1000000"}
        row |= {"minimum_account_count": "2", "maximum_account_count": "4"}
    write("book_size_bands", bands)
    tuned = {
        "fiscal_year_start_month": "2",
        "unmonitored_days": "20",
        "renewal_warn_share": "0.3",
        "health_minimum_count": "2",
        "stakeholder_days": "30",
        "target_load_ratio": "0.5",
        "slope_weeks": "8",
        "episode_lapse_days": "60",
        "minimum_episodes": "4",
        "risk_stacking_minimum_count": "1",
        "unmonitored_margin_ratio": "0.3",
        "slow_detection_share": "0.3",
        "slow_detection_minimum_count": "1",
        "ramp_complete_days": "180",
        "ramp_room_load_ratio": "2",
        "maximum_interaction_minutes": "600",
        "settled_minimum_share": "0.8",
        "rolling_term_days": "60",
        "clock_gap_days": "20",
        "clock_stray_share": "0.03",
    }
    write(
        "thresholds",
        [{**row, "value": tuned.get(row["threshold"], row["value"])} for row in rows_of("thresholds")],
    )

    if (directory / "risk_signal_rules.csv").exists():
        rules = rows_of("risk_signal_rules")
        for row in rules:
            if row["parameter"] == "intervention_window_days":
                row["value"] = "10"
        write("risk_signal_rules", rules)


@pytest.mark.parametrize("seed", [1000 + seed for seed in SEEDS[: max(1, len(SEEDS) // 4)]])
def test_marts_match_the_oracle_under_other_reference_tables(seed: int, tmp_path: Path) -> None:
    root = tmp_path / "project"
    left_out = shutil.ignore_patterns(".git", ".venv", "build", "target", "logs", "__pycache__")
    shutil.copytree(ROOT, root, ignore=left_out)
    other_reference(root / "seeds" / "reference")
    assert_marts_match(seed, tmp_path, root)
