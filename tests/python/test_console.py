"""What is said while something is going on: progress by what was counted and not by the clock, and widths."""

import threading
from types import SimpleNamespace

import pytest
from rich.cells import cell_len

from book_of_business import console
from book_of_business.building.build import with_rows
from book_of_business.building.dbt_runner import RunningNodes


def test_a_step_says_what_is_done_of_how_many_what_is_read_and_for_how_long() -> None:
    current = console.Step()
    current(3, 20, "reading interactions, 12,345 rows")
    began = current._since
    assert current.line(began, began + 9) == "3 of 20, reading interactions, 12,345 rows, 9 s"
    # what is quick has no seconds
    assert current.detail(began + 1) == "reading interactions, 12,345 rows"
    # the seconds of a table go on until another one is read
    current(4, 20, "reading interactions, 12,345 rows")
    assert current._since == began


def test_a_step_that_knows_nothing_of_its_place_says_its_seconds() -> None:
    assert console.Step().line(0.0, 12.0) == "12 s so far"


def test_a_detail_is_one_harmless_line() -> None:
    current = console.Step()
    current(0, 0, "two\nlines\x1b[31m")
    assert current.detail(current._since) == "two lines [31m"


def test_something_repeated_goes_on_until_what_it_stands_beside_has_ended() -> None:
    told = []
    enough = threading.Event()

    def tell() -> None:
        told.append(threading.current_thread())
        if len(told) == 3:
            enough.set()

    with console.repeated(tell, first=0.001, longest=0.002):
        assert enough.wait(60), "it was not repeated"
    assert not told[0].is_alive()


def test_a_step_in_a_pipe_is_announced_and_a_brief_one_is_silent(capsys: pytest.CaptureFixture[str]) -> None:
    with console.step("Reading") as current:
        current.result = "20 tables"
    with console.step("Looking", is_brief=True):
        pass
    said = capsys.readouterr().err
    assert said.splitlines()[0] == "Reading ..."
    assert "Reading: 20 tables, 0." in said
    assert "Looking" not in said


def node(key: str, index: int = 0, total: int = 0) -> SimpleNamespace:
    return SimpleNamespace(node_info=SimpleNamespace(unique_id=key, node_name=key), index=index, total=total)


def test_of_models_that_run_at_once_the_one_that_runs_longest_is_named() -> None:
    running = RunningNodes()
    running.note(node("slow", 1, 5), is_start=True)
    running.note(node("quick", 2, 5), is_start=True)
    assert running.place == (0, 5, "slow")
    running.note(node("quick"), is_start=False)
    running.note(node("next", 3, 5), is_start=True)
    assert running.place == (1, 5, "slow")
    running.note(node("slow"), is_start=False)
    assert running.place == (2, 5, "next")


def test_a_model_that_reads_a_raw_table_is_shown_as_that_table_with_its_rows() -> None:
    told = []
    tell = with_rows(lambda *place: told.append(place), {"interactions": 12345})
    tell(1, 5, "base_interactions__interactions")
    tell(2, 5, "base_quality__scales")
    tell(3, 5, "int_accounts__interactions")
    assert told == [
        (1, 5, "reading interactions, 12,345 rows"),
        (2, 5, "base_quality__scales"),
        (3, 5, "int_accounts__interactions"),
    ]


@pytest.mark.parametrize(("columns", "width"), [("", 80), ("200", 200), ("100", 100), ("40", 80), ("0", 80), ("x", 80)])
def test_piped_output_is_as_wide_as_columns_says_and_never_under_80(
    columns: str, width: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setenv("TERM", "xterm")
    assert console.output_console().width == width


@pytest.mark.parametrize(
    ("name", "key", "told"),
    [
        ("Ana Silva", "C01", "Ana Silva (C01)"),
        (None, "C01", "C01"),
        ("", "C01", "C01"),
        ("Unassigned", "unassigned", "Unassigned"),
        ("organisation", None, "organisation"),
        ("[red]x[/red]", "[b]", "[red]x[/red] ([b])"),
        ("x" * 100, "C01", f"{'x' * (console.NAME_WIDTH - 1)}… (C01)"),
    ],
)
def test_a_name_stands_with_its_id_and_is_shortened_where_the_id_is_not(
    name: str | None, key: str | None, told: str
) -> None:
    assert console.name_with_id(name, key).plain == told


def test_a_wide_name_is_shortened_by_what_it_takes_on_the_terminal() -> None:
    shown = console.name_with_id("客户" * 50, "C01").plain
    assert shown.endswith("… (C01)")
    assert cell_len(shown) <= console.NAME_WIDTH + len(" (C01)")
