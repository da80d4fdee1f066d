"""Increments equal a full build, whatever a delivery brings: what is known to go wrong, named.

Each chain begins with deep changes and ends with recent ones, so that what an early step got wrong is still there when
the last marts are held against a build from nothing. `make test` plays the first chain; INCREMENTS=long all of them.
"""

import os
import shutil
from datetime import timedelta
from pathlib import Path
from random import Random

import duckdb
import pytest

from .books import ROOT, Book
from .compare import compare_files
from .early_rows import prepare
from .history import TRAPS, apply, begin
from .sequences import Player, begun, last_day, play, simulated_book

IS_LONG = os.environ.get("INCREMENTS") == "long"
SEED = int(os.environ.get("SEED", "33"))
WITHOUT_EVENTS = 45

SMALL = (
    # three weeks back, and killed: rows late, gone, twice, and a leave that was shorter
    "killed:weeks:1+late:product_usage:20+deleted:tickets:20+repeated:health_scores:differing"
    "+corrected:csm_absences.ends_on",
    # back-dated: history, an old conversation, a contract's amount, and an account whose children were there before it;
    # names that change rewrite nothing
    "weeks:1+reassigned:200+late:interactions:200+corrected:subscriptions.arr_usd+back:accounts+left:3"
    "+corrected:accounts.account_name+corrected:csms.csm_name",
)

CHAINS: dict[str, tuple[str, ...]] = {
    "weeks_arrive": ("weeks:4", "weeks:1", "same", "rewritten", "weeks:1"),
    "rows_come_before_the_first_week": (
        "late:interactions:first",
        "late:health_scores:first",
        "late:product_usage:first",
        "late:tickets:first",
        "deleted:interactions:first",
        "weeks:1",
    ),
    "rows_come_200_days_late": (
        "late:interactions:200+late:action_items:200",
        "late:interaction_participants:200+late:interaction_topics:200",
        "late:health_scores:200+late:product_usage:200+late:tickets:200",
        "late:lifecycle_stage_changes:200+late:opportunities:200",
        "weeks:1",
    ),
    "rows_come_20_days_late": (
        *(f"late:{table}:20" for table in ("interactions", "action_items", "health_scores", "product_usage")),
        *(f"late:{table}:20" for table in ("tickets", "time_entries", "risk_flags", "renewals", "survey_responses")),
        "weeks:1",
    ),
    "tickets_are_escalated_before_they_are_opened": ("escalated_early", "escalated_early", "weeks:1"),
    "rows_go": (
        "deleted:interactions:200",
        "deleted:health_scores:200",
        "week_gone:product_usage",
        "week_gone:interactions",
        "deleted:subscriptions",
        "deleted:interactions:20",
        "deleted:action_items:20",
        "weeks:1",
    ),
    "tables_vanish_and_appear": (
        "vanished:health_scores",
        "appeared:health_scores",
        "emptied:tickets",
        "back:tickets",
        "vanished:interaction_topics",
        "appeared:interaction_topics",
        "weeks:1",
    ),
    "amounts_dates_and_levels_are_corrected": (
        "corrected:subscriptions.arr_usd",
        "corrected:subscriptions.starts_on",
        "corrected:subscriptions.cancelled_on",
        "corrected:lifecycle_stage_changes.entered_on",
        "corrected:opportunities.closed_on",
        "corrected:interactions.sentiment_score",
        "corrected:interactions.csm_id",
        "corrected:interactions.started_at",
        "corrected:health_scores.health_score",
        "corrected:tickets.escalated_at",
        "corrected:csm_absences.ends_on",
        "weeks:1",
    ),
    "people_and_accounts_come_and_go": (
        "corrected:accounts.segment",
        "corrected:csms.team",
        "corrected:contacts.contact_role",
        "hired:200",
        "won:200",
        "left:100",
        "reassigned:200",
        "corrected:accounts.churned_on",
        "hired:5",
        "won:3",
        "reassigned:3",
        "left:3",
        "weeks:1",
    ),
    "parents_are_missing_and_arrive": (
        "orphaned:accounts",
        "back:accounts",
        "orphaned:csms",
        "back:csms",
        "orphaned:interactions",
        "back:interactions",
        "orphaned:contacts",
        "back:contacts",
        "weeks:1",
    ),
    "keys_are_repeated": (
        "repeated:interactions:identical",
        "repeated:interactions:differing",
        "repeated:accounts:differing",
        "repeated:health_scores:differing",
        "repeated:account_assignments:differing",
        "repeated:csms:differing",
        "weeks:1",
    ),
    "reference_rows_change": (
        "reference:thresholds:unmonitored_days",
        "reference:effort_weights:150",
        "reference:interaction_types",
        "reference:touch_cadences",
        "weeks:1",
    ),
    "the_clock_moves": ("as_of:-1", "as_of:-10", "as_of:11", "as_of:2", "as_of:derived", "weeks:1"),
    "builds_are_killed": (
        "killed:late:interactions:200",
        "late:health_scores:20",
        "killed:weeks:1",
        "killed:late:tickets:20",
        "killed:same",
        "killed:corrected:interactions.sentiment_score",
        "weeks:1",
    ),
}


