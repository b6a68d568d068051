"""The files of an UNLOAD."""

import csv
import datetime
import decimal
import io
import json
import re
import tempfile
from collections.abc import Sequence
from typing import IO

import pyarrow as pa
import pyarrow.parquet as pq

from redshift_standin.copy_options import UnloadCommand
from redshift_standin.errors import RedshiftError
from redshift_standin.object_store import ObjectStore, split_uri
from redshift_standin.tokens import meaningful, tokenize

Row = list[str | None]

_SLICES = 2
_DEFAULT_SIZE = int(6.2 * (1 << 30))
_BATCH_ROWS = 16_384
_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\"}
_SUFFIX = {"gzip": ".gz", "bzip2": ".bz2", "zstd": ".zst"}
_CODEC = {"gzip": "gzip", "bzip2": "bz2", "zstd": "zstd"}


def check_query(query: str) -> None:
    """Refuse what UNLOAD refuses in its query: a LIMIT at the outermost SELECT, and more than one SELECT."""
    depth = 0
    tokens = meaningful(tokenize(query))
    if not tokens or tokens[0].word not in ("select", "with", "("):
        raise RedshiftError("42601", "UNLOAD takes a SELECT")
    for token in tokens:
        depth += {"(": 1, ")": -1}.get(token.word, 0)
        if depth == 0 and token.word == "limit":
            raise RedshiftError("0A000", "Limit clause is not supported in UNLOAD's outermost SELECT")


class Unload:
    """An UNLOAD under way: rows go round the slices, each with a file open. `rows` counts them."""

    def __init__(
        self, command: UnloadCommand, columns: list[tuple[str, int, int]], store: ObjectStore
    ) -> None:
        self.command = command
        self.columns = columns
        self.store = store
        self.rows = 0
        self.written: list[tuple[str, int, int]] = []
        parallel = bool(command.options.values.get("parallel", True))
        self.slices = [
            _Slice(self, number if parallel else None) for number in range(_SLICES if parallel else 1)
        ]
        if command.options.format == "parquet":
            parquet_schema(columns)

    def prepare(self) -> None:
        """Refuse to write among files that are there, unless the options allow it."""
        options = self.command.options
        there = self.store.below(self.command.location)
        if options.flag("cleanpath"):
            for stored in there:
                self.store.delete(stored)
        elif there and not options.flag("allowoverwrite"):
            raise RedshiftError(
                "XX000",
                "Specified unload destination on S3 is not empty. Consider using a different bucket / prefix, "
                "manually removing the target files in S3, or using the ALLOWOVERWRITE option.",
            )

    def take(self, payloads: Sequence[bytes]) -> None:
        """Rows in PostgreSQL's text format."""
        for payload in payloads:
            self.slices[self.rows % len(self.slices)].add(read_copy_row(payload))
            self.rows += 1

    def finish(self) -> None:
        """Store what is open, then the manifest."""
        for part in self.slices:
            part.close()
        if self.command.options.flag("manifest"):
            bucket, key = split_uri(self.command.location)
            self.store.put(
                bucket, key + "manifest", io.BytesIO(json.dumps(self._manifest(), indent=2).encode())
            )

    def _manifest(self) -> dict[str, object]:
        verbose, parquet = self.command.options.flag("verbose"), self.command.options.format == "parquet"
        entries: list[dict[str, object]] = []
        for url, size, rows in self.written:
            entry: dict[str, object] = {"url": url}
            if verbose or parquet:
                entry["meta"] = {"content_length": size} | ({"record_count": rows} if verbose else {})
            entries.append(entry)
        made: dict[str, object] = {"entries": entries}
        if verbose:
            elements = [{"name": name, "type": {"base": _base_type(oid)}} for name, oid, _ in self.columns]
            total = sum(size for _, size, _ in self.written)
            made |= {
                "schema": {"elements": elements},
                "meta": {"content_length": total, "record_count": self.rows},
            }
            made |= {"author": {"name": "Amazon Redshift", "version": "1.0.0"}}
        return made

    def name(self, number: int | None, part: int) -> str:
        """The URI of a file: slice and part in parallel, else a running number."""
        options = self.command.options
        suffix = ".parquet" if options.format == "parquet" else ""
        suffix += next((_SUFFIX[codec] for codec in _SUFFIX if options.flag(codec)), "")
        middle = f"{part:03d}" if number is None else f"{number:04d}_part_{part:02d}"
        return self.command.location + middle + suffix


class _Slice:
    """One slice's open file."""

    def __init__(self, unload: Unload, number: int | None) -> None:
        self.unload = unload
        self.number = number
        self.part = 0
        self.held: list[Row] = []
        self.file: _ParquetFile | _TextFile | None = None

    def add(self, row: Row) -> None:
        self.held.append(row)
        if len(self.held) >= _BATCH_ROWS:
            self._flush()

    def _flush(self) -> None:
        if not self.held:
            return
        if self.file is None:
            parquet = self.unload.command.options.format == "parquet"
            self.file = _ParquetFile(self.unload) if parquet else _TextFile(self.unload)
        self.file.write(self.held)
        self.held = []
        if self.file.size() >= self.unload.command.options.number("maxfilesize", _DEFAULT_SIZE):
            self._store()

    def _store(self) -> None:
        if self.file is None:
            return
        body = self.file.close()
        size = body.seek(0, io.SEEK_END)
        body.seek(0)
        uri = self.unload.name(self.number, self.part)
        with body:
            self.unload.store.put(*split_uri(uri), body)
        self.unload.written.append((uri, size, self.file.rows))
        self.file = None
        self.part += 1

    def close(self) -> None:
        self._flush()
        self._store()


