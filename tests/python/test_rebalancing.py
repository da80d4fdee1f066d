"""Rebalancing: always an answer, never against a lock, no established relationship where a cheaper move does it."""

import json
import shutil
import subprocess
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from conftest import ROOT, Run, command, environment

from book_of_business.errors import UserError
from book_of_business.rebalancing import decisions, policies, proposal, what_if
from book_of_business.rebalancing.handover import file_name
from book_of_business.rebalancing.place import places
from book_of_business.rebalancing.problem import pods_of
from book_of_business.rebalancing.reading import Situation, frozen, read_freeze, read_situation
from book_of_business.rebalancing.rules import Rules, read_rules
from book_of_business.rebalancing.solving import exchanged, moved_count, solve
from book_of_business.rebalancing_check import check as checking

RULES = read_rules(ROOT)
SUNDAY = date(2026, 6, 28)
QUARTERS = [date(2026, 7, 1), date(2026, 10, 1), date(2027, 1, 1), date(2027, 4, 1)]
THRESHOLDS = {
    "target_load_ratio": 1.0,
    "renewal_cap_share": 0.4,
    "renewal_warn_share": 0.35,
    "risk_stacking_minimum_count": 3.0,
}


def csm(csm_id: str, capacity: float = 20.0, **more) -> dict:
    return {
        "csm_id": csm_id, "csm_name": f"Name {csm_id}", "role_tier": "enterprise_csm", "motion": "high_touch",
        "team": "North", "region": "emea", "languages": "en", "skills": None, "fte": 1.0, "is_pooled": False,
        "touch_ceiling_count": 130.0, "productive_hours_per_week": 20.0, "most_account_count": 50.0,
        "most_arr_usd": 1e9, "capacity_hours": capacity,
    } | more  # fmt: skip


def account(account_id: str, csm_id: str, hours: float, kind: str = "established", **more) -> dict:
    return {
        "account_id": account_id, "account_name": f"Account {account_id}", "csm_id": csm_id, "segment": "enterprise",
        "industry": None, "region": "emea", "language": "en", "arr_usd": 1000.0, "effort_hours": hours,
        "next_renewal_on": None, "owned_since_on": date(2024, 1, 1), "met_on": None, "met_owner_on": None,
        "is_red": False, "is_onboarding": False, "required_touch_count": 1.0, "required_hours_per_week": 0.1,
        "open_risk_count": 0, "relationship_class": kind, "lock_reason": None,
    } | more  # fmt: skip


ACCOUNT_SCHEMA = {
    **dict.fromkeys(("account_id", "account_name", "csm_id", "segment", "industry", "region", "language"), pl.String),
    **dict.fromkeys(("arr_usd", "effort_hours"), pl.Float64),
    **dict.fromkeys(("next_renewal_on", "owned_since_on", "met_on", "met_owner_on"), pl.Date),
    **dict.fromkeys(("is_red", "is_onboarding"), pl.Boolean),
    **dict.fromkeys(("required_touch_count", "required_hours_per_week"), pl.Float64),
    "open_risk_count": pl.Int64,
    **dict.fromkeys(("relationship_class", "lock_reason"), pl.String),
}


def situation(csms: list[dict], accounts: list[dict], renewals: list[tuple] = ()) -> Situation:
    return Situation(
        pl.DataFrame(accounts, schema=ACCOUNT_SCHEMA),
        pl.DataFrame(csms, infer_schema_length=None),
        pl.DataFrame(
            list(renewals),
            schema={"account_id": pl.String, "quarter_start_date": pl.Date, "renewing_arr_usd": pl.Float64},
            orient="row",
        ),
        THRESHOLDS,
        SUNDAY,
        "made up",
    )


def proposed(own: Situation, rules: Rules = RULES, max_moves: int | None = None) -> proposal.Proposal:
    pods = pods_of(own, rules)
    return proposal.propose(own, rules, pods, [solve(pod, rules.values["most_columns"], max_moves) for pod in pods])


