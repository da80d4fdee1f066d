"""All claims, in the order of the page. Each module `claims_<subject>` has a tuple CLAIMS."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module

from book_of_business.errors import UserError
from book_of_business.proof.evidence.claim import Claim

SUBJECTS: tuple[str, ...] = ("weights", "ceilings", "self_report", "outcomes", "departures")


def all_claims() -> list[Claim]:
    """Every claim there is."""
    return [
        claim for name in SUBJECTS for claim in import_module(f"book_of_business.proof.evidence.claims_{name}").CLAIMS
    ]


def chosen(names: Sequence[str] | None) -> list[Claim]:
    """The claims of those names, or all.

    Raises:
        UserError: if a name is unknown, with those there are.
    """
    claims = {claim.name: claim for claim in all_claims()}
    if names is None:
        return list(claims.values())
    unknown = [name for name in names if name not in claims]
    if unknown:
        raise UserError(f"there is no claim {', '.join(unknown)}; there are: {', '.join(claims)}")
    return [claims[name] for name in names]
