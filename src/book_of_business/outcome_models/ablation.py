"""The claim that models without conversations see at best half the picture: the same prediction with less and less.

Churn of the next quarter is predicted from the CRM, then with usage, then with conversations, and judged on rows that
the model has not seen: CSMs left out, and later quarters. The picture is the deviance that is explained (McFadden's
share); half of it is what the claim allows to the CRM and usage together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy import optimize, special, stats

FAMILIES = ("crm", "usage", "conversation")
MODELS = {"CRM only": ("crm",), "plus usage": ("crm", "usage"), "plus conversations": FAMILIES}
RIDGE = 1.0
FOLDS = 5
FIT_SHARE = 0.6
DRAWS = 300
HALF = 0.5
MINIMUM_EVENTS = 30
MINIMUM_CSMS = 8


@dataclass(frozen=True)
class Score:
    """One model on unseen rows: area under the ROC curve, explained share of the deviance with a 95 % interval."""

    model: str
    auc: float
    explained: float
    low: float
    high: float


@dataclass(frozen=True)
class Ablation:
    """Scores of the three models under one scheme, and what the picture without conversations is of the whole one.

    `share` is explained without / explained with conversations (interval: bootstrap over CSMs); null where the whole
    model explains nothing for certain. `event_count` is that of the rows judged; `lack` says why there are no scores.
    """

    scheme: str
    event_count: int
    scores: tuple[Score, ...]
    share: float | None
    low: float | None
    high: float | None
    lack: str = ""

    @property
    def answer(self) -> str:
        """`at best half`, `more than half` or `cannot tell`."""
        if self.share is None or self.low is None or self.high is None:
            return "cannot tell"
        return "at best half" if self.high <= HALF else "more than half" if self.low > HALF else "cannot tell"

    @property
    def verdict(self) -> str:
        """The answer in a sentence."""
        if not self.scores:
            return f"{self.scheme}: cannot tell, {self.lack}."
        if self.share is None:
            return f"{self.scheme}: cannot tell, since even all three together predict no better than the mean."
        interval = f"{self.share:.0%} ({self.low:.0%} to {self.high:.0%})"
        return f"{self.scheme}: without conversations the model sees {interval} of the picture: {self.answer}."


def ablate(frame: pl.DataFrame, seed: int = 1) -> tuple[Ablation, ...]:
    """Both schemes on rows of csm_id, period (sortable), target (0 or 1) and features named `<family>_...`."""
    held = frame.drop_nulls()
    group = np.unique(held["csm_id"].to_numpy(), return_inverse=True)[1] if held.height else np.empty(0, dtype=int)
    schemes = {"CSMs left out": by_csm(group, seed), "later quarters": out_of_time(held["period"])}
    return tuple(scheme_of(scheme, held, group, splits, seed) for scheme, splits in schemes.items())


def scheme_of(scheme: str, frame: pl.DataFrame, group: np.ndarray, splits: list, seed: int) -> Ablation:
    """One scheme, if there are churns enough to learn from and to judge."""
    target = frame["target"].to_numpy()
    learnt, events = event_counts(target, splits)
    lack = ""
    heard = [name for name in frame.columns if name.startswith("conversation_")]
    if frame.height and all(frame[name].n_unique() == 1 for name in heard):
        lack = "no conversation is on record, or all accounts are alike in theirs"
    elif not splits:
        lack = "the quarters on record are too few" if frame.height else "0 churns are too few"
    elif learnt < MINIMUM_EVENTS:
        lack = f"{learnt} churns among the rows learnt from are too few ({MINIMUM_EVENTS} are needed)"
    elif events < MINIMUM_EVENTS:
        lack = f"{events} churns among the rows judged are too few ({MINIMUM_EVENTS} are needed)"
    elif frame["csm_id"].n_unique() < MINIMUM_CSMS:
        lack = f"{frame['csm_id'].n_unique()} CSMs are too few ({MINIMUM_CSMS} are needed)"
    if lack:
        return Ablation(scheme, events, (), None, None, None, lack)
    return judged(scheme, frame, group, splits, events, seed)


def event_counts(target: np.ndarray, splits: list[tuple[np.ndarray, np.ndarray]]) -> tuple[int, int]:
    """Events among the rows learnt from, of the split with the fewest, and among all rows judged."""
    if not splits:
        return 0, 0
    learnt = min(int(target[learn].sum()) for learn, _ in splits)
    return learnt, sum(int(target[judge].sum()) for _, judge in splits)


def by_csm(group: np.ndarray, seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Folds that leave out whole CSMs: rows to fit on, rows to judge."""
    if not len(group):
        return []
    fold = np.random.default_rng(seed).permutation(int(group.max()) + 1) % FOLDS
    return [(fold[group] != at, fold[group] == at) for at in range(FOLDS) if (fold[group] == at).any()]


