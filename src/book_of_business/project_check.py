"""Check the project's own rules: `python -m book_of_business.project_check`."""

import sys

from book_of_business.proof.project_check.cli import main

if __name__ == "__main__":
    sys.exit(main())
