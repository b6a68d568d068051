"""The bucket through which rows come to and go from the cluster. Nothing stays there."""

import json
import secrets
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import pyarrow as pa
import pyarrow.parquet as pq

from dataduct.errors import DataductError, RunError, StorageError
from dataduct.model.cancellation import Cancellation
from dataduct.model.s3_uri import S3Uri, is_s3_uri, parse_s3_uri
from dataduct.storage.s3_bucket import Bucket, S3Object
from dataduct.storage.s3_errors import s3_errors
from dataduct.storage.s3_settings import check_connection
from dataduct.storage.s3_transfer import Download, Uploads, download
from dataduct.storage.scratch import Scratch
from dataduct.warehouses.base import DatasetFiles
from dataduct.warehouses.redshift_refusals import renamed

_MANIFEST = "manifest.json"
_FOOTER_BYTES = 64 * 1024
_BEGINNING_BYTES = 1024 * 1024
_TAIL = 8
_DELETE_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class StagedFile:
    """An object that a manifest names."""

    uri: str
    size: int


class Staging:
    """The staging prefix of a warehouse. Thread-safe."""

    def __init__(self, options: dict[str, object], place: S3Uri, scratch: Path) -> None:
        self._options = check_connection({"type": "s3", **options}, alias="staging")
        self._place = place
        self._bucket = Bucket(self._options, place.bucket)
        self._scratch = Scratch(scratch, "s3-")

    @contextmanager
    def area(self) -> Iterator["Area"]:
        """Give a prefix of its own for the block, at whose end every object below it is deleted."""
        with tempfile.TemporaryDirectory(prefix="staging-", dir=self._scratch.directory) as directory:
            area = Area(self._bucket, f"{self._place.key}{secrets.token_hex(12)}/", Path(directory))
            try:
                yield area
            finally:
                area.clear()

    @contextmanager
    def local(self, files: DatasetFiles, cancellation: Cancellation) -> Iterator[DatasetFiles]:
        """Give a dataset's files as local ones for the block; errors name those that were given."""
        if not any(is_s3_uri(path) for path in files.paths):
            yield files
            return
        with tempfile.TemporaryDirectory(prefix="fetched-", dir=self._scratch.directory) as directory:
            paths: list[str] = []
            wanted: dict[str, list[Download]] = {}
            for number, file in enumerate(self.sizes(files)):
                uri = parse_s3_uri(file.uri)
                path = Path(directory) / str(number) / PurePosixPath(uri.key).name
                wanted.setdefault(uri.bucket, []).append(Download(uri.key, file.size, path))
                paths.append(str(path))
            for bucket, downloads in wanted.items():
                download(self._of(bucket), downloads, cancellation)
            try:
                yield DatasetFiles(files.manifest, tuple(paths))
            except DataductError as error:
                renamed(error, dict(zip(paths, files.paths, strict=True)))
                raise

    def sizes(self, files: DatasetFiles) -> list[StagedFile]:
        """Return a dataset's files in S3 and their sizes. Raises `StorageError` for one that is missing."""
        parts = files.manifest.parts
        if len(parts) == len(files.paths):
            return [StagedFile(uri, part.bytes) for uri, part in zip(files.paths, parts, strict=True)]
        return [StagedFile(uri, self._found(uri).size) for uri in files.paths]

    def parquet_schema(self, uri: str) -> pa.Schema:
        """Return the columns of a Parquet file in S3; only its end is read."""
        size = self._found(uri).size
        tail = self._end(uri, size, _FOOTER_BYTES)
        needed = int.from_bytes(tail[-_TAIL:-4], "little") + _TAIL
        if len(tail) < needed <= size:
            tail = self._end(uri, size, needed)
        try:
            return pq.read_schema(pa.BufferReader(tail)).remove_metadata()
        except (pa.ArrowException, OSError) as error:
            raise StorageError(
                f"{uri} is not a Parquet file that can be read",
                code="DD713",
                details=(str(error).splitlines()[0],) if str(error) else (),
            ) from error

    @contextmanager
    def beginning(self, files: DatasetFiles, cancellation: Cancellation) -> Iterator[DatasetFiles]:
        """Give the first file of a text dataset, of one that is not compressed its first megabyte, as a local one."""
        uri = parse_s3_uri(files.paths[0])
        name = PurePosixPath(uri.key)
        first = DatasetFiles(files.manifest, files.paths[:1])
        if name.suffix in (".gz", ".bz2", ".zst"):
            size = self._found(files.paths[0]).size
            with tempfile.TemporaryDirectory(dir=self._scratch.directory) as directory:
                path = Path(directory) / name.name
                download(self._of(uri.bucket), [Download(uri.key, size, path)], cancellation)
                yield DatasetFiles(first.manifest, (str(path),))
            return
        empty = not self._found(files.paths[0]).size
        data = b"" if empty else self._of(uri.bucket).beginning(uri.key, _BEGINNING_BYTES)
        with tempfile.TemporaryDirectory(dir=self._scratch.directory) as directory:
            path = Path(directory) / name.name
            path.write_bytes(data)
            yield DatasetFiles(first.manifest, (str(path),))

    def _found(self, uri: str) -> S3Object:
        place = parse_s3_uri(uri)
        for found in self._of(place.bucket).objects(place.key):
            if found.key == place.key:
                return found
            break
        raise StorageError(f"the dataset's file {uri} is missing", code="DD713")

    def _end(self, uri: str, size: int, wanted: int) -> bytes:
        place = parse_s3_uri(uri)
        bucket = self._of(place.bucket)
        span = f"bytes={max(0, size - wanted)}-{size - 1}"

        def read() -> bytes:
            return bucket.client.get_object(Bucket=bucket.name, Key=place.key, Range=span)["Body"].read()

        with s3_errors(f"read {uri}", bucket.endpoint):
            return bucket.again(read)

    def _of(self, name: str) -> Bucket:
        return self._bucket if name == self._bucket.name else Bucket(self._options, name)


