"""One SELECT on a SQLite file while its rows are read."""

import sqlite3
from collections.abc import Iterator, Sequence, Set
from contextlib import contextmanager, suppress
from dataclasses import replace
from itertools import chain, islice

import pyarrow as pa

from dataduct.connectors.column_names import refuse_unknown_columns, unique_names
from dataduct.connectors.sqlite_errors import query_error
from dataduct.connectors.sqlite_types import (
    EXACT_IN_FLOAT,
    Kind,
    SourceColumn,
    source_column,
    with_content,
    with_zone,
)
from dataduct.connectors.sqlite_values import Value, Values, has_zone, storage_classes, to_arrow
from dataduct.errors import DataError, Interrupted
from dataduct.model.cancellation import Cancellation

_VIEW = 'temp."dataduct query"'
_CHUNK_BYTES = 4 * 1024 * 1024
_CHUNK_VALUES = 131_072
_SAMPLE_ROWS = 16
_VALUE_BYTES = 64
_STEPS_BETWEEN_LOOKS = 200_000


class RunningQuery:
    """A query in its own read transaction, from `start` to `end`.

    The query becomes a temporary view, whose columns have the declared types of the tables' columns.

    Attributes:
        columns: The columns of the result, once it was started.
    """

    columns: tuple[SourceColumn, ...] = ()

    def __init__(
        self,
        connection: sqlite3.Connection,
        path: str,
        query: str,
        cancellation: Cancellation,
        allow_lossy: Set[str] = frozenset(),
    ) -> None:
        self._connection = connection
        self._path = path
        self._query = query
        self._cancellation = cancellation
        self._allow_lossy = allow_lossy
        self._values: Iterator[Value] = iter(())
        self._row = 0
        self._ended = False

    def start(self, batch_rows: int) -> pa.RecordBatchReader:
        """Run the query and return its rows; columns without a declared type are looked at first.

        Raises:
            SourceError: SQLite refuses the query.
            TransientError: Another process holds the file locked.
            DataError: The values of an expression have no common type.
            Interrupted: The work was asked to stop.
        """
        self._connection.set_progress_handler(self._is_cancelled, _STEPS_BETWEEN_LOOKS)
        try:
            with self._translated():
                columns = self._describe()
                self._run()
                width = max(1, len(columns))
                first = self._take(min(_SAMPLE_ROWS, batch_rows), width)
                rows = _chunk_rows(first, width, batch_rows)
                more = self._take(rows - len(first) // width, width) if first else []
            first += more
            exhausted = len(first) < rows * width
            with self._translated():
                columns = self._typed(columns, first, exhausted=exhausted)
            refuse_unknown_columns(self._allow_lossy, [column.name for column in columns])
        except BaseException:
            self.end()
            raise
        self.columns = tuple(columns)
        schema = pa.schema([pa.field(column.name, column.type) for column in columns])
        return pa.RecordBatchReader.from_batches(schema, self._batches(columns, schema, first, batch_rows))

    def end(self) -> None:
        """End the read transaction, which drops the view. Batches not yet read are lost."""
        if self._ended:
            return
        self._ended = True
        self._values = iter(())
        self._connection.set_progress_handler(None, 0)
        with suppress(sqlite3.Error):
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")

    def _is_cancelled(self) -> bool:
        return self._cancellation.requested

    def _check_cancelled(self) -> None:
        if self._cancellation.requested:
            raise Interrupted(self._cancellation.reason or "asked to stop", code="DD779")

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Raise SQLite's errors as what they mean."""
        try:
            self._check_cancelled()
            yield
        except sqlite3.Error as error:
            if "Could not decode to UTF-8" in str(error):
                raise self._undecodable() from error
            raise query_error(
                error, self._query, self._path, names=self._names, cancellation=self._cancellation
            ) from error

    def _describe(self) -> list[SourceColumn]:
        execute = self._connection.execute
        execute("BEGIN")
        execute(f"EXPLAIN {self._query}").close()
        execute("SELECT 1 FROM main.sqlite_master LIMIT 1").fetchall()
        execute("PRAGMA query_only = OFF")
        try:
            execute(f"CREATE TEMP VIEW {_VIEW.removeprefix('temp.')} AS {self._query}")
        finally:
            execute("PRAGMA query_only = ON")
        declared = [row[2] for row in execute("SELECT * FROM pragma_table_info('dataduct query', 'temp')")]
        return [source_column(f"c{position}", text or "") for position, text in enumerate(declared)]

    def _run(self) -> None:
        cursor = self._connection.execute(self._query)
        self._names_in_result = [entry[0] for entry in cursor.description]
        self._values = chain.from_iterable(cursor)

    def _take(self, rows: int, width: int) -> list[Value]:
        return list(islice(self._values, rows * width))

    def _typed(
        self, columns: Sequence[SourceColumn], first: list[Value], *, exhausted: bool
    ) -> list[SourceColumn]:
        width = len(columns)
        named = [
            replace(column, name=name)
            for column, name in zip(columns, unique_names(self._names_in_result), strict=True)
        ]
        open_ones = [i for i, column in enumerate(named) if column.kind is Kind.CONTENT]
        scanned = (
            self._scan(open_ones, width)
            if open_ones and not exhausted
            else {i: _content(first[i::width]) for i in open_ones}
        )
        for i, (kinds, exact) in scanned.items():
            named[i] = with_content(named[i], kinds, exact_in_float=exact)
        for i, column in enumerate(named):
            if column.kind is Kind.TIMESTAMP and has_zone(
                self._first_value(i, first[i::width], exhausted, width)
            ):
                named[i] = with_zone(column)
        return named

    def _scan(self, positions: Sequence[int], width: int) -> dict[int, tuple[frozenset[str], bool]]:
        """Run the query once more, for the storage classes of the columns at `positions`."""
        names = _names_list(width)
        measures = ", ".join(
            f"max(typeof(c{i}) = 'integer'), max(typeof(c{i}) = 'real'), max(typeof(c{i}) = 'text'), "
            f"max(typeof(c{i}) = 'blob'), "
            f"max(typeof(c{i}) = 'integer' AND c{i} NOT BETWEEN -{EXACT_IN_FLOAT} AND {EXACT_IN_FLOAT})"
            for i in positions
        )
        found = self._connection.execute(
            f"WITH q({names}) AS (SELECT * FROM {_VIEW}) SELECT {measures} FROM q"
        ).fetchone()
        result = {}
        for place, i in enumerate(positions):
            flags = found[place * 5 : place * 5 + 5]
            classes = ("integer", "real", "text", "blob")
            kinds = frozenset(name for name, flag in zip(classes, flags, strict=False) if flag)
            result[i] = (kinds, not flags[4])
        return result

    def _first_value(self, position: int, values: Values, exhausted: bool, width: int) -> Value:
        """Return the first value of a column that is not NULL, or None if there is none."""
        known = next((value for value in values if value is not None), None)
        if known is not None or exhausted:
            return known
        row = self._connection.execute(
            f"WITH q({_names_list(width)}) AS (SELECT * FROM {_VIEW}) "
            f"SELECT c{position} FROM q WHERE c{position} IS NOT NULL LIMIT 1"
        ).fetchone()
        return row[0] if row else None

    def _batches(
        self, columns: Sequence[SourceColumn], schema: pa.Schema, values: list[Value], batch_rows: int
    ) -> Iterator[pa.RecordBatch]:
        width = len(columns)
        try:
            while values:
                rows = len(values) // width
                arrays = [
                    to_arrow(column, values[i::width], self._row + 1, lossy=column.name in self._allow_lossy)
                    for i, column in enumerate(columns)
                ]
                batch = pa.RecordBatch.from_arrays(arrays, schema=schema)
                self._row += rows
                yield batch
                size = max(1, batch.nbytes // rows)
                next_rows = max(1, min(batch_rows, rows * 4, _CHUNK_BYTES // size, _CHUNK_VALUES // width))
                with self._translated():
                    values = self._take(next_rows, width)
        finally:
            self.end()

    def _names(self) -> Iterator[str]:
        """Yield the names of the tables and views, and of the columns of those the query names."""
        folded = self._query.casefold()
        tables = [
            row[0]
            for row in self._connection.execute(
                "SELECT name FROM main.sqlite_master WHERE type IN ('table', 'view')"
            )
        ]
        yield from tables
        for table in tables:
            if table.casefold() in folded:
                yield from (
                    row[0]
                    for row in self._connection.execute("SELECT name FROM pragma_table_info(?)", (table,))
                )

    def _undecodable(self) -> DataError:
        """Find the first text that is not UTF-8 by reading the query once more."""
        found = ""
        with suppress(sqlite3.Error):
            self._connection.text_factory = lambda data: data.decode("utf-8", "surrogateescape")
            try:
                cursor = self._connection.execute(self._query)
                names = unique_names([entry[0] for entry in cursor.description])
                found = next(
                    (
                        f"row {number}, column `{name}`: "
                        for number, row in enumerate(cursor, start=1)
                        for name, value in zip(names, row, strict=True)
                        if isinstance(value, str) and any("\ud800" <= char <= "\udfff" for char in value)
                    ),
                    "",
                )
            finally:
                self._connection.text_factory = str
        return DataError(
            f"{found}a text value is not UTF-8",
            code="DD771",
            hint="take the column as bytes with CAST(... AS BLOB), or mend the value",
        )


def _content(values: Values) -> tuple[frozenset[str], bool]:
    exact = all(not isinstance(value, int) or abs(value) <= EXACT_IN_FLOAT for value in values)
    return storage_classes(values), exact


def _chunk_rows(sample: Sequence[Value], width: int, batch_rows: int) -> int:
    """Return how many rows of the sample's size make a chunk of bounded memory."""
    size = sum(_VALUE_BYTES + (len(value) if isinstance(value, str | bytes) else 0) for value in sample)
    rows = max(1, len(sample) // width)
    return max(rows, min(batch_rows, _CHUNK_BYTES * 4 // max(1, size // rows), _CHUNK_VALUES // width))


def _names_list(width: int) -> str:
    return ", ".join(f"c{i}" for i in range(width))
