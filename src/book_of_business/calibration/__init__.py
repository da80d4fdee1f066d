"""Calibration: weights, ceilings and outcomes learnt from the published marts, with intervals and a guard."""
