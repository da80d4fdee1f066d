"""Load as felt: who is listed as discordant where people differ by habit alone, and where the metric misses work."""

from __future__ import annotations

import polars as pl

from book_of_business.calibration import self_report
from book_of_business.proof.evidence.claim import Claim, Numbers, Verdict, share_words
from book_of_business.proof.evidence.worlds import SimulatedWorld, simulate_world

CSMS, WEEKS = 16, 52  # an answer every four weeks
UNSEEN = 0.5  # part of the work of one CSM that the metric misses
CHANGE_POINTS = 4.0  # how much higher the latest answer of one CSM is than their load explains


def answers_of(world: SimulatedWorld, load: str) -> pl.DataFrame:
    """Answers as `marts.read_perceived_load` gives them, held against one of the loads of the simulator."""
    loads = world.csm_weeks.filter(pl.col(load) > 0).select(
        "csm_id", "week_start_date", "availability_ratio", load_ratio=pl.col(load)
    )  # fmt: skip
    return (
        world.perceived.with_columns(
            week_start_date=pl.col("surveyed_on").dt.truncate("1w"),
            perceived_load_score=pl.col("perceived_load").cast(pl.Float64),
        )
        .join(loads, on=["csm_id", "week_start_date"])
        .select("csm_id", "surveyed_on", "perceived_load_score", "load_ratio", "availability_ratio")
    )


def listing(seed: int) -> Numbers:
    """Listings of one team: when the load is measured right, by the weights in force, and with work of one unseen."""
    rules = self_report.read_rules()
    world = simulate_world(seed, CSMS, WEEKS)
    right = answers_of(world, "true_load")
    report = self_report.read(right, rules)
    in_force = self_report.read(answers_of(world, "reference_load"), rules)
    ids = report.csms["csm_id"].to_list()
    one = ids[seed % len(ids)]
    is_one = pl.col("csm_id") == one
    unseen = self_report.read(
        right.with_columns(load_ratio=pl.when(is_one).then(pl.col("load_ratio") * UNSEEN).otherwise("load_ratio")),
        rules,
    )
    is_latest = pl.col("surveyed_on") == pl.col("surveyed_on").max().over("csm_id")
    score = pl.col("perceived_load_score")
    jumped = pl.when(score > 5.5).then(score - CHANGE_POINTS).otherwise(score + CHANGE_POINTS)  # where there is room
    changed = self_report.read(
        right.with_columns(perceived_load_score=pl.when(is_one & is_latest).then(jumped).otherwise(score)), rules
    )
    return {
        "csm_count": len(ids),
        "habit_listed": report.discordant.height,
        "latest_listed": report.latest.filter(pl.col("discordance") != self_report.IN_LINE).height,
        "in_force_listed": in_force.discordant.height,
        "unseen_found": bool(
            unseen.discordant.filter(is_one & (pl.col("discordance") == self_report.FELT_MORE)).height
        ),
        "change_found": bool(changed.latest.filter(is_one & (pl.col("discordance") != self_report.IN_LINE)).height),
    }  # fmt: skip


def at_most(column: str, most: float):
    """A judge of the part of teams in which anybody is listed."""

    def judge(frame: pl.DataFrame) -> Verdict:
        count = frame.filter(pl.col(column) > 0).height
        # the rule promises at most that share: a figure above it by chance alone does not break the promise
        allowed = most + 1.645 * (most * (1 - most) / frame.height) ** 0.5
        return Verdict(share_words(count, frame.height), count / frame.height <= allowed)

    return judge


def found(frame: pl.DataFrame) -> Verdict:
    """How often the planted ones are listed."""
    unseen, change = (int(frame[name].sum()) for name in ("unseen_found", "change_found"))
    figure = (
        f"half of one's work unseen {share_words(unseen, frame.height)}; a jump {share_words(change, frame.height)}"
    )
    return Verdict(figure, unseen / frame.height >= 0.3 and change / frame.height >= 0.3)


CLAIMS = (
    Claim("self_report_habit", "Teams of 16 in which a CSM is listed as discordant though people differ by habit alone",
          "<= 10 % within Monte-Carlo error (the rule's own rate)", listing, at_most("habit_listed", 0.1)),
    Claim("self_report_latest", "Teams of 16 in which a latest answer is listed though nothing changed",
          "<= 10 % within Monte-Carlo error (the rule's own rate)", listing, at_most("latest_listed", 0.1)),
    Claim("self_report_found", f"Listed where the metric misses half of one CSM's work; where a latest answer jumps by "
          f"{CHANGE_POINTS:g} points", ">= 30 % each (no mark in the design; ours)", listing, found),
)  # fmt: skip
