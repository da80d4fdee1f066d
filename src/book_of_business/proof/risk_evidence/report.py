"""The page of the evidence."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from book_of_business.proof.risk_evidence.planted import Waits
from book_of_business.proof.risk_evidence.worlds import ACCOUNTS, CSMS, VISIBLE, WEEKS

Steps = tuple[int, int, float | None]
ORDER = (*VISIBLE, "champion silent", "four-week drop")


def ratio(part: float, whole: float) -> str:
    """A share with two decimals, or a dash."""
    return f"{part / whole:.2f}" if whole else "-"


def page(
    measured: pl.DataFrame,
    steps: Sequence[Sequence[Steps]],
    waits: Sequence[Waits],
    seeds: Sequence[int],
    minutes: float,
) -> str:
    """The whole page in Markdown.

    Args:
        measured: from `worlds.measure`, all books.
        steps: per seed what the CUSUM and the four-week drop caught.
        waits: from `planted.read`.
        seeds: seeds of the books.
        minutes: how long it took.
    """
    named = " ".join(map(str, seeds))
    lines = [
        "# Risk signals: what they see and what they cry for nothing",
        "",
        f"Made by `python -m book_of_business.risk_evidence --seeds {named}` in {minutes:.0f} minutes: books of",
        f"{ACCOUNTS} accounts, {CSMS} CSMs and {WEEKS} weeks with daily usage and no story, built with dbt.",
        "Signals are those of `fct_risk_signals`, deteriorations those of the simulator. The thresholds were chosen on",
        "other seeds (101-103) of the same generator, which is ours: read the figures as a ceiling.",
        "",
        "## Signals",
        "",
        "*Visible* are the deteriorations in which the sign can be seen at all: usage warmed up and three weeks long,",
        "a scored conversation, a ticket, four meetings and 35 days, a term that falls due. *Precision*: signals in",
        "a deterioration with that sign. False alarms per account-year: in accounts that never deteriorate, and in the",
        "world without any deterioration.",
        "",
        "Marks of the design (methods.md): usage 0.25 false alarms per account-year; champion silent recall 0.76 and",
        "precision 0.72; a step of -35 % caught 74 % of the time, median three weeks, by a fixed drop 11-23 %; the",
        "restricted mean within 2 %. Worth knowing: decision makers never fall silent in the simulator, so each of",
        "their signals is a false alarm and the precision of stakeholder_disengagement is low; low scores and delayed",
        "renewals miss what nobody talked about or what was opened before the deterioration began; escalations",
        "have no threshold that could be tuned. The mark of the champion signal is not reached on all planted",
        "disengagements: most of those missed are accounts that held fewer than four recorded meetings afterwards,",
        "so nobody could miss four. Where there were four, it is.",
        "",
        "| signal | planted | recall | visible | recall of visible | median delay, days | precision | false alarms |"
        " in the null world |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for signal in ORDER:
        real = measured.filter((pl.col("signal") == signal) & (pl.col("world") == "standard"))
        null = measured.filter((pl.col("signal") == signal) & (pl.col("world") == "null"))
        total = {
            name: real[name].sum() for name in ("planted", "caught", "visible", "caught_visible", "signals", "true")
        }
        delays = real.drop_nulls("delay")
        delay = f"{(delays['delay'] * delays['caught']).sum() / delays['caught'].sum():.0f}" if delays.height else "-"
        lines.append(
            f"| {signal} | {total['planted']} | {ratio(total['caught'], total['planted'])} | {total['visible']} "
            f"| {ratio(total['caught_visible'], total['visible'])} | {delay} "
            f"| {ratio(total['true'], total['signals'])} | {ratio(real['false'].sum(), real['years'].sum())} "
            f"| {ratio(null['false'].sum(), null['years'].sum())} |"
        )
    lines += ["", "By seed (recall of visible; false alarms in the null world):", "", "| signal | " + " | ".join(
        map(str, seeds)) + " |", "|---|" + "---|" * len(seeds)]  # fmt: skip
    for signal in ORDER:
        cells = []
        for seed in seeds:
            own = measured.filter((pl.col("signal") == signal) & (pl.col("seed") == seed))
            real, null = (own.filter(pl.col("world") == world).row(0, named=True) for world in ("standard", "null"))
            cells.append(f"{ratio(real['caught_visible'], real['visible'])}; {ratio(null['false'], null['years'])}")
        lines.append(f"| {signal} | " + " | ".join(cells) + " |")
    lines += ["", "## A step of -35 % in use, for good", "",
              "Planted in one account in five of the null world; caught: a signal within eight weeks.", "",
              "| detector | planted | caught | median weeks |", "|---|---|---|---|"]  # fmt: skip
    for place, name in enumerate(("CUSUM (default)", "four-week drop")):
        own = [found[place] for found in steps]
        count, caught = sum(step[0] for step in own), sum(step[1] for step in own)
        weeks = sorted(step[2] for step in own if step[2] is not None)
        middle = f"{weeks[len(weeks) // 2]:.0f}" if weeks else "-"
        lines.append(f"| {name} | {count} | {ratio(caught, count)} | {middle} |")
    lines += ["", "## Time to detection", "",
              "One escalation per account, a flag after a planted wait; what is dated after the last Sunday is not",
              "known, and who churns first is never found. Planted is the mean of the wait over *all* episodes,",
              "nobody waiting longer than 90 days.", "",
              "| episodes | seen by the last Sunday | churned unseen | planted, days | restricted mean | off by |"
              " mean of the detected |", "|---|---|---|---|---|---|---|"]  # fmt: skip
    lines += [
        f"| {wait.episodes} | {wait.observed_share:.0%} | {wait.churned_share:.0%} | {wait.planted:.2f} "
        f"| {wait.restricted:.2f} | {wait.restricted / wait.planted - 1:+.1%} | {wait.detected_only:.2f} |"
        for wait in waits
    ]
    return "\n".join(lines) + "\n"
