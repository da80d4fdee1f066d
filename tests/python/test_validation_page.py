"""The page of results, and the command that writes it."""

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
from conftest import ROOT

from book_of_business.validation.page import render_page
from book_of_business.validation.summary import Check, SuiteResult, ValidationSummary, read_summary

HOSTILE = "<script>alert(\"1\")</script>\n'quoted' 👻 </td></table>"
VOID = {"meta"}


class Reader(HTMLParser):
    """Which elements a page has, and that each is closed where it was opened."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def summary(phase: str, severity: str = "warning", text: str = "words") -> ValidationSummary:
    checks = (
        Check("account_name", text, severity, "not met", text, text),
        Check(None, "the table has at least one row", "critical", "met", "3 rows", "remedy"),
        Check("fte", "few", "warning", "not measured", "too few values to say", "remedy"),
    )
    suites = (
        SuiteResult(f"{phase}_accounts", "accounts", 3, "", checks),
        SuiteResult(f"{phase}_tickets", "tickets", None, "not supplied", ()),
    )
    return ValidationSummary(phase, f"/books/{text}", "/build/working.duckdb", suites)


@pytest.fixture
def page(tmp_path: Path) -> str:
    render_page([summary("edge", "critical", HOSTILE), summary("marts")], tmp_path / "validation.html")
    return (tmp_path / "validation.html").read_text(encoding="utf-8")


def test_the_page_has_no_external_reference(page: str) -> None:
    assert not re.search(r"https?://|\bsrc\s*=|\bhref\s*=|<link|@import|url\(|<script|<iframe", page)
    assert "default-src 'none'" in page


def test_hostile_text_neither_breaks_the_page_nor_runs_in_it(page: str) -> None:
    reader = Reader()
    reader.feed(page)
    assert reader.open == []
    assert {tag for tag, _ in reader.seen} <= {
        *("html", "head", "meta", "title", "style", "body", "main", "section", "h1", "h2", "h3", "p", "span", "div"),
        *("table", "caption", "thead", "tbody", "tr", "th", "td", "details", "summary", "strong"),
    }


def test_the_page_can_be_read_without_eyes_or_colours(page: str) -> None:
    reader = Reader()
    reader.feed(page)
    tags = [tag for tag, _ in reader.seen]
    assert ("html", {"lang": "en"}) in reader.seen
    assert tags.count("h1") == 1
    assert tags.count("h2") == 2
    assert tags.count("table") == tags.count("caption")
    assert all(attributes.get("scope") == "col" for tag, attributes in reader.seen if tag == "th")
    assert "stops the build" in page
    assert "not met" in page
    assert "not measured" in page
    assert "not supplied" in page
    assert "prefers-color-scheme: dark" in page


def test_a_warning_has_another_sign_word_and_colour_than_a_failure(tmp_path: Path) -> None:
    pages = {}
    for severity in ("critical", "warning"):
        render_page([summary("edge", severity)], tmp_path / f"{severity}.html")
        pages[severity] = (tmp_path / f"{severity}.html").read_text(encoding="utf-8").partition("<body>")[2]
    failure, warning = pages["critical"], pages["warning"]
    assert '<td class="verdict bad">✕ stops the build</td>' in failure
    assert '<td class="verdict bad">✕ not met</td>' in failure
    assert "✕ 1 required not met" in failure
    assert "⚠" not in failure
    assert '<td class="verdict warn">⚠\ufe0e warning</td>' in warning
    assert '<td class="verdict warn">⚠\ufe0e not met</td>' in warning
    assert "⚠\ufe0e 1 warning<" in warning
    assert "✕" not in warning


def test_results_pass_as_json(tmp_path: Path) -> None:
    written = summary("edge", "critical", HOSTILE)
    written.write(tmp_path / "edge.json")
    assert read_summary(tmp_path / "edge.json") == written


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "book_of_business.validation", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_the_page_is_written_from_the_results_of_both_phases(tmp_path: Path) -> None:
    for phase in ("edge", "marts"):
        summary(phase).write(tmp_path / "validation" / f"{phase}.json")
    done = run("page", "--build-dir", str(tmp_path))
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "validation.html").read_text()
    assert "Raw tables, as received" in text
    assert "Marts, for drift" in text


@pytest.mark.parametrize("command", ["edge", "marts", "page"])
def test_a_run_without_a_build_is_one_line_and_exit_2(tmp_path: Path, command: str) -> None:
    done = run(command, "--build-dir", str(tmp_path / "none"))
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1
    assert "make build" in done.stderr


def test_a_file_that_is_no_database_is_one_line_and_exit_2(tmp_path: Path) -> None:
    (tmp_path / "working.duckdb").write_text("no database")
    done = run("edge", "--build-dir", str(tmp_path))
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1
    assert "cannot be opened" in done.stderr
