"""What the raw tables did to the numbers, most telling first: causes before effects, each with what to do.

Read from the working file of a build, also of one that was stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb

from book_of_business.console import one_line

SHOWN = 8
NULL_WORDS = {"null", "n/a", "na", "nan", "nat", "none", "<na>", "#n/a", "-"}
# Columns with a scale that are null where it is another (scale_rules.csv); all others stop the build.
MAY_BE_NULL = {("interactions", name) for name in ("sentiment_score", "quality_score", "duration_minutes")}
Rows = Callable[[str], list[tuple[Any, ...]]]


def read_findings(working_file: Path) -> list[str]:
    """One sentence per finding, in the order in which they are to be read; none where nothing is the matter.

    Raises:
        duckdb.Error: if the working file is not that of a build of this version.
    """
    return list(
        read_from(working_file, (stray_interactions, another_clock, wrong_scales, doubtful_amounts, causes, *EFFECTS))
    )


def stopping_causes(working_file: Path) -> list[str]:
    """Why a build stopped at its raw tables, causes first: lost rows, amounts of another unit; empty if it did not."""

    def stopped(rows: Rows) -> Iterator[str]:
        yield from wrong_amounts(rows)
        yield from (text for (table, column), text in scale_sentences(rows) if (table, column) not in MAY_BE_NULL)

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


def counted(number: int, noun: str) -> str:
    """`1 row`, `1,234 rows`."""
    plural = {"day entry": "day entries", "entry": "entries"}.get(noun, f"{noun}s")
    return f"{number:,} {noun if number == 1 else plural}"


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
                f"{counted(len(strays), 'interaction')} {verbs[0]} far {place} and {verbs[1]} not move the clock:"
                f" {listed(strays, len(strays))}. Mend the date, or give AS_OF_DATE"
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
            f"the book is measured at {as_of}, since {counted(count, 'later conversation')} (up to {latest})"
            f" {'was' if count == 1 else 'were'} rejected: mend them, or give AS_OF_DATE"
        )


def scale_sentences(rows: Rows) -> list[tuple[tuple[str, str], str]]:
    """Columns of another scale than the contract's, and what a user reads of each."""
    found = rows("""
        select table_name, column_name, scale, conversion,
            coalesce(list(book order by book) filter (where book is not null), []), bool_or(book is null)
        from staging.base_quality__scales
        group by table_name, column_name, scale, conversion
        order by bool_or(book is null) desc, table_name, column_name, scale
    """)
    sentences = []
    whole = {(table, column): scale for table, column, scale, _, _, is_whole in found if is_whole}
    apart = {
        (table, column) for table, column, scale, _, books, _ in found if books and whole.get((table, column)) != scale
    }
    for table, column, scale, conversion, books, is_whole in found:
        # one book of another scale makes a mixture of the whole: the book is named
        if ((table, column) in apart) == is_whole:
            continue
        whose = "" if is_whole else f" in the rows of {listed(books, len(books))}"
        text = f"{table}.{column} is of another scale than the contract's{whose}: {scale}"
        text += f". Convert it with: {conversion}" if conversion else ""
        sentences.append(((table, column), text))
    return sentences


def wrong_scales(rows: Rows) -> Iterator[str]:
    """Columns that are null throughout, because their scale is not the contract's."""
    for place, text in scale_sentences(rows):
        if place in MAY_BE_NULL:
            yield f"{text}. Until then none of its values is used"


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
        whose = f"{counted(count, f'{segment} line')} of {book}"
        yield f"subscriptions.arr_usd: the {whose} bring {factor(times)} what those of other books bring: {units}"
    beside = {
        "renewals": "what was renewed by renewals.arr_before_usd",
        "opportunities": "what is usual beside opportunities.amount_usd",
        "earlier lines": "what earlier lines of the same accounts and products brought",
    }
    found = rows(
        "select book, compared_with, account_count, times from staging.base_quality__renewed_amounts"
        f" where {condition} order by 1, 2"
    )
    told = {kind for book, kind, _, _ in found if book}
    for book, kind, count, times in found:
        if book is None and kind in told:
            continue
        whose = f"{counted(count, 'account')}{f' of {book}' if book else ''}"
        yield f"subscriptions.arr_usd: the lines of {whose} bring {factor(times)} {beside[kind]}: {units}"


