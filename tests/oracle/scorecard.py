"""The weekly scorecard: columns of other marts side by side, none computed again."""

from .book import Book, Mart, week_start

LOAD = ("load_ratio",)
THROUGHPUT = ("counted_interaction_count", "throughput_ceiling_count")
DETECTION = ("mean_detection_days",)
ENGAGEMENT = ("mean_sentiment_score", "follow_up_density", "mean_quality_score")
COVERAGE = ("unmonitored_ratio",)


def fct_csm_scorecard(
    book: Book, load: Mart, throughput: Mart, detection: Mart, engagement: Mart, coverage: Mart
) -> Mart:
    """A row per CSM employed on any day of the week or who completed an interaction in it."""
    parts = []
    for rows, columns in (
        (load, LOAD),
        (throughput, THROUGHPUT),
        (detection, DETECTION),
        (engagement, ENGAGEMENT),
        (coverage, COVERAGE),
    ):
        parts.append(({(row["csm_id"], row["week_start_date"]): row for row in rows}, columns))
    mart: Mart = []
    for sunday in book.sundays:
        for csm_id in book.csms:
            if not book.is_employed_in_week(csm_id, sunday):
                continue
            row = {"csm_id": csm_id, "week_start_date": week_start(sunday)}
            for rows, columns in parts:
                found = rows.get((csm_id, week_start(sunday)), {})
                row |= {column: found.get(column) for column in columns}
            mart.append(row)
    return mart