class _KeptOpen(io.RawIOBase):
    """Writes to a file that stays open when this is closed."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        return self.file.write(data)


class _TextFile:
    """A delimited or CSV file being written."""

    def __init__(self, unload: Unload) -> None:
        self.options = unload.command.options
        self.rows = 0
        self.spool: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - the slice closes it when it is stored
        codec = next((_CODEC[name] for name in _CODEC if self.options.flag(name)), None)
        self.sink = (
            pa.CompressedOutputStream(pa.PythonFile(_KeptOpen(self.spool), "w"), codec) if codec else None
        )
        if self.options.flag("header"):
            self._write(self._line([name for name, _, _ in unload.columns]))

    def _write(self, text: str) -> None:
        (self.sink or self.spool).write(text.encode())

    def write(self, rows: list[Row]) -> None:
        self._write("".join(self._line(row) for row in rows))
        self.rows += len(rows)

    def _line(self, row: Row) -> str:
        delimiter = self.options.text("delimiter", "," if self.options.format == "csv" else "|")
        null = self.options.text("null", "")
        if self.options.format == "csv":
            out = io.StringIO()
            csv.writer(out, delimiter=delimiter, lineterminator="\n").writerow(
                [null if value is None else value for value in row]
            )
            return out.getvalue()
        return delimiter.join(self._field(value, delimiter, null) for value in row) + "\n"

    def _field(self, value: str | None, delimiter: str, null: str) -> str:
        if value is None:
            return null
        if self.options.flag("escape"):
            value = re.sub(
                r'[\\\n\r"\'' + re.escape(delimiter) + "]", lambda found: "\\" + found.group(), value
            )
        return f'"{value}"' if self.options.flag("addquotes") else value

    def size(self) -> int:
        return self.spool.tell()

    def close(self) -> IO[bytes]:
        if self.sink is not None:
            self.sink.close()
        return self.spool


class _ParquetFile:
    """A Parquet file being written."""

    def __init__(self, unload: Unload) -> None:
        self.schema = parquet_schema(unload.columns)
        self.rows = 0
        self.spool: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - the slice closes it when it is stored
        self.writer = pq.ParquetWriter(self.spool, self.schema, compression="snappy")

    def write(self, rows: list[Row]) -> None:
        arrays = [
            pa.array([_parquet_value(row[place], field.type) for row in rows], field.type)
            for place, field in enumerate(self.schema)
        ]
        self.writer.write_table(pa.Table.from_arrays(arrays, schema=self.schema))
        self.rows += len(rows)

    def size(self) -> int:
        return self.spool.tell()

    def close(self) -> IO[bytes]:
        self.writer.close()
        return self.spool


def read_copy_row(payload: bytes) -> Row:
    """A row of PostgreSQL's COPY text format."""
    return [
        None
        if part == "\\N"
        else re.sub(r"\\(.)", lambda found: _ESCAPES.get(found.group(1), found.group(1)), part)
        for part in payload.decode().removesuffix("\n").split("\t")
    ]


_BASES = {21: "smallint", 23: "integer", 20: "bigint", 1700: "numeric", 700: "real", 701: "double precision",
          16: "boolean", 1042: "character", 1043: "character varying", 25: "character varying", 1082: "date",
          1114: "timestamp without time zone", 1184: "timestamp with time zone", 3802: "super",
          17: "varbyte"}  # fmt: skip


def _base_type(oid: int) -> str:
    return _BASES.get(oid, "character varying")


def parquet_schema(columns: list[tuple[str, int, int]]) -> pa.Schema:
    """The Parquet types of an UNLOAD. Raises `RedshiftError` for a type that Parquet files do not take."""
    plain = {
        21: pa.int16(), 23: pa.int32(), 20: pa.int64(), 700: pa.float32(), 701: pa.float64(), 16: pa.bool_(),
        1042: pa.string(), 1043: pa.string(), 25: pa.string(), 1082: pa.date32(), 1114: pa.timestamp("us"),
        1184: pa.timestamp("us", "UTC"), 3802: pa.string(), 17: pa.binary(),
    }  # fmt: skip
    fields = []
    for name, oid, modifier in columns:
        if oid == 1700:
            precision, scale = ((modifier - 4) >> 16, (modifier - 4) & 0xFFFF) if modifier > 4 else (38, 10)
            fields.append(pa.field(name, pa.decimal128(precision, scale)))
        elif oid in plain:
            fields.append(pa.field(name, plain[oid]))
        else:
            raise RedshiftError("0A000", f'UNLOAD to PARQUET does not support the type of column "{name}"')
    return pa.schema(fields)


def _parquet_value(text: str | None, kind: pa.DataType) -> object:
    if text is None:
        return None
    if pa.types.is_integer(kind):
        return int(text)
    if pa.types.is_decimal(kind):
        return decimal.Decimal(text).quantize(
            decimal.Decimal(1).scaleb(-kind.scale), context=decimal.Context(prec=60)
        )
    if pa.types.is_floating(kind):
        return float(text)
    if pa.types.is_boolean(kind):
        return text == "t"
    if pa.types.is_date(kind):
        return datetime.date.fromisoformat(text)
    if pa.types.is_timestamp(kind):
        return datetime.datetime.fromisoformat(text)
    if pa.types.is_binary(kind):
        return bytes.fromhex(text.removeprefix("\\x"))
    return text
