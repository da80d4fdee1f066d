"""Measurements of the rebalancing on random books, beside what people do by hand; docs/evidence/rebalancing.md."""
