"""What the settings of an S3 storage may say."""

from typing import Any

import pytest

from dataduct.errors import UserError
from dataduct.storage.s3_settings import S3Place, check_connection, check_storage


@pytest.mark.parametrize(
    ("settings", "place"),
    [
        ({"uri": "s3://my-bucket"}, S3Place("my-bucket", "")),
        ({"uri": "s3://my-bucket/"}, S3Place("my-bucket", "")),
        ({"uri": "s3://my-bucket/a//b/"}, S3Place("my-bucket", "a/b/")),
        ({"bucket": "my-bucket"}, S3Place("my-bucket", "")),
        ({"bucket": "my-bucket", "prefix": "/a/b"}, S3Place("my-bucket", "a/b/")),
    ],
)
def test_a_bucket_and_a_prefix(settings: dict[str, Any], place: S3Place) -> None:
    assert check_storage({"type": "s3", **settings})[1] == place


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({}, "lacks the option `uri`"),
        ({"uri": "s3://a-b", "bucket": "a-b"}, "both `uri` and `bucket`"),
        ({"uri": "s3://a-b", "prefix": "x"}, "both `uri` and `prefix`"),
        ({"uri": "/data"}, "the option `uri` of the S3 storage is wrong: `/data` is no S3 URI"),
        ({"uri": "s3:///x"}, "names no bucket"),
        ({"uri": "s3://a-b", "access_key_id": "SECRETKEY"}, "lacks the option `secret_access_key`"),
        (
            {"uri": "s3://a-b", "access_key_id": "SECRETKEY", "secret_access_key": "x", "profile": "p"},
            "both `profile` and `access_key_id`",
        ),
        ({"uri": "s3://a-b", "endpoint_url": "http://u:SECRETKEY@host"}, "holds a password"),
        ({"uri": "s3://a-b", "endpoint_url": "host:9000"}, "write it like https://minio.example.com:9000"),
        ({"uri": "s3://a-b", "regio": "x"}, "has no option `regio`"),
    ],
)
def test_wrong_settings_are_named_without_their_values(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(UserError) as caught:
        check_storage({"type": "s3", **settings})
    assert caught.value.code == "DD850"
    assert words in caught.value.message
    assert "SECRETKEY" not in f"{caught.value.message} {caught.value.hint}"


def test_a_connection_is_named_by_its_alias() -> None:
    assert check_connection({"type": "s3", "region": "eu-west-1"}, alias="lake").region == "eu-west-1"
    with pytest.raises(UserError, match="the connection `lake` has no option `uri`"):
        check_connection({"type": "s3", "uri": "s3://a-b"}, alias="lake")
