"""What can be true of a raw value, as DuckDB SQL. A column is text, or a native type that fits its contract type."""

from __future__ import annotations

# As staging reads them (macros/staging/parsed_value.sql); native types have their form by nature.
FORMS = {
    "varchar": "true",
    "date": (
        r"regexp_full_match({text}, '\d{{4}}-\d{{2}}-\d{{2}}([T ]00:00(:00(\.0+)?)?(Z|[+-]00(:?00)?)?)?')"
        " and try_cast(left({text}, 10) as date) is not null"
    ),
    "timestamp": (
        r"regexp_full_match({text}, '\d{{4}}-\d{{2}}-\d{{2}}"
        r"([T ]\d{{2}}:\d{{2}}(:\d{{2}}(\.\d+)?)?(Z|[+-]\d{{2}}(:?\d{{2}})?)?)?')"
        " and try_cast({text} as date) is not null"
    ),
    "double": r"regexp_full_match({text}, '[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?')",
    "bigint": r"regexp_full_match({text}, '[+-]?\d+(\.0+)?')",
    "boolean": ("lower({text}) in ('true', 'false', 't', 'f', 'yes', 'no', 'y', 'n', '1', '0', '1.0', '0.0')"),
}
# What systems write for nothing, in any case; in ids and free text it is a word like any other.
NULL_WORDS = ("null", "n/a", "na", "nan", "nat", "none", "<na>", "#n/a", r"\n", "-")

# UTF-8 read as Latin-1 or Windows-1252 (e acute becomes A tilde and a copyright sign), and U+FFFD.
DAMAGED_TEXT = (
    r"[\x{C3}\x{C2}][\x{80}-\x{BF}\x{152}\x{153}\x{160}\x{161}\x{178}\x{17D}\x{17E}\x{192}\x{2C6}\x{2DC}\x{2013}-\x{203A}\x{20AC}\x{2122}]"
    r"|\x{E2}\x{20AC}|\x{FFFD}"
)
# White space around an id; long ids as a spreadsheet rewrites them, and its error values.
ALTERED_ID = r"^[\s\x{A0}]|[\s\x{A0}]$|^\d(\.\d+)?E\+\d+$|^#(N/A|REF!|VALUE!|NAME\?|DIV/0!)$"

# Ends in more rows than this are asked whether they are ends.
MOST_SHARE = 0.9

NUMBERS = (
    *("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT"),
    *("FLOAT", "DOUBLE", "DECIMAL"),
)
# The native types that pass as they are; any other becomes text, so that one expression reads them all.
NATIVE_TYPES = {
    "varchar": ("VARCHAR",),
    "date": ("DATE", "TIMESTAMP"),
    "timestamp": ("DATE", "TIMESTAMP"),
    "double": NUMBERS,
    "bigint": NUMBERS,
    "boolean": ("BOOLEAN",),
}


def received_column(name: str, raw_type: str, data_type: str, *, is_typed: bool) -> str:
    """A raw column under its contract name, as text unless its native type fits the contract's `data_type`.

    In a typed column (no id and no free text) a word for nothing is nothing, as staging reads it.
    """
    quoted = '"' + name.replace('"', '""') + '"'
    value = quoted if raw_type.startswith(NATIVE_TYPES[data_type]) else f"cast({quoted} as varchar)"
    if is_typed and not raw_type.startswith(tuple(kind for kind in NATIVE_TYPES[data_type] if kind != "VARCHAR")):
        words = ", ".join(literal(word) for word in NULL_WORDS)
        value = f"case when lower({value}) not in ({words}) then {value} end"
    return f'{value} as "{name.lower()}"'


def form_sql(column: str, data_type: str) -> str:
    """Whether a filled value keeps the form of its contract type."""
    text = f"cast({column} as varchar)"
    return f"case when typeof({column}) != 'VARCHAR' then true else {FORMS[data_type].format(text=text)} end"


def filled_sql(column: str) -> str:
    """Whether there is a value; empty text is null, as in the raw contract."""
    typed = f"when typeof({column}) != 'VARCHAR' then true"
    return f"case when {column} is null then false {typed} else cast({column} as varchar) != '' end"


