"""The pictures and the page of the bundled book show what its marts say now."""

import io
import os
import re
from pathlib import Path

import altair as alt
import polars as pl
import pytest
from conftest import ROOT, Run, rows, run_build, shared_folder
from rich.console import Console

from book_of_business.dashboard import pictures as page_pictures
from book_of_business.dashboard.writing import write_dashboard
from book_of_business.pages import pictures
from book_of_business.terminal.report import print_report

FOLDER = ROOT / pictures.FOLDER
LARGEST_BYTES = 200_000
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def demo_build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundled book: the build of `make test`, else one of its own."""
    build_dir = ROOT / (os.environ.get("BUILD_DIR") or "missing")
    if (build_dir / "book_of_business.duckdb").exists():
        return build_dir
    with shared_folder(tmp_path_factory, "demo_build") as folder:
        if not (folder / "build" / "marts").exists():
            done = run_build(folder / "build", None, "--fast")
            assert done.code == 0, done.said
    return folder / "build"


@pytest.fixture(scope="module")
def demo(demo_build: Path) -> dict[str, alt.TopLevelMixin]:
    """The charts of the bundled book."""
    return pictures.pictures(demo_build)


def test_each_picture_plots_what_the_marts_say_now(demo: dict[str, alt.TopLevelMixin]) -> None:
    assert sorted(path.name for path in FOLDER.glob("*.png")) == sorted([*demo, *page_pictures.SIZES])
    for name, chart in demo.items():
        kept = pictures.plotted_in((FOLDER / name).read_bytes())
        assert kept == pictures.plotted(chart), f"docs/img/{name} is out of date: run `make pictures`"


def test_each_picture_of_the_page_shows_what_the_page_says_now(demo_build: Path, tmp_path: Path) -> None:
    page = write_dashboard(demo_build / "book_of_business.duckdb", tmp_path).read_text(encoding="utf-8")
    for name in page_pictures.SIZES:
        kept = pictures.plotted_in((FOLDER / name).read_bytes())
        assert kept == page_pictures.said_by(page), f"docs/img/{name} is out of date: run `make browser pictures`"


def test_pictures_are_small_and_used(demo: dict[str, alt.TopLevelMixin]) -> None:
    pages = README + "".join(path.read_text() for path in (ROOT / "docs").glob("*.md"))
    for name in [*demo, *page_pictures.SIZES]:
        # a page has text all over, a chart has ground
        assert (FOLDER / name).stat().st_size < LARGEST_BYTES * (1 if name in demo else 1.5)
        assert f"img/{name}" in pages


def test_a_picture_carries_its_own_values_and_notices_a_change(small_build: Run, tmp_path: Path) -> None:
    for name, chart in pictures.pictures(small_build.build_dir).items():
        path = pictures.write_picture(tmp_path / "img" / name, chart)
        assert path.read_bytes().startswith(b"\x89PNG")
        assert pictures.plotted_in(path.read_bytes()) == pictures.plotted(chart)
    one = alt.Chart(pl.DataFrame({"load": [1.0]})).mark_bar().encode(x="load:Q")
    other = alt.Chart(pl.DataFrame({"load": [1.00001]})).mark_bar().encode(x="load:Q")
    path = pictures.write_picture(tmp_path / "one.png", one)
    assert pictures.plotted_in(path.read_bytes()) != pictures.plotted(other)


def test_the_people_of_the_demo_page_are_those_of_the_marts(demo_build: Path) -> None:
    """docs/demo.md: name, id, accounts and load in the last week, weeks over capacity of those with capacity."""
    measured = rows(
        demo_build / "book_of_business.duckdb",
        """
        select
            csms.csm_name, csms.csm_id, max_by(loads.account_count, loads.week_start_date),
            round(100 * max_by(loads.load_ratio, loads.week_start_date)) || '%',
            count(*) filter (where loads.is_over_target) || ' of ' || count(loads.load_ratio)
        from marts.fct_csm_load as loads
        inner join marts.dim_csms as csms on loads.csm_id = csms.csm_id
        where csms.hired_on < loads.week_start_date + 7
            and (csms.left_on is null or csms.left_on > loads.week_start_date)
        group by csms.csm_name, csms.csm_id
        order by csms.csm_id
        """,
    )
    page = (ROOT / "docs" / "demo.md").read_text(encoding="utf-8")
    people = [line.strip("|").split("|") for line in page.splitlines() if re.search(r"\| C\d", line)]
    assert len(measured) == 12
    assert [[cell.strip() for cell in cells[:5]] for cells in people] == [
        [name, csm_id, str(accounts), load.replace(".0%", "%"), over] for name, csm_id, accounts, load, over in measured
    ]


def test_the_readme_quotes_what_the_build_prints(demo_build: Path) -> None:
    printed = Console(width=200, file=io.StringIO())
    print_report(demo_build / "book_of_business.duckdb", printed)
    lines = [" ".join(line.split()) for line in printed.file.getvalue().splitlines()]
    quoted = [" ".join(line.split()) for line in README.splitlines() if re.match(r" [^|]*\(C\d\d\)", line)]
    assert len(quoted) == 3
    assert set(quoted) <= set(lines)