def moved(made: proposal.Proposal) -> dict[str, str]:
    return dict(made.moves.select("account_id", "to_csm_id").iter_rows())


FULL = [
    account("a1", "c1", 9.0),
    account("a2", "c1", 9.0, "new"),
    account("a3", "c1", 9.0, "at_risk_not_engaged"),
    account("b1", "c2", 2.0),
]


def test_a_new_account_moves_before_one_at_risk_and_that_before_an_established_one() -> None:
    made = proposed(situation([csm("c1"), csm("c2")], FULL))
    assert moved(made) == {"a2": "c2"}
    row = made.books.filter(pl.col("csm_id") == "c1").row(0, named=True)
    assert (row["load_ratio_before"], row["load_ratio_after"], row["load_ratio_limit"]) == (1.35, 0.9, 1.0)
    assert "Name c1 is above its limit for load (135% of 100%)" in made.moves["reason"][0]
    assert "has not met them yet" in made.moves["reason"][0]
    without_new = situation(
        [csm("c1"), csm("c2")], [each for each in FULL if each["account_id"] != "a2"] + [account("a4", "c1", 9.0)]
    )
    assert moved(proposed(without_new)) == {"a3": "c2"}


def test_a_lock_a_named_account_and_a_pooled_book_stay() -> None:
    locked = [dict(each, lock_reason="it renews soon") if each["account_id"] == "a2" else each for each in FULL]
    assert moved(proposed(situation([csm("c1"), csm("c2")], locked))) == {"a3": "c2"}
    named = frozen(situation([csm("c1"), csm("c2")], FULL), {"a2", "a3"}, "somebody named it")
    assert moved(proposed(named)) == {"a1": "c2"}
    with pytest.raises(UserError, match="no active account nobody"):
        frozen(named, {"nobody"}, "x")
    pool = [csm("c1", is_pooled=True, fte=2.0), csm("c2")]
    assert moved(proposed(situation(pool, FULL))) == {}


def test_a_move_stays_within_team_and_motion() -> None:
    assert moved(proposed(situation([csm("c1"), csm("c2", team="South")], FULL))) == {}
    assert moved(proposed(situation([csm("c1"), csm("c2", motion="hybrid")], FULL))) == {}


@pytest.mark.parametrize(("hours", "moves"), [(10.0, 0), (10.01, 1)])
def test_a_book_at_its_limit_is_left_alone(hours: float, moves: int) -> None:
    own = situation([csm("c1"), csm("c2")], [account("a1", "c1", 10.0), account("a2", "c1", hours, "new")])
    assert proposed(own).moves.height == moves


def test_renewals_of_one_quarter_are_spread_and_the_share_is_of_the_book() -> None:
    accounts = [account(f"a{n}", "c1", 1.0, "new") for n in range(4)] + [account(f"b{n}", "c2", 1.0) for n in range(4)]
    due = [(f"a{n}", QUARTERS[0], 1000.0) for n in range(2)] + [("a2", QUARTERS[1], 1000.0)]
    made = proposed(situation([csm("c1"), csm("c2")], accounts, due))
    row = made.books.filter(pl.col("csm_id") == "c1").row(0, named=True)
    assert row["peak_renewal_share_before"] == 0.5
    assert row["peak_renewal_share_after"] <= 0.4
    assert made.moves.height == 1


def test_an_account_that_nobody_owns_gets_an_owner_and_is_no_move_of_a_relationship() -> None:
    own = situation(
        [csm("c1"), csm("c2")], [*FULL[:1], account("h1", "unassigned", 3.0, "new"), account("b1", "c2", 19.0)]
    )
    made = proposed(own)
    assert moved(made) == {"h1": "c1"}
    assert made.moves["from_csm_id"].to_list() == ["unassigned"]
    assert sum(moved_count(pod, found.assignment) for pod, found in zip(made.pods, made.solutions, strict=True)) == 0


