"""Definitions for readers: `docs/metrics.md` and `docs/raw-contract.md`, written from the YAML, SQL and seeds.

`python -m book_of_business definitions` writes them. No build is needed.
"""
