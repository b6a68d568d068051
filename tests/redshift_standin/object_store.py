"""Amazon S3 as COPY and UNLOAD see it: objects below a prefix, manifests, credentials that are checked."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from redshift_standin.endpoints import S3Endpoint
from redshift_standin.errors import RedshiftError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True, slots=True)
class Authorization:
    """How a COPY or UNLOAD says it may use S3: the ARNs of roles, or keys."""

    roles: tuple[str, ...] = ()
    access_key: str = ""
    secret_key: str = ""
    token: str | None = None


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object: bucket, key, size in bytes."""

    bucket: str
    key: str
    size: int

    @property
    def uri(self) -> str:
        return f"s3://{self.bucket}/{self.key}"


def split_uri(uri: str) -> tuple[str, str]:
    """Bucket and key of an `s3://` URI. Raises `RedshiftError` for anything else."""
    if not uri.startswith("s3://") or not uri[5:].split("/", 1)[0]:
        raise RedshiftError(
            "0A000", f"COPY and UNLOAD take an S3 location that begins with s3://, not {uri!r}"
        )
    bucket, _, key = uri[5:].partition("/")
    return bucket, key


class ObjectStore:
    """S3 with the rights of one statement."""

    def __init__(
        self,
        server: S3Endpoint,
        roles: Mapping[str, frozenset[str] | None],
        authorization: Authorization,
        region: str | None,
        session: tuple[int, str],
    ) -> None:
        self.region = region
        self.server = server
        self.buckets: frozenset[str] | None = None
        access, secret, token = authorization.access_key, authorization.secret_key, authorization.token
        if authorization.roles:
            for role in authorization.roles:
                if role not in roles:
                    user = f"arn:aws:redshift:{server.region}:000000000000:dbuser:standin/{session[1]}"
                    detail = f"User {user} is not authorized to assume IAM Role {role}"
                    raise RedshiftError(
                        "XX000", detail, f"error: Not authorized to get credentials of role {role}"
                    )
            self.buckets = roles[authorization.roles[-1]]
            access, secret, token = server.access_key, server.secret_key, None
        self.client = _client(server, access, secret, token)

    def _check(self, bucket: str) -> None:
        if self.region is not None and self.region != self.server.region:
            raise _s3_error(
                "The bucket you are attempting to access must be addressed using the specified endpoint. "
                "Please send all future requests to this endpoint.",
                301,
                "PermanentRedirect",
            )
        if self.buckets is not None and bucket not in self.buckets:
            raise _s3_error("Access Denied", 403, "AccessDenied")

    def below(self, prefix: str) -> list[StoredObject]:
        """The objects whose key begins with a prefix, in order of key. Raises `RedshiftError`."""
        bucket, key = split_uri(prefix)
        self._check(bucket)
        found: list[StoredObject] = []
        with _translated():
            for page in self.client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=key):
                for entry in page.get("Contents", []):
                    found.append(StoredObject(bucket, entry["Key"], entry["Size"]))
        return found

    def head(self, uri: str) -> StoredObject | None:
        """The object of exactly this URI, or None."""
        _, key = split_uri(uri)
        return next((found for found in self.below(uri) if found.key == key), None)

    def open(self, stored: StoredObject) -> IO[bytes]:
        """The object's bytes as a stream."""
        self._check(stored.bucket)
        with _translated():
            body: IO[bytes] = self.client.get_object(Bucket=stored.bucket, Key=stored.key)["Body"]  # type: ignore[assignment]
        return body

    def read(self, stored: StoredObject, limit: int) -> bytes:
        """The first `limit` bytes of an object."""
        return self.open(stored).read(limit)

    def put(self, bucket: str, key: str, body: IO[bytes]) -> None:
        """Store an object, in parts where it is large."""
        self._check(bucket)
        with _translated():
            self.client.upload_fileobj(body, bucket, key)

    def delete(self, stored: StoredObject) -> None:
        """Remove an object."""
        with _translated():
            self.client.delete_object(Bucket=stored.bucket, Key=stored.key)

    def manifest(self, uri: str, *, columnar: bool) -> list[StoredObject]:
        """The objects a manifest names. Raises `RedshiftError` for one that Redshift would not take."""
        stored = self.head(uri)
        if stored is None:
            raise _s3_error("The specified key does not exist.", 404, "NoSuchKey")
        try:
            entries = json.loads(self.read(stored, 1 << 26))["entries"]
            listed = [
                (entry["url"], bool(entry.get("mandatory", False)), entry.get("meta")) for entry in entries
            ]
        except (ValueError, KeyError, TypeError):
            raise RedshiftError("XX000", f"Manifest file is not in correct json format: {uri}") from None
        found: list[StoredObject] = []
        for url, mandatory, meta in listed:
            length = meta.get("content_length") if isinstance(meta, dict) else None
            if columnar and not isinstance(length, int):
                raise RedshiftError(
                    "XX000", f"The manifest {uri} has no meta.content_length for the file {url}"
                )
            entry = self.head(url)
            if entry is None and mandatory:
                raise _s3_error("The specified key does not exist.", 404, f"NoSuchKey, file {url}")
            if entry is not None and columnar and length != entry.size:
                raise RedshiftError(
                    "XX000",
                    "Spectrum Scan Error",
                    f"error: the manifest gives {length} bytes for {url}, which has {entry.size}",
                )
            if entry is not None:
                found.append(entry)
        return found


def _client(server: S3Endpoint, access: str, secret: str, token: str | None) -> "S3Client":
    import boto3
    from botocore.config import Config

    config = Config(s3={"addressing_style": "path"}, retries={"max_attempts": 2}, connect_timeout=5)
    return boto3.client(
        "s3",
        endpoint_url=server.endpoint,
        aws_access_key_id=access,
        aws_secret_access_key=secret,
        aws_session_token=token,
        region_name=server.region,
        config=config,
    )


class _translated:  # noqa: N801 - a context manager that reads as one
    """Turns errors of boto3 into what Redshift says of them."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        from botocore.exceptions import BotoCoreError, ClientError

        if isinstance(error, ClientError):
            told = error.response.get("Error", {})
            status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500)
            code = told.get("Code", "Unknown")
            raise _s3_error(told.get("Message", code), status, code) from error
        if isinstance(error, BotoCoreError):
            raise _s3_error("Unable to connect to endpoint", 0, type(error).__name__) from error


def _s3_error(message: str, status: int, code: str) -> RedshiftError:
    return RedshiftError(
        "XX000",
        f"S3ServiceException:{message},Status {status},Error {code},Rid STANDIN,ExtRid STANDIN,CanRetry 1",
    )
