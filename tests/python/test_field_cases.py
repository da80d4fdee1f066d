"""Small exports that go wrong in the field: what they did to the numbers, and what they do now.

The cases under tests/field_cases come from public reports; the others are of the same kinds. Each build holds several,
so that a kind costs no build of its own.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from conftest import ROOT, Run, rows, run_build, shared_folder, simulate

CASES = ROOT / "tests" / "field_cases"
# What a leader reads, to the last digit that arithmetic leaves alone.
MARTS = {
    "fct_csm_load": "csm_id, week_start_date, account_count, round(arr_usd, 2), round(load_ratio, 9)",
    "fct_csm_throughput": "csm_id, week_start_date, counted_interaction_count, round(strategic_minutes, 6)",
    "fct_csm_engagement": "csm_id, week_start_date, interaction_count, round(mean_sentiment_score, 9)",
    "fct_account_coverage": "account_id, last_meaningful_at, is_unmonitored, is_overdue",
    "fct_book_renewals": "csm_id, round(peak_renewal_share, 9)",
    "fct_risk_episodes": "account_id, signal_type, emerged_at, outcome",
}


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The book that the READMEs of the cases build on."""
    with shared_folder(tmp_path_factory, "field_base") as folder:
        if not (folder / "book").exists():
            simulate(folder / "part", "--accounts", "40", "--csms", "4", "--weeks", "26", "--seed", "5")
            (folder / "part").rename(folder / "book")
    return folder / "book"


@pytest.fixture(scope="session")
def base_build(tmp_path_factory: pytest.TempPathFactory, base: Path) -> Run:
    """The same, built once."""
    with shared_folder(tmp_path_factory, "field_base_build") as folder:
        if not (folder / "build" / "marts").exists():
            done = run_build(folder / "build", base, "--fast")
            assert done.code == 0, done.said
    return Run(0, "", "", folder / "build")


@pytest.fixture
def book(tmp_path: Path, base: Path) -> Path:
    return Path(shutil.copytree(base, tmp_path / "book"))


def put(book: Path, case: str, *tables: str) -> None:
    """Replace tables of a book by those of a case (none named: all)."""
    for path in sorted((CASES / case).glob("*.csv")):
        if not tables or path.stem in tables:
            shutil.copy(path, book / path.name)


def change(book: Path, table: str, edit: Callable[[pl.DataFrame], pl.DataFrame]) -> None:
    """Rewrite a table of a book; all of its values are text."""
    path = book / f"{table}.csv"
    edit(pl.read_csv(path, infer_schema=False)).write_csv(path)


def built(tmp_path: Path, book: Path, **settings: str) -> Run:
    done = run_build(tmp_path / "build", book, "--fast", **settings)
    assert done.code == 0, done.said
    assert "Traceback" not in done.said
    return done


def stopped(tmp_path: Path, book: Path) -> list[str]:
    """The lines of the message of a build that must stop."""
    done = run_build(tmp_path / "build", book, "--fast")
    assert done.code == 1, done.said
    assert "Traceback" not in done.said
    assert not done.published_file.exists()
    return [line.removeprefix("  - ") for line in done.errors.splitlines() if line.startswith("  - ")]


def assert_same_numbers(done: Run, expected: Run) -> None:
    for mart, columns in MARTS.items():
        query = f"select {columns} from marts.{mart} order by all"
        assert rows(done.published_file, query) == rows(expected.published_file, query), mart


def scaled(column: str, expression: Callable[[pl.Expr], pl.Expr]) -> pl.Expr:
    """A column of text, as a number of another scale."""
    return expression(pl.col(column).cast(pl.Float64)).cast(pl.String).alias(column)


def coverage(done: Run, table: str) -> tuple:
    return rows(
        done.published_file,
        "select read_count, accepted_count, normalised_count, nulled_value_count, unread_columns"
        f" from marts.data_coverage where table_name = '{table}'",
    )[0]


