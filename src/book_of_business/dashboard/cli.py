"""`dashboard` and `pack`: the pages from the published marts."""

from __future__ import annotations

from book_of_business.console import step
from book_of_business.settings import Settings


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
