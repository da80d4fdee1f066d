"""The bundled book tells its story: what happens to whom, when, and how much it weighs."""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest
from simulate_contract import faults, read_tables

from book_of_business.simulate import vocabulary as words
from book_of_business.simulate.run import simulate
from book_of_business.simulate.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
DOMAINS = ("crm", "usage", "support", "interactions", "outcomes")
MAXIMUM_BYTES = 8_000_000
MAXIMUM_FILE_BYTES = 1_500_000
LAST_SUNDAY = dt.date(2026, 6, 28)
COUNTED = [item.name for item in words.INTERACTION_TYPES if item.is_meaningful]
MINUTES_APART = 10


@dataclass(frozen=True)
class Demo:
    folder: Path
    tables: dict[str, pl.DataFrame]
    truth: dict[str, pl.DataFrame]

    def who(self, role: str) -> str:
        """The CSM with a role in the story."""
        return self.truth["csms"].filter(pl.col("story_role") == role)["csm_id"].item()

    def weeks(self, csm_id: str, first: dt.date = dt.date.min, last: dt.date = dt.date.max) -> pl.DataFrame:
        """The weeks with capacity that begin in a span: account_count, load, is_over."""
        return self.truth["weeks"].filter(
            (pl.col("csm_id") == csm_id) & pl.col("week_start_date").is_between(first, last)
        )


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    folder = tmp_path_factory.mktemp("demo")
    simulate(Settings(world_name="demo"), folder / "book", by_domain=True, truth_folder=folder / "truth")
    truth = {
        path.stem.removeprefix("truth_"): pl.read_csv(path, try_parse_dates=True, infer_schema_length=None)
        for path in (folder / "truth").glob("*.csv")
    }
    accounts = truth["account_weeks"].group_by("csm_id", "week_start_date").agg(account_count=pl.len())
    truth["weeks"] = (
        truth["csm_weeks"]
        .filter(pl.col("target_capacity_hours") > 0)
        .join(accounts, on=["csm_id", "week_start_date"], how="left")
        .with_columns(load=pl.col("reference_load_ratio"), is_over=pl.col("reference_load_ratio") > 1)
        .sort("csm_id", "week_start_date")
    )
    return Demo(folder / "book", read_tables(folder / "book"), truth)


def test_the_committed_book_is_what_the_command_makes(demo: Demo) -> None:
    """`simulate seeds --world demo --by-domain --force`."""
    made = {path.relative_to(demo.folder): path for path in demo.folder.rglob("*.csv")}
    kept = {
        path.relative_to(ROOT / "seeds"): path for name in DOMAINS for path in (ROOT / "seeds" / name).glob("*.csv")
    }
    assert made.keys() == kept.keys()
    assert [str(name) for name in made if made[name].read_bytes() != kept[name].read_bytes()] == []
    sizes = [path.stat().st_size for path in kept.values()]
    assert sum(sizes) < MAXIMUM_BYTES
    assert max(sizes) < MAXIMUM_FILE_BYTES


def test_the_book_keeps_the_contract(demo: Demo) -> None:
    assert faults(demo.tables) == []


def test_some_are_over_capacity_for_weeks_and_nobody_always(demo: Demo) -> None:
    weeks = demo.truth["weeks"]
    assert 0.08 < weeks["is_over"].mean() < 0.18
    by_csm = weeks.group_by("csm_id").agg(pl.col("is_over").mean(), pl.col("load").median())
    assert by_csm["is_over"].max() < 0.5
    assert by_csm["load"].is_between(0.45, 1.05).all()
    usual = weeks.filter(pl.col("load").is_between(0.65, 1.0)).height / weeks.height
    assert usual > 0.5


def test_peers_are_over_capacity_while_one_is_on_leave(demo: Demo) -> None:
    absences = demo.tables["csm_absences"].filter(pl.col("reason") == "parental_leave")
    leave = absences.row(0, named=True)
    assert absences.height == 1
    assert leave["csm_id"] == demo.who("on_leave")
    assert (leave["ends_on"] - leave["starts_on"]).days > 14 * 7
    spans = demo.tables["account_assignments"]
    lent = spans.filter((pl.col("csm_id") == leave["csm_id"]) & (pl.col("unassigned_on") == leave["starts_on"]))
    back = spans.filter(
        (pl.col("csm_id") == leave["csm_id"]) & (pl.col("assigned_on") == leave["ends_on"] + dt.timedelta(days=1))
    )
    assert len(lent) >= 15
    assert set(back["account_id"]) <= set(lent["account_id"])
    assert len(back) >= 0.75 * len(lent), "the others churned"
    peers = set(lent.join(spans, on="account_id", suffix="_next")["csm_id_next"])
    during = [demo.weeks(csm_id, leave["starts_on"], leave["ends_on"])["is_over"].sum() for csm_id in peers]
    assert sum(weeks >= 6 for weeks in during) >= 2


def test_new_customers_bring_a_book_over_capacity_until_they_are_onboarded(demo: Demo) -> None:
    csm = demo.who("onboarding_wave")
    book = demo.truth["accounts"].filter(pl.col("first_csm_id") == csm)
    since = demo.tables["accounts"].join(book, on="account_id", how="semi")["customer_since"]
    new = since.filter(since.is_between(dt.date(2025, 9, 15), dt.date(2025, 10, 12)))
    assert len(new) >= 6
    first = new.min()
    before = demo.weeks(csm, dt.date(2025, 9, 8), first - dt.timedelta(days=7))
    during = demo.weeks(csm, first, first + dt.timedelta(days=90))
    after = demo.weeks(csm, dt.date(2026, 2, 16))
    assert before["load"].max() < 0.8
    assert during["is_over"].sum() >= 7
    assert after["load"].median() < 0.97


