"""The Amazon Redshift warehouse's settings, and what it can do. The driver is imported when a warehouse is opened."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError

from dataduct.config.options import check_options
from dataduct.connectors.postgres_connection import PostgresSettings, SslMode
from dataduct.errors import MissingDependencyError, UserError
from dataduct.model.s3_uri import S3Uri, parse_s3_uri
from dataduct.storage.s3_settings import S3Access
from dataduct.warehouses.base import Warehouse, WarehouseCapabilities, WarehouseProvider

DEFAULT_PORT = 5439

_SCHEMES = ("redshift", "postgresql", "postgres")
_S3_OPTIONS = {
    **{name: name for name in S3Access.model_fields},
    **{name: f"s3_{name}" for name in ("connect_timeout", "read_timeout", "max_retries")},
}
"""Options of a connection of type `s3`, and what they are called here."""


class RedshiftSettings(S3Access, PostgresSettings):
    """The settings of an Amazon Redshift warehouse: the cluster, and S3, through which rows come and go."""

    type: Literal["redshift"] = Field("redshift", description="Amazon Redshift.")  # type: ignore[assignment]
    url: str | None = Field(
        None,
        description="The whole address, in place of `host`, `port`, `user`, `password` and `database`.",
        examples=["redshift://loader@cluster.example.com:5439/analytics"],
        repr=False,
    )
    port: int | None = Field(
        None, ge=1, le=65_535, description=f"Port of the cluster. By default {DEFAULT_PORT}."
    )
    sslmode: SslMode | None = Field(
        None,
        description="Whether the connection is encrypted and the server's certificate checked. By default `require`: "
        "encrypted, not checked.",
    )
    iam_role: str | None = Field(
        None,
        min_length=1,
        description="ARN of the role with which the cluster reads and writes the staging bucket, or `default` for the "
        "cluster's own. Without it the cluster is given the access key.",
        examples=["arn:aws:iam::123456789012:role/redshift-copy"],
    )
    staging: str | None = Field(
        None,
        description="Bucket and prefix for rows on their way to and from the cluster; they are deleted afterwards. By "
        "default a prefix `staging` in the project's storage, if that is S3.",
        examples=["s3://my-bucket/dataduct/staging"],
    )
    s3_connect_timeout: float = Field(
        10.0, gt=0, le=3600, description="Seconds that one attempt to connect to S3 may take."
    )
    s3_read_timeout: float = Field(
        60.0, gt=0, le=3600, description="Seconds to wait for the next bytes of an answer of S3."
    )
    s3_max_retries: int = Field(5, ge=0, le=100, description="Times to try a request to S3 again.")
    copy_options: str | None = Field(
        None,
        min_length=1,
        description="Text appended to COPY of TSV and CSV datasets, which the cluster then reads itself. Its own rules "
        "decide then what a value becomes.",
        examples=["TRUNCATECOLUMNS ACCEPTANYDATE"],
    )

    @field_validator("url")
    @classmethod
    def _is_url(cls, url: str | None) -> str | None:
        if url is not None and (urlsplit(url).scheme not in _SCHEMES or "://" not in url):
            raise PydanticCustomError("url", "write it like redshift://user@host:5439/database")
        return url

    @field_validator("staging")
    @classmethod
    def _is_bucket(cls, staging: str | None) -> str | None:
        if staging is not None:
            try:
                parse_s3_uri(staging)
            except ValueError as error:
                raise PydanticCustomError(
                    "staging", "{reason}: write `s3://bucket/prefix`", {"reason": str(error)}
                ) from None
        return staging

    def parameters(self, database: str | None = None) -> dict[str, Any]:
        """Return libpq's connection parameters; see `PostgresSettings.parameters`."""
        if self.url is not None and self.url.startswith("redshift://"):
            plain = self.model_copy(update={"url": "postgresql" + self.url.removeprefix("redshift")})
            return plain.parameters(database)
        said = super().parameters(database)
        in_url = self.url or ""
        if self.sslmode is None and "sslmode=" not in in_url:
            said["sslmode"] = "require"
        if (self.url is None and self.port is None) or "port" not in said:
            said["port"] = DEFAULT_PORT
        return said

    @property
    def staging_place(self) -> S3Uri | None:
        """The bucket, and the prefix with a slash at its end unless it is empty."""
        if self.staging is None:
            return None
        place = parse_s3_uri(self.staging)
        prefix = "/".join(segment for segment in place.key.split("/") if segment)
        return S3Uri(place.bucket, f"{prefix}/" if prefix else "")

    def s3_options(self) -> dict[str, object]:
        """Return what reaches the staging bucket, as the options of a connection of type `s3`."""
        said = {name: getattr(self, own) for name, own in _S3_OPTIONS.items()}
        return {name: value for name, value in said.items() if value is not None}