def out_of_time(period: pl.Series) -> list[tuple[np.ndarray, np.ndarray]]:
    """The earlier part of the periods to fit on, the later to judge; empty with a single period."""
    periods = period.unique().sort()
    if len(periods) < 2:
        return []
    first = periods[max(1, round(FIT_SHARE * len(periods)))] if len(periods) > 2 else periods[1]
    later = (period >= first).to_numpy()
    return [(~later, later)]


def judged(scheme: str, frame: pl.DataFrame, group: np.ndarray, splits: list, events: int, seed: int) -> Ablation:
    """Fit the models on each split, and score what was predicted."""
    target = frame["target"].cast(pl.Float64).to_numpy()
    seen = np.any([judge for _, judge in splits], axis=0)
    losses, aucs = {"mean": np.zeros(len(target))}, {}
    for learn, judge in splits:
        losses["mean"][judge] = deviance(target[judge], np.full(judge.sum(), special.logit(rate(target[learn]))))
    for model, families in MODELS.items():
        names = [name for name in frame.columns if name.split("_")[0] in families]
        logit = np.zeros(len(target))
        for learn, judge in splits:
            logit[judge] = predict(frame, names, target, learn, judge)
        losses[model] = deviance(target, logit)
        aucs[model] = auc(target[seen], logit[seen])
    parts = {name: np.bincount(group[seen], loss[seen], minlength=group.max() + 1) for name, loss in losses.items()}
    drawn = np.random.default_rng(seed).integers(0, group.max() + 1, (DRAWS, group.max() + 1))
    sums = {name: part[drawn].sum(axis=1) for name, part in parts.items()}
    explained = {model: 1 - parts[model].sum() / parts["mean"].sum() for model in MODELS}
    draws = {model: 1 - sums[model] / sums["mean"] for model in MODELS}
    scores = tuple(
        Score(model, aucs[model], explained[model], *np.quantile(draws[model], (0.025, 0.975)).tolist())
        for model in MODELS
    )
    whole, less = draws["plus conversations"], draws["plus usage"]
    if scores[-1].low <= 0:
        return Ablation(scheme, events, scores, None, None, None)
    share = explained["plus usage"] / explained["plus conversations"]
    low, high = np.quantile(less / np.maximum(whole, 1e-9), (0.025, 0.975)).tolist()
    return Ablation(scheme, events, scores, share, low, high)


def rate(target: np.ndarray) -> float:
    """Share of events, never quite none or all."""
    return float((target.sum() + 0.5) / (len(target) + 1))


def deviance(target: np.ndarray, logit: np.ndarray) -> np.ndarray:
    """Twice the negative log likelihood, row by row."""
    return 2 * (np.logaddexp(0, logit) - target * logit)


def auc(target: np.ndarray, logit: np.ndarray) -> float:
    """Area under the ROC curve; nan where all rows are alike."""
    if target.sum() in (0, len(target)):
        return float("nan")
    churned, kept = logit[target == 1], logit[target == 0]
    return float(stats.mannwhitneyu(churned, kept).statistic / (len(churned) * len(kept)))


def predict(
    frame: pl.DataFrame, names: Sequence[str], target: np.ndarray, learn: np.ndarray, judge: np.ndarray
) -> np.ndarray:
    """Log odds of unseen rows by a logit with a small ridge on standardised features (L-BFGS)."""
    columns = frame.select(pl.col(name).cast(pl.Float64) for name in names).to_numpy()
    mean, spread = columns[learn].mean(axis=0), columns[learn].std(axis=0)
    columns = (columns - mean) / np.where(spread > 0, spread, 1.0)
    known, truth = columns[learn], target[learn]

    def loss(value: np.ndarray) -> tuple[float, np.ndarray]:
        logit = value[0] + known @ value[1:]
        residual = special.expit(logit) - truth
        size = np.logaddexp(0, logit).sum() - truth @ logit + RIDGE / 2 * (value[1:] ** 2).sum()
        return float(size), np.concatenate([[residual.sum()], known.T @ residual + RIDGE * value[1:]])

    start = np.concatenate([[special.logit(rate(truth))], np.zeros(columns.shape[1])])
    found = optimize.minimize(loss, start, jac=True, method="L-BFGS-B").x
    return found[0] + columns[judge] @ found[1:]
