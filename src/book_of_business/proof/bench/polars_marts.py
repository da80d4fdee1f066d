"""The core marts in Polars: lazy scans on the streaming engine, spans instead of account-weeks, each large table read
once. Ids of accounts and CSMs become enumerations where they come in: sorting and joining text costs thrice as much.

What it leaves out of what the build does: rows are not checked (the simulator writes none that break a rule), and of
each mart only the columns in `rules.CORE_MARTS` are made.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import polars as pl
from polars import col, lit

from book_of_business.calibration.weights import FACTORS
from book_of_business.proof.bench.rules import CATEGORIES, Level, Rules

MICRO = 1_000_000  # sums of fractions are sums of whole millionths: they leave no remainder
NOBODY = "unassigned"
Frames = dict[str, pl.LazyFrame]


def marts(raw: Path, rules: Rules) -> dict[str, pl.DataFrame]:
    """The core marts by name, from the raw tables in a directory."""
    ids = {
        "account_id": enumeration(scan(raw, "accounts").select("account_id")),
        "csm_id": enumeration(scan(raw, "csms").select("csm_id"), NOBODY),
    }
    found = {table: with_ids(scan(raw, table), ids) for table in TABLES}
    found["product_usage"] = scan(raw, "product_usage")  # cast once there is a row per week
    found["interactions"] = collected(completed(found["interactions"], rules))
    weeks, last_sunday = clock(scan(raw, "interactions"), found["interactions"])
    found["interactions"] = found["interactions"].filter(col("day") <= last_sunday)
    found |= {"weeks": weeks.lazy(), **books(found, weeks, ids["csm_id"])}
    uses = usage(found, rules, last_sunday, ids["account_id"])
    found["levels"] = pl.concat([collected(factor) for factor in factors(found, rules)], how="diagonal")
    plans = {
        "fct_csm_load": load(found, rules),
        "fct_csm_throughput": throughput(found),
        "fct_csm_coverage": coverage(found, rules),
        "fct_renewal_concentration": renewals(found, rules, last_sunday, ids["csm_id"]),
        "fct_csm_engagement": engagement(found),
    }
    return {mart: plan.collect(engine="streaming") for mart, plan in plans.items()} | {"usage_declines": uses}


TABLES = (
    "accounts", "csms", "account_assignments", "subscriptions", "lifecycle_stage_changes", "contacts", "opportunities",
    "opportunity_stage_changes", "health_scores", "product_usage", "interactions", "interaction_participants",
    "action_items",
)  # fmt: skip


def scan(raw: Path, table: str) -> pl.LazyFrame:
    """A raw table: a file, or a folder of weeks."""
    files = raw / table / "*" / "*.parquet" if (raw / table).is_dir() else raw / f"{table}.parquet"
    return pl.scan_parquet(files, hive_partitioning=False)


def enumeration(ids: pl.LazyFrame, *more: str) -> pl.Enum:
    """Ids as an enumeration, in their own order."""
    return pl.Enum([*ids.collect().to_series().sort(), *more])


def with_ids(table: pl.LazyFrame, ids: dict[str, pl.Enum]) -> pl.LazyFrame:
    """A table whose ids are enumerations."""
    return table.with_columns(col(name).cast(kind) for name, kind in ids.items() if name in table.collect_schema())


def collected(plan: pl.LazyFrame) -> pl.LazyFrame:
    """What several plans need, made once."""
    return plan.collect(engine="streaming").lazy()


def week(name: str, days: int = 0) -> pl.Expr:
    """The Monday of a date or an instant, so many days later."""
    return (col(name).cast(pl.Date) + pl.duration(days=days)).dt.truncate("1w")


def millionths(name: str) -> pl.Expr:
    """A fraction as a whole number."""
    return (col(name) * MICRO).round().cast(pl.Int64)


def weight_of(levels: list[Level], measure: pl.Expr) -> pl.Expr:
    """The weight of the level that a measure is of."""
    found = pl.when(lit(False)).then(None)
    for level in levels:
        is_level = lit(True)
        if level.lower is not None:
            is_level &= measure >= level.lower if level.has_lower else measure > level.lower
        if level.upper is not None:
            is_level &= measure <= level.upper if level.has_upper else measure < level.upper
        found = found.when(is_level).then(level.weight)
    return found.otherwise(None)


def running(key: str, *spans: pl.LazyFrame) -> pl.LazyFrame:
    """Sums over the spans (key, from_week, to_week, measures) in force, from each week in which one may change."""
    schema = pl.concat(spans, how="diagonal").collect_schema()
    measures = [name for name in schema if name not in (key, "from_week", "to_week")]
    starts = [span.rename({"from_week": "week"}).drop("to_week") for span in spans]
    ends = [
        span.filter(col("to_week").is_not_null()).drop("from_week").rename({"to_week": "week"})
        .with_columns(-pl.exclude(key, "week"))
        for span in spans
    ]  # fmt: skip
    changes = pl.concat([*starts, *ends], how="diagonal").group_by(key, "week").agg(col(measures).sum())
    return changes.sort(key, "week").with_columns(col(measures).cum_sum().over(key))


def merged(spans: pl.LazyFrame, *keys: str) -> pl.LazyFrame:
    """Spans of the same keys that overlap or touch, as one."""
    reached = col("to_week").cum_max().shift().over(keys)
    starts = spans.group_by(*keys, "from_week").agg(col("to_week").max()).sort(*keys, "from_week")
    islands = starts.with_columns(island=(col("from_week") > reached).fill_null(True).cum_sum().over(keys))
    return islands.group_by(*keys, "island").agg(col("from_week").min(), col("to_week").max()).drop("island")


def completed(interactions: pl.LazyFrame, rules: Rules) -> pl.LazyFrame:
    """Completed interactions with what their type says of them."""
    types = pl.LazyFrame(rules.types).select(
        "interaction_type", category="interaction_category", is_counted=col("counts_toward_ceiling") == "true",
        can_mean=col("is_meaningful") == "true", minutes=col("minimum_minutes").cast(pl.Float64),
    )  # fmt: skip
    return (
        interactions.filter(col("status") == "completed")
        .join(types, on="interaction_type", how="left")
        .select(
            "interaction_id", "account_id", "csm_id", "duration_minutes", "sentiment_score", "quality_score",
            col("category").fill_null("unclassified"), col("is_counted").fill_null(False), week=week("started_at"),
            day=col("started_at").cast(pl.Date),
            is_meaningful=(
                col("account_id").is_not_null() & col("can_mean") & (col("duration_minutes") >= col("minutes"))
            ).fill_null(False),
        )
    )  # fmt: skip


def clock(interactions: pl.LazyFrame, held: pl.LazyFrame) -> tuple[pl.DataFrame, object]:
    """Every Monday of the facts, and the last Sunday."""
    latest = held.select(col("day").max()).collect().item()
    sunday = latest - timedelta(days=(latest.weekday() + 1) % 7)
    days = interactions.select(day=col("started_at").cast(pl.Date)).filter(col("day") <= sunday)
    first = days.select(col("day").min()).collect().item()
    mondays = pl.date_range(first - timedelta(days=first.weekday()), sunday, "1w", eager=True)
    return pl.DataFrame({"week": mondays}), sunday


def books(found: Frames, weeks: pl.DataFrame, csm_ids: pl.Enum) -> Frames:
    """Who owns which account from when to when, which subscriptions that brings, and the weeks of each CSM."""
    first, end, nobody = weeks["week"][0], weeks["week"][-1] + timedelta(days=7), lit(NOBODY, csm_ids)
    active = (
        found["accounts"]
        .select(
            "account_id", "segment", "customer_since",
            active_from=pl.max_horizontal(week("customer_since"), lit(first)),
            active_to=pl.min_horizontal(week("churned_on"), lit(end)),
        )
        .filter(col("active_from") < col("active_to"))
    )  # fmt: skip
    spans = (
        active.join(found["account_assignments"], on="account_id", how="left")
        .join(found["csms"].select("csm_id", "hired_on", "left_on"), on="csm_id", how="left")
        .with_columns(
            from_week=pl.max_horizontal(week("assigned_on"), week("hired_on"), "active_from"),
            to_week=pl.min_horizontal(week("unassigned_on"), week("left_on"), "active_to"),
        )
    )
    held = spans.filter(col("csm_id").is_not_null() & (col("from_week") < col("to_week"))).sort(
        "account_id", "from_week"
    )
    before = col("to_week").shift().over("account_id").fill_null(col("active_from"))
    gaps = held.select("account_id", csm_id=nobody, to_week="from_week", from_week=before)
    rest = active.join(
        held.group_by("account_id").agg(last_week=col("to_week").max()), on="account_id", how="left"
    ).select(
        "account_id", csm_id=nobody, to_week="active_to",
        from_week=pl.coalesce("last_week", "active_from"),
    )  # fmt: skip
    columns = ("account_id", "csm_id", "from_week", "to_week")
    owned = pl.concat([part.select(columns) for part in (held, gaps, rest)]).filter(col("from_week") < col("to_week"))
    owned = collected(owned)
    subscriptions = (
        found["subscriptions"].join(owned, on="account_id")
        .with_columns(
            from_week=pl.max_horizontal(week("starts_on"), "from_week"),
            to_week=pl.min_horizontal(week("ends_on"), week("cancelled_on"), "to_week"),
        )
        .filter(col("from_week") < col("to_week"))
    )  # fmt: skip
    employed = found["csms"].join(weeks.lazy(), how="cross").filter(
        (col("hired_on") <= col("week") + pl.duration(days=6))
        & (col("left_on").is_null() | (col("left_on") > pl.max_horizontal("hired_on", "week")))
    )  # fmt: skip
    grid = pl.concat([employed.select("csm_id", "week"), weeks.lazy().select(csm_id=nobody, week="week")])
    return {
        "active": active, "owned": owned, "owned_subscriptions": collected(subscriptions),
        "csm_weeks": employed.select("csm_id", "week"), "book_weeks": grid.sort("week"),
    }  # fmt: skip


def factors(found: Frames, rules: Rules) -> list[pl.LazyFrame]:
    """The weight of each factor of each account, from each week in which it changes."""
    subscriptions = found["owned_subscriptions"]
    talks = found["interactions"].filter(col("account_id").is_not_null())
    active, key, weights = found["active"], "account_id", rules.weights
    window = rules.days("conversation_days")

    def changed(factor: str, levels: pl.LazyFrame, weight: pl.Expr) -> pl.LazyFrame:
        weighed = levels.sort(key, "week").select(key, "week", weight.cast(pl.Float64).alias(factor))
        before = col(factor).shift().over(key)
        return weighed.filter(col(factor).ne_missing(before))

    def spans(frame: pl.LazyFrame, start: pl.Expr, end: pl.Expr, **measures: pl.Expr) -> pl.LazyFrame:
        return frame.select(key, from_week=start, to_week=end, **measures).filter(
            col("to_week").is_null() | (col("from_week") < col("to_week"))
        )

    one = lit(1)
    onboarding = spans(
        active, week("customer_since"), week("customer_since", rules.days("onboarding_days")), onboarding_count=one
    )
    renewal_from = pl.max_horizontal("starts_on", col("ends_on") - pl.duration(days=rules.days("renewal_window_days")))
    renewing = spans(
        found["subscriptions"].filter(col("ends_on").is_not_null())
        .with_columns(from_day=renewal_from, to_day=pl.min_horizontal("ends_on", "cancelled_on"))
        .filter(col("from_day") < col("to_day")),
        week("from_day"), week("to_day"), renewal_count=one,
    )  # fmt: skip
    stages = (
        found["lifecycle_stage_changes"].sort("entered_on").group_by(key, week=week("entered_on"))
        .agg(stage=col("lifecycle_stage").last())
    )  # fmt: skip
    stage_weeks = (
        pl.concat([running(key, onboarding, renewing), stages], how="diagonal").sort(key, "week").group_by(key, "week")
        .agg(pl.all().drop_nulls().last()).sort(key, "week")
        .with_columns(pl.exclude(key, "week").forward_fill().over(key))
    )  # fmt: skip
    assumed = pl.when(col("onboarding_count") > 0).then(lit("onboarding")).when(col("renewal_count") > 0)
    stage = pl.coalesce("stage", assumed.then(lit("renewal")).otherwise(lit("steady")))

    seen_days = rules.days("stakeholder_days")
    met = talks.select("interaction_id", key, from_week=week("day"), to_week=week("day", seen_days))
    met = found["interaction_participants"].join(met, on="interaction_id").drop("interaction_id")
    engaged = merged(met, key, "contact_id").drop("contact_id").with_columns(engaged_count=one)
    on_file = spans(found["contacts"], week("added_on"), week("left_on"), on_file_count=one)
    people = pl.when(col("engaged_count") > 0).then("engaged_count").otherwise("on_file_count")

    products = merged(subscriptions.select(key, "product", "from_week", "to_week"), key, "product")
    configured = weights["custom_configuration"]
    custom = subscriptions.filter(col("has_custom_configuration").fill_null(False))

    scores = spans(
        found["health_scores"].with_columns(
            x=col("scored_on").to_physical().cast(pl.Int64) - 20_000, y=millionths("health_score")
        ),
        week("scored_on"), week("scored_on", rules.days("health_days")),
        n=one, x=col("x"), y=col("y"), xx=col("x") * col("x"), xy=col("x") * col("y"),
    )  # fmt: skip
    slope = 7 * (col("n") * col("xy") - col("x") * col("y")) / (col("n") * col("xx") - col("x") * col("x")) / MICRO

    deals = found["opportunities"].filter((col("opportunity_type") == "expansion") & col(key).is_not_null())
    steps = found["opportunity_stage_changes"].join(deals, on="opportunity_id").sort("opportunity_id", "entered_on")
    until = pl.min_horizontal(col("entered_on").shift(-1).over("opportunity_id"), "closed_on")
    is_active = col("stage").replace_strict(rules.stages, default=None) == "active"
    staged = steps.with_columns(from_day=pl.max_horizontal("entered_on", "created_on"), to_day=until)
    far = spans(staged.filter(is_active), week("from_day"), week("to_day"), active_count=one)
    open_deals = spans(deals, week("created_on"), week("closed_on"), open_count=one)
    expansion = pl.when(col("active_count") > 0).then(weights["expansion"]["active"]).when(col("open_count") > 0)
    expansion = expansion.then(weights["expansion"]["identified"]).otherwise(weights["expansion"]["none"])

    felt = spans(
        talks.filter(col("sentiment_score").is_not_null()), week("day"), week("day", window),
        n=one, total=millionths("sentiment_score"),
    )  # fmt: skip
    meant = talks.filter("is_meaningful")
    meaningful = spans(meant, week("day"), week("day", window), meant_count=one)
    items = found["action_items"].join(meant.select("interaction_id", key, "day"), on="interaction_id")
    promised = spans(items, pl.max_horizontal(week("day"), week("created_at")), week("day", window), item_count=one)

    def enough(count: str, threshold: str, measure: pl.Expr, factor: str) -> pl.Expr:
        return (
            pl.when(col(count) >= rules.days(threshold))
            .then(weight_of(rules.levels[factor], measure.round(9)))
            .otherwise(1.0)
        )

    return [
        changed("lifecycle", stage_weeks, stage.replace_strict(weights["lifecycle"], return_dtype=pl.Float64)),
        changed("stakeholders", running(key, engaged, on_file), weight_of(rules.levels["stakeholders"], people)),
        changed(
            "footprint", running(key, products.drop("product").with_columns(n=one)),
            weight_of(rules.levels["footprint"], col("n")),
        ),
        changed(
            "custom_configuration", running(key, custom.select(key, "from_week", "to_week", n=one)),
            pl.when(col("n") > 0).then(configured["yes"]).otherwise(configured["no"]),
        ),
        changed(
            "health_trajectory", running(key, scores), enough("n", "health_minimum_count", slope, "health_trajectory")
        ),
        changed("expansion", running(key, far, open_deals), expansion),
        changed(
            "sentiment", running(key, felt),
            enough("n", "conversation_minimum_count", col("total") / col("n") / MICRO, "sentiment"),
        ),
        changed(
            "follow_up", running(key, meaningful, promised),
            enough("meant_count", "conversation_minimum_count", col("item_count") / col("meant_count"), "follow_up"),
        ),
    ]  # fmt: skip


def in_books(found: Frames, changes: pl.LazyFrame) -> pl.LazyFrame:
    """Measures in force at each book's weeks: 0 where nothing ever changed."""
    filled = found["book_weeks"].join_asof(changes.sort("week"), on="week", by="csm_id", check_sortedness=False)
    return filled.with_columns(pl.exclude("csm_id", "week").fill_null(0))


