"""How often the two throughput alarms cry wolf, and how late they are: measured by simulation.

`python -m book_of_business.alarms` measures the rules in force and writes `seeds/reference/alarm_error_rates.csv`;
`--compare` shows what other windows of the CUSUM would do; `--marts FILE` asks a published book whether its counts
behave like the simulated ones. The rules are those of `fct_csm_throughput`; a test holds the two together.

Counts are Poisson around the level that is above the ceiling in `normal_exceedance_share` of the weeks.
Autocorrelated ones come from INAR(1), which thins last week's count and keeps the Poisson distribution (McKenzie 1985;
Al-Osh and Alzaid 1987). The CUSUM is Page's (1954) with a limited window (Lai 1995).
"""

from __future__ import annotations

import argparse
import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from book_of_business.receiving.reference_files import read_rows, read_thresholds, reference_folder

Counts = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

RULES = ("consecutive_weeks", "cusum")
AUTOCORRELATIONS = (0.0, 0.5)
TEAM_CSMS = 20
QUARTER_WEEKS = 13
YEARS_WEEKS = 260  # five years of each team, after the weeks in which the sums fill
SHIFT_WEEKS = 26  # a lasting shift: half a year
LATEST_WEEKS = 100  # next to nobody's alarm comes or clears later
REPLICATES = 1_000
SEED = 20260628
RATIONALE = "Measured: {replicates} teams of 20 CSMs for 5 years each, python -m book_of_business.proof.alarms."


@dataclass(frozen=True)
class Rules:
    """Rows of `thresholds` that the two rules read. Scores: standard deviations. The window: weeks with a ceiling."""

    normal_exceedance_share: float
    normal_exceedance_score: float
    cusum_reference_score: float
    cusum_limit_score: float
    cusum_window_weeks: float
    consecutive_weeks: float

    def parameters(self, rule: str) -> str:
        """What is in force, as the error rates' table says it."""
        if rule == "cusum":
            return (
                f"reference {self.cusum_reference_score:g}, limit {self.cusum_limit_score:g}, "
                f"window {self.cusum_window_weeks:g}"
            )
        return f"weeks {self.consecutive_weeks:g}"


@dataclass(frozen=True)
class ErrorRates:
    """What `measure` gives. Rates per team of 20 CSMs and quarter of 13 weeks; delays and clearing in weeks."""

    false_alarms_per_team_quarter: float
    false_alarms_standard_error: float
    mean_weeks_to_false_alarm: float
    mean_delay_weeks: float
    delay_standard_error: float
    lasting_alarm_share: float
    mean_clearing_weeks: float


def read_rules(reference_dir: Path) -> Rules:
    """The rules in force (as `read_thresholds`)."""
    return Rules(**read_thresholds(reference_dir, Rules.__dataclass_fields__))


def read_ceilings(reference_dir: Path) -> Numbers:
    """The weekly ceiling of each role tier, in order of the file."""
    return np.array([float(row["strategic_ceiling_per_week"]) for row in read_rows(reference_dir / "role_tiers.csv")])


def normal_level(ceiling: float, share: float) -> float:
    """Mean of a Poisson count that is above `ceiling` in `share` of the weeks, by bisection."""
    most = math.floor(ceiling)
    low, high = 0.0, ceiling + 10 * math.sqrt(ceiling + 1)
    for _ in range(80):
        mean = (low + high) / 2
        term = total = math.exp(-mean)
        for count in range(1, most + 1):
            term *= mean / count
            total += term
        low, high = (mean, high) if 1 - total < share else (low, mean)
    return (low + high) / 2


def weekly_counts(rng: np.random.Generator, means: Numbers, autocorrelation: float) -> Counts:
    """Poisson counts with the means of a (csms, weeks) array; a week keeps `autocorrelation` of the last one's."""
    counts = np.empty(means.shape, dtype=np.int64)
    counts[:, 0] = rng.poisson(means[:, 0])
    for week in range(1, means.shape[1]):
        kept = rng.binomial(counts[:, week - 1], autocorrelation)
        counts[:, week] = kept + rng.poisson((1 - autocorrelation) * means[:, week])
    return counts


