"""Runs a bound plan here: ready loop, attempts, one handler for each operation."""
