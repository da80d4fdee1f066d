"""Adoption: proposed once, through the guard, byte for byte, and never for weeks that are published."""

import shutil
from pathlib import Path

import pytest
from published_world import change, publish

from book_of_business.__main__ import main
from book_of_business.calibration import adoption
from book_of_business.errors import UserError
from book_of_business.marts import connect
from book_of_business.proof.evidence.worlds import simulate_world
from book_of_business.receiving.reference_files import read_rows
from book_of_business.settings import project_dir


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A book on which the guard has nothing to say."""
    return publish(simulate_world(1, 16, 26), tmp_path_factory.mktemp("good"))


@pytest.fixture
def reference(tmp_path: Path) -> Path:
    return Path(shutil.copytree(project_dir() / "seeds" / "reference", tmp_path / "reference"))


@pytest.fixture(scope="module")
def proposed_once(published: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Reference tables with a proposal, learnt once for all tests."""
    folder = tmp_path_factory.mktemp("proposed") / "reference"
    shutil.copytree(project_dir() / "seeds" / "reference", folder)
    assert propose(published, folder).is_new
    return folder


@pytest.fixture
def proposed(proposed_once: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(proposed_once, tmp_path / "proposed"))


def propose(build_dir: Path, reference: Path) -> adoption.Proposed:
    with connect(build_dir) as connection:
        return adoption.propose(connection, reference)


def adopt(build_dir: Path, reference: Path, version: str = "v2", name: str = "Ada", day: str | None = None):
    with connect(build_dir) as connection:
        return adoption.adopt(connection, reference, version, name, day)


def test_a_proposal_is_appended_once_and_adopted_once(published: Path, proposed: Path) -> None:
    path = proposed / "effort_weights.csv"
    before = (project_dir() / "seeds" / "reference" / "effort_weights.csv").read_bytes()
    text = path.read_bytes()
    assert text.startswith(before), "other rows changed"
    again = propose(published, proposed)
    assert (again.version, again.is_new) == ("v2", False)
    assert path.read_bytes() == text
    rows = [row for row in read_rows(path) if row["version"] == "v2"]
    assert [(row["factor"], row["level"]) for row in rows] == sorted((row["factor"], row["level"]) for row in rows)
    shipped = [row for row in read_rows(path) if row["version"] == "v1"]
    assert {(row["factor"], row["level"]) for row in rows} == {(row["factor"], row["level"]) for row in shipped}
    assert {row["status"] for row in rows} == {"proposed"}
    assert len({row["run_id"] for row in rows}) == 1
    learnt = [row for row in rows if row["method"] == adoption.METHOD]
    assert learnt
    assert all(float(row["lower"]) < float(row["raw_weight"]) < float(row["upper"]) for row in learnt)
    done = adopt(published, proposed)
    assert done.is_adopted, done.sentences
    adopted = path.read_bytes()
    assert adopted.startswith(before)
    rows = [row for row in read_rows(path) if row["version"] == "v2"]
    states = {(row["status"], row["approved_by"], row["effective_from_date"]) for row in rows}
    assert states == {("adopted", "Ada", "2026-06-29")}
    twice = adopt(published, proposed, name="Bob")
    assert twice.is_adopted
    assert "nothing was changed" in twice.sentences[0]
    assert path.read_bytes() == adopted


def test_a_rejected_proposal_says_which_check_failed_with_its_figure(
    published: Path, reference: Path, tmp_path
) -> None:
    few = publish(simulate_world(1, 7, 12), tmp_path / "few")
    propose(few, reference)
    done = adopt(few, reference)
    assert not done.is_adopted
    rows = [row for row in read_rows(reference / "effort_weights.csv") if row["version"] == "v2"]
    assert {row["status"] for row in rows} == {"rejected"}
    assert all("Rejected: CSMs with logged time 7, wanted at least 8" in row["rationale"] for row in rows)
    before = (reference / "effort_weights.csv").read_bytes()
    again = adopt(few, reference)
    assert not again.is_adopted
    assert "rejected already" in again.sentences[0]
    assert (reference / "effort_weights.csv").read_bytes() == before
    same = propose(few, reference)
    assert same.is_new is False, "what was rejected is not proposed again"
    assert same.rejected.startswith("v2 (CSMs with logged time 7, wanted at least 8")
    other = propose(publish(simulate_world(2, 7, 12), tmp_path / "other"), reference)
    assert other.is_new
    assert other.rejected == same.rejected, "the next proposal says so too"


