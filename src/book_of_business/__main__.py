"""Command line: `python -m book_of_business COMMAND`."""

from __future__ import annotations

import argparse
import io
import os
import sys

from book_of_business import settings as settings_module
from book_of_business.calibration import cli as calibrate_cli
from book_of_business.errors import UserError
from book_of_business.rebalancing import cli as rebalance_cli
from book_of_business.simulate import cli as simulate_cli

ENVIRONMENT = """\
environment:
  RAW_DATA    directory with the raw contract's tables, CSV or Parquet (default: the bundled book)
  AS_OF_DATE  YYYY-MM-DD, the Sunday to measure at (default: from the latest completed interaction)
  BUILD_DIR   where everything is written (default: build)
"""


def parser() -> argparse.ArgumentParser:
    """The commands and their options."""
    top = argparse.ArgumentParser(
        prog="python -m book_of_business",
        description="Capacity metrics for customer success managers.",
        epilog=ENVIRONMENT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True)
    build = commands.add_parser(
        "build",
        help="from raw tables to published marts",
        epilog=ENVIRONMENT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    build.add_argument("--fast", action="store_true", help="leave out data tests and validation")
    build.set_defaults(run=run_build)
    publish = commands.add_parser("publish", help="publish the marts that the last dbt build made")
    publish.set_defaults(run=run_publish)
    report = commands.add_parser("report", help="print the published books")
    report.set_defaults(run=run_report)
    ask = commands.add_parser("ask", help="answer a question from the published marts, or list all questions")
    ask.add_argument(
        "question", nargs="*", help="its name, and values such as days=90 csm=C01; without one, all are listed"
    )
    ask.add_argument("--text", help="the question in plain words instead")
    form = ask.add_mutually_exclusive_group()
    form.add_argument("--csv", action="store_true", help="write the whole answer as CSV")
    form.add_argument("--json", action="store_true", help="write what was understood and the answer as JSON")
    ask.set_defaults(run=run_ask)
    weekly = commands.add_parser(
        "weekly", help="print the scorecard of the last complete week from the published marts"
    )
    weekly.set_defaults(run=run_weekly)
    dashboard = commands.add_parser("dashboard", help="write the leader's page again from the published marts")
    dashboard.set_defaults(run=run_dashboard)
    pack = commands.add_parser("pack", help="write the monthly pack and the baseline beside the page")
    pack.set_defaults(run=run_pack)
    notebooks = commands.add_parser("notebooks", help="run the notebooks on the published marts and write them as HTML")
    notebooks.add_argument("names", nargs="*", metavar="NAME", help="which (07_outcome_feedback); without one, all")
    notebooks.set_defaults(run=run_notebooks)
    pictures = commands.add_parser("pictures", help="draw the pictures of README and docs from the published marts")
    pictures.set_defaults(run=run_pictures)
    docs = commands.add_parser("docs", help="write dbt's documentation as one static page")
    docs.set_defaults(run=run_docs)
    definitions = commands.add_parser(
        "definitions", help="write docs/metrics.md and docs/raw-contract.md from the project's files"
    )
    definitions.set_defaults(run=run_definitions)
    calibrate = commands.add_parser("calibrate", help="learn weights and ceilings from the published marts, adopt them")
    calibrate_cli.add_arguments(calibrate)
    calibrate.set_defaults(run=calibrate_cli.run)
    rebalance = commands.add_parser("rebalance", help="propose the least disruptive moves, or decide about them")
    rebalance_cli.add_arguments(rebalance)
    rebalance.set_defaults(run=run_rebalance)
    place = commands.add_parser("place", help="where one account should go: the three best CSMs")
    rebalance_cli.add_place_arguments(place)
    place.set_defaults(run=run_place)
    simulate = commands.add_parser("simulate", help="write a synthetic book with planted truth")
    simulate_cli.add_arguments(simulate)
    simulate.set_defaults(run=simulate_cli.run)
    return top


def run_build(arguments: argparse.Namespace) -> int:
    """Build, validate and publish."""
    from book_of_business.building.build import build
    from book_of_business.dashboard import cli as dashboard_cli

    settings = settings_module.from_environment()
    build(settings, is_fast=arguments.fast)
    dashboard_cli.after_build(settings)
    return 0


def run_publish(_: argparse.Namespace) -> int:
    """Publish what a plain dbt build left in the working file."""
    from book_of_business.building.build import one_build_at_a_time, print_result
    from book_of_business.building.publish import publish
    from book_of_business.dashboard import cli as dashboard_cli

    settings = settings_module.from_environment()
    with one_build_at_a_time(settings.build_dir):
        marts = publish(settings.working_file, settings.published_file, settings.marts_dir, settings.account_weeks)
    print_result(settings, marts, has_validation=False)
    dashboard_cli.after_build(settings)
    return 0


def run_report(_: argparse.Namespace) -> int:
    """Print the published books again."""
    from book_of_business.console import output_console
    from book_of_business.terminal.report import print_report

    settings = settings_module.from_environment()
    print_report(settings.published_file, output_console(soft_wrap=True))
    return 0


def run_ask(arguments: argparse.Namespace) -> int:
    """Answer a question, or list the catalogue."""
    from book_of_business.terminal import ask

    settings = settings_module.from_environment()
    return ask.run(settings.project_dir, settings.published_file, arguments)


def run_weekly(_: argparse.Namespace) -> int:
    """Print the scorecard of the last complete week."""
    from book_of_business.console import output_console
    from book_of_business.terminal.weekly import print_weekly

    print_weekly(settings_module.from_environment().build_dir, output_console())
    return 0


def run_dashboard(_: argparse.Namespace) -> int:
    """Write the leader's page."""
    from book_of_business.dashboard import cli

    return cli.run_dashboard(settings_module.from_environment())


def run_pack(_: argparse.Namespace) -> int:
    """Write the monthly pack and the baseline."""
    from book_of_business.dashboard import cli

    return cli.run_pack(settings_module.from_environment())


def run_rebalance(arguments: argparse.Namespace) -> int:
    """Propose moves, or write down a decision."""
    return rebalance_cli.run(settings_module.from_environment(), arguments)


def run_place(arguments: argparse.Namespace) -> int:
    """Where one account should go."""
    return rebalance_cli.run_place(settings_module.from_environment(), arguments)


def run_notebooks(arguments: argparse.Namespace) -> int:
    """Run the notebooks and write their pages."""
    from book_of_business.pages import notebooks

    for page in notebooks.run(settings_module.from_environment(), arguments.names or None):
        print(page)
    return 0


def run_pictures(_: argparse.Namespace) -> int:
    """Write docs/img/*.png."""
    from book_of_business.dashboard import pictures as page_pictures
    from book_of_business.dashboard.writing import write_dashboard
    from book_of_business.pages import pictures

    settings = settings_module.from_environment()
    folder = settings.project_dir / pictures.FOLDER
    for name, chart in pictures.pictures(settings.build_dir).items():
        print(pictures.write_picture(folder / name, chart))
    for path in page_pictures.draw(write_dashboard(settings.published_file, settings.build_dir), folder):
        print(path)
    return 0


def run_docs(_: argparse.Namespace) -> int:
    """Write dbt's documentation as one page."""
    import shutil

    from book_of_business.building.build import one_build_at_a_time
    from book_of_business.building.dbt_runner import Dbt
    from book_of_business.console import step

    settings = settings_module.from_environment()
    if not settings.working_file.is_file():
        raise UserError(
            f"{settings.working_file} does not exist yet: run `make build`, whose tables the page describes"
        )
    with one_build_at_a_time(settings.build_dir), step("Writing the documentation"):
        Dbt(settings).run("docs", "generate", "--static")
    page = settings.build_dir / "docs.html"
    shutil.copyfile(settings.build_dir / "dbt" / "static_index.html", page)
    print(page)
    return 0


def run_definitions(_: argparse.Namespace) -> int:
    """Write the generated pages of docs/."""
    from book_of_business.definitions.pages import write_pages

    for page in write_pages(settings_module.project_dir()):
        print(page)
    return 0


def never_fail_to_print() -> None:
    """Write what the terminal's encoding lacks as an escape, such as a name in Chinese where the locale is C."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def main(arguments: list[str] | None = None) -> int:
    """Run a command; 0 on success, 1 with a message when the user has to act, 130 when interrupted."""
    chosen = parser().parse_args(arguments)
    never_fail_to_print()
    try:
        return chosen.run(chosen)
    except UserError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        # whoever reads has enough, as in `... | head`; nothing more can be said to them, not even on exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        print(f"\n{error.strerror}: {error.filename or error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nstopped; what was published before is as it was", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
