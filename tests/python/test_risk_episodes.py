"""Episodes in window SQL against a plain loop, on random accounts whose signals, flags, talks and churns coincide."""

import datetime as dt
import random
from dataclasses import dataclass, field

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rendered_sql import load, load_reference, run_models

START = dt.datetime(2025, 1, 6)
AS_OF = dt.date(2026, 1, 4)
LAPSE = dt.timedelta(days=90)
END = dt.datetime.combine(AS_OF, dt.time()) + dt.timedelta(days=1)
# Days on a coarse grid, with 90 days apart among them, so that instants meet.
GRID = (0, 1, 5, 30, 31, 60, 89, 90, 91, 120, 180, 181, 270, 300, 330, 360, 363)


@dataclass
class History:
    """What happened at one account, as offsets in days; `churn` is a whole day."""

    signals: list[float]
    flags: list[float] = field(default_factory=list)
    talks: list[float] = field(default_factory=list)
    churn: int | None = None


def at(day: float) -> dt.datetime:
    return START + dt.timedelta(days=day)


def episodes_by_loop(history: History) -> list[tuple]:
    """Emergence, detection, end, outcome and number of signals of each episode, signal by signal."""
    churn = None if history.churn is None else at(history.churn)
    left = sorted(moment for moment in map(at, history.signals) if churn is None or moment < churn)
    found = []
    while left:
        emerged = left[0]
        flags = [moment for moment in map(at, history.flags) if moment >= emerged]
        talks = [moment for moment in map(at, history.talks) if moment > emerged]
        aware = min(flags + talks, default=None)
        joined = [emerged]
        for moment in left[1:]:
            lapse = joined[-1] + LAPSE
            is_detected_before = aware is not None and aware < moment and aware <= lapse
            is_lapsed = moment > lapse or (moment == lapse and aware != moment)
            if is_detected_before or is_lapsed:
                break
            joined.append(moment)
        left = left[len(joined) :]
        lapse = joined[-1] + LAPSE
        if aware is not None and aware <= lapse and (churn is None or aware < churn):
            found.append((emerged, aware, aware, "detected", len(joined)))
        elif churn is not None and churn <= lapse and churn.date() <= AS_OF:
            found.append((emerged, None, churn, "churned", len(joined)))
        elif lapse.date() <= AS_OF:
            found.append((emerged, None, lapse, "lapsed", len(joined)))
        else:
            found.append((emerged, None, None, "open", len(joined)))
    return found


def episodes_by_sql(histories: list[History]) -> list[list[tuple]]:
    """The same from the models."""
    connection = duckdb.connect()
    load_reference(connection, "thresholds", "risk_signal_rules")
    load(connection, "int_clock", "as_of_date date", [(AS_OF,)])
    names = [f"A{number:05}" for number in range(len(histories))]
    accounts, signals, flags, talks = [], [], [], []
    for name, history in zip(names, histories, strict=True):
        churn = None if history.churn is None else at(history.churn)
        accounts.append((name, None if churn is None else churn.date()))
        signals += [
            (f"s|{name}|{place}", name, "C1", "ticket_escalation", "escalated", at(day), 3.0)
            for place, day in enumerate(history.signals)
            if churn is None or at(day) < churn
        ]
        flags += [(name, at(day)) for day in history.flags]
        talks += [(name, at(day), True) for day in history.talks]
        talks += [(name, at(day), False) for day in history.signals[:1]]
    load(connection, "stg_crm__accounts", "account_id text, churned_on date", accounts)
    load(
        connection,
        "int_risk_signals__owned",
        "signal_id text, account_id text, csm_id text, signal_type text, detector text, emerged_at timestamp, "
        "severity_score double",
        signals,
    )
    load(connection, "stg_crm__risk_flags", "account_id text, raised_at timestamp", flags)
    columns = "account_id text, started_at timestamp, is_meaningful boolean"
    load(connection, "int_interactions__completed", columns, talks)
    run_models(connection, "int_risk_signals__aware", "int_risk_signals__joined", "int_risk_episodes__ended")
    found: dict[str, list[tuple]] = {name: [] for name in names}
    query = """
        select account_id, emerged_at, detected_at, ended_at, outcome, signal_count
        from int_risk_episodes__ended order by account_id, emerged_at
    """
    for account_id, *episode in connection.execute(query).fetchall():
        found[account_id].append(tuple(episode))
    connection.close()
    return [found[name] for name in names]


