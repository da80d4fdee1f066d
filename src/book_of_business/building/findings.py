"""What the raw tables did to the numbers, most telling first: causes before effects, each with what to do.

Read from the working file of a build, also of one that was stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb

from book_of_business.console import count_of, one_line
from book_of_business.receiving.forms import NULL_WORDS

SHOWN = 8
Rows = Callable[[str], list[tuple[Any, ...]]]


def read_findings(working_file: Path) -> list[str]:
    """One sentence per finding, in the order in which they are to be read; none where nothing is the matter.

    Raises:
        duckdb.Error: if the working file is not that of a build of this version.
    """
    return list(
        read_from(
            working_file,
            (
                stray_interactions,
                another_clock,
                clock_beyond_all_else,
                far_tails,
                wrong_scales,
                doubtful_amounts,
                causes,
                *EFFECTS,
            ),
        )
    )


def stopping_causes(working_file: Path) -> list[str]:
    """Why a build stopped at its raw tables, causes first: lost rows, amounts of another unit; empty if it did not."""

    def stopped(rows: Rows) -> Iterator[str]:
        for (table,) in rows(
            "select table_name from intermediate.int_raw_coverage"
            " where table_name in ('csms', 'accounts') and read_count = 0 order by 1"
        ):
            yield f"{table} has no rows: export them as well as the header"
        yield from wrong_amounts(rows)
        yield from (text for need, text in scale_sentences(rows) if need == "required")

    try:
        found = read_from(working_file, (stopped,))
        lost = read_from(working_file, (losses,))
        return [*found, *(read_from(working_file, (causes,)) if lost else ()), *lost]
    except duckdb.CatalogException:
        # it stopped before the tables were judged
        return []


def read_from(working_file: Path, readers: tuple[Callable[[Rows], Iterator[str]], ...]) -> list[str]:
    """The sentences of some readers, each on one harmless line."""
    with duckdb.connect(str(working_file), read_only=True) as connection:

        def rows(query: str) -> list[tuple[Any, ...]]:
            return connection.execute(query).fetchall()

        return [one_line(text, limit=400) for reader in readers for text in reader(rows)]


def listed(values: list[Any], total: int) -> str:
    """Some values, and how many more there are."""
    shown = ", ".join(one_line(str(value), limit=40) for value in values[:SHOWN])
    return f"{shown} and {total - SHOWN:,} more" if total > SHOWN else shown


def stray_interactions(rows: Rows) -> Iterator[str]:
    """Dates so far from all others that they do not move the clock."""
    found = rows(
        "select interaction_id, started_on, place from intermediate.int_interactions__stray"
        " order by started_on, interaction_id"
    )
    for place in ("after all others", "before all others"):
        strays = [f"{name} ({day})" for name, day, where in found if where == place]
        if strays:
            verbs = ("lies", "does") if len(strays) == 1 else ("lie", "do")
            yield (
                f"{count_of(len(strays), 'interaction')} {verbs[0]} far {place} and {verbs[1]} not move the clock:"
                f" {listed(strays, len(strays))}. Correct the date, or give AS_OF_DATE"
            )


def another_clock(rows: Rows) -> Iterator[str]:
    """The clock stands earlier than the conversations received, because the latest were rejected."""
    (count, latest, as_of), *_ = rows("""
        select count(*), max(cast(checked.started_at as date)), max(clock.as_of_date)
        from staging.base_interactions__interactions as checked
        cross join intermediate.int_clock as clock
        where not checked.is_accepted and checked.status = 'completed' and clock.latest_interaction_on is not null
            and checked.copied_interaction_fault is null and checked.duplicate_key_fault is null
            and cast(checked.started_at as date) > clock.as_of_date + 7
    """)
    if count:
        yield (
            f"the book is measured at {as_of}, since {count_of(count, 'later conversation')} (up to {latest})"
            f" {'was' if count == 1 else 'were'} rejected: correct them, or give AS_OF_DATE"
        )


def scale_sentences(rows: Rows) -> list[tuple[str, str]]:
    """Columns that are not on the expected scale: whether each is required or optional, and what a user reads of it."""
    found = rows("""
        select scales.table_name, scales.column_name, scales.scale, scales.conversion,
            coalesce(list(scales.book order by scales.book) filter (where scales.book is not null), []),
            bool_or(scales.book is null), any_value(contract.need)
        from staging.base_quality__scales as scales
        inner join intermediate.int_raw_columns as contract using (table_name, column_name)
        group by scales.table_name, scales.column_name, scales.scale, scales.conversion
        order by bool_or(scales.book is null) desc, scales.table_name, scales.column_name, scales.scale
    """)
    sentences = []
    whole = {(table, column): scale for table, column, scale, _, _, is_whole, _ in found if is_whole}
    apart = {
        (table, column)
        for table, column, scale, _, books, _, _ in found
        if books and whole.get((table, column)) != scale
    }
    for table, column, scale, conversion, books, is_whole, need in found:
        # one book of another scale makes a mixture of the whole: the book is named
        if ((table, column) in apart) == is_whole:
            continue
        whose = "" if is_whole else f" in the rows of {listed(books, len(books))}"
        text = f"{table}.{column} is not on the expected scale{whose}: the values are {scale}"
        text += f". Convert them: {conversion}" if conversion else ""
        sentences.append((need, text))
    return sentences


def wrong_scales(rows: Rows) -> Iterator[str]:
    """Columns that are null throughout, because their scale is not the contract's."""
    for need, text in scale_sentences(rows):
        if need == "optional":
            yield f"{text}. Until then the whole column counts as not observed"


