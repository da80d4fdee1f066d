"""`python -m book_of_business calibrate propose | adopt VERSION --approved-by NAME | list`."""

from __future__ import annotations

import argparse
import os

# Small systems of equations: threads would only wait for one another, fifteen times as long on a busy machine.
SINGLE = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The actions and their options."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    propose = actions.add_parser("propose", help="learn from the published marts and append a proposed version")
    propose.add_argument("--ceilings", action="store_true", help="of the throughput ceilings, not of the weights")
    adopt = actions.add_parser("adopt", help="put a proposed version in force, if the guard lets it")
    adopt.add_argument("version", help="of effort weights (v2, v3, ...) or of ceilings (c1, c2, ...)")
    adopt.add_argument("--approved-by", required=True, metavar="NAME", help="who decides")
    adopt.add_argument("--effective-from", metavar="MONDAY", help="YYYY-MM-DD (default: after the published weeks)")
    actions.add_parser("list", help="the versions there are")


def run(arguments: argparse.Namespace) -> int:
    """Do it; 1 where a version was rejected, or nothing could be proposed."""
    from book_of_business.building.latest_build import check_folder

    for name in SINGLE:
        os.environ.setdefault(name, "1")
    if arguments.action != "list":
        check_folder()
        print_book()
    return {"propose": run_propose, "adopt": run_adopt, "list": run_list}[arguments.action](arguments)


def print_book() -> None:
    """Which book is read: its folder, its size and its last week."""
    from book_of_business import marts

    with marts.connect() as connection:
        told = marts.query(
            connection,
            f"""
            select
                (select count(*) from marts.dim_csms where csm_id <> '{marts.UNASSIGNED}') as csm_count,
                (select count(*) from marts.dim_accounts) as account_count,
                (select count(*) from marts.dim_weeks) as week_count,
                (select max(week_start_date) from marts.dim_weeks) as last_week
        """,
        ).row(0, named=True)
    print(
        f"Book: {marts.published_file().parent} ({told['csm_count']} CSMs, {told['account_count']} accounts,"
        f" {told['week_count']} weeks, the last begins on {told['last_week']})"
    )


def run_propose(arguments: argparse.Namespace) -> int:
    """Learn and append."""
    from book_of_business.calibration import adoption, ceiling_proposals, guard, observations
    from book_of_business.console import step
    from book_of_business.marts import connect
    from book_of_business.receiving.reference_files import reference_folder

    reference = reference_folder()
    if arguments.ceilings:
        with step("Learning throughput ceilings"), connect() as connection:
            found = ceiling_proposals.propose(connection, reference)
        for fit in found.fits:
            print(fit.words)
        print(said_of(found.version, found.is_new))
        if found.is_new:
            print(f"Read it, then: python -m book_of_business calibrate adopt {found.version} --approved-by NAME")
        return 0  # that no ceiling is identified is an answer like any other
    with step("Learning effort weights"), connect() as connection:
        proposed = adoption.propose(connection, reference)
    print(observations.source_sentence(proposed.calibration.observations))
    print(said_of(proposed.version, proposed.is_new))
    if proposed.rejected:
        print(f"The latest proposal that was decided on was rejected: {proposed.rejected}.")
    for check in proposed.checks:
        print(f"  {check.sentence}")
    if guard.failures(proposed.checks):
        print("The guard would reject it as it is.")
    else:
        print(f"Read it, then: python -m book_of_business calibrate adopt {proposed.version} --approved-by NAME")
    return 0


def said_of(version: str | None, is_new: bool) -> str:
    """What became of a proposal."""
    if version is None:
        return "Nothing to propose."
    return f"{version} is proposed." if is_new else f"{version} says the same already: nothing was changed."


def run_adopt(arguments: argparse.Namespace) -> int:
    """Adopt or reject."""
    from book_of_business.calibration import adoption, ceiling_proposals
    from book_of_business.console import step
    from book_of_business.errors import UserError
    from book_of_business.marts import connect
    from book_of_business.receiving.reference_files import reference_folder

    reference = reference_folder()
    is_ceiling = arguments.version.startswith("c")
    if is_ceiling and arguments.effective_from:
        raise UserError("--effective-from is for effort weights: role_tiers has no dates")
    with step(f"Checking {arguments.version}"), connect() as connection:
        if is_ceiling:
            sentences, is_adopted = ceiling_proposals.adopt(
                connection, reference, arguments.version, arguments.approved_by
            )
        else:
            done = adoption.adopt(
                connection, reference, arguments.version, arguments.approved_by, arguments.effective_from
            )
            sentences, is_adopted = done.sentences, done.is_adopted
    print("\n".join(sentences))
    return 0 if is_adopted else 1


def run_list(_: argparse.Namespace) -> int:
    """The versions of weights and of ceilings."""
    from book_of_business.calibration import adoption, ceiling_proposals
    from book_of_business.receiving.reference_files import read_rows, reference_folder

    reference = reference_folder()
    for row in adoption.listing(reference).iter_rows(named=True):
        who = f", approved by {row['approved_by']}" if row["approved_by"] else ""
        learnt = f", {row['learnt_count']} of {row['row_count']} weights learnt" if row["learnt_count"] else ""
        print(f"{row['version']}  {row['status']} from {row['effective_from_date']}{who}{learnt}")
    for row in read_rows(reference / ceiling_proposals.FILE):
        who = f", approved by {row['approved_by']}" if row["approved_by"] else ""
        print(f"{row['version']}  {row['status']}: {row['role_tier']} {row['ceiling']}{who}")
    return 0
