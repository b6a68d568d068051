"""Loading a dataset into an Amazon Redshift table by COPY from S3.

Files whose types are those of the columns are copied where they are. Other rows are fitted here, written as Parquet of
exactly the columns' types into the staging area, and copied from there.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from dataduct.errors import DataError, SqlError
from dataduct.model.nearest import did_you_mean
from dataduct.model.operations import FileFormat
from dataduct.model.s3_uri import is_s3_uri
from dataduct.model.table import TableName
from dataduct.sql.dialect import quoted
from dataduct.warehouses.base import ColumnMatch, DatasetFiles, LoadResult
from dataduct.warehouses.dataset_files import column_names, source_position
from dataduct.warehouses.fitting_rows import FittedColumn, FittedRows
from dataduct.warehouses.misfits import Misfits, refusal
from dataduct.warehouses.redshift_catalog import read_columns
from dataduct.warehouses.redshift_commands import Commands
from dataduct.warehouses.redshift_guards import SideSession
from dataduct.warehouses.redshift_load_errors import read_load_errors
from dataduct.warehouses.redshift_refusals import context_lines
from dataduct.warehouses.redshift_session import LoadRefusedError, RedshiftSession
from dataduct.warehouses.redshift_staging import Area, StagedFile, Staging
from dataduct.warehouses.redshift_targets import Target, target_of

_PART_BYTES = 96 * 1024 * 1024
_ROW_GROUP_BYTES = 16 * 1024 * 1024
_TEMPORARY = TableName("dataduct_load_texts")
_LONGEST_TEXT = "VARCHAR(65535)"


@dataclass(frozen=True, slots=True)
class Loader:
    """How the transactions of one warehouse load.

    Attributes:
        side: Gives a session beside the transaction's.
        copy_options: The user's options for COPY of text files, or None.
    """

    staging: Staging
    commands: Commands
    side: SideSession
    copy_options: str | None

    def dataset_columns(
        self, session: RedshiftSession, files: DatasetFiles, file_format: FileFormat
    ) -> tuple[str | None, ...]:
        """Return the dataset's column names; see `Transaction.dataset_columns`."""
        if not files.paths or not is_s3_uri(files.paths[0]):
            return column_names(files, file_format)
        if files.manifest.format == "parquet":
            return tuple(self.staging.parquet_schema(files.paths[0]).names)
        if files.manifest.format == "files":
            return column_names(files, file_format)
        with self.staging.beginning(files, session.cancellation) as first:
            return column_names(first, file_format)

    def load(
        self,
        session: RedshiftSession,
        table: TableName,
        files: DatasetFiles,
        matches: Sequence[ColumnMatch],
        file_format: FileFormat,
        begin: Callable[[], None],
    ) -> LoadResult:
        """Insert the dataset's rows into `table`; see `Transaction.load`. `begin` is called before the first write."""
        found = read_columns(session, table)
        if found is None:
            raise SqlError(f"there is no table {table}", code="DD705")
        if not files.paths:
            return LoadResult(0)
        by_name = {column.name: column for column in found.columns}
        columns: list[tuple[str | int, Target]] = []
        for match in matches:
            column = by_name.get(match.target.name) or by_name.get(match.target.name.lower())
            if column is None:
                raise DataError(
                    f"{table} has no column {match.target.name}",
                    code="DD718",
                    hint=did_you_mean(match.target.name, by_name),
                )
            columns.append((match.source, target_of(column)))
        loading = _Loading(self, session, table, files, file_format, tuple(columns), begin)
        try:
            return loading.run()
        finally:
            pa.default_memory_pool().release_unused()


