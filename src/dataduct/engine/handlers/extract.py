"""Extract: a query on a connection, streamed into a dataset."""

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
            reader.read(operation.query, attempt.cancellation),
            producer=attempt.step.name,
            cancellation=attempt.cancellation,
            progress=attempt.progress,
        )
        statement.rows = manifest.rows
    return Outcome(rows=manifest.rows, bytes=manifest.bytes)
