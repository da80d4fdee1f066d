"""From published marts to a ceiling in force: proposed once, estimated again, adopted by a name, by the byte."""

from datetime import date
from pathlib import Path

import duckdb
import polars as pl
import pytest

from book_of_business.__main__ import main
from book_of_business.calibration import ceiling_inputs, ceiling_proposals
from book_of_business.errors import UserError
from book_of_business.proof.evidence import claims_ceilings
from book_of_business.receiving.reference_files import read_rows, rewrite
from book_of_business.settings import project_dir

TABLES = ("thresholds.csv", "role_tiers.csv", "ceiling_proposals.csv", "effort_weights.csv")
LAST_WEEK = date(2026, 6, 22)
FEW = 4  # CSMs of the mid-market tier: their ceiling is identified and is not adopted


@pytest.fixture(scope="module")
def csm_weeks() -> pl.DataFrame:
    """A busy world of 14 enterprise and, of the mid-market tier, FEW CSMs."""
    world = claims_ceilings.csm_weeks_of(1, 3.0)[0]
    is_mid = pl.col("role_tier") == "mid_market_csm"
    kept = world.filter(is_mid)["csm_id"].unique().sort().head(FEW)
    return world.filter(~is_mid | pl.col("csm_id").is_in(kept.to_list()))


def publish(project: Path, csm_weeks: pl.DataFrame) -> None:
    """Publish marts of those columns that the ceilings read, over those that were there."""
    with duckdb.connect(str(project / "build" / "book_of_business.duckdb")) as connection:
        connection.execute("create schema if not exists marts")
        connection.register("world", csm_weeks)
        for mart, sql in {
            "dim_csms": "select distinct csm_id, role_tier, 23.0 as productive_hours_per_week, "
            "false as is_unassigned from world union all select 'unassigned', null, null, true",
            "dim_accounts": "select 'A1' as account_id",
            "dim_weeks": "select distinct week_start_date from world",
            "fct_csm_throughput": "select csm_id, week_start_date, counted_count as counted_interaction_count "
            "from world",
            "fct_csm_capacity": "select csm_id, week_start_date, 1.0 as fte, 1.0 as ramp_ratio, "
            "scale_ratio as availability_ratio, 12 * scale_ratio as throughput_ceiling_count from world",
            "fct_csm_engagement": "select csm_id, week_start_date, quality_score as mean_quality_score, "
            "scored_count as scored_interaction_count, null::double as standardised_quality_score, "
            "0 as standardised_interaction_count from world",
            "fct_books": "select csm_id, week_start_date, 100 * red_share as red_account_count, 100 as account_count "
            "from world",
            "fct_touch_plan": "select distinct csm_id, 13.0 as required_touch_count, 2.0 as required_hours_per_week "
            "from world",
        }.items():
            connection.execute(f"create or replace table marts.{mart} as {sql}")


