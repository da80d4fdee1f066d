"""Room for what effort weights do not know: books stay below 110 % of capacity in nine cases of ten."""

from __future__ import annotations

from dataclasses import replace

import duckdb
import numpy as np
import polars as pl

from book_of_business import marts
from book_of_business.rebalancing.problem import Limit, Pod
from book_of_business.rebalancing.reading import Situation

# The nine-tenths quantile of the standard normal, and the load that is not to be exceeded.
QUANTILE = 1.2816
HIGHEST_LOAD = 1.10
# Where no interval is published: weights that are assumptions may be off by a fifth.
ASSUMED_DEVIATION = 0.2


def with_margin(pod: Pod, situation: Situation, connection: duckdb.DuckDBPyConnection) -> Pod:
    """The pod with one more limit: effort at its nine-tenths quantile within 110 % of capacity.

    Errors of weights are shared by all accounts of a level, so that they do not cancel in a book: the quantiles of the
    accounts are added, which is never too little room.
    """
    deviation = deviation_of(connection)
    factor = np.exp(QUANTILE * deviation - deviation**2 / 2)
    load = next((limit for limit in pod.limits if limit.name == "load_ratio"), None)
    if load is None:
        return pod
    target = situation.thresholds["target_load_ratio"]
    capacity = load.right / target if target > 0 else load.right
    margin = Limit(load.name, "robust", load.weights * factor, HIGHEST_LOAD * capacity, load.price)
    return replace(pod, limits=[*pod.limits, margin])


def deviation_of(connection: duckdb.DuckDBPyConnection) -> float:
    """The standard deviation of the logarithm of an account's effort, from the intervals of the weights in force."""
    columns = {
        name for (name,) in connection.sql(
            "select column_name from duckdb_columns() where schema_name = 'reference' and table_name = 'effort_weights'"
        ).fetchall()
    }  # fmt: skip
    if not {"lower", "upper", "status"} <= columns:
        return ASSUMED_DEVIATION
    rows = marts.query(
        connection,
        "select lower, upper from reference.effort_weights where status = 'adopted' and lower > 0 and upper > lower",
    )
    if rows.is_empty():
        return ASSUMED_DEVIATION
    half = rows.select(((pl.col("upper") / pl.col("lower")).log() / (2 * 1.96)).mean()).item()
    return float(half)
