"""Which jobs this engine runs itself, without a cluster."""

JOBS = frozenset({"hadoop-streaming"})
"""Kinds of `dataduct.model.operations.Job`."""