@pytest.fixture
def project(tmp_path: Path, csm_weeks: pl.DataFrame, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of its own with published marts."""
    reference = tmp_path / "seeds" / "reference"
    reference.mkdir(parents=True)
    for name in TABLES:
        (reference / name).write_bytes((project_dir() / "seeds" / "reference" / name).read_bytes())
    header = (reference / "ceiling_proposals.csv").read_text().splitlines()[0]
    (reference / "ceiling_proposals.csv").write_text(header + "\n")
    (tmp_path / "dbt_project.yml").write_text("name: book_of_business\n")
    (tmp_path / "build").mkdir()
    publish(tmp_path, csm_weeks)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("BUILD_DIR", raising=False)
    return tmp_path


def test_marts_give_the_weeks_that_the_world_has(project: Path, csm_weeks: pl.DataFrame) -> None:
    limits = ceiling_inputs.read_limits()
    with duckdb.connect(str(project / "build" / "book_of_business.duckdb"), read_only=True) as connection:
        fits, kept = ceiling_proposals.fits_of(connection, limits)
        defaults = ceiling_inputs.read_defaults(connection)
    assert kept.height == ceiling_inputs.observations(csm_weeks, limits).height
    assert [found.role_tier for found in fits] == ["enterprise_csm", "mid_market_csm", "pooled_csm"]
    assert fits[0].is_identified
    assert fits[0].ceiling == pytest.approx(11, abs=1)
    row = defaults.row(0, named=True)
    assert (row["in_force"], row["hours_per_touch"]) == (12, 2)
    assert (row["default_lower"], row["default_ceiling"], row["default_upper"]) == (10, 11.5, 12.5)


def test_a_ceiling_is_proposed_once_and_adopted_by_name(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    reference = project / "seeds" / "reference"
    assert main(["calibrate", "propose", "--ceilings"]) == 0
    said = capsys.readouterr().out
    assert "enterprise_csm: quality holds up to" in said
    assert "pooled_csm: no ceiling identified" in said
    assert "c1 is proposed." in said
    before = {path: path.read_bytes() for path in reference.iterdir()}
    assert main(["calibrate", "propose", "--ceilings"]) == 0
    assert "nothing was changed" in capsys.readouterr().out
    assert {path: path.read_bytes() for path in reference.iterdir()} == before
    assert main(["calibrate", "adopt", "c1", "--approved-by", "=1+1"]) == 1
    assert "--approved-by" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in reference.iterdir()} == before
    main(["calibrate", "adopt", "c1", "--approved-by", "Ada Lovelace"])
    assert "enterprise_csm: adopted, " in capsys.readouterr().out
    rows = {row["role_tier"]: row for row in read_rows(reference / "ceiling_proposals.csv")}
    tiers = {row["role_tier"]: row for row in read_rows(reference / "role_tiers.csv")}
    assert tiers["enterprise_csm"]["strategic_ceiling_per_week"] == rows["enterprise_csm"]["ceiling"]
    assert rows["enterprise_csm"]["previous"] == "12"
    assert tiers["pooled_csm"]["strategic_ceiling_per_week"] == "20"
    # the same estimate is there already, adopted
    assert main(["calibrate", "propose", "--ceilings"]) == 0
    assert "nothing was changed" in capsys.readouterr().out
    assert main(["calibrate", "list"]) == 0
    assert "c1  adopted: enterprise_csm" in capsys.readouterr().out


def propose(project: Path) -> str | None:
    with duckdb.connect(str(project / "build" / "book_of_business.duckdb"), read_only=True) as connection:
        return ceiling_proposals.propose(connection, project / "seeds" / "reference").version


def adopt(project: Path, version: str = "c1", name: str = "Ada Lovelace") -> tuple[list[str], bool]:
    with duckdb.connect(str(project / "build" / "book_of_business.duckdb"), read_only=True) as connection:
        return ceiling_proposals.adopt(connection, project / "seeds" / "reference", version, name)


def files(project: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in (project / "seeds" / "reference").iterdir()}


def edit(project: Path, **change: str) -> None:
    """Write into the enterprise row of the proposals by hand."""
    path = project / "seeds" / "reference" / "ceiling_proposals.csv"
    assert rewrite(path, lambda row: change if row["role_tier"] == "enterprise_csm" else {})


def test_adopting_changes_one_ceiling_and_nothing_else(project: Path, csm_weeks: pl.DataFrame) -> None:
    propose(project)
    reference = project / "seeds" / "reference"
    ceiling = read_rows(reference / "ceiling_proposals.csv")[0]["ceiling"]
    before = (reference / "role_tiers.csv").read_bytes().splitlines()
    said, is_all = adopt(project)
    assert not is_all
    assert said[0] == f"c1 enterprise_csm: adopted, {ceiling} in place of 12"
    assert "4 CSMs, at least 8 wanted" in said[1]
    assert "past ones too" in said[2]
    after = (reference / "role_tiers.csv").read_bytes().splitlines()
    assert [old == new for old, new in zip(before, after, strict=True)] == [True, False, True, True]
    tier = read_rows(reference / "role_tiers.csv")[0]
    assert tier["strategic_ceiling_per_week"] == ceiling
    assert tier["rationale"].endswith("in place of 12, from 14 CSMs and 26 weeks; see ceiling_proposals.")
    rows = read_rows(reference / "ceiling_proposals.csv")
    assert [row["status"] for row in rows] == ["adopted", "rejected"]
    assert rows[0]["approved_by"] == "Ada Lovelace"
    done = files(project)
    # what is adopted is so, whatever is published later
    publish(project, csm_weeks.with_columns(quality_score=pl.col("quality_score") + 1))
    again, _ = adopt(project)
    assert again[0].endswith("adopted already; nothing was changed")
    assert files(project) == done, "twice changes nothing twice"


def test_stopped_between_the_two_files_it_is_finished_by_adopting_again(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    propose(project)

    def stopped(path: Path, *rest: object) -> bool:
        if path.name == "ceiling_proposals.csv":
            raise KeyboardInterrupt
        return rewrite(path, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(ceiling_proposals, "rewrite", stopped)
        with pytest.raises(KeyboardInterrupt):
            adopt(project)
    tiers, rows = (read_rows(project / "seeds" / "reference" / name) for name in ("role_tiers.csv", TABLES[2]))
    assert tiers[0]["strategic_ceiling_per_week"] == rows[0]["ceiling"]
    assert rows[0]["status"] == "proposed"
    adopt(project)
    rows = read_rows(project / "seeds" / "reference" / "ceiling_proposals.csv")
    assert [row["status"] for row in rows] == ["adopted", "rejected"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"ceiling": "22.8", "lower": "22.0", "upper": "23.5"}, "not as it was proposed .ceiling, lower, upper."),
        ({"kink_f": "50"}, "not as it was proposed .kink_f."),
        ({"csm_count": "40"}, "not as it was proposed .csm_count."),
        ({"ceiling": "many"}, "not as it was proposed .ceiling."),
        ({"role_tier": "pooled_csm"}, "no ceiling is identified there"),
        ({"run_id": "deadbeef"}, "has no run id"),
        ({"run_id": "20269999-0123456789ab"}, "has no run id"),
        ({"run_id": "20260622-0123456789ab"}, "estimated from something else"),
        ({"run_id": "20200106-0123456789ab"}, "no week up to 2020-01-06 is published"),
    ],
)
def test_what_was_written_by_hand_is_refused(project: Path, change: dict[str, str], said: str) -> None:
    propose(project)
    edit(project, **change)
    before = files(project)
    with pytest.raises(UserError, match=said):
        adopt(project)
    assert files(project) == before


def test_another_last_week_with_the_same_hash_is_refused(project: Path) -> None:
    propose(project)
    known = read_rows(project / "seeds" / "reference" / "ceiling_proposals.csv")[0]["run_id"]
    assert known.startswith("20260622-")
    for day in ("20260615", "20991228"):
        edit(project, run_id=f"{day}{known[8:]}")
        with pytest.raises(UserError, match="estimated from something else"):
            adopt(project)


def test_weeks_or_limits_that_changed_since_are_refused(project: Path, csm_weeks: pl.DataFrame) -> None:
    propose(project)
    before = files(project)
    publish(project, csm_weeks.with_columns(quality_score=pl.col("quality_score") + 0.01))
    with pytest.raises(UserError, match="published weeks, the limits or the method changed"):
        adopt(project)
    assert files(project) == before
    publish(project, csm_weeks)
    thresholds = project / "seeds" / "reference" / "thresholds.csv"
    rewrite(thresholds, lambda row: {"value": "5"} if row["threshold"] == "ceiling_minimum_csms" else {})
    with pytest.raises(UserError, match="published weeks, the limits or the method changed"):
        adopt(project)


def test_a_week_published_in_between_does_no_harm_and_makes_a_later_version(
    project: Path, csm_weeks: pl.DataFrame
) -> None:
    publish(project, csm_weeks.filter(pl.col("week_start_date") < LAST_WEEK))
    assert propose(project) == "c1"
    publish(project, csm_weeks)
    said, _ = adopt(project)
    first, second = "11.1", "10.9"
    assert said[0] == f"c1 enterprise_csm: adopted, {first} in place of 12"
    assert propose(project) == "c2"
    adopt(project, "c2")
    rationale = read_rows(project / "seeds" / "reference" / "role_tiers.csv")[0]["rationale"]
    assert rationale.count("Ceiling calibrated") == 1, "a later adoption takes the place of the reason"
    assert f"c2, {second} (10.2 to 11.6) in place of {first}" in rationale
    assert rationale.startswith("Ramp of 90 days")


def test_unknown_versions_and_names_that_do_harm_are_refused(project: Path) -> None:
    propose(project)
    before = files(project)
    with pytest.raises(UserError, match=r"there is no version c9 .* there are: c1"):
        adopt(project, "c9")
    for name in ("", "  ", "=cmd()", "+1", "@x", "-1", "Ada\nEve", "Ada\rEve", "a" * 61, "A\u202eb", "<b>"):
        with pytest.raises(UserError, match="--approved-by"):
            adopt(project, name=name)
    assert files(project) == before