def test_what_does_not_fit_costs_and_is_done_only_where_it_must() -> None:
    csms = [csm("c1"), csm("c2", languages="en"), csm("c3", languages="de;en")]
    accounts = [account("a1", "c1", 15.0), account("a2", "c1", 15.0, "new", language="de")]
    assert moved(proposed(situation(csms, accounts))) == {"a2": "c3"}


def test_missed_limits_say_which_of_three_reasons() -> None:
    whole = proposed(situation([csm("c1"), csm("c2")], [account(f"a{n}", "c1", 15.0) for n in range(3)]))
    tiers = dict(whole.missed_limits.filter(pl.col("limit") == "load_ratio").select("csm_id", "tier").iter_rows())
    assert set(tiers.values()) == {"arithmetic"}
    assert whole.missed_limits["best_possible_value"][0] == pytest.approx(45 / 40)
    one = situation([csm("c1"), csm("c2")], [account("a1", "c1", 30.0, lock_reason="it renews soon")])
    [row] = proposed(one).missed_limits.filter(pl.col("limit") == "load_ratio").to_dicts()
    assert (row["tier"], row["best_possible_value"]) == ("one_book", 1.5)
    cheap = replace(RULES, prices=RULES.prices | {"load": 1.0})
    dear = proposed(situation([csm("c1"), csm("c2")], [account("a1", "c1", 15.0), account("a2", "c1", 15.0)]), cheap)
    [row] = dear.missed_limits.filter(pl.col("limit") == "load_ratio").to_dicts()
    assert row["tier"] == "price"
    assert "with +1 moves" in row["sentence"]


def test_fewer_moves_where_that_is_asked() -> None:
    accounts = [account(f"a{n}", "c1", 5.0, "new") for n in range(8)]
    own = situation([csm("c1"), csm("c2"), csm("c3")], accounts)
    assert proposed(own).moves.height == 4
    assert proposed(own, max_moves=2).moves.height == 2
    assert proposed(own, max_moves=0).moves.height == 0


SHOCKS = [csm("c1", 20.0), csm("c2", 20.0), csm("c3", 20.0)]
CALM = [account(f"{c}{n}", f"c{c}", 6.0) for c in (1, 2, 3) for n in range(3)]


def test_a_departure_hands_every_account_on() -> None:
    """Three books of 18 of 20 hours; one leaves: 54 hours on 40, 27 each at the least."""
    gone = what_if.depart(situation(SHOCKS, CALM), RULES, "c1", "2026-07-15")
    made = proposed(gone)
    assert set(moved(made)) == {"10", "11", "12"}
    assert set(made.moves["from_csm_id"]) == {"c1"}
    after = made.books.filter(pl.col("csm_id") != "c1")["load_ratio_after"].to_list()
    assert sorted(after) == [1.2, 1.5]
    with pytest.raises(UserError, match="coming quarter"):
        what_if.depart(situation(SHOCKS, CALM), RULES, "c1", "2030-01-01")
    with pytest.raises(UserError, match="no CSM nobody"):
        what_if.depart(situation(SHOCKS, CALM), RULES, "nobody", "2026-07-15")


def test_a_leave_takes_its_part_of_the_quarter() -> None:
    """From 29 June to 24 July are 20 of 65 working days: 20 hours become 13.8."""
    away = what_if.leave(situation(SHOCKS, CALM), RULES, "c1", "2026-06-29", "2026-07-24")
    hours = dict(away.csms.select("csm_id", "capacity_hours").iter_rows())
    assert hours["c1"] == pytest.approx(20 * 45 / 65)
    assert hours["c2"] == 20
    with pytest.raises(UserError, match="begins"):
        what_if.leave(situation(SHOCKS, CALM), RULES, "c1", "2026-07-24", "2026-06-29")