def test_days_as_minutes_and_monthly_terms_with_last_days_change_nothing_else(tmp_path: Path, book: Path) -> None:
    put(book, "all_day_entries")
    put(book, "monthly_terms")
    # and one book of another scale, which is named
    change(
        book,
        "interactions",
        lambda table: table.with_columns(
            pl.when(pl.col("csm_id") == "C04")
            .then(scaled("sentiment_score", lambda score: 50 * (score + 1)))
            .otherwise(pl.col("sentiment_score"))
            .alias("sentiment_score")
        ),
    )
    change(book, "subscriptions", lambda table: table.with_columns(currency=pl.lit("EUR"), end_date=pl.lit("x")))
    done = built(tmp_path, book)
    assert "sentiment_score is not on the expected scale in the rows of C04: the values are 0 to 100" in done.errors
    assert "subscriptions.currency is EUR throughout" in done.errors
    assert coverage(done, "subscriptions")[4] == "currency, end_date"
    assert (
        "2 values of interactions.duration_minutes are out of range and count as not observed: 1440, 7200"
        in done.errors
    )
    assert rows(
        done.published_file, "select value, rule, scope from marts.rejected_rows where scope = 'value' order by value"
    ) == [("1440", "out_of_range", "value"), ("7200", "out_of_range", "value")]
    # where one book is on another scale, the whole column is not read
    not_on_scale = pl.read_csv(book / "interactions.csv", infer_schema=False)["sentiment_score"].is_not_null().sum()
    assert not_on_scale > 0
    assert coverage(done, "interactions")[:4] == (343, 343, 0, 2 + not_on_scale)
    longest = (
        "select max(greatest(strategic_minutes, onboarding_minutes)) from marts.fct_csm_throughput where csm_id = 'C03'"
    )
    assert rows(done.published_file, longest)[0][0] < 720
    # six months paid one after another: no churn, no coming back, nothing late
    assert "A0020-1, A0020-2, A0020-3, A0020-4, A0020-5; ends_on is the first day after the term" in done.errors
    movements = rows(
        done.published_file,
        "select sum(churned_arr_usd), sum(reactivated_arr_usd) from marts.fct_arr_movements"
        " where week_start_date between '2026-05-25' and '2026-06-08' and csm_id = 'C04'",
    )
    assert movements == [(0, 0)]
    assert rows(
        done.published_file,
        "select count(*) from marts.fct_risk_signals where account_id = 'A0020' and signal_type = 'delayed_renewal'",
    ) == [(0,)]
    arr = "select arr_usd, next_renewal_on from marts.dim_accounts where account_id = 'A0020'"
    assert rows(done.published_file, arr)[0][0] >= 12_000


def test_plain_forms_give_the_numbers_of_the_contracts_own(tmp_path: Path, book: Path, base_build: Run) -> None:
    put(book, "number_and_date_forms", "health_scores", "product_usage", "tickets")
    put(book, "status_words")
    for table, edit in {
        "accounts": lambda table: table.with_columns(
            segment=pl.col("segment").str.replace("_", "-").str.to_titlecase(),
            churned_on=pl.col("churned_on").fill_null("#N/A"),
        ),
        "csms": lambda table: table.with_columns(
            role_tier=pl.col("role_tier").str.replace("_", " ").str.to_titlecase()
        ),
        "subscriptions": lambda table: table.with_columns(
            has_custom_configuration=pl.when(pl.col("has_custom_configuration") == "true")
            .then(pl.lit("YES"))
            .otherwise(pl.lit("0")),
            starts_on=pl.col("starts_on") + "T00:00:00Z",
            cancelled_on=pl.col("cancelled_on").fill_null("NaT"),
        ),
        "opportunities": lambda table: table.with_columns(
            opportunity_type=pl.col("opportunity_type").str.replace("_", " ").str.to_titlecase(),
            amount_usd=pl.col("amount_usd").fill_null("-"),
            closed_on=pl.col("closed_on").fill_null("None"),
            is_won=pl.col("is_won").str.replace("true", "Y").str.replace("false", "n"),
        ),
        "interactions": lambda table: table.with_columns(sentiment_score=pl.col("sentiment_score").fill_null("nan")),
        "action_items": lambda table: table.with_columns(completed_at=pl.col("completed_at").fill_null("NULL")),
    }.items():
        change(book, table, edit)
    done = built(tmp_path, book)
    assert_same_numbers(done, base_build)
    assert rows(done.published_file, "select count(*) from marts.rejected_rows") == rows(
        base_build.published_file, "select count(*) from marts.rejected_rows"
    )
    # users and events
    assert coverage(done, "product_usage")[2] == 2 * 848
    assert coverage(done, "health_scores")[2] == 504
    assert coverage(done, "tickets")[2] == 67
    assert coverage(done, "csms")[2] == 4