def share_sql(
    column: str, measure: str, argument: str | None = None, minimum_count: int = 0, beside: str | None = None
) -> str:
    """An aggregate from 0 to 1 over a quoted column, a double; null for fewer than `minimum_count` values.

    Of all rows: `filled`, `usable` (filled and in the form of the type `argument`), `equal` (to `argument`).
    Of the filled values: `form` (of the type `argument`), `allowed` (one of the words `A|B` in `argument`),
    `outside` (of the dates FIRST/LAST in `argument`),
    `altered` (ids with white space around them or rewritten by a spreadsheet), `damaged` (text of a wrong encoding).
    `constant` is 1 when all filled values are the same, else 0. `no_end`: of ends that most rows have, the share that
    lies after LAST or equals the quoted column `beside`, in which the row begins, or that is of one day, whichever is
    more; 0 where most rows have not ended.

    Raises:
        ValueError: for another measure.
    """
    filled = filled_sql(column)
    text = f"cast({column} as varchar)"
    filled_count = f"count(case when {filled} then 1 end)"
    if measure == "constant":
        value = f"case when {filled} then {column} end"
        same = indicator(f"min({value}) = max({value})")
        return f"case when {filled_count} >= {max(minimum_count, 1)} then {same} end"
    if measure == "no_end":
        return no_end_sql(column, str(beside), str(argument).split("/")[1], minimum_count)
    if measure == "filled":
        return share_of_rows(filled, minimum_count)
    if measure == "usable":
        return share_of_rows(f"{filled} and {form_sql(column, str(argument))}", minimum_count)
    if measure == "equal":
        return share_of_rows(f"coalesce({text} = {literal(argument)}, false)", minimum_count)
    if measure == "form":
        condition = form_sql(column, str(argument))
    elif measure == "outside":
        first, last = (literal(day) for day in str(argument).split("/"))
        condition = f"coalesce(try_cast({column} as date) not between date {first} and date {last}, false)"
    elif measure == "allowed":
        folded = f"replace(replace(lower({text}), ' ', '_'), '-', '_')"
        condition = f"{folded} in ({', '.join(literal(word) for word in str(argument).split('|'))})"
    elif measure == "altered":
        condition = f"regexp_matches({text}, '{ALTERED_ID}')"
    elif measure == "damaged":
        condition = f"regexp_matches({text}, '{DAMAGED_TEXT}')"
    else:
        raise ValueError(f"no measure {measure}")
    share = f"avg(case when {filled} then {indicator(condition)} end)"
    return f"case when {filled_count} >= {max(minimum_count, 1)} then {share} end"


def no_end_sql(column: str, beside: str, last: str, minimum_count: int) -> str:
    """The measure `no_end` of `share_sql`: how much an end that most rows have is like another date."""
    filled, day = filled_sql(column), f"try_cast({column} as date)"
    begins = f"try_cast({column} as timestamp) = try_cast({beside} as timestamp)"
    misplaced = f"count(case when {filled} and ({day} > date {literal(last)} or {begins}) then 1 end)"
    same_day = f"coalesce(list_max(map_values(histogram({day}))), 0)"
    filled_count = f"count(case when {filled} then 1 end)"
    return (
        f"case when count(*) >= {max(minimum_count, 1)} then"
        f" case when {filled_count} > {MOST_SHARE} * count(*)"
        f" then greatest({misplaced}, {same_day}) / cast({filled_count} as double) else 0e0 end end"
    )


def share_of_rows(condition: str, minimum_count: int) -> str:
    """The share of all rows of which a condition is true."""
    return f"case when count(*) >= {max(minimum_count, 1)} then avg({indicator(condition)}) end"


def indicator(condition: str) -> str:
    """1 or 0, as a double: Great Expectations is slow at decimals."""
    return f"case when {condition} then 1e0 else 0e0 end"


def literal(value: object) -> str:
    """A value as a text literal."""
    return "'" + str(value).replace("'", "''") + "'"


def look_sql(column: str, data_type: str) -> str:
    """What most of the values that lack their form look like: digits as 9, letters as a, no value itself."""
    shape = f"regexp_replace(regexp_replace(cast({column} as varchar), '\\p{{L}}', 'a', 'g'), '\\d', '9', 'g')"
    safe = f"left(regexp_replace({shape}, '[^9a/., :+-]', '?', 'g'), 24)"
    return f"mode(case when {filled_sql(column)} and not ({form_sql(column, data_type)}) then {safe} end)"
