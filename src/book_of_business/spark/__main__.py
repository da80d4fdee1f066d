"""`python -m book_of_business.spark build|test`, in the environment that has Spark."""

from __future__ import annotations

import sys

from book_of_business import settings as settings_module
from book_of_business.errors import UserError
from book_of_business.spark.build import spark_build


def main(arguments: list[str]) -> int:
    """Run a command; 0 on success, 1 with a message when the user has to act."""
    if arguments not in (["build"], ["test"]):
        print(__doc__, file=sys.stderr)
        return 2
    try:
        spark_build(settings_module.from_environment(), is_tested=arguments == ["test"])
    except UserError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