def test_a_hire_has_the_ramp_of_the_tier() -> None:
    tiers = pl.DataFrame(
        {"role_tier": ["enterprise_csm"], "motion": ["high_touch"], "productive_hours_per_week": [20.0]}
        | {"touch_ceiling_per_quarter": [130.0], "ramp_days": [90], "ramp_start_ratio": [0.25]}
    )
    hired = what_if.hire(situation(SHOCKS, CALM), RULES, "enterprise_csm", "2026-06-29", 1, tiers)
    own = hired.csms.filter(pl.col("csm_id") == "hire-1").row(0, named=True)
    ramp = [0.25 + 0.75 * min(1, (7 * week - 1) / 90) for week in range(1, 14)]
    assert own["capacity_hours"] == pytest.approx(20 * sum(ramp) / 13)
    assert own["team"] == "North"
    with pytest.raises(UserError, match="no role tier x"):
        what_if.hire(situation(SHOCKS, CALM), RULES, "x", "2026-06-29", 1, tiers)


def test_a_cluster_of_renewals_is_shared_out() -> None:
    due = [(f"1{n}", QUARTERS[0], 1000.0) for n in range(3)]
    made = proposed(situation(SHOCKS, CALM, due), replace(RULES, prices=RULES.prices | {"move_established": 1.0}))
    after = made.books["peak_renewal_share_after"].to_list()
    assert max(after) < 1.0
    assert made.moves.height >= 2


def random_situation(seed: int) -> Situation:
    """Anything that may be: no capacity, no account, one CSM, equal everything, one account larger than any book."""
    rng = np.random.default_rng(seed)
    people = int(rng.integers(1, 6))
    csms = [
        csm(
            f"c{n}",
            float(rng.choice([0.0, 5.0, 20.0, 20.0])),
            team=None if rng.random() < 0.2 else str(rng.choice(["North", "South"])),
            motion=None if rng.random() < 0.1 else "high_touch",
            languages=None if rng.random() < 0.3 else "en",
            is_pooled=bool(rng.random() < 0.15),
            most_account_count=None if rng.random() < 0.3 else 3.0,
            most_arr_usd=None if rng.random() < 0.3 else 2000.0,
        )
        for n in range(people)
    ]
    count = int(rng.integers(0, 15))
    flat = rng.random() < 0.3
    accounts = [
        account(
            f"a{n}",
            str(rng.choice([*(each["csm_id"] for each in csms), "unassigned"])),
            5.0 if flat else float(rng.choice([0.0, 0.1, 4.0, 100.0])),
            str(rng.choice(["new", "at_risk_not_engaged", "established"])),
            arr_usd=0.0 if rng.random() < 0.3 else float(rng.integers(1, 5000)),
            lock_reason="locked" if rng.random() < 0.2 else None,
            is_red=bool(rng.random() < 0.4),
            is_onboarding=bool(rng.random() < 0.4),
            segment=None if rng.random() < 0.1 else "smb",
            language="xx" if rng.random() < 0.3 else None,
        )
        for n in range(count)
    ]
    one_quarter = rng.random() < 0.5
    due = [
        (each["account_id"], QUARTERS[0 if one_quarter else int(rng.integers(0, 4))], each["arr_usd"])
        for each in accounts
        if rng.random() < 0.6
    ]
    return situation(csms, accounts, due)


@pytest.mark.parametrize("first", range(0, 200, 20))
def test_there_is_always_an_answer_that_is_no_worse_than_any_rival_and_the_same_twice(first: int) -> None:
    for seed in range(first, first + 20):
        own = random_situation(seed)
        made = proposed(own)
        again = proposed(own)
        assert made.moves.equals(again.moves), seed
        assert made.missed_limits.equals(again.missed_limits), seed
        assert made.bound <= made.objective + 1e-6, seed
        locked = set(own.accounts.filter(pl.col("lock_reason").is_not_null())["account_id"])
        assert not locked & set(moved(made)), seed
        for pod, found in zip(made.pods, made.solutions, strict=True):
            assert found.cost == pytest.approx(pod.cost(found.assignment)), seed
            for rival in (pod.owner, policies.greedy(pod), exchanged(pod, pod.owner)):
                assert found.cost <= pod.cost(rival) + 1e-6, seed
        assert made.books.height == own.csms.height
        held = made.books.filter(~pl.col("is_pooled"))["account_count_after"].sum()
        assert held <= own.accounts.height


