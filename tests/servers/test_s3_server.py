"""The S3 server of a test run, and the proxy that fails its requests."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import botocore.config
import botocore.exceptions
import pytest

from servers import S3Faults, S3Server

ONE_ATTEMPT = botocore.config.Config(retries={"total_max_attempts": 1})
BODY = bytes(range(256)) * 2000


@pytest.fixture
def faults(s3_faults: Callable[[], S3Faults]) -> S3Faults:
    return s3_faults()


@pytest.fixture
def bucket(s3_server: S3Server) -> str:
    return s3_server.fresh_bucket("faults")


@pytest.fixture
def client(s3_server: S3Server, faults: S3Faults) -> Iterator[Any]:
    """A client that goes through the proxy and tries once."""
    client = s3_server.client(endpoint_url=faults.endpoint, config=ONE_ATTEMPT)
    yield client
    client.close()


def test_objects_are_kept_and_listed(s3_server: S3Server, bucket: str) -> None:
    client = s3_server.client()
    client.put_object(Bucket=bucket, Key="a/b", Body=BODY)
    assert client.get_object(Bucket=bucket, Key="a/b")["Body"].read() == BODY
    assert [entry["Key"] for entry in client.list_objects_v2(Bucket=bucket)["Contents"]] == ["a/b"]


def test_fresh_buckets_are_empty_and_apart(s3_server: S3Server) -> None:
    names = {s3_server.fresh_bucket("shop") for _ in range(3)}
    assert len(names) == 3
    assert all(s3_server.client().list_objects_v2(Bucket=name)["KeyCount"] == 0 for name in names)


def test_a_wrong_key_is_refused(s3_server: S3Server, bucket: str) -> None:
    with pytest.raises(botocore.exceptions.ClientError, match="SignatureDoesNotMatch"):
        s3_server.client(aws_secret_access_key="wrong").list_objects_v2(Bucket=bucket)
    with pytest.raises(botocore.exceptions.ClientError, match="InvalidAccessKeyId"):
        s3_server.client(aws_access_key_id="AKIANOBODY0000000000").list_objects_v2(Bucket=bucket)


def test_the_reader_only_reads(s3_server: S3Server, bucket: str) -> None:
    s3_server.client().put_object(Bucket=bucket, Key="a", Body=b"a")
    reader = s3_server.client(
        aws_access_key_id=s3_server.reader_access_key, aws_secret_access_key=s3_server.reader_secret_key
    )
    assert reader.get_object(Bucket=bucket, Key="a")["Body"].read() == b"a"
    for refused in (
        lambda: reader.put_object(Bucket=bucket, Key="b", Body=b"b"),
        lambda: reader.delete_object(Bucket=bucket, Key="a"),
    ):
        with pytest.raises(botocore.exceptions.ClientError, match="AccessDenied"):
            refused()


def test_requests_pass_with_their_signatures(client: Any, faults: S3Faults, bucket: str) -> None:
    key = "a folder/ünïcode + %25 & more.txt"
    client.put_object(Bucket=bucket, Key=key, Body=BODY, Metadata={"kind": "test"})
    head = client.head_object(Bucket=bucket, Key=key)
    assert (head["ContentLength"], head["Metadata"]) == (len(BODY), {"kind": "test"})
    assert client.get_object(Bucket=bucket, Key=key, Range="bytes=10-19")["Body"].read() == BODY[10:20]
    assert [entry["Key"] for entry in client.list_objects_v2(Bucket=bucket)["Contents"]] == [key]
    client.delete_object(Bucket=bucket, Key=key)
    assert [request.method for request in faults.requests] == ["PUT", "HEAD", "GET", "GET", "DELETE"]
    assert faults.injected == 0


def test_multipart_uploads_pass(client: Any, bucket: str) -> None:
    upload = client.create_multipart_upload(Bucket=bucket, Key="big")["UploadId"]
    parts = []
    for number, body in enumerate((b"x" * 5 * 2**20, b"end"), start=1):
        etag = client.upload_part(Bucket=bucket, Key="big", UploadId=upload, PartNumber=number, Body=body)[
            "ETag"
        ]
        parts.append({"PartNumber": number, "ETag": etag})
    client.complete_multipart_upload(
        Bucket=bucket, Key="big", UploadId=upload, MultipartUpload={"Parts": parts}
    )
    assert client.head_object(Bucket=bucket, Key="big")["ContentLength"] == 5 * 2**20 + 3


@pytest.mark.parametrize(("status", "code"), [(503, "SlowDown"), (500, "InternalError")])
def test_an_error_answers_as_often_as_the_rule_says(
    client: Any, faults: S3Faults, bucket: str, status: int, code: str
) -> None:
    rule = faults.answer(status, code, method="PUT", path=f"/{bucket}/*", times=2)
    for _ in range(2):
        with pytest.raises(botocore.exceptions.ClientError, match=code) as caught:
            client.put_object(Bucket=bucket, Key="a", Body=BODY)
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
    client.put_object(Bucket=bucket, Key="a", Body=BODY)
    assert (rule.injected, faults.injected) == (2, 2)


def test_a_rule_leaves_other_requests_alone(client: Any, faults: S3Faults, bucket: str) -> None:
    faults.answer(method="GET", path="*/other", times=100)
    client.put_object(Bucket=bucket, Key="other", Body=b"1")
    client.put_object(Bucket=bucket, Key="mine", Body=b"1")
    client.get_object(Bucket=bucket, Key="mine")["Body"].read()
    with pytest.raises(botocore.exceptions.ClientError):
        client.get_object(Bucket=bucket, Key="other")
    faults.clear()
    client.get_object(Bucket=bucket, Key="other")["Body"].read()


def test_chance_follows_the_seed(s3_faults: Callable[[], S3Faults], s3_server: S3Server, bucket: str) -> None:
    def failures(seed: int) -> list[bool]:
        faults = s3_faults()
        client = s3_server.client(endpoint_url=faults.endpoint, config=ONE_ATTEMPT)
        faults.answer(probability=0.5, seed=seed)
        for _ in range(30):
            try:
                client.list_objects_v2(Bucket=bucket)
            except botocore.exceptions.ClientError:
                continue
        client.close()
        return [request.fault is not None for request in faults.requests]

    assert failures(1) == failures(1) != failures(2)
    assert 5 < sum(failures(1)) < 25


def test_a_cut_answer_is_half_there(client: Any, faults: S3Faults, bucket: str) -> None:
    client.put_object(Bucket=bucket, Key="a", Body=BODY)
    faults.cut_answer(method="GET")
    stream = client.get_object(Bucket=bucket, Key="a")["Body"]
    received = b""
    with pytest.raises(botocore.exceptions.IncompleteReadError):
        for piece in stream.iter_chunks(1000):
            received += piece
    assert received == BODY[: len(BODY) // 2]
    assert client.get_object(Bucket=bucket, Key="a")["Body"].read() == BODY


def test_what_the_server_did_not_see_did_not_happen(client: Any, faults: S3Faults, bucket: str) -> None:
    for fail in (faults.reset, faults.cut_upload):
        fail(method="PUT")
        with pytest.raises(botocore.exceptions.HTTPClientError):
            client.put_object(Bucket=bucket, Key="a", Body=BODY)
        assert client.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


def test_a_lost_answer_leaves_the_deed_done(client: Any, faults: S3Faults, bucket: str) -> None:
    faults.lose_answer(method="PUT")
    with pytest.raises(botocore.exceptions.HTTPClientError):
        client.put_object(Bucket=bucket, Key="a", Body=BODY)
    assert client.get_object(Bucket=bucket, Key="a")["Body"].read() == BODY


def test_a_delay_delays(client: Any, faults: S3Faults, bucket: str) -> None:
    faults.delay(0.5, method="GET")
    began = time.monotonic()
    client.list_objects_v2(Bucket=bucket)
    assert time.monotonic() - began >= 0.5


def test_retries_come_through(s3_server: S3Server, faults: S3Faults, bucket: str) -> None:
    client = s3_server.client(
        endpoint_url=faults.endpoint,
        config=botocore.config.Config(retries={"total_max_attempts": 4, "mode": "standard"}),
    )
    faults.answer(method="PUT")
    faults.reset(method="PUT")
    faults.lose_answer(method="PUT")
    client.put_object(Bucket=bucket, Key="a", Body=BODY)
    assert client.get_object(Bucket=bucket, Key="a")["Body"].read() == BODY
    assert faults.injected == 3
    client.close()
