"""One run: the weekly steps in order, each table written as it comes."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import polars as pl

from book_of_business.simulate import conversations, emit, signals, touchpoints
from book_of_business.simulate.book import build_book
from book_of_business.simulate.contacts import Contacts
from book_of_business.simulate.contracts import Contracts
from book_of_business.simulate.effort import (
    Conversations,
    Load,
    expected_minutes,
    measure_levels,
    measure_load,
    time_entries,
    weigh,
)  # fmt: skip
from book_of_business.simulate.episodes import OUTCOMES, Episodes
from book_of_business.simulate.lifecycle import Health, Lifecycle
from book_of_business.simulate.ownership import Ownership
from book_of_business.simulate.pipeline import Pipeline
from book_of_business.simulate.settings import Settings
from book_of_business.simulate.sink import Sink
from book_of_business.simulate.streams import Streams
from book_of_business.simulate.team import Team, build_team
from book_of_business.simulate.truth import Truth

LOAD_LAG_WEEKS = 13
TRANSCRIPT_COUNT = 130  # about so many talks are transcribed, whatever the size


class Simulation:
    """All state of a run. `step` does one week and returns its event frames.

    A lean run leaves out topics, transcripts and use of products, on which nothing else depends: twice as fast.
    """

    def __init__(self, settings: Settings, is_lean: bool = False) -> None:
        self.settings, streams = settings, Streams(settings.seed)
        self.is_lean = is_lean
        self.streams = streams
        self.team: Team = build_team(settings, streams)
        self.book = build_book(settings, self.team, streams)
        self.contacts = Contacts(settings, self.book, streams)
        self.ownership = Ownership(settings, self.team, self.book, streams)
        self.contracts = Contracts(settings, self.book, streams)
        self.episodes = Episodes(settings, self.book, streams)
        self.pipeline = Pipeline(settings, self.team, self.book, streams)
        self.lifecycle = Lifecycle(settings, self.book, streams)
        self.health = Health(settings, self.book, streams)
        self.talks = Conversations(self.book.count)
        self.surveys = signals.Surveys(settings, self.team, self.book, streams)
        self.loads = np.zeros((settings.weeks, self.team.count))
        self.load: Load | None = None

    def _book_load(self, week: int) -> np.ndarray:
        """Load ratio, in a week, of the book that each account is in now; 0.8 where unknown."""
        if week < 0:
            return np.full(self.book.count, 0.8)
        load = np.where(self.loads[week] > 0, np.clip(self.loads[week], 0, 2.5), 0.8)
        return np.where(self.book.csm >= 0, load[self.book.csm], 0.8)

    def step(self, week: int) -> tuple[touchpoints.Touches, dict[str, pl.DataFrame], np.ndarray]:
        """One week. Returns its interactions, its event frames and the expected minutes per account."""
        settings, team, book = self.settings, self.team, self.book
        monday, streams = settings.monday(week), self.streams
        last = self._book_load(week - 1)
        gone = self.contracts.step(
            week, self._book_load(max(week - LOAD_LAG_WEEKS, min(week, 1) - 1)), self.episodes.in_trouble
        )
        self.ownership.step(week)
        self.lifecycle.start(week)
        self.ownership.close(gone, book.churned_on[gone])
        self.episodes.close(gone, book.churned_on[gone], OUTCOMES.index("churned"))
        self.episodes.step(week, last)
        self.pipeline.step(week, self.contracts, self.episodes)
        self.lifecycle.step(week, self.episodes)
        frames = {"health_scores": self.health.step(week, self.episodes)}
        frames["tickets"] = signals.tickets(settings, book, self.episodes, week, streams)
        rng = streams.get("interactions", week)
        planned = touchpoints.plan(settings, team, book, self.episodes, self.pipeline, last, week, rng)
        touches = touchpoints.settle(settings, team, book, self.episodes, week, planned, rng)
        rng = streams.get("conversations", week)
        frames["interaction_participants"] = conversations.participants(book, self.contacts, touches, rng)
        if not self.is_lean:
            frames["interaction_topics"] = conversations.topics(book, self.episodes, self.pipeline, touches, week, rng)
        frames["action_items"] = conversations.action_items(settings, book, touches, rng)
        if not self.is_lean:
            share = min(1.0, TRANSCRIPT_COUNT / (0.2 * settings.accounts * settings.weeks))
            frames["transcripts"] = conversations.transcripts(
                book, touches, frames["interaction_participants"], share, streams.get("transcripts", week)
            )
        self.talks.step(touches, frames["action_items"])
        book.levels = measure_levels(
            book, self.contacts, self.contracts, self.pipeline, self.health, self.talks, week, monday + 6
        )
        book.true_factor = weigh(book.levels, settings.world.multipliers, book.count)
        self.load = measure_load(settings, team, book, week)
        self.loads[week] = self.load.true_load
        minutes = expected_minutes(settings, team, book, self.load, week)
        if settings.world.has_time_entries:
            rng = streams.get("time_entries", week)
            frames["time_entries"] = time_entries(settings, team, book, touches, minutes, week, rng)
        if not self.is_lean:
            usage = signals.daily_usage if settings.has_daily_usage else signals.light_usage
            frames["product_usage"] = usage(settings, book, week, streams)
        self.surveys.step(week, frames["tickets"], self.load.true_load)
        return touches, frames, minutes


def simulate(
    settings: Settings,
    folder: Path,
    file_format: str = "csv",
    by_domain: bool = False,
    truth_folder: Path | None = None,
    progress: Callable[[int], None] = lambda week: None,
) -> dict[str, int]:
    """Run and write everything. Returns rows written per table. `progress` is told each finished week.

    Memory: state per account and what is kept to the end (subscriptions, stages, opportunities); the
    event tables are written week by week and let go.
    """
    run = Simulation(settings)
    keys = emit.Keys.of(settings, len(run.contacts.account))
    absent = () if settings.world.has_time_entries else ("time_entries",)
    truth = Truth(settings, keys, truth_folder, file_format) if truth_folder else None
    transcripts: list[pl.DataFrame] = []
    with Sink(folder, file_format, by_domain) as sink, ThreadPoolExecutor(1) as writer:

        def write(touches: touchpoints.Touches, frames: dict[str, pl.DataFrame], monday: int) -> None:
            transcripts.append(emit.transcript_rows(keys, frames.pop("transcripts"), keys.interaction))
            emit.write_week(sink.write, keys, run.book, touches, frames, monday)

        pending: Future[None] | None = None
        for week in range(settings.weeks):
            touches, frames, minutes = run.step(week)
            if pending:  # one week is written while the next is made: order and memory stay fixed
                pending.result()
            pending = writer.submit(write, touches, frames, settings.monday(week))
            if truth:
                truth.week(week, run.team, run.book, run.load, minutes)
            progress(week)
        if pending:
            pending.result()
        tables = emit.people(settings, keys, run.team, run.book, run.contacts, run.streams)
        tables |= emit.histories(
            keys, run.ownership, run.contracts, run.lifecycle, run.pipeline, run.episodes, run.surveys
        )
        tables["transcripts"] = pl.concat(transcripts)
        for table, frame in tables.items():
            sink.write(table, frame)
        sink.finish(absent)
        if truth:
            truth.finish(run.team, run.book, run.episodes)
        return sink.row_counts
