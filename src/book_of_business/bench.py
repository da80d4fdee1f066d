"""Measure what builds cost: `python -m book_of_business.bench`."""

import sys

from book_of_business.proof.bench.cli import main

if __name__ == "__main__":
    sys.exit(main())
