"""The leader's page and the monthly pack say what the marts say, hold hostile names, and lose nothing."""

import csv
import io
import re
import shutil
from html import unescape
from pathlib import Path
from urllib.parse import unquote

import duckdb
import polars as pl
import pytest
from conftest import Run, rows

from book_of_business.dashboard import cli, formats, sentences, writing
from book_of_business.dashboard.drawing import path_of, sparkline
from book_of_business.dashboard.pack import write_pack
from book_of_business.dashboard.reading import QUERIES, read_query
from book_of_business.errors import UserError
from book_of_business.questions.catalogue import read_questions
from book_of_business.settings import Settings, project_dir

LARGEST_BYTES = 600_000
HOSTILE = [
    "<script>alert(1)</script>",
    "</script><img src=x onerror=alert(1)>",
    '=HYPERLINK("http://x","y")',
    "\"quoted\" 'single' `tick`",
    "\u202eevil\u202c",
    "\U0001f600 {{ 7 * 7 }} ${x}",
    "A" * 200,
]


@pytest.fixture(scope="module")
def page(small_build: Run, tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("page")
    return writing.write_dashboard(small_build.published_file, folder).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def hostile_file(small_build: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small book with names that would like to be more than names."""
    path = Path(shutil.copy(small_build.published_file, tmp_path_factory.mktemp("hostile") / "book.duckdb"))
    with duckdb.connect(str(path)) as connection:
        for table, column, key in (("dim_csms", "csm_name", "csm_id"), ("dim_accounts", "account_name", "account_id")):
            ids = connection.execute(f"select {key} from marts.{table} order by 1").fetchall()
            for place, (each,) in enumerate(ids):
                connection.execute(
                    f"update marts.{table} set {column} = ? where {key} = ?", [HOSTILE[place % len(HOSTILE)], each]
                )
        connection.execute("update marts.dim_csms set team = '<b>=1+1</b>' where team is not null")
    return path


def texts_of(page: str, name: str) -> list[list[str]]:
    """The cells of a table of a page, a list per row."""
    table = re.search(rf'<table data-name="{name}">.*?<tbody>(.*?)</tbody>', page, re.DOTALL)
    assert table, name
    found = re.findall(r"<tr[^>]*>(.*?)</tr>", table.group(1), re.DOTALL)
    cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in found]
    return [[unescape(re.sub(r"<[^>]*>", " ", cell)).strip() for cell in row] for row in cells]


def csv_of(page: str, name: str) -> list[dict[str, str]]:
    link = re.search(rf'download="{name}.csv" href="data:text/csv;charset=utf-8,%EF%BB%BF([^"]*)"', page)
    assert link, name
    return list(csv.DictReader(io.StringIO(unquote(unescape(link.group(1))))))


def test_the_load_of_every_book_is_on_the_page(page: str, small_build: Run) -> None:
    measured = rows(
        small_build.published_file,
        "select csms.csm_name, loads.load_ratio from marts.fct_csm_load as loads"
        " inner join marts.dim_weeks as weeks using (week_start_date)"
        " inner join marts.dim_csms as csms using (csm_id)"
        " where weeks.is_latest and csms.is_employed order by csms.csm_name",
    )
    shown = [row for row in texts_of(page, "load") if row[0] != "Nobody's accounts"]
    assert len(measured) > 2
    assert [row[0] for row in shown] == [name for name, _ in measured], "by name: nobody is ranked"
    for row, (_, load) in zip(shown, measured, strict=True):
        assert formats.percent(load) in row[1].split()
    by_id = {row["csm_id"]: row for row in csv_of(page, "load")}
    for csm_id, load in rows(
        small_build.published_file,
        "select csm_id, load_ratio from marts.fct_csm_load inner join marts.dim_weeks using (week_start_date)"
        " where is_latest and load_ratio is not null",
    ):
        assert float(by_id[csm_id]["load_ratio"]) == pytest.approx(load, abs=1e-6)


def test_the_page_asks_nothing_of_the_network_and_every_link_in_it_leads_somewhere(page: str) -> None:
    assert len(page.encode()) < LARGEST_BYTES
    assert not re.search(r"""(?:src|href)=["'](?!#|data:|team-|pack|baseline|index)""", page)
    assert not re.search(r"@import|url\(", page)
    anchors = set(re.findall(r'href="#([^"]+)"', page))
    assert "def-load_ratio" in anchors
    assert anchors <= set(re.findall(r'id="([^"]+)"', page))


def test_every_query_of_the_page_belongs_to_a_question_and_runs(page: str, small_build: Run) -> None:
    questions = read_questions(project_dir())
    names = [path.relative_to(QUERIES).with_suffix("").as_posix() for path in QUERIES.rglob("*.sql")]
    assert len(names) > 20
    for name in names:
        query = read_query(name)
        assert query.question in questions, f"{name}: no question {query.question}"
    shown = [unescape(sql) for sql in re.findall(r"<pre[^>]*><code>(.*?)</code></pre>", page, re.DOTALL)]
    assert shown
    for sql in shown:
        rows(small_build.published_file, sql)


def test_each_sentence_of_the_pack_is_what_its_query_gives(small_build: Run, tmp_path: Path) -> None:
    """The query is taken from the page, as a reader would, and asked again."""
    said = {}
    for path in write_pack(small_build.published_file, tmp_path):
        text = path.read_text(encoding="utf-8")
        assert "<script" not in text
        for name, sentence, sql in re.findall(
            r'<li data-query="sentences/(\w+)">(.*?)<details>.*?<code>(?!make)(.*?)</code></pre>', text, re.DOTALL
        ):
            with duckdb.connect(str(small_build.published_file), read_only=True) as connection:
                row = connection.sql(unescape(sql)).pl().row(0, named=True)
            assert unescape(sentence).strip() == sentences.sentence(name, row)
            said[name] = unescape(sentence)
    assert set(said) >= set(sentences.SENTENCES) - {"longest_over", "count_against_load"}
    # and one of them by hand
    ((count, silent),) = rows(
        small_build.published_file, "select count(*), count_if(is_unmonitored) from marts.fct_account_coverage"
    )
    assert f"With {silent} of {count} accounts" in said["coverage_now"]


def test_hostile_names_are_text_in_pages_and_no_formulas_in_files(hostile_file: Path, tmp_path: Path) -> None:
    text = writing.write_dashboard(hostile_file, tmp_path).read_text(encoding="utf-8")
    write_pack(hostile_file, tmp_path)
    text += "".join(path.read_text(encoding="utf-8") for path in (tmp_path / "dashboard").glob("*.html"))
    assert "<script>alert" not in text
    assert "<img" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "49" not in {cell for row in texts_of(text, "load") for cell in row[:1]}
    names = {row["csm_name"] for row in csv_of(text, "load")}
    assert any(name.startswith("'=HYPERLINK") for name in names)
    assert not any(name.startswith(("=", "+", "-", "@")) for name in names)
    titles = "".join(re.findall(r"<h2[^>]*>(.*?)</h2>", text, re.DOTALL))
    assert "\u202e" not in titles


def test_an_empty_book_and_one_without_options_have_a_page(small_build: Run, tmp_path: Path) -> None:
    path = Path(shutil.copy(small_build.published_file, tmp_path / "book.duckdb"))
    with duckdb.connect(str(path)) as connection:
        for (table,) in connection.execute(
            "select table_name from duckdb_tables() where schema_name = 'marts'"
            " and table_name not in ('dim_weeks', 'dim_csms', 'data_coverage')"
        ).fetchall():
            connection.execute(f"delete from marts.{table}")
    text = writing.write_dashboard(path, tmp_path).read_text(encoding="utf-8")
    assert "No book calls for a change this week" in text
    assert "No renewal is on file" in text
    write_pack(path, tmp_path)
    with duckdb.connect(str(path)) as connection:
        connection.execute("delete from marts.dim_weeks")
    with pytest.raises(UserError, match="no complete week"):
        writing.write_dashboard(path, tmp_path)


def test_very_many_csms_get_a_page_per_team(small_build: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "MOST_CSMS", 1)
    folder = tmp_path / "dashboard"
    folder.mkdir()
    (folder / "team-gone.html").write_text("of a team that is no more")
    index = writing.write_dashboard(small_build.published_file, tmp_path)
    assert index == folder / "index.html"
    teams = {team for (team,) in rows(small_build.published_file, "select distinct team from marts.dim_csms")} - {None}
    pages = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("team-*.html")}
    assert "team-gone.html" not in pages
    assert len(pages) >= len(teams) > 1
    linked = set(re.findall(r'href="(team-[^"]+)"', index.read_text(encoding="utf-8")))
    assert linked == set(pages)
    shown = sorted(row["csm_id"] for text in pages.values() for row in csv_of(text, "load"))
    whole = rows(small_build.published_file, "select csm_id from marts.dim_csms where is_employed order by 1")
    assert [each for each in shown if each != "unassigned"] == [each for (each,) in whole]


def test_a_page_that_cannot_be_written_takes_nothing_back(
    small_build: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = Path(shutil.copytree(small_build.build_dir, tmp_path / "build", symlinks=True))
    shutil.rmtree(own / "dashboard", ignore_errors=True)
    (own / "dashboard").write_text("a file of somebody else")
    assert cli.after_build(Settings(project_dir(), project_dir() / "seeds", own, None)) is None
    assert "The marts are published" in capsys.readouterr().err
    assert rows(own / "book_of_business.duckdb", "select count(*) > 0 from marts.dim_csms") == [(True,)]


def test_drafts_of_a_killed_run_are_not_taken_for_pages(page: str, tmp_path: Path) -> None:
    folder = tmp_path / "dashboard"
    writing.replace_pages(folder, {"index.html": "old"})
    (folder / ".index.html.99").write_text("half a pa")
    assert (folder / "index.html").read_text() == "old"
    writing.replace_pages(folder, {"index.html": page})
    assert (folder / "index.html").read_text(encoding="utf-8") == page


def test_a_proposal_and_a_plan_are_shown_where_they_are_of_this_week(small_build: Run, tmp_path: Path) -> None:
    moves = pl.DataFrame(
        {"account_id": ["A0001"], "from_csm_id": ["C01"], "to_csm_id": ["C02"], "relationship_class": ["new"]}
        | {"effort_hours": [1.5], "arr_usd": [1000.0], "reason": ["C01 is <over> capacity."]}
    )
    (tmp_path / "rebalancing").mkdir()
    moves.write_parquet(tmp_path / "rebalancing" / "moves.parquet")
    ((as_of_date,),) = rows(small_build.published_file, "select as_of_date from reference.build")
    summary = tmp_path / "rebalancing" / "summary.json"
    summary.write_text(f'{{"as_of_date": "{as_of_date}"}}')
    text = writing.write_dashboard(small_build.published_file, tmp_path).read_text(encoding="utf-8")
    assert "1 account could move to 1 other book; 0 of them established" in text
    assert "C01 is &lt;over&gt; capacity." in text
    summary.write_text('{"as_of_date": "2001-01-07"}')
    text = writing.write_dashboard(small_build.published_file, tmp_path).read_text(encoding="utf-8")
    assert "The proposal is of another week" in text


@pytest.mark.parametrize(
    ("value", "told"), [(None, "\u2013"), (0, "0%"), (0.994, "99%"), (0.996, "99.6%"), (1, "100%"), (1.004, "100.4%")]
)
def test_a_share_never_rounds_onto_the_whole(value: float | None, told: str) -> None:
    assert formats.percent(value) == told


@pytest.mark.parametrize(
    ("value", "told"),
    [(None, "\u2013"), (0, "$0"), (999, "$999"), (1000, "$1.00k"), (12_345, "$12.3k"), (-3_210_000, "-$3.21M")],
)
def test_dollars_have_few_digits(value: float | None, told: str) -> None:
    assert formats.usd(value) == told


def test_a_line_breaks_where_nothing_was_observed_and_a_level_one_is_one_step() -> None:
    assert path_of([(0, 5), (10, 5), (20, 5)]) == "M0 5H20"
    assert path_of([(0, 5), None, (20, 9), (30, 4)]) == "M0 5M20 9l10-5"
    assert path_of([None, None]) == ""
    assert sparkline([None, None], [1, 1]) == ""
    assert 'class="limit"' in sparkline([1, 2], [1, 1])
    assert 'class="usual"' in sparkline([1, 2], [1, 1], is_threshold=False)
