"""Claims about outcomes: the load-to-churn estimate, its placebos, rebalances, and the article's two claims."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import polars as pl
from scipy import special

from book_of_business.outcome_models import ablation, detection_sizes, effects, rebalance
from book_of_business.outcome_models.clustered import Estimate, estimate, fit
from book_of_business.proof.evidence.claim import Claim, Numbers, Verdict, mean_with_interval, share_words
from book_of_business.proof.evidence.outcome_worlds import (
    UNAFFECTED,
    History,
    account_quarters,
    draw_moves,
    episode_waits,
    renewal_exposures,
    step_world,
    throughput_panel,
)
from book_of_business.simulate.worlds import WORLDS

PLANTED = WORLDS["standard"].churn_load_effect
MOVED_BOOKS = 13
RELEVANT_MOVE = 2.0  # counted interactions a week
PLANTED_MOVE = -2.0
# Of each planted picture: what the test may get wrong, and what it has to get right.
LARGEST_OPPOSITE, SMALLEST_RIGHT = 0.05, 0.5
LEAST_REJECTED, MOST_REJECTED = 0.03, 0.07
SHARE_COUNT = 600  # worlds: of 200, chance alone would put one true 5 % in six outside of 3 to 7 %
SMALL_TEAM = 20
SMALL_NAMES = tuple(f"small_{number}" for number in range(3))
SMALL_SANDWICHES = tuple(f"small_sandwich_{number}" for number in range(3))


def put(numbers: Numbers, name: str, found: Estimate | None) -> None:
    """Write an estimate into a replicate's numbers."""
    for part in ("value", "low", "high", "p_value"):
        numbers[f"{name}_{part}"] = getattr(found, part) if found else None


