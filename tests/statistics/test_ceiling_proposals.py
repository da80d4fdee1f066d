"""From published marts to a ceiling in force: proposed once, adopted by a name, the same again changes nothing."""

from pathlib import Path

import duckdb
import polars as pl
import pytest

from book_of_business.__main__ import main
from book_of_business.calibration import ceiling_inputs, ceiling_proposals
from book_of_business.evidence import claims_ceilings
from book_of_business.reference_files import read_rows
from book_of_business.settings import project_dir

TABLES = ("thresholds.csv", "role_tiers.csv", "ceiling_proposals.csv", "effort_weights.csv")


@pytest.fixture(scope="module")
def csm_weeks() -> pl.DataFrame:
    """A busy world of 14 enterprise and 8 mid-market CSMs."""
    return claims_ceilings.csm_weeks_of(1, 3.0)[0]


@pytest.fixture
def project(tmp_path: Path, csm_weeks: pl.DataFrame, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of its own with published marts, of those columns that the ceilings read."""
    reference = tmp_path / "seeds" / "reference"
    reference.mkdir(parents=True)
    for name in TABLES:
        (reference / name).write_bytes((project_dir() / "seeds" / "reference" / name).read_bytes())
    header = (reference / "ceiling_proposals.csv").read_text().splitlines()[0]
    (reference / "ceiling_proposals.csv").write_text(header + "\n")
    (tmp_path / "dbt_project.yml").write_text("name: book_of_business\n")
    (tmp_path / "build").mkdir()
    with duckdb.connect(str(tmp_path / "build" / "book_of_business.duckdb")) as connection:
        connection.register("world", csm_weeks)
        for mart, sql in {
            "dim_csms": "select distinct csm_id, role_tier, 23.0 as productive_hours_per_week from world",
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
            connection.execute("create schema if not exists marts")
            connection.execute(f"create table marts.{mart} as {sql}")
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


def test_a_name_that_a_spreadsheet_would_run_is_refused(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["calibrate", "propose", "--ceilings"]) == 0
    assert main(["calibrate", "adopt", "c1", "--approved-by", "=1+1"]) == 1
    assert "--approved-by" in capsys.readouterr().err
