"""The core marts in pandas: whole columns at once, spans instead of account-weeks, usage one week's file at a time.

Accounts and CSMs are whole numbers inside (their place in the file), days and weeks too: the fastest keys pandas has.
What it leaves out is what `polars_marts` leaves out: rows are not checked, and only the columns in `rules.CORE_MARTS`
are made.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow.parquet as pq

from book_of_business.calibration.weights import FACTORS
from book_of_business.proof.bench.rules import CATEGORIES, Level, Rules

MICRO = 1_000_000
FOREVER = 1 << 30  # a day, or a week, that never comes
NEVER = -FOREVER
Ints = npt.NDArray[np.int64]


def marts(raw: Path, rules: Rules) -> dict[str, pd.DataFrame]:
    """The core marts by name, from the raw tables in a directory."""
    book = Book(raw, rules)
    levels = factors(book, rules)
    return {
        "fct_csm_load": load(book, rules, levels),
        "fct_csm_throughput": throughput(book),
        "fct_csm_coverage": coverage(book, rules),
        "fct_renewal_concentration": renewals(book, rules),
        "fct_csm_engagement": engagement(book),
        "usage_declines": usage(book, rules),
    }


def read(raw: Path, table: str, *columns: str) -> pd.DataFrame:
    """Columns of a raw table, a file or a folder of weeks; dates as datetime64."""
    path = raw / table if (raw / table).is_dir() else raw / f"{table}.parquet"
    return pq.read_table(path, columns=list(columns), partitioning=None).to_pandas(date_as_object=False)


def day(dates: pd.Series, missing: int = FOREVER) -> Ints:
    """Days since 1970-01-01."""
    return np.where(dates.isna(), missing, dates.to_numpy("datetime64[D]").astype("int64"))


def week(days: Ints) -> Ints:
    """Number of the week of a day; weeks begin on Monday. What never comes stays so."""
    return np.where(np.abs(days) >= FOREVER, days, (days + 3) // 7)


def mondays(weeks: npt.ArrayLike) -> pd.Series:
    """Dates of the Mondays of numbered weeks."""
    return pd.Series((np.asarray(weeks) * 7 - 3).astype("datetime64[D]"))


def millionths(values: pd.Series) -> pd.Series:
    """Fractions as whole numbers, whose sums leave no remainder."""
    return (values * MICRO).round().astype("int64")


def weight_of(levels: list[Level], measure: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """The weight of the level that a measure is of."""
    values, conditions = np.asarray(measure), []
    for level in levels:
        lower = -np.inf if level.lower is None else level.lower
        upper = np.inf if level.upper is None else level.upper
        above = values >= lower if level.has_lower or level.lower is None else values > lower
        conditions.append(above & (values <= upper if level.has_upper or level.upper is None else values < upper))
    return np.select(conditions, [level.weight for level in levels], np.nan)


def spans(key: npt.ArrayLike, start: Ints, end: Ints, **measures: npt.ArrayLike) -> pd.DataFrame:
    """Spans of weeks that are not empty."""
    frame = pd.DataFrame({"key": np.asarray(key), "start": start, "end": end, **measures})
    return frame[frame["start"] < frame["end"]]


def running(*parts: pd.DataFrame) -> pd.DataFrame:
    """Sums over the spans in force, per key from each week in which one may change: columns key, week, measures."""
    changes = []
    for part in parts:
        measures = [name for name in part if name not in ("key", "start", "end")]
        starts = part[["key", "start", *measures]].rename(columns={"start": "week"})
        ends = part.loc[part["end"] < FOREVER, ["key", "end", *measures]].rename(columns={"end": "week"})
        ends[measures] = -ends[measures]
        changes += [starts, ends]
    sums = pd.concat(changes).groupby(["key", "week"], sort=True).sum()
    return sums.groupby(level="key").cumsum().reset_index()


def merged(frame: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Spans of the same keys that overlap or touch, as one."""
    starts = frame.groupby([*keys, "start"], sort=True, as_index=False)["end"].max()
    grouped = starts.groupby(keys)
    reached = starts.assign(reached=grouped["end"].cummax()).groupby(keys)["reached"].shift()
    starts["island"] = (~(starts["start"] <= reached)).cumsum()  # never two keys in one: a key's first has no reach
    return starts.groupby([*keys, "island"], as_index=False).agg(start=("start", "min"), end=("end", "max"))


