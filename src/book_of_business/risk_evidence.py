"""Measure the risk signals on planted truth: `python -m book_of_business.risk_evidence`."""

import sys

from book_of_business.proof.risk_evidence.cli import main

if __name__ == "__main__":
    sys.exit(main())
