"""What stands below the table: each module `claims_<subject>` may have a text NOTES."""

from __future__ import annotations

from importlib import import_module

from book_of_business.proof.evidence.claims import SUBJECTS


def all_notes() -> str:
    """The notes of all subjects, in their order."""
    modules = (import_module(f"book_of_business.proof.evidence.claims_{name}") for name in SUBJECTS)
    return "\n\n".join(text.strip() for text in (getattr(module, "NOTES", "") for module in modules) if text)