def wrong_amounts(rows: Rows) -> Iterator[str]:
    """Amounts of money that stop a build: in several currencies, or of another unit than dollars."""
    for table, column, count, first, last in rows(
        "select * from staging.base_quality__currencies where currency_count > 1 order by 1, 2"
    ):
        yield (
            f"{table}.{column} names {count} currencies, {first} to {last}: convert the amounts of {table} to US"
            " dollars and write USD in it, or leave the column out"
        )
    yield from amount_sentences(rows, "is_stopping")


def doubtful_amounts(rows: Rows) -> Iterator[str]:
    """The same, where too little tells it to stop."""
    for table, column, currency in rows(
        "select table_name, column_name, first_currency from staging.base_quality__currencies"
        " where currency_count = 1 order by 1, 2"
    ):
        yield f"{table}.{column} is {currency} throughout, but the amounts are read as US dollars: convert them"
    yield from amount_sentences(rows, "not is_stopping")


def amount_sentences(rows: Rows, condition: str) -> Iterator[str]:
    """Books whose lines bring far more, or less, than other amounts let expect."""
    units = (
        "are these cents, or another currency? Convert arr_usd to US dollars; where the amounts are right, raise"
        " scale_jump_ratio (scale_growth_ratio) in seeds/reference/thresholds.csv"
    )
    for book, segment, count, times in rows(
        f"select book, segment, value_count, times from staging.base_quality__amounts where {condition} order by 1, 2"
    ):
        whose = f"{count_of(count, f'{segment} line')} of {book}"
        yield f"subscriptions.arr_usd: the {whose} are {factor(times)} as large as those of other books: {units}"
    beside = {
        "renewals": "renewals.arr_before_usd",
        "earlier lines": "earlier lines of the same accounts and products",
    }
    found = rows(
        "select book, compared_with, account_count, times from staging.base_quality__renewed_amounts"
        f" where {condition} order by 1, 2"
    )
    told = {kind for book, kind, _, _ in found if book}
    for book, kind, count, times in found:
        if book is None and kind in told:
            continue
        whose = f"{count_of(count, 'account')}{f' of {book}' if book else ''}"
        if kind == "opportunities":
            yield (
                f"the lines of {whose} are {factor(times)} as large, compared with opportunities.amount_usd, as those"
                " of all books: check the unit of arr_usd and of amount_usd"
            )
        else:
            yield f"subscriptions.arr_usd: the lines of {whose} are {factor(times)} as large as {beside[kind]}: {units}"


