"""What settings say of an S3 endpoint and a bucket."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field

from dataduct.config.options import check_options
from dataduct.errors import UserError
from dataduct.model.s3_uri import S3Uri, parse_s3_uri


class S3Access(BaseModel):
    """Where S3 is and with which credentials it is reached. Everything has AWS's own default."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    region: str | None = Field(
        None, min_length=1, description="Region of the bucket.", examples=["us-east-1"]
    )
    endpoint_url: str | None = Field(
        None,
        pattern=r"^https?://[^/\s]+/?$",
        description="Address of a service that speaks S3's protocol, by default Amazon's.",
        examples=["https://minio.example.com:9000"],
    )
    access_key_id: str | None = Field(
        None,
        min_length=1,
        description="Access key; by default the AWS chain finds one (environment, profile, instance role).",
        examples=["${env:AWS_ACCESS_KEY_ID}"],
    )
    secret_access_key: str | None = Field(
        None,
        min_length=1,
        description="Secret of the access key.",
        examples=["${env:AWS_SECRET_ACCESS_KEY}"],
        repr=False,
    )
    session_token: str | None = Field(
        None,
        min_length=1,
        description="Token of temporary credentials.",
        examples=["${env:AWS_SESSION_TOKEN}"],
        repr=False,
    )
    profile: str | None = Field(
        None, min_length=1, description="Profile of the AWS configuration files.", examples=["analytics"]
    )
    path_style: bool | None = Field(
        None,
        description="Whether the bucket stands in the path of addresses and not in the host name; by default yes if "
        "`endpoint_url` is set.",
    )


class S3Options(S3Access):
    """A connection of type `s3`: how an S3 endpoint is reached. Everything has AWS's own default."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    type: Literal["s3"] = Field("s3", description="Amazon S3, or a service that speaks its protocol.")
    connect_timeout: float = Field(
        10.0, gt=0, le=3600, description="Seconds that one attempt to connect may take."
    )
    read_timeout: float = Field(
        60.0, gt=0, le=3600, description="Seconds to wait for the next bytes of an answer."
    )
    max_retries: int = Field(
        5,
        ge=0,
        le=100,
        description="Times to try a request again after a lost connection, a 5xx answer or throttling; the pauses grow "
        "to 20 seconds.",
    )


class S3StorageSettings(S3Options):
    """The `storage` section of the settings when it is of type `s3`: a bucket and how it is reached."""

    uri: str | None = Field(
        None, description="Bucket and prefix for the datasets of runs.", examples=["s3://my-bucket/dataduct"]
    )
    bucket: str | None = Field(
        None, min_length=1, description="Bucket, in place of `uri`.", examples=["my-bucket"]
    )
    prefix: str | None = Field(
        None, description="What the names of all objects begin with, beside `bucket`.", examples=["dataduct"]
    )
    temporary_path: str = Field(
        ".dataduct/tmp",
        min_length=1,
        description="Directory for files on their way from or to the bucket; a relative path is below the project "
        "directory. An upload needs about 400 MB, a load into DuckDB the size of its dataset.",
        examples=["/var/tmp/dataduct"],
    )


@dataclass(frozen=True, slots=True)
class S3Place:
    """A bucket and a prefix, which is empty or ends with a slash."""

    bucket: str
    prefix: str


def check_connection(options: Mapping[str, object], *, alias: str) -> S3Options:
    """Return the options of the connection `alias`. Raises `UserError` for wrong ones."""
    checked = check_options(S3Options, options, owner=f"the connection `{alias}`", code="DD850")
    _check_together(checked, f"the connection `{alias}`")
    return checked


def check_storage(settings: Mapping[str, object]) -> tuple[S3StorageSettings, S3Place]:
    """Return the settings of the storage and the place they name. Raises `UserError` for wrong ones."""
    owner = "the S3 storage"
    checked = check_options(S3StorageSettings, settings, owner=owner, code="DD850")
    _check_together(checked, owner)
    if (checked.uri is None) == (checked.bucket is None):
        raise UserError(
            f"{owner} has both `uri` and `bucket`" if checked.uri else f"{owner} lacks the option `uri`",
            code="DD850",
            hint="name the bucket with `uri: s3://bucket/prefix`, or with `bucket` and `prefix`",
        )
    if checked.uri is not None and checked.prefix is not None:
        raise UserError(
            f"{owner} has both `uri` and `prefix`", code="DD850", hint="put the prefix into the URI"
        )
    try:
        named = (
            parse_s3_uri(checked.uri) if checked.uri else S3Uri(checked.bucket or "", checked.prefix or "")
        )
    except ValueError as error:
        raise UserError(
            f"the option `uri` of {owner} is wrong: {error}", code="DD850", hint="write `s3://bucket/prefix`"
        ) from None
    prefix = "/".join(segment for segment in named.key.split("/") if segment)
    return checked, S3Place(named.bucket, f"{prefix}/" if prefix else "")


def _check_together(options: S3Options, owner: str) -> None:
    if (options.access_key_id is None) != (options.secret_access_key is None):
        missing = "secret_access_key" if options.secret_access_key is None else "access_key_id"
        raise UserError(
            f"{owner} lacks the option `{missing}`",
            code="DD850",
            hint="give both `access_key_id` and `secret_access_key`, or neither for the AWS chain",
        )
    if options.access_key_id is not None and options.profile is not None:
        raise UserError(
            f"{owner} has both `profile` and `access_key_id`", code="DD850", hint="take one of the two out"
        )
    if options.endpoint_url is not None:
        address = urlsplit(options.endpoint_url)
        if address.username or address.password:
            raise UserError(
                f"the option `endpoint_url` of {owner} holds a password",
                code="DD850",
                hint="give the credentials with `access_key_id` and `secret_access_key`",
            )
