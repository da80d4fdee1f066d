"""Product usage, tickets, surveys: what accounts do and say without their CSM."""

import numpy as np
import polars as pl

from book_of_business.simulate import vocabulary as words
from book_of_business.simulate.book import Book
from book_of_business.simulate.contracts import BITS
from book_of_business.simulate.episodes import Episodes
from book_of_business.simulate.ledger import Ledger
from book_of_business.simulate.settings import Settings
from book_of_business.simulate.streams import Streams
from book_of_business.simulate.team import Team

TICKET_RATE = np.array([0.33, 0.14, 0.035])
PRIORITY_SHARE = (0.25, 0.5, 0.2, 0.05)
SECOND_PRODUCT_SHARE = np.array([0.9, 0.3, 0.0])
LIGHT_DAYS_KEPT = 0.93
WEEKEND = 0.22
SURVEY_WEEKS = 26
EFFORT_SURVEY_WEEKS = 4
CSAT_SHARE = 0.12


def daily_usage(settings: Settings, book: Book, week: int, streams: Streams) -> pl.DataFrame:
    """One row per account and day for its first product: account, product, day, users, events.

    Integer noise instead of distributions: this is the largest table by far.
    """
    monday = settings.monday(week)
    rng = streams.get("usage", week)
    here = np.flatnonzero((book.customer_since < monday + 7) & (book.churned_on > monday)).astype(np.int32)
    base = (book.users[here] * book.usage_level[here]).astype(np.float32)
    noise = rng.integers(0, 256, (2, len(here), 7), dtype=np.uint8)
    rhythm = np.array([1, 1.03, 1.05, 1.02, 0.94, WEEKEND, WEEKEND], dtype=np.float32)
    users = np.rint(base[:, None] * rhythm * (0.82 + noise[0] * np.float32(0.36 / 255))).astype(np.int32)
    events = users * (2 + noise[1] % 7)
    day = np.tile(np.arange(monday, monday + 7, dtype=np.int32), len(here))
    account = np.repeat(here, 7)
    inside = (day >= book.customer_since[account]) & (day < book.churned_on[account])
    frame = pl.DataFrame({
        "account": account, "product": np.zeros(len(account), dtype=np.int8), "day": day,
        "users": users.ravel(), "events": events.ravel().astype(np.int32),
    })  # fmt: skip
    return frame if inside.all() else frame.filter(pl.Series(inside))


def light_usage(settings: Settings, book: Book, week: int, streams: Streams) -> pl.DataFrame:
    """One usage day a week per account, two products for large ones. Columns as `daily_usage`."""
    monday = settings.monday(week)
    rng = streams.get("usage", week)
    frames = []
    draws = rng.random((2, book.count))
    for place in range(2):
        owned = (book.products[:, None] & BITS) > 0
        product = np.argmax(np.cumsum(owned, axis=1) > place, axis=1)  # the first and second owned
        has = owned.sum(axis=1) > place
        day = monday + (book.phase + 2 * place) % 5
        here = has & (book.customer_since <= day) & (book.churned_on > day) & (draws[place] < LIGHT_DAYS_KEPT)
        if place == 1:
            here &= (book.phase % 100) / 100 < SECOND_PRODUCT_SHARE[book.segment]
        rate = book.users * book.usage_level * (1.0 if place == 0 else 0.5)
        users = rng.poisson(np.round(rate, 4))
        events = users * (3 + rng.integers(0, 5, book.count))
        rows = np.flatnonzero(here & (users > 0))
        frames.append(pl.DataFrame({
            "account": rows.astype(np.int32), "product": product[rows].astype(np.int8),
            "day": day[rows].astype(np.int32), "users": users[rows].astype(np.int32),
            "events": events[rows].astype(np.int32),
        }))  # fmt: skip
    return pl.concat(frames).sort("account", "day", maintain_order=True)


