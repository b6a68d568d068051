"""Datasets in and out of a storage: rows as Parquet, files as they are, both ways for scripts."""

import os
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path, PurePosixPath

import pyarrow as pa
import pyarrow.parquet as pq

from dataduct.errors import Interrupted, StorageError, TransientError
from dataduct.model.cancellation import Cancellation
from dataduct.model.dataset import DatasetFormat, Field, Manifest, Part
from dataduct.storage.base import Storage
from dataduct.storage.delimited_writer import write_delimited
from dataduct.storage.failures import storage_errors
from dataduct.storage.parquet import BackgroundWriter, ParquetParts, PartLimits, row_groups

Progress = Callable[[int, int], None]
"""Called with the rows (or files) and the bytes handled so far."""

_BLOCK = 4 * 1024 * 1024
_STAGED_ROWS = 65_536


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file to bring into a dataset.

    Attributes:
        name: Its relative name in the dataset (`sub/a.tsv`).
        origin: Where it comes from, for messages.
        copy: Writes it to a local path, and returns its size in bytes.
    """

    name: str
    origin: str
    copy: Callable[[Path, Cancellation], int]


def write_rows(
    storage: Storage,
    key: str,
    reader: pa.RecordBatchReader,
    *,
    producer: str,
    cancellation: Cancellation,
    progress: Progress | None = None,
    limits: PartLimits | None = None,
) -> Manifest:
    """Stream `reader` into Parquet parts and publish them as dataset `key`; return its manifest.

    At most a few row groups are in memory, and none when it is done. Zero rows make one part that holds the schema.
    `progress` is given rows and bytes of Arrow memory read so far. On any error nothing is published and this
    attempt's files are deleted.

    Raises:
        Interrupted: `cancellation` was requested.
        StorageError: The disk is full or cannot be written.
    """
    limits = limits or PartLimits(part_bytes=storage.part_bytes)
    with _attempt(storage, key) as attempt:
        parts = ParquetParts(reader.schema, attempt.place, attempt.numbered, limits, closed=attempt.written)
        writer = BackgroundWriter(parts)
        try:
            for group in row_groups(_watched(reader, cancellation, progress), reader.schema, limits):
                writer.write(group)
            check_cancelled(cancellation)
            writer.finish()
        except BaseException:
            writer.abandon()
            raise
        manifest = Manifest(
            format="parquet",
            parts=tuple(parts.parts),
            fields=tuple(Field(field.name, str(field.type), field.nullable) for field in reader.schema),
            rows=sum(part.rows or 0 for part in parts.parts),
            bytes=sum(part.bytes for part in parts.parts),
            producer=producer,
        )
        storage.publish(key, manifest)
    pa.default_memory_pool().release_unused()
    return manifest


def write_files(
    storage: Storage,
    key: str,
    sources: Sequence[tuple[Path, str]],
    *,
    format: DatasetFormat,
    producer: str,
    cancellation: Cancellation,
    progress: Progress | None = None,
) -> Manifest:
    """Copy local files into the storage and publish them as dataset `key`; see `publish_files`.

    Args:
        sources: Each file and its relative name in the dataset (`sub/a.tsv`).
    """
    return publish_files(
        storage,
        key,
        [SourceFile(name, str(path), partial(copy_file, path)) for path, name in sources],
        format=format,
        producer=producer,
        cancellation=cancellation,
        progress=progress,
    )


def publish_files(
    storage: Storage,
    key: str,
    sources: Sequence[SourceFile],
    *,
    format: DatasetFormat,
    producer: str,
    cancellation: Cancellation,
    progress: Progress | None = None,
) -> Manifest:
    """Copy files into the storage and publish them as dataset `key`; return its manifest.

    Args:
        sources: The files. Hidden ones are left out; no file at all is an empty dataset.
        progress: Given the files and bytes copied so far.

    Raises:
        StorageError: A file cannot be read or written, or two have the same name.
        Interrupted: `cancellation` was requested.
    """
    visible = [source for source in sources if not _is_hidden(source.name)]
    _refuse_equal_names(visible)
    parts: list[Part] = []
    copied = 0
    with _attempt(storage, key) as attempt:
        for source in visible:
            part = attempt.named(PurePosixPath(source.name).as_posix())
            size = source.copy(attempt.place(part), cancellation)
            attempt.written(part)
            parts.append(Part(part, None, size))
            copied += size
            if progress is not None:
                progress(len(parts), copied)
        check_cancelled(cancellation)
        manifest = Manifest(format=format, parts=tuple(parts), bytes=copied, producer=producer)
        storage.publish(key, manifest)
    return manifest


def directory_files(directory: Path) -> list[tuple[Path, str]]:
    """Return the regular files below `directory`, each with its relative name, in the order of the names.

    Hidden files and directories are left out. Raises `StorageError` if the directory cannot be read.
    """

    def fail(error: OSError) -> None:
        raise error

    found: list[tuple[Path, str]] = []
    with storage_errors("read", directory):
        for parent, directories, files in os.walk(directory, onerror=fail):
            directories[:] = [name for name in directories if not name.startswith(".")]
            here = Path(parent)
            found += [
                (here / name, (here / name).relative_to(directory).as_posix())
                for name in files
                if not name.startswith(".") and (here / name).is_file()
            ]
    return sorted(found, key=lambda entry: entry[1])


def collect_from_command(
    storage: Storage,
    key: str,
    directory: Path,
    *,
    producer: str,
    cancellation: Cancellation,
    format: DatasetFormat = "tsv",
    progress: Progress | None = None,
) -> Manifest:
    """Publish the files that a command left in `directory` as dataset `key`; see `write_files`."""
    return write_files(
        storage,
        key,
        directory_files(directory),
        format=format,
        producer=producer,
        cancellation=cancellation,
        progress=progress,
    )


def stage_for_command(storage: Storage, key: str, directory: Path, *, cancellation: Cancellation) -> None:
    r"""Put dataset `key` into a local directory for a command to read (and to change: they are copies).

    Parquet parts become TSV files in the style of PostgreSQL's COPY: no header, tabs, `\N` for NULL, and
    backslash escapes. Other formats keep their names.

    Raises:
        StorageError: Nothing is published under `key`, a part is missing, or the directory cannot be written.
        Interrupted: `cancellation` was requested.
    """
    manifest = storage.manifest(key)
    if manifest is None:
        raise StorageError(
            f"dataset {key} is not in the storage",
            code="DD748",
            hint="run the step that writes it first",
        )
    for part in manifest.parts:
        check_cancelled(cancellation)
        target = directory / part_name(part)
        if manifest.format == "parquet":
            target = target.with_suffix(".tsv")
        with storage_errors("make the directory", target.parent):
            target.parent.mkdir(parents=True, exist_ok=True)
        with storage.fetched(key, replace(manifest, parts=(part,))) as (path,):
            if manifest.format == "parquet":
                _parquet_to_tsv(path, target, cancellation)
            else:
                copy_file(Path(path), target, cancellation)


def part_name(part: Part) -> str:
    """Return the name of a part without the directory of the attempt that wrote it."""
    return PurePosixPath(*PurePosixPath(part.path).parts[1:]).as_posix()


def check_cancelled(cancellation: Cancellation) -> None:
    """Raise `Interrupted` if the work was asked to stop."""
    if cancellation.requested:
        raise Interrupted(cancellation.reason or "asked to stop", code="DD779")


class _Attempt:
    """The files of one attempt to write a dataset: a directory of their own, below the dataset's."""

    def __init__(self, storage: Storage, key: str) -> None:
        self._storage = storage
        self._key = key
        self._name = secrets.token_hex(8)
        self._parts: list[str] = []

    def named(self, name: str) -> str:
        return f"{self._name}/{name}"

    def numbered(self, number: int) -> str:
        return self.named(f"part-{number:05}.parquet")

    def place(self, part: str) -> Path:
        self._parts.append(part)
        return self._storage.local_path(self._key, part)

    def written(self, part: str) -> None:
        self._storage.written(self._key, part)

    def discard(self) -> None:
        """Delete the attempt's parts, unless they were published after all."""
        if self._parts and not self._is_published():
            self._storage.discard(self._key, self._parts)

    def _is_published(self) -> bool:
        manifest = self._storage.manifest(self._key)
        return manifest is not None and any(part.path.startswith(f"{self._name}/") for part in manifest.parts)


