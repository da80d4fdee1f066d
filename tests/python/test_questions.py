"""Each question of the catalogue has an answer worked out by hand on rows of marts, and runs on a whole book."""

from pathlib import Path

import duckdb
import polars as pl
import pytest
import yaml
from conftest import ROOT, Run
from rich.console import Console

from book_of_business.errors import UserError
from book_of_business.terminal import questions

CATALOGUE = questions.read_questions(ROOT)
CASES = {path.stem: path for path in sorted((ROOT / "tests" / "questions").glob("*.yml"))}
TOLERANCE = 9  # decimals


def contract_of(mart: str) -> dict[str, str]:
    """The published columns of a mart and their types, from its YAML."""
    (path,) = (ROOT / "models" / "marts").rglob(f"{mart}.yml")
    (model,) = yaml.safe_load(path.read_text())["models"]
    return {column["name"]: column["data_type"] for column in model["columns"]}


def file_of(given: dict[str, list[dict]], marts: tuple[str, ...], path: Path) -> Path:
    """A published file with the given rows; a column that is not given is null."""
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema marts")
        for mart in marts:
            columns = contract_of(mart)
            connection.execute(
                f"create table marts.{mart} ({', '.join(f'{name} {kind}' for name, kind in columns.items())})"
            )
            for row in given.get(mart, []):
                unknown = set(row) - set(columns)
                assert not unknown, f"{mart} has no column {unknown}"
                connection.execute(
                    f"insert into marts.{mart} ({', '.join(row)}) values ({', '.join('?' * len(row))})",
                    list(row.values()),
                )
    return path


def plain(rows: list[dict]) -> list[dict]:
    return [
        {name: round(value, TOLERANCE) if isinstance(value, float) else value for name, value in row.items()}
        for row in rows
    ]


def test_every_question_has_a_case_and_every_case_a_question() -> None:
    assert set(CATALOGUE) == set(CASES)


@pytest.mark.parametrize("name", CASES)
def test_the_answer_is_the_one_worked_out_by_hand(name: str, tmp_path: Path) -> None:
    case = yaml.safe_load(CASES[name].read_text())
    question = CATALOGUE[name]
    assert set(case["given"]) == set(question.marts), "a case gives the marts that the question reads"
    assert case["expect"], "a case that expects nothing cannot fail"
    answer = questions.ask(file_of(case["given"], question.marts, tmp_path / "book.duckdb"), question)
    assert plain(answer.to_dicts()) == plain(case["expect"])


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_question_runs_on_a_whole_book(name: str, small_build: Run) -> None:
    assert questions.ask(small_build.published_file, CATALOGUE[name]).width > 1
    assert "order by" in CATALOGUE[name].sql, "the same question gives the same rows in the same order"


def test_an_answer_with_hostile_names_is_text_and_no_formula(tmp_path: Path) -> None:
    answer = pl.DataFrame(
        {"csm_name": ["[red]x[/red]", '=HYPERLINK("x")', "-1+1", "Ana"], "load_ratio": [1.0, 2, 3, 4]}
    )
    console = Console(width=100, record=True, file=(tmp_path / "out").open("w"))
    console.print(questions.answer_table(CATALOGUE["books_over_capacity"], answer))
    assert "[red]x[/red]" in console.export_text()
    lines = questions.as_csv(answer).splitlines()
    assert lines[2].startswith("\"'=HYPERLINK(")
    assert lines[3].startswith("'-1+1")
    assert lines[4] == "Ana,4.0"


def test_the_catalogue_names_every_question_on_a_line_of_its_own(tmp_path: Path) -> None:
    console = Console(width=80, record=True, file=(tmp_path / "out").open("w"))
    questions.print_catalogue(CATALOGUE, console)
    first_words = [line.split()[0] for line in console.export_text().splitlines() if line.split()]
    assert set(CATALOGUE) <= set(first_words)


def test_a_sentence_is_shown_whole_and_a_slope_is_no_zero(tmp_path: Path) -> None:
    reason = "For 76 weeks the book has asked for more than its capacity, and the work of it goes on. " * 2
    answer = pl.DataFrame({"csm_id": ["C01"], "load_trend_per_week": [-0.004], "room_hours": [0.0], "reason": [reason]})
    console = Console(width=120, record=True, file=(tmp_path / "out").open("w"))
    console.print(questions.answer_table(CATALOGUE["triggers_of_the_week"], answer))
    shown = console.export_text()
    assert shown.count("goes on.") == 2
    assert "-0.004" in shown
    assert "0.00 " in shown


def test_an_answer_without_rows_says_what_that_may_mean(tmp_path: Path) -> None:
    question = CATALOGUE["silent_accounts"]
    published = file_of({}, question.marts, tmp_path / "book.duckdb")
    console = Console(width=120, record=True, file=(tmp_path / "out").open("w"))
    questions.print_answer(published, question, console)
    assert console.export_text().splitlines() == [
        question.text,
        "no rows: none, as far as is observed",
    ]


def test_a_name_that_is_none_says_what_is_near() -> None:
    with pytest.raises(UserError, match=r"near it: .*books_over_capacity"):
        questions.find(CATALOGUE, "book_over_capacity")


def test_a_file_of_an_older_build_says_so(tmp_path: Path) -> None:
    duckdb.connect(str(tmp_path / "old.duckdb")).close()
    with pytest.raises(UserError, match="run `make build`"):
        questions.ask(tmp_path / "old.duckdb", CATALOGUE["books_over_capacity"])


def test_a_file_of_the_catalogue_says_its_question_and_asks_marts_alone(tmp_path: Path) -> None:
    (tmp_path / "silent.sql").write_text("select 1")
    with pytest.raises(UserError, match="first line"):
        questions.read_question(tmp_path / "silent.sql", "x")
    (tmp_path / "macro.sql").write_text("-- Question: x?\nselect {{ threshold('x') }}")
    with pytest.raises(UserError, match="only ref"):
        questions.read_question(tmp_path / "macro.sql", "x")
