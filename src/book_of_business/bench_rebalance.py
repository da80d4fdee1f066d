"""`python -m book_of_business.bench_rebalance`: measure the rebalancing on random books."""

import sys

from book_of_business.proof.rebalancing.cli import main

if __name__ == "__main__":
    sys.exit(main())
