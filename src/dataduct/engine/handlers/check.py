"""Check: measure, compare with a tolerance, give a verdict."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal

import pyarrow as pa

from dataduct.engine.comparison import (
    MAX_EXAMPLES,
    Row,
    column_verdict,
    compare_rows,
    count_verdict,
    primary_key_verdict,
)
from dataduct.engine.context import AttemptContext, Outcome
from dataduct.engine.handlers.check_log import log_verdict
from dataduct.engine.sampling import ROWS_A_KEY, first_rows, lookup_queries, sample_query
from dataduct.errors import CheckFailedError, SchemaMismatchError, SourceError
from dataduct.model.operations import (
    Check,
    ColumnComparison,
    CountComparison,
    Measure,
    PrimaryKeyComparison,
)
from dataduct.model.verdict import CheckVerdict
from dataduct.sql.dialect import DIALECTS, Dialect
from dataduct.sql.queries import count_query, duplicates_query, null_keys_query

_WAREHOUSE_RANDOM_ORDER = "RANDOM()"


def handle(operation: Check, attempt: AttemptContext) -> Outcome:
    """Give the verdict and keep it, in the storage too if the check is logged. Raises CheckFailedError if it is bad."""
    match operation.comparison:
        case PrimaryKeyComparison():
            verdict = _check_primary_key(operation.comparison, attempt)
        case CountComparison():
            verdict = _check_count(operation.comparison, attempt)
        case ColumnComparison():
            verdict = _check_columns(operation.comparison, attempt)
    logged = log_verdict(operation, verdict, attempt)
    if logged is not None:
        verdict = replace(verdict, summary=f"{verdict.summary}; {logged}")
    attempt.record_verdict(verdict)
    if not verdict.passed:
        raise CheckFailedError(verdict)
    return Outcome(message=verdict.summary, verdict=verdict)


def _check_primary_key(comparison: PrimaryKeyComparison, attempt: AttemptContext) -> CheckVerdict:
    table, key, dialect = comparison.table, comparison.key, _dialect(attempt)
    duplicates = _count(
        Measure(query=count_query(duplicates_query(table, key, dialect, None), dialect)),
        attempt,
        "count keys that stand more than once",
    )
    null_keys = _count(
        Measure(query=count_query(null_keys_query(table, key, dialect, None), dialect)),
        attempt,
        "count rows without a key",
    )
    repeated: list[Row] = []
    missing: list[Row] = []
    if duplicates:
        repeated = _fetch(duplicates_query(table, key, dialect, MAX_EXAMPLES), attempt)
    if null_keys:
        missing = _fetch(null_keys_query(table, key, dialect, MAX_EXAMPLES), attempt)
    return primary_key_verdict(
        table=str(table),
        key=key,
        duplicates=duplicates,
        null_keys=null_keys,
        duplicate_examples=[dict(zip((*key, "rows"), row, strict=True)) for row in repeated],
        null_examples=[dict(zip(key, row, strict=True)) for row in missing],
    )


def _check_count(comparison: CountComparison, attempt: AttemptContext) -> CheckVerdict:
    return count_verdict(
        _count(comparison.source, attempt, "count the source's rows"),
        _count(comparison.destination, attempt, "count the warehouse's rows"),
        comparison.tolerance,
    )


def _count(measure: Measure, attempt: AttemptContext, purpose: str) -> int:
    """Return the one number that a query gives. Raises SourceError (DD802) if it gives something else."""
    with _measuring(measure, measure.query, attempt, purpose) as reader:
        rows = first_rows(reader, 2)
    number = rows[0][0] if len(rows) == 1 and len(rows[0]) == 1 else None
    if not isinstance(number, int | float | Decimal) or number != int(number):
        found = f"{len(rows)} rows" if len(rows) != 1 else f"`{', '.join(map(str, rows[0]))}`"
        raise SourceError(
            f"a count is one row with one whole number, and the query gives {found}",
            code="DD802",
            hint="write the query as `SELECT COUNT(*) ...`",
            details=(measure.query,),
        )
    return int(number)


def _check_columns(comparison: ColumnComparison, attempt: AttemptContext) -> CheckVerdict:
    sample = _sample(comparison, attempt)
    keys = [tuple(row[at] for at in comparison.key_positions) for row in sample]
    names, found = _look_up(comparison, keys, attempt)
    if sample and not names:
        names = [f"column {number}" for number in range(1, len(sample[0]) + 1)]
    if sample and len(sample[0]) != len(names):
        raise SchemaMismatchError(
            f"the source query gives {len(sample[0])} columns and the warehouse query {len(names)}",
            code="DD803",
            hint="a column check compares by position: select the same columns in the same order on both sides",
            details=(f"warehouse: {', '.join(names)}",),
        )
    compared = compare_rows(sample, found, key_positions=comparison.key_positions, columns=names)
    return column_verdict(compared, key=comparison.key, tolerance=comparison.tolerance)


def _sample(comparison: ColumnComparison, attempt: AttemptContext) -> list[Row]:
    source = comparison.source
    size, tail = comparison.sample_size, comparison.sample_tail
    if source.connection is None:
        query = sample_query(source.query, tail, size, _WAREHOUSE_RANDOM_ORDER)
        with _measuring(source, query, attempt, "sample the source") as rows:
            return first_rows(rows, size)
    with attempt.workbench.reader(source.connection, source.database) as reader:
        query = sample_query(source.query, tail, size, reader.capabilities.random_order)
        with attempt.statement(source.connection, query, "sample the source") as statement:
            sample = first_rows(reader.read(query, attempt.cancellation), size)
            statement.rows = len(sample)
            return sample


def _look_up(
    comparison: ColumnComparison, keys: list[Row], attempt: AttemptContext
) -> tuple[list[str], list[Row]]:
    """Return the names of the destination's columns and its rows of the sampled keys."""
    destination = comparison.destination
    names: list[str] = []
    found: list[Row] = []
    queries = lookup_queries(destination.query, comparison.key, keys, _dialect(attempt))
    for query, asked in queries:
        with _measuring(destination, query, attempt, "find the sampled rows") as reader:
            names = list(reader.schema.names)
            found += first_rows(reader, asked * ROWS_A_KEY)
    return names, found


@contextmanager
def _measuring(
    measure: Measure, query: str, attempt: AttemptContext, purpose: str
) -> Iterator[pa.RecordBatchReader]:
    """Give the rows of a query on the measure's connection, or on the warehouse."""
    if measure.connection is None:
        with (
            attempt.statement("warehouse", query, purpose),
            attempt.workbench.warehouse.stream(query, attempt.cancellation) as rows,
        ):
            yield rows
    else:
        with (
            attempt.workbench.reader(measure.connection, measure.database) as reader,
            attempt.statement(measure.connection, query, purpose),
        ):
            yield reader.read(query, attempt.cancellation)


def _fetch(query: str, attempt: AttemptContext) -> list[Row]:
    with _measuring(Measure(query=query), query, attempt, "find examples") as reader:
        return first_rows(reader, MAX_EXAMPLES)


def _dialect(attempt: AttemptContext) -> Dialect:
    return DIALECTS[attempt.workbench.warehouse.capabilities.dialect]