def factor(times: float) -> str:
    """`100 times` or `1/100`."""
    return f"{times:,.0f} times" if times >= 1 else f"1/{1 / times:,.0f}"


def causes(rows: Rows) -> Iterator[str]:
    """Why rows are rejected, what costs most rows first."""
    found = [
        (
            row_count + dependent,
            cause_sentence(table, column, rule, wanted, read, row_count, values, dependent, worst, alone),
        )
        for table, column, rule, wanted, read, row_count, values, dependent, worst, alone in rows("""
            select table_name, column_name, rule, wanted, read_count, row_count, value_count, dependent_count,
                worst_value, worst_dependent_count
            from intermediate.int_raw_causes where rule != 'unknown_parent' order by table_name, column_name, rule
        """)
    ]
    found += unknown_parents(rows)
    found.sort(key=lambda cause: -cause[0])
    yield from (text for _, text in found[:SHOWN])
    if len(found) > SHOWN:
        yield f"{len(found) - SHOWN} more kinds of fault: see marts.rejected_rows"


def unknown_parents(rows: Rows) -> list[tuple[int, str]]:
    """Ids that a table lacks, over all tables that name them: rows, and the sentence."""
    found = rows("""
        with missing as (
            select contract.parent_table, faults.table_name, faults.column_name, faults.value, count(*) as row_count
            from intermediate.int_raw_faults as faults
            inner join intermediate.int_raw_columns as contract using (table_name, column_name)
            left join (
                select distinct table_name, row_key from intermediate.int_raw_faults where scope = 'row'
            ) as rejected
                on contract.parent_table = rejected.table_name and faults.value = rejected.row_key
            where faults.rule = 'unknown_parent' and rejected.row_key is null
            group by all
        ),
        ids as (select parent_table, value, sum(row_count) as row_count from missing group by all)
        select ids.parent_table, sum(ids.row_count),
            (
                select list(distinct table_name order by table_name) from missing
                where missing.parent_table = ids.parent_table
            ),
            list(ids.value order by ids.row_count desc, ids.value),
            list(ids.row_count order by ids.row_count desc, ids.value)
        from ids group by ids.parent_table order by ids.parent_table
    """)
    sentences = []
    for parent, count, tables, values, counts in found:
        most = list(zip(values, counts, strict=True))[:3]
        named = ", ".join(f"{as_received(value)} ({number:,})" for value, number in most)
        more = f" and {len(values) - 3:,} more" if len(values) > 3 else ""
        text = f"{count_of(int(count), 'row')} of {listed(tables, len(tables))}"
        text += f" {'names' if count == 1 else 'name'} an id that {parent} lacks: {named}{more}"
        if str(values[0]).lower() in NULL_WORDS:
            text += "; leave the field empty where it means nothing"
        elif str(values[0]) != str(values[0]).strip():
            text += "; take out the blanks around it"
        sentences.append((int(count), text))
    return sentences


def as_received(value: str | None) -> str:
    """A value between quotes, so that blanks around it are seen."""
    return f"'{one_line(value, limit=40) if value.strip() == value else value[:40]}'" if value else "nothing"


