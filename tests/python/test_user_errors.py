"""What a new user sees of an export that is not yet what the contract asks for: nothing lost, no traceback."""

import csv
import os
import shutil
from pathlib import Path

import polars as pl
import pytest
from conftest import ROOT, Run, rows, run_build

from book_of_business import settings
from book_of_business.building.build import measured_at_a_sunday
from book_of_business.building.dbt_runner import plain
from book_of_business.building.lock import check_writable, one_build_at_a_time
from book_of_business.console import one_line
from book_of_business.errors import UserError
from book_of_business.receiving.raw_tables import explained
from book_of_business.receiving.reference_files import check_thresholds

HOSTILE_NAMES = [
    "<script>alert(1)</script>",
    "=cmd|'/C calc'!A0",
    'O\'Neil "& Sons"',
    "two\nlines",
    "🚀 Ünïcode",
    "{{ 1 / 0 }}",
    "%s;--",
]


@pytest.fixture(scope="module")
def stopped_build_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One build directory for the builds that stop: they publish nothing, and dbt parses the project only once."""
    return tmp_path_factory.mktemp("stopped")


@pytest.fixture
def export(tmp_path: Path, small_book: Path) -> Path:
    return Path(shutil.copytree(small_book, tmp_path / "export"))


def edit(path: Path, change) -> None:
    path.write_text(change(path.read_text()))


def rename_a_column(export: Path) -> None:
    edit(export / "accounts.csv", lambda text: text.replace("customer_since", "start_date", 1))


def remove_a_table(export: Path) -> None:
    (export / "subscriptions.csv").unlink()


def use_semicolons(export: Path) -> None:
    # languages are a list with semicolons of its own
    edit(export / "csms.csv", lambda text: text.replace(",", ";"))


def give_a_table_twice(export: Path) -> None:
    pl.read_csv(export / "csms.csv", infer_schema=False).write_parquet(export / "csms.parquet")


def repeat_a_column(export: Path) -> None:
    edit(export / "csms.csv", lambda text: text.replace("csm_id,", "csm_id,CSM_ID,", 1).replace("\n", "\nx,", 1))


def leave_a_comma_unquoted(export: Path) -> None:
    edit(export / "csms.csv", lambda text: text.rstrip("\n") + ",one field too many\n")


def write_latin_1(export: Path) -> None:
    path = export / "accounts.csv"
    path.write_bytes(path.read_bytes().replace(b"enterprise", b"entr\xe9prise", 1))


def empty_the_file(export: Path) -> None:
    (export / "accounts.csv").write_bytes(b"")


def turn_a_parquet_into_rubbish(export: Path) -> None:
    (export / "tickets.csv").unlink(missing_ok=True)
    (export / "tickets.parquet").write_bytes(b"no parquet at all")


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (rename_a_column, ["accounts", "customer_since", "start_date", "accounts.csv"]),
        (remove_a_table, ["subscriptions", "required", "subscriptions.csv"]),
        (use_semicolons, ["csms", "more fields than the header", "is a semicolon not quoted?"]),
        (give_a_table_twice, ["csms", "more than once", "csms.parquet"]),
        (repeat_a_column, ["csms", "csm_id", "twice"]),
        (leave_a_comma_unquoted, ["csms", "more fields than the header"]),
        (write_latin_1, ["accounts", "utf-8"]),
        (empty_the_file, ["accounts", "account_id", "accounts.csv"]),
        (turn_a_parquet_into_rubbish, ["tickets"]),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_a_file_that_cannot_be_built_stops_with_one_clear_message(
    export: Path, stopped_build_dir: Path, spoil, told: list[str]
) -> None:
    spoil(export)
    done = run_build(stopped_build_dir, export, "--fast")
    assert done.code == 1, done.said
    assert "Traceback" not in done.said
    for word in told:
        assert word.lower() in done.errors.lower(), done.errors
    assert not done.published_file.exists()


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({"RAW_DATA": "/no/such/folder"}, "there is no such directory"),
        ({"RAW_DATA": __file__}, "give the directory that holds the tables"),
        ({"AS_OF_DATE": "28.06.2026"}, "28.06.2026, which is not a date"),
        ({"AS_OF_DATE": "2026-02-30"}, "not a date"),
    ],
)
def test_settings_that_cannot_be_say_so(variables: dict[str, str], told: str) -> None:
    with pytest.raises(UserError, match=told):
        settings.from_environment(variables)


@pytest.mark.parametrize("place", ["taken", "taken/build"])
def test_a_build_directory_in_which_nothing_can_be_written_says_so(tmp_path: Path, place: str) -> None:
    (tmp_path / "taken").write_text("mine")
    with pytest.raises(UserError, match=r"nothing can be written to .*taken.*BUILD_DIR"):
        check_writable(tmp_path / place)
    # where it is made, a moment later
    with pytest.raises(UserError, match=r"nothing can be written to .*taken.*BUILD_DIR"):
        one_build_at_a_time(tmp_path / place).__enter__()
    assert (tmp_path / "taken").read_text() == "mine"


@pytest.mark.parametrize(
    ("given", "measured"),
    [
        ("2026-06-28", "2026-06-28"),
        ("2026-06-29", "2026-06-28"),
        ("2026-07-04", "2026-06-28"),
        ("2026-01-01", "2025-12-28"),
    ],
)
def test_a_date_means_the_sunday_on_or_before_it_and_another_day_is_told_before_anything_is_read(
    given: str, measured: str, capsys: pytest.CaptureFixture[str]
) -> None:
    told = measured_at_a_sunday(settings.from_environment({"AS_OF_DATE": given}))
    assert told.as_of_date.isoformat() == measured
    assert (f"the book is measured at Sunday {measured}" in capsys.readouterr().err) == (given != measured)


def test_no_date_means_the_date_of_the_interactions() -> None:
    assert measured_at_a_sunday(settings.from_environment({})).as_of_date is None


def test_an_untidy_export_is_read_and_what_breaks_a_rule_is_listed(export: Path, tmp_path: Path) -> None:
    accounts = pl.read_csv(export / "accounts.csv", infer_schema=False)
    names = [HOSTILE_NAMES[i % len(HOSTILE_NAMES)] for i in range(accounts.height)]
    untidy = accounts.with_columns(account_name=pl.Series(names), crm_owner=pl.lit("ignored")).select(
        "crm_owner", *reversed(accounts.columns)
    )
    dates = untidy["customer_since"].to_list()
    # the midnight of a day is the day; an hour is none
    dates[0], dates[1], dates[2] = "31/12/2024", "2024-12-31 09:30", "2024-12-31 00:00"
    untidy = untidy.with_columns(customer_since=pl.Series(dates)).drop("industry")
    # a reader that takes # for a comment would leave these out without a word
    marked = untidy.head(1).with_columns(account_id=pl.lit("#1"), crm_owner=pl.lit("#no comment"))
    untidy = pl.concat([marked, untidy])
    # a byte-order mark and Windows line ends, as spreadsheets write them
    text = untidy.write_csv(line_terminator="\r\n")
    (export / "accounts.csv").write_bytes(b"\xef\xbb\xbf" + text.encode())
    (export / "health_scores.csv").unlink()

    done = run_build(tmp_path / "build", export, "--fast")
    assert done.code == 0, done.said
    assert "Traceback" not in done.said
    faults = rows(
        done.published_file,
        "select row_key, column_name, value, rule from marts.rejected_rows where table_name = 'accounts'",
    )
    keys = untidy["account_id"].to_list()
    assert sorted(faults) == sorted(
        [
            (keys[0], "customer_since", "31/12/2024", "unparseable_value"),
            (keys[1], "customer_since", "31/12/2024", "unparseable_value"),
            (keys[2], "customer_since", "2024-12-31 09:30", "unparseable_value"),
        ]
    )
    read, accepted, rejected, absent, normalised, unread = rows(
        done.published_file,
        "select read_count, accepted_count, rejected_count, absent_columns, normalised_count, unread_columns"
        " from marts.data_coverage where table_name = 'accounts'",
    )[0]
    records = sum(1 for _ in csv.DictReader((export / "accounts.csv").open(encoding="utf-8-sig", newline="")))
    assert (read, accepted, rejected, absent) == (records, records - 3, 3, "industry")
    assert (normalised, unread) == (1, "crm_owner")
    assert "health trajectory is unknown" in done.output
    assert rows(done.published_file, "select count(*) from marts.fct_books where red_account_count is not null") == [
        (0,)
    ]
    published = {name for (name,) in rows(done.published_file, "select account_name from marts.dim_accounts")}
    assert published <= set(HOSTILE_NAMES)
    assert "two\nlines" in published


def test_parquet_in_folders_of_parts_gives_the_same_marts_on_a_wednesday_in_a_strange_place(
    export: Path, tmp_path: Path, small_build
) -> None:
    for path in export.glob("*.csv"):
        table = pl.read_csv(path, try_parse_dates=True)
        path.unlink()
        if path.stem in ("interactions", "product_usage"):
            folder = export / path.stem / "week=2026-01-05"
            folder.mkdir(parents=True)
            half = table.height // 2
            table.head(half).write_parquet(folder / "part-0.parquet")
            table.tail(table.height - half).write_parquet(folder / "part-1.parquet")
        else:
            table.write_parquet(export / f"{path.stem}.parquet")
    strange = tmp_path / "it's [a] *book?"
    export.rename(strange)
    done = run_build(tmp_path / "build", strange, "--fast", as_of_date="2026-07-01")
    assert done.code == 0, done.said
    assert "2026-07-01 is a Wednesday: the book is measured at Sunday 2026-06-28" in done.errors
    for query in (
        "select csm_id, week_start_date, account_count, arr_usd, round(load_ratio, 9)"
        " from marts.fct_csm_load order by all",
        "select account_id, last_meaningful_at, is_overdue from marts.fct_account_coverage order by all",
        "select table_name, read_count, accepted_count from marts.data_coverage order by all",
    ):
        assert rows(done.published_file, query) == rows(small_build.published_file, query)


def test_no_interaction_asks_for_the_date(export: Path, tmp_path: Path) -> None:
    header = (export / "interactions.csv").read_text().splitlines()[0]
    (export / "interactions.csv").write_text(header + "\n")
    done = run_build(tmp_path / "build", export, "--fast")
    assert done.code == 1
    assert "give AS_OF_DATE=YYYY-MM-DD" in done.errors
    assert "Traceback" not in done.said
    # the head of the file tells: nothing is read
    assert "Reading the raw tables" not in done.errors


@pytest.mark.parametrize("text", ["plain", "two\nlines", "\x1b[31mred", "right\u202eleft", "x" * 500])
def test_a_name_on_the_terminal_is_one_harmless_line(text: str) -> None:
    shown = one_line(text)
    assert "\n" not in shown
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert len(shown) <= 60


def test_dbt_messages_lose_their_machinery() -> None:
    told = plain(
        "Runtime Error in model int_x (models/x.sql)\n  Invalid Input Error: give it\n\n  > in macro y (macros/y.sql)"
    )
    assert told == "give it"


def test_a_file_that_is_gone_while_a_build_runs_is_named_with_what_to_do() -> None:
    said = 'base_accounts: IO Error: No files found that match the pattern "/raw/accounts/part-0.parquet"\nLINE 1: ...'
    told = explained(said)
    assert told.startswith("/raw/accounts/part-0.parquet was there when the build began and is not any more")
    assert "LINE" not in told
    assert explained("fct_books: 3 rows differ") == "fct_books: 3 rows differ"


def test_a_wholly_wrong_export_stops_at_the_edge_and_its_rows_are_listed(export: Path, tmp_path: Path) -> None:
    accounts = pl.read_csv(export / "accounts.csv", infer_schema=False)
    accounts.with_columns(customer_since=pl.lit("31/12/2024")).write_csv(export / "accounts.csv")
    done = run_build(tmp_path / "build", export)
    assert done.code == 1
    assert "Traceback" not in done.said
    for word in ("accounts", "customer_since", "rejected_rows", "working.duckdb"):
        assert word in done.errors
    assert not done.published_file.exists()
    query = "select count(*) from marts.rejected_rows where column_name = 'customer_since'"
    assert rows(done.build_dir / "working.duckdb", query) == [(accounts.height,)]


def test_a_whole_build_leaves_marts_files_and_a_page_of_its_checks(small_book: Path, tmp_path: Path) -> None:
    """That of `make test` where there is one; another takes a minute and a half."""
    done = Run(0, "", "", ROOT / (os.environ.get("BUILD_DIR") or "missing"))
    if not (done.build_dir / "validation.html").exists():
        done = run_build(tmp_path / "build", small_book)
        assert "Books of business, week ending" in done.output
    assert done.code == 0, done.said
    page = (done.build_dir / "validation.html").read_text()
    assert "<script" not in page
    assert "://" not in page
    marts = {
        name
        for (name,) in rows(done.published_file, "select table_name from duckdb_tables() where schema_name = 'marts'")
    }
    assert marts == {path.stem for path in (done.build_dir / "marts").glob("*.parquet")}
    assert (done.build_dir / "dashboard" / "index.html").exists()


def test_a_threshold_without_a_row_stops_a_build_before_anything_is_read(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "macros").mkdir()
    (tmp_path / "seeds/reference").mkdir(parents=True)
    (tmp_path / "models/a.sql").write_text(
        "select {{ threshold('red_health_score') }}, {{ threshold( \"other_days\") }}"
    )
    (tmp_path / "seeds/reference/thresholds.csv").write_text(
        "threshold,value,unit,rationale\nother_days,1,days,A day.\n"
    )
    with pytest.raises(
        UserError, match=r"(?s)thresholds.csv lacks .*\n  - red_health_score, which models/a.sql reads$"
    ):
        check_thresholds(tmp_path)
    check_thresholds(ROOT)
