"""The command line: `simulate OUT --accounts N --csms N --weeks N --seed S ...`."""

import argparse
import datetime as dt
import shutil
import sys
import time
from pathlib import Path

from book_of_business.simulate.settings import DEFAULT_AS_OF, Settings, SimulationError
from book_of_business.simulate.worlds import WORLDS

QUIET_SECONDS = 2.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `simulate` on a parser."""
    worlds = "\n".join(f"  {world.name:17}{world.description}" for world in WORLDS.values())
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.description = "Generate a book of business in the tables of the raw contract, with planted truth."
    parser.epilog = f"worlds:\n{worlds}"
    parser.add_argument("out", metavar="OUT", help="directory to write to")
    parser.add_argument("--accounts", type=int, default=400, help="accounts, past and future ones included (400)")
    parser.add_argument("--csms", type=int, default=12, help="customer success managers (12)")
    parser.add_argument("--weeks", type=int, default=78, help="weeks, Monday to Sunday (78)")
    parser.add_argument("--seed", type=int, default=33, help="the same seed gives the same bytes (33)")
    parser.add_argument("--format", choices=("csv", "parquet"), default="csv", help="csv, or parquet by week")
    parser.add_argument("--world", default="standard", metavar="NAME", help="what is true in it, see below (standard)")
    parser.add_argument(
        "--story", choices=("on", "none"), default="on", help="plant the people of the world's story, or not (on)"
    )
    parser.add_argument("--usage", choices=("auto", "daily", "light"), default="auto",
                        help="product_usage by day, or about a row a week (auto: daily in parquet)")  # fmt: skip
    when = parser.add_mutually_exclusive_group()
    when.add_argument("--as-of", metavar="YYYY-MM-DD", help=f"last Sunday ({DEFAULT_AS_OF})")
    when.add_argument("--start", metavar="YYYY-MM-DD", help="first Monday, instead of --as-of")
    parser.add_argument("--truth", metavar="DIR", help="also write what was planted, to this directory")
    parser.add_argument("--by-domain", action="store_true", help="write to crm/ usage/ support/ ... inside OUT")
    parser.add_argument("--force", action="store_true", help="write although OUT is not empty; replaces its tables")


def _date(text: str, option: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise SimulationError(f"{option} must be a date as YYYY-MM-DD; got {text}") from None


def _settings(args: argparse.Namespace) -> Settings:
    as_of = _date(args.as_of, "--as-of") if args.as_of else DEFAULT_AS_OF
    if args.start:
        start = _date(args.start, "--start")
        if start.weekday() != 0:
            raise SimulationError(f"--start must be a Monday; {start} is not")
        if not 1 <= args.weeks <= 1040:
            raise SimulationError(f"--weeks must be from 1 to 1,040; got {args.weeks}")
        as_of = start + dt.timedelta(weeks=args.weeks, days=-1)
    daily = args.usage == "daily" or (args.usage == "auto" and args.format == "parquet")
    return Settings(
        accounts=args.accounts, csms=args.csms, weeks=args.weeks, seed=args.seed, as_of=as_of,
        world_name=args.world, has_story=args.story == "on", has_daily_usage=daily,
    )  # fmt: skip


def _prepare(folder: Path, option: str, force: bool, names: tuple[str, ...]) -> None:
    """See that a folder can be written to. With force, remove tables of an earlier run, nothing else."""
    if folder.exists() and not folder.is_dir():
        raise SimulationError(f"{option} {folder} is a file, not a directory")
    if folder.is_dir() and any(folder.iterdir()):
        if not force:
            raise SimulationError(f"{option} {folder} is not empty; choose another or add --force")
        for name in names:
            for old in (folder / f"{name}.csv", folder / f"{name}.parquet"):
                old.unlink(missing_ok=True)
            if (folder / name).is_dir() and any((folder / name).glob("week=*")):
                shutil.rmtree(folder / name)


class _Progress:
    """A bar on stderr, from the moment a run has taken two seconds."""

    def __init__(self, weeks: int) -> None:
        self.weeks, self.began, self.bar = weeks, time.monotonic(), None

    def __call__(self, week: int) -> None:
        if self.bar is None and time.monotonic() - self.began > QUIET_SECONDS:
            from tqdm import tqdm

            self.bar = tqdm(total=self.weeks, initial=week, unit="week", desc="simulating", file=sys.stderr)
        if self.bar is not None:
            self.bar.update(week + 1 - self.bar.n)

    def close(self) -> None:
        if self.bar is not None:
            self.bar.close()


def run(args: argparse.Namespace) -> int:
    """Simulate as asked. Returns 0, or 2 after a one-line error on stderr."""
    try:
        settings = _settings(args)
        from book_of_business.simulate.run import simulate
        from book_of_business.simulate.tables import TABLES

        folder, truth = Path(args.out), Path(args.truth) if args.truth else None
        if truth and truth.resolve() == folder.resolve():
            raise SimulationError("--truth must be another directory than OUT")
        _prepare(folder, "OUT", args.force, tuple(TABLES))
        for table, (domain, _) in TABLES.items():
            if args.force and (folder / domain).is_dir():
                _prepare(folder / domain, "OUT", True, (table,))
        if truth:
            _prepare(truth, "--truth", args.force, ("truth_account_weeks", "truth_csm_weeks"))
        progress = _Progress(settings.weeks)
        try:
            rows = simulate(settings, folder, args.format, args.by_domain, truth, progress)
        finally:
            progress.close()
    except (SimulationError, OSError) as error:
        print(f"simulate: {error}", file=sys.stderr)
        return 2
    print(
        f"{folder}: {sum(rows.values()):,} rows in {len(rows)} tables, "
        f"world {settings.world_name}, seed {settings.seed}, as of {settings.as_of}"
    )
    return 0
