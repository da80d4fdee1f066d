"""Worked example: turn a list of contracts into the raw contract's tables.

    python examples/university_contracts.py contracts.csv OUT
    RAW_DATA=OUT AS_OF_DATE=2023-10-01 make build

Reads a CSV with Doc.Number, Type, Vendor, Amount (US dollars over the whole term), Begin.Date and End.Date (last day of
the term, 2099 or 9999 where nobody set one), such as the public contracts of the University of Nebraska-Lincoln
collected by srvanderplas/UNL-contractdata (CC-BY-4.0). It knows no interactions, no health, no usage: the build says
what is unavailable for want of them. Your own export needs the same few steps: name the columns, type them, leave out
nothing.
"""

import sys
from pathlib import Path

import polars as pl

OWNER = "procurement"
DAYS_PER_YEAR = 365.25
# The list has no segments. These bounds of yearly dollars are ours, only to have three sizes of account.
ENTERPRISE_ARR_USD, MID_MARKET_ARR_USD = 250_000, 25_000
LAST_DAY = pl.date(9999, 12, 31)


def read_contracts(path: Path) -> pl.DataFrame:
    """One row per contract. `arr_usd`: the amount over the years of its term, at least one; `ends_on` is exclusive."""
    contracts = pl.read_csv(path, infer_schema=False).with_columns(
        pl.col("Begin.Date", "End.Date").str.to_date("%Y-%m-%d"), pl.col("Amount").cast(pl.Float64)
    )
    last_day = pl.col("End.Date")
    years = (last_day - pl.col("Begin.Date")).dt.total_days() / DAYS_PER_YEAR
    return contracts.select(
        subscription_id=pl.col("Doc.Number"),
        # Spelled as received: whether two spellings are one vendor is for the owner of the list to say.
        account_id=pl.col("Vendor"),
        product=pl.col("Type"),
        arr_usd=(pl.col("Amount") / pl.max_horizontal(years, pl.lit(1.0))).round(2),
        starts_on=pl.col("Begin.Date"),
        # The day after 9999-12-31 has five digits in its year and is no ISO date.
        ends_on=pl.when(last_day < LAST_DAY).then(last_day.dt.offset_by("1d")).otherwise(last_day),
    )


def raw_tables(contracts: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """The five required tables; one owner, hired on the day of the first contract."""
    arr_usd = pl.col("arr_usd").sum()
    accounts = contracts.group_by("account_id", maintain_order=True).agg(
        account_name=pl.col("account_id").first(),
        segment=pl.when(arr_usd >= ENTERPRISE_ARR_USD)
        .then(pl.lit("enterprise"))
        .when(arr_usd >= MID_MARKET_ARR_USD)
        .then(pl.lit("mid_market"))
        .otherwise(pl.lit("smb")),
        customer_since=pl.col("starts_on").min(),
    )
    hired_on = contracts["starts_on"].min()
    return {
        "csms": pl.DataFrame(
            {
                "csm_id": [OWNER],
                "csm_name": ["Procurement office"],
                "role_tier": ["pooled_csm"],
                "hired_on": [hired_on],
                "fte": [4],
            }
        ),
        "accounts": accounts,
        "account_assignments": accounts.select(
            "account_id", pl.col("customer_since").alias("assigned_on"), csm_id=pl.lit(OWNER)
        ),
        "subscriptions": contracts,
        # Required, and empty: nothing is known, so AS_OF_DATE has to be given.
        "interactions": pl.DataFrame(schema=["interaction_id", "csm_id", "started_at", "interaction_type", "status"]),
    }


def main(arguments: list[str]) -> int:
    """Write the tables as CSV into a folder."""
    if len(arguments) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    if not Path(arguments[0]).is_file():
        print(f"{arguments[0]} does not exist: download the list of contracts first", file=sys.stderr)
        return 1
    out = Path(arguments[1])
    out.mkdir(parents=True, exist_ok=True)
    for name, table in raw_tables(read_contracts(Path(arguments[0]))).items():
        table.write_csv(out / f"{name}.csv")
        print(f"{out / name}.csv: {table.height:,} rows")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