def load(found: Frames, rules: Rules) -> pl.LazyFrame:
    """Accounts, ARR and hours of effort per book and week."""
    key = "account_id"
    owners = found["owned"].select(key, "csm_id", is_gone=lit(False), week="from_week")
    ends = found["active"].select(key, is_gone=lit(True), week="active_to")
    unknown = dict.fromkeys(FACTORS, 1.0) | {
        factor: rules.weights[factor][level]
        for factor, level in (
            ("lifecycle", "steady"), ("stakeholders", "single"), ("footprint", "one"), ("custom_configuration", "no"),
            ("expansion", "none"),
        )
    }  # fmt: skip
    hours = pl.lit(1.0)
    for factor in FACTORS:
        hours = hours * col(factor).fill_null(unknown[factor])
    state = (
        pl.concat([found["levels"], owners, ends], how="diagonal").group_by(key, "week")
        .agg(pl.exclude(key, "week").drop_nulls().first()).sort(key, "week")
        .with_columns(pl.exclude(key, "week").forward_fill().over(key))
        .with_columns(to_week=col("week").shift(-1).over(key))
        .filter(~col("is_gone"))
        .join(found["active"], on=key)
    )  # fmt: skip
    base = col("segment").replace_strict(rules.weights["base"], return_dtype=pl.Float64)
    spans = state.select("csm_id", from_week="week", to_week="to_week", effort_hours=base * hours)
    effort = running("csm_id", spans)
    counts = running(
        "csm_id",
        found["owned"].select("csm_id", "from_week", "to_week", account_count=lit(1)),
        found["owned_subscriptions"].select("csm_id", "from_week", "to_week", arr=millionths("arr_usd")),
    )
    return in_books(found, counts).join(in_books(found, effort), on=("csm_id", "week")).select(
        "csm_id", "account_count", week_start_date="week", arr_usd=col("arr") / MICRO,
        effort_hours=pl.when(col("account_count") > 0).then("effort_hours").otherwise(0.0),
    )  # fmt: skip