def cause_sentence(
    table: str,
    column: str,
    rule: str,
    wanted: str | None,
    read: int,
    count: int,
    values: int,
    dependent: int,
    worst: str | None,
    worst_dependent: int,
) -> str:
    """One cause in words: what, how many rows, what depends on them, what to do."""
    value = as_received(worst)
    of_all = f"{count:,} of {read:,} rows of {table}"
    more = f" and {count_of(values - 1, 'other value')}" if values > 1 else ""
    if rule == "duplicate_key":
        noun = column.removesuffix("_id") if column.endswith("_id") and "|" not in column else f"{table} row"
        others = f" (and {values - 1:,} more)" if values > 1 else ""
        name = one_line(worst or "", limit=40)
        text = f"{noun} {name}{others} appears more than once in {table}, with different values: keep one row"
    elif rule in ("missing_key", "missing_value"):
        text = f"{of_all} have no {column}: fill it, or leave such rows out"
    elif rule == "overlapping_assignment":
        text = f"{of_all} overlap another assignment of their account: let one end where the next begins"
    elif rule == "end_before_start":
        text = f"{of_all} end before they start ({column}: {value}{more})"
    else:
        problem = {
            "unparseable_value": f"have a {column} that cannot be read",
            "out_of_range": f"have a {column} out of its range",
            "unknown_enum": f"have a {column} that is not known",
        }.get(rule, f"break {rule} in {column}")
        text = f"{of_all} {problem}: {value}{more}; expected is {wanted}"
    if dependent:
        verb = "depends" if dependent == 1 else "depend"
        text += f"; {count_of(dependent, 'row')} of other tables {verb} on {'it' if count == 1 else 'them'}"
        if values > 1 and worst_dependent and rule == "duplicate_key":
            text += f" ({worst_dependent:,} on {one_line(worst or '', limit=40)} alone)"
    return text


def losses(rows: Rows) -> Iterator[str]:
    """What the required tables lost, where it is too much."""
    if not rows("select 1 from intermediate.int_raw_losses where is_stopping"):
        return
    lost = rows(
        "select table_name, lost_count, row_count from intermediate.int_raw_losses where lost_count > 0"
        " order by lost_count / row_count desc, table_name"
    )
    told = ", ".join(f"{count:,} of {total:,} rows of {table}" for table, count, total in lost)
    yield f"lost in all: {told}. Fix the export; ALLOW_LOSS=1 builds what is left"


UNASSIGNED_REASONS = {
    "no_assignment": ("have no assignment on file", "export their owners to account_assignments"),
    "assignment_ended": ("have no assignment that is still open", "assign them, or leave unassigned_on empty"),
    "owner_left": ("belong to somebody who has left", "hand them over"),
    "owner_not_yet_hired": ("belong to somebody not yet hired", "check hired_on of their owner"),
    "assignment_rejected": ("have an assignment that was rejected", "correct it; see marts.rejected_rows"),
}


def unassigned_accounts(rows: Rows) -> Iterator[str]:
    """Active accounts that nobody employed owns, in accounts and ARR, with the reason."""
    for reason, count, arr, ids in rows("""
        select reason, count(*), sum(arr_usd), list(account_id order by arr_usd desc nulls last, account_id)
        from intermediate.int_accounts__unassigned
        group by reason order by sum(arr_usd) desc nulls last, count(*) desc, reason
    """):
        what, remedy = UNASSIGNED_REASONS.get(reason, (reason, "see marts.dim_accounts"))
        amount = "" if arr is None else f" with ${arr:,.0f} of ARR"
        verb = what.replace("have", "has", 1).replace("belong", "belongs", 1) if count == 1 else what
        counts = "counts" if count == 1 else "count"
        which = ", ".join(one_line(name, limit=24) for name in ids[:3]) + (", ..." if count > 3 else "")
        yield f"{count_of(count, 'account')}{amount} {verb} and {counts} as unassigned ({which}): {remedy}"


def gaps_of_a_day(rows: Rows) -> Iterator[str]:
    """Assignments whose end was written inclusively: the day between two owners is nobody's."""
    (count, ids), *_ = rows("""
        select count(*), list(account_id order by account_id) from (
            select account_id, unassigned_on,
                lead(assigned_on) over (partition by account_id order by assigned_on) as next_assigned_on
            from staging.stg_crm__account_assignments
        ) where next_assigned_on = unassigned_on + 1
    """)
    if count:
        verb = "ends" if count == 1 else "end"
        yield (
            f"{count_of(count, 'assignment')} {verb} the day before the account's next one begins, and nobody owns the"
            f" account on that day: {listed(ids, count)}; unassigned_on is the first day no longer owned"
        )