def churn_numbers(numbers: Numbers, history: History) -> None:
    """Estimate, placebo, pre-trends, sandwich and naive touches of a world."""
    exposures = renewal_exposures(history)
    question = effects.QUESTIONS[0]
    found = effects.measure(exposures, question)
    for name in ("load", "later", "earlier", "earliest"):
        put(numbers, name, getattr(found, name))
    numbers["is_sound"] = found.is_sound
    put(numbers, "reference", effects.measure(renewal_exposures(history, is_true_load=False), question).load)
    rows = effects.rows_of(exposures, question)
    put(numbers, "touches", touches_of(rows))
    model = effects.model_of(rows, "load", question)
    plain = fit(model.rows, "target", model.terms, is_logit=True)
    if plain:
        error = plain.sandwich_errors["load"]
        put(numbers, "sandwich", estimate("load", plain.estimates["load"].value, error, 10**6))
    people = rows["csm_id"].unique().sort()
    for number in range(len(people) // SMALL_TEAM):
        team = rows.filter(pl.col("csm_id").is_in(people[number :: len(people) // SMALL_TEAM].to_list()))
        model = effects.model_of(team, "load", question)
        small = fit(model.rows, "target", model.terms, is_logit=True)
        put(numbers, f"small_{number}", small.estimates["load"] if small else None)
        error = small.sandwich_errors["load"] if small else 1.0
        normal = estimate("load", small.estimates["load"].value, error, 10**6) if small else None
        put(numbers, f"small_sandwich_{number}", normal)


def touches_of(rows: pl.DataFrame) -> Estimate | None:
    """The coefficient that must never be shown as an effect."""
    segments = rows["segment"].unique().sort().to_list()[1:]
    rows = rows.with_columns((pl.col("segment") == segment).alias(f"segment_{segment}") for segment in segments)
    found = fit(rows, "target", ["touch_count", *(f"segment_{segment}" for segment in segments)], is_logit=True)
    return found.estimates["touch_count"] if found else None


def hazard_numbers(numbers: Numbers, history: History) -> None:
    """Hazards of detection of a world."""
    found = detection_sizes.measure(episode_waits(history))
    for name in ("crude", "size", "load"):
        put(numbers, f"hazard_{name}", getattr(found, name))


def replicate_planted(seed: int) -> Numbers:
    """A world in which load causes churn and delays detection."""
    history, numbers = step_world(seed, WORLDS["standard"]), {}
    churn_numbers(numbers, history)
    hazard_numbers(numbers, history)
    for result in ablation.ablate(account_quarters(history), seed):
        name = result.scheme.replace(" ", "_")
        numbers |= {f"{name}_share": result.share, f"{name}_low": result.low, f"{name}_high": result.high}
        numbers |= {f"{name}_{score.model.replace(' ', '_')}_auc": score.auc for score in result.scores}
    return numbers


def replicate_unaffected(seed: int) -> Numbers:
    """A world in which load changes nothing, while accounts in trouble are more work and churn more; and rebalances."""
    history, numbers = step_world(seed, UNAFFECTED), {}
    churn_numbers(numbers, history)
    hazard_numbers(numbers, history)
    panel = throughput_panel(history)
    moved = draw_moves(panel, seed, MOVED_BOOKS, history.weeks)
    nothing = rebalance.evaluate(panel, moved, RELEVANT_MOVE)
    numbers |= {"moved_count": nothing.moved_count, "before_after": nothing.before_after,
                "difference": nothing.difference, "power": nothing.power}  # fmt: skip
    put(numbers, "matched", nothing.matched)
    put(numbers, "moved", rebalance.evaluate(handed_over(panel, moved), moved, RELEVANT_MOVE).matched)
    return numbers


def handed_over(panel: pl.DataFrame, moved: pl.DataFrame) -> pl.DataFrame:
    """The panel with the planted effect: what a moved book loses from its week on, its receiver gets."""
    step = pl.when("is_moved").then(PLANTED_MOVE).otherwise(-PLANTED_MOVE)
    since = panel.join(moved.rename({"week": "moved_week"}), on="csm_id", how="left")
    return since.with_columns(
        value=pl.col("value") + pl.when(pl.col("week") >= pl.col("moved_week")).then(step).otherwise(0.0)
    ).select(panel.columns)


def replicate_null(seed: int) -> Numbers:
    """The null world: no effects at all."""
    history, numbers = step_world(seed, WORLDS["null"]), {}
    churn_numbers(numbers, history)
    return numbers


def replicate_pictures(seed: int) -> Numbers:
    """Churn made of three families of features of known weight: conversations carry most of it, or little."""
    numbers: Numbers = {}
    for name, weights in (("half", (0.5, 0.4, 1.1)), ("whole", (0.9, 0.5, 0.3))):
        result = ablation.ablate(drawn_quarters(seed, weights), seed)[0]
        numbers |= {f"{name}_share": result.share, f"{name}_low": result.low, f"{name}_high": result.high}
    return numbers


def drawn_quarters(seed: int, weights: tuple[float, float, float]) -> pl.DataFrame:
    """24 CSMs x 60 accounts x 6 quarters; each family has a feature that churn follows, and one of noise."""
    rng = np.random.default_rng([seed, 13])
    size, csms = 24 * 60 * 6, 24
    real, noise = rng.standard_normal((3, size)), rng.standard_normal((3, size))
    csm = np.repeat(np.arange(csms), size // csms)
    logit = -3.2 + np.asarray(weights) @ real + 0.2 * rng.standard_normal(csms)[csm]
    return pl.DataFrame({
        "csm_id": csm.astype(str), "period": np.tile(np.arange(6), size // 6),
        "target": (rng.random(size) < special.expit(logit)).astype(float),
        **{f"{family}_real": real[at] for at, family in enumerate(ablation.FAMILIES)},
        **{f"{family}_noise": noise[at] for at, family in enumerate(ablation.FAMILIES)},
    })  # fmt: skip


def told(frame: pl.DataFrame, *names: str) -> tuple[int, int]:
    """How many tests reject at 5 %, of how many that could be made."""
    values = [value for name in names if f"{name}_p_value" in frame.columns
              for value in frame[f"{name}_p_value"].drop_nulls()]  # fmt: skip
    return sum(value < 0.05 for value in values), len(values)


def rejects(
    *names: str, sandwich: Sequence[str] = (), least: float = LEAST_REJECTED
) -> Callable[[pl.DataFrame], Verdict]:
    """A judge: between 3 and 7 % of the tests reject, or what chance may make of that in so many.

    Args:
        names: of the estimates that are judged.
        least: where nothing may be found, there is no share that is too small: 0.
        sandwich: the same with the error of the usual sandwich; their share stands beside, and is not judged.
    """

    def summarise(frame: pl.DataFrame) -> Verdict:
        count, total = told(frame, *names)
        enough = total >= 100
        most = MOST_REJECTED + (0.0 if enough else 2 * np.sqrt(0.05 * 0.95 / max(total, 1)))
        beside = told(frame, *sandwich)
        untold = frame.height * len(names) - total
        figure = share_words(count, total) + (f", no estimate in {untold}" if untold else "")
        figure += f"; by the sandwich {share_words(*beside)}" if beside[1] else ""
        return Verdict(figure, bool(total and (least if enough else 0.0) <= count / total <= most))

    return summarise


def sides(frame: pl.DataFrame) -> Verdict:
    """Bias and coverage of the load-to-churn estimate."""
    held = frame.drop_nulls("load_value")
    mean, reach = mean_with_interval(held["load_value"])
    reference, _ = mean_with_interval(frame["reference_value"].drop_nulls())
    covered = int(((held["load_low"] <= PLANTED) & (held["load_high"] >= PLANTED)).sum())
    figure = (
        f"{mean:.2f} +- {reach:.2f} (loads by default weights: {reference:.2f}); its interval covers {PLANTED} in "
        f"{share_words(covered, held.height)}"
    )
    is_near = abs(mean - PLANTED) <= 0.1 + (0 if held.height >= 100 else 3 * reach)
    return Verdict(figure, is_near and covered / held.height >= (0.93 if held.height >= 100 else 0.7))


def touching(frame: pl.DataFrame) -> Verdict:
    """In how many worlds touches come out harmful; no mark."""
    values = frame["touches_value"].drop_nulls()
    count, total = told(frame, "touches")
    figure = f"harmful in {share_words(int((values > 0).sum()), len(values))}, told at 5 % in {count} of {total}"
    return Verdict(figure, None)


def rebalanced(frame: pl.DataFrame) -> Verdict:
    """No effect: about zero, while the naive readings are not."""
    held = frame.drop_nulls("matched_value")
    naive, plain, matched = (mean_with_interval(held[name]) for name in ("before_after", "difference", "matched_value"))
    count, total = told(held, "matched")
    figure = (
        f"before/after {naive[0]:.2f}, plain DiD {plain[0]:.2f}, matched {matched[0]:.2f} +- {matched[1]:.2f} "
        f"interactions a week; rejects {share_words(count, total)}; {held['moved_count'].mean():.1f} moved books, "
        f"power for {RELEVANT_MOVE:g}: {held['power'].mean():.0%}"
    )
    is_null = abs(matched[0]) <= 0.2 + (0 if total >= 100 else 3 * matched[1])
    return Verdict(
        figure, is_null and abs(naive[0]) > abs(matched[0]) and count / total <= (0.07 if total >= 100 else 0.4)
    )


def moved(frame: pl.DataFrame) -> Verdict:
    """A planted effect is found at its size."""
    held = frame.drop_nulls("moved_value")
    mean, reach = mean_with_interval(held["moved_value"])
    count, total = told(held, "moved")
    covered = int(((held["moved_low"] <= PLANTED_MOVE) & (held["moved_high"] >= PLANTED_MOVE)).sum())
    figure = f"{mean:.2f} +- {reach:.2f}; covers in {share_words(covered, total)}; told in {share_words(count, total)}"
    return Verdict(figure, abs(mean - PLANTED_MOVE) <= 0.2 + (0 if total >= 100 else 3 * reach))


def slower(frame: pl.DataFrame) -> Verdict:
    """Where load delays detection, the hazard of load says so."""
    load, size, crude = (told(frame, f"hazard_{name}") for name in ("load", "size", "crude"))
    value, reach = mean_with_interval(frame["hazard_load_value"].drop_nulls())
    figure = (
        f"load {value:.2f} +- {reach:.2f} log hazard, told in {share_words(*load)}; accounts within segment told in "
        f"{share_words(*size)}; accounts, all books together, in {share_words(*crude)}"
    )
    return Verdict(figure, bool(load[1]) and value < 0 and load[0] / load[1] >= 0.5)


def pictures(frame: pl.DataFrame) -> Verdict:
    """Of each of two planted pictures the test says what it is in half of the worlds, and seldom the opposite."""
    answers = {name: [answer(*row) for row in frame.select(f"{name}_low", f"{name}_high").iter_rows()]
               for name in ("half", "whole")}  # fmt: skip
    total = frame.height
    right = (answers["half"].count("at best half"), answers["whole"].count("more than half"))
    wrong = (answers["half"].count("more than half"), answers["whole"].count("at best half"))
    figure = (
        f"says so in {share_words(right[0], total)}, and denies it where conversations add little in "
        f"{share_words(right[1], total)}; the opposite in {wrong[0]} and {wrong[1]}, else it cannot tell"
    )
    return Verdict(figure, max(wrong) <= LARGEST_OPPOSITE * total and min(right) >= SMALLEST_RIGHT * total)


def answer(low: float | None, high: float | None) -> str:
    """The answer of an interval of the share."""
    return ablation.Ablation("", 0, (), 0.0, low, high).answer


def seen_halves(frame: pl.DataFrame) -> Verdict:
    """The answer on the simulator's worlds, whatever it is; no mark."""
    parts = []
    for scheme in ("CSMs_left_out", "later_quarters"):
        shares = frame[f"{scheme}_share"].drop_nulls()
        answers = [answer(*row) for row in frame.select(f"{scheme}_low", f"{scheme}_high").iter_rows()]
        said = ", ".join(f"{name} {answers.count(name)}" for name in ("at best half", "more than half", "cannot tell"))
        parts.append(f"{scheme.replace('_', ' ')}: median {shares.median() or float('nan'):.0%} ({said})")
    return Verdict("; ".join(parts), None)


CLAIMS = (
    Claim("load_to_churn", "Load a quarter before to churn, planted at 1.2 (60 CSMs, 2,000 accounts, 2 years)",
          "bias <= 0.1, coverage >= 93 %", replicate_planted, sides, 3),
    Claim("placebo", "Placebo: load a quarter after the outcome, given the load before (load without effect)",
          "rejects in 3-7 %", replicate_unaffected, rejects("later"), 3, SHARE_COUNT),
    Claim("pre_trends", "Pre-trends: load two and three quarters before, given the load a quarter before",
          "reject in 3-7 %", replicate_unaffected, rejects("earlier", "earliest"), 3, SHARE_COUNT),
    Claim("placebo_planted", "The same placebo where load has its effect", "rejects in 3-7 %", replicate_planted,
          rejects("later"), 3, SHARE_COUNT),
    Claim("unaffected", "Load that changes nothing while trouble is both work and churn", "rejects in 3-7 %",
          replicate_unaffected, rejects("load", sandwich=("sandwich",)), 3, SHARE_COUNT),
    Claim("null_world", "The null world yields nothing", "rejects in at most 7 %", replicate_null,
          rejects("load", sandwich=("sandwich",), least=0.0), 3),
    Claim("small_teams", f"The same in teams of {SMALL_TEAM} CSMs (three of each world without an effect)",
          "rejects in 3-7 %", replicate_unaffected, rejects(*SMALL_NAMES, sandwich=SMALL_SANDWICHES), 3,
          SHARE_COUNT),
    Claim("touches", "Touches, which change no renewal here, as a naive coefficient", "reported, no mark",
          replicate_planted, touching, 3),
    Claim("rebalance_nothing", f"A rebalance of {MOVED_BOOKS} books that changes nothing",
          "matched within 0.2 of zero, rejects in at most 7 %", replicate_unaffected, rebalanced, 3),
    Claim("rebalance_planted", f"A rebalance that takes {-PLANTED_MOVE:g} interactions a week off", "bias <= 0.2",
          replicate_unaffected, moved, 3),
    Claim("detection_planted", "Where load delays detection, the hazard of being noticed says so",
          "load told in half of the worlds", replicate_planted, slower, 3),
    Claim("detection_unaffected", "Where it does not, load and size within segment say nothing", "reject in 3-7 %",
          replicate_unaffected, rejects("hazard_load", "hazard_size"), 3, SHARE_COUNT),
    Claim("ablation_planted", "Without conversations at best half the picture, where that is planted",
          "right in at least half, the opposite in at most 5 %, of each", replicate_pictures, pictures, 6),
    Claim("ablation_worlds", "The same question in the simulator's worlds (the generator decides)",
          "reported, no mark", replicate_planted, seen_halves, 3),
)  # fmt: skip

NOTES = """\
## Outcomes

- Worlds have 60 CSMs, 2,000 accounts and 104 weeks; *without effect* keeps deteriorations, which are more work and
  churn more, and takes every effect of load away. Load is by true weights, as if calibrated; by the default weights
  it is named beside. Risk a quarter before is what a book would see (stage, red health) and whether a planted
  deterioration was still unnoticed, which real signals see in part only (`risk_signals.md`).
- The rebalances of these worlds move nothing: books that were three weeks above what one week in five exceeds are
  called moved, 13 in a world. The planted ones take two interactions a week off from then on, and give them to another
  book each, one of the highest in that week.
- In these worlds health scores fall in each deterioration and churn follows deteriorations, so a model of the CRM
  alone sees most of what can be seen. That is how they were generated and says nothing of conversations anywhere
  else.
- *By the sandwich*: the same tests with the usual clustered error and normal quantiles, which nothing here uses.
- The small teams share their worlds, so their tests are not independent of each other.
"""
