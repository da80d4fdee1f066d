"""Lines of contracts that matter before their own date: what another line says of them, and from when it is known.

`prepare` puts a case of each on file but for one row or value; the steps then deliver it, so that a build that trusts
the row's own date begins too late.
"""

from datetime import date, timedelta
from random import Random

from tests.increments.books import BEGINS
from tests.increments.history import History, Row, step
from tests.oracle.random_book import TextRow

TABLE = "subscriptions"
COLUMNS = ("contract_id", "signed_on", "renews_subscription_id")


def prepare(history: History) -> None:
    """Add a predecessor for each step below, each of an account and a product of its own."""
    columns = history.columns[TABLE]
    columns += [name for name in COLUMNS if name not in columns]
    for row in history.rows[TABLE]:
        row.values |= {name: row.values.get(name) for name in COLUMNS}
    add(history, "ramp_1", 0, -300, -20, contract_id="ramp")
    add(history, "dangling_1", 1, -320, -60)
    add(history, "dangling_2", 1, -60, 300, signed_on=-200, renews_subscription_id="not_there")
    add(history, "ahead_1", 2, -320, 60)
    add(history, "linked_1", 3, -300, 50)
    # too small to be more than a line beside the other
    add(history, "linked_2", 3, -100, 400, arr_usd="200000")
    add(history, "monthly_1", 4, -37, -7)


def add(history: History, name: str, number: int, starts: int, ends: int, **values: str | int) -> Row:
    """A line of the account of that number, with days counted from the horizon."""

    def on(days: str | int) -> str:
        return (history.horizon + timedelta(days=int(days))).isoformat()

    known = {key: on(value) if key == "signed_on" else str(value) for key, value in values.items()}
    line: TextRow = dict.fromkeys(history.columns[TABLE])
    line |= {
        "subscription_id": name,
        "account_id": customers(history)[number],
        "product": name.rpartition("_")[0],
        "arr_usd": "1000000",
        "starts_on": on(starts),
        "ends_on": on(ends),
        **known,
    }
    row = Row(line)
    history.rows[TABLE].append(row)
    return row


def customers(history: History) -> list[str]:
    """Who is one all the time."""
    first = date.min.isoformat()
    return sorted(
        str(row.values["account_id"])
        for row in history.shown("accounts")
        if not row.values.get("churned_on")
        and (row.values[BEGINS["accounts"]] or first) < (history.horizon - timedelta(days=340)).isoformat()
    )


@step
def step_comes_late(history: History, _: Random, __: list[str]) -> str:
    """A step of a contract arrives: it was known from the contract's first start, and so was the end before it."""
    add(history, "ramp_2", 0, -20, 200, contract_id="ramp")
    return "the second step of a contract that began 300 days ago"


@step
def link_leads_somewhere(history: History, _: Random, __: list[str]) -> str:
    """The line that a link names arrives: what was taken for a successor since its signature is that of another."""
    add(history, "elsewhere_1", 5, -5, 300).values["subscription_id"] = "not_there"
    return "the line that one signed 200 days ago renews"


@step
def signed_ahead(history: History, _: Random, __: list[str]) -> str:
    """A line arrives that was signed long before it starts."""
    add(history, "ahead_2", 2, 60, 400, signed_on=-150)
    return "a renewal signed 150 days ago that begins in 60"


@step
def linked_later(history: History, _: Random, __: list[str]) -> str:
    """A line that was on file beside another turns out to renew it."""
    row = next(row for row in history.shown(TABLE) if row.values["subscription_id"] == "linked_2")
    row.values["renews_subscription_id"] = "linked_1"
    return "the link of a line that began 100 days ago"


@step
def goes_on_inclusively(history: History, _: Random, __: list[str]) -> str:
    """A line arrives that begins on the Monday after the Sunday on which another ended: that Sunday counts."""
    add(history, "monthly_2", 4, -6, 24)
    return "a line that goes on the day after an end on a Sunday"
