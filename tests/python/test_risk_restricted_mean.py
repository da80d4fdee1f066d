"""The Kaplan-Meier restricted mean in SQL against lifelines, on the same episodes, with ties and competing churn."""

import datetime as dt
import random
import warnings

import duckdb
import pytest
from lifelines import KaplanMeierFitter
from lifelines.utils import restricted_mean_survival_time
from rendered_sql import load, load_reference, run_models

WEEK = dt.date(2025, 12, 29)
WEEK_END = dt.datetime(2026, 1, 5)
HORIZON = 90
EPISODE_COLUMNS = (
    "episode_id text, account_id text, csm_id text, signal_type text, emerged_at timestamp, detected_at timestamp, "
    "ended_at timestamp, detection_days double, outcome text, is_within_window boolean, "
    "intervention_window_days double"
)

Episode = tuple[dt.datetime, dt.datetime | None, dt.datetime | None, str]


def days(length: float) -> dt.timedelta:
    return dt.timedelta(days=length)


def measure(books: dict[str, list[Episode]], week: dt.date = WEEK) -> dict[str, tuple]:
    """Restricted mean and counts of each CSM at the end of the week, by the models."""
    connection = duckdb.connect()
    load_reference(connection, "thresholds")
    load(connection, "int_weeks", "week_start_date date", [(week,)])
    load(connection, "stg_crm__csms", "csm_id text, team text", [("C1", None)])
    rows = []
    for csm_id, episodes in books.items():
        for number, (emerged, detected, ended, outcome) in enumerate(episodes):
            taken = None if detected is None else (detected - emerged) / dt.timedelta(days=1)
            is_within = None if taken is None else taken <= 14
            spans = (emerged, detected, ended, taken, outcome, is_within, 14.0)
            rows.append((f"{csm_id}|{number}", "A", csm_id, "usage_decline", *spans))
    load(connection, "int_risk_episodes__ended", EPISODE_COLUMNS, rows)
    run_models(
        connection,
        "int_risk_episodes__followed",
        "int_risk_groups__counted",
        "int_risk_groups__averaged",
    )
    query = """
        select counted.group_name, averaged.restricted_mean_detection_days, counted.restricted_episode_count,
            counted.detected_episode_count, counted.mean_detection_days, counted.open_undetected_count,
            counted.mean_open_age_days, counted.within_window_count, counted.late_open_count
        from int_risk_groups__counted as counted left join int_risk_groups__averaged as averaged
            on counted.scope = averaged.scope and counted.group_name = averaged.group_name
        where counted.scope = 'csm'
    """
    found = {row[0]: row[1:] for row in connection.execute(query).fetchall()}
    connection.close()
    return found


def by_lifelines(episodes: list[Episode]) -> float:
    """As known at the end of the week: a churn unseen is never seen, a lapse or an open one leaves unseen."""
    lengths, seen = [], []
    for emerged, detected, ended, outcome in episodes:
        has_ended = ended is not None and ended < WEEK_END
        if has_ended and outcome == "churned":
            lengths.append(10.0 * HORIZON)
        else:
            last = (detected if outcome == "detected" else ended) if has_ended else WEEK_END
            lengths.append((last - emerged) / dt.timedelta(days=1))
        seen.append(has_ended and outcome == "detected")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # lifelines says that it goes on flat after the last one
        fitted = KaplanMeierFitter().fit(lengths, seen)
        return float(restricted_mean_survival_time(fitted, t=HORIZON))


def random_book(rng: random.Random, size: int, is_tied: bool) -> list[Episode]:
    """Episodes of the last year; tied ones are whole days apart, so that detections, lapses and ends meet."""
    book = []
    for _ in range(size):
        emerged = WEEK_END - days(rng.randint(1, 364) if is_tied else rng.uniform(0.001, 364))
        wait = float(rng.randint(0, 95)) if is_tied else rng.expovariate(1 / 30)
        outcome = rng.choice(("detected", "detected", "detected", "lapsed", "churned", "open"))
        if outcome == "lapsed":
            wait = 90.0
        ended = emerged + days(wait)
        if outcome == "open":
            book.append((emerged, None, None, "open"))
        else:
            book.append((emerged, ended if outcome == "detected" else None, ended, outcome))
    return book


