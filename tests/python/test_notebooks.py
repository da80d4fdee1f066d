"""Notebooks: as committed, as run on published books of every kind, and as pages that need no network."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import duckdb
import nbformat
import polars as pl
import pytest
from conftest import ROOT, Run

from book_of_business import marts
from book_of_business.calibration import rank_correlation
from book_of_business.errors import UserError
from book_of_business.outcome_models import departures
from book_of_business.pages import baseline, charts, notebooks
from book_of_business.settings import Settings

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
BASELINE = ROOT / "notebooks" / "01_baseline.ipynb"
TAXONOMY = ROOT / "notebooks" / "02_account_effort_taxonomy.ipynb"
BALANCE = ROOT / "notebooks" / "04_book_balance.ipynb"
OUTCOMES = ROOT / "notebooks" / "07_outcome_feedback.ipynb"
HOSTILE_NAMES = (
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "O'Neill\nSons \u202etxt.exe",
    'The "Best" & Co. {{7*7}} ${x} \U0001f419',
    "Ada",
    "Ada",
)


def code_cells(path: Path) -> list[nbformat.NotebookNode]:
    return [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]


def settings_for(build_dir: Path) -> Settings:
    return Settings(project_dir=ROOT, raw_data=ROOT / "seeds", build_dir=build_dir, as_of_date=None)


@pytest.fixture
def published(tmp_path: Path, small_build: Run) -> Path:
    """A build directory with a published file of the test's own, to change at will."""
    build_dir = tmp_path / "build"
    build_dir.mkdir()
    shutil.copyfile(small_build.published_file, build_dir / "book_of_business.duckdb")
    return build_dir


def change(build_dir: Path, *statements: str, parameters: list[Any] | None = None) -> None:
    with duckdb.connect(str(build_dir / "book_of_business.duckdb")) as connection:
        for statement in statements:
            connection.execute(statement, parameters)


def give_hostile_names(build_dir: Path) -> None:
    with duckdb.connect(str(build_dir / "book_of_business.duckdb")) as connection:
        ids = [
            csm_id for (csm_id,) in connection.execute("select csm_id from marts.dim_csms order by csm_id").fetchall()
        ]
        for csm_id, name in zip(ids, HOSTILE_NAMES, strict=False):
            connection.execute("update marts.dim_csms set csm_name = ? where csm_id = ?", [name, csm_id])


def run_in_process(build_dir: Path, path: Path = BASELINE) -> str:
    """Every cell without a kernel, all that it shows rendered as a page would; much faster than a kernel."""
    shown: list[str] = []

    def display(value: Any) -> None:
        if hasattr(value, "_repr_html_"):
            shown.append(value._repr_html_())
            return
        bundle = value._repr_mimebundle_()
        shown.append((bundle[0] if isinstance(bundle, tuple) else bundle)["image/svg+xml"])

    names: dict[str, Any] = {"display": display}
    for cell in code_cells(path):
        source = cell.source
        if "parameters" in cell.metadata.get("tags", []):
            source += f"\nBUILD_DIR = {str(build_dir)!r}"
        tree = ast.parse(source)
        last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, path.name, "exec"), names)
        if last is not None:
            display(eval(compile(ast.Expression(last.value), path.name, "eval"), names))
    names["published"].close()
    return "\n".join(shown)


class Links(HTMLParser):
    """Elements that run something, and addresses that a browser would fetch for itself."""

    def __init__(self) -> None:
        super().__init__()
        self.scripts: list[str] = []
        self.handlers: list[str] = []
        self.fetched: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "iframe", "object", "embed"):
            self.scripts.append(tag)
        for name, value in attrs:
            if name.startswith("on"):
                self.handlers.append(f"{tag} {name}")
            is_fetched = name in ("src", "srcset", "data", "poster") or (
                tag in ("link", "image", "use") and "href" in name
            )
            if is_fetched and value and not value.startswith(("data:", "#")):
                self.fetched.append(value)