@dataclass(frozen=True, slots=True)
class _Loading:
    """The load of one dataset into one table."""

    loader: Loader
    session: RedshiftSession
    table: TableName
    files: DatasetFiles
    file_format: FileFormat
    columns: tuple[tuple[str | int, Target], ...]
    begin: Callable[[], None]

    def run(self) -> LoadResult:
        if self._is_servers_own():
            return self._copy_texts()
        if self._is_direct():
            return self._copy_where_they_are()
        return self._copy_fitted()

    @property
    def _targets(self) -> list[Target]:
        return [target for _, target in self.columns]

    @property
    def _names(self) -> list[str]:
        return [target.name for target in self._targets]

    # Files that are copied where they are

    def _is_direct(self) -> bool:
        """Whether COPY can take the files as they are: Parquet in S3, all its columns, of the columns' types."""
        if self.files.manifest.format != "parquet" or not all(is_s3_uri(path) for path in self.files.paths):
            return False
        if self.file_format.max_errors or any(target.fit.reading == "server" for target in self._targets):
            return False
        for uri in self.files.paths:
            schema = self.loader.staging.parquet_schema(uri)
            if len(schema) != len(self.columns) or not self._in_order(list(schema.names)):
                return False
            if not all(target.takes(field.type) for target, field in zip(self._targets, schema, strict=True)):
                return False
        return True

    def _in_order(self, names: list[str]) -> bool:
        return [source_position(names, source) for source, _ in self.columns] == list(range(len(names)))

    def _copy_where_they_are(self) -> LoadResult:
        with self.loader.staging.area() as area:
            manifest = area.write_manifest(self.loader.staging.sizes(self.files))
            self.begin()
            return LoadResult(self._copy(self.table, manifest))

    # Rows that are fitted here

    def _copy_fitted(self) -> LoadResult:
        with self.loader.staging.area() as area:
            with self.loader.staging.local(self.files, self.session.cancellation) as local:
                rows = self._rows(local)
                parts = self._write(area, rows)
            misfits = _all_misfits(rows)
            if misfits.count > self.file_format.max_errors:
                raise refusal(self.table, misfits, self.file_format.max_errors)
            if not parts:
                return LoadResult(0, misfits.lines)
            manifest = area.write_manifest(parts)
            self.begin()
            if any(target.conversion for target in self._targets):
                return LoadResult(self._copy_through_texts(manifest), misfits.lines)
            return LoadResult(self._copy(self.table, manifest, staged=True), misfits.lines)

    def _rows(self, files: DatasetFiles) -> FittedRows:
        columns = [
            FittedColumn(source, target.name, lambda _, target=target: target.fit)  # type: ignore[misc]
            for source, target in self.columns
        ]
        return FittedRows(files, columns, self.file_format)

    def _write(self, area: Area, rows: FittedRows) -> list[StagedFile]:
        """Write the fitted rows as Parquet files into the area; once too many do not fit, the rest is only judged."""
        schema = pa.schema([(f"c{n}", _staged_type(target)) for n, target in enumerate(self._targets)])
        parts: list[StagedFile] = []
        writer = _PartWriter(area.directory, schema)
        with writer.closing():
            for batch, _ in rows.batches():
                self.session.check()
                if _all_misfits(rows).count > self.file_format.max_errors:
                    continue
                writer.write(_staged(batch, schema))
                if writer.size >= _PART_BYTES:
                    parts.append(area.upload(writer.finish()))
            if writer.size and _all_misfits(rows).count <= self.file_format.max_errors:
                parts.append(area.upload(writer.finish()))
        return parts

    def _copy_through_texts(self, manifest: str) -> int:
        """Load a temporary table, and from there the columns whose types COPY does not take from Parquet."""
        temporary = quoted(_TEMPORARY.name)
        listed = ", ".join(quoted(name) for name in self._names)
        texts = [target.name for target in self._targets if target.conversion]
        others = [target.name for target in self._targets if not target.conversion]
        made = [f"CAST(NULL AS {_LONGEST_TEXT}) AS {quoted(name)}" for name in texts]
        shape = ", ".join([*made, *(quoted(name) for name in others)])
        self.session.execute(
            f"CREATE TEMPORARY TABLE {temporary} AS SELECT {shape} FROM {quoted(self.table.schema, self.table.name)} "
            "WHERE false"
        )
        rows = self._copy(_TEMPORARY, manifest, staged=True)
        values = ", ".join(
            (target.conversion or "{}").format(quoted(target.name)) for target in self._targets
        )
        try:
            self.session.execute(
                f"INSERT INTO {quoted(self.table.schema, self.table.name)} ({listed}) "
                f"SELECT {values} FROM {temporary}"
            )
        except (DataError, SqlError) as error:
            raise DataError(
                f"the dataset cannot be loaded into {self.table}: {error.message}",
                code="DD707",
                details=error.details,
            ) from error
        self.session.execute(f"DROP TABLE {temporary}")
        return rows

    # Text files that the cluster reads itself

    @property
    def _own_options(self) -> str | None:
        return self.file_format.copy_options or self.loader.copy_options

    def _is_servers_own(self) -> bool:
        if self._own_options is None or self.files.manifest.format not in ("tsv", "csv"):
            return False
        found = self.loader.dataset_columns(self.session, self.files, self.file_format)
        names = [name or str(number) for number, name in enumerate(found)]
        return len(names) == len(self.columns) and self._in_order(names)

    def _copy_texts(self) -> LoadResult:
        endings = {PurePosixPath(path).suffix for path in self.files.paths} & {".gz", ".bz2", ".zst"}
        with self.loader.staging.area() as area:
            if all(is_s3_uri(path) for path in self.files.paths):
                files = self.loader.staging.sizes(self.files)
            else:
                files = [area.upload(path) for path in _linked(self.files.paths, area.directory)]
            manifest = area.write_manifest(files)
            self.begin()
            command = self.loader.commands.copy_text(
                self.table,
                self._names,
                manifest,
                is_csv=self.files.manifest.format == "csv",
                ending=next(iter(endings), ""),
                file_format=self.file_format,
                more=self._own_options or "",
            )
            try:
                rows = self.session.copy(command)
            except LoadRefusedError as error:
                lines = self._load_errors()
                if lines:
                    raise refusal(
                        self.table, Misfits(len(lines), lines), self.file_format.max_errors
                    ) from error
                raise self._refused(error) from error
        last = str(self.session.fetch("SELECT pg_last_copy_id()")[0][0])
        return LoadResult(rows, read_load_errors(self.session, f"query = {int(last)}"))

    # COPY and its refusals

    def _copy(self, table: TableName, manifest: str, *, staged: bool = False) -> int:
        explicit = any(target.explicit_id for target in self._targets)
        command = self.loader.commands.copy_parquet(table, self._names, manifest, explicit_ids=explicit)
        try:
            return self.session.copy(command)
        except LoadRefusedError as error:
            if not staged:
                self._raise_misfits()
            raise self._refused(error) from error

    def _raise_misfits(self) -> None:
        """Raise what is wrong with the rows that COPY refused, if it is something that can be seen here."""
        with self.loader.staging.local(self.files, self.session.cancellation) as local:
            rows = self._rows(local)
            for _ in rows.batches():
                self.session.check()
        if rows.misfits.count:
            raise refusal(self.table, rows.misfits)

    def _refused(self, error: LoadRefusedError) -> DataError:
        lines = self._load_errors() if "stl_load_errors" in error.words.lower() else ()
        return DataError(
            f"the dataset cannot be loaded into {self.table}: {error.words}",
            code="DD707",
            details=lines or context_lines(error.detail),
        )

    def _load_errors(self) -> tuple[str, ...]:
        """Return the lines that the last COPY of the session refused; its transaction has failed."""
        process = self.session.connection.info.backend_pid
        with self.loader.side() as side:
            return read_load_errors(
                side,
                f"session = {process} AND query = (SELECT max(query) FROM stl_load_errors WHERE session = {process})",
            )


