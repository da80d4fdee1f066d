"""Stands in for macros that ask dbt's graph or the database and answer with a list, when sqlfluff renders a model."""


def usage_periods() -> list[str]:
    """Two, so that the union between them is read as well."""
    return ["used_on is null", "used_on is not null"]


def coverage_facts() -> list[dict[str, object]]:
    """Two tables, one with and one without a column that is judged."""
    table = {
        "domain": "crm",
        "name": "csms",
        "is_present": "true",
        "is_required": "true",
        "unread_columns": "",
        "absent_columns": "",
        "without_it": "no load",
        "judged_columns": [],
        "copy_condition": "is_identical_copy",
    }
    judged = {"name": "team", "without_it": "no teams"}
    return [{**table, "judged_columns": [judged]}, {**table, "name": "accounts"}]


def raw_tables() -> list[tuple[str, str]]:
    """Two of them."""
    return [("crm", "csms"), ("crm", "accounts")]