def far_tails(rows: Rows) -> Iterator[str]:
    """Interactions beyond a long gap that are too many to be left out: they move the first or the last week."""
    for is_early, count, total, gap, day in rows("""
        with days as (
            select cast(interactions.started_at as date) as day, count(*) as interaction_count
            from staging.stg_interactions__interactions as interactions, intermediate.int_clock as clock
            where cast(interactions.started_at as date) between clock.earliest_interaction_on
                and coalesce(clock.latest_interaction_on, clock.as_of_date)
            group by cast(interactions.started_at as date)
        ),
        gaps as (
            select day, lead(day) over (order by day) as next_day,
                sum(interaction_count) over (order by day) as so_far, sum(interaction_count) over () as total
            from days
        )
        select so_far * 2 < total, least(so_far, total - so_far), total, next_day - day,
            case when so_far * 2 < total then day else next_day end
        from gaps
        where next_day - day > (select value from reference.thresholds where threshold = 'quarter_days')
            and least(so_far, total - so_far)
            < total * (select value from reference.thresholds where threshold = 'clock_doubtful_share')
        order by day
    """):
        where = f"{'before' if is_early else 'after'} a gap of {gap:,} days (at {day})"
        yield (
            f"{count:,} of {total:,} interactions lie {where}: they are too many to be left out and move the weeks that"
            " are measured. Correct the dates, or give AS_OF_DATE"
        )


def clock_beyond_all_else(rows: Rows) -> Iterator[str]:
    """The clock stands weeks after everything but conversations ends, as where planned meetings count as held."""
    for as_of, latest in rows("""
        select clock.as_of_date, others.latest
        from intermediate.int_clock as clock
        cross join (
            select greatest(
                (select max(cast(opened_at as date)) from staging.stg_support__tickets),
                (select max(scored_on) from staging.stg_crm__health_scores),
                (select max(worked_on) from staging.stg_interactions__time_entries),
                (select max(week_start_date) + 6 from staging.stg_usage__product_weeks)
            ) as latest
        ) as others
        where clock.latest_interaction_on is not null
            and clock.as_of_date - others.latest
            > (select value from reference.thresholds where threshold = 'clock_gap_days')
    """):
        yield (
            f"the book is measured at {as_of}, by the latest completed interaction, but tickets, health, time and usage"
            f" end by {latest}: are planned meetings marked completed? Correct their status, or give AS_OF_DATE"
        )


def owned_before_hiring(rows: Rows) -> Iterator[str]:
    """CSMs who own accounts or talk to them before they are hired, as a date of a rehiring does."""
    for csm, hired, assigned, talked, accounts, interactions in rows("""
        select csm_id, hired_on, earliest_assigned_on, earliest_interaction_on, account_count, interaction_count
        from intermediate.int_csms__owned_before_hiring order by account_count desc, interaction_count desc, csm_id
    """)[:SHOWN]:
        owned = f"has owned {count_of(accounts, 'account')} since {assigned}" if accounts else ""
        held = f"has held {count_of(interactions, 'interaction')} since {talked}" if interactions else ""
        done = " and ".join(part for part in (owned, held) if part)
        yield (
            f"csm {csm} {done}, before being hired on {hired}: until then those accounts count as unassigned. Give"
            " hired_on the first day of employment"
        )


