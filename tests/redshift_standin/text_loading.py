"""Text files as the input of PostgreSQL's COPY, bad rows set aside."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import IO

from redshift_standin.copy_options import Options
from redshift_standin.errors import RedshiftError
from redshift_standin.field_values import Conversion, FieldError
from redshift_standin.load_columns import LoadTable
from redshift_standin.object_store import StoredObject
from redshift_standin.text_files import Record, opened, records

_CHUNK = 1 << 18
_KEPT_ERRORS = 1000
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


@dataclass
class TextLoad:
    """A COPY of text files under way.

    Attributes:
        rows: Rows given to PostgreSQL.
        failed: Rows left out.
        errors: Rows of stl_load_errors, at most a thousand.
    """

    table: LoadTable
    options: Options
    open_object: Callable[[StoredObject], IO[bytes]]
    rows: int = 0
    failed: int = 0
    errors: list[dict[str, object]] = field(default_factory=list)

    def chunks(self, objects: Sequence[StoredObject]) -> Iterator[bytes]:
        """Input for COPY in text format. Raises `RedshiftError` when more rows fail than MAXERROR allows."""
        conversion = Conversion(self.options)
        names = [column.name for column in self.table.columns]
        held: list[str] = []
        size = 0
        for stored in objects:
            with opened(self.open_object(stored), self.options) as text:
                for record in self._read(records(text, self.options, names), stored):
                    line = self._line(record, stored, conversion)
                    if line is None:
                        continue
                    held.append(line)
                    size += len(line)
                    if size > _CHUNK:
                        yield "".join(held).encode()
                        held.clear()
                        size = 0
        if held:
            yield "".join(held).encode()

    def _read(self, source: Iterator[Record], stored: StoredObject) -> Iterator[Record]:
        try:
            yield from source
        except (OSError, ValueError, EOFError) as error:
            reason = f"error: The file {stored.uri} cannot be read: {error}"
            raise RedshiftError("XX000", f"Load into table '{self.table.name}' failed.", reason) from error

    def _line(self, record: Record, stored: StoredObject, conversion: Conversion) -> str | None:
        columns = self.table.columns
        try:
            fields = self._fields(record)
        except FieldError as error:
            self._reject(record, stored, len(columns) - 1, error, None)
            return None
        values: list[str] = []
        for place, (column, text) in enumerate(zip(columns, fields, strict=True)):
            try:
                value = conversion.value(column, text)
            except FieldError as error:
                self._reject(record, stored, place, error, text)
                return None
            values.append("\\N" if value is None else value.translate(_ESCAPES))
        self.rows += 1
        return "\t".join(values) + "\n"

    def _fields(self, record: Record) -> list[str | None]:
        if record.fields is None:
            raise FieldError(1216, record.problem or "Invalid input line")
        wanted = len(self.table.columns)
        fields = record.fields
        if len(fields) == wanted + 1 and fields[-1] == "" and self.options.format == "delimited":
            return fields[:-1]
        if len(fields) > wanted:
            raise FieldError(1202, "Extra column(s) found")
        if len(fields) < wanted:
            if not self.options.flag("fillrecord"):
                raise FieldError(1214, "Delimiter not found")
            return [*fields, *("" for _ in range(wanted - len(fields)))]
        return fields

    def _reject(
        self, record: Record, stored: StoredObject, place: int, error: FieldError, value: str | None
    ) -> None:
        self.failed += 1
        column = self.table.columns[place]
        if len(self.errors) < _KEPT_ERRORS:
            names = [column.name for column in self.table.columns[: place + 1]]
            values = (record.fields or [])[: place + 1]
            length = (
                f"{column.precision}, {column.scale}" if column.type_name == "numeric" else str(column.length)
            )
            self.errors.append(
                {
                    "filename": stored.uri,
                    "line_number": record.line,
                    "colname": column.name,
                    "type": column.type_name,
                    "col_length": length,
                    "position": error.position,
                    "raw_line": _shown(record.raw),
                    "raw_field_value": _shown(value or ""),
                    "err_code": error.code,
                    "err_reason": error.reason[:100],
                    "is_partial": 0,
                    "start_offset": 0,
                    "fields": [[name, _shown(text or "")] for name, text in zip(names, values, strict=False)],
                }
            )
        limit = 100_000 if self.options.flag("ignoreallerrors") else self.options.number("maxerror", 0)
        if self.failed > limit:
            raise load_failed(self.table.name)


def _shown(text: str) -> str:
    return text.encode(errors="surrogateescape").decode(errors="replace").replace("\0", "?")[:1024]


def load_failed(table: str) -> RedshiftError:
    """The error of a COPY whose rows are in stl_load_errors."""
    return RedshiftError(
        "XX000", f"Load into table '{table}' failed.  Check 'stl_load_errors' system table for details."
    )