class RedshiftProvider(WarehouseProvider):
    """An Amazon Redshift cluster or workgroup."""

    name: ClassVar[str] = "redshift"
    dialect: ClassVar[str] = "redshift"

    @classmethod
    def capabilities(cls, settings: Mapping[str, object]) -> WarehouseCapabilities:
        """Return what Redshift can do. Raises `UserError` for wrong settings."""
        _validated(settings)
        return WarehouseCapabilities(
            dialect="redshift", enforces_primary_key=False, transactional_ddl=True, reads_uris=True
        )

    @classmethod
    def open_warehouse(
        cls,
        settings: Mapping[str, object],
        *,
        project_directory: Path,
        lock_timeout: float,
        on_wait: Callable[[str], None],
    ) -> Warehouse:
        """Connect to the cluster; see `WarehouseProvider.open_warehouse`.

        It is never locked as a whole: `lock_timeout` is how long a transaction waits for another one that writes the
        same table, and `on_wait` is called for each one that does.

        Raises:
            UserError: There is no staging bucket (DD721).
            MissingDependencyError: A driver is not installed.
            TransientError: The cluster cannot be reached.
            SourceError: Access is denied, or there is no such database.
        """
        validated = _validated(settings)
        if validated.staging is None:
            raise UserError(
                "the redshift warehouse lacks the option `staging`",
                code="DD721",
                hint="name a bucket with `staging: s3://bucket/prefix`, or keep the project's storage in S3",
            )
        if validated.iam_role is None and validated.access_key_id is None:
            raise UserError(
                "the redshift warehouse lacks the option `iam_role`",
                code="DD721",
                hint="name the role with which the cluster reads the staging bucket, or give `access_key_id` and "
                "`secret_access_key`",
            )
        try:
            from dataduct.warehouses.redshift_warehouse import RedshiftWarehouse
        except ImportError as error:
            raise MissingDependencyError(error.name or "psycopg", "redshift") from error

        return RedshiftWarehouse(
            validated.below(project_directory),
            cls.capabilities(settings),
            scratch=project_directory / ".dataduct" / "tmp",
            lock_timeout=lock_timeout,
            on_wait=on_wait,
        )


def with_storage(settings: Mapping[str, object], storage: Mapping[str, object]) -> dict[str, object]:
    """Return the settings with the project's S3 storage as the place to stage rows, if they name no other."""
    if storage.get("type") != "s3" or settings.get("staging") is not None:
        return dict(settings)
    uri = storage.get("uri") or f"s3://{storage.get('bucket')}/{storage.get('prefix') or ''}"
    found: dict[str, object] = {"staging": f"{str(uri).rstrip('/')}/staging"}
    found |= {own: storage[name] for name, own in _S3_OPTIONS.items() if storage.get(name) is not None}
    given = {key: value for key, value in settings.items() if value is not None}
    if "access_key_id" in given or "profile" in given:  # credentials are not mixed
        for key in ("access_key_id", "secret_access_key", "session_token", "profile"):
            found.pop(key, None)
    return found | given


def _validated(settings: Mapping[str, object]) -> RedshiftSettings:
    checked = check_options(RedshiftSettings, settings, owner="the redshift warehouse", code="DD700")
    if (checked.access_key_id is None) != (checked.secret_access_key is None):
        missing = "secret_access_key" if checked.secret_access_key is None else "access_key_id"
        raise UserError(
            f"the redshift warehouse lacks the option `{missing}`",
            code="DD700",
            hint="give both `access_key_id` and `secret_access_key`, or neither",
        )
    return checked