def throughput(found: Frames) -> pl.LazyFrame:
    """Interactions per CSM and week, by category."""
    sums = {}
    for category in CATEGORIES:
        sums[f"{category}_count"] = (col("category") == category).sum()
        minutes = col("duration_minutes").filter(col("category") == category)
        sums[f"{category}_minutes"] = pl.when(minutes.count() > 0).then(minutes.sum())
    held = found["interactions"].group_by("csm_id", "week").agg(
        counted_interaction_count=col("is_counted").sum(), meaningful_interaction_count=col("is_meaningful").sum(),
        **sums
    )  # fmt: skip
    rows = pl.concat([found["csm_weeks"], held.select("csm_id", "week")]).unique()
    joined = rows.join(held, on=("csm_id", "week"), how="left").with_columns(pl.col("^.*_count$").fill_null(0))
    # conversations without a duration took a time that is not known; no conversation took none
    joined = joined.with_columns(
        pl.when(col(f"{category}_count") > 0).then(col(f"{category}_minutes")).otherwise(0).alias(f"{category}_minutes")
        for category in CATEGORIES
    )
    return joined.rename({"week": "week_start_date"})


def coverage(found: Frames, rules: Rules) -> pl.LazyFrame:
    """Accounts without a meaningful interaction in the window, per book and week."""
    touched = found["interactions"].filter("is_meaningful").group_by("account_id", "week").agg(col("day").max())
    touched = touched.sort("account_id", "week")
    following = col("week").shift(-1).over("account_id")
    alone = touched.select("account_id", from_week=week("day", rules.days("unmonitored_days")), to_week=following)
    first = touched.group_by("account_id").agg(to_week=col("week").min())
    never = (
        found["active"]
        .join(first, on="account_id", how="left")
        .select("account_id", "to_week", from_week="active_from")
    )
    spells = pl.concat(
        [alone.select("account_id", "from_week", "to_week"), never.select("account_id", "from_week", "to_week")]
    )
    spells = spells.join(found["owned"], on="account_id").select(
        "csm_id", from_week=pl.max_horizontal("from_week", "from_week_right"),
        to_week=pl.min_horizontal("to_week", "to_week_right"), unmonitored_account_count=lit(1),
    ).filter(col("from_week") < col("to_week"))  # fmt: skip
    owned = found["owned"].select("csm_id", "from_week", "to_week", account_count=lit(1))
    share = pl.when(col("account_count") > 0).then(col("unmonitored_account_count") / col("account_count"))
    return in_books(found, running("csm_id", owned, spells)).select(
        "csm_id", "account_count", "unmonitored_account_count", week_start_date="week", unmonitored_ratio=share
    )