def test_where_a_pod_is_too_large_for_whole_numbers_it_is_rounded_close_to_the_bound() -> None:
    rng = np.random.default_rng(5)
    csms = [csm(f"c{n}") for n in range(10)]
    accounts = [
        account(f"a{n}", f"c{int(rng.integers(0, 10))}", float(rng.uniform(0.2, 1.4)), "new") for n in range(240)
    ]
    [pod] = pods_of(situation(csms, accounts), RULES)
    rounded, exact = solve(pod, 0), solve(pod, 1e6)
    assert rounded.cost <= pod.cost(pod.owner)
    assert exact.cost <= rounded.cost + 1e-6
    assert rounded.bound <= exact.cost + 1e-6


def test_the_best_places_for_an_account_come_with_why() -> None:
    own = situation([csm("c1"), csm("c2")], [account("a1", "c1", 15.0), account("n1", "unassigned", 6.0, "new")])
    capacity = {"c1": 20.0, "c2": 20.0}
    first, second = places(pods_of(own, RULES), "n1", capacity, own.csm_names)
    assert (first.csm_id, second.csm_id) == ("c2", "c1")
    assert "every limit is kept" in first.sentence
    assert "above the limit for load" in second.sentence


@pytest.mark.parametrize("policy", [policies.round_robin, policies.vertical])
def test_other_policies_move_only_what_may_move(policy) -> None:
    for seed in range(30):
        own = random_situation(seed)
        for pod in pods_of(own, RULES):
            found = policy(pod, own)
            assert ((found.assignment == pod.owner) | pod.is_movable).all()
            assert np.isfinite(pod.cost(found.assignment))


def test_a_vertical_team_of_little_arr_is_advised_against() -> None:
    own = situation([csm("c1")], FULL)
    assert "below $30M" in (policies.advice(own, "vertical") or "")
    assert policies.advice(own, "named") is None


# ---- the command, its files, and the check ----


