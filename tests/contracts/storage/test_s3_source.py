"""Files of a user's bucket, brought into a run's storage."""

import gzip
import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from kept_storages import Kept, KeptInS3

from dataduct.errors import DataductError, DataError, Interrupted, SourceError, StorageError, UserError
from dataduct.model.cancellation import Cancellation
from dataduct.model.dataset import DatasetRef
from dataduct.model.operations import CopyDataset, FileFormat
from dataduct.storage import s3_transfer
from dataduct.storage.datasets import part_name, publish_files
from dataduct.storage.s3_source import found_format, s3_files, sample_s3
from dataduct.storage.sampling import SampledColumn
from servers.s3_faults import S3Faults

KEY = "p/2026-01-01/R1/s/s"
OBJECTS = {
    "in/2026-01-01/a.tsv": b"1\ta\n",
    "in/2026-01-01/sub/b.tsv": b"2\tb\n",
    "in/2026-01-01/_SUCCESS": b"",
    "in/2026-01-01/_kept.tsv": b"3\tc\n",
    "in/2026-01-01/": b"",
    "in/2026-01-02/a.tsv": b"4\td\n",
    "in/a [1]*.tsv": b"5\te\n",
    "in/ü +&%.csv": b"a\n1\n",
    "empty/": b"",
    "other.txt": b"x",
}


@pytest.fixture
def bucket(s3_kept: KeptInS3) -> KeptInS3:
    """A bucket of a user's with a few files in it."""
    for key, data in OBJECTS.items():
        s3_kept.client.put_object(Bucket=s3_kept.bucket, Key=key, Body=data)
    return s3_kept


def connection(bucket: KeptInS3, **options: Any) -> dict[str, object]:
    return {key: value for key, value in bucket.settings.items() if key != "uri"} | options


def names(bucket: KeptInS3, path: str) -> list[str]:
    return [file.name for file in s3_files(f"s3://{bucket.bucket}/{path}", connection(bucket), alias="lake")]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("in/2026-01-01/a.tsv", ["a.tsv"]),
        ("in/ü +&%.csv", ["ü +&%.csv"]),
        ("in/2026-01-01/", ["_kept.tsv", "a.tsv", "sub/b.tsv"]),
        ("in/2026-01-01/*.tsv", ["_kept.tsv", "a.tsv"]),
        ("in/*/a.tsv", ["2026-01-01/a.tsv", "2026-01-02/a.tsv"]),
        ("in/**/*.tsv", ["2026-01-01/_kept.tsv", "2026-01-01/a.tsv", "2026-01-01/sub/b.tsv", "2026-01-02/a.tsv",
                         "a [1]*.tsv"]),
        ("in/2026-01-0[2-9]/a.tsv", ["2026-01-02/a.tsv"]),
        ("in/2026-01-0[!1]/a.tsv", ["2026-01-02/a.tsv"]),
        ("in/2026-01-0?/a.tsv", ["2026-01-01/a.tsv", "2026-01-02/a.tsv"]),
        ("in/2026-*/", ["2026-01-01/_kept.tsv", "2026-01-01/a.tsv", "2026-01-01/sub/b.tsv", "2026-01-02/a.tsv"]),
        ("in/a [[]1][*].tsv", ["a [1]*.tsv"]),
    ],
)  # fmt: skip
def test_a_uri_names_a_file_a_directory_or_what_a_pattern_matches(
    path: str, expected: list[str], bucket: KeptInS3
) -> None:
    assert sorted(names(bucket, path)) == expected


@pytest.mark.parametrize(
    ("path", "message", "hint"),
    [
        ("in/2026-01-01/aa.tsv", "there is no file s3://", "did you mean `s3://{}/in/2026-01-01/a.tsv`?"),
        ("in/2026-01-03/a.tsv", "there is no file s3://", "did you mean `s3://{}/in/2026-01-02/`?"),
        ("in/2026-01-01", "there is no file s3://", "is a directory: name it with `directory_uri`"),
        ("other.txt/", "there is no file in s3://", "is a file: name it with `file_uri`"),
        ("in/2026-01-04/", "there is no file in s3://", "did you mean `s3://{}/in/2026-01-02/`?"),
        ("empty/", "there is no file in s3://", None),
        ("in/*.parquet", "nothing matches s3://", "objects begin with s3://{}/in/"),
        ("nowhere/*.tsv", "nothing matches s3://", "0 objects begin with s3://{}/nowhere/"),
    ],
)
def test_nothing_there_is_a_clear_error_with_the_nearest_name(
    path: str, message: str, hint: str | None, bucket: KeptInS3
) -> None:
    with pytest.raises(SourceError) as caught:
        names(bucket, path)
    assert caught.value.code == "DD861"
    assert caught.value.message.startswith(message)
    assert path in caught.value.message
    if hint is not None:
        assert hint.format(bucket.bucket) in (caught.value.hint or "")