def test_a_late_row_a_gone_row_and_a_killed_build_leave_what_a_full_build_gives(tmp_path: Path) -> None:
    history = begun(tmp_path, "simulated", SEED, weeks_left=3, has_own_project=False)
    hidden = next(row for row in history.rows["accounts"] if (row.values["customer_since"] or "") < str(history.first))
    hidden.is_withheld = True
    player = Player(history, tmp_path, "arrivals", SEED)
    for name in ("begin", *SMALL):
        stale = tmp_path / "stale.duckdb"
        if player.last:
            shutil.copy(player.last.published, stale)
        player.step(name)
    assert not player.check(), str(player.played)
    assert player.last
    # The comparison can fail: marts of the step before are not those of now.
    assert compare_files(stale, player.last.published)
    assert keeps_weeks(player), f"every step built everything: this proves nothing\n{player.played}"
    assert {"health_scores", "interactions"} <= grown_tables(player), "what was checked before was checked again"


@pytest.mark.skipif(not IS_LONG, reason="minutes: make prove-increments")
def test_a_book_without_counts_of_events_can_grow(tmp_path: Path) -> None:
    """Whether events begin to be counted is asked of every build after the first: of this book only users are.

    All of its tables come as folders: then none is compared by its rows alone.
    """
    player = Player(
        begun(tmp_path, "random", WITHOUT_EVENTS, has_own_project=False), tmp_path, "folders", WITHOUT_EVENTS
    )
    player.step("begin")
    grown = player.step("weeks:1")
    assert grown, "nothing arrived"
    assert grown.exit_code == 0, grown.log


def keeps_weeks(player: Player) -> bool:
    """Whether the last build kept earlier weeks, as it says itself."""
    assert player.last
    with duckdb.connect(str(player.last.working), read_only=True) as connection:
        return connection.execute("select not is_full from raw.rebuild").fetchone() == (True,)


def grown_tables(player: Player) -> set[str]:
    """Tables of which the last build went through the new files alone."""
    assert player.last
    with duckdb.connect(str(player.last.working), read_only=True) as connection:
        found = connection.execute("select table_name from raw.changed_tables where has_only_grown").fetchall()
    return {name for (name,) in found}


@pytest.mark.skipif(not IS_LONG, reason="half an hour: make prove-increments")
@pytest.mark.parametrize("form", ["csv", "arrivals"])
@pytest.mark.parametrize("chain", CHAINS)
def test_chain(chain: str, form: str, tmp_path: Path) -> None:
    played = play(tmp_path, "simulated", SEED, CHAINS[chain], form)
    assert not played.differences, str(played)


EARLY_ROWS = ("early_segment", "early_roles", "first_renewal", "first_event_count", "weeks:1")


@pytest.mark.skipif(not IS_LONG, reason="half an hour: make prove-increments")
@pytest.mark.parametrize("names", [EARLY_ROWS, ("no_sentiment", "first_sentiment", "weeks:1")])
def test_rows_that_matter_before_their_own_date(names: tuple[str, ...], tmp_path: Path) -> None:
    history = begun(tmp_path, "simulated", SEED, has_own_project=False)
    prepare(history)
    player = Player(history, tmp_path, "csv", SEED)
    for name in ("begin", *names):
        player.step(name)
    assert not player.check(), str(player.played)


@pytest.mark.parametrize("name", TRAPS)
def test_each_step_finds_something_to_do(name: str, book: Book, tmp_path: Path) -> None:
    """A step that changes nothing proves nothing."""
    root = ROOT
    if name.startswith("reference"):
        root = tmp_path
        shutil.copytree(ROOT / "seeds" / "reference", root / "seeds" / "reference")
    day = last_day(book) - timedelta(days=14)
    tries = (apply(begin(book, day, root), name, Random(attempt)) for attempt in range(20))
    assert any(tries) or name in IMPOSSIBLE


IMPOSSIBLE = {
    # the simulator leaves these empty, or the table has nothing but its key; contracts have a test of their own
    "corrected:csms.productive_hours_per_week",
    "corrected:risk_flags.csm_id",
    "corrected:subscriptions.contract_id",
    "corrected:subscriptions.renews_subscription_id",
    "corrected:transcripts.ended_seconds",
    "corrected:transcripts.speaker_side",
    "corrected:transcripts.started_seconds",
    "repeated:interaction_participants:differing",
}


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Book:
    return simulated_book(tmp_path_factory.mktemp("book"), SEED, weeks=40)
