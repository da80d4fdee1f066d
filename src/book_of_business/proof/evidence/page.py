"""The page of the proofs: a table of claims, and plainly what was not reached."""

from __future__ import annotations

from collections.abc import Sequence

from book_of_business.proof.evidence.runner import Outcome

HEAD = """\
# Statistics: what was proven on planted truth

Made by `{command}`.

Every replicate is a world of our own simulator with its own seed, so these figures are what the methods do
where the model has much of the form of the generator: read them as a ceiling. The interval after a figure is its
Monte-Carlo error (95 %), not the spread between worlds. Minutes are those of one processor.

| claim | mark | measured | replicates | seeds | minutes | reached |
|---|---|---|---|---|---|---|
"""
REACHED = {True: "yes", False: "**NO**", None: "reported"}


def page(outcomes: Sequence[Outcome], command: str, notes: str = "") -> str:
    """The whole page in Markdown.

    Args:
        outcomes: what `runner.prove` gave.
        command: how the page was made.
        notes: Markdown that stands below, such as what the guard was changed for.
    """
    lines = [HEAD.format(command=command).rstrip("\n")]
    for outcome in outcomes:
        claim, reached = outcome.claim, REACHED[outcome.verdict.is_reached]
        if outcome.is_whole:
            count = str(outcome.replicate_count)
        else:
            count, reached = f"{outcome.replicate_count} of {claim.full_count}", "not finished"
        lines.append(
            f"| {claim.statement} | {claim.mark} | {outcome.verdict.figure} | {count} "
            f"| {outcome.first_seed}-{outcome.last_seed} | {outcome.minutes:.1f} | {reached} |"
        )
    missed = [outcome for outcome in outcomes if outcome.is_whole and outcome.verdict.is_reached is False]
    unfinished = [outcome.claim.statement for outcome in outcomes if not outcome.is_whole]
    lines += ["", "## Not reached", ""]
    if missed:
        lines += [f"- {outcome.claim.statement}: {outcome.verdict.figure}, wanted {outcome.claim.mark}."
                  for outcome in missed]  # fmt: skip
    else:
        lines.append("Every mark of a finished claim was reached.")
    if unfinished:
        lines += ["", "## Not finished", "", "Fewer replicates than wanted: what was measured so far is no proof."]
        lines += ["", *(f"- {statement}" for statement in unfinished)]
    if notes:
        lines += ["", notes.strip()]
    return "\n".join(lines) + "\n"