def links(page: str) -> Links:
    parser = Links()
    parser.feed(page)
    styles = "".join(re.findall(r"<style[^>]*>(.*?)</style>", page, re.DOTALL))
    without_comments = re.sub(r"/\*.*?\*/", "", styles, flags=re.DOTALL)
    parser.fetched += re.findall(r"(?:url\(|@import)\s*['\"]?(?:https?:)?//[^)'\"]*", without_comments)
    return parser


# --- as committed ---


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_is_committed_as_the_house_wants_it(path: Path) -> None:
    assert re.fullmatch(r"\d\d_[a-z_]+", path.stem)
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    cells = code_cells(path)
    assert len(cells) <= 20
    assert all(not cell.outputs and cell.execution_count is None for cell in cells), "outputs are not committed"
    assert [cell.metadata.get("tags") for cell in cells].count(["parameters"]) == 1
    assert cells[0].metadata.tags == ["parameters"]
    assert "assert " in cells[-1].source
    ids = [cell.id for cell in notebook.cells]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-z-]+", cell_id) for cell_id in ids), "ids are names, so that they stay as they are"
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    places = [text.find(part) for part in ("Question", "## Answer", "## Evidence", "## Sensitivity", "## Limits")]
    assert -1 not in places
    assert places == sorted(places)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_reads_marts_only_and_connects_through_the_package(path: Path) -> None:
    source = "\n".join(cell.source for cell in code_cells(path))
    assert "duckdb" not in source
    assert "read_csv" not in source
    assert "seeds" not in source
    tables = re.findall(
        r"\b(?:from|join)\s+([a-z_]+(?:\.[a-z_]+)?)", "\n".join(re.findall(r'f?"""(.*?)"""', source, re.DOTALL))
    )
    with_names = set(re.findall(r"(?:with|,)\s+([a-z_]+) as \(", source))
    assert all(table.startswith("marts.") for table in tables if table not in with_names)


def test_readers_ask_for_nothing_outside_schema_marts() -> None:
    source = Path(marts.__file__).read_text()
    tables = re.findall(
        r"\b(?:from|join)\s+([a-z_]+\.[a-z_]+)", "\n".join(re.findall(r'"""(.*?)"""', source, re.DOTALL))
    )
    assert len(tables) > 10
    assert all(table.startswith("marts.") for table in tables)


def test_published_file_is_opened_read_only_and_shut_off_from_other_files(published: Path) -> None:
    with marts.connect(published) as connection:
        with pytest.raises(duckdb.Error, match="read-only"):
            connection.execute("create table marts.mine (number integer)")
        with pytest.raises(duckdb.Error, match="disabled"):
            connection.sql(f"select * from read_csv('{ROOT / 'seeds' / 'crm' / 'csms.csv'}')").fetchall()


# --- run ---


def test_notebooks_run_to_pages_that_need_no_network(published: Path) -> None:
    give_hostile_names(published)
    before = {path: path.read_bytes() for path in (ROOT / "notebooks").rglob("*") if path.is_file()}
    environment = dict(os.environ)
    pages = notebooks.run(settings_for(published))
    assert pages == [published / "notebooks" / f"{path.stem}.html" for path in NOTEBOOKS]
    for path in pages:
        page = path.read_text()
        found = links(page)
        assert not found.scripts
        assert not found.handlers
        assert not found.fetched
        # The baseline lists everybody; the others name whom their answer is about.
        if path.stem == BASELINE.stem:
            assert "&lt;img src=x onerror=alert(1)&gt;" in page, "names are shown, as text"
        charts_shown = re.findall(r'<img alt="([^"]*)" src="data:image/svg\+xml', page)
        assert len(charts_shown) >= (8 if path.stem == BASELINE.stem else 3)
        assert all(alt.startswith("Chart: ") for alt in charts_shown)
        assert len(page) < 2_000_000
    assert {path: path.read_bytes() for path in before} == before
    assert set(before) == {path for path in (ROOT / "notebooks").rglob("*") if path.is_file()}
    assert dict(os.environ) == environment
    assert not list((published / "jupyter").rglob("kernel-*.json")), "no kernel is left behind"


