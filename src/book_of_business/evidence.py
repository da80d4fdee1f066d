"""Prove the statistical claims: `python -m book_of_business.evidence`."""

import sys

from book_of_business.proof.evidence.cli import main

if __name__ == "__main__":
    sys.exit(main())