def factor(times: float) -> str:
    """`100 times` or `one 100th of`."""
    return f"{times:,.0f} times" if times >= 1 else f"one {1 / times:,.0f}th of"


def causes(rows: Rows) -> Iterator[str]:
    """Why rows are rejected, what costs most rows first."""
    found = rows("""
        select table_name, column_name, rule, parent_table, wanted, read_count, row_count, value_count, hanging_count,
            worst_value, worst_hanging_count
        from intermediate.int_raw_causes
        order by row_count + hanging_count desc, table_name, column_name, rule
    """)
    for cause in found[:SHOWN]:
        yield cause_sentence(*cause)
    if len(found) > SHOWN:
        yield f"{len(found) - SHOWN} more kinds of fault: see marts.rejected_rows"


def cause_sentence(
    table: str,
    column: str,
    rule: str,
    parent: str | None,
    wanted: str | None,
    read: int,
    count: int,
    values: int,
    hanging: int,
    worst: str | None,
    worst_hanging: int,
) -> str:
    """One cause in words: what, how many rows, what hangs on them, what to do."""
    value = one_line(worst, limit=40) if worst else "nothing"
    of_all = f"{count:,} of {read:,} rows of {table}"
    examples = f"{value}{f' and {values - 1:,} other values' if values > 1 else ''}"
    if rule == "duplicate_key":
        noun = column.removesuffix("_id") if column.endswith("_id") and "|" not in column else f"{table} row"
        others = f" (and {values - 1:,} more)" if values > 1 else ""
        text = f"{noun} {value}{others} stands twice in {table}, with different values: keep one"
    elif rule in ("missing_key", "missing_value"):
        text = f"{of_all} have no {column}: fill it"
    elif rule == "unknown_parent":
        text = f"{of_all} name {'an' if column[0] in 'aeiou' else 'a'} {column} that {parent} lacks: {examples}"
        text += "; leave the field empty where it means nothing" if value.lower() in NULL_WORDS else ""
    elif rule == "overlapping_assignment":
        text = f"{of_all} overlap another assignment of their account: let one end where the next begins"
    elif rule == "end_before_start":
        text = f"{of_all} end before they start ({column}: {examples})"
    else:
        text = f"{of_all} break {rule} in {column}: {examples}; wanted is {wanted}"
    if hanging:
        whose = (
            f"{worst_hanging:,} on {value} alone" if values > 1 and worst_hanging and rule == "duplicate_key" else ""
        )
        text += f": {counted(hanging, 'row')} of other tables {'hangs' if hanging == 1 else 'hang'} on it"
        text += f" ({whose})" if whose else ""
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
    yield f"lost in all: {told}. Mend the export; ALLOW_LOSS=1 builds what is left"


UNASSIGNED_REASONS = {
    "no_assignment": ("have no assignment on file", "export their owners to account_assignments"),
    "assignment_ended": ("have no assignment that is still open", "assign them, or leave unassigned_on empty"),
    "owner_left": ("belong to somebody who has left", "hand them over"),
    "owner_not_yet_hired": ("belong to somebody not yet hired", "check hired_on of their owner"),
    "assignment_rejected": ("have an assignment that was rejected", "mend it; see marts.rejected_rows"),
}