class _PartWriter:
    """Writes batches into one Parquet file after the other.

    Attributes:
        size: Bytes in the open file so far.
    """

    def __init__(self, directory: Path, schema: pa.Schema) -> None:
        self._directory = directory
        self._schema = schema
        self._number = 0
        self._held: list[pa.RecordBatch] = []
        self._held_bytes = 0
        self._path: Path | None = None
        self._writer: pq.ParquetWriter | None = None

    @property
    def size(self) -> int:
        written = self._path.stat().st_size if self._path is not None else 0
        return written + self._held_bytes

    def write(self, batch: pa.RecordBatch) -> None:
        """Write a batch; small ones are gathered into a row group."""
        self._held.append(batch)
        self._held_bytes += max(1, batch.nbytes)
        if self._held_bytes >= _ROW_GROUP_BYTES:
            self._flush()

    def finish(self) -> Path:
        """Close the open file and return it."""
        self._flush()
        writer, path = self._writer, self._path
        assert writer is not None and path is not None
        writer.close()
        self._writer = self._path = None
        return path

    @contextmanager
    def closing(self) -> Iterator[None]:
        """Close what is open at the end of the block."""
        try:
            yield
        finally:
            if self._writer is not None:
                self._writer.close()

    def _flush(self) -> None:
        if not self._held:
            return
        if self._writer is None:
            self._path = self._directory / f"part-{self._number:05d}.parquet"
            self._number += 1
            self._writer = pq.ParquetWriter(
                self._path, self._schema, compression="snappy", store_schema=False
            )
        self._writer.write_table(pa.Table.from_batches(self._held, self._schema))
        self._held, self._held_bytes = [], 0


def _staged_type(target: Target) -> pa.DataType:
    return pa.string() if target.conversion else target.fit.type


def _staged(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    arrays = [
        column if column.type == field.type else pc.cast(column, field.type)
        for column, field in zip(batch.columns, schema, strict=True)
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _all_misfits(rows: FittedRows) -> Misfits:
    return Misfits(rows.misfits.count + len(rows.unreadable), (*rows.unreadable, *rows.misfits.lines))


def _linked(paths: Sequence[str], directory: Path) -> Iterator[Path]:
    """Yield links to files, which an upload may delete, each with a name of its own."""
    for number, path in enumerate(paths):
        link = directory / f"{number:05d}-{PurePosixPath(path).name}"
        link.symlink_to(Path(path).resolve())
        yield link