def run(build: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*arguments), cwd=ROOT, env=environment(build, None), capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def build(small_build: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small book with so little time that somebody has to give accounts away."""
    own = Path(shutil.copytree(small_build.build_dir, tmp_path_factory.mktemp("rebalancing") / "build", symlinks=True))
    done = run(own, "rebalance")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert "Gap to the proven bound" in done.stdout
    return own


def test_the_files_hold_what_the_issue_names(build: Path) -> None:
    folder = build / "rebalancing"
    moves = pl.read_parquet(folder / "moves.parquet")
    named = {"account_id", "from_csm_id", "to_csm_id", "relationship_class", "effort_hours", "arr_usd"}
    assert named | {"move_cost", "relieves", "reason"} <= set(moves.columns)
    books = pl.read_parquet(folder / "books.parquet")
    assert {f"{name}_{side}" for name in proposal.MEASURES for side in ("before", "after", "limit")} <= set(
        books.columns
    )
    missed = pl.read_parquet(folder / "missed_limits.parquet")
    assert {"csm_id", "limit", "value", "limit_value", "tier", "best_possible_value", "sentence"} == set(
        missed.columns
    ) - {"csm_name"}
    summary = json.loads((folder / "summary.json").read_text())
    assert summary["gap"] <= 0.01
    assert {"objective", "bound", "seconds", "peak_memory_mb", "as_of_date", "rules_fingerprint", "seed"} <= set(
        summary
    )
    for name in ("moves", "books", "missed_limits"):
        assert (
            pl.read_csv(folder / f"{name}.csv", infer_schema=False).height
            == pl.read_parquet(folder / f"{name}.parquet").height
        )
    assert moves.height == len(list((folder / "handover").glob("[!f]*.html"))) or moves.height == 0


def corrupt(folder: Path, name: str, edit) -> None:
    frame = pl.read_parquet(folder / f"{name}.parquet")
    edit(frame).write_parquet(folder / f"{name}.parquet")


def edit_first(column: str, value) -> object:
    return lambda frame: frame.with_columns(
        pl.when(pl.int_range(pl.len()) == 0)
        .then(pl.lit(value))
        .otherwise(pl.col(column))
        .alias(column)
        .cast(frame.schema[column])
    )


def add_first(column: str, more: float) -> object:
    return lambda frame: frame.with_columns(
        pl.when(pl.int_range(pl.len()) == 0).then(pl.col(column) + more).otherwise(pl.col(column)).alias(column)
    )


def summary_with(folder: Path, **values) -> None:
    path = folder / "summary.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


CORRUPTIONS = {
    "an account twice": ("moves", lambda frame: pl.concat([frame, frame.head(1)]), "an account is moved twice"),
    "an account that is not there": ("moves", edit_first("account_id", "ghost"), "not active"),
    "another origin": ("moves", edit_first("from_csm_id", "ghost"), "does not come from its owner"),
    "a receiver who is not there": ("moves", edit_first("to_csm_id", "ghost"), "leads nowhere"),
    "another class": ("moves", edit_first("relationship_class", "invented"), "a class is wrong"),
    "another effort": ("moves", add_first("effort_hours", 1.0), "another effort or ARR"),
    "a cent": ("moves", add_first("arr_usd", 0.01), "another effort or ARR"),
    "no reason": ("moves", edit_first("reason", " "), "has no reason"),
    "a move is gone": ("moves", lambda frame: frame.tail(-1), "the count of a book is wrong"),
    "a book is gone": ("books", lambda frame: frame.tail(-1), "a book is missing"),
    "a book twice": ("books", lambda frame: pl.concat([frame, frame.head(1)]), "stands twice"),
    "another count": ("books", add_first("account_count_after", 1.0), "the count of a book"),
    "another ARR": ("books", add_first("arr_usd_before", 0.01), "the ARR of a book"),
    "another load": ("books", add_first("load_ratio_after", 0.001), "the load of a book"),
    "another peak": ("books", add_first("peak_renewal_share_before", 0.01), "the renewals of a book"),
    "another red count": ("books", add_first("red_account_count_after", 1.0), "the red accounts"),
    "another onboarding count": ("books", add_first("onboarding_account_count_after", 1.0), "the onboardings"),
    "another touch count": ("books", add_first("required_touch_count_before", 1.0), "the touches"),
    "another limit": ("books", add_first("load_ratio_limit", 0.5), "another than the rules"),
    "more capacity": ("books", add_first("capacity_hours", 100.0), "capacity is more"),
    "a limit that is kept is listed": (
        "missed_limits",
        lambda frame: pl.concat(
            [frame, pl.DataFrame([{"csm_id": "ghost", "limit": "load_ratio"}], schema=frame.schema)]
        ),
        "a limit is listed",
    ),
}


def test_the_check_finds_nothing_in_a_good_proposal(build: Path) -> None:
    folder = build / "rebalancing"
    rules = ROOT / "seeds" / "reference" / "rebalancing_rules.csv"
    assert checking.check(folder, build / "working.duckdb", rules, set()) == []
    assert pl.read_parquet(folder / "moves.parquet").height > 0, "a proposal without a move could not be corrupted"


@pytest.mark.parametrize("kind", CORRUPTIONS)
def test_the_check_finds_every_kind_of_fault(kind: str, build: Path, tmp_path: Path) -> None:
    name, edit, told = CORRUPTIONS[kind]
    folder = Path(shutil.copytree(build / "rebalancing", tmp_path / "rebalancing"))
    args = (build / "working.duckdb", ROOT / "seeds" / "reference" / "rebalancing_rules.csv", set())
    corrupt(folder, name, edit)
    faults = checking.check(folder, *args)
    assert any(told in fault.check for fault in faults), faults


def test_the_check_finds_broken_locks_other_counts_and_a_wrong_gap(build: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(build / "rebalancing", tmp_path / "rebalancing"))
    rules = ROOT / "seeds" / "reference" / "rebalancing_rules.csv"
    account_id = pl.read_parquet(folder / "moves.parquet")["account_id"][0]
    [fault] = checking.check(folder, build / "working.duckdb", rules, {account_id})
    assert "somebody named it" in fault.check
    summary_with(folder, move_count=99, gap=0.5, as_of_date="2001-01-07")
    found = {fault.check for fault in checking.check(folder, build / "working.duckdb", rules, set())}
    assert {"the summary counts otherwise", "the summary is of another build"} <= found
    assert any("gap" in each for each in found)
    (folder / "moves.parquet").unlink()
    with pytest.raises(UserError, match="cannot be checked"):
        checking.check(folder, build / "working.duckdb", rules, set())


def test_decisions_are_remembered_by_the_next_run(build: Path, tmp_path: Path) -> None:
    project = tmp_path / "project"
    (project / "seeds" / "reference").mkdir(parents=True)
    folder = build / "rebalancing"
    first = pl.read_parquet(folder / "moves.parquet").row(0, named=True)
    decisions.decide(project, folder, first["move_id"], "accepted", "Ada", "=cmd it helps")
    decided = decisions.read_decisions(project)
    assert decided["reason"].to_list() == ["'=cmd it helps"]
    own = read_situation(build / "book_of_business.duckdb", build / "working.duckdb", RULES)
    locked, said = decisions.with_decisions(own, decided)
    row = locked.accounts.filter(pl.col("account_id") == first["account_id"]).row(0, named=True)
    assert (row["csm_id"], row["lock_reason"]) == (first["to_csm_id"], "its move was accepted")
    assert "not done yet" in said[0]
    decisions.decide(project, folder, "1", "rejected", "Ada", "they know each other")
    forbidden, _ = decisions.with_decisions(own, decisions.read_decisions(project))
    assert (first["account_id"], first["to_csm_id"]) in forbidden.forbidden
    again = proposed(forbidden)
    assert moved(again).get(first["account_id"]) != first["to_csm_id"]
    with pytest.raises(UserError, match="no move ghost"):
        decisions.decide(project, folder, "ghost", "accepted", "Ada", "why")
    with pytest.raises(UserError, match="say who"):
        decisions.decide(project, folder, "1", "accepted", " ", "why")


def test_what_goes_wrong_is_told(small_build: Run, build: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="run `make build`"):
        read_situation(small_build.published_file, tmp_path / "none.duckdb", RULES)
    freeze = tmp_path / "freeze.csv"
    freeze.write_text("name,account_id\nx,A1\ny,A2\n")
    assert read_freeze(freeze) == {"A1", "A2"}
    freeze.write_text("")
    with pytest.raises(UserError, match="holds no account_id"):
        read_freeze(freeze)
    table = tmp_path / "seeds" / "reference" / "rebalancing_rules.csv"
    table.parent.mkdir(parents=True)
    table.write_text((ROOT / "seeds/reference/rebalancing_rules.csv").read_text().replace(",1000,", ",-1,", 1))
    with pytest.raises(UserError, match="price of load must be a number of zero or more"):
        read_rules(tmp_path)
    done = run(build, "rebalance", "--depart", "nobody", "2026-08-01")
    assert done.returncode == 1
    assert "no CSM nobody" in done.stderr
    assert "Traceback" not in done.stderr
    best = run(build, "place", "--segment", "enterprise", "--arr", "50000")
    assert best.returncode == 0, best.stderr
    assert best.stdout.splitlines()[1].startswith("1. ")


def test_a_file_has_a_harmless_name_whatever_the_id_holds() -> None:
    assert file_name("A0001") == "A0001"
    assert "/" not in file_name("../../etc/passwd")
    assert file_name("a/b") != file_name("a_b")
    assert not file_name("..").startswith(".")
