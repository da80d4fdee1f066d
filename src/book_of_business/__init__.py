"""Capacity metrics for customer success managers: what a book of business asks for, and what its owner can sustain."""

__version__ = "0.1.0"
