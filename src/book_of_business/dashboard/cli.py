"""`dashboard` and `pack`: the pages from the published marts."""

from __future__ import annotations

from pathlib import Path

import duckdb

from book_of_business.console import error_console, one_line, step
from book_of_business.errors import UserError
from book_of_business.settings import Settings


def after_build(settings: Settings) -> Path | None:
    """Write the leader's page at the end of a build and say where it is.

    Returns:
        The page; null where it could not be written, which is told and takes nothing back that is published.
    """
    from book_of_business.dashboard.writing import write_dashboard

    try:
        with step("Writing the page", is_brief=True):
            path = write_dashboard(settings.published_file, settings.build_dir)
    except (UserError, OSError, duckdb.Error) as error:
        told = one_line(str(error), limit=300)
        error_console.print(f"The page was not written ({told}). The marts are published.", markup=False)
        return None
    print(f"page: {path}")
    return path


def run_dashboard(settings: Settings) -> int:
    """Write the leader's page again and say where it is.

    Raises:
        UserError: if there is no published file, or it has no week.
    """
    from book_of_business.dashboard.writing import write_dashboard

    with step("Writing the page", is_brief=True):
        path = write_dashboard(settings.published_file, settings.build_dir)
    print(f"page: {path}")
    return 0


def run_pack(settings: Settings) -> int:
    """Write the monthly pack and the baseline and say where they are.

    Raises:
        UserError: if there is no published file, or it has no week.
    """
    from book_of_business.dashboard.pack import write_pack

    with step("Writing the pack", is_brief=True):
        paths = write_pack(settings.published_file, settings.build_dir)
    for path in paths:
        print(f"pack: {path}")
    return 0
