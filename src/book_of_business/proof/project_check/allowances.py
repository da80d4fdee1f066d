"""What the rules let pass, as data: each with its reason. One that nothing needs any more is itself a problem."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase


@dataclass(frozen=True)
class Allowance:
    """`what` is let pass in the files that match `files` (a pattern), because of `reason`."""

    files: str
    what: str
    reason: str

    def covers(self, file: str, what: str) -> bool:
        """Whether this lets `what` pass in `file`."""
        return what == self.what and fnmatchcase(file, self.files)


NO_GRAIN = "received rows have no key of their own: the same row may come twice"
NO_KEY_TEST = (
    Allowance("models/staging/*/base/base_*.yml", "unique_grain", NO_GRAIN),
    Allowance("models/intermediate/quality/int_raw_faults.yml", "unique_grain", NO_GRAIN),
    Allowance("models/marts/quality/rejected_rows.yml", "unique_grain", NO_GRAIN),
    Allowance(
        "models/marts/capacity/fct_account_effort.yml",
        "unique_grain",
        "a view of a row for each account and week: its spans are tested, and assert_fct_csm_load__* counts its rows",
    ),
    Allowance(
        "models/intermediate/taxonomy/int_signals__observed.yml",
        "unique_grain",
        "two conversations of one day are two signs of life, with nothing to tell them apart by",
    ),
)

COLUMNS_FROM_CONTRACT = (
    Allowance("models/staging/*/base/base_*.yml", "columns", "its columns are those of the sources' YAML"),
)

OF_INCREMENTS = "it decides which weeks are kept, together with the rest of its file: to be divided as one piece"
LONG_MACROS = (
    Allowance("macros/staging/changes.sql", "raw_weeks_of", OF_INCREMENTS),
    Allowance("macros/staging/changes.sql", "rebuild_decision", OF_INCREMENTS),
    Allowance("macros/staging/suspect_keys.sql", "suspect_keys", OF_INCREMENTS),
)

# Shapes of the calendar and of arithmetic. Whatever a business could choose differently is in seeds/reference/.
STRUCTURAL_NUMBERS = (
    Allowance("macros/engine/dates.sql", "7", "days in a week"),
    Allowance("macros/engine/dates.sql", "12", "months in a year"),
    Allowance("macros/engine/dates.sql", "3", "months in a quarter"),
    Allowance("macros/engine/instants.sql", "86400000000.0", "microseconds in a day"),
    Allowance("macros/engine/instants.sql", "60000000.0", "microseconds in a minute"),
    Allowance("macros/engine/windows.sql", "18", "digits of an exact number: no sum of scores has more"),
    Allowance("macros/engine/windows.sql", "6", "decimals of an exact number: finer than any score means"),
    Allowance("macros/engine/random.sql", "12", "hexadecimal digits that fit a bigint"),
    Allowance(
        "macros/rules.sql",
        "1e-13",
        "what arithmetic leaves of a difference of squares, of which doubles hold 16 digits",
    ),
    Allowance(
        "macros/staging/usage_periods.sql", "13", "weeks read at once: how much is held in memory, not what comes out"
    ),
    Allowance("macros/spans.sql", "6", "days from a Monday to its Sunday"),
    Allowance("macros/spans.sql", "7", "days in a week"),
    Allowance("macros/increments.sql", "7", "days in a week"),
    Allowance("macros/spans.sql", "28", "digits of an exact part of a sum: hours and dollars have fewer"),
    Allowance("macros/spans.sql", "12", "decimals of an exact part of a sum: far finer than 1e-9 of it"),
    Allowance("macros/engine/random.sql", "16", "the base of hexadecimal digits"),
    Allowance("macros/engine/random.sql", "10", "the base of decimal digits"),
    Allowance("macros/engine/parsing.sql", "38", "digits of the longest decimal"),
    Allowance("macros/engine/parsing.sql", "12", "decimals of a value that nobody could accept"),
    Allowance("macros/staging/parsed_value.sql", "92", "the number of the backslash, which engines quote differently"),
    Allowance("macros/staging/parsed_value.sql", "10", "characters of a date"),
    Allowance("macros/staging/losses.sql", "5", "causes that one message names: a list is not read to its end"),
    Allowance("models/staging/quality/base/*.sql", "0.5", "the middle of a sample: its median"),
    Allowance("models/staging/quality/base/base_quality__amounts.sql", "2", "two books: there is one other"),
    Allowance("macros/engine/text.sql", "10", "tenths of a whole, written with one decimal"),
    Allowance("macros/engine/text.sql", "38", "digits of the longest decimal"),
    Allowance("macros/engine/windows.sql", "0.5", "the middle of a sample: its median"),
    Allowance("macros/rules.sql", "9", "decimals that measures are compared at (metrics.md)"),
    Allowance("macros/rules.sql", "12", "decimals of a slope that are no residue of arithmetic"),
    Allowance("macros/rules.sql", "2", "roots of a quadratic equation, in normal_deviation()"),
    Allowance("macros/rules.sql", "4", "roots of a quadratic equation, in normal_deviation()"),
    Allowance("macros/rules.sql", "0.5", "half way between two whole counts, in normal_deviation()"),
    Allowance("models/marts/capacity/fct_csm_capacity.sql", "6", "days from a Monday to its Sunday"),
    Allowance("models/marts/capacity/fct_csm_capacity.sql", "7", "days in a week"),
    Allowance("models/marts/throughput/fct_csm_throughput.sql", "2", "a mean is the square of its root"),
    Allowance("models/marts/throughput/fct_csm_throughput.sql", "18", "digits of an exact decimal"),
    Allowance("models/marts/throughput/fct_csm_throughput.sql", "9", "decimals that measures are compared at"),
    Allowance("macros/scorecard.sql", "7", "days in a week"),
    Allowance("macros/rules.sql", "100", "NPS counts in a hundred answers"),
    Allowance("models/intermediate/*/*.sql", "6", "days from a Monday to its Sunday"),
    Allowance("models/intermediate/*/*.sql", "7", "days in a week"),
    Allowance("models/marts/triggers/inputs/*.sql", "6", "days from a Monday to its Sunday"),
    Allowance("models/marts/triggers/inputs/*.sql", "7", "days in a week"),
    Allowance("models/intermediate/capacity/int_csm_weeks__availability.sql", "4", "days from a Monday to its Friday"),
    Allowance("models/intermediate/risk/episodes/int_risk_signals__joined.sql", "2", "every second of a run"),
    Allowance("macros/engine/random.sql", "8", "draws of a hash: what its bits are good for"),
    Allowance("models/intermediate/renewals/int_books__null_peaks.sql", "0.5", "half: a tie counts as half of a draw"),
    Allowance("models/marts/balance/fct_team_balance.sql", "2", "the two of the Gini index's formula"),
    Allowance("models/marts/core/dim_weeks.sql", "3", "days from a Monday to its Thursday"),
    Allowance("models/marts/core/dim_weeks.sql", "2", "digits of the number of a week"),
    Allowance("models/marts/outcomes/fct_outcome_exposure.sql", "7", "days in a week"),
    Allowance("models/marts/outcomes/fct_outcome_exposure.sql", "2", "twice the lag"),
    Allowance("tests/dbt/assert_dim_weeks__no_week_is_missing.sql", "7", "days in a week"),
    Allowance("tests/dbt/assert_int_clock__is_one_sunday.sql", "6", "days from a Monday to its Sunday"),
    Allowance("tests/dbt/generic/books_add_up.sql", "0.005", "half a cent"),
    Allowance("tests/dbt/*.sql", "0.000000000001", "what adding doubles in another order may change, relative"),
    Allowance("tests/dbt/assert_*__adds_up_to_all_completed_interactions.sql", "0.01", "less than a second"),
    Allowance("tests/dbt/assert_fct_csm_logged_time__*.sql", "0.005", "less than a second"),
    Allowance("tests/dbt/assert_fct_arr_movements__*.sql", "0.005", "half a cent"),
    Allowance("tests/dbt/assert_fct_team_*.sql", "0.005", "half a cent"),
    Allowance("tests/dbt/assert_fct_team_scorecard__*.sql", "0.0001", "a third of a second"),
    Allowance("tests/dbt/assert_*__books_add_up_to_the_effort_of_all_accounts.sql", "0.0001", "a third of a second"),
)

SENTINEL_DATES = (
    Allowance("macros/increments.sql", "1900-01-01", "the beginning: a Monday before all that is measured"),
    Allowance("macros/increments.sql", "9999-12-27", "no end: the last Monday before 9999-12-31"),
    Allowance("macros/engine/dates.sql", "1970-01-01", "the epoch that days are numbered from"),
    Allowance("m*/*.sql", "9999-12-31", "no end: the last day that every engine knows"),
    Allowance("models/*.sql", "9999-12-27", "no end: the last Monday before that day"),
    Allowance("models/*.sql", "0001-01-01", "no beginning: the first Monday there is"),
    Allowance("macros/engine/dates.sql", "0001-01-01", "the first day that Spark reads as a date"),
)

# Which layer may read which. `seed` is a reference seed, `base` the rows as received.
READS = {
    "base": {"stg": "the parents of a row are checked while it is judged", "seed": "accepted values"},
    "stg": {"base": "its rows as received"},
    "int": {"stg": "rows accepted", "int": "rules on rules", "seed": "constants of the rules"},
    "mart": {
        "stg": "what a row describes",
        "int": "rules",
        "mart": "a published number is read where it is published, not measured again",
        "seed": "constants of the rules",
    },
}
READS_BESIDES = (
    Allowance(
        "models/staging/usage/base/base_usage__product_usage.sql",
        "base",
        "weeks tell which of the rows of the largest table have to be looked at",
    ),
    Allowance(
        "models/staging/interactions/base/*.sql",
        "base",
        "what belongs to a copied conversation belongs to the one that counts, and scales are judged before rows",
    ),
    Allowance("models/staging/quality/base/*.sql", "base", "columns are judged before their rows are"),
    Allowance(
        "models/intermediate/clock/int_clock.sql", "base", "a build stops at scales and amounts before it measures"
    ),
    Allowance("models/intermediate/quality/*.sql", "base", "they count what was rejected, which staging leaves out"),
)

ONE_THING = "there is one, and no phrase would tell it from another"
BESIDE_TRIGGERS = "it reads marts and feeds the triggers, and is not published"
MODEL_NAMES = (
    Allowance("models/intermediate/clock/*.sql", "int_clock", ONE_THING),
    Allowance("models/intermediate/clock/*.sql", "int_weeks", ONE_THING),
    Allowance("models/intermediate/clock/*.sql", "int_rebuild", ONE_THING),
    Allowance("models/marts/triggers/inputs/*.sql", "int_book_weeks__measured", BESIDE_TRIGGERS),
    Allowance("models/marts/triggers/inputs/*.sql", "int_triggers__judged", BESIDE_TRIGGERS),
    Allowance("models/intermediate/clock/*.sql", "int_raw_keys", ONE_THING),
    Allowance("models/intermediate/clock/*.sql", "int_raw_weeks", ONE_THING),
    Allowance("models/intermediate/quality/*.sql", "int_raw_faults", ONE_THING),
    Allowance("models/intermediate/quality/*.sql", "int_raw_coverage", ONE_THING),
    Allowance("models/intermediate/quality/*.sql", "int_raw_columns", ONE_THING),
    Allowance("models/intermediate/quality/*.sql", "int_raw_effects", ONE_THING),
    Allowance("models/intermediate/quality/*.sql", "int_raw_causes", ONE_THING),
    Allowance("models/intermediate/quality/*.sql", "int_raw_losses", ONE_THING),
    Allowance("models/marts/quality/*.sql", "data_coverage", "public name (metrics.md)"),
    Allowance(
        "models/marts/quality/*.sql",
        "unclassified_interaction_types",
        "a list of words beside data_coverage and rejected_rows, no fact",
    ),
    Allowance("models/marts/quality/*.sql", "rejected_rows", "public name (metrics.md)"),
)

PUBLIC = "public name (metrics.md)"
COLUMN_NAMES = (
    Allowance("models/marts/*.yml", "productive_hours_per_week", PUBLIC),
    Allowance("models/marts/*.yml", "fte", "its unit is its name"),
    Allowance("models/marts/*.yml", "consecutive_weeks_over_target", PUBLIC),
    Allowance("models/marts/*.yml", "consecutive_weeks_over_ceiling", PUBLIC),
    Allowance("models/marts/*.yml", "days_since_meaningful", PUBLIC),
    Allowance("models/marts/*.yml", "required_hours_per_week", PUBLIC),
    Allowance("models/marts/triggers/*.yml", "value", PUBLIC),
    Allowance("models/marts/triggers/*.yml", "threshold", PUBLIC),
    Allowance("models/marts/*.yml", "load_trend_per_week", "a ratio per week: its unit is in its name"),
    Allowance("models/marts/*.yml", "renewal_hhi", PUBLIC),
    Allowance("models/marts/*.yml", "null_percentile", PUBLIC),
    Allowance("models/marts/balance/fct_team_balance.yml", "median_value", "its unit is that of the axis"),
    Allowance("models/marts/balance/fct_team_balance.yml", "highest_value", "its unit is that of the axis"),
    Allowance("models/marts/*.yml", "follow_up_density", PUBLIC),
    Allowance("models/marts/*.yml", "sentiment_slope", PUBLIC),
    Allowance("models/marts/*.yml", "mean_sentiment_slope", "sentiment per week, like the public sentiment_slope"),
    Allowance(
        "models/marts/*.yml", "arr_weighted_sentiment_slope", "sentiment per week, like the public sentiment_slope"
    ),
    Allowance("models/marts/*.yml", "follow_up_density", PUBLIC),
    Allowance("models/marts/*.yml", "previous_follow_up_density", "last week's follow_up_density, a public name"),
    Allowance("models/marts/*.yml", "trend_follow_up_density", "the trend of follow_up_density, a public name"),
    Allowance("models/marts/*.yml", "mean_sentiment_slope", "per week, like sentiment_slope"),
    Allowance("models/marts/*.yml", "arr_weighted_sentiment_slope", "per week, like sentiment_slope"),
    Allowance("models/marts/*.yml", "customer_since", "name of the raw contract"),
)

ABSENT_FILES = (
    Allowance("docs/operations.md", "./fetch-export.sh", "the reader's own script, as the line says"),
    Allowance("docs/operations.md", "monday.sh", "the script that the page has the reader write"),
    Allowance("docs/spark.md", "pyspark.sql", "a module of Python, no file"),
)