def run_alarms(counts: Counts, ceilings: Numbers, rules: Rules) -> Flags:
    """Whether the run over the ceiling is long enough; (csms, weeks). A ceiling of 0 carries the run and its alarm."""
    runs = np.zeros(len(counts), dtype=np.int64)
    alarms = np.empty(counts.shape, dtype=np.bool_)
    for week in range(counts.shape[1]):
        ceiling = np.round(ceilings[:, week], 9)
        runs = np.where(ceiling > 0, np.where(counts[:, week] > ceiling, runs + 1, 0), runs)
        alarms[:, week] = runs >= rules.consecutive_weeks
    return alarms


def cusum_scores(counts: Counts, ceilings: Numbers, rules: Rules) -> Numbers:
    """The score of each (csms, weeks) cell, standard deviations. A ceiling of 0 carries it and uses up no window."""
    window = int(rules.cusum_window_weeks)
    score, quantile = np.zeros(len(counts)), rules.normal_exceedance_score
    sums = np.zeros(len(counts))
    earlier = np.full((len(counts), window), np.inf)  # the sum before each of the last weeks with a ceiling
    measured = np.zeros(len(counts), dtype=np.int64)
    rows = np.arange(len(counts))
    scores = np.empty(counts.shape)
    for week in range(counts.shape[1]):
        ceiling = np.round(ceilings[:, week], 9)
        has_ceiling = ceiling > 0
        deviation = (np.sqrt(quantile**2 + 4 * (np.floor(ceiling) + 0.5)) - quantile) / 2
        excess = np.round((counts[:, week] - deviation**2) / deviation - rules.cusum_reference_score, 9)
        place = measured % window
        earlier[rows, place] = np.where(has_ceiling, sums, earlier[rows, place])
        sums = sums + np.where(has_ceiling, excess, 0.0)
        measured = measured + has_ceiling
        score = np.where(has_ceiling, np.maximum(sums - earlier.min(axis=1), 0.0), score)
        scores[:, week] = np.round(score, 9)
    return scores


def alarms_of(rule: str, counts: Counts, ceilings: Numbers, rules: Rules) -> Flags:
    """The alarms of one of RULES, (csms, weeks)."""
    if rule == "cusum":
        return cusum_scores(counts, ceilings, rules) > rules.cusum_limit_score
    return run_alarms(counts, ceilings, rules)


def onsets(alarms: Flags) -> Flags:
    """Weeks in which an alarm begins, from the second week on."""
    return alarms[:, 1:] & ~alarms[:, :-1]


@dataclass(frozen=True)
class Worlds:
    """Counts of the same CSMs when all is normal, from a shift on, and when a shift of half a year ends."""

    ceilings: Numbers
    normal: Counts
    shifted: Counts
    relieved: Counts


def simulate(ceilings: Numbers, rules: Rules, autocorrelation: float, replicates: int, seed: int) -> Worlds:
    """Teams of 20 CSMs, ceilings in turn. The shift is one standard deviation of the normal level's count."""
    rng = np.random.default_rng([seed, round(100 * autocorrelation)])
    per_csm = np.resize(ceilings, replicates * TEAM_CSMS)
    levels = np.resize([normal_level(ceiling, rules.normal_exceedance_share) for ceiling in ceilings], len(per_csm))
    shifted = levels + np.sqrt(levels)

    def drawn(*spans: tuple[Numbers, int]) -> Counts:
        means = np.concatenate([np.repeat(mean[:, None], weeks, axis=1) for mean, weeks in spans], axis=1)
        return weekly_counts(rng, means, autocorrelation)

    return Worlds(
        ceilings=per_csm[:, None],
        normal=drawn((levels, QUARTER_WEEKS + YEARS_WEEKS)),
        shifted=drawn((shifted, LATEST_WEEKS)),
        relieved=drawn((shifted, SHIFT_WEEKS), (levels, LATEST_WEEKS)),
    )


