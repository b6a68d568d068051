"""A dataset's rows in bounded batches, fitted to the columns of a table; the rows that do not fit are left out."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.parquet as pq

from dataduct.errors import DataError
from dataduct.model.operations import FileFormat
from dataduct.warehouses.base import DatasetFiles
from dataduct.warehouses.dataset_files import (
    UnreadableRows,
    delimited_format,
    parquet_footer,
    source_position,
    unreadable_parquet,
)
from dataduct.warehouses.fitting import fit, plain
from dataduct.warehouses.fitting_targets import FitTarget, Fitted
from dataduct.warehouses.fitting_words import shown_text
from dataduct.warehouses.misfits import SHOWN_ROWS, Misfits, Reason, misfit_line, shown_value

_BATCH_ROWS = 16_384
_BATCH_BYTES = 4 * 2**20
_READ_BYTES = 2**20

TargetOf = Callable[[pa.DataType], FitTarget]
"""What a column's values are fitted to, by the type they have in the dataset."""


@dataclass(frozen=True, slots=True)
class FittedColumn:
    """A column of a load: where its values come from, and what they are fitted to."""

    source: str | int
    name: str
    target_of: TargetOf


@dataclass(slots=True)
class FittedRows:
    """The rows of a dataset that fit, batch by batch; what does not fit is counted on the way.

    Attributes:
        skipped: Numbers of rows to leave out, from 1 over the whole dataset; the caller counts them.
        misfits: The rows that did not fit so far.
        unreadable: The rows of delimited files that could not be read so far.
        rows: Rows given so far.
        left_out: Number of the first row of a batch → positions in it of the rows that were not given; as long as
            no more rows are left out than may be.
    """

    files: DatasetFiles
    columns: Sequence[FittedColumn]
    file_format: FileFormat
    skipped: frozenset[int] = frozenset()
    misfits: Misfits = field(default_factory=lambda: Misfits(0, ()))
    unreadable: tuple[str, ...] = ()
    rows: int = 0
    left_out: dict[int, frozenset[int]] = field(default_factory=dict)

    def batches(self) -> Iterator[tuple[pa.RecordBatch, int]]:
        """Yield the fitted columns of the rows that fit, and the number of the first row read for the batch.

        Raises `StorageError` for files that cannot be read, `DataError` for rows of a delimited file that cannot.
        """
        first = 1
        for batch in self.source_batches():
            fitted = self._fitted(batch, first)
            self.rows += fitted.num_rows
            if fitted.num_rows:
                yield fitted, first
            first += batch.num_rows

    def source_batches(self) -> Iterator[pa.RecordBatch]:
        """Yield the loaded columns as the dataset has them, in bounded batches."""
        if self.files.paths:
            read = self._parquet if self.files.manifest.format == "parquet" else self._delimited
            for batch in read():
                yield from _bounded(batch)

    def shown(self, row: int, column: str) -> str:
        """Return a value as messages show it; reads the dataset again. `row` counts from 1 over the whole dataset."""
        position = [each.name for each in self.columns].index(column)
        first = 1
        for batch in self.source_batches():
            if row < first + batch.num_rows:
                return _shown(batch.column(position), row - first)
            first += batch.num_rows
        return ""

    def _fitted(self, batch: pa.RecordBatch, first: int) -> pa.RecordBatch:
        columns = [
            fit(values, column.target_of(plain(values).type))
            for values, column in zip(batch.columns, self.columns, strict=True)
        ]
        wrong = {position for fitted in columns for position in fitted.misfits}
        if wrong:
            self._note(batch, columns, sorted(wrong), first)
        skipped = [row - first for row in self.skipped if first <= row < first + batch.num_rows]
        names = [f"c{n}" for n in range(len(columns))]
        good = pa.RecordBatch.from_arrays([fitted.values for fitted in columns], names)
        left_out = wrong | set(skipped)
        if not left_out:
            return good
        if self.misfits.count <= self.file_format.max_errors:
            self.left_out[first] = frozenset(left_out)
        kept = [position for position in range(batch.num_rows) if position not in left_out]
        return good.take(pa.array(kept, pa.int64()))

    def _note(
        self, batch: pa.RecordBatch, columns: Sequence[Fitted], wrong: Sequence[int], first: int
    ) -> None:
        """Count the rows at the positions `wrong`; keep a line for each that an error or a log may show."""
        wanted = max(SHOWN_ROWS, self.file_format.max_errors) - len(self.misfits.lines)
        lines = [self._line(batch, columns, position, first) for position in wrong[: max(0, wanted)]]
        self.misfits = Misfits(self.misfits.count + len(wrong), (*self.misfits.lines, *lines))

    def _line(self, batch: pa.RecordBatch, columns: Sequence[Fitted], position: int, first: int) -> str:
        found = [n for n, fitted in enumerate(columns) if position in fitted.misfits]
        unlike = [n for n in found if columns[n].misfits[position] is not Reason.LENGTH]
        number = (unlike or found)[0]
        column, values = self.columns[number], batch.column(number)
        target = column.target_of(plain(values).type)
        return misfit_line(
            first + position,
            column.name,
            columns[number].misfits[position],
            _shown(values, position),
            target.shown,
        )

    def _parquet(self) -> Iterator[pa.RecordBatch]:
        for path in self.files.paths:
            schema, _ = parquet_footer(path)
            positions = [source_position(list(schema.names), column.source) for column in self.columns]
            names = [schema.names[position] for position in positions]
            if len(set(schema.names)) < len(schema.names):
                raise DataError(
                    f"{path} has two columns of one name",
                    code="DD718",
                    hint="give every column of the dataset a name of its own",
                )
            try:
                with pq.ParquetFile(path, buffer_size=_READ_BYTES, pre_buffer=False) as file:
                    for batch in file.iter_batches(_BATCH_ROWS, columns=list(set(names)), use_threads=False):
                        yield batch.select(names)
            except (OSError, pa.ArrowException) as error:
                raise unreadable_parquet(path, error) from error

    def _delimited(self) -> Iterator[pa.RecordBatch]:
        from dataduct.storage.rows import open_rows

        unreadable = UnreadableRows(self.file_format.max_errors)
        reader = open_rows(
            self.files.paths,
            delimited_format(self.files),
            self.file_format,
            on_bad_row=unreadable if self.file_format.max_errors else None,
        )
        with closing(reader):
            names = list(reader.schema.names)
            if not names:
                return
            positions = [source_position(names, column.source) for column in self.columns]
            for batch in reader:
                self.unreadable = unreadable.lines
                yield batch.select(positions)
            self.unreadable = unreadable.lines


def _bounded(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """Yield slices of a batch of at most about 4 MiB."""
    pieces = -(-batch.nbytes // _BATCH_BYTES)
    rows = max(1, -(-batch.num_rows // max(1, pieces)))
    for start in range(0, batch.num_rows, rows):
        yield batch.slice(start, rows)


def _shown(values: pa.Array, position: int) -> str:
    value = plain(values.slice(position, 1))
    kind = value.type
    quoted = pa.types.is_string(kind) or pa.types.is_binary(kind) or pa.types.is_fixed_size_binary(kind)
    return shown_value(shown_text(value[0]), quoted=quoted)
