"""The frame of the proofs: replicates are resumed by seed, shared between claims, and what is missed is said."""

import json
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from book_of_business.errors import UserError
from book_of_business.proof.evidence import claims_weights, page, runner
from book_of_business.proof.evidence.claim import Claim, Verdict, share_with_interval
from book_of_business.proof.evidence.code_version import PACKAGE, code_version, imported_files
from book_of_business.proof.evidence.worlds import simulate_world


def double(seed: int) -> dict[str, float]:
    return {"value": 2.0 * seed}


def fail(seed: int) -> dict[str, float]:
    raise ValueError("no world")


def judge(frame: pl.DataFrame) -> Verdict:
    return Verdict(f"mean {frame['value'].mean():.1f}", frame["value"].mean() > 100)


def claim(name: str, replicate=double) -> Claim:
    return Claim(name, f"what {name} claims", "over 100", replicate, judge)


def test_replicates_are_resumed_by_seed_and_shared_between_claims(tmp_path: Path) -> None:
    first = runner.prove([claim("a"), claim("b")], tmp_path, first_seed=5, count=2, processes=1)
    files = list(tmp_path.iterdir())
    assert len(files) == 1
    lines = files[0].read_text().splitlines()
    assert len(lines) == 2
    # a run that was cut off in the middle of a line makes that replicate again, and no other
    files[0].write_text(lines[0] + "\n" + lines[1][:10])
    again = runner.prove([claim("a")], tmp_path, first_seed=5, count=2, processes=1)
    assert first[0].verdict == again[0].verdict == Verdict("mean 11.0", False)
    assert (again[0].replicate_count, again[0].first_seed, again[0].last_seed) == (2, 5, 6)


def test_replicates_of_other_code_are_left_out_and_made_again(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(runner, "version_of", lambda _: "old")
    runner.prove([claim("a")], tmp_path, first_seed=5, count=2, processes=1)
    [path] = tmp_path.iterdir()
    old = path.read_text()
    monkeypatch.setattr(runner, "version_of", lambda _: "new")
    [judged] = runner.prove([claim("a")], tmp_path, first_seed=5, count=2, is_judged_only=True)
    assert (judged.replicate_count, judged.verdict.figure) == (0, "not run yet")
    assert path.read_text() == old, "judging writes nothing"
    [again] = runner.prove([claim("a")], tmp_path, first_seed=6, count=1, processes=1)
    assert again.replicate_count == 1
    told = [json.loads(line) for line in path.read_text().splitlines()]
    assert [(row["seed"], row["version"]) for row in told] == [(6, "new")]
    # another seed of the same code is added to it
    runner.prove([claim("a")], tmp_path, first_seed=5, count=2, processes=1)
    assert [json.loads(line)["seed"] for line in path.read_text().splitlines()] == [6, 5]


@pytest.mark.parametrize(
    ("file", "is_part"),
    [
        ("claims_a.py", True),
        ("pkg/__init__.py", True),
        ("pkg/direct.py", True),
        ("pkg/sub/__init__.py", True),
        ("pkg/sub/indirect.py", True),
        ("reference/weights.csv", True),
        ("pkg/other.py", False),
        ("reference/notes.yml", False),
    ],
)
def test_version_changes_with_what_the_replicate_is_made_of(tmp_path: Path, file: str, is_part: bool) -> None:
    texts = {
        "claims_a.py": "import json\nfrom pkg import direct\n",
        "pkg/__init__.py": "",
        "pkg/direct.py": "def late():\n    from pkg.sub.indirect import value\n    return value\n",
        "pkg/sub/__init__.py": "",
        "pkg/sub/indirect.py": "import pkg.direct\nvalue = 1\n",
        "pkg/other.py": "value = 2\n",
        "reference/weights.csv": "weight\n1\n",
        "reference/notes.yml": "a: 1\n",
    }
    for name, text in texts.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)

    def version() -> str:
        return code_version(tmp_path / "claims_a.py", tmp_path / "pkg", tmp_path / "reference")

    before = version()
    assert version() == before
    (tmp_path / file).write_text(texts[file] + "# more\n")
    assert (version() != before) is is_part


