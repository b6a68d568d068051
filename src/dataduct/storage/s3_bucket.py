"""One bucket of an S3 endpoint: the requests made on it, each tried again where that may help."""

import base64
import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

import boto3
import botocore.exceptions as boto
from botocore.config import Config
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from dataduct.errors import StorageError, TerminalError, UserError
from dataduct.storage.s3_errors import LOST, Endpoint, error_code, s3_errors
from dataduct.storage.s3_settings import S3Options

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

ReadT = TypeVar("ReadT")

_CONNECTIONS = 16
_LONGEST_PAUSE = 20.0
_DELETED_AT_ONCE = 1000
_DEFAULT_REGION = "us-east-1"
_MISSING = ("NoSuchKey", "404")
_OTHER_VERSION = ("PreconditionFailed", "412")


@dataclass(frozen=True, slots=True)
class S3Object:
    """An object as a listing shows it. `version` is its ETag."""

    key: str
    size: int
    version: str


class Bucket:
    """A bucket. Thread-safe.

    Attributes:
        name: The bucket's name.
        endpoint: Who answers, for messages.
    """

    def __init__(
        self, options: S3Options, name: str, *, terminal: type[TerminalError] = StorageError
    ) -> None:
        """Open no connection yet. Raises `UserError` for settings that boto3 refuses."""
        self.name = name
        self.endpoint = Endpoint(name, options.endpoint_url or "Amazon S3", terminal)
        self.client = _client(options)
        self._attempts = options.max_retries + 1

    def uri(self, key: str) -> str:
        """Return the URI of an object."""
        return f"s3://{self.name}/{key}"

    def get(self, key: str) -> tuple[bytes, str] | None:
        """Return the bytes of a small object and its version, or None if there is none."""

        def read() -> tuple[bytes, str] | None:
            try:
                answer = self.client.get_object(Bucket=self.name, Key=key)
            except boto.ClientError as error:
                if error_code(error) in _MISSING:
                    return None
                raise
            with closing(answer["Body"]) as body:
                return body.read(), answer["ETag"]

        with s3_errors(f"read {self.uri(key)}", self.endpoint):
            return self.again(read)

    def beginning(self, key: str, size: int) -> bytes:
        """Return at most the first `size` bytes of an object, which is not empty."""

        def read() -> bytes:
            answer = self.client.get_object(Bucket=self.name, Key=key, Range=f"bytes=0-{size - 1}")
            with closing(answer["Body"]) as body:
                return body.read()

        with s3_errors(f"read {self.uri(key)}", self.endpoint):
            return self.again(read)

    def again(self, read: Callable[[], ReadT]) -> ReadT:
        """Return what `read` returns; call it again while the connection is lost in the middle of an answer.

        What is lost before the answer begins is tried again by the client itself.
        """
        pauses = Retrying(
            retry=retry_if_exception_type(LOST),
            wait=wait_random_exponential(multiplier=0.1, max=_LONGEST_PAUSE),
            stop=stop_after_attempt(self._attempts),
            reraise=True,
        )
        return pauses(read)

    def put(self, key: str, data: bytes) -> None:
        """Write an object."""
        with s3_errors(f"write {self.uri(key)}", self.endpoint):
            self.client.put_object(Bucket=self.name, Key=key, Body=data, ContentMD5=content_md5(data))

    def replace(self, key: str, data: bytes, version: str | None) -> bool:
        """Write an object if it still has this version (None: if there is none); return whether it was written.

        An answer that was lost makes no difference: what stands there afterwards decides.
        """
        condition: Any = {"IfNoneMatch": "*"} if version is None else {"IfMatch": version}
        with s3_errors(f"write {self.uri(key)}", self.endpoint):
            try:
                self.client.put_object(
                    Bucket=self.name, Key=key, Body=data, ContentMD5=content_md5(data), **condition
                )
            except boto.ClientError as error:
                if error_code(error) not in (*_MISSING, *_OTHER_VERSION):
                    raise
            except LOST:
                found = self.get(key)
                if found is None or found[0] != data:
                    raise
                return True
            else:
                return True
        found = self.get(key)
        return found is not None and found[0] == data

    def objects(self, prefix: str) -> Iterator[S3Object]:
        """Yield every object whose key begins with `prefix`, in the order of the keys."""
        with s3_errors(f"list {self.uri(prefix)}", self.endpoint):
            pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=prefix)
            for page in pages:
                for entry in page.get("Contents", ()):
                    yield S3Object(entry["Key"], entry["Size"], entry.get("ETag", ""))

    def uploads(self, prefix: str) -> list[tuple[str, str]]:
        """Return key and id of every upload under way whose key begins with `prefix`."""
        found: list[tuple[str, str]] = []
        with s3_errors(f"list the uploads of {self.uri(prefix)}", self.endpoint):
            pages = self.client.get_paginator("list_multipart_uploads").paginate(
                Bucket=self.name, Prefix=prefix
            )
            for page in pages:
                for upload in page.get("Uploads", ()):
                    if upload["Key"].startswith(prefix):
                        found.append((upload["Key"], upload["UploadId"]))
        return found

    def abort(self, uploads: Iterable[tuple[str, str]]) -> None:
        """End uploads, so that nothing of them is kept; one that is not there any more is no error."""
        for key, upload in uploads:
            with s3_errors(f"end an upload of {self.uri(key)}", self.endpoint):
                try:
                    self.client.abort_multipart_upload(Bucket=self.name, Key=key, UploadId=upload)
                except boto.ClientError as error:
                    if error_code(error) not in ("NoSuchUpload", "404"):
                        raise

    def delete(self, keys: Iterable[str]) -> None:
        """Delete objects; one that is not there is no error."""
        waiting = iter(keys)
        while some := list(islice(waiting, _DELETED_AT_ONCE)):
            with s3_errors(f"delete {self.uri(some[0])}", self.endpoint):
                answer = self.client.delete_objects(
                    Bucket=self.name, Delete={"Objects": [{"Key": key} for key in some], "Quiet": True}
                )
                for refused in answer.get("Errors", ()):
                    if refused.get("Code") not in _MISSING:
                        response: Any = {"Error": refused, "ResponseMetadata": {"HTTPStatusCode": 0}}
                        raise boto.ClientError(response, "DeleteObjects")


def content_md5(data: bytes) -> str:
    """Return the checksum that the server compares with the bytes it received."""
    return base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()


def _client(options: S3Options) -> "S3Client":
    path_style = options.endpoint_url is not None if options.path_style is None else options.path_style
    config = Config(
        connect_timeout=options.connect_timeout,
        read_timeout=options.read_timeout,
        retries={"mode": "standard", "total_max_attempts": options.max_retries + 1},
        max_pool_connections=_CONNECTIONS,
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        s3={"addressing_style": "path" if path_style else "auto"},
    )
    try:
        session = boto3.Session(
            aws_access_key_id=options.access_key_id,
            aws_secret_access_key=options.secret_access_key,
            aws_session_token=options.session_token,
            region_name=options.region,
            profile_name=options.profile,
        )
        region = options.region or session.region_name or _DEFAULT_REGION
        return session.client("s3", endpoint_url=options.endpoint_url, region_name=region, config=config)
    except (boto.BotoCoreError, ValueError) as error:
        raise UserError(
            f"the settings of the S3 endpoint cannot be used: {' '.join(str(error).split())}",
            code="DD850",
            hint="check `profile`, `region` and `endpoint_url`",
        ) from error