class Area:
    """A prefix for the objects of one load or unload.

    Attributes:
        directory: A local directory for files on their way.
    """

    def __init__(self, bucket: Bucket, prefix: str, directory: Path) -> None:
        self.directory = directory
        self._bucket = bucket
        self._prefix = prefix
        self._uploads: Uploads | None = None

    def uri(self, name: str) -> str:
        """Return the URI of an object in the area."""
        return self._bucket.uri(self._prefix + name)

    def upload(self, path: Path) -> StagedFile:
        """Send a local file in the background, and delete it when it is there."""
        if self._uploads is None:
            self._uploads = Uploads(self._bucket)
        size = path.stat().st_size
        self._uploads.add(path, self._prefix + path.name)
        return StagedFile(self.uri(path.name), size)

    def write_manifest(self, files: Sequence[StagedFile]) -> str:
        """Wait until every file is there and write the manifest that names `files`; return its URI."""
        if self._uploads is not None:
            uploads, self._uploads = self._uploads, None
            uploads.finish()
        entries = [
            {"url": file.uri, "mandatory": True, "meta": {"content_length": file.size}} for file in files
        ]
        self._bucket.put(self._prefix + _MANIFEST, json.dumps({"entries": entries}).encode())
        return self.uri(_MANIFEST)

    def downloads(self) -> list[Download]:
        """Return what is in the area, and where it would be put in the local directory."""
        return [
            Download(found.key, found.size, self.directory / PurePosixPath(found.key).name)
            for found in self._bucket.objects(self._prefix)
        ]

    def fetch(self, wanted: Download, cancellation: Cancellation) -> Path:
        """Bring one object; return the local file."""
        download(self._bucket, [wanted], cancellation)
        return wanted.path

    def clear(self) -> None:
        """Delete everything. What cannot be deleted stays: rows that are loaded are not undone for it."""
        if self._uploads is not None:
            self._uploads.stop()
            self._uploads = None
        for _ in range(_DELETE_ATTEMPTS):
            with suppress(RunError):
                self._bucket.delete([found.key for found in self._bucket.objects(self._prefix)])
                with suppress(StorageError):  # a user may lack the right to list uploads
                    self._bucket.abort(self._bucket.uploads(self._prefix))
                return
