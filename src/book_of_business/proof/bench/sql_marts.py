"""The core marts in SQL written by hand for DuckDB: what SQL can do at best, beside what the models make of it.

The same spans as `polars_marts`, and it leaves out the same: rows are not checked, and only the columns in
`rules.CORE_MARTS` are made. There is no other use for this SQL: the definitions are in `models/`.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from book_of_business.calibration.weights import FACTORS
from book_of_business.proof.bench.rules import CATEGORIES, CORE_MARTS, Level, Rules

FOREVER = "date '9999-12-27'"
LARGE = ("health_scores", "product_usage", "interactions", "interaction_participants", "action_items")
SMALL = (
    "accounts", "csms", "account_assignments", "subscriptions", "lifecycle_stage_changes", "contacts", "opportunities",
    "opportunity_stage_changes",
)  # fmt: skip


def marts(raw: Path, rules: Rules, connection: duckdb.DuckDBPyConnection) -> None:
    """Make the core marts as tables of the open database."""
    for table in LARGE + SMALL:
        files = raw / table / "*" / "*.parquet" if (raw / table).is_dir() else raw / f"{table}.parquet"
        source = f"read_parquet('{files}', hive_partitioning = false)"
        connection.execute(f"create or replace view {table} as select * from {source}")
    for name, query in statements(rules):
        connection.execute(f"create or replace table {name} as {query}")


def week(expression: str) -> str:
    """The Monday of a date or an instant."""
    return f"cast(date_trunc('week', {expression}) as date)"


def millionths(column: str) -> str:
    """A fraction as a whole number, whose sums leave no remainder."""
    return f"cast(round({column} * 1000000) as bigint)"


def double(number: float) -> str:
    """A number as a double: DuckDB takes 1.3 for a decimal, and products of nine of those overflow."""
    return f"{number}e0"


def weight_of(levels: list[Level], measure: str) -> str:
    """The weight of the level that a measure is of."""
    cases = " ".join(f"when {level.condition(measure) or 'true'} then {double(level.weight)}" for level in levels)
    return f"case {cases} end"


def running(key: str, **spans: str) -> str:
    """Sums over spans in force, per key from each week in which one may change. `spans` maps each measure to the table
    of its spans (key, from_week, to_week), and after a blank to what of a span is summed, else spans are counted. As
    doubles: whole numbers of this size stay exact in them, and DuckDB sums integers into 128 bits, at twice the time.
    """
    parts = []
    for measure, (table, value) in {name: (*text.split(" "), "1")[:2] for name, text in spans.items()}.items():
        others = {name: f"cast({value if name == measure else 0} as double)" for name in spans}
        opened = ", ".join(f"{other} as {name}" for name, other in others.items())
        closed = ", ".join(f"-{other} as {name}" for name, other in others.items())
        parts.append(f"select {key}, from_week as week, {opened} from {table}")
        parts.append(f"select {key}, to_week as week, {closed} from {table} where to_week is not null")
    sums = ", ".join(f"sum(sum({name})) over earlier as {name}" for name in spans)
    changes = " union all ".join(parts)
    return (
        f"select {key}, week, {sums} from ({changes}) group by {key}, week"
        f" window earlier as (partition by {key} order by week rows unbounded preceding)"
    )


def one_table(key: str, table: str, *measures: str) -> str:
    """The same for several measures of the same spans."""
    opened = ", ".join(f"cast({name} as double) as {name}" for name in measures)
    closed = ", ".join(f"-cast({name} as double) as {name}" for name in measures)
    sums = ", ".join(f"sum(sum({name})) over earlier as {name}" for name in measures)
    return (
        f"select {key}, week, {sums} from (select {key}, from_week as week, {opened} from {table} union all"
        f" select {key}, to_week as week, {closed} from {table}) group by {key}, week"
        f" window earlier as (partition by {key} order by week rows unbounded preceding)"
    )


def merged(table: str, keys: str) -> str:
    """Spans of the same keys that overlap or touch, as one."""
    return f"""
    select {keys}, min(from_week) as from_week, max(to_week) as to_week from (
        select *, sum(case when from_week <= reached then 0 else 1 end)
            over (partition by {keys} order by from_week rows unbounded preceding) as island
        from (
            select *, max(to_week) over
                (partition by {keys} order by from_week rows between unbounded preceding and 1 preceding) as reached
            from (select {keys}, from_week, max(to_week) as to_week from {table} group by all)
        )
    ) group by {keys}, island
    """


def changed(factor: str, relation: str, weight: str) -> tuple[str, str]:
    """The weight of a factor from each week in which it changes."""
    return (
        f"{factor}_changes",
        f"""
        select account_id, week, weight from (
            select *, lag(weight) over (partition by account_id order by week) as before
            from (select account_id, week, {weight} as weight from {relation})
        ) where weight is distinct from before
        """,
    )


def statements(rules: Rules) -> list[tuple[str, str]]:
    """Name and query of each table, in order."""
    return [*book_tables(rules), *factor_tables(rules), *mart_tables(rules), usage_table(rules)]


def book_tables(rules: Rules) -> list[tuple[str, str]]:
    """What several marts need: interactions held, the clock, owners, subscriptions in books, weeks of CSMs."""
    types = ", ".join(
        f"('{row['interaction_type']}', '{row['interaction_category']}', {row['counts_toward_ceiling']},"
        f" {row['is_meaningful']}, {row['minimum_minutes']})"
        for row in rules.types
    )
    return [
        ("clock", f"""
            select sunday, {week("sunday")} as last_week, {week("first_day")} as first_week,
                {week("sunday")} + 7 as end_week
            from (
                select {week("max(cast(started_at as date)) filter (where status = 'completed') + 1")} - 1 as sunday,
                    min(cast(started_at as date)) as first_day
                from interactions
            )"""),
        ("talks", f"""
            select interaction_id, account_id, csm_id, duration_minutes, sentiment_score, quality_score,
                cast(started_at as date) as day, {week("started_at")} as week,
                coalesce(category, 'unclassified') as category, coalesce(is_counted, false) as is_counted,
                account_id is not null and coalesce(can_mean and duration_minutes >= minutes, false) as is_meaningful
            from interactions
            left join (values {types}) as types (interaction_type, category, is_counted, can_mean, minutes)
                using (interaction_type)
            cross join clock
            where status = 'completed' and cast(started_at as date) <= sunday"""),
        ("weeks", """
            select cast(unnest(generate_series(first_week, last_week, interval 7 day)) as date) as week from clock"""),
        ("active", f"""
            select account_id, segment, customer_since, greatest({week("customer_since")}, first_week) as from_week,
                least({week("churned_on")}, end_week) as to_week
            from accounts cross join clock
            where greatest({week("customer_since")}, first_week) < least({week("churned_on")}, end_week)"""),
        ("held", f"""
            select *, lag(to_week) over spans as before, lead(from_week) over spans as following from (
                select account_id, csm_id, active.from_week as active_from, active.to_week as active_to,
                    greatest({week("greatest(assigned_on, hired_on)")}, active.from_week) as from_week,
                    least({week("unassigned_on")}, {week("left_on")}, active.to_week) as to_week
                from active join account_assignments using (account_id) join csms using (csm_id)
            ) where from_week < to_week window spans as (partition by account_id order by from_week)"""),
        ("owned", """
            from (
                select account_id, csm_id, from_week, to_week from held union all
                select account_id, 'unassigned', coalesce(before, active_from), from_week from held union all
                select account_id, 'unassigned', to_week, active_to from held where following is null union all
                select account_id, 'unassigned', from_week, to_week from active
                where account_id not in (select account_id from held)
            ) where from_week < to_week"""),
        ("owned_subscriptions", f"""
            from (
                select account_id, csm_id, product, arr_usd, has_custom_configuration, ends_on,
                    greatest({week("starts_on")}, from_week) as from_week,
                    least({week("ends_on")}, {week("cancelled_on")}, to_week) as to_week
                from subscriptions join owned using (account_id)
            ) where from_week < to_week"""),
        ("csm_weeks", """
            select csm_id, week from csms cross join weeks
            where hired_on <= week + 6 and (left_on is null or left_on > greatest(hired_on, week))"""),
        ("book_weeks", "select * from csm_weeks union all select 'unassigned', week from weeks"),
    ]  # fmt: skip


def factor_tables(rules: Rules) -> list[tuple[str, str]]:
    """The weight of each factor of each account, from each week in which it changes."""
    days, weights, levels = rules.days, rules.weights, rules.levels
    window, enough = days("conversation_days"), days("conversation_minimum_count")
    active_stages = ", ".join(f"'{stage}'" for stage, level in rules.stages.items() if level == "active")
    stage_weights = " ".join(f"when '{stage}' then {double(weight)}" for stage, weight in weights["lifecycle"].items())
    slope = "7 * (n * xy - x * y) / cast(n * xx - x * x as double) / 1000000"
    deal = "opportunity_type = 'expansion' and account_id is not null"
    return [
        ("onboarding", f"""
            select account_id, {week("customer_since")} as from_week,
                {week(f"customer_since + {days('onboarding_days')}")} as to_week from active"""),
        ("renewing", f"""
            select account_id, {week("from_day")} as from_week, {week("to_day")} as to_week from (
                select account_id, greatest(starts_on, ends_on - {days("renewal_window_days")}) as from_day,
                    least(ends_on, cancelled_on) as to_day from subscriptions where ends_on is not null
            ) where from_day < to_day"""),
        ("stage_weeks", f"""
            select account_id, week, onboarding_count, renewal_count,
                last_value(stage ignore nulls) over (partition by account_id order by week) as stage
            from (
                select account_id, week, stage,
                    last_value(onboarding_count ignore nulls) over earlier as onboarding_count,
                    last_value(renewal_count ignore nulls) over earlier as renewal_count
                from ({running("account_id", onboarding_count="onboarding", renewal_count="renewing")}) as counts
                full join (
                    select account_id, {week("entered_on")} as week, max_by(lifecycle_stage, entered_on) as stage
                    from lifecycle_stage_changes group by all
                ) as stages using (account_id, week)
                window earlier as (partition by account_id order by week)
            )"""),
        changed("lifecycle", "stage_weeks", f"""
            case coalesce(stage, case when onboarding_count > 0 then 'onboarding' when renewal_count > 0 then 'renewal'
                else 'steady' end) {stage_weights} end"""),
        ("met", f"""
            select account_id, contact_id, week as from_week, {week(f"day + {days('stakeholder_days')}")} as to_week
            from interaction_participants join talks using (interaction_id) where account_id is not null"""),
        ("engaged", merged("met", "account_id, contact_id")),
        ("filed", f"""
            select account_id, {week("added_on")} as from_week, {week("left_on")} as to_week from contacts"""),
        changed("stakeholders", f"({running('account_id', met='engaged', filed='filed')})",
                weight_of(levels["stakeholders"], "(case when met > 0 then met else filed end)")),
        ("products", merged("owned_subscriptions", "account_id, product")),
        changed("footprint", f"({running('account_id', n='products')})", weight_of(levels["footprint"], "n")),
        ("custom", "from owned_subscriptions where has_custom_configuration"),
        changed("custom_configuration", f"({running('account_id', n='custom')})",
                "case when n > 0 then {yes} else {no} end".format(**weights["custom_configuration"])),
        ("scores", f"""
            select account_id, {week("scored_on")} as from_week,
                {week(f"scored_on + {days('health_days')}")} as to_week,
                1 as n, x, y, x * x as xx, x * y as xy
            from (
                select *, cast(scored_on - date '2024-10-04' as bigint) as x, {millionths("health_score")} as y
                from health_scores
            )"""),
        changed("health_trajectory", f"({one_table('account_id', 'scores', 'n', 'x', 'y', 'xx', 'xy')})",
                f"case when n >= {days('health_minimum_count')} then "
                f"{weight_of(levels['health_trajectory'], f'round({slope}, 9)')} else 1 end"),
        ("deals", f"""
            select account_id, {week("created_on")} as from_week, {week("closed_on")} as to_week
            from opportunities where {deal}"""),
        ("far", f"""
            from (
                select account_id, stage, {week("greatest(entered_on, created_on)")} as from_week,
                    {week("least(lead(entered_on) over (partition by opportunity_id order by entered_on), closed_on)")}
                        as to_week
                from opportunity_stage_changes join opportunities using (opportunity_id) where {deal}
            ) where stage in ({active_stages}) and (to_week is null or from_week < to_week)"""),
        changed("expansion", f"({running('account_id', far='far', n='deals')})",
                "case when far > 0 then {active} when n > 0 then {identified} else {none} end"
                .format(**weights["expansion"])),
        ("felt", f"""
            select account_id, week as from_week, {week(f"day + {window}")} as to_week,
                1 as n, {millionths("sentiment_score")} as total
            from talks where account_id is not null and sentiment_score is not null"""),
        changed("sentiment", f"({one_table('account_id', 'felt', 'n', 'total')})",
                f"case when n >= {enough} then "
                f"{weight_of(levels['sentiment'], 'round(total / cast(n as double) / 1000000, 9)')} else 1 end"),
        ("meant", f"""
            select interaction_id, account_id, week as from_week, {week(f"day + {window}")} as to_week
            from talks where is_meaningful"""),
        ("promised", f"""
            from (
                select account_id, greatest(from_week, {week("created_at")}) as from_week, to_week
                from action_items join meant using (interaction_id)
            ) where from_week < to_week"""),
        changed("follow_up", f"({running('account_id', n='meant', items='promised')})",
                f"case when n >= {enough} then "
                f"{weight_of(levels['follow_up'], 'round(items / cast(n as double), 9)')} else 1 end"),
    ]  # fmt: skip


def mart_tables(rules: Rules) -> list[tuple[str, str]]:
    """The marts but usage, and the effort spans behind the first."""
    known = {
        "lifecycle": "steady",
        "stakeholders": "single",
        "footprint": "one",
        "custom_configuration": "no",
        "expansion": "none",
    }
    usual = {factor: double(rules.weights[factor][known[factor]] if factor in known else 1) for factor in FACTORS}
    nothing = ", ".join("null" for _ in FACTORS)
    changes = " union all ".join(
        f"select account_id, week, {', '.join('weight' if factor == other else 'null' for other in FACTORS)}, null"
        f" from {factor}_changes"
        for factor in FACTORS
    )
    hours = " * ".join(
        f"coalesce(last_value({factor} ignore nulls) over earlier, {usual[factor]})" for factor in FACTORS
    )
    segments = " ".join(f"when '{segment}' then {double(weight)}" for segment, weight in rules.weights["base"].items())
    categories = ", ".join(
        f"coalesce({category}_count, 0) as {category}_count,"
        f" case when {category}_count > 0 then {category}_minutes else 0 end as {category}_minutes"
        for category in CATEGORIES
    )
    by_category = ", ".join(
        f"count(case when category = '{category}' then 1 end) as {category}_count,"
        f" sum(case when category = '{category}' then duration_minutes end) as {category}_minutes"
        for category in CATEGORIES
    )
    return [
        ("effort", f"""
            select csm_id, week as from_week, until as to_week, hours * case segment {segments} end as hours from (
                select account_id, week, last_value(csm_id ignore nulls) over earlier as csm_id,
                    lead(week) over (partition by account_id order by week) as until, {hours} as hours
                from (
                    select account_id, week, max(csm_id) as csm_id,
                        {", ".join(f"max({factor}) as {factor}" for factor in FACTORS)}
                    from (
                        select account_id, from_week as week, {", ".join(f"null as {factor}" for factor in FACTORS)},
                            csm_id
                        from owned
                        union all select account_id, to_week, {nothing}, '' from active
                        union all {changes}
                    ) group by account_id, week
                ) window earlier as (partition by account_id order by week)
            ) join active using (account_id) where csm_id != ''"""),
        ("fct_csm_load", f"""
            select book_weeks.csm_id, book_weeks.week as week_start_date, coalesce(account_count, 0) as account_count,
                coalesce(arr, 0) / 1000000 as arr_usd,
                case when account_count > 0 then effort_hours else 0 end as effort_hours
            from book_weeks
            asof left join ({running("csm_id", account_count="owned", arr="owned_subscriptions round(arr_usd*1000000)",
                                     effort_hours="effort hours")}) as sums
                on book_weeks.csm_id = sums.csm_id and book_weeks.week >= sums.week"""),
        ("fct_csm_throughput", f"""
            select csm_id, week as week_start_date, {categories}, coalesce(counted, 0) as counted_interaction_count,
                coalesce(meaningful, 0) as meaningful_interaction_count
            from csm_weeks full join (
                select csm_id, week, {by_category}, count(case when is_counted then 1 end) as counted,
                    count(case when is_meaningful then 1 end) as meaningful
                from talks group by all
            ) as held using (csm_id, week)"""),
        ("touched", """
            select account_id, week, max(day) as day from talks where is_meaningful group by all"""),
        ("alone", f"""
            select csm_id, greatest(spells.from_week, owned.from_week) as from_week,
                least(spells.to_week, owned.to_week) as to_week
            from (
                select account_id, {week(f"day + {rules.days('unmonitored_days')}")} as from_week,
                    coalesce(lead(week) over (partition by account_id order by week), {FOREVER}) as to_week from touched
                union all
                select account_id, any_value(from_week), coalesce(min(week), {FOREVER})
                from active left join touched using (account_id) group by account_id
            ) as spells join owned using (account_id)
            where greatest(spells.from_week, owned.from_week) < least(spells.to_week, owned.to_week)"""),
        ("fct_csm_coverage", f"""
            select book_weeks.csm_id, book_weeks.week as week_start_date, coalesce(account_count, 0) as account_count,
                coalesce(alone_count, 0) as unmonitored_account_count,
                alone_count / nullif(cast(account_count as double), 0) as unmonitored_ratio
            from book_weeks
            asof left join ({running("csm_id", account_count="owned", alone_count="alone")}) as sums
                on book_weeks.csm_id = sums.csm_id and book_weeks.week >= sums.week"""),
        ("current", """
            select owned_subscriptions.* from owned_subscriptions cross join clock
            where from_week <= last_week and to_week > last_week"""),
        ("fct_renewal_concentration", f"""
            with books as (
                select csm_id, coalesce(sum(arr_usd), 0) as arr from (
                    select csm_id from csms cross join clock
                    where hired_on <= sunday and (left_on is null or left_on > sunday)
                    union all select 'unassigned'
                ) left join current using (csm_id) group by csm_id
            ), renewing as (
                select csm_id, cast(date_trunc('quarter', ends_on) as date) as quarter_start_date, sum(arr_usd) as arr,
                    count(*) as subscription_count
                from current where ends_on is not null group by all
            ), quarters as (
                select csm_id, cast(date_trunc('quarter', sunday) + to_months(cast(3 * ahead as integer)) as date)
                    as quarter_start_date
                from books cross join clock cross join range({rules.days("renewal_horizon_quarters")}) as aheads (ahead)
                union
                select csm_id, quarter_start_date from renewing semi join books using (csm_id)
            )
            select csm_id, quarter_start_date, coalesce(renewing.arr, 0) as renewing_arr_usd, books.arr as book_arr_usd,
                coalesce(renewing.arr, 0) / nullif(books.arr, 0) as renewal_share,
                coalesce(subscription_count, 0) as subscription_count
            from quarters join books using (csm_id) left join renewing using (csm_id, quarter_start_date)"""),
        ("fct_csm_engagement", f"""
            select csm_id, week as week_start_date, coalesce(held.talk_count, 0) as interaction_count,
                coalesce(scored_count, 0) as scored_interaction_count, mean_quality_score,
                coalesce(felt_count, 0) as sentiment_interaction_count, mean_sentiment_score,
                coalesce(item_count, 0) as action_item_count,
                coalesce(item_count, 0) / cast(held.talk_count as double) as follow_up_density
            from (select * from csm_weeks union select csm_id, week from talks)
            left join (
                select csm_id, week, count(*) as talk_count, count(quality_score) as scored_count,
                    avg(quality_score) as mean_quality_score, count(sentiment_score) as felt_count,
                    avg(sentiment_score) as mean_sentiment_score
                from talks where account_id is not null group by all
            ) as held using (csm_id, week)
            left join (
                select csm_id, week, count(*) as item_count from action_items join talks using (interaction_id)
                where account_id is not null and {week("created_at")} <= week group by all
            ) as items using (csm_id, week)"""),
    ]  # fmt: skip


def usage_table(rules: Rules) -> tuple[str, str]:
    """Accounts whose use begins to count as declining, and the Sunday of it."""
    numbers = rules.usage
    baseline, gap, warm, book = (
        int(numbers[name]) for name in ("baseline_weeks", "gap_weeks", "warm_up_weeks", "book_minimum_count")
    )
    cap, spread = numbers["score_cap"], f"greatest({numbers['deviation_scale']} * spread, {numbers['deviation_floor']})"
    return (
        "usage_declines",
        f"""
        with used as (
            select account_id, {week("used_on")} as week, sum(event_count) as events, sum(active_users) as users
            from product_usage where used_on <= (select sunday from clock) group by all
        ), firsts as (
            select account_id, min(week) as first_week, count(events) > 0 as has_events from used group by account_id
        ), spine as (
            select account_id, has_events, weeks.week from firsts join accounts using (account_id) join (
                select cast(unnest(generate_series((select min(week) from used), last_week, interval 7 day)) as date)
                    as week
                from clock
            ) as weeks on first_week <= weeks.week and (churned_on is null or churned_on > weeks.week + 6)
        ), counted as (
            select account_id, week, ln(1 + coalesce(case when has_events then events else users end, 0)) as log_usage
            from spine left join used using (account_id, week)
        ), usual as (
            select account_id, week, case when count(log_usage) over earlier >= {warm}
                then log_usage - median(log_usage) over earlier end as change
            from counted window earlier as (partition by account_id order by week
                rows between {baseline + gap} preceding and {gap + 1} preceding)
        ), own as (
            select account_id, week, change - common as own from usual join (
                select week, case when count(change) >= {book} then median(change) else 0 end as common
                from usual group by week
            ) using (week)
        ), scored as (
            select account_id, week, own, case when count(own) over earlier >= {warm}
                then median(abs(own)) over earlier end as spread
            from own window earlier as (partition by account_id order by week
                rows between {baseline} preceding and 1 preceding)
        ), totals as (
            select account_id, week, sum(cast(-round(greatest(least(own / {spread}, {cap}), -{cap}), 9)
                - {numbers["score_allowance"]} as decimal(18, 6))) over (partition by account_id order by week) as total
            from scored where spread is not null
        ), flagged as (
            select account_id, week, total - least(min(total) over (partition by account_id order by week), 0)
                >= {numbers["score_limit"]} as is_declining
            from totals
        )
        select account_id, week + 6 as emerged_on from (
            select *, lag(is_declining) over (partition by account_id order by week) as before from flagged
        ) where is_declining and not coalesce(before, false)
    """,
    )


def write(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Write the core marts as Parquet, to be compared."""
    for mart in CORE_MARTS:
        connection.execute(f"copy {mart} to '{folder}/{mart}.parquet' (format parquet)")
