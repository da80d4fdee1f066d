"""Measure the error rates of the alarms: `python -m book_of_business.alarms`."""

import sys

from book_of_business.proof.alarms import main

if __name__ == "__main__":
    sys.exit(main())