def test_files_come_into_a_local_storage_and_into_s3(kept: Kept, bucket: KeptInS3) -> None:
    files = s3_files(f"s3://{bucket.bucket}/in/2026-01-01/", connection(bucket), alias="lake")
    manifest = publish_files(
        kept.storage, KEY, files, format="tsv", producer="s", cancellation=Cancellation()
    )
    assert {part_name(part) for part in manifest.parts} == {"_kept.tsv", "a.tsv", "sub/b.tsv"}
    with kept.storage.fetched(KEY, manifest) as paths:
        assert sorted(Path(path).read_bytes() for path in paths) == [b"1\ta\n", b"2\tb\n", b"3\tc\n"]
    assert kept.leftovers() == []


def test_a_large_object_comes_in_ranges_also_through_a_connection_that_breaks(
    bucket: KeptInS3, s3_server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3_transfer, "PIECE_BYTES", 300_000)
    content = bytes(range(256)) * 8_000
    bucket.client.put_object(Bucket=bucket.bucket, Key="large", Body=content)
    proxy = S3Faults(s3_server.host, s3_server.port)
    try:
        cut = proxy.cut_answer(method="GET", path="*/large", times=4)
        options = connection(bucket, endpoint_url=proxy.endpoint)
        (file,) = s3_files(f"s3://{bucket.bucket}/large", options, alias="lake")
        assert file.copy(tmp_path / "copy", Cancellation()) == len(content)
        ranges = [request for request in proxy.requests if request.path.endswith("/large")]
    finally:
        proxy.close()
    assert (tmp_path / "copy").read_bytes() == content
    assert cut.injected == 4
    assert len(ranges) == 7 + 4


@pytest.mark.parametrize("change", ["replaced", "shortened", "deleted"])
def test_an_object_that_changes_while_it_is_read_is_not_taken(
    change: str, bucket: KeptInS3, tmp_path: Path
) -> None:
    (file,) = s3_files(f"s3://{bucket.bucket}/other.txt", connection(bucket), alias="lake")
    if change == "deleted":
        bucket.client.delete_object(Bucket=bucket.bucket, Key="other.txt")
    else:
        data = b"xy" if change == "replaced" else b""
        bucket.client.put_object(Bucket=bucket.bucket, Key="other.txt", Body=data)
    with pytest.raises(DataductError) as caught:
        file.copy(tmp_path / "copy", Cancellation())
    assert caught.value.code == "DD859"


def test_copying_stops_when_asked(bucket: KeptInS3) -> None:
    stopped = Cancellation()
    stopped.request("Ctrl-C")
    files = s3_files(f"s3://{bucket.bucket}/other.txt", connection(bucket), alias="lake")
    with pytest.raises(Interrupted, match=r"Ctrl-C"):
        publish_files(bucket.storage, KEY, files, format="files", producer="s", cancellation=stopped)
    assert bucket.parts(KEY) == set()


def test_two_objects_of_one_name_are_refused(bucket: KeptInS3) -> None:
    (file,) = s3_files(f"s3://{bucket.bucket}/in/2026-01-02/", connection(bucket), alias="lake")
    files = [file, replace(file, name=f"/./{file.name}".removeprefix("/"))]
    with pytest.raises(StorageError, match="two files have the name"):
        publish_files(bucket.storage, KEY, files, format="tsv", producer="s", cancellation=Cancellation())