def test_words_for_nothing_in_ids_stop_with_the_cause(tmp_path: Path, book: Path) -> None:
    put(book, "null_words")
    first, second = stopped(tmp_path, book)
    assert first == (
        "171 rows of interactions name an id that accounts lacks: 'NULL' (171); leave the field empty where it means"
        " nothing"
    )
    assert second.startswith("lost in all: 171 of 340 rows of interactions")
    # where the account is left empty, words for nothing in typed columns are nothing
    change(book, "interactions", lambda table: table.with_columns(pl.col("account_id").replace("NULL", None)))
    done = built(tmp_path, book)
    assert rows(done.published_file, "select count(*) from marts.dim_accounts where is_active") != [(9,)]
    assert rows(done.published_file, "select max(week_end_date)::varchar from marts.dim_weeks") == [("2026-06-28",)]


def test_several_currencies_and_words_of_another_system_stop_with_what_is_wanted(tmp_path: Path, book: Path) -> None:
    put(book, "number_and_date_forms", "subscriptions")
    change(book, "interactions", lambda table: table.with_columns(status=pl.lit("Done")))
    currencies, words, *_, lost = stopped(tmp_path, book)
    assert currencies.startswith("subscriptions.CurrencyIsoCode names 2 currencies, JPY to USD")
    assert words.startswith(
        "340 of 340 rows of interactions have a status that is not known: 'Done'; expected is one of completed,"
    )
    assert lost.startswith("lost in all: 340 of 340 rows of interactions")


def test_optional_columns_of_another_scale_are_not_published(tmp_path: Path, book: Path) -> None:
    change(
        book,
        "interactions",
        lambda table: table.with_columns(
            scaled("sentiment_score", lambda score: (2 * score + 3).round()),
            scaled("quality_score", lambda score: score / 20),
            scaled("duration_minutes", lambda minutes: minutes * 60_000),
        ),
    )
    done = built(tmp_path, book)
    for told in (
        "interactions.sentiment_score is not on the expected scale: the values are 1 to 5. Convert them:",
        "sentiment_score = (score - 3) / 2",
        "interactions.quality_score is not on the expected scale: the values are 0 to 5. Convert them:",
        "interactions.duration_minutes is not on the expected scale: the values are milliseconds",
    ):
        assert told in done.errors
    assert rows(
        done.published_file,
        "select column_name, row_key, value from marts.rejected_rows"
        " where rule = 'wrong_scale' and scope = 'column' order by 1",
    ) == [
        ("duration_minutes", None, "milliseconds"),
        ("quality_score", None, "0 to 5"),
        ("sentiment_score", None, "1 to 5"),
    ]
    assert rows(
        done.published_file,
        "select count(mean_quality_score), count(mean_sentiment_score) from marts.fct_csm_engagement",
    ) == [(0, 0)]
    assert rows(done.published_file, "select count(strategic_minutes) from marts.fct_csm_throughput") == [(0,)]
    filled = pl.read_csv(book / "interactions.csv", infer_schema=False)
    names = ("sentiment_score", "quality_score", "duration_minutes")
    assert coverage(done, "interactions")[3] == sum(filled[name].is_not_null().sum() for name in names)


def test_required_columns_of_another_scale_stop(tmp_path: Path, book: Path) -> None:
    change(book, "health_scores", lambda table: table.with_columns(scaled("health_score", lambda score: score / 100)))
    change(book, "time_entries", lambda table: table.with_columns(scaled("minutes", lambda minutes: minutes / 60)))
    change(book, "subscriptions", lambda table: table.with_columns(scaled("arr_usd", lambda dollars: dollars * 100)))
    # rows without a key are alike and no copies of each other: they are lost
    change(book, "accounts", lambda table: pl.concat([table, table.clear(30)]))
    said = "\n".join(stopped(tmp_path, book))
    assert "30 of 70 rows of accounts" in said.splitlines()[-1]
    assert "health_scores.health_score is not on the expected scale: the values are 0 to 1" in said
    assert "time_entries.minutes is not on the expected scale: the values are hours" in said
    assert "as large as renewals.arr_before_usd: are these cents, or another currency?" in said


def copied(book: Path) -> None:
    """Sixty conversations once more under other ids, and what was written down of them."""
    held = pl.read_csv(book / "interactions.csv", infer_schema=False).filter(pl.col("status") == "completed").head(60)
    ids = held["interaction_id"].to_list()
    for table in ("interactions", "interaction_participants", "interaction_topics", "action_items"):
        change(
            book,
            table,
            lambda table: pl.concat(
                [
                    table,
                    table.filter(pl.col("interaction_id").is_in(ids)).with_columns(
                        interaction_id="X" + pl.col("interaction_id"),
                        **(
                            {"action_item_id": "X" + pl.col("action_item_id")}
                            if "action_item_id" in table.columns
                            else {}
                        ),
                    ),
                ]
            ),
        )
    # an attendee, and a promise, that only the copy has
    change(book, "interaction_participants", lambda table: table.filter(pl.col("interaction_id") != ids[0]))
    change(book, "action_items", lambda table: table.filter(~pl.col("action_item_id").str.starts_with("X")))