def measure(rule: str, worlds: Worlds, rules: Rules) -> ErrorRates:
    """Error rates of one rule; standard errors from the spread between teams, which are independent.

    A false alarm is a week in which an alarm begins while the level is normal, after a quarter in which the sums fill.
    The delay counts from the first shifted week of a CSM without history; a CSM whose alarm does not come within the
    simulated weeks counts with all of them. Clearing counts from the end of a shift of half a year to the first week
    without alarm, of those who were in alarm at its end: `lasting_alarm_share`.
    """

    def alarms(counts: Counts) -> Flags:
        return alarms_of(rule, counts, np.broadcast_to(worlds.ceilings, counts.shape), rules)

    normal = alarms(worlds.normal)
    per_team = onsets(normal[:, QUARTER_WEEKS - 1 :]).reshape(-1, TEAM_CSMS * YEARS_WEEKS).sum(axis=1)
    rates = per_team * QUARTER_WEEKS / YEARS_WEEKS
    has_alarm, first = normal.any(axis=1), normal.argmax(axis=1) + 1
    weeks_at_risk = np.where(has_alarm, first, normal.shape[1]).sum()
    shifted = alarms(worlds.shifted)
    delays = np.where(shifted.any(axis=1), shifted.argmax(axis=1) + 1, shifted.shape[1])
    relieved = alarms(worlds.relieved)
    lasting = relieved[:, SHIFT_WEEKS - 1]
    clearing = (~relieved[lasting, SHIFT_WEEKS:]).argmax(axis=1)
    return ErrorRates(
        false_alarms_per_team_quarter=float(rates.mean()),
        false_alarms_standard_error=standard_error(rates),
        mean_weeks_to_false_alarm=float(weeks_at_risk / has_alarm.sum()),
        mean_delay_weeks=float(delays.mean()),
        delay_standard_error=standard_error(delays),
        lasting_alarm_share=float(lasting.mean()),
        mean_clearing_weeks=float(clearing.mean()),
    )


def standard_error(values: npt.NDArray[np.generic]) -> float:
    """Of the mean of independent values."""
    return float(np.std(values, ddof=1) / math.sqrt(len(values)))


def tuned_limit(worlds: Worlds, rules: Rules) -> float:
    """The CUSUM's limit at which as many false alarms begin as under the rule of consecutive weeks."""
    ceilings = np.broadcast_to(worlds.ceilings, worlds.normal.shape)
    begun = onsets(run_alarms(worlds.normal, ceilings, rules)[:, QUARTER_WEEKS - 1 :]).sum()
    scores = cusum_scores(worlds.normal, ceilings, rules)[:, QUARTER_WEEKS - 1 :]
    low, high = 0.0, float(scores.max())
    for _ in range(30):
        limit = (low + high) / 2
        low, high = (limit, high) if onsets(scores > limit).sum() > begun else (low, limit)
    return (low + high) / 2


def error_rates(reference_dir: Path, replicates: int = REPLICATES, seed: int = SEED) -> list[dict[str, str]]:
    """The rows of `alarm_error_rates`: each rule at each autocorrelation, numbers as text."""
    rules, ceilings = read_rules(reference_dir), read_ceilings(reference_dir)
    table = []
    for autocorrelation in AUTOCORRELATIONS:
        worlds = simulate(ceilings, rules, autocorrelation, replicates, seed)
        for rule in RULES:
            rates = vars(measure(rule, worlds, rules))
            table.append(
                {
                    "rule": rule,
                    "autocorrelation": f"{autocorrelation:g}",
                    "parameters": rules.parameters(rule),
                    **{name: f"{value:.4f}" for name, value in rates.items()},
                    "replicates": str(replicates),
                    "seed": str(seed),
                    "rationale": RATIONALE.format(replicates=f"{replicates:,}"),
                }
            )
    return table


def compare_windows(reference_dir: Path, replicates: int, seed: int) -> list[str]:
    """For each window of the CUSUM its tuned limit and what that does, one line each."""
    rules, ceilings = read_rules(reference_dir), read_ceilings(reference_dir)
    worlds = simulate(ceilings, rules, 0.0, replicates, seed)
    lines = [f"consecutive weeks: {measure('consecutive_weeks', worlds, rules)}"]
    for window in (8, 13, 26, YEARS_WEEKS + QUARTER_WEEKS):
        tried = replace(rules, cusum_window_weeks=window)
        tried = replace(tried, cusum_limit_score=tuned_limit(worlds, tried))
        lines.append(f"window {window}, limit {tried.cusum_limit_score:.3f}: {measure('cusum', worlds, tried)}")
    return lines


