"""Rebalancing: the least disruptive moves that bring books within their limits, with reasons and a check."""