def test_a_meeting_that_a_calendar_copied_counts_once(tmp_path: Path, book: Path, base_build: Run) -> None:
    """In files of both forms: a number of a CSV is text, one of Parquet has a type."""
    copied(book)
    for table in ("interactions", "action_items"):
        frame = pl.read_csv(book / f"{table}.csv", try_parse_dates=True)
        if table == "interactions":
            measures = ("duration_minutes", "sentiment_score", "quality_score")
            frame = frame.with_columns(
                *(pl.col(name).cast(pl.Float64) for name in measures), pl.col("status").str.to_titlecase()
            )
        frame.write_parquet(book / f"{table}.parquet")
        (book / f"{table}.csv").unlink()
    done = built(tmp_path, book)
    assert "60 interactions are copies of another, equal in all but the id: each meeting counts once" in done.errors
    assert_same_numbers(done, base_build)
    participants = rows(
        base_build.published_file,
        "select accepted_count from marts.data_coverage where table_name = 'interaction_participants'",
    )
    assert coverage(done, "interaction_participants")[1] == participants[0][0]
    assert rows(done.published_file, "select count(*) from marts.rejected_rows where rule != 'copied_interaction'") == [
        (0,)
    ]


def test_stray_dates_open_handovers_and_faults_in_measures_cost_what_they_must(tmp_path: Path, book: Path) -> None:
    stray = {"I00100": "2035-01-01T10:00:00Z", "I00050": "2015-01-01T10:00:00Z"}
    change(
        book,
        "interactions",
        lambda table: table.with_columns(
            started_at=pl.col("interaction_id").replace_strict(stray, default=pl.col("started_at")),
            status=pl.when(pl.col("interaction_id").is_in(list(stray))).then(pl.lit("completed")).otherwise("status"),
            duration_minutes=pl.when(pl.int_range(pl.len()) % 10 == 0)
            .then(pl.lit("1 hour"))
            .otherwise("duration_minutes"),
        ),
    )
    change(
        book,
        "account_assignments",
        lambda table: pl.concat(
            [
                table,
                table.filter(pl.col("csm_id") == "C04")
                .head(10)
                .with_columns(
                    assigned_on=pl.lit("2026-05-01"), csm_id=pl.lit("C03"), unassigned_on=pl.lit(None, pl.String)
                ),
            ]
        ),
    )
    done = built(tmp_path, book)
    said = done.errors.splitlines()
    first = next(position for position, line in enumerate(said) if "does not move the clock" in line)
    assert "I00100 (2035-01-01)" in said[first]
    assert "I00050 (2015-01-01)" in said[first + 1]
    assert rows(
        done.published_file, "select min(week_start_date)::varchar, max(week_end_date)::varchar from marts.dim_weeks"
    ) == [("2025-12-29", "2026-06-28")]
    # both owners keep their accounts, each in their time, and all of the ARR
    accepted = coverage(done, "account_assignments")
    assert accepted[0] == accepted[1]
    assert rows(
        done.published_file,
        "select account_count from marts.fct_csm_load where csm_id = 'unassigned' and account_count > 0",
    ) == rows(done.published_file, "select 1 where false")
    assert coverage(done, "interactions")[3] == 34
    assert rows(
        done.published_file,
        "select count(*) from marts.rejected_rows where table_name = 'interactions' and scope = 'row'",
    ) == [(0,)]


def test_what_was_lost_is_built_when_it_is_allowed(tmp_path: Path, book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(book, "null_words", "interactions")
    put(book, "renamed_csm")
    assert "ALLOW_LOSS" not in os.environ
    monkeypatch.setenv("ALLOW_LOSS", "1")
    done = built(tmp_path, book)
    assert "171 rows of interactions name an id that accounts lacks" in done.errors
    # one CSM who stands twice is what a user reads first
    said = [line for line in done.errors.splitlines() if line.startswith(("csm ", "1 account"))]
    assert said[0].startswith("csm C02 appears more than once in csms, with different values: keep one row;")
    assert said[1].startswith("1 account with $315,100 of ARR has an assignment that was rejected")