def counts_of(published_file: Path) -> dict[str, float]:
    """How the weekly counts of a book behave: ratios over CSM-weeks at the CSM's full ceiling, alarms over all.

    `dispersion_ratio` is the variance within a CSM to the mean (Poisson: 1), `short_dispersion_ratio` the same from
    differences of neighbouring weeks, which a drifting level does not raise; `autocorrelation_ratio` is lag 1.
    """
    import duckdb

    query = """
        with full_weeks as (
            select *, max(throughput_ceiling_count) over (partition by csm_id) as full_ceiling
            from marts.fct_csm_throughput
        )
        select csm_id, list(counted_interaction_count order by week_start_date) as counts
        from full_weeks
        where full_ceiling > 0 and throughput_ceiling_count >= 0.999 * full_ceiling
            and counted_interaction_count is not null
        group by csm_id having count(*) >= 13 order by csm_id
    """
    alarms = """
        select avg(cast(is_over_ceiling as double)),
            sum(case when is_intervention and not before_run then 1 else 0 end),
            sum(case when is_cusum_alarm and not before_cusum then 1 else 0 end),
            count(is_over_ceiling)
        from (
            select *, coalesce(lag(is_intervention) over in_order, false) as before_run,
                coalesce(lag(is_cusum_alarm ignore nulls) over in_order, false) as before_cusum
            from marts.fct_csm_throughput
            window in_order as (partition by csm_id order by week_start_date)
        )
    """
    with duckdb.connect(str(published_file), read_only=True) as connection:
        series = [np.array(counts, dtype=float) for _, counts in connection.execute(query).fetchall()]
        over, runs, cusums, weeks = connection.execute(alarms).fetchall()[0]
    spread = sum(((one - one.mean()) ** 2).sum() for one in series)
    mean = sum(one.mean() * (len(one) - 1) for one in series)
    steps = sum((np.diff(one) ** 2).sum() / 2 for one in series)
    products = sum(((one[1:] - one.mean()) * (one[:-1] - one.mean())).sum() for one in series)
    return {
        "csm_count": len(series),
        "mean_count": mean / sum(len(one) - 1 for one in series),
        "dispersion_ratio": spread / mean,
        "short_dispersion_ratio": steps / mean,
        "autocorrelation_ratio": products / spread,
        "exceedance_ratio": over,
        "run_alarms_per_team_quarter": runs * TEAM_CSMS * QUARTER_WEEKS / weeks,
        "cusum_alarms_per_team_quarter": cusums * TEAM_CSMS * QUARTER_WEEKS / weeks,
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and write the table, or compare, or look at a book."""
    parser = argparse.ArgumentParser(prog="python -m book_of_business.alarms", description=__doc__.split("\n")[0])
    parser.add_argument("--replicates", type=int, default=REPLICATES, help="teams to simulate")
    parser.add_argument("--seed", type=int, default=SEED, help=f"of the simulation ({SEED})")
    parser.add_argument("--compare", action="store_true", help="show other windows, write nothing")
    parser.add_argument("--marts", type=Path, metavar="FILE", help="show how the counts of a published book behave")
    chosen = parser.parse_args(arguments)
    reference_dir = reference_folder()
    if chosen.marts:
        if not chosen.marts.is_file():
            parser.error(f"{chosen.marts} does not exist: give the published file, build/book_of_business.duckdb")
        for name, value in counts_of(chosen.marts).items():
            print(f"{name}: {value:.3f}")
        return 0
    if chosen.compare:
        print("\n".join(compare_windows(reference_dir, chosen.replicates, chosen.seed)))
        return 0
    table = error_rates(reference_dir, chosen.replicates, chosen.seed)
    path = reference_dir / "alarm_error_rates.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(table[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(table)
    print(path)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