class Book:
    """What several marts need: interactions held, owners, subscriptions in books, and the weeks."""

    def __init__(self, raw: Path, rules: Rules) -> None:
        self.raw = raw
        accounts = read(raw, "accounts", "account_id", "segment", "customer_since", "churned_on")
        csms = read(raw, "csms", "csm_id", "hired_on", "left_on")
        self.accounts, self.csms = pd.Index(accounts["account_id"]), pd.Index([*csms["csm_id"], "unassigned"])
        self.nobody = len(csms)
        self._interactions(rules)
        self.since, self.churned = day(accounts["customer_since"]), day(accounts["churned_on"])
        self.segment = accounts["segment"].to_numpy()
        self.hired, self.left = day(csms["hired_on"]), day(csms["left_on"])
        self.active_from = np.maximum(week(self.since), self.weeks[0])
        self.active_to = np.minimum(week(self.churned), self.weeks[-1] + 1)
        self._owned()
        self._subscriptions()
        grid = pd.MultiIndex.from_product([range(self.nobody), self.weeks], names=["key", "week"]).to_frame(index=False)
        monday, hired, left = grid["week"] * 7 - 3, self.hired[grid["key"]], self.left[grid["key"]]
        self.csm_weeks = grid[(hired <= monday + 6) & (left > np.maximum(hired, monday))]
        unassigned = pd.DataFrame({"key": self.nobody, "week": self.weeks})
        self.book_weeks = pd.concat([self.csm_weeks, unassigned]).sort_values("week", ignore_index=True)

    def account(self, ids: pd.Series) -> Ints:
        """Place of each account; -1 where the id is null."""
        return self.accounts.get_indexer(ids)

    def _interactions(self, rules: Rules) -> None:
        columns = ("interaction_id", "account_id", "csm_id", "started_at", "interaction_type", "duration_minutes",
                   "status", "sentiment_score", "quality_score")  # fmt: skip
        frame = read(self.raw, "interactions", *columns)
        started = day(frame["started_at"])
        frame["day"] = started
        frame = frame[frame["status"] == "completed"]
        self.last_sunday = (int(frame["day"].max()) + 4) // 7 * 7 - 4
        first = int(started[started <= self.last_sunday].min())
        self.weeks = np.arange((first + 3) // 7, (self.last_sunday + 3) // 7 + 1)
        frame = frame[frame["day"] <= self.last_sunday]
        types = pd.DataFrame(rules.types).set_index("interaction_type")
        kind = types.index.get_indexer(frame["interaction_type"])

        def of_type(column: str, unknown: object) -> npt.NDArray:
            return np.append(types[column].to_numpy(object), unknown)[kind]

        minimum = of_type("minimum_minutes", "inf").astype(float)
        account = self.account(frame["account_id"])
        self.talks = pd.DataFrame({
            "interaction_id": frame["interaction_id"], "account": account,
            "csm": self.csms.get_indexer(frame["csm_id"]), "day": frame["day"], "week": week(frame["day"].to_numpy()),
            "minutes": frame["duration_minutes"], "sentiment": frame["sentiment_score"],
            "quality": frame["quality_score"],
            "category": pd.Categorical(of_type("interaction_category", "unclassified"), CATEGORIES),
            "is_counted": of_type("counts_toward_ceiling", "false") == "true",
            "is_meaningful": (of_type("is_meaningful", "false") == "true")
            & (frame["duration_minutes"].fillna(-1) >= minimum) & (account >= 0),
        })  # fmt: skip

    def _owned(self) -> None:
        given = read(self.raw, "account_assignments", "account_id", "csm_id", "assigned_on", "unassigned_on")
        account, csm = self.account(given["account_id"]), self.csms.get_indexer(given["csm_id"])
        start = np.maximum(
            np.maximum(week(day(given["assigned_on"])), week(self.hired[csm])), self.active_from[account]
        )
        end = np.minimum(np.minimum(week(day(given["unassigned_on"])), week(self.left[csm])), self.active_to[account])
        held = spans(account, start, end, csm=csm).sort_values(["key", "start"])
        before = held.groupby("key")["end"].shift()
        before = before.fillna(pd.Series(self.active_from[held["key"]], held.index)).astype("int64")
        gaps = spans(held["key"], before.to_numpy(), held["start"].to_numpy(), csm=self.nobody)
        last = held.groupby("key")["end"].max().reindex(range(len(self.accounts)))
        last = np.where(last.isna(), self.active_from, last.fillna(0)).astype("int64")
        rest = spans(np.arange(len(self.accounts)), last, self.active_to, csm=self.nobody)
        self.owned = pd.concat([held, gaps, rest], ignore_index=True)

    def _subscriptions(self) -> None:
        columns = (
            "account_id",
            "product",
            "arr_usd",
            "has_custom_configuration",
            "starts_on",
            "ends_on",
            "cancelled_on",
        )
        frame = read(self.raw, "subscriptions", *columns)
        self.subscriptions = pd.DataFrame({
            "key": self.account(frame["account_id"]), "product": frame["product"].astype("category").cat.codes,
            "arr": frame["arr_usd"], "is_custom": frame["has_custom_configuration"].eq(True),
            "starts": day(frame["starts_on"]), "ends": day(frame["ends_on"]), "cancelled": day(frame["cancelled_on"]),
        })  # fmt: skip
        joined = self.subscriptions.merge(self.owned, on="key")
        joined["start"] = np.maximum(week(joined["starts"].to_numpy()), joined["start"])
        stop = np.minimum(week(joined["ends"].to_numpy()), week(joined["cancelled"].to_numpy()))
        joined["end"] = np.minimum(stop, joined["end"])
        self.owned_subscriptions = joined[joined["start"] < joined["end"]]

    def in_books(self, changes: pd.DataFrame) -> pd.DataFrame:
        """Measures in force at each book's weeks: 0 where nothing ever changed."""
        return pd.merge_asof(self.book_weeks, changes.sort_values("week"), on="week", by="key").fillna(0)

    def named(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Keys and weeks as they are published."""
        ids = self.csms[frame["key"]].to_numpy()
        dates = mondays(frame["week"]).to_numpy()
        return frame.assign(csm_id=ids, week_start_date=dates).drop(columns=["key", "week"])


def factors(book: Book, rules: Rules) -> list[pd.DataFrame]:
    """The weight of each factor of each account, from each week in which it changes."""
    raw, weights = book.raw, rules.weights
    talks = book.talks[book.talks["account"] >= 0]
    window = rules.days("conversation_days")

    def changed(factor: str, frame: pd.DataFrame, weight: npt.ArrayLike) -> pd.DataFrame:
        key, value = frame["key"].to_numpy(), np.asarray(weight, dtype=float)
        is_new = np.r_[True, (key[1:] != key[:-1]) | (value[1:] != value[:-1])]
        return pd.DataFrame({"key": key, "week": frame["week"].to_numpy(), factor: value})[is_new]

    def enough(counts: pd.Series, threshold: str, measure: pd.Series, factor: str) -> npt.NDArray[np.float64]:
        is_enough = counts >= rules.days(threshold)
        return np.where(is_enough, weight_of(rules.levels[factor], measure.where(is_enough, 0).round(9)), 1.0)

    every = np.arange(len(book.accounts))
    onboarding = spans(every, week(book.since), week(book.since + rules.days("onboarding_days")), onboarding=1)
    bought = book.subscriptions[book.subscriptions["ends"] < FOREVER]
    start = np.maximum(bought["starts"], bought["ends"] - rules.days("renewal_window_days")).to_numpy()
    end = np.minimum(bought["ends"], bought["cancelled"]).to_numpy()
    renewing = spans(bought["key"], week(start), week(end), renewal=1)
    stages = read(raw, "lifecycle_stage_changes", "account_id", "entered_on", "lifecycle_stage")
    stages = pd.DataFrame({
        "key": book.account(stages["account_id"]), "day": day(stages["entered_on"]),
        "stage": stages["lifecycle_stage"].map(weights["lifecycle"]),
    }).sort_values("day")  # fmt: skip
    stages = stages.assign(week=week(stages["day"].to_numpy())).drop(columns="day")
    stages = stages.groupby(["key", "week"], as_index=False)["stage"].last()
    joined = running(onboarding, renewing).merge(stages, on=["key", "week"], how="outer").sort_values(["key", "week"])
    joined[["onboarding", "renewal", "stage"]] = joined.groupby("key")[["onboarding", "renewal", "stage"]].ffill()
    assumed = np.select([joined["onboarding"] > 0, joined["renewal"] > 0],
                        [weights["lifecycle"]["onboarding"], weights["lifecycle"]["renewal"]],
                        weights["lifecycle"]["steady"])  # fmt: skip
    lifecycle = changed("lifecycle", joined, joined["stage"].where(joined["stage"].notna(), assumed))

    present = read(raw, "interaction_participants", "interaction_id", "contact_id")
    present = present.merge(talks[["interaction_id", "account", "day"]], on="interaction_id")
    seen = spans(present["account"], week(present["day"].to_numpy()),
                 week(present["day"].to_numpy() + rules.days("stakeholder_days")),
                 contact=pd.factorize(present["contact_id"])[0])  # fmt: skip
    engaged = merged(seen, ["key", "contact"]).assign(engaged=1)[["key", "start", "end", "engaged"]]
    contacts = read(raw, "contacts", "account_id", "added_on", "left_on")
    filed = spans(
        book.account(contacts["account_id"]), week(day(contacts["added_on"])), week(day(contacts["left_on"])), filed=1
    )
    people = running(engaged, filed)
    met = people["engaged"].where(people["engaged"] > 0, people["filed"])
    stakeholders = changed("stakeholders", people, weight_of(rules.levels["stakeholders"], met))

    held = book.owned_subscriptions
    products = running(merged(held, ["key", "product"]).assign(n=1)[["key", "start", "end", "n"]])
    footprint = changed("footprint", products, weight_of(rules.levels["footprint"], products["n"]))
    special = running(held.loc[held["is_custom"], ["key", "start", "end"]].assign(n=1))
    custom = weights["custom_configuration"]
    configured = changed("custom_configuration", special, np.where(special["n"] > 0, custom["yes"], custom["no"]))

    scores = read(raw, "health_scores", "account_id", "scored_on", "health_score")
    scored = day(scores["scored_on"])
    x, y = scored - 20_000, millionths(scores["health_score"]).to_numpy()
    sums = running(spans(book.account(scores["account_id"]), week(scored), week(scored + rules.days("health_days")),
                         n=1, x=x, y=y, xx=x * x, xy=x * y))  # fmt: skip
    spread = sums["n"] * sums["xx"] - sums["x"] ** 2
    slope = 7 * (sums["n"] * sums["xy"] - sums["x"] * sums["y"]) / spread.where(spread != 0) / MICRO
    health = changed("health_trajectory", sums, enough(sums["n"], "health_minimum_count", slope, "health_trajectory"))

    deals = read(raw, "opportunities", "opportunity_id", "account_id", "opportunity_type", "created_on", "closed_on")
    deals = deals[(deals["opportunity_type"] == "expansion") & deals["account_id"].notna()]
    steps = read(raw, "opportunity_stage_changes", "opportunity_id", "entered_on", "stage")
    steps = steps.merge(deals, on="opportunity_id").sort_values(["opportunity_id", "entered_on"])
    until = np.minimum(day(steps.groupby("opportunity_id")["entered_on"].shift(-1)), day(steps["closed_on"]))
    since = np.maximum(day(steps["entered_on"]), day(steps["created_on"]))
    is_active = (steps["stage"].map(rules.stages) == "active").to_numpy()
    far = spans(book.account(steps["account_id"])[is_active], week(since)[is_active], week(until)[is_active], far=1)
    open_ones = spans(
        book.account(deals["account_id"]), week(day(deals["created_on"])), week(day(deals["closed_on"])), n=1
    )
    pipeline = running(far, open_ones)
    wanted = np.select([pipeline["far"] > 0, pipeline["n"] > 0],
                       [weights["expansion"]["active"], weights["expansion"]["identified"]],
                       weights["expansion"]["none"])  # fmt: skip
    expansion = changed("expansion", pipeline, wanted)

    felt = talks[talks["sentiment"].notna()]
    days = felt["day"].to_numpy()
    mood = running(spans(felt["account"], week(days), week(days + window), n=1,
                         total=millionths(felt["sentiment"]).to_numpy()))  # fmt: skip
    mean = mood["total"] / mood["n"].where(mood["n"] > 0) / MICRO
    sentiment = changed("sentiment", mood, enough(mood["n"], "conversation_minimum_count", mean, "sentiment"))

    meant = talks[talks["is_meaningful"]]
    meaningful = spans(meant["account"], week(meant["day"].to_numpy()), week(meant["day"].to_numpy() + window), n=1)
    items = read(raw, "action_items", "interaction_id", "created_at")
    items = items.merge(meant[["interaction_id", "account", "day"]], on="interaction_id")
    written = np.maximum(week(items["day"].to_numpy()), week(day(items["created_at"])))
    promised = spans(items["account"], written, week(items["day"].to_numpy() + window), items=1)
    talked = running(meaningful, promised)
    density = talked["items"] / talked["n"].where(talked["n"] > 0)
    follow_up = changed("follow_up", talked, enough(talked["n"], "conversation_minimum_count", density, "follow_up"))
    return [lifecycle, stakeholders, footprint, configured, health, expansion, sentiment, follow_up]


def load(book: Book, rules: Rules, levels: list[pd.DataFrame]) -> pd.DataFrame:
    """Accounts, ARR and hours of effort per book and week."""
    gone = -1.0  # below every owner: where an owner follows at once, the owner counts
    owners = pd.DataFrame({"key": book.owned["key"], "week": book.owned["start"], "csm": book.owned["csm"]})
    ends = pd.DataFrame({"key": np.arange(len(book.accounts)), "week": book.active_to, "csm": gone})
    state = pd.concat([*levels, owners, ends]).groupby(["key", "week"], sort=True).max()
    state = state.groupby(level="key").ffill().reset_index()
    usual = {"lifecycle": "steady", "stakeholders": "single", "footprint": "one", "custom_configuration": "no",
             "expansion": "none"}  # fmt: skip
    hours = pd.Series(book.segment).map(rules.weights["base"]).to_numpy()[state["key"]]
    for factor in FACTORS:
        unknown = rules.weights[factor][usual[factor]] if factor in usual else 1.0
        hours = hours * state[factor].fillna(unknown).to_numpy()
    following = state.groupby("key")["week"].shift(-1).fillna(FOREVER).astype("int64")
    is_owned = (state["csm"] >= 0).to_numpy()
    effort = spans(state["csm"][is_owned].astype("int64"), state["week"][is_owned].to_numpy(),
                   following[is_owned].to_numpy(), effort_hours=hours[is_owned])  # fmt: skip
    held = book.owned_subscriptions
    counts = running(
        book.owned[["csm", "start", "end"]].rename(columns={"csm": "key"}).assign(account_count=1),
        spans(held["csm"], held["start"].to_numpy(), held["end"].to_numpy(), arr=millionths(held["arr"]).to_numpy()),
    )
    frame = book.in_books(counts).merge(book.in_books(running(effort)), on=["key", "week"])
    frame["effort_hours"] = frame["effort_hours"].where(frame["account_count"] > 0, 0.0)
    frame["arr_usd"] = frame.pop("arr") / MICRO
    return book.named(frame)


def throughput(book: Book) -> pd.DataFrame:
    """Interactions per CSM and week, by category."""
    by_category = book.talks.groupby(["csm", "week", "category"], observed=False)["minutes"]
    grouped = by_category.agg(["size", "sum", "count"]).unstack()
    # conversations without a duration took a time that is not known
    grouped["sum"] = grouped["sum"].where((grouped["count"] > 0) | ~(grouped["size"] > 0))
    counts = book.talks.groupby(["csm", "week"])[["is_counted", "is_meaningful"]].sum()
    sums = pd.concat([grouped["size"].add_suffix("_count"), grouped["sum"].add_suffix("_minutes"), counts], axis=1)
    sums = sums.rename(
        columns={"is_counted": "counted_interaction_count", "is_meaningful": "meaningful_interaction_count"}
    )
    sums = sums.rename_axis(["key", "week"]).rename_axis(None, axis=1).reset_index()
    sums = sums[sums.filter(like="_count").any(axis=1)]
    frame = book.csm_weeks.merge(sums, on=["key", "week"], how="outer")
    counts, minutes = (list(frame.filter(like=kind).columns) for kind in ("_count", "_minutes"))
    frame[counts] = frame[counts].fillna(0)
    for column in minutes:
        frame[column] = frame[column].where(frame[column.replace("_minutes", "_count")] > 0, 0)
    return book.named(frame)


def coverage(book: Book, rules: Rules) -> pd.DataFrame:
    """Accounts without a meaningful interaction in the window, per book and week."""
    meant = book.talks[book.talks["is_meaningful"]]
    touched = meant.groupby(["account", "week"], sort=True)["day"].max().reset_index()
    following = touched.groupby("account")["week"].shift(-1).fillna(FOREVER).astype("int64").to_numpy()
    alone = spans(touched["account"], week(touched["day"].to_numpy() + rules.days("unmonitored_days")), following)
    every = np.arange(len(book.accounts))
    first = touched.groupby("account")["week"].min().reindex(every).fillna(FOREVER).astype("int64").to_numpy()
    spells = pd.concat([alone, spans(every, book.active_from, first)]).merge(book.owned, on="key")
    start, end = np.maximum(spells["start_x"], spells["start_y"]), np.minimum(spells["end_x"], spells["end_y"])
    owned = book.owned[["csm", "start", "end"]].rename(columns={"csm": "key"}).assign(account_count=1)
    sums = running(owned, spans(spells["csm"], start.to_numpy(), end.to_numpy(), unmonitored_account_count=1))
    frame = book.in_books(sums)
    counts = frame["account_count"].where(frame["account_count"] > 0)
    return book.named(frame.assign(unmonitored_ratio=frame["unmonitored_account_count"] / counts))


def renewals(book: Book, rules: Rules) -> pd.DataFrame:
    """Renewing ARR per book and quarter on the last Sunday."""
    held, now = book.owned_subscriptions, book.last_sunday
    current = held[(held["start"] <= week(np.int64(now))) & (held["end"] > week(np.int64(now)))]
    employed = np.append(np.flatnonzero((book.hired <= now) & (book.left > now)), book.nobody)
    arr = current.groupby("csm")["arr"].sum().reindex(employed, fill_value=0).rename("book_arr_usd")
    ending = current[current["ends"] < FOREVER]
    quarter = pd.PeriodIndex(ending["ends"].to_numpy().astype("datetime64[D]"), freq="Q").rename("quarter")
    renewing = (
        ending.groupby(["csm", quarter])["arr"].agg(renewing_arr_usd="sum", subscription_count="size").reset_index()
    )
    ahead = pd.period_range(pd.Timestamp(now, unit="D"), periods=rules.days("renewal_horizon_quarters"), freq="Q")
    grid = pd.MultiIndex.from_product([employed, ahead], names=["csm", "quarter"]).to_frame(index=False)
    frame = grid.merge(renewing[renewing["csm"].isin(employed)], on=["csm", "quarter"], how="outer")
    frame = frame.fillna({"renewing_arr_usd": 0, "subscription_count": 0}).merge(arr, left_on="csm", right_index=True)
    frame["renewal_share"] = frame["renewing_arr_usd"] / frame["book_arr_usd"].where(frame["book_arr_usd"] != 0)
    frame["quarter_start_date"] = frame.pop("quarter").dt.start_time
    return frame.assign(csm_id=book.csms[frame.pop("csm")].to_numpy())


def engagement(book: Book) -> pd.DataFrame:
    """Scores and follow-up of the conversations per CSM and week."""
    talks = book.talks[book.talks["account"] >= 0]
    items = read(book.raw, "action_items", "interaction_id", "created_at")
    items = items.merge(talks[["interaction_id", "csm", "week"]], on="interaction_id")
    items = items[week(day(items["created_at"])) <= items["week"]]
    held = talks.groupby(["csm", "week"]).agg(
        interaction_count=("day", "size"),
        scored_interaction_count=("quality", "count"), mean_quality_score=("quality", "mean"),
        sentiment_interaction_count=("sentiment", "count"), mean_sentiment_score=("sentiment", "mean"),
    ).join(items.groupby(["csm", "week"]).size().rename("action_item_count"))  # fmt: skip
    rows = pd.concat([book.csm_weeks, book.talks[["csm", "week"]].rename(columns={"csm": "key"})]).drop_duplicates()
    frame = rows.merge(held.rename_axis(["key", "week"]).reset_index(), on=["key", "week"], how="left")
    counts = ["interaction_count", "scored_interaction_count", "sentiment_interaction_count", "action_item_count"]
    frame[counts] = frame[counts].fillna(0)
    held_count = frame["interaction_count"].where(frame["interaction_count"] > 0)
    return book.named(frame.assign(follow_up_density=frame["action_item_count"] / held_count))


def usage(book: Book, rules: Rules) -> pd.DataFrame:
    """Accounts whose use begins to count as declining, and the Sunday of it."""
    parameters, weekly = rules.usage, []
    baseline, gap, warm = (int(parameters[name]) for name in ("baseline_weeks", "gap_weeks", "warm_up_weeks"))
    for path in sorted((book.raw / "product_usage").glob("*/*.parquet")):
        columns = ["account_id", "used_on", "event_count", "active_users"]
        rows = pq.ParquetFile(path, read_dictionary=["account_id"]).read(columns).to_pandas(date_as_object=False)
        ids = rows.pop("account_id").cat
        rows["key"] = book.account(ids.categories)[ids.codes]
        used_on = day(rows.pop("used_on"))
        rows = rows.assign(week=week(used_on))[used_on <= book.last_sunday]
        weekly.append(rows.groupby(["key", "week"]).sum(min_count=1))
    used = pd.concat(weekly).groupby(level=["key", "week"]).sum(min_count=1).reset_index()
    first = used.groupby("key").agg(start=("week", "min"), has_events=("event_count", "count"))
    first["has_events"] = first["has_events"] > 0
    first["end"] = np.minimum(week(book.churned[first.index]), book.weeks[-1] + 1)
    first = first[first["start"] < first["end"]].reset_index()
    lengths = (first["end"] - first["start"]).to_numpy()
    spine = first.loc[first.index.repeat(lengths), ["key", "has_events", "start"]].reset_index(drop=True)
    spine["week"] = spine["start"] + spine.groupby("key").cumcount()
    frame = spine.merge(used, on=["key", "week"], how="left").sort_values(["key", "week"], ignore_index=True)
    frame["log"] = np.log1p(frame["event_count"].where(frame["has_events"], frame["active_users"]).fillna(0))

    def earlier_median(column: str, distance: int) -> pd.Series:
        medians = frame.groupby("key")[column].rolling(baseline, min_periods=warm).median()
        frame["median"] = medians.to_numpy()
        return frame.groupby("key")["median"].shift(distance)

    frame["change"] = frame["log"] - earlier_median("log", gap + 1)
    by_week = frame.groupby("week")["change"]
    common = by_week.median().where(by_week.count() >= parameters["book_minimum_count"], 0)
    frame["own"] = frame["change"] - frame["week"].map(common)
    frame["size"] = frame["own"].abs()
    spread = earlier_median("size", 1)
    deviation = (parameters["deviation_scale"] * spread).clip(lower=parameters["deviation_floor"])
    cap = parameters["score_cap"]
    frame["z"] = (frame["own"] / deviation).clip(-cap, cap).round(9).where(spread.notna())
    measured = frame[frame["z"].notna()].copy()
    measured["excess"] = ((-measured["z"] - parameters["score_allowance"]) * MICRO).round().astype("int64")
    measured["total"] = measured.groupby("key")["excess"].cumsum()
    floor = measured.groupby("key")["total"].cummin().clip(upper=0)
    measured["flag"] = measured["total"] - floor >= round(parameters["score_limit"] * MICRO)
    starts = measured[measured["flag"] & ~measured.groupby("key")["flag"].shift(fill_value=False)]
    return pd.DataFrame({"account_id": book.accounts[starts["key"]].to_numpy(),
                         "emerged_on": (starts["week"].to_numpy() * 7 + 3).astype("datetime64[D]")})  # fmt: skip
