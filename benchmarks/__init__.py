"""Measurements: each a ratio to a reference of the same run, medians of several."""
