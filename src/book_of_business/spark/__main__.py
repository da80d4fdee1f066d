"""`python -m book_of_business.spark build|test|parity [BOOK ...]`, in the environment that has Spark.

MARTS="NAME NAME" in the environment: parity of these marts alone.
"""

from __future__ import annotations

import os
import sys

from book_of_business import settings as settings_module
from book_of_business.errors import UserError
from book_of_business.proof.spark_parity import run_parity
from book_of_business.spark.build import spark_build


def main(arguments: list[str]) -> int:
    """Run a command; 0 on success, 1 where marts differ, or with a message when the user has to act."""
    command, *books = arguments or ["help"]
    if command not in ("build", "test", "parity"):
        print(__doc__, file=sys.stderr)
        return 2
    try:
        settings = settings_module.from_environment()
        if command == "parity":
            return 0 if run_parity(settings, books, os.environ.get("MARTS", "").split()) else 1
        spark_build(settings, is_tested=command == "test")
    except UserError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
