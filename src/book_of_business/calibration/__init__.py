"""Calibration: weights, ceilings and outcomes estimated from a team's own published marts, with intervals."""