NAMED = {
    "flag at the very instant": History([10], flags=[10]),
    "talk at the very instant is none": History([10], talks=[10]),
    "talk just after": History([10], talks=[10, 10.00001]),
    "flag before is none": History([10], flags=[9.99]),
    "signal at the instant of detection joins": History([10, 12], talks=[12]),
    "signal after detection opens": History([10, 12.00001], talks=[12]),
    "conversations that are signals detect one another in pairs": History([1, 2, 3, 4, 5], talks=[1, 2, 3, 4, 5]),
    "a flag breaks the pairs": History([1, 2, 3, 4, 5], flags=[2], talks=[1, 2, 3, 4, 5]),
    "day 89 joins": History([0, 89]),
    "day 90 opens": History([0, 90]),
    "day 91 opens": History([0, 91]),
    "detected at the very lapse": History([0], talks=[90]),
    "detected after the lapse is none": History([0], talks=[90.00001]),
    "detected and signalled at the very lapse": History([0, 90], talks=[90]),
    "detected in time only since a signal joined": History([0, 60], talks=[120]),
    "churn before the talk": History([0], talks=[10], churn=10),
    "churn a day after the talk": History([0], talks=[10], churn=11),
    "churn at the lapse": History([0], churn=90),
    "churn after the lapse": History([0], churn=91),
    "open": History([300]),
    "lapse on the last day": History([273.5]),
    "lapse at the end of the last day is not yet known": History([274]),
}


@pytest.mark.parametrize("name", NAMED)
def test_named_sequences_are_as_by_hand(name: str) -> None:
    assert episodes_by_sql([NAMED[name]]) == [episodes_by_loop(NAMED[name])]


def test_pairs_and_edges_by_hand() -> None:
    """The loop itself, where it could err: written out."""
    pairs = episodes_by_loop(NAMED["conversations that are signals detect one another in pairs"])
    assert [(row[0], row[1], row[4]) for row in pairs[:2]] == [(at(1), at(2), 2), (at(3), at(4), 2)]
    assert (pairs[2][0], pairs[2][3]) == (at(5), "lapsed")
    assert [row[4] for row in episodes_by_loop(NAMED["day 89 joins"])] == [2]
    assert [row[2:4] for row in episodes_by_loop(NAMED["day 90 opens"])] == [(at(90), "lapsed"), (at(180), "lapsed")]
    assert episodes_by_loop(NAMED["detected at the very lapse"])[0][1:4] == (at(90), at(90), "detected")
    assert episodes_by_loop(NAMED["churn at the lapse"])[0][2:4] == (at(90), "churned")


def random_history(rng: random.Random) -> History:
    """A few of everything, mostly on the grid, sometimes a second beside it."""

    def days(most: int) -> list[float]:
        return [rng.choice(GRID) + rng.choice((0, 0, 0, 0, 1 / 86400, 0.5)) for _ in range(rng.randint(0, most))]

    signals = days(7) or [1.0]
    talks = days(5)
    if rng.random() < 0.5:  # bad conversations: signals that are talks
        talks += rng.sample(signals, rng.randint(1, len(signals)))
    return History(signals, days(2), talks, rng.choice((None, None, *GRID[3:])))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_random_histories_have_the_episodes_of_the_loop(seed: int) -> None:
    rng = random.Random(seed)
    histories = [random_history(rng) for _ in range(1500)]
    found = episodes_by_sql(histories)
    for history, episodes in zip(histories, found, strict=True):
        assert episodes == episodes_by_loop(history), history
    outcomes = {episode[3] for episodes in found for episode in episodes}
    assert outcomes == {"detected", "churned", "lapsed", "open"}


moments = st.lists(st.sampled_from(GRID), max_size=6)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(
        st.builds(
            History,
            signals=st.lists(st.sampled_from(GRID), min_size=1, max_size=8),
            flags=moments,
            talks=moments,
            churn=st.one_of(st.none(), st.sampled_from(GRID[2:])),
        ),
        min_size=1,
        max_size=12,
    )
)
def test_any_history_has_the_episodes_of_the_loop(histories: list[History]) -> None:
    assert episodes_by_sql(histories) == [episodes_by_loop(history) for history in histories]
