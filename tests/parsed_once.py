"""`python -m book_of_business ARGUMENTS`, or dbt where the first is `dbt`, with one parse of the project for all.

Parsing takes two fifths of the processor time of a small build, and each test builds into a directory of its own. dbt
keeps a parse for one connection only, and the path of the working file is part of that. Nothing that is parsed depends
on it, so it is left out of what dbt compares; changed files are parsed again as ever. The parse is the one that
`make test` left in `build/test`; without it each build parses for itself. Whatever writes there has to come through
here, or dbt takes its parse for that of another connection.
"""

import os
import sys
from pathlib import Path

PARSED = Path(__file__).resolve().parents[1] / "build" / "test" / "dbt" / "partial_parse.msgpack"
OF_ONE_BUILD = ("path", "config_options")


def share_the_parse() -> None:
    """For this process and those that it starts."""
    from dbt.adapters.duckdb.credentials import DuckDBCredentials

    all_keys = DuckDBCredentials._connection_keys
    DuckDBCredentials._connection_keys = lambda own: tuple(key for key in all_keys(own) if key not in OF_ONE_BUILD)
    if PARSED.is_file():
        os.environ["DBT_PARTIAL_PARSE_FILE_PATH"] = str(PARSED)


if __name__ == "__main__":
    share_the_parse()
    if sys.argv[1:2] == ["dbt"]:
        from dbt.cli.main import cli

        cli(sys.argv[2:])
    else:
        from book_of_business.__main__ import main

        sys.exit(main())