EVERYTHING_OPTIONAL_GONE = (
    "delete from marts.fct_csm_perceived_load",
    "update marts.fct_books set red_account_count = null, red_arr_usd = null, peak_renewal_share = null",
    "update marts.fct_books set arr_band = null, account_band = null",
    "update marts.fct_csm_load set arr_usd = 0",
    "update marts.fct_books set arr_usd = 0",
    "update marts.dim_accounts set arr_usd = 0, next_renewal_on = null",
    "update marts.fct_account_effort set lifecycle_level = 'unknown'",
    "update marts.data_coverage set is_observed = false, unavailable = 'not measured' where not is_required",
    "delete from marts.dim_weeks where not is_latest",
    "delete from marts.fct_csm_load where week_start_date not in (select week_start_date from marts.dim_weeks)",
)
ONE_CSM = (
    "create or replace temp table kept as select min(csm_id) as csm_id from marts.dim_csms where is_employed",
    "update marts.dim_csms set is_employed = false, left_on = '2000-01-01' where csm_id not in (from kept)",
    "delete from marts.fct_csm_load where csm_id not in (from kept)",
    "delete from marts.fct_account_effort where csm_id not in (from kept)",
    "update marts.dim_accounts set is_active = false where account_id not in (select account_id "
    "from marts.fct_account_effort where week_start_date = (select max(week_start_date) from marts.dim_weeks))",
)
NOBODY = (
    "update marts.dim_csms set is_employed = false, left_on = '2000-01-01'",
    "delete from marts.fct_csm_load where csm_id <> 'unassigned'",
    "delete from marts.fct_account_effort",
    "update marts.dim_accounts set is_active = false",
)
ALL_AWAY = (
    "update marts.fct_csm_load set target_capacity_hours = 0, availability_ratio = 0, load_ratio = null, "
    "is_over_target = null, is_uncovered = account_count > 0 where csm_id <> 'unassigned'",
    "update marts.fct_csm_perceived_load set load_ratio = null",
)


@pytest.mark.parametrize(
    ("statements", "said"),
    [
        (
            EVERYTHING_OPTIONAL_GONE,
            ["Nobody was asked", "there is no ARR to divide", "No effort_surveys: not measured."],
        ),
        (ONE_CSM, ["cannot be put to the test", "1 CSM employed"]),
        (NOBODY, ["There is no CSM employed", "There are no active accounts"]),
        (ALL_AWAY, ["uncovered", "fell into weeks without capacity", "No CSM had capacity in these weeks"]),
    ],
    ids=["optional_inputs_missing", "one_csm", "nobody_employed", "everybody_away"],
)
def test_baseline_says_what_is_missing_instead_of_failing(
    published: Path, statements: tuple[str, ...], said: list[str]
) -> None:
    change(published, *statements)
    page = run_in_process(published)
    for sentence in said:
        assert sentence in page
    assert "The headline holds" in page


NO_BOOKS = (
    "update marts.dim_csms set is_employed = false, left_on = '2000-01-01'",
    "update marts.fct_team_balance set book_count = 0, gini_index = null, max_to_median_ratio = null, "
    "highest_csm_id = null",
    "delete from marts.fct_book_drift",
)
NO_HEALTH_SCORES = (
    "update marts.fct_books set red_account_count = null, red_arr_usd = null, red_arr_share = null, "
    "expected_churn_count = null, churn_exposure_ratio = null, is_risk_stacked = null",
    "update marts.fct_team_balance set book_count = 0, gini_index = null, max_to_median_ratio = null, "
    "highest_csm_id = null where axis = 'risk_mix'",
)


NO_OUTCOMES = ("delete from marts.fct_outcome_exposure",)
ONE_CSM_LEFT = (
    "delete from marts.fct_outcome_exposure where csm_id is distinct from "
    "(select mode(csm_id) from marts.fct_outcome_exposure where csm_id <> 'unassigned')",
)
NO_LOAD = ("update marts.fct_csm_load set load_ratio = null, target_capacity_hours = 0 where csm_id <> 'unassigned'",
           "update marts.fct_outcome_exposure set load_ratio = null, earlier_load_ratio = null, "
           "earliest_load_ratio = null, later_load_ratio = null")  # fmt: skip
