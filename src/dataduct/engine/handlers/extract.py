"""Extract: a query on a connection, streamed into a dataset."""

from dataduct.connectors.base import Reader, Splits
from dataduct.engine.context import AttemptContext, Outcome
from dataduct.model.operations import Extract
from dataduct.storage.datasets import write_rows


def handle(operation: Extract, attempt: AttemptContext) -> Outcome:
    """Stream the query's rows into the step's dataset and publish it."""
    with (
        attempt.workbench.reader(operation.connection, operation.database) as reader,
        attempt.statement(operation.connection, operation.query) as statement,
    ):
        manifest = write_rows(
            attempt.workbench.storage,
            attempt.dataset_key(operation.output),
            reader.read(
                operation.query,
                attempt.cancellation,
                allow_lossy=frozenset(operation.allow_lossy),
                splits=_splits(operation, reader, attempt),
            ),
            producer=attempt.step.name,
            cancellation=attempt.cancellation,
            progress=attempt.progress,
        )
        statement.rows = manifest.rows
    return Outcome(rows=manifest.rows, bytes=manifest.bytes)


def _splits(operation: Extract, reader: Reader, attempt: AttemptContext) -> Splits | None:
    if operation.splits > 1 and not reader.capabilities.splits:
        attempt.log.write(f"connection {operation.connection} is read in one part: its kind cannot be split")
        return None
    return Splits(operation.splits, operation.split_by) if operation.splits > 1 else None
