"""Frozen values that every floor speaks. No I/O, no behaviour beyond what a value knows of itself."""