NO_RISKS = (
    "delete from marts.fct_risk_episodes",
    "delete from marts.fct_risk_signals",
    "update marts.fct_outcome_exposure set open_episode_count = null, is_red = null",
)
WILD_VALUES = (
    "update marts.fct_outcome_exposure set outcome_score = 1e12, concerned_arr_usd = 1e15, "
    "days_since_meaningful = 99999 where abs(hash(account_id)::hugeint) % 5 = 0",
)
FEW_WEEKS = (
    "delete from marts.fct_account_effort where week_start_date < "
    "(select max(week_start_date) from marts.dim_weeks) - to_days(70)",
)
MOVED_BOOKS = (
    "update marts.fct_arr_movements set transferred_out_arr_usd = 0.5 * opening_arr_usd where opening_arr_usd > 0 and "
    "week_start_date = (select max(week_start_date) from marts.dim_weeks) - to_days(140)",
)


@pytest.mark.parametrize(
    ("statements", "said"),
    [
        (NO_OUTCOMES, ["No renewal of an account that a CSM held", "There is no estimate", "no renewal to count"]),
        (ONE_CSM_LEFT, ["othing can be said yet"]),
        (NO_LOAD, ["othing can be said yet", "no renewal with a known load"]),
        (NO_RISKS, ["0 of 0 episodes were noticed", "too few episodes of risk to draw"]),
        (NOBODY, ["The headline holds"]),
        (WILD_VALUES, ["The headline holds"]),
        (FEW_WEEKS, ["othing can be said yet"]),
        (MOVED_BOOKS, ["counted interactions a week"]),
    ],
    ids=["no_outcomes", "one_csm", "no_load", "no_risks", "nobody", "wild_values", "few_weeks", "moved_books"],
)
def test_outcomes_say_what_cannot_be_told_instead_of_failing(
    published: Path, statements: tuple[str, ...], said: list[str]
) -> None:
    change(published, *statements)
    page = run_in_process(published, OUTCOMES)
    for sentence in said:
        assert sentence in page
    assert "The headline holds" in page


@pytest.mark.parametrize(("days", "leavers"), [(-1, 1), (0, 1), (1, 1), (8, 0)])
def test_somebody_leaves_in_their_last_week_with_a_book(published: Path, days: int, leavers: int) -> None:
    """On its Saturday, its Sunday, the Monday after; and not yet, where the day lies ahead."""
    last = "(select max(week_end_date) from marts.dim_weeks)"
    change(
        published,
        f"update marts.dim_csms set left_on = {last} + {days - 7 if days < 8 else days}, hired_on = date '2020-01-01'"
        " where csm_id = (select min(csm_id) from marts.dim_csms)",
        "delete from marts.fct_csm_load where csm_id = (select min(csm_id) from marts.dim_csms)"
        f" and week_start_date > {last} - 14",
    )
    with marts.connect(published) as connection:
        rows = departures.read(connection).filter("is_leaving")
    assert rows.height == leavers


@pytest.mark.parametrize(
    ("path", "statements", "said"),
    [
        (TAXONOMY, NOBODY, ["There are no active accounts"]),
        (TAXONOMY, ("delete from marts.fct_account_taxonomy_changes",), ["No tag changed in these weeks"]),
        (BALANCE, NO_BOOKS, ["No motion has 3 books", "There is no book to compare", "no health scores"]),
        (BALANCE, NO_HEALTH_SCORES, ["There are no health scores"]),
    ],
    ids=["no_accounts", "no_changes", "no_books", "no_health_scores"],
)
def test_other_notebooks_say_what_is_missing_instead_of_failing(
    published: Path, path: Path, statements: tuple[str, ...], said: list[str]
) -> None:
    change(published, *statements)
    page = run_in_process(published, path)
    for sentence in said:
        assert sentence in page
    assert "The headline holds" in page


@pytest.mark.parametrize(
    ("path", "statement", "said"),
    [
        (TAXONOMY, "update marts.dim_accounts set signal_density = null where is_active", "lacks a tag"),
        (
            BALANCE,
            "update marts.fct_books set account_count = account_count * account_count",
            "not that of these books",
        ),
    ],
    ids=["an_account_without_a_tag", "an_index_of_other_books"],
)
def test_last_cell_of_the_other_notebooks_stops_too(published: Path, path: Path, statement: str, said: str) -> None:
    change(published, statement)
    with pytest.raises(AssertionError, match=said):
        run_in_process(published, path)