def test_a_book_outgrows_its_csm_without_a_new_account(demo: Demo) -> None:
    csm = demo.who("growing_book")
    before = demo.weeks(csm, dt.date(2025, 5, 1), dt.date(2025, 7, 31))
    after = demo.weeks(csm, dt.date(2025, 10, 1), dt.date(2026, 1, 31))
    assert after["account_count"].max() <= before["account_count"].max()
    assert after["load"].median() > before["load"].median() + 0.08
    assert after["is_over"].mean() > 0.7


def test_a_leavers_book_drowns_a_colleague(demo: Demo) -> None:
    leaver, heir = demo.who("leaver"), demo.who("drowning")
    left_on = demo.tables["csms"].filter(pl.col("csm_id") == leaver)["left_on"].item()
    assert left_on == dt.date(2026, 2, 9)
    spans = demo.tables["account_assignments"]
    left = spans.filter((pl.col("csm_id") == leaver) & (pl.col("unassigned_on") == left_on))
    after = spans.filter(pl.col("assigned_on") >= left_on).join(left, on="account_id", how="semi")
    assert after["csm_id"].n_unique() >= 3
    assert (after["csm_id"] == heir).sum() >= 3
    before, now = demo.weeks(heir, last=left_on - dt.timedelta(days=1)), demo.weeks(heir, left_on)
    assert before["is_over"].sum() <= 4
    assert now["is_over"].all()
    assert 1.15 < now["load"].median() < 1.4
    # a colleague has no fewer accounts and half that load
    easy = demo.weeks(demo.who("coasting"))
    assert easy["account_count"].last() >= now["account_count"].last()
    assert easy["load"].last() < 0.6 * now["load"].last()


def test_the_colleague_is_above_the_throughput_ceiling_for_three_weeks_after_and_not_before(demo: Demo) -> None:
    heir, left_on = demo.who("drowning"), dt.date(2026, 2, 9)
    held = demo.tables["interactions"].filter(
        (pl.col("csm_id") == heir) & (pl.col("status") == "completed") & pl.col("interaction_type").is_in(COUNTED)
    )
    weekly = held.group_by(pl.col("started_at").dt.date().dt.truncate("1w").alias("week")).len().sort("week")
    weekly = weekly.with_columns(three=pl.col("len").rolling_min(3) > words.REFERENCE_CEILINGS[0])
    assert weekly.filter(pl.col("week") < left_on)["three"].sum() <= 1
    assert weekly.filter(pl.col("week") >= left_on)["three"].sum() >= 2


def test_a_new_hire_takes_over_accounts_on_ramp(demo: Demo) -> None:
    csm = demo.who("new_hire")
    hired_on = demo.tables["csms"].filter(pl.col("csm_id") == csm)["hired_on"].item()
    assert 42 < (LAST_SUNDAY - hired_on).days < words.RAMP_DAYS
    spans = demo.tables["account_assignments"].filter(pl.col("csm_id") == csm)
    assert spans["assigned_on"].n_unique() >= 3
    heir = demo.who("drowning")
    given = demo.tables["account_assignments"].filter((pl.col("csm_id") == heir) & (pl.col("unassigned_on") > hired_on))
    assert given.join(spans, on="account_id", how="semi").height >= 1
    load = demo.weeks(csm)["load"]
    assert 0.6 < load.max() < 1.0
    assert load.last() < load.max() - 0.1, "the ramp makes room"


def test_a_renewal_peak_is_ahead_and_already_felt(demo: Demo) -> None:
    csm = demo.who("cliff")
    ours = demo.tables["account_assignments"].filter((pl.col("csm_id") == csm) & pl.col("unassigned_on").is_null())
    book = demo.tables["subscriptions"].join(ours, on="account_id", how="semi")
    book = book.filter(
        (pl.col("starts_on") <= LAST_SUNDAY)
        & (pl.col("ends_on").is_null() | (pl.col("ends_on") > LAST_SUNDAY))
        & pl.col("cancelled_on").is_null()
    )
    peak = book.filter(pl.col("ends_on").is_between(dt.date(2026, 7, 1), dt.date(2026, 9, 30)))
    assert peak["arr_usd"].sum() > 0.40 * book["arr_usd"].sum()
    assert demo.weeks(csm, dt.date(2026, 1, 5), dt.date(2026, 3, 29))["load"].median() < 0.95
    assert demo.weeks(csm, dt.date(2026, 6, 8))["is_over"].all()


def test_a_pooled_book_is_long_and_light(demo: Demo) -> None:
    weeks = demo.weeks(demo.who("pool"))
    assert weeks["account_count"].min() > 150
    assert weeks["load"].median() < 0.6


def test_no_two_meetings_of_an_account_look_like_one(demo: Demo) -> None:
    held = demo.tables["interactions"].filter((pl.col("status") == "completed") & pl.col("account_id").is_not_null())
    held = held.sort("csm_id", "account_id", "started_at").with_columns(
        apart=pl.col("started_at").diff().over("csm_id", "account_id").dt.total_minutes(),
        before=pl.col("duration_minutes").shift().over("csm_id", "account_id"),
    )
    assert held.filter(pl.col("apart") <= MINUTES_APART).is_empty()
    assert held.filter((pl.col("apart") - pl.col("before")).abs() <= MINUTES_APART).is_empty()
