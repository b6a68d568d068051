"""Unload: a query on the warehouse, streamed into a dataset."""

from dataduct.engine.context import AttemptContext, Outcome
from dataduct.model.operations import Unload
from dataduct.storage.datasets import write_rows


def handle(operation: Unload, attempt: AttemptContext) -> Outcome:
    """Stream the query's rows into the step's dataset and publish it."""
    with (
        attempt.statement("warehouse", operation.query, "unload") as statement,
        attempt.workbench.warehouse.stream(operation.query, attempt.cancellation, bulk=True) as rows,
    ):
        manifest = write_rows(
            attempt.workbench.storage,
            attempt.dataset_key(operation.output),
            rows,
            producer=attempt.step.name,
            cancellation=attempt.cancellation,
            progress=attempt.progress,
        )
        statement.rows = manifest.rows
    return Outcome(rows=manifest.rows, bytes=manifest.bytes)