def test_last_cell_stops_when_the_books_do_not_add_up(published: Path) -> None:
    change(
        published,
        "update marts.fct_csm_load set account_count = account_count + 1 where csm_id = "
        "(select min(csm_id) from marts.dim_csms where is_employed)",
    )
    with pytest.raises(AssertionError, match="do not add up to the accounts"):
        run_in_process(published)


def test_names_are_one_line_each_and_tell_csms_apart(published: Path) -> None:
    give_hostile_names(published)
    with marts.connect(published) as connection:
        labels = marts.read_labels(connection)["csm"].to_list()
    assert len(set(labels)) == len(labels)
    assert not any(character in label for label in labels for character in "\n\u202e")


# --- failing ---


def write_notebook(folder: Path, *sources: str) -> Path:
    cells = [nbformat.v4.new_markdown_cell("# A title"), *(nbformat.v4.new_code_cell(source) for source in sources)]
    path = folder / "notebooks" / "09_broken.ipynb"
    path.parent.mkdir(parents=True)
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    return path


def test_error_names_notebook_cell_and_line_without_a_traceback(tmp_path: Path, published: Path) -> None:
    write_notebook(tmp_path, "a = 1", "b = 2\n\nresult = a / (b - 2)")
    with pytest.raises(UserError) as error:
        notebooks.run(replace(settings_for(published), project_dir=tmp_path))
    assert str(error.value).splitlines() == [
        "notebooks/09_broken.ipynb, code cell 2, line 3:",
        "    result = a / (b - 2)",
        "ZeroDivisionError: division by zero",
    ]
    assert not list((published / "notebooks").iterdir()), "no page of a run that failed"
    leftover = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=False).stdout
    assert str(published) not in leftover, "the kernel is gone"


def test_kernel_that_dies_is_reported(tmp_path: Path, published: Path) -> None:
    write_notebook(tmp_path, "import os\nos._exit(1)")
    with pytest.raises(UserError, match=r"09_broken.ipynb, code cell 1 ended the Python that ran it"):
        notebooks.run(replace(settings_for(published), project_dir=tmp_path))


def test_without_a_published_file_the_next_step_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="run `make build` first"):
        notebooks.run(settings_for(tmp_path))
    with pytest.raises(UserError, match="run `make build` first"):
        marts.connect(tmp_path)


def test_unknown_notebook_is_named_with_those_there_are(published: Path) -> None:
    with pytest.raises(UserError, match=r"there is no notebook 99_none .* there are: 01_baseline"):
        notebooks.run(settings_for(published), ["99_none"])


def test_published_file_of_another_version_is_named(published: Path) -> None:
    change(published, "drop table marts.fct_csm_perceived_load")
    with marts.connect(published) as connection, pytest.raises(UserError, match="not of this version"):
        marts.read_perceived_load(connection)


# --- what is compared ---


def books(*rows: tuple[str, str, int, float, float | None]) -> pl.DataFrame:
    """CSM, motion, accounts, fte and load of each book."""
    return pl.DataFrame(
        rows,
        schema={
            "csm_id": pl.String,
            "motion": pl.String,
            "account_count": pl.Int64,
            "fte": pl.Float64,
            "load_ratio": pl.Float64,
        },
        orient="row",
    ).with_columns(
        csm=pl.col("csm_id"),
        week_end_date=pl.date(2026, 6, 21),
        is_over_target=pl.col("load_ratio") > 1,
        is_uncovered=pl.col("load_ratio").is_null(),
    )