@contextmanager
def _attempt(storage: Storage, key: str) -> Iterator[_Attempt]:
    attempt = _Attempt(storage, key)
    try:
        yield attempt
    except BaseException:
        with suppress(StorageError, TransientError):  # what cannot be deleted stays: no manifest lists it
            attempt.discard()
        raise


def _watched(
    reader: pa.RecordBatchReader, cancellation: Cancellation, progress: Progress | None
) -> Iterator[pa.RecordBatch]:
    rows = size = 0
    for batch in reader:
        check_cancelled(cancellation)
        yield batch
        rows += batch.num_rows
        size += batch.nbytes
        if progress is not None:
            progress(rows, size)


def _is_hidden(name: str) -> bool:
    return any(segment.startswith(".") for segment in PurePosixPath(name).parts)


def _refuse_equal_names(sources: Sequence[SourceFile]) -> None:
    by_name: dict[str, str] = {}
    for source in sources:
        name = PurePosixPath(source.name).as_posix()
        if name in by_name:
            raise StorageError(
                f"two files have the name {name} in one dataset: {by_name[name]} and {source.origin}",
                code="DD749",
                hint="rename one of them, or copy them in two steps",
            )
        by_name[name] = source.origin


def copy_file(source: Path, target: Path, cancellation: Cancellation) -> int:
    """Copy one file block by block; return its size in bytes."""
    size = 0
    with storage_errors("read", source):
        file = source.open("rb")
    with file:
        with storage_errors("write", target):
            copy = target.open("wb")
        with copy:
            while True:
                check_cancelled(cancellation)
                with storage_errors("read", source):
                    block = file.read(_BLOCK)
                if not block:
                    break
                with storage_errors("write", target):
                    copy.write(block)
                size += len(block)
            with storage_errors("write", target):
                copy.flush()
    return size


def _parquet_to_tsv(path: str, target: Path, cancellation: Cancellation) -> None:
    try:
        with pq.ParquetFile(path) as parquet:

            def batches() -> Iterator[pa.RecordBatch]:
                for batch in parquet.iter_batches(_STAGED_ROWS):
                    check_cancelled(cancellation)
                    yield batch

            write_delimited(pa.RecordBatchReader.from_batches(parquet.schema_arrow, batches()), target)
    except (pa.ArrowInvalid, OSError) as error:
        raise StorageError(
            f"cannot read part {path}: {error}",
            code="DD743",
            hint="the file is damaged; run the step that writes it again",
        ) from error
