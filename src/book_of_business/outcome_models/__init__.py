"""Outcomes without fooling anyone: effects clustered by CSM, placebos, rebalances, and the claims put to a test."""