def renewals(found: Frames, rules: Rules, last_sunday: object, csm_ids: pl.Enum) -> pl.LazyFrame:
    """Renewing ARR per book and quarter on the last Sunday."""
    now = lit(last_sunday)
    current = found["owned_subscriptions"].filter((col("from_week") <= now) & (col("to_week") > now.dt.truncate("1w")))
    quarter = now.dt.truncate("1q")
    employed = found["csms"].filter((col("hired_on") <= now) & (col("left_on").is_null() | (col("left_on") > now)))
    csms = pl.concat([employed.select("csm_id"), pl.LazyFrame({"csm_id": [NOBODY]}, schema={"csm_id": csm_ids})])
    arr = csms.join(current.group_by("csm_id").agg(book_arr_usd=col("arr_usd").sum()), on="csm_id", how="left")
    renewing = (
        current.filter(col("ends_on").is_not_null())
        .group_by("csm_id", quarter_start_date=col("ends_on").dt.truncate("1q"))
        .agg(renewing_arr_usd=col("arr_usd").sum(), subscription_count=pl.len())
    )  # fmt: skip
    months = pl.LazyFrame({"months": [f"{3 * ahead}mo" for ahead in range(rules.days("renewal_horizon_quarters"))]})
    ahead = months.select(quarter_start_date=quarter.dt.offset_by(col("months")))
    rows = pl.concat([
        csms.join(ahead, how="cross"),
        renewing.select("csm_id", "quarter_start_date").join(csms, on="csm_id", how="semi"),
    ]).unique()  # fmt: skip
    joined = rows.join(renewing, on=("csm_id", "quarter_start_date"), how="left").join(arr, on="csm_id")
    joined = joined.with_columns(col("renewing_arr_usd", "subscription_count", "book_arr_usd").fill_null(0))
    share = pl.when(col("book_arr_usd") != 0).then(col("renewing_arr_usd") / col("book_arr_usd"))
    return joined.with_columns(renewal_share=share)