@pytest.mark.parametrize(
    ("text", "is_part"), [("named_days", True), ("prefix_named_days", True), ("other_days", False)]
)
def test_version_counts_the_thresholds_that_its_modules_name(tmp_path: Path, text: str, is_part: bool) -> None:
    module, reference = tmp_path / "claims_a.py", tmp_path / "reference"
    module.write_text("class Limits:\n    named_days: float\n")
    reference.mkdir()
    found = set()
    for value in (1, 2):
        (reference / "thresholds.csv").write_text(f'threshold,value,rationale\n{text},{value},"why, in words"\n')
        found.add(code_version(module, tmp_path, reference))
    assert (len(found) == 2) is is_part


def test_version_of_a_claim_reaches_the_simulator_and_the_method() -> None:
    files, waiting = set(), [Path(claims_weights.__file__)]
    while waiting:
        new = imported_files(waiting.pop(), PACKAGE) - files
        files, waiting = files | new, [*waiting, *new]
    names = {file.relative_to(PACKAGE).as_posix() for file in files}
    assert {"simulate/touchpoints.py", "calibration/effort_model.py", "calibration/guard.py", "__init__.py"} <= names
    assert not names & {"weekly.py", "evidence/page.py", "outcome_models/effects.py"}


def test_page_says_what_was_not_reached(tmp_path: Path) -> None:
    whole = replace(claim("a"), full_count=2)
    outcomes = runner.prove([whole], tmp_path, first_seed=5, processes=1)
    text = page.page(outcomes, "python -m book_of_business.evidence --seed 5")
    assert "| **NO** |" in text
    assert "- what a claims: mean 11.0, wanted over 100." in text
    assert "Not finished" not in text


def test_page_reports_a_figure_without_a_mark_and_misses_none(tmp_path: Path) -> None:
    only_told = replace(claim("a"), full_count=2, summarise=lambda frame: Verdict("11 of 12", None))
    text = page.page(runner.prove([only_told], tmp_path, first_seed=5, processes=1), "make prove-statistics")
    assert "| 11 of 12 | 2 | 5-6 | 0.0 | reported |" in text
    assert "wanted" not in text.split("## Not reached")[1]


def test_page_says_what_is_not_finished_and_judging_makes_nothing(tmp_path: Path) -> None:
    runner.prove([claim("a")], tmp_path, first_seed=5, count=2, processes=1)
    begun = [claim("a"), claim("b", fail)]
    text = page.page(runner.prove(begun, tmp_path, first_seed=5, is_judged_only=True), "make prove-statistics")
    assert "| what a claims | over 100 | mean 11.0 | 2 of 200 |" in text
    assert "| what b claims | over 100 | not run yet | 0 of 200 |" in text
    table = text.split("## Not reached")[0]
    assert table.count("| not finished |") == 2, "neither yes nor no before all replicates are made"
    assert "**NO**" not in text
    assert text.split("## Not finished")[1].count("- what") == 2


def test_a_replicate_that_fails_is_named_with_its_seed(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="broken, seed 7: ValueError: no world"):
        runner.prove([claim("broken", fail)], tmp_path, first_seed=7, count=1, processes=1)


def test_interval_of_a_share_is_wilsons() -> None:
    share, low, high = share_with_interval(10, 200)
    assert (round(share, 3), round(low, 4), round(high, 4)) == (0.05, 0.0274, 0.0896)


def test_world_in_memory_logs_what_it_expects_and_repeats_with_its_seed() -> None:
    world, again = (simulate_world(3, csms=5, weeks=8) for _ in range(2))
    assert world.account_weeks.equals(again.account_weeks)
    accounts, csms = world.account_weeks, world.csm_weeks
    assert accounts.select("account_id", "week").is_unique().all()
    assert csms.select("csm_id", "week").is_unique().all()
    assert accounts["minutes"].sum() == pytest.approx(accounts["expected_minutes"].sum(), rel=0.1)
    assert csms["logged_minutes"].sum() == pytest.approx(accounts["minutes"].sum() + csms["ownerless_minutes"].sum())
    assert set(accounts["csm_id"].unique()) - {"unassigned"} == set(csms["csm_id"].unique())
