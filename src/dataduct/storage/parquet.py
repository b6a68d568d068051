"""Arrow batches to Parquet parts of bounded size, on a thread of their own."""

import queue
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from dataduct.errors import TransientError
from dataduct.model.dataset import Part
from dataduct.storage.failures import storage_errors

_SAMPLE_ROWS = 65_536
_DISTINCT_SHARE = 0.2


@dataclass(frozen=True, slots=True)
class PartLimits:
    """How large what is written may grow.

    Attributes:
        group_rows: Rows of a row group, at most.
        group_bytes: Arrow memory of a row group, about.
        part_bytes: Size at which a part file is closed and the next begun.
    """

    group_rows: int = 1_000_000
    group_bytes: int = 8 * 1024 * 1024
    part_bytes: int = 256 * 1024 * 1024


class ParquetParts:
    """Writes row groups to numbered part files; `parts` lists the closed ones. Not thread-safe.

    Args:
        schema: The columns of every row group.
        place: Gives the local path for a part's name, its directory made.
        name: The name of part number `n`, from 0.
        closed: Told the name of each part once its file is whole.
    """

    def __init__(
        self,
        schema: pa.Schema,
        place: Callable[[str], Path],
        name: Callable[[int], str],
        limits: PartLimits,
        *,
        closed: Callable[[str], None],
    ) -> None:
        self.parts: list[Part] = []
        self._schema = schema
        self._place = place
        self._name = name
        self._limits = limits
        self._closed = closed
        self._path: Path | None = None
        self._file: BinaryIO | None = None
        self._writer: pq.ParquetWriter | None = None
        self._rows = 0
        self._dictionary_columns: list[str] | None = None

    def write(self, group: pa.Table) -> None:
        """Write one row group; begin a new part if none is open, close it once it is large enough.

        Raises:
            StorageError: The disk is full or cannot be written.
            TransientError: The attempt's directory was deleted meanwhile.
        """
        if self._dictionary_columns is None:
            self._dictionary_columns = _low_cardinality_columns(group)
        writer, file = self._open_part()
        with storage_errors("write", self._path or ""):
            writer.write_table(group, row_group_size=max(1, group.num_rows))
            self._rows += group.num_rows
            if file.tell() >= self._limits.part_bytes:
                self._close_part()

    def finish(self) -> None:
        """Close the open part; write an empty one with the schema if there was no row group at all."""
        if not self.parts and self._writer is None:
            self.write(self._schema.empty_table())
        with storage_errors("write", self._path or ""):
            self._close_part()

    def abandon(self) -> None:
        """Close the open part, whatever state it is in."""
        writer, file = self._writer, self._file
        self._writer = self._file = None
        try:
            if writer is not None:
                writer.close()
        except (OSError, pa.ArrowException):
            pass
        finally:
            if file is not None:
                _close_quietly(file)

    def _open_part(self) -> tuple[pq.ParquetWriter, BinaryIO]:
        if self._writer is None or self._file is None:
            path = self._place(self._name(len(self.parts)))
            self._path = path
            try:
                with storage_errors("write", path):
                    self._file = path.open("xb")
                    self._writer = pq.ParquetWriter(
                        self._file,
                        self._schema,
                        compression="zstd",
                        compression_level=1,
                        use_dictionary=self._dictionary_columns or False,
                    )
            except Exception as error:
                if isinstance(error.__cause__, FileNotFoundError):
                    raise TransientError(
                        f"the directory of {path} was deleted by another attempt", code="DD747"
                    ) from error
                raise
        return self._writer, self._file

    def _close_part(self) -> None:
        if self._writer is None or self._file is None:
            return
        self._writer.close()
        self._file.flush()
        size = self._file.tell()
        self._file.close()
        part = Part(self._name(len(self.parts)), self._rows, size)
        self.parts.append(part)
        self._writer = self._file = None
        self._rows = 0
        self._closed(part.path)


class BackgroundWriter:
    """Hands row groups to `ParquetParts` on another thread, at most one waiting, while the caller reads on."""

    def __init__(self, parts: ParquetParts) -> None:
        self._parts = parts
        self._queue: queue.Queue[pa.Table | None] = queue.Queue(maxsize=1)
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="parquet-writer", daemon=True)
        self._thread.start()

    def write(self, group: pa.Table) -> None:
        """Queue one row group; raise what the writing of an earlier one raised."""
        self._raise_failure()
        self._queue.put(group)

    def finish(self) -> None:
        """Wait until everything is written and the last part is closed."""
        self._stop()
        self._raise_failure()
        self._parts.finish()

    def abandon(self) -> None:
        """Stop without writing what waits."""
        self._failure = self._failure or RuntimeError("abandoned")
        self._stop()
        self._parts.abandon()

    def _stop(self) -> None:
        self._queue.put(None)
        self._thread.join()

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise self._failure

    def _run(self) -> None:
        while (group := self._queue.get()) is not None:
            if self._failure is None:
                try:
                    self._parts.write(group)
                except BaseException as error:  # noqa: BLE001 - handed to the thread that writes the dataset
                    self._failure = error


def row_groups(
    batches: Iterator[pa.RecordBatch], schema: pa.Schema, limits: PartLimits
) -> Iterator[pa.Table]:
    """Yield the rows of `batches` as tables of about `limits.group_bytes` and at most `limits.group_rows` rows."""
    waiting: list[pa.RecordBatch] = []
    rows = size = 0
    for batch in batches:
        for piece in _pieces(batch, limits):
            if waiting and (
                rows + piece.num_rows > limits.group_rows or size + piece.nbytes > limits.group_bytes
            ):
                yield pa.Table.from_batches(waiting, schema)
                waiting, rows, size = [], 0, 0
            waiting.append(piece)
            rows += piece.num_rows
            size += piece.nbytes
    if waiting:
        yield pa.Table.from_batches(waiting, schema)


def _pieces(batch: pa.RecordBatch, limits: PartLimits) -> Iterator[pa.RecordBatch]:
    if batch.num_rows == 0:
        return
    count = max(-(-batch.num_rows // limits.group_rows), -(-batch.nbytes // limits.group_bytes), 1)
    rows = -(-batch.num_rows // count)
    for start in range(0, batch.num_rows, rows):
        yield batch.slice(start, rows)


def _low_cardinality_columns(group: pa.Table) -> list[str]:
    sample = group.slice(0, _SAMPLE_ROWS)
    names = [name for name in sample.schema.names if sample.schema.names.count(name) == 1]
    return [
        name
        for name in names
        if not pa.types.is_nested(sample.schema.field(name).type)
        and not pa.types.is_boolean(sample.schema.field(name).type)
        and not pa.types.is_null(sample.schema.field(name).type)
        and pc.count_distinct(sample[name]).as_py() <= sample.num_rows * _DISTINCT_SHARE
    ]


def _close_quietly(file: BinaryIO) -> None:
    try:
        file.close()
    except OSError:
        return
