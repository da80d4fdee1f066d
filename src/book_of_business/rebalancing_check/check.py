"""Check a proposal against the marts and the rules. Each check is a query with one row per fault."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import duckdb

from book_of_business.errors import UserError

FILES = ("moves", "books", "missed_limits")
# To the cent and to a hundred-thousandth of an hour.
CENT = 0.005
CLOSE = 1e-5

# Tables that every check reads. `own_*` are computed here from staged rows and marts, whatever the proposal says.
TABLES = """
create temp view clock as select as_of_date, latest_week_start_date from intermediate.int_clock;
create temp view price as select rule, value, price from rules;
create temp table own_csms as
    select csm_id, fte, motion, team, coalesce(fte, 1) > 1 as is_pooled from marts.dim_csms where is_employed;
create temp table own_accounts as
    select
        accounts.account_id, accounts.csm_id, accounts.segment, coalesce(accounts.arr_usd, 0) as arr_usd,
        coalesce(efforts.effort_hours, 0) as effort_hours, accounts.next_renewal_on,
        coalesce(efforts.lifecycle_level = 'onboarding', false) as is_onboarding,
        coalesce((
            select max_by(scores.health_score, scores.scored_on) from staging.stg_crm__health_scores as scores
            where scores.account_id = accounts.account_id and scores.scored_on <= (select as_of_date from clock)
        ) < (select value from reference.thresholds where threshold = 'red_health_score'), false) as is_red,
        coalesce((
            select sum(touches_per_quarter) from reference.touch_cadences as cadences
            where cadences.segment = accounts.segment
        ), 0) as touch_count,
        exists (
            select 1 from marts.fct_risk_episodes as episodes
            where episodes.account_id = accounts.account_id and episodes.outcome = 'open'
        ) as has_open_risk,
        exists (
            select 1 from staging.stg_support__tickets as tickets
            where tickets.account_id = accounts.account_id
                and tickets.escalated_at <= (select as_of_date + 1 from clock)
                and (tickets.resolved_at is null or tickets.resolved_at > (select as_of_date + 1 from clock))
        ) as has_open_escalation,
        (
            select max(met.started_on) from intermediate.int_interactions__completed as met
            where met.account_id = accounts.account_id and met.is_meaningful
                and met.started_on <= (select as_of_date from clock)
        ) as met_on,
        (
            select max(met.started_on) from intermediate.int_interactions__completed as met
            where met.account_id = accounts.account_id and met.csm_id = accounts.csm_id and met.is_meaningful
                and met.started_on <= (select as_of_date from clock)
        ) as met_owner_on,
        (
            select max(given.assigned_on) from staging.stg_crm__account_assignments as given
            where given.account_id = accounts.account_id and given.csm_id = accounts.csm_id
                and given.assigned_on <= (select as_of_date from clock)
                and not exists (
                    select 1 from staging.stg_crm__account_assignments as earlier
                    where earlier.account_id = given.account_id and earlier.csm_id = given.csm_id
                        and earlier.assigned_on < given.assigned_on
                        and not exists (
                            select 1 from staging.stg_crm__account_assignments as between_them
                            where between_them.account_id = given.account_id
                                and between_them.csm_id != given.csm_id
                                and between_them.assigned_on > earlier.assigned_on
                                and between_them.assigned_on < given.assigned_on
                        )
                )
        ) as owned_since_on,
        exists (
            select 1 from staging.stg_crm__account_assignments as other
            where other.account_id = accounts.account_id and other.csm_id != accounts.csm_id
                and other.assigned_on <= (select as_of_date from clock)
        ) as has_had_another_owner
    from marts.dim_accounts as accounts
    left join marts.fct_account_effort as efforts
        on accounts.account_id = efforts.account_id
            and efforts.week_start_date = (select latest_week_start_date from clock)
    where accounts.is_active;
create temp table own_classes as
    select
        account_id,
        case
            when csm_id = 'unassigned' then 'new'
            when (select as_of_date from clock) - owned_since_on < (select value from price where rule = 'new_days')
                and (met_owner_on is null or met_owner_on < owned_since_on) then 'new'
            when (is_red or has_open_risk) and (met_on is null
                or (select as_of_date from clock) - met_on >= (select value from price where rule = 'engaged_days'))
                then 'at_risk_not_engaged'
            else 'established'
        end as relationship_class
    from own_accounts;
