"""Whether columns tell an outcome apart without exception, and by which relation.

A logit of a separated outcome has no maximum: its coefficients grow without end, and whatever the solver stops at is no
estimate. Linear programming decides it exactly (Albert and Anderson 1984; Konis 2007).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl
from scipy import optimize

SMALLEST = 1e-7  # of the margins' mean: what rounding makes of none


def is_separated(columns: np.ndarray, target: np.ndarray) -> bool:
    """Whether some combination of the columns is never lower where the outcome is 1 than where it is 0, and not equal
    everywhere (complete or quasi-complete separation).

    Args:
        columns: rows x columns, the intercept among them, each of about the same size.
        target: 0 or 1 per row.
    """
    signed = columns * np.where(target > 0, 1.0, -1.0)[:, None]
    found = optimize.linprog(
        -signed.mean(axis=0), A_ub=-signed, b_ub=np.zeros(len(signed)), bounds=(-1, 1), method="highs"
    )
    return bool(found.success and -found.fun > SMALLEST)


def relation(frame: pl.DataFrame, target: str, terms: Sequence[str], words: Mapping[str, str], event: str) -> str:
    """Which single column separates the outcome, in words; several together where none does alone.

    Args:
        frame: rows without nulls in these columns.
        target: name of the outcome, 0 or 1.
        terms: names of the columns.
        words: what a column is called in a sentence (its name where there is none).
        event: what it is called where the outcome is 1, in the singular: "churn at a renewal".
    """
    is_event = pl.col(target) > 0
    for term in terms:
        name = words.get(term, term)
        if frame[term].n_unique() < 2:
            continue
        if frame[term].n_unique() == 2:
            is_upper = pl.col(term).cast(pl.Float64) == frame[term].cast(pl.Float64).max()
            for rows, holds in ((frame.filter(is_upper), "holds"), (frame.filter(~is_upper), "does not hold")):
                if (share := rows[target].mean()) in (0.0, 1.0):
                    always = "always" if share else "never"
                    return f'{event} is {always} the outcome where "{name}" {holds} ({rows.height:,} rows)'
            continue
        events = frame.filter(is_event)[term].cast(pl.Float64)
        others = frame.filter(~is_event)[term].cast(pl.Float64)
        for sign, side in ((1, "above"), (-1, "below")):
            if (sign * events).min() >= (sign * others).max():
                return (
                    f"{name} is {side} that of every other outcome wherever the outcome is {event}, without exception"
                )
    named = ", ".join(words.get(term, term) for term in terms)
    return f"together these columns predict {event} without exception: {named}"