def test_flat_ratio_is_judged_within_the_motion_by_head() -> None:
    judged = baseline.judge_flat_ratio(
        books(
            ("light_and_over", "high_touch", 8, 1.0, 1.3),
            ("heavy_and_not", "high_touch", 12, 1.0, 0.7),
            ("half_time", "high_touch", 5, 0.5, 0.9),
            ("away", "high_touch", 10, 1.0, None),
            ("pool", "tech_touch", 200, 1.2, 1.2),
        )
    )
    assert dict(judged.select("csm_id", "verdict").iter_rows()) == {
        "light_and_over": baseline.MISSED,
        "heavy_and_not": baseline.FALSE_ALARM,
        "half_time": baseline.AGREES,
        "away": baseline.NO_CAPACITY,
        "pool": baseline.NO_PEERS,
    }
    result = baseline.score(judged)
    assert (result.compared, result.missed, result.false_alarms) == (3, 1, 1)
    assert result.by_chance == pytest.approx((1 * 2 + 2 * 1) / 3)
    assert "2 of the 3 CSMs" in baseline.headline(judged)
    assert "1 CSM without capacity that week leaves 10 accounts uncovered" in baseline.headline(judged)


@pytest.mark.parametrize(("accounts", "is_heavy"), [(21, False), (22, False), (23, True)])
def test_heavy_begins_above_the_margin(accounts: int, is_heavy: bool) -> None:
    """Peers' mean 20, so that ten per cent above is 22."""
    other = 40 - accounts
    judged = baseline.judge_flat_ratio(
        books(("one", "hybrid", accounts, 1.0, 0.5), ("other", "hybrid", other, 1.0, 0.5))
    )
    assert judged.filter(pl.col("csm_id") == "one")["says_heavy"].item() is is_heavy


def test_interval_of_the_rank_correlation_uses_csms_not_answers() -> None:
    assert [round(rank_correlation.t_quantile(degrees), 2) for degrees in (2, 5, 11, 30)] == [4.3, 2.57, 2.2, 2.04]
    answers = pl.DataFrame(
        [
            (f"C{csm}", 1.0 + (csm + week) % 9, 0.5 + 0.1 * csm + 0.01 * week, 1.0)
            for csm in range(6)
            for week in range(8)
        ],
        schema=["csm_id", "perceived_load_score", "load_ratio", "relative_to_peers"],
        orient="row",
    )
    few = baseline.agreement(answers)
    many = baseline.agreement(pl.concat([answers] * 20))
    assert few.with_load is not None
    assert few.with_load.low < few.with_load.value < few.with_load.high
    assert many.with_load.high == pytest.approx(few.with_load.high), "the same people asked more often know no more"
    assert few.with_ratio is None, "a ratio that does not vary has no correlation"


@pytest.mark.parametrize(
    ("ratio", "text"), [(0.996, "99.6%"), (1.0, "100%"), (1.004, "100.4%"), (1.26, "126%"), (12.5, "1,250%")]
)
def test_a_load_beside_the_target_is_not_rounded_onto_it(ratio: float, text: str) -> None:
    assert charts.percent(ratio) == text


def test_picture_of_the_readme_is_small_and_made_from_what_is_published(published: Path, tmp_path: Path) -> None:
    path = charts.write_picture(tmp_path / "img" / "books.png", published)
    assert path.read_bytes().startswith(b"\x89PNG")
    assert path.stat().st_size < 200_000
    assert (ROOT / "docs" / "img" / "books.png").stat().st_size < 200_000


def test_an_interrupt_ends_the_run_and_its_kernel(tmp_path: Path, published: Path) -> None:
    import signal
    import time

    started = tmp_path / "started"
    write_notebook(tmp_path, f"import pathlib, time\npathlib.Path({str(started)!r}).touch()\ntime.sleep(60)")
    script = (
        "from dataclasses import replace; from pathlib import Path; from book_of_business import settings; "
        "from book_of_business.pages import notebooks\n"
        f"project, build = Path({str(tmp_path)!r}), Path({str(published)!r})\n"
        "own = replace(settings.from_environment(), project_dir=project, build_dir=build)\n"
        "try:\n    notebooks.run(own)\nexcept KeyboardInterrupt:\n    raise SystemExit(130)"
    )
    process = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 30
    while not started.exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 130, errors
    leftover = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=False).stdout
    assert str(published) not in leftover


def test_committed_notebook_is_plain_json_with_a_newline_at_its_end() -> None:
    for path in NOTEBOOKS:
        text = path.read_text()
        assert text.endswith("}\n")
        assert json.loads(text)["nbformat"] == 4