create temp table after_moves as
    select own.*, coalesce(moves.to_csm_id, own.csm_id) as after_csm_id
    from own_accounts as own
    left join (select account_id, any_value(to_csm_id) as to_csm_id from moves group by account_id) as moves
        on own.account_id = moves.account_id;
create temp table own_sums as
    select
        csms.csm_id,
        count(*) filter (where before_row) as account_count_before,
        coalesce(sum(arr_usd) filter (where before_row), 0) as arr_usd_before,
        coalesce(sum(effort_hours) filter (where before_row), 0) as effort_before,
        count(*) filter (where before_row and is_red) as red_account_count_before,
        count(*) filter (where before_row and is_onboarding) as onboarding_account_count_before,
        coalesce(sum(touch_count) filter (where before_row), 0) as required_touch_count_before,
        count(*) filter (where not before_row) as account_count_after,
        coalesce(sum(arr_usd) filter (where not before_row), 0) as arr_usd_after,
        coalesce(sum(effort_hours) filter (where not before_row), 0) as effort_after,
        count(*) filter (where not before_row and is_red) as red_account_count_after,
        count(*) filter (where not before_row and is_onboarding) as onboarding_account_count_after,
        coalesce(sum(touch_count) filter (where not before_row), 0) as required_touch_count_after
    from own_csms as csms
    left join (
        select csm_id, true as before_row, account_id, arr_usd, effort_hours, is_red, is_onboarding, touch_count
        from after_moves
        union all
        select after_csm_id, false, account_id, arr_usd, effort_hours, is_red, is_onboarding, touch_count
        from after_moves
    ) as sides on csms.csm_id = sides.csm_id
    group by csms.csm_id;
