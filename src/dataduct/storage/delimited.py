"""Delimited text files as Arrow batches of strings, streaming and exact."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

import pyarrow as pa

from dataduct.errors import DataError
from dataduct.model.counting import counted
from dataduct.model.operations import FileFormat
from dataduct.storage.csv_records import CsvRecords
from dataduct.storage.text_blocks import BadText, text_blocks
from dataduct.storage.tsv_records import TsvRecords

Row = list[str | None]

_BATCH_ROWS = 65_536
_CHARACTERS_SHOWN = 200


def open_delimited(
    paths: Sequence[str],
    format: Literal["tsv", "csv"],
    file_format: FileFormat,
    *,
    on_bad_row: Callable[[str], None] | None = None,
) -> pa.RecordBatchReader:
    r"""Stream the rows of delimited files, one after another; every column is a nullable string.

    `tsv` has no header: columns are named `column_0`, `column_1`, ... and a backslash escapes (`\t`, `\n`, `\r`,
    `\\`, before a newline a newline, before another character that character; `\N` as the whole field is NULL)
    if `file_format.escape` is set. `csv` follows RFC 4180: each file's first row gives the names, and they are the same
    in all files; quoted fields are never NULL. Its delimiter is a comma unless `file_format` names another one
    than the tab. Files ending in `.gz`, `.bz2` or `.zst` are decompressed. No row in any file: no column.

    Args:
        on_bad_row: Called with the message for each row that has too many or too few fields or a damaged quoted
            field; the row is left out. Without it such a row raises.

    Raises:
        DataError: A row with another number of fields than the first, bytes that are not UTF-8 (unless
            `replace_invalid_char` is set), headers that differ; names file and row (from 1, a header included).
        StorageError: A file cannot be read.
    """
    source = _Source(list(paths), format, file_format, on_bad_row)
    batches = source.batches()
    first = next(batches, None)
    if first is None:
        return pa.RecordBatchReader.from_batches(source.schema(), iter(()))

    def rest() -> Iterator[pa.RecordBatch]:
        yield first
        yield from batches

    return pa.RecordBatchReader.from_batches(first.schema, rest())


@dataclass
class _Source:
    """The files of one dataset while they are read.

    Attributes:
        names: Column names, known from the first row on.
        row: Rows of the current file read so far, bad ones and the header included.
    """

    paths: list[str]
    format: Literal["tsv", "csv"]
    file_format: FileFormat
    on_bad_row: Callable[[str], None] | None
    names: list[str] | None = None
    path: str = ""
    row: int = 0
    awaits_header: bool = False
    records: TsvRecords | CsvRecords = field(init=False)

    def __post_init__(self) -> None:
        nulls = frozenset(self.file_format.null_values)
        if self.format == "csv":
            delimiter = "," if self.file_format.delimiter == "\t" else self.file_format.delimiter
            self.records = CsvRecords(delimiter, nulls)
        else:
            self.records = TsvRecords(self.file_format.delimiter, nulls, self.file_format.escape)

    def schema(self) -> pa.Schema:
        return _schema(self.names or [])

    def batches(self) -> Iterator[pa.RecordBatch]:
        for path in self.paths:
            self.path = path
            self.row = 0
            self.awaits_header = self.format == "csv"
            blocks = text_blocks(
                path,
                cut=self.records.cut,
                replacement=self.file_format.replace_invalid_char,
                skip_mark=self.format == "csv",
            )
            for block in blocks:
                yield from self._block(block)

    def _block(self, block: str | BadText) -> Iterator[pa.RecordBatch]:
        text = block if isinstance(block, str) else block.before
        if self.awaits_header and text and isinstance(self.records, CsvRecords):
            header, length = self.records.first(text)
            text = text[length:]
            self.row = 1
            self.awaits_header = False
            self._check_header(header)
        if text:
            yield from self._rows(text)
        if isinstance(block, BadText):
            raise DataError(
                f"{self.path}, row {self.row + 1}: {block.what}", code=block.code, hint=block.hint
            )

    def _check_header(self, header: Row | str) -> None:
        if isinstance(header, str):
            raise DataError(f"{self.path}, row 1: the header cannot be read: {header}", code="DD752")
        names = [name or "" for name in header]
        if self.names is None:
            seen: set[str] = set()
            for position, name in enumerate(names, start=1):
                if not name or name.casefold() in seen:
                    problem = (
                        f"column {position} has no name" if not name else f"two columns are named `{name}`"
                    )
                    raise DataError(
                        f"{self.path}, row 1: in the header {problem}",
                        code="DD752",
                        hint="give every column a name of its own in the file's first row",
                    )
                seen.add(name.casefold())
            self.names = names
        elif names != self.names:
            raise DataError(
                f"{self.path}, row 1: the header is {', '.join(names)}, "
                f"and the first file's is {', '.join(self.names)}",
                code="DD752",
                hint="give all files the same columns in the same order, or load them in two steps",
            )

    def _rows(self, text: str) -> Iterator[pa.RecordBatch]:
        if self.names is None:
            self._name_columns(next(self.records.rows(text)))
        if self.names is not None and (batch := self.records.columns(text, self.names)) is not None:
            self.row += batch.num_rows
            yield batch
            return
        kept: list[Row] = []
        for record in self.records.rows(text):
            self.row += 1
            if (row := self._checked(record)) is not None:
                kept.append(row)
            if len(kept) == _BATCH_ROWS:
                yield self._batch(kept)
                kept = []
        if kept:
            yield self._batch(kept)

    def _name_columns(self, first: Row | str) -> None:
        if not isinstance(first, str):
            self.names = [f"column_{position}" for position in range(len(first))]

    def _checked(self, record: Row | str) -> Row | None:
        if isinstance(record, str):
            self._bad_row(record, code="DD755")
            return None
        if len(record) == len(self.names or ()):
            return record
        self._bad_row(
            f"{counted(len(record), 'field')} found, {len(self.names or ())} expected",
            code="DD750",
            details=(_shown(record),),
        )
        return None

    def _bad_row(self, what: str, *, code: str, details: tuple[str, ...] = ()) -> None:
        message = f"{self.path}, row {self.row}: {what}"
        if self.on_bad_row is None:
            raise DataError(
                message,
                code=code,
                hint="mend the row, or allow some to be left out with `max_errors`",
                details=details,
            )
        self.on_bad_row(message)

    def _batch(self, rows: list[Row]) -> pa.RecordBatch:
        columns = [pa.array(column, pa.string()) for column in zip(*rows, strict=True)]
        return pa.RecordBatch.from_arrays(columns, schema=self.schema())


def _shown(row: Row) -> str:
    """Return the beginning of a row, its fields quoted."""
    fields = ", ".join("NULL" if field is None else repr(field) for field in row)
    return fields if len(fields) <= _CHARACTERS_SHOWN else fields[:_CHARACTERS_SHOWN] + "…"


def _schema(names: Sequence[str]) -> pa.Schema:
    return pa.schema([pa.field(name, pa.string()) for name in names])
