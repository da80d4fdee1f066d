"""The one expectation that Great Expectations lacks on DuckDB: the share of values of which something is true.

Its own map expectations cannot match a form on DuckDB and read the table once more for each of them to collect the
values at fault, which nobody may see. A share is an aggregate: all shares of a table are one query, one read.
"""

from __future__ import annotations

from typing import Any, ClassVar

import sqlalchemy as sa
from great_expectations.execution_engine import SqlAlchemyExecutionEngine
from great_expectations.expectations.expectation import ColumnAggregateExpectation, parse_result_format
from great_expectations.expectations.metrics.column_aggregate_metric_provider import (
    ColumnAggregateMetricProvider,
    column_aggregate_partial,
)
from great_expectations.validator.metric_configuration import MetricConfiguration
from great_expectations.validator.validator import ValidationDependencies

from book_of_business.receiving.forms import share_sql


class ColumnShareOf(ColumnAggregateMetricProvider):
    """`column.share_of`: a number from 0 to 1, or null for fewer values than `minimum_count`."""

    metric_name = "column.share_of"
    value_keys = ("measure", "argument", "minimum_count", "beside")

    @column_aggregate_partial(engine=SqlAlchemyExecutionEngine)
    def _sqlalchemy(
        cls, column: Any, measure: str, argument: str | None, minimum_count: int, beside: str | None, **kwargs: Any
    ) -> Any:
        quote = kwargs["_dialect"].identifier_preparer.quote
        other = quote(beside) if beside else None
        return sa.literal_column(share_sql(quote(str(column.name)), measure, argument, minimum_count, other))


class ExpectColumnShareToBeBetween(ColumnAggregateExpectation):
    """The share of a column's values of which `measure` (see `forms.share_sql`) is true lies between two bounds.

    Below `minimum_count` values nothing is said: the expectation is met and its observed value is null.
    """

    measure: str
    argument: Any = None
    minimum_count: int = 0
    beside: str | None = None
    min_value: float | None = None
    max_value: float | None = None

    metric_dependencies = ("column.share_of",)
    success_keys: ClassVar[tuple[str, ...]] = (
        *("measure", "argument", "minimum_count", "beside"),
        *("min_value", "max_value"),
    )

    def get_validation_dependencies(
        self, execution_engine: Any = None, runtime_configuration: dict[str, Any] | None = None
    ) -> ValidationDependencies:
        # The inherited way serialises the expectation two dozen times: as long again as everything else of a run.
        metric = MetricConfiguration(
            metric_name="column.share_of",
            metric_domain_kwargs={
                "batch_id": self.batch_id,
                "column": self.column,
                "row_condition": self.row_condition,
                "condition_parser": self.condition_parser,
            },
            metric_value_kwargs={
                "measure": self.measure,
                "argument": self.argument,
                "minimum_count": self.minimum_count,
                "beside": self.beside,
            },
        )
        wanted = (runtime_configuration or {}).get("result_format", "BASIC")
        return ValidationDependencies(
            metric_configurations={"column.share_of": metric}, result_format=parse_result_format(wanted)
        )

    def _validate(
        self, metrics: dict[str, Any], runtime_configuration: Any = None, execution_engine: Any = None
    ) -> dict[str, Any]:
        share = metrics["column.share_of"]
        if share is None:
            return {"success": True, "result": {"observed_value": None}}
        low = self.min_value is None or share >= self.min_value
        high = self.max_value is None or share <= self.max_value
        return {"success": low and high, "result": {"observed_value": share}}
