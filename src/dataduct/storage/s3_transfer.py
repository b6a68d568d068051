"""Files to and from a bucket, in pieces that travel at the same time."""

import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import botocore.exceptions as boto

from dataduct.errors import Interrupted, RunError, TransientError
from dataduct.model.cancellation import Cancellation
from dataduct.storage.failures import storage_errors
from dataduct.storage.s3_bucket import Bucket, content_md5
from dataduct.storage.s3_errors import error_code, s3_errors

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

ResultT = TypeVar("ResultT")

PIECE_BYTES = 8 * 1024 * 1024
"""Size of the pieces of an upload or a download; twice this size goes up at once."""

_MOST_PIECES = 10_000
_THREADS = 4
_UPLOAD_THREADS = 2
_BLOCK = 256 * 1024


class Stopped(Exception):  # noqa: N818 - work that was told to stop, no failure of its own
    """Raised in a transfer that was told to stop."""


def upload(bucket: Bucket, path: Path, key: str, stop: threading.Event) -> None:
    """Write the file `path` as an object; on any error nothing of it stays in the bucket.

    Raises:
        Stopped: `stop` was set.
    """
    with storage_errors("read", path):
        size = path.stat().st_size
    if size <= 2 * PIECE_BYTES:
        with storage_errors("read", path):
            data = path.read_bytes()
        if stop.is_set():
            raise Stopped
        bucket.put(key, data)
        return
    action = f"write {bucket.uri(key)}"
    with s3_errors(action, bucket.endpoint):
        upload_id = bucket.client.create_multipart_upload(Bucket=bucket.name, Key=key)["UploadId"]
    try:
        pieces = _upload_pieces(bucket, path, key, upload_id, size, stop)
        _complete(bucket, key, upload_id, pieces, size)
    except BaseException:
        with suppress(RunError):
            bucket.abort([(key, upload_id)])
        raise