def contract_lines(rows: Rows) -> Iterator[str]:
    """Lines that overlap, whose end was written inclusively, or whose link leads nowhere."""
    words = {
        "is_overlapping": (
            "overlaps another of its account and product without a link, and both count toward ARR",
            "overlap others of their account and product without a link, and all count toward ARR",
            "give renews_subscription_id or contract_id where one continues the other",
        ),
        "is_written_inclusively": (
            "ends the day before the next of its account and product starts, and is in force through that day",
            "end the day before the next of their account and product starts, and are in force through that day",
            "ends_on is the first day after the term",
        ),
        "is_dangling_link": (
            "renews a subscription that is not in the file (or itself)",
            "renew subscriptions that are not in the file (or themselves)",
            "export the lines renewed as well, or leave renews_subscription_id empty",
        ),
    }
    for flag, (one, many, remedy) in words.items():
        (count, ids), *_ = rows(f"""
            select count(*), list(subscription_id order by account_id, product, starts_on, subscription_id)
            from intermediate.int_subscriptions__in_force where {flag}
        """)
        if count:
            verb = one if count == 1 else many
            yield f"{count_of(count, 'subscription')} {verb}: {listed(ids, count)}; {remedy}"


def twin_interactions(rows: Rows) -> Iterator[str]:
    """Conversations that may be one: written down by two systems, or a call in two legs."""
    found = dict(rows("select kind, count(*) from intermediate.int_interactions__twins group by kind"))
    if not found:
        return
    ((completed, minutes),) = rows("""
        select count(*), (select value from reference.thresholds where threshold = 'same_meeting_minutes')
        from intermediate.int_interactions__completed
    """)
    pairs = rows("""
        select interaction_id || ' and ' || earlier_interaction_id from intermediate.int_interactions__twins
        order by kind, started_at desc, interaction_id limit 3
    """)
    yield (
        f"{sum(found.values()):,} of {completed:,} completed interactions may repeat another of the same CSM and"
        f" account; all are counted: {found.get('same_meeting', 0):,} start within {minutes:g} minutes of the other,"
        f" {found.get('second_leg', 0):,} when it ends ({', '.join(pair for (pair,) in pairs)} ...). Leave one out"
        " where they are one meeting; int_interactions__twins in working.duckdb lists them"
    )


def nulled_values(rows: Rows) -> Iterator[str]:
    """Measures whose value was at fault: the rows stay."""
    words = {"out_of_range": ("is out of range", "are out of range"), "unparseable_value": ("cannot be read",) * 2}
    for table, column, rule, count, values in rows("""
        select table_name, column_name, rule, count(*), list(distinct value order by value)
        from marts.rejected_rows where scope = 'value' group by all
        order by count(*) desc, table_name, column_name, rule
    """):
        yield (
            f"{count_of(count, 'value')} of {table}.{column} {words.get(rule, (rule, rule))[count != 1]} and"
            f" {'counts' if count == 1 else 'count'} as not observed: {listed(values, len(values))}"
        )


def copied_interactions(rows: Rows) -> Iterator[str]:
    """Conversations that were copied under other ids."""
    (count,), *_ = rows(
        "select count(*) from marts.rejected_rows where table_name = 'interactions' and rule = 'copied_interaction'"
    )
    if count:
        verb = "is a copy" if count == 1 else "are copies"
        yield f"{count_of(count, 'interaction')} {verb} of another, equal in all but the id: each meeting counts once"


def plain_forms(rows: Rows) -> Iterator[str]:
    """Values that were read from another form than the contract's."""
    found = rows(
        "select table_name, normalised_count from marts.data_coverage where normalised_count > 0 order by 2 desc, 1"
    )
    if found:
        told = [f"{table} {count:,}" for table, count in found]
        yield f"values converted (such as 12.0, YES, N/A, open ends of assignments): {listed(told, len(told))}"


EFFECTS: tuple[Callable[[Rows], Iterator[str]], ...] = (
    unassigned_accounts,
    gaps_of_a_day,
    owned_before_hiring,
    nulled_values,
    copied_interactions,
    plain_forms,
    contract_lines,
    twin_interactions,
)
