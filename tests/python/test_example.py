"""The README's worked example: real contracts in, books out. The real list is not in the repository."""

import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from conftest import ROOT, rows, run_build

REAL_LIST = ROOT.parent / "shared" / "data" / "unl_contracts" / "contracts.csv"
LIST = """Doc.Number,Type,Vendor,Amount,Begin.Date,End.Date
1,CN,"Acme, Inc.",3000,2020-01-01,2022-12-31
2,CN,Evergreen,0,1987-12-01,9999-12-31
3,CN,One Day,500,2023-01-01,2023-01-01
"""


def mapped(contracts: Path, out: Path) -> subprocess.CompletedProcess:
    script = ROOT / "examples" / "university_contracts.py"
    return subprocess.run([sys.executable, script, contracts, out], capture_output=True, text=True, check=False)


def test_amounts_become_yearly_and_the_last_day_stays_a_date(tmp_path: Path) -> None:
    (tmp_path / "contracts.csv").write_text(LIST)
    assert mapped(tmp_path / "contracts.csv", tmp_path / "out").returncode == 0
    subscriptions = pl.read_csv(tmp_path / "out" / "subscriptions.csv", infer_schema=False)
    # 1,095 days are 2.998 years; a term under a year counts as one
    assert [round(float(arr)) for arr in subscriptions["arr_usd"]] == [1001, 0, 500]
    assert subscriptions["ends_on"].to_list() == ["2023-01-01", "9999-12-31", "2023-01-02"]
    assert (tmp_path / "out" / "interactions.csv").read_text().count("\n") == 1


def test_a_list_that_is_not_there_is_said(tmp_path: Path) -> None:
    done = mapped(tmp_path / "none.csv", tmp_path / "out")
    assert done.returncode == 1
    assert "does not exist" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(not REAL_LIST.is_file(), reason="the list of contracts is not here")
def test_the_real_list_builds_and_says_what_is_unavailable(tmp_path: Path) -> None:
    assert mapped(REAL_LIST, tmp_path / "out").returncode == 0
    done = run_build(tmp_path / "build", tmp_path / "out", "--fast", as_of_date="2023-10-01")
    assert done.code == 0, done.said
    assert "no interactions: who was spoken to, when and for how long is not known" in done.output
    counts = "select read_count, accepted_count from marts.data_coverage where table_name = 'subscriptions'"
    assert rows(done.published_file, counts) == [(3699, 3699)]
    ((accounts, unmonitored),) = rows(
        done.published_file,
        "select account_count, unmonitored_account_count from marts.fct_csm_coverage where csm_id != 'unassigned'",
    )
    assert (accounts, unmonitored) == (1545, None)
    quarters = rows(done.published_file, "select max(quarter_start_date)::varchar from marts.fct_renewal_concentration")
    assert quarters == [("9999-10-01",)]