def tickets(settings: Settings, book: Book, episodes: Episodes, week: int, streams: Streams) -> pl.DataFrame:
    """Tickets opened in the week: account, opened, priority, escalated, resolved (seconds; -1: null)."""
    monday = settings.monday(week)
    rng = streams.get("tickets", week)
    here = (book.stage >= 0) & (book.customer_since <= monday) & (book.churned_on > monday + 6)
    hot = episodes.has(words.TICKET_ESCALATION)
    rate = TICKET_RATE[book.segment] * np.where(book.stage == words.ONBOARDING, 1.8, 1.0) * np.where(hot, 3.0, 1.0)
    account = np.repeat(np.arange(book.count, dtype=np.int32), rng.poisson(rate * here))
    count = len(account)
    opened = (monday + rng.integers(0, 5, count)) * 86400 + rng.integers(6 * 60, 20 * 60, count) * 60
    priority = np.searchsorted(np.cumsum(PRIORITY_SHARE)[:-1], rng.random(count) ** np.where(hot[account], 0.45, 1.0))
    escalates = rng.random(count) < np.where(hot[account], 0.42, 0.03)
    escalated = np.where(escalates, opened + np.round(rng.gamma(2.0, 12.0, count) * 3600).astype(np.int64) + 600, -1)
    taken = np.round(rng.gamma(1.3, np.array([60, 40, 24, 10])[priority]) * 3600).astype(np.int64) + 1200
    resolved = np.maximum(opened + taken, escalated + 3600)
    end = settings.end_day * 86400
    return pl.DataFrame({
        "account": account, "opened": opened, "priority": priority.astype(np.int8),
        "escalated": np.where(escalated >= end, -1, escalated), "resolved": np.where(resolved >= end, -1, resolved),
    }).sort("opened", "account", maintain_order=True)  # fmt: skip


class Surveys:
    """Answers of customers (CSAT after tickets, NPS twice a year) and of CSMs (perceived load)."""

    def __init__(self, settings: Settings, team: Team, book: Book, streams: Streams) -> None:
        self.settings, self.team, self.book, self.streams = settings, team, book, streams
        self.responses = Ledger(account=np.int32, responded_on=np.int32, survey=np.int8, score=np.int8)
        self.effort = Ledger(csm=np.int32, surveyed_on=np.int32, perceived=np.int8)
        self._last_csat = np.full(book.count, -1, dtype=np.int32)

    def step(self, week: int, opened: pl.DataFrame, load: np.ndarray) -> None:
        """The answers of a week; `load` is each CSM's true load ratio."""
        book, team, monday = self.book, self.team, self.settings.monday(week)
        rng = self.streams.get("surveys", week)
        feeling = (book.health - 70) / 12
        asked = opened.filter((opened["resolved"] >= 0) & pl.Series(rng.random(len(opened)) < CSAT_SHARE))
        account = asked["account"].to_numpy()
        day = (asked["resolved"].to_numpy() // 86400 + 1).astype(np.int32)
        alive = (day < self.settings.end_day) & (day > self._last_csat[account]) & (book.churned_on[account] > day)
        first = np.unique(account[alive], return_index=True)[1]  # one answer per account and day
        account, day = account[alive][first], day[alive][first]
        self._last_csat[account] = day
        score = np.clip(np.round(3.9 + 0.55 * feeling[account] + 0.7 * rng.standard_normal(len(account))), 1, 5)
        self.responses.append(account=account, responded_on=day, survey=0, score=score)
        due = (book.phase + week) % SURVEY_WEEKS == 0
        answers = rng.random(book.count) < np.array([0.7, 0.5, 0.22])[book.segment]
        here = (book.customer_since < monday - 60) & (book.churned_on > monday + 6) & (book.stage >= 0)
        account = np.flatnonzero(due & answers & here)
        score = np.clip(np.round(7.6 + 1.5 * feeling[account] + 1.2 * rng.standard_normal(len(account))), 0, 10)
        day = monday + rng.integers(0, 5, len(account))
        self.responses.append(account=account, responded_on=day, survey=1, score=score)
        if week % EFFORT_SURVEY_WEEKS == EFFORT_SURVEY_WEEKS - 1:
            people = np.flatnonzero(team.is_free[:, week, 3])
            felt = (
                1.2
                + 5.6 * load[people] / np.maximum(team.availability[people, week] ** -1, 1)
                + team.survey_bias[people]
            )
            felt = np.clip(np.round(felt + 0.5 * rng.standard_normal(len(people))), 1, 10)
            self.effort.append(csm=people, surveyed_on=monday + 3, perceived=felt)
