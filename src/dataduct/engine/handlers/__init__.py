"""One module per operation; each has a `handle(operation, attempt)` that does it."""

from importlib import import_module

from dataduct.engine.context import AttemptContext, Outcome
from dataduct.model.operations import Operation


def handle(operation: Operation, attempt: AttemptContext) -> Outcome:
    """Do the operation and return what it did. Raises DataductError for every failure that was foreseen."""
    module = import_module(f"{__name__}.{operation.kind.replace('-', '_')}")
    outcome: Outcome = module.handle(operation, attempt)
    return outcome
