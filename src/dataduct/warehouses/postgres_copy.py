"""Fitted rows in the two formats that COPY ... FROM STDIN reads."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from dataduct.errors import MissingDependencyError
from dataduct.warehouses.fitting_words import to_text

_ESCAPES = (("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r"))
_NULL = "\\N"
_PIECE = 2**18


@dataclass(frozen=True, slots=True)
class WireColumn:
    """A column as it is sent.

    Attributes:
        name: The table's column.
        type: The Arrow type that it has been fitted to.
        is_jsonb: Whether it goes into a `jsonb`, whose binary format is one of its own.
    """

    name: str
    type: pa.DataType
    is_jsonb: bool = False


class CopyFormat(ABC):
    """A format of COPY: `options` as the statement says it."""

    options: str

    @abstractmethod
    def begin(self) -> bytes:
        """Return what stands before the rows."""

    @abstractmethod
    def rows(self, batch: pa.RecordBatch) -> bytes | memoryview:
        """Return the rows of a batch."""

    @abstractmethod
    def end(self) -> bytes:
        """Return what stands after the rows."""


class BinaryFormat(CopyFormat):
    """The binary format: values as the server keeps them, for types that the client knows."""

    options = "FORMAT binary"

    def __init__(self, columns: Sequence[WireColumn]) -> None:
        try:
            import pgpq
            from pgpq import encoders
            from pgpq import schema as types
        except ImportError as error:
            raise MissingDependencyError("pgpq", "postgres") from error
        fields = [pa.field(f"c{number}", column.type) for number, column in enumerate(columns)]
        builders: dict[str, Any] = {
            field.name: encoders.StringEncoderBuilder.new_with_output(field, types.Jsonb())
            if column.is_jsonb
            else pgpq.ArrowToPostgresBinaryEncoder.infer_encoder(field)
            for field, column in zip(fields, columns, strict=True)
        }
        self._schema = pa.schema(fields)
        self._encoder = pgpq.ArrowToPostgresBinaryEncoder.new_with_encoders(self._schema, builders)

    def begin(self) -> bytes:
        """Return the header."""
        return bytes(self._encoder.write_header())

    def rows(self, batch: pa.RecordBatch) -> bytes:
        """Return the rows, each with its values' lengths."""
        encoded: bytes = self._encoder.write_batch(
            pa.RecordBatch.from_arrays(batch.columns, schema=self._schema)
        )
        return encoded

    def end(self) -> bytes:
        """Return the trailer."""
        return bytes(self._encoder.finish())


class TextFormat(CopyFormat):
    """The text format: a line for each row, for types that only the server can read."""

    options = "FORMAT text, ENCODING 'UTF8'"

    def begin(self) -> bytes:
        """Return nothing: the format has no header."""
        return b""

    def rows(self, batch: pa.RecordBatch) -> memoryview:
        """Return a line for each row."""
        texts = [_copy_text(values) for values in batch.columns]
        lines = pc.binary_join_element_wise(*texts, "\t", null_handling="replace", null_replacement=_NULL)
        whole = pc.binary_join_element_wise(lines, "", "\n")
        offsets = whole.buffers()[1]
        first, last = (
            int.from_bytes(offsets[4 * at : 4 * at + 4].to_pybytes(), "little", signed=True)
            for at in (whole.offset, whole.offset + len(whole))
        )
        return memoryview(whole.buffers()[2])[first:last]

    def end(self) -> bytes:
        """Return nothing: the end of the data is the end of the rows."""
        return b""


def pieces(encoded: bytes | memoryview) -> list[memoryview]:
    """Return a batch's bytes in pieces that are sent one after the other."""
    view = memoryview(encoded)
    return [view[start : start + _PIECE] for start in range(0, len(view), _PIECE)]


def _copy_text(values: pa.Array) -> pa.Array:
    """Return the values as PostgreSQL reads them, with what has a meaning in the format escaped."""
    kind = values.type
    if pa.types.is_binary(kind) or pa.types.is_fixed_size_binary(kind):
        return _hexadecimal(values)
    if pa.types.is_date32(kind) or pa.types.is_timestamp(kind):
        return _calendar(values)
    texts = values if pa.types.is_string(kind) else to_text(values)
    if not pa.types.is_string(kind):
        return texts
    for character, escaped in _ESCAPES:
        if pc.any(pc.match_substring(texts, character)).as_py():
            texts = pc.replace_substring(texts, character, escaped)
    return texts


def _hexadecimal(values: pa.Array) -> pa.Array:
    uuid = pa.types.is_fixed_size_binary(values.type)
    prefix = "" if uuid else "\\\\x"
    return pa.array(
        [None if value is None else prefix + value.hex() for value in values.to_pylist()], pa.string()
    )


def _calendar(values: pa.Array) -> pa.Array:
    """Return dates or timestamps as texts; ISO knows no years before 1, which PostgreSQL writes with BC."""
    kind = values.type
    per_day = 1 if pa.types.is_date32(kind) else 86_400 * 10**6
    numbers = pc.cast(values, pa.int32() if per_day == 1 else pa.int64())
    extremes = pc.min_max(numbers).as_py()
    if extremes["min"] is None or (
        extremes["min"] >= _FIRST_DAY * per_day and extremes["max"] < _AFTER_LAST_DAY * per_day
    ):
        return to_text(values)
    zone = "+00" if per_day > 1 and kind.tz else ""
    return pa.array(
        [None if number is None else _far_date(number, per_day, zone) for number in numbers.to_pylist()],
        pa.string(),
    )


_FIRST_DAY = -719_162
_AFTER_LAST_DAY = 2_932_897
_CYCLE_DAYS = 146_097
_CYCLE_YEARS = 400


def _far_date(number: int, per_day: int, zone: str) -> str:
    from datetime import date

    day, micros = divmod(number, per_day)
    cycles, rest = divmod(day - _FIRST_DAY, _CYCLE_DAYS)
    near = date.fromordinal(rest + 1)
    year = near.year + cycles * _CYCLE_YEARS
    era, shown = (" BC", 1 - year) if year < 1 else ("", year)
    seconds, fraction = divmod(micros, 10**6)
    clock = (
        f" {seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{fraction:06}{zone}"
        if per_day > 1
        else ""
    )
    return f"{shown:04}-{near.month:02}-{near.day:02}{clock}{era}"