"""


def differs(measure: str, tolerance: float) -> str:
    """Books whose claimed measure is not what the accounts add up to."""
    return " union all ".join(
        f"select books.csm_id || ': {measure}_{side} is ' || coalesce(books.{measure}_{side}::varchar, 'null') ||"
        f" ', the accounts give ' || sums.{measure}_{side}::varchar"
        " from books inner join own_sums as sums using (csm_id)"
        f" where books.{measure}_{side} is null or abs(books.{measure}_{side} - sums.{measure}_{side}) > {tolerance}"
        for side in ("before", "after")
    )


def load_differs() -> str:
    """Books whose load is not their effort by their capacity."""
    return " union all ".join(
        f"select books.csm_id || ': load_ratio_{side} is not effort by capacity_hours' from books"
        " inner join own_sums as sums using (csm_id) where books.capacity_hours > 0 and"
        f" (books.load_ratio_{side} is null"
        f" or abs(books.load_ratio_{side} * books.capacity_hours - sums.effort_{side}) > {CLOSE})"
        for side in ("before", "after")
    )


def peak_differs() -> str:
    """Books whose peak of renewals is not what their accounts renew."""
    return " union all ".join(
        f"select books.csm_id || ': peak_renewal_share_{side} is not what renews' from books inner join ("
        f" select csm_id, max(amount) as peak from (select after_moves.{column} as csm_id, quarters.quarter_start_date,"
        " sum(renewing.arr_usd) as amount from after_moves inner join intermediate.int_renewals__owned as renewing"
        " on after_moves.account_id = renewing.account_id and renewing.from_week <= (select latest_week_start_date from"
        " clock) and renewing.to_week > (select latest_week_start_date from clock) inner join (select distinct"
        " quarter_start_date from marts.fct_renewal_concentration where is_in_horizon) as quarters on"
        " renewing.ends_on >= quarters.quarter_start_date"
        " and renewing.ends_on < quarters.quarter_start_date + interval 3 month"
        " group by all) group by csm_id) as peaks using (csm_id) inner join own_sums as sums using (csm_id)"
        f" where sums.arr_usd_{side} > 0 and abs(coalesce(books.peak_renewal_share_{side}, -1) * sums.arr_usd_{side}"
        f" - peaks.peak) > 1"
        for side, column in (("before", "csm_id"), ("after", "after_csm_id"))
    )


MEASURES = (
    *("load_ratio", "account_count", "arr_usd", "peak_renewal_share", "red_account_count"),
    *("required_touch_count", "required_hours_per_week", "onboarding_account_count"),
)
MISSED = " union all ".join(
    f"select csm_id, '{name}' as \"limit\", {name}_after as value from books where {name}_after > {name}_limit + 1e-6"
    for name in MEASURES
)

CHECKS: dict[str, str] = {
    "an account is moved twice": "select account_id from moves group by account_id having count(*) > 1",
    "an account that is not active is moved": (
        "select account_id from moves anti join own_accounts using (account_id)"
    ),
    "an account does not come from its owner": (
        "select moves.account_id || ' is owned by ' || own.csm_id || ', not ' || moves.from_csm_id"
        " from moves inner join own_accounts as own using (account_id) where moves.from_csm_id != own.csm_id"
    ),
    "a move leads nowhere": (
        "select account_id from moves where to_csm_id = from_csm_id or to_csm_id not in (select csm_id from own_csms)"
    ),
    "a pooled book gives or takes": (
        "select account_id from moves where from_csm_id in (select csm_id from own_csms where is_pooled)"
        " or to_csm_id in (select csm_id from own_csms where is_pooled)"
    ),
    "an account leaves its team and motion": (
        "select moves.account_id from moves inner join own_csms as one on moves.from_csm_id = one.csm_id"
        " inner join own_csms as other on moves.to_csm_id = other.csm_id"
        " where one.team is distinct from other.team or one.motion is distinct from other.motion"
    ),
    "a lock is broken: an escalation is open": (
        "select account_id from moves inner join own_accounts using (account_id)"
        " where has_open_escalation and from_csm_id != 'unassigned'"
    ),
    "a lock is broken: a renewal is near": (
        "select account_id from moves inner join own_accounts using (account_id) where from_csm_id != 'unassigned' and"
        " next_renewal_on - (select as_of_date from clock) between 0 and"
        " (select value from price where rule = 'locked_renewal_days')"
    ),
    "a lock is broken: it was moved lately": (
        "select account_id from moves inner join own_accounts using (account_id) where from_csm_id != 'unassigned' and"
        " has_had_another_owner and (select as_of_date from clock) - owned_since_on <"
        " (select value from price where rule = 'locked_moved_days')"
    ),
    "a lock is broken: somebody named it": ("select moves.account_id from moves inner join frozen using (account_id)"),
    "a class is wrong": (
        "select moves.account_id || ' is ' || own.relationship_class from moves inner join own_classes as own"
        " using (account_id) where moves.relationship_class is distinct from own.relationship_class"
    ),
    "the order is wrong": (
        "select account_id from (select account_id, move_number, max(case relationship_class when 'new' then 0"
        " when 'at_risk_not_engaged' then 1 else 2 end) over (order by move_number rows between unbounded preceding and"
        " 1 preceding) as before, case relationship_class when 'new' then 0 when 'at_risk_not_engaged' then 1"
        " else 2 end as own from moves) where before > own"
    ),
    "a move has another effort or ARR than its account": (
        "select moves.account_id from moves inner join own_accounts as own using (account_id)"
        f" where abs(moves.effort_hours - own.effort_hours) > {CLOSE} or abs(moves.arr_usd - own.arr_usd) > {CENT}"
    ),
    "a move has no reason": "select account_id from moves where coalesce(trim(reason), '') = ''",
    "a book is missing or stands twice": (
        "select csm_id from own_csms anti join books using (csm_id) union all"
        " select csm_id from books anti join own_csms using (csm_id) union all"
        " select csm_id from books group by csm_id having count(*) > 1"
    ),
    "accounts do not add up": (
        "select 'books hold ' || (select sum(account_count_after) from books) || ', the accounts are ' || count(*)"
        " from after_moves where after_csm_id in (select csm_id from own_csms)"
        " having count(*) != (select coalesce(sum(account_count_after), 0) from books)"
    ),
    "the count of a book is wrong": differs("account_count", CLOSE),
    "the ARR of a book is wrong": differs("arr_usd", CENT),
    "the red accounts of a book are wrong": differs("red_account_count", CLOSE),
    "the onboardings of a book are wrong": differs("onboarding_account_count", CLOSE),
    "the touches of a book are wrong": differs("required_touch_count", CLOSE),
    "the load of a book is wrong": load_differs(),
    "the renewals of a book are wrong": peak_differs(),
    "a limit is another than the rules say": (
        "select csm_id || ': load' from books where load_ratio_limit is distinct from"
        " (select value from reference.thresholds where threshold = 'target_load_ratio') union all"
        " select csm_id || ': renewals' from books where peak_renewal_share_limit is distinct from"
        " (select value from reference.thresholds where threshold = 'renewal_cap_share')"
    ),
    "capacity is more than people have": (
        "select books.csm_id from books inner join marts.dim_csms as csms using (csm_id)"
        f" where books.capacity_hours > csms.productive_hours_per_week * csms.fte + {CLOSE} or books.capacity_hours < 0"
    ),
    "a missed limit is not listed": (
        f'select csm_id || \': \' || "limit" from ({MISSED}) anti join missed_limits using (csm_id, "limit")'
    ),
    "a limit is listed that is kept": (
        f'select csm_id || \': \' || "limit" from missed_limits anti join ({MISSED}) using (csm_id, "limit")'
    ),
    "a missed limit has another value": (
        f'select csm_id || \': \' || "limit" from missed_limits inner join ({MISSED}) as own using (csm_id, "limit")'
        f" where abs(missed_limits.value - own.value) > {CLOSE}"
    ),
    "the summary counts otherwise": (
        "select 'move_count' from moves having count(*) != (select move_count from summary) union all"
        " select 'established' from moves where relationship_class = 'established'"
        " having count(*) != (select established_count from summary)"
    ),
    "the summary is of another build": (
        "select 'as_of_date' where (select as_of_date from summary) != (select as_of_date::varchar from clock)"
    ),
    "the gap is not that of objective and bound": (
        "select 'gap' from summary where bound > objective + 1e-6 or abs(gap - case when objective > 1e-9 then"
        " (objective - bound) / objective else 0 end) > 1e-4"
    ),
}


@dataclass(frozen=True)
class Fault:
    """What is wrong: the check, and what it found."""

    check: str
    found: str


def check(folder: Path, working_file: Path, rules_file: Path, frozen_ids: set[str]) -> list[Fault]:
    """Every fault of a proposal.

    Args:
        folder: of the proposal.
        working_file: of the build that it was made from.
        rules_file: rebalancing_rules.csv.
        frozen_ids: accounts that somebody has named as not to be moved.

    Raises:
        UserError: if a file of the proposal is missing or cannot be read.
    """
    connection = duckdb.connect(str(working_file), read_only=True)
    try:
        for name in FILES:
            read(connection, name, folder / f"{name}.parquet")
        connection.execute(
            "create temp table rules as select * from read_csv($path, header = true)", {"path": str(rules_file)}
        )
        connection.execute("create temp table frozen (account_id varchar)")
        connection.executemany("insert into frozen values (?)", [[each] for each in sorted(frozen_ids)] or [[None]])
        summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
        connection.execute(
            "create temp table summary as select ? as as_of_date, ? as move_count, ? as established_count,"
            " ? as objective, ? as bound, ? as gap",
            [
                *(summary[name] for name in ("as_of_date", "move_count")),
                summary["move_count_by_class"]["established"],
                *(summary[name] for name in ("objective", "bound", "gap")),
            ],
        )
        connection.execute(TABLES)
        return [
            Fault(name, str(row[0])) for name, query in CHECKS.items() for row in connection.execute(query).fetchall()
        ]
    except (OSError, ValueError, KeyError, duckdb.Error) as error:
        raise UserError(f"the proposal in {folder} cannot be checked ({error}): run `make rebalance` again") from None
    finally:
        connection.close()


def read(connection: duckdb.DuckDBPyConnection, name: str, path: Path) -> None:
    """Register a file of the proposal under its name."""
    connection.execute(f"create temp table {name} as select * from read_parquet($path)", {"path": str(path)})
