"""Operations in words, and the SQL they run: what `dataduct plan` shows of a step."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from dataduct.model.counting import counted
from dataduct.model.operations import (
    Check,
    ColumnComparison,
    CopyDataset,
    CountComparison,
    EmrJob,
    ExportDataset,
    Extract,
    Job,
    LoadTable,
    Measure,
    Operation,
    PrimaryKeyComparison,
    RunCommand,
    RunSql,
    SqlStatement,
    StreamingJob,
    SubmitJob,
    Unload,
    WaitForPipeline,
)
from dataduct.model.table import TableDefinition

if TYPE_CHECKING:
    from dataduct.sql.dialect import Dialect

_LOAD_MODES = {
    "replace": "in place of the rows it holds",
    "append": "after the rows it holds",
    "overwrite-existing": "in place of the rows of equal primary key",
    "keep-existing": "without those whose primary key it holds already",
}


def operation_sentence(operation: Operation) -> str:
    """Return what `operation` does, one sentence without a final period."""
    match operation:
        case Extract():
            database = f", database `{operation.database}`" if operation.database else ""
            splits = f" in {operation.splits} parallel parts" if operation.splits > 1 else ""
            return (
                f"runs a query on connection `{operation.connection}`{database} and streams its rows{splits}"
            )
        case CopyDataset():
            return f"copies {operation.source} into the run's storage, to be read as {operation.format}"
        case ExportDataset():
            return f"copies {operation.input} to {operation.destination}"
        case LoadTable():
            return _load_sentence(operation)
        case RunSql():
            return _script_sentence(operation)
        case Unload():
            return "runs a query on the warehouse and streams its rows"
        case RunCommand():
            script = operation.script_uri or operation.script or ""
            what = operation.command or " ".join([script, *operation.arguments])
            files = f" beside {', '.join(operation.files)}" if operation.files else ""
            check = "; a non-zero exit is a failed check" if operation.is_check else ""
            return f"runs `{what.strip()}`{files}{check}"
        case SubmitJob():
            return _job_sentence(operation.job)
        case Check():
            log = (
                f"; logs the verdict below {operation.log.directory} in the storage" if operation.log else ""
            )
            return _check_sentence(operation) + log
        case WaitForPipeline():
            return _waiting_sentence(operation)


def planned_sql(operation: Operation, dialect: "Dialect") -> Iterator[SqlStatement]:
    """Yield the statements that `operation` runs, in order, each with its purpose."""
    match operation:
        case Extract():
            yield _query(operation.query, f"on connection {operation.connection}")
        case Unload():
            yield _query(operation.query, "on the warehouse")
        case LoadTable():
            if operation.definition:
                yield from _creation(operation.definition, dialect)
        case RunSql():
            for definition in operation.creates:
                yield from _creation(definition, dialect)
            yield from operation.statements
            for statement in operation.after_commit:
                purpose = f": {statement.purpose}" if statement.purpose else ""
                yield _query(statement.text, f"after the commit{purpose}")
        case Check(comparison=CountComparison() | ColumnComparison() as comparison):
            yield _measure("source", comparison.source)
            yield _measure("destination", comparison.destination)


def _query(text: str, purpose: str) -> SqlStatement:
    return SqlStatement(text=text, purpose=purpose)


def _creation(definition: TableDefinition, dialect: "Dialect") -> Iterator[SqlStatement]:
    from dataduct.sql.create import create_table

    for statement in create_table(definition, dialect):
        yield _query(statement.text, statement.purpose or f"create {definition.name} if it is missing")


def _measure(side: str, measure: Measure) -> SqlStatement:
    where = f"connection {measure.connection}" if measure.connection else "the warehouse"
    return _query(measure.query, f"{side}, on {where}")


def _load_sentence(operation: LoadTable) -> str:
    inputs = ", ".join(map(str, operation.inputs))
    create = "creates the table if it is missing and " if operation.definition else ""
    where = f" on connection `{operation.connection}`" if operation.connection else ""
    return f"{create}loads {inputs} into {operation.table}{where}, {_LOAD_MODES[operation.mode]}; one transaction"


def _script_sentence(operation: RunSql) -> str:
    number = len(operation.statements)
    statements = counted(number, "statement")
    about = f" for {operation.table}" if operation.table else ""
    how = "in one transaction" if operation.in_transaction else "each on its own, in no transaction"
    after = f", then {len(operation.after_commit)} after the commit" if operation.after_commit else ""
    return f"runs {statements} on the warehouse{about}, {how}{after}"


def _job_sentence(job: Job) -> str:
    match job:
        case StreamingJob():
            reducer = f", sorts by key and reduces with `{job.reducer}`" if job.reducer else ""
            options = f"; options `{' '.join(job.options)}`" if job.options else ""
            return f"maps the lines of its input with `{job.mapper}`{reducer}{options}"
        case EmrJob():
            return f"submits `{job.step}` to an EMR cluster"


def _waiting_sentence(operation: WaitForPipeline) -> str:
    names = ", ".join(
        f"`{awaited.name}`{' (may fail)' if awaited.may_fail else ''}" for awaited in operation.pipelines
    )
    date = operation.run_date or "the run date"
    if operation.overridden:
        return f"does not wait for {names}: the settings say `dependency_override`"
    hours = operation.give_up_seconds / 3600
    return f"waits until the runs of {names} for {date} have ended well; gives up after {hours:g} hours"


def _check_sentence(operation: Check) -> str:
    match operation.comparison:
        case PrimaryKeyComparison() as comparison:
            key = ", ".join(comparison.key)
            return f"checks that no key ({key}) of {comparison.table} stands twice or is NULL"
        case CountComparison() as comparison:
            return f"checks that two row counts differ by at most {comparison.tolerance:g} percent"
        case ColumnComparison() as comparison:
            return (
                f"compares {comparison.sample_size} sampled rows of the source with the warehouse's by "
                f"{', '.join(comparison.key)}; at most {comparison.tolerance:g} percent may differ"
            )