@pytest.mark.parametrize("is_tied", [False, True])
def test_restricted_mean_equals_lifelines(is_tied: bool) -> None:
    rng = random.Random(11)
    books = {f"C{number}": random_book(rng, rng.choice((30, 31, 45, 120)), is_tied) for number in range(60)}
    found = measure(books)
    for csm_id, book in books.items():
        assert found[csm_id][0] == pytest.approx(by_lifelines(book), abs=1e-9), csm_id
        assert found[csm_id][1] == len(book)


def test_all_found_at_once_leaves_nobody_waiting() -> None:
    emerged = WEEK_END - days(200)
    book: list[Episode] = [(emerged, emerged + days(7), emerged + days(7), "detected")] * 30
    assert measure({"C1": book})["C1"][0] == pytest.approx(7, abs=1e-9)
    at_once: list[Episode] = [(emerged, emerged, emerged, "detected")] * 30
    assert measure({"C1": at_once})["C1"][0] == 0


def test_churn_unseen_is_never_seen_and_counts_to_the_horizon() -> None:
    """15 seen on day 10 and 15 churned on day 5: (15 x 10 + 15 x 90) / 30. Censored at the churn it would read 10."""
    emerged = WEEK_END - days(200)
    seen: list[Episode] = [(emerged, emerged + days(10), emerged + days(10), "detected")] * 15
    churned: list[Episode] = [(emerged, None, emerged + days(5), "churned")] * 15
    assert measure({"C1": seen + churned})["C1"][0] == pytest.approx(50, abs=1e-9)


@pytest.mark.parametrize(("size", "has_mean"), [(29, False), (30, True), (31, True)])
def test_fewer_than_thirty_episodes_have_no_restricted_mean(size: int, has_mean: bool) -> None:
    emerged = WEEK_END - days(100)
    book: list[Episode] = [(emerged, emerged + days(10), emerged + days(10), "detected")] * size
    mean, count, *_ = measure({"C1": book})["C1"]
    assert count == size
    assert (mean is not None) == has_mean


def test_trailing_days_are_half_open_and_a_week_knows_nothing_of_the_next() -> None:
    """Detected 30 days before the end counts, a second earlier does not; at the end itself it is still open."""
    second = dt.timedelta(seconds=1)
    first = WEEK_END - days(30)
    book: list[Episode] = [
        (first - days(10), first, first, "detected"),
        (first - days(20), first - second, first - second, "detected"),
        (WEEK_END - days(14), WEEK_END, WEEK_END, "detected"),
        (WEEK_END - days(15), WEEK_END - second, WEEK_END - second, "detected"),
        (WEEK_END - days(14) - second, None, None, "open"),
        (WEEK_END - days(90), None, WEEK_END, "lapsed"),
        (WEEK_END - days(91), None, WEEK_END - days(1), "lapsed"),
        (WEEK_END, None, None, "open"),
    ]
    _, recent, detected, mean, is_open, age, within, late = measure({"C1": book})["C1"]
    assert (recent, detected, is_open, within, late) == (7, 2, 3, 1, 2)
    assert mean == pytest.approx((10 + 15 - 1 / 86400) / 2, abs=1e-9)
    assert age == pytest.approx((14 + 14 + 1 / 86400 + 90) / 3, abs=1e-9)


def test_the_year_of_the_restricted_mean_is_half_open() -> None:
    first = WEEK_END - days(364)
    second = dt.timedelta(seconds=1)
    book: list[Episode] = [
        (first, None, first + days(90), "lapsed"),
        (first - second, None, first + days(89), "lapsed"),
    ]
    assert measure({"C1": [*book, (WEEK_END - days(1), None, None, "open")]})["C1"][1] == 2