def unassigned_accounts(rows: Rows) -> Iterator[str]:
    """Active accounts that nobody employed owns, in accounts and ARR, with the reason."""
    for reason, count, arr in rows("""
        select reason, count(*), sum(arr_usd) from intermediate.int_accounts__unassigned
        group by reason order by sum(arr_usd) desc nulls last, count(*) desc, reason
    """):
        what, remedy = UNASSIGNED_REASONS.get(reason, (reason, "see marts.dim_accounts"))
        amount = "" if arr is None else f" with ${arr:,.0f} of ARR"
        verb = what.replace("have", "has", 1).replace("belong", "belongs", 1) if count == 1 else what
        counts = "counts" if count == 1 else "count"
        yield f"{counted(count, 'account')}{amount} {verb} and {counts} as unassigned: {remedy}"


def owned_before_hiring(rows: Rows) -> Iterator[str]:
    """CSMs who own accounts or talk to them before they are hired, as a date of a rehiring does."""
    for csm, hired, assigned, talked, accounts, interactions in rows("""
        select csm_id, hired_on, earliest_assigned_on, earliest_interaction_on, account_count, interaction_count
        from intermediate.int_csms__owned_before_hiring order by account_count desc, interaction_count desc, csm_id
    """)[:SHOWN]:
        owned = f"owns {counted(accounts, 'account')} since {assigned}" if accounts else ""
        held = f"held {counted(interactions, 'interaction')} since {talked}" if interactions else ""
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
            "renews one that is not on file",
            "renew others that are not on file",
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
            yield f"{counted(count, 'subscription')} {verb}: {listed(ids, count)}; {remedy}"


def twin_interactions(rows: Rows) -> Iterator[str]:
    """Conversations that may be one: written down by two systems, or a call in two legs."""
    found = dict(rows("select kind, count(*) from intermediate.int_interactions__twins group by kind"))
    if not found:
        return
    (completed,), *_ = rows("select count(*) from intermediate.int_interactions__completed")
    pairs = rows("""
        select interaction_id || ' and ' || earlier_interaction_id from intermediate.int_interactions__twins
        order by kind, started_at desc, interaction_id limit 3
    """)
    yield (
        f"{sum(found.values()):,} of {completed:,} completed interactions may be one with another of the same CSM and"
        f" account, and count all the same: {found.get('same_meeting', 0):,} start within ten minutes of it,"
        f" {found.get('second_leg', 0):,} where it ends ({', '.join(pair for (pair,) in pairs)} ...)."
        " Leave one out where they are one meeting: intermediate.int_interactions__twins of the working file has all"
    )


def nulled_values(rows: Rows) -> Iterator[str]:
    """Measures whose value was at fault: the rows stay."""
    for table, column, rule, count, values in rows("""
        select table_name, column_name, rule, count(*), list(distinct value order by value)
        from marts.rejected_rows where scope = 'value' group by all
        order by count(*) desc, table_name, column_name, rule
    """):
        yield (
            f"{counted(count, 'value')} of {table}.{column} {'is' if count == 1 else 'are'} {rule} and"
            f" {'counts' if count == 1 else 'count'} as not observed: {listed(values, len(values))}"
        )


def copied_interactions(rows: Rows) -> Iterator[str]:
    """Conversations that stand there several times."""
    (count,), *_ = rows(
        "select count(*) from marts.rejected_rows where table_name = 'interactions' and rule = 'copied_interaction'"
    )
    if count:
        verb = "is a copy" if count == 1 else "are copies"
        yield f"{counted(count, 'interaction')} {verb} of another, equal in all but the id: each meeting counts once"


def plain_forms(rows: Rows) -> Iterator[str]:
    """Values that were read from another form than the contract's."""
    found = rows(
        "select table_name, normalised_count from marts.data_coverage where normalised_count > 0 order by 2 desc, 1"
    )
    if found:
        told = [f"{table} {count:,}" for table, count in found]
        forms = "(12.0, YES, N/A, an open end)"
        yield f"values read from another form than the contract's {forms}: {listed(told, len(told))}"


EFFECTS: tuple[Callable[[Rows], Iterator[str]], ...] = (
    unassigned_accounts,
    owned_before_hiring,
    nulled_values,
    copied_interactions,
    plain_forms,
    contract_lines,
    twin_interactions,
)
