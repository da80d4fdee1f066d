"""`python -m book_of_business.simulate OUT ...`."""

import argparse
import sys

from book_of_business.simulate.cli import add_arguments, run

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="book_of_business simulate")
    add_arguments(parser)
    sys.exit(run(parser.parse_args()))