@pytest.mark.parametrize(
    ("options", "kind", "code"),
    [
        ({"secret_access_key": "wrong-secret-0123"}, SourceError, "DD853"),
        ({"type": "mysql"}, UserError, "DD862"),
        ({"secret_access_key": None}, UserError, "DD850"),
        (
            {"profile": "no-such-profile", "access_key_id": None, "secret_access_key": None},
            UserError,
            "DD850",
        ),
        ({"regio": "x"}, UserError, "DD850"),
    ],
)
def test_a_wrong_connection_is_told_in_words(
    options: dict[str, Any], kind: type[DataductError], code: str, bucket: KeptInS3
) -> None:
    given = {key: value for key, value in connection(bucket, **options).items() if value is not None}
    with pytest.raises(kind) as caught:
        s3_files(f"s3://{bucket.bucket}/other.txt", given, alias="lake")
    assert caught.value.code == code
    assert "wrong-secret" not in f"{caught.value.message} {caught.value.hint}"


@pytest.mark.parametrize(
    ("detects", "format", "found", "expected"),
    [
        (True, "tsv", ["a.csv.gz", "b.csv"], "csv"),
        (True, "tsv", ["a", "b"], "tsv"),
        (True, "files", ["a.csv", "b.tsv"], "files"),
        (False, "tsv", ["a.csv"], "tsv"),
    ],
)
def test_the_names_say_the_format(detects: bool, format: Any, found: list[str], expected: str) -> None:
    operation = CopyDataset(
        source="s3://b/x/", output=DatasetRef("s", "s"), format=format, detects_format=detects
    )
    assert found_format(operation, found) == expected


def test_several_formats_for_one_table_are_refused() -> None:
    operation = CopyDataset(
        source="s3://b/x/", output=DatasetRef("s", "s"), format="tsv", detects_format=True
    )
    with pytest.raises(SourceError, match="several formats: csv, parquet") as caught:
        found_format(operation, ["a.csv", "b.parquet", "c"])
    assert caught.value.code == "DD864"


def sample(bucket: KeptInS3, path: str, format: Any) -> tuple[SampledColumn, ...]:
    uri = f"s3://{bucket.bucket}/{path}"
    return sample_s3(uri, connection(bucket), alias="lake", format=format, file_format=FileFormat())


def test_a_sample_is_of_the_first_file_that_is_not_empty(bucket: KeptInS3) -> None:
    bucket.client.put_object(Bucket=bucket.bucket, Key="sampled/0.tsv", Body=b"")
    bucket.client.put_object(Bucket=bucket.bucket, Key="sampled/1.tsv", Body=b"7\t2026-01-31\n8\t\\N\n")
    assert sample(bucket, "sampled/", "tsv") == (
        SampledColumn("column_0", "int64", "7"),
        SampledColumn("column_1", "date32[day]", "2026-01-31"),
    )


def test_a_sample_of_a_large_file_reads_its_beginning_only(bucket: KeptInS3) -> None:
    rows = b"".join(b"%d,%s\n" % (n, b"x" * 90) for n in range(30_000)) + b"not a number,x\n"
    data = gzip.compress(b"id,text\n" + rows, compresslevel=0)
    assert len(data) > 2 * 1024 * 1024
    bucket.client.put_object(Bucket=bucket.bucket, Key="large.csv.gz", Body=data)
    assert [(column.name, column.type) for column in sample(bucket, "large.csv.gz", "csv")] == [
        ("id", "int64"),
        ("text", "string"),
    ]


def test_a_sample_of_parquet_has_the_types_of_the_file(bucket: KeptInS3) -> None:
    written = io.BytesIO()
    pq.write_table(pa.table({"n": pa.array([1], pa.int16())}), written)
    bucket.client.put_object(Bucket=bucket.bucket, Key="x.parquet", Body=written.getvalue())
    assert sample(bucket, "x.parquet", "parquet") == (SampledColumn("n", "int16", "1"),)


def test_a_sample_that_cannot_be_read_names_the_object(bucket: KeptInS3) -> None:
    bucket.client.put_object(Bucket=bucket.bucket, Key="bad.csv", Body=b"a,a\n1,2\n")
    with pytest.raises(DataError, match=f"^s3://{bucket.bucket}/bad.csv, row 1: "):
        sample(bucket, "bad.csv", "csv")


def test_there_is_no_sample_of_nothing(bucket: KeptInS3) -> None:
    with pytest.raises(SourceError, match="there is no file"):
        sample(bucket, "in/2026-01-01/aa.tsv", "tsv")
