"""RunSql: a script on the warehouse, in one transaction unless told otherwise."""

from collections.abc import Iterable

from dataduct.engine.committed import committed_before, record, refuse_overwritten
from dataduct.engine.context import AttemptContext, Outcome
from dataduct.model.operations import RunSql, SqlStatement
from dataduct.sql.dialect import DIALECTS, Dialect
from dataduct.sql.parameters import substitute
from dataduct.warehouses.base import Execute, Transaction
from dataduct.warehouses.loads import create_or_compare


def handle(operation: RunSql, attempt: AttemptContext) -> Outcome:
    """Create missing tables, run the statements and record the load; then what comes after the commit.

    Raises:
        SqlError: The database refuses a statement.
        SchemaMismatchError: A table differs from its definition.
        DataError: A table to read was overwritten by another run (DD789).
    """
    warehouse = attempt.workbench.warehouse
    dialect = DIALECTS[warehouse.capabilities.dialect]
    statements = substitute(operation.statements, operation.parameters, dialect)
    with warehouse.transaction(attempt.cancellation) as transaction:
        before = _begin(transaction, operation, attempt, dialect)
        if before is not None:
            return before
        rows: int | None = None
        if operation.in_transaction:
            rows = _run(statements, transaction.execute, attempt)
            record(transaction, attempt, rows=rows)

    if not operation.in_transaction:
        with warehouse.session(attempt.cancellation) as execute:
            rows = _run(statements, execute, attempt)
        with warehouse.transaction(attempt.cancellation) as transaction:
            record(transaction, attempt, rows=rows)
    if operation.after_commit:
        with warehouse.session(attempt.cancellation) as execute:
            _run(operation.after_commit, execute, attempt)
    return Outcome(rows=rows)


def _begin(
    transaction: Transaction, operation: RunSql, attempt: AttemptContext, dialect: Dialect
) -> Outcome | None:
    """Create the tables, unless the load is there already: then return what to report."""
    before = committed_before(transaction, attempt)
    if before is None:
        refuse_overwritten(transaction, attempt)
        for definition in operation.creates:
            create_or_compare(transaction, definition, dialect)
    return before


def _run(statements: Iterable[SqlStatement], execute: Execute, attempt: AttemptContext) -> int | None:
    """Run statements one after the other; return the rows that the last one that changed any changed."""
    rows: int | None = None
    for statement in statements:
        with attempt.statement("warehouse", statement.text, statement.purpose) as run:
            run.rows = execute(statement.text)
        rows = run.rows if run.rows is not None else rows
    return rows