def _upload_pieces(
    bucket: Bucket, path: Path, key: str, upload_id: str, size: int, stop: threading.Event
) -> "list[CompletedPartTypeDef]":
    piece_bytes = max(PIECE_BYTES, -(-size // _MOST_PIECES))

    def send(number: int) -> "CompletedPartTypeDef":
        if stop.is_set():
            raise Stopped
        with storage_errors("read", path), path.open("rb") as file:
            file.seek((number - 1) * piece_bytes)
            data = file.read(piece_bytes)
        with s3_errors(f"write {bucket.uri(key)}", bucket.endpoint):
            answer = bucket.client.upload_part(
                Bucket=bucket.name,
                Key=key,
                UploadId=upload_id,
                PartNumber=number,
                Body=data,
                ContentMD5=content_md5(data),
            )
        return {"PartNumber": number, "ETag": answer["ETag"]}

    with _pool(_UPLOAD_THREADS) as pool:
        return _all([pool.submit(send, number) for number in range(1, -(-size // piece_bytes) + 1)])


def _complete(
    bucket: Bucket, key: str, upload_id: str, pieces: "list[CompletedPartTypeDef]", size: int
) -> None:
    """Make one object of the pieces. One that stands there already counts: the first answer was lost."""
    with s3_errors(f"write {bucket.uri(key)}", bucket.endpoint):
        try:
            bucket.client.complete_multipart_upload(
                Bucket=bucket.name, Key=key, UploadId=upload_id, MultipartUpload={"Parts": pieces}
            )
        except boto.ClientError as error:
            if error_code(error) != "NoSuchUpload":
                raise
            if not any(found.key == key and found.size == size for found in bucket.objects(key)):
                raise


@dataclass(frozen=True, slots=True)
class Download:
    """An object and the file it is written to; `size` is what it must have."""

    key: str
    size: int
    path: Path


def download(bucket: Bucket, wanted: Iterable[Download], cancellation: Cancellation | None = None) -> None:
    """Write objects to files, several ranges at a time.

    Raises:
        TransientError: An object is gone or is another one than its size says: it was replaced meanwhile.
        Interrupted: `cancellation` was requested.
    """
    stop = threading.Event()
    with _pool(_THREADS) as pool:
        waiting: list[Future[None]] = []
        try:
            for each in wanted:
                version = _Version()
                with storage_errors("write", each.path):
                    each.path.parent.mkdir(parents=True, exist_ok=True)
                    with each.path.open("wb") as file:
                        file.truncate(each.size)
                for start in range(0, each.size, PIECE_BYTES):
                    if len(waiting) >= 4 * _THREADS:
                        waiting.pop(0).result()
                    if cancellation is not None and cancellation.requested:
                        raise Interrupted(cancellation.reason or "asked to stop", code="DD779")
                    end = min(start + PIECE_BYTES, each.size)
                    waiting.append(pool.submit(_download_range, bucket, each, start, end, version, stop))
            _all(waiting)
        except BaseException:
            stop.set()
            for future in waiting:
                future.cancel()
            raise


class _Version:
    """The version of an object that the first answer showed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tag: str | None = None

    def agrees(self, tag: str) -> bool:
        with self._lock:
            self._tag = self._tag or tag
            return self._tag == tag


def _download_range(
    bucket: Bucket, wanted: Download, start: int, end: int, version: _Version, stop: threading.Event
) -> None:
    """Write the bytes from `start` up to `end` to their place in the file."""

    def fetch() -> None:
        if stop.is_set():
            raise Stopped
        answer = bucket.client.get_object(
            Bucket=bucket.name, Key=wanted.key, Range=f"bytes={start}-{end - 1}"
        )
        with closing(answer["Body"]) as body:
            promised = f"bytes {start}-{end - 1}/{wanted.size}"
            if answer.get("ContentRange") != promised or not version.agrees(answer["ETag"]):
                raise _replaced(bucket, wanted.key)
            received = 0
            while block := body.read(_BLOCK):
                with storage_errors("write", wanted.path):
                    file.seek(start + received)
                    file.write(block)
                received += len(block)
        if received != end - start:
            raise boto.IncompleteReadError(actual_bytes=received, expected_bytes=end - start)

    with storage_errors("write", wanted.path):
        file = wanted.path.open("r+b", buffering=0)
    with file, s3_errors(f"read {bucket.uri(wanted.key)}", bucket.endpoint):
        try:
            bucket.again(fetch)
        except boto.ClientError as error:
            if error_code(error) in ("NoSuchKey", "404", "InvalidRange", "416"):
                raise _replaced(bucket, wanted.key) from error
            raise


def _replaced(bucket: Bucket, key: str) -> TransientError:
    return TransientError(
        f"{bucket.uri(key)} was replaced or deleted while it was read",
        code="DD859",
        hint="make sure that nothing writes there during the run",
    )


class Uploads:
    """Files that go up in the background, at most two at a time. One thread hands them over.

    Each file is deleted when it is in the bucket.
    """

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket
        self._slots = threading.BoundedSemaphore(_UPLOAD_THREADS)
        self._stop = threading.Event()
        self._futures: list[Future[None]] = []
        self._pool = ThreadPoolExecutor(_UPLOAD_THREADS, thread_name_prefix="s3-upload")

    def add(self, path: Path, key: str) -> None:
        """Send a file; wait while two are under way. Raises what an earlier one raised."""
        self._slots.acquire()
        try:
            for future in self._futures:
                if future.done():
                    future.result()
            self._futures = [future for future in self._futures if not future.done()]
            self._futures.append(self._pool.submit(self._send, path, key))
        except BaseException:
            self._slots.release()
            raise

    def finish(self) -> None:
        """Wait until everything is in the bucket. Raises what a file raised."""
        try:
            _all(self._futures)
        finally:
            self.stop()

    def stop(self) -> None:
        """Stop what is under way and wait for its end."""
        self._stop.set()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _send(self, path: Path, key: str) -> None:
        try:
            upload(self._bucket, path, key, self._stop)
            with storage_errors("delete", path):
                path.unlink(missing_ok=True)
        finally:
            self._slots.release()


@contextmanager
def _pool(threads: int) -> Iterator[ThreadPoolExecutor]:
    """Give a pool for the block, whose end waits for the work under way and drops what has not begun."""
    pool = ThreadPoolExecutor(threads, thread_name_prefix="s3-transfer")
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _all(futures: Sequence[Future[ResultT]]) -> list[ResultT]:
    """Return the results in order. The first failure cancels what has not begun and is raised."""
    try:
        return [future.result() for future in futures]
    except BaseException:
        for future in futures:
            future.cancel()
        raise