def engagement(found: Frames) -> pl.LazyFrame:
    """Scores and follow-up of the conversations per CSM and week."""
    talks = found["interactions"].filter(col("account_id").is_not_null())
    items = (
        found["action_items"].select("interaction_id", created=week("created_at"))
        .join(talks.select("interaction_id", "csm_id", "week"), on="interaction_id")
        .filter(col("created") <= col("week"))
        .group_by("csm_id", "week").agg(action_item_count=pl.len())
    )  # fmt: skip
    held = talks.group_by("csm_id", "week").agg(
        interaction_count=pl.len(),
        scored_interaction_count=col("quality_score").count(), mean_quality_score=col("quality_score").mean(),
        sentiment_interaction_count=col("sentiment_score").count(), mean_sentiment_score=col("sentiment_score").mean(),
    )  # fmt: skip
    rows = pl.concat([found["csm_weeks"], found["interactions"].select("csm_id", "week")]).unique()
    joined = rows.join(held, on=("csm_id", "week"), how="left").join(items, on=("csm_id", "week"), how="left")
    counts = ("interaction_count", "scored_interaction_count", "sentiment_interaction_count", "action_item_count")
    joined = joined.with_columns(col(counts).fill_null(0))
    density = pl.when(col("interaction_count") > 0).then(col("action_item_count") / col("interaction_count"))
    return joined.with_columns(follow_up_density=density).rename({"week": "week_start_date"})


