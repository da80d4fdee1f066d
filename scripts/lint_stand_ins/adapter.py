"""Stands in for dbt's `adapter` where SQL is rendered without dbt: the engine is DuckDB, whose macros are default__."""

from collections.abc import Callable

from jinja2 import pass_context
from jinja2.runtime import Context


@pass_context
def dispatch(context: Context, name: str, package: str) -> Callable[..., str]:
    """The macro as DuckDB has it."""
    return context.resolve(f"default__{name}")


def quote(name: str) -> str:
    """A name as an SQL identifier."""
    return f'"{name}"'
