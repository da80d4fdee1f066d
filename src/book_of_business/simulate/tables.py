"""The raw contract's tables as the simulator writes them, and how arrays become columns."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from book_of_business.receiving.contract import RawTable, read_contract
from book_of_business.settings import project_dir
from book_of_business.simulate.days import NEVER

TYPES: dict[str, pl.DataType] = {
    "varchar": pl.String(), "date": pl.Date(), "timestamp": pl.Datetime("us"), "boolean": pl.Boolean(),
    "double": pl.Float64(), "bigint": pl.Int64(),
}  # fmt: skip
# The contract takes fractions here; the simulated books have whole numbers.
WHOLE_NUMBERS = ("duration_minutes", "minutes", "perceived_load", "score")
# What simulated books leave out. A column that is new in the contract is simulated, or named here.
NOT_SIMULATED = {
    "subscriptions": ("contract_id", "signed_on", "renews_subscription_id"),
    "transcripts": ("speaker_side", "started_seconds", "ended_seconds"),
}


def schema_of(table: RawTable) -> dict[str, pl.DataType]:
    """The columns of a table that are simulated, in contract order, with their types."""
    return {
        column.name: pl.Int64() if column.name in WHOLE_NUMBERS else TYPES[column.data_type]
        for column in table.columns
        if column.name not in NOT_SIMULATED.get(table.name, ())
    }


# Domain and columns of each table.
TABLES = {table.name: (table.domain, schema_of(table)) for table in read_contract(project_dir(Path(__file__).parent))}
EVENT_TABLES = (  # written week by week; in Parquet as folders of weeks
    "health_scores", "product_usage", "tickets", "interactions", "interaction_participants", "interaction_topics",
    "action_items", "time_entries",
)  # fmt: skip


def ids(prefix: str, numbers: npt.ArrayLike, width: int) -> pl.Series:
    """Ids such as `A0042`: the prefix and a number of fixed width. Negative numbers are null."""
    number = pl.Series("id", np.asarray(numbers, dtype=np.int64))
    frame = number.to_frame().select(
        pl.when(pl.col("id") >= 0).then(pl.lit(prefix) + pl.col("id").cast(pl.String).str.zfill(width))
    )
    return frame.to_series()


def take(labels: pl.Series | tuple[str, ...], codes: npt.ArrayLike) -> pl.Series:
    """Labels by code. Negative codes are null."""
    series = labels if isinstance(labels, pl.Series) else pl.Series(labels, dtype=pl.String)
    number = np.asarray(codes, dtype=np.int64)
    index = pl.Series(number)
    if len(number) and number.min() < 0:
        index = index.set(index < 0, None)
    return series.gather(index)


def dates(days: npt.ArrayLike) -> pl.Series:
    """Days since 1970-01-01 as dates. NEVER is null."""
    number = np.asarray(days, dtype=np.int32)
    series = pl.Series(number)
    if len(number) and number.max() == NEVER:
        series = series.set(series == int(NEVER), None)
    return series.cast(pl.Date)


def times(seconds: npt.ArrayLike) -> pl.Series:
    """Seconds since 1970-01-01 as UTC timestamps. Negative ones are null."""
    number = np.asarray(seconds, dtype=np.int64)
    series = pl.Series(number * 1_000_000)
    if len(number) and number.min() < 0:
        series = series.set(series < 0, None)
    return series.cast(pl.Datetime("us"))


def build(table: str, **columns: object) -> pl.DataFrame:
    """A frame of a table in contract order and types. Raises KeyError on missing or unknown columns."""
    schema = TABLES[table][1]
    if columns.keys() != schema.keys():
        raise KeyError(f"{table} has columns {list(schema)}, got {list(columns)}")
    return pl.DataFrame({name: columns[name] for name in schema}).cast(dict(schema))