def usage(found: Frames, rules: Rules, last_sunday: object, account_ids: pl.Enum) -> pl.DataFrame:
    """Accounts whose use begins to count as declining, and the Sunday of it."""
    parameters, key = rules.usage, "account_id"
    baseline, gap, warm = (int(parameters[name]) for name in ("baseline_weeks", "gap_weeks", "warm_up_weeks"))
    used = collected(
        found["product_usage"].filter(col("used_on") <= last_sunday).group_by(key, week=week("used_on"))
        .agg(events=col("event_count").sum(), users=col("active_users").sum()).with_columns(col(key).cast(account_ids))
    )  # fmt: skip
    first = used.group_by(key).agg(from_week=col("week").min(), has_events=col("events").count() > 0)
    spine = (
        first.join(found["accounts"].select(key, "churned_on"), on=key)
        .with_columns(last_week=pl.min_horizontal(week("churned_on", -7), lit(last_sunday).dt.truncate("1w")))
        .filter(col("from_week") <= col("last_week"))
        .select(key, "has_events", week=pl.date_ranges("from_week", "last_week", "1w")).explode("week")
    )  # fmt: skip
    count = pl.when("has_events").then("events").otherwise("users").fill_null(0)
    scored = (
        spine.join(used, on=(key, "week"), how="left").sort(key, "week").select(key, "week", usage=(1 + count).log())
    )
    usual = col("usage").rolling_median(baseline, min_samples=warm).shift(gap + 1).over(key)
    changed = scored.select(key, "week", change=col("usage") - usual)
    common = (
        pl.when(col("change").count() >= parameters["book_minimum_count"]).then(col("change").median()).otherwise(0)
    )
    own = changed.with_columns(own=col("change") - common.over("week"))
    spread = col("own").abs().rolling_median(baseline, min_samples=warm).shift(1).over(key)
    deviation = pl.max_horizontal(parameters["deviation_scale"] * spread, parameters["deviation_floor"])
    cap = parameters["score_cap"]
    z = (col("own") / deviation).clip(-cap, cap).round(9)
    measured = own.with_columns(z=pl.when(spread.is_not_null()).then(z)).filter(col("z").is_not_null())
    excess = ((-col("z") - parameters["score_allowance"]) * MICRO).round().cast(pl.Int64)
    sums = measured.with_columns(total=excess.cum_sum().over(key))
    floor = pl.min_horizontal(col("total").cum_min().over(key), 0)
    flagged = sums.with_columns(is_declining=col("total") - floor >= round(parameters["score_limit"] * MICRO))
    starts = col("is_declining") & ~col("is_declining").shift().over(key).fill_null(False)
    return flagged.filter(starts).select(key, emerged_on=col("week") + pl.duration(days=6)).collect(engine="streaming")
