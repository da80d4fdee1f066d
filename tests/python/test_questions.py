"""Each question of the catalogue has an answer worked out by hand on rows of marts, and runs on a whole book."""

import io
import subprocess
from pathlib import Path

import duckdb
import polars as pl
import pytest
import yaml
from conftest import ROOT, Run
from rich.cells import cell_len
from rich.console import Console

from book_of_business.errors import UserError
from book_of_business.questions import catalogue
from book_of_business.terminal import questions

CATALOGUE = catalogue.read_questions(ROOT)
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
    bound = catalogue.bind(question, case.get("parameters", {}))
    answer = catalogue.ask(file_of(case["given"], question.marts, tmp_path / "book.duckdb"), bound)
    assert plain(answer.to_dicts()) == plain(case["expect"])


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_question_runs_on_a_whole_book(name: str, small_build: Run) -> None:
    assert catalogue.ask(small_build.published_file, CATALOGUE[name]).width > 1
    assert "order by" in CATALOGUE[name].sql, "the same question gives the same rows in the same order"


def test_an_answer_with_hostile_names_is_text_and_no_formula(tmp_path: Path) -> None:
    answer = pl.DataFrame(
        {"csm_name": ["[red]x[/red]", '=HYPERLINK("x")', "-1+1", "Ana"], "load_ratio": [1.0, 2, 3, 4]}
    )
    console = Console(width=100, record=True, file=(tmp_path / "out").open("w"))
    console.print(questions.answer_table(questions.shown_columns(answer, {})))
    assert "[red]x[/red]" in console.export_text()
    lines = catalogue.as_csv(answer).splitlines()
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
    console.print(questions.answer_table(questions.shown_columns(answer, {})))
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
        catalogue.find(CATALOGUE, "book_over_capacity")


def printed(path: Path, question: catalogue.Question, width: int) -> str:
    """What a terminal of that width shows of an answer."""
    console = Console(file=io.StringIO(), width=width, highlight=False)
    questions.print_answer(path, question, console)
    return console.file.getvalue()


@pytest.mark.parametrize("width", [80, 100, 200])
@pytest.mark.parametrize("name", CATALOGUE)
def test_every_answer_fits_the_terminal(name: str, width: int, small_build: Run) -> None:
    told = printed(small_build.published_file, CATALOGUE[name], width)
    assert max(map(cell_len, told.splitlines())) <= width


@pytest.mark.parametrize("width", [80, 100, 200])
def test_numbers_and_ids_are_whole_names_give_way_and_shares_are_percentages(tmp_path: Path, width: int) -> None:
    names = {"C01": "[red]Ana[/red]", "C02": "客户" * 40, "C03": "<b>" + "Ana " * 60, "C04": None}
    loads = [
        {"csm_id": key, "week_start_date": "2026-06-22", "account_count": 12345, "arr_usd": 1234567890.0}
        | {"effort_hours": 12345.0, "target_capacity_hours": 9423.0, "load_ratio": 1.31}
        | {"is_over_target": True, "consecutive_weeks_over_target": 76}
        for key in names
    ]
    given = {
        "fct_csm_load": loads,
        "dim_weeks": [{"week_start_date": "2026-06-22", "is_latest": True}],
        "dim_csms": [{"csm_id": key, "csm_name": name} for key, name in names.items()],
    }
    question = CATALOGUE["books_over_capacity"]
    told = printed(file_of(given, question.marts, tmp_path / "book.duckdb"), question, width)
    for number in ("1,234,567,890", "131%", "9,423"):
        assert told.count(number) == 4, number
    for csm_id in ("(C01)", "(C02)", "(C03)", "C04"):
        assert csm_id in told
    assert "[red]Ana[/red]" in told
    assert max(map(cell_len, told.splitlines())) <= width


def test_an_answer_with_more_columns_than_the_terminal_is_a_line_per_value() -> None:
    numbers = {f"weekly_amount_{place}_usd": [1234567.0] for place in range(12)}
    shown = questions.shown_columns(pl.DataFrame({"csm_id": ["C01"], **numbers}), {"C01": "Ana"})
    assert questions.least_width(shown, 1) > 80
    console = Console(file=io.StringIO(), width=80, highlight=False)
    console.print(questions.answer_records(shown))
    lines = [line.split() for line in console.file.getvalue().splitlines()]
    assert ["csm", "Ana", "(C01)"] in lines
    assert ["weekly", "amount", "11", "usd", "1,234,567"] in lines