def test_minutes_in_the_last_weeks_alone_are_rejected_with_a_reason(reference: Path, tmp_path) -> None:
    build_dir = change(
        publish(simulate_world(1, 9, 12), tmp_path / "late"),
        "update marts.fct_account_logged_time set capped_entry_minutes = 0 where week_start_date < "
        "(select max(week_start_date) - interval 14 days from marts.dim_weeks)",
    )
    assert propose(build_dir, reference).is_new
    done = adopt(build_dir, reference)
    assert not done.is_adopted
    assert any("weeks with logged time: 3; fails" in sentence for sentence in done.sentences)


def test_numbers_that_were_edited_and_books_that_changed_do_not_pass(published: Path, proposed: Path, tmp_path) -> None:
    path = proposed / "effort_weights.csv"
    good = path.read_text()
    row = next(row for row in read_rows(path) if row["version"] == "v2" and row["level"] == "onboarding")
    path.write_text(good.replace(f"lifecycle,onboarding,{row['weight']},", "lifecycle,onboarding,3.5,"))
    with pytest.raises(UserError, match=r"not as it was proposed \(lifecycle onboarding: weight"):
        adopt(published, proposed)
    path.write_text(good.replace(row["run_id"], "20260622-0123456789ab"))
    with pytest.raises(UserError, match="was learnt from something else"):
        adopt(published, proposed)
    path.write_text(good)
    other = Path(shutil.copytree(published, tmp_path / "other"))
    change(other, "update marts.fct_account_logged_time set capped_entry_minutes = capped_entry_minutes + 5")
    with pytest.raises(UserError, match="run `calibrate propose` again"):
        adopt(other, proposed)
    assert path.read_text() == good


@pytest.mark.parametrize(
    ("name", "day", "said"),
    [
        ("=HYPERLINK(1)", None, "give the name of a person"),
        ("Ada\nv3,adopted", None, "give the name of a person"),
        ("", None, "give the name of a person"),
        ("Ada", "2026-06-30", "no Monday"),
        ("Ada", "2026-06-22", "in weeks that are published"),
        ("Ada", "2026-6-29", "not a date"),
    ],
)
def test_hostile_names_and_impossible_days_change_nothing(published: Path, proposed: Path, name, day, said) -> None:
    path = proposed / "effort_weights.csv"
    before = path.read_bytes()
    with pytest.raises(UserError, match=said):
        adopt(published, proposed, name=name, day=day)
    assert path.read_bytes() == before


def test_unknown_versions_and_versions_of_people_are_told_apart(published: Path, proposed: Path) -> None:
    with pytest.raises(UserError, match="there is no version v9"):
        adopt(published, proposed, "v9")
    path = proposed / "effort_weights.csv"
    path.write_text(path.read_text() + "own,proposed,2027-01-04,base,smb,1,,,judgement,,,by hand,,,\n")
    with pytest.raises(UserError, match="no run id"):
        adopt(published, proposed, "own")


def test_a_file_without_the_new_columns_gets_them_and_keeps_the_rest(published: Path, reference: Path) -> None:
    path = reference / "effort_weights.csv"
    old = [",".join(line.split(",")[:-3]) for line in path.read_text().splitlines()]
    path.write_text("\r\n".join(old) + "\r\n", newline="")
    propose(published, reference)
    lines = path.read_bytes().decode().split("\r\n")
    assert lines[0] == f"{old[0]},raw_weight,previous_weight,run_id"
    assert [line.removesuffix(",,,") for line in lines[1 : len(old)]] == old[1:]


def test_versions_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["calibrate", "list"]) == 0
    assert "v1  adopted from 2020-01-01, approved by founders" in capsys.readouterr().out