def test_a_word_to_look_up_is_not_broken_into_lines() -> None:
    answer = pl.DataFrame({"trigger": ["throughput_intervention"] * 2, "reason": ["a long sentence " * 9] * 2})
    console = Console(file=io.StringIO(), width=40, highlight=False)
    console.print(questions.answer_table(questions.shown_columns(answer, {})))
    assert console.file.getvalue().count("throughput_intervention ") == 2


def test_ids_without_a_name_in_the_answer_are_named() -> None:
    answer = pl.DataFrame({"heavier_csm_id": ["C01"], "lighter_csm_id": ["C09"], "account_id": ["A1"]})
    assert questions.needs_csm_names(answer)
    shown = questions.shown_columns(answer, {"C01": "Ana"})
    assert [(column.heading, column.cells[0].plain) for column in shown] == [
        ("heavier csm", "Ana (C01)"),
        ("lighter csm", "C09"),
        ("account id", "A1"),
    ]


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("load_ratio", 1.31, "131%"),
        ("on_time_ratio_last_30_days", 0.004, "0.4%"),
        ("peak_renewal_share", 0.0, "0%"),
        ("load_trend_per_week", -0.004, "-0.004"),
        ("mean_sentiment_score", 0.25, "0.25"),
        ("churned_arr_usd", 0.0, "0"),
        ("arr_usd", 12.5, "12"),
    ],
)
def test_a_share_is_a_percentage_and_an_amount_whole_dollars(name: str, value: float, told: str) -> None:
    (column,) = questions.shown_columns(pl.DataFrame({name: [value]}), {})
    assert column.cells[0].plain == told


@pytest.mark.parametrize("asked", ["books_over_capacity", "Books over capacity?", " BOOKS-over_capacity\n"])
def test_a_name_is_found_in_any_case_and_with_blanks(asked: str) -> None:
    assert catalogue.find(CATALOGUE, asked).name == "books_over_capacity"


@pytest.mark.parametrize(
    "asked",
    [
        'who\'s "over" 100%?',
        "[red]x[/red]",
        "客户" * 5000,
        "-x; $(touch x)",
        "\x1b[31m\n\u202e",
        "\udcff",
        "%s {0}",
        "__",
    ],
)
def test_whatever_is_asked_the_answer_is_a_sentence(asked: str) -> None:
    with pytest.raises(UserError, match="there is no question") as caught:
        catalogue.find(CATALOGUE, asked)
    told = str(caught.value)
    assert "\n" not in told
    assert "\x1b" not in told
    assert len(told) < 400


def test_make_and_the_shell_leave_a_question_as_it_was_typed(tmp_path: Path) -> None:
    asked = 'who\'s over "100%"? cost $5 $(shell touch made) `touch made` ; touch made # -x'
    (tmp_path / "python").write_text("#!/bin/sh\nfor word; do printf '<%s>\\n' \"$word\"; done\n")
    (tmp_path / "python").chmod(0o755)
    done = subprocess.run(
        ["make", "--silent", "--old-file=.venv/.installed", "ask", f"PY={tmp_path / 'python'}", f"QUESTION={asked}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == ["<-m>", "<book_of_business>", "<ask>", "<-->", f"<{asked}>"]
    assert not (ROOT / "made").exists()


def test_a_file_of_an_older_build_says_so(tmp_path: Path) -> None:
    duckdb.connect(str(tmp_path / "old.duckdb")).close()
    with pytest.raises(UserError, match="run `make build`"):
        catalogue.ask(tmp_path / "old.duckdb", CATALOGUE["books_over_capacity"])


def test_a_file_of_the_catalogue_says_its_question_and_asks_marts_alone(tmp_path: Path) -> None:
    (tmp_path / "silent.sql").write_text("select 1")
    with pytest.raises(UserError, match="first line"):
        catalogue.read_question(tmp_path / "silent.sql", "x")
    (tmp_path / "macro.sql").write_text("-- Question: x?\nselect {{ threshold('x') }}")
    with pytest.raises(UserError, match="only ref"):
        catalogue.read_question(tmp_path / "macro.sql", "x")
