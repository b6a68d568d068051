"""An S3 endpoint that fails: nothing is lost, doubled or left behind."""

import random
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from kept_storages import KeptInS3

from dataduct.errors import DataductError, StorageError, TransientError
from dataduct.model.cancellation import Cancellation
from dataduct.model.dataset import Manifest
from dataduct.storage import s3_transfer
from dataduct.storage.base import Storage
from dataduct.storage.datasets import write_rows
from dataduct.storage.parquet import PartLimits
from servers.s3_faults import S3Faults

KEY = "flights/2026-01-01/R1/extract/extract"
FEW = PartLimits(group_rows=1000, part_bytes=1)
MANIFEST = "*.manifest.json*"


@pytest.fixture
def faults(s3_server: Any) -> Iterator[S3Faults]:
    proxy = S3Faults(s3_server.host, s3_server.port)
    yield proxy
    proxy.close()


@pytest.fixture
def kept(s3_server: Any, faults: S3Faults, tmp_path: Path) -> KeptInS3:
    """A storage whose requests go through the proxy."""
    return KeptInS3(s3_server, tmp_path, endpoint=faults.endpoint)


@pytest.fixture
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts of 24 MB go up in five pieces and come down in five ranges."""
    monkeypatch.setattr(s3_transfer, "PIECE_BYTES", 5 * 1024 * 1024)


def rows(count: int = 4000, width: int = 20) -> pa.Table:
    generator = random.Random(count)
    return pa.table({"id": range(count), "text": [generator.randbytes(width) for _ in range(count)]})


def large() -> pa.Table:
    return rows(24, 1024 * 1024)


def write(storage: Storage, table: pa.Table, limits: PartLimits = FEW) -> Manifest:
    return write_rows(
        storage,
        KEY,
        table.to_reader(max_chunksize=1000),
        producer="extract",
        cancellation=Cancellation(),
        limits=limits,
    )


def read(storage: Storage) -> pa.Table:
    manifest = storage.manifest(KEY)
    assert manifest is not None
    with storage.fetched(KEY, manifest) as paths:
        return pa.concat_tables([pq.read_table(path) for path in paths])


def assert_whole(kept: KeptInS3, expected: pa.Table) -> None:
    """The dataset holds exactly these rows, and nothing else lies anywhere."""
    assert read(kept.storage) == expected
    manifest = kept.storage.manifest(KEY)
    assert manifest is not None
    assert kept.parts(KEY) == {part.path for part in manifest.parts}
    assert kept.leftovers() == []


FAULTS: dict[str, Callable[[S3Faults], object]] = {
    "503 on PUT": lambda faults: faults.answer(503, "SlowDown", method="PUT", times=3),
    "500 on any": lambda faults: faults.answer(500, "InternalError", probability=0.2, seed=3),
    "reset on PUT": lambda faults: faults.reset(method="PUT", times=2),
    "upload cut": lambda faults: faults.cut_upload(method="PUT", times=2),
    "slow": lambda faults: faults.delay(0.3, times=4),
    "answer of a part lost": lambda faults: faults.lose_answer(method="PUT", path="*.parquet*", times=2),
    "answer of the manifest lost": lambda faults: faults.lose_answer(method="PUT", path=MANIFEST),
    "manifest refused once": lambda faults: faults.answer(503, "SlowDown", method="PUT", path=MANIFEST),
    "listing cut": lambda faults: faults.cut_answer(method="GET", path="*list-type=2*"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_write_goes_well_through_faults(name: str, kept: KeptInS3, faults: S3Faults) -> None:
    FAULTS[name](faults)
    write(kept.storage, rows())
    assert faults.injected > 0
    faults.clear()
    assert_whole(kept, rows())


@pytest.mark.parametrize(
    ("name", "add"),
    [
        ("half a body", lambda faults: faults.cut_answer(method="GET", path="*.parquet*", times=3)),
        ("503", lambda faults: faults.answer(503, "SlowDown", method="GET", times=3)),
        ("reset", lambda faults: faults.reset(method="GET", times=3)),
        ("half a manifest", lambda faults: faults.cut_answer(method="GET", path=MANIFEST)),
        ("slow", lambda faults: faults.delay(0.3, method="GET", times=3)),
    ],
)
def test_a_read_goes_well_through_faults(
    name: str, add: Callable[[S3Faults], object], kept: KeptInS3, faults: S3Faults
) -> None:
    write(kept.storage, rows())
    add(faults)
    assert read(kept.storage) == rows()
    assert faults.injected > 0


@pytest.mark.usefixtures("small_pieces")
@pytest.mark.parametrize(
    "add",
    [
        lambda faults: faults.answer(503, "SlowDown", method="PUT", path="*partNumber=3*", times=2),
        lambda faults: faults.reset(method="PUT", path="*partNumber*", times=2),
        lambda faults: faults.lose_answer(method="PUT", path="*partNumber*", times=2),
        lambda faults: faults.lose_answer(method="POST", path="*uploadId=*"),
        lambda faults: faults.cut_answer(method="GET", path="*.parquet*", times=4),
    ],
    ids=["503", "reset", "answer lost", "end of the upload lost", "half bodies on GET"],
)
def test_large_parts_go_well_through_faults(
    add: Callable[[S3Faults], object], kept: KeptInS3, faults: S3Faults
) -> None:
    add(faults)
    write(kept.storage, large(), PartLimits(part_bytes=100_000_000))
    assert read(kept.storage) == large()
    assert faults.injected > 0
    faults.clear()
    assert_whole(kept, large())


@pytest.mark.usefixtures("small_pieces")
def test_an_upload_that_fails_for_good_leaves_nothing_on_the_server(kept: KeptInS3, faults: S3Faults) -> None:
    storage = kept.opened(max_retries=1)
    write(storage, rows(10))
    faults.answer(500, "InternalError", method="PUT", path="*partNumber=4*", times=100)
    with pytest.raises(TransientError) as caught:
        write(storage, large(), PartLimits(part_bytes=100_000_000))
    assert caught.value.code == "DD856"
    assert faults.injected >= 2
    faults.clear()
    assert_whole(kept, rows(10))
    write(storage, large(), PartLimits(part_bytes=100_000_000))
    assert_whole(kept, large())


def test_a_manifest_that_cannot_be_written_publishes_nothing(kept: KeptInS3, faults: S3Faults) -> None:
    storage = kept.opened(max_retries=1)
    before = write(storage, rows(10))
    faults.answer(503, "SlowDown", method="PUT", path=MANIFEST, times=100)
    with pytest.raises(TransientError):
        write(storage, rows())
    assert faults.injected == 2
    faults.clear()
    assert storage.manifest(KEY) == before
    assert_whole(kept, rows(10))
    write(storage, rows())
    assert_whole(kept, rows())


def test_a_manifest_whose_answer_is_lost_for_good_is_published_all_the_same(
    kept: KeptInS3, faults: S3Faults
) -> None:
    faults.lose_answer(method="PUT", path=MANIFEST, times=1)
    storage = kept.opened(max_retries=0)
    write(storage, rows())
    assert faults.injected == 1
    assert_whole(kept, rows())


def test_two_processes_that_publish_at_once_leave_one_whole_dataset(kept: KeptInS3) -> None:
    versions = [rows(100 + n) for n in range(3)]
    start = threading.Barrier(len(versions))
    ends: list[str] = []

    def publish(version: pa.Table) -> None:
        storage = kept.opened()
        start.wait()
        try:
            write(storage, version)
            ends.append("published")
        except TransientError as error:
            ends.append(error.code)

    threads = [threading.Thread(target=publish, args=(version,)) for version in versions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert "published" in ends
    assert set(ends) <= {"published", "DD747"}
    assert any(read(kept.storage) == version for version in versions)
    assert_whole(kept, read(kept.storage))


def test_what_a_killed_attempt_left_goes_with_the_next_publication(kept: KeptInS3) -> None:
    name = f"runs/data/{KEY}/dead/part-00000.parquet"
    kept.client.put_object(Bucket=kept.bucket, Key=name, Body=b"half")
    upload = kept.client.create_multipart_upload(Bucket=kept.bucket, Key=name)["UploadId"]
    kept.client.upload_part(Bucket=kept.bucket, Key=name, UploadId=upload, PartNumber=1, Body=b"x")
    assert kept.leftovers() != []
    write(kept.storage, rows())
    assert_whole(kept, rows())


def test_deleting_a_run_ends_its_unfinished_uploads(kept: KeptInS3) -> None:
    write(kept.storage, rows(10))
    name = f"runs/data/{KEY}/dead/part-00000.parquet"
    kept.client.create_multipart_upload(Bucket=kept.bucket, Key=name)
    kept.client.put_object(Bucket=kept.bucket, Key="runs/data2/other", Body=b"x")
    kept.storage.delete("flights/")
    assert kept.objects() == {"runs/data2/other": 1}
    assert kept.leftovers() == []


def test_directories_of_killed_processes_are_deleted(kept: KeptInS3, tmp_path: Path) -> None:
    dead = tmp_path / ".dataduct/tmp/s3-dead"
    dead.mkdir(parents=True)
    (dead / ".lock").touch()
    (dead / "part").write_bytes(b"half")
    living = kept.opened()
    held = living.local_path("a/b", "x/part")
    kept.opened().local_path("a/b", "y/part")
    assert not dead.exists()
    assert held.parent.exists()


REFUSALS = {
    "no such bucket": ({"uri": "s3://no-such-bucket-here/x"}, StorageError, "DD852", "no bucket"),
    "wrong secret": (
        {"secret_access_key": "wrong-secret-0123"},
        StorageError,
        "DD853",
        "secret does not belong",
    ),
    "unknown key": ({"access_key_id": "AKNOSUCHKEY00"}, StorageError, "DD853", "access key is unknown"),
    "unreachable": (
        {"endpoint_url": "http://127.0.0.1:9", "max_retries": 0},
        TransientError,
        "DD851",
        "reached",
    ),
    "no tls there": ({"endpoint_url": "https"}, StorageError, "DD851", "TLS"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_a_wrong_setting_is_one_clear_sentence(name: str, s3_kept: KeptInS3) -> None:
    settings, kind, code, words = REFUSALS[name]
    if settings.get("endpoint_url") == "https":
        settings = {
            "endpoint_url": s3_kept.settings["endpoint_url"].replace("http:", "https:"),
            "max_retries": 0,
        }
    storage = s3_kept.opened(**settings)
    for act in (lambda: storage.manifest(KEY), lambda: write(storage, rows(1)), lambda: storage.delete("x/")):
        with pytest.raises(kind) as caught:
            act()
        assert isinstance(caught.value, DataductError)
        assert caught.value.code == code
        assert words in caught.value.message
        assert "\n" not in caught.value.message
        text = " ".join([caught.value.message, caught.value.hint or "", *caught.value.details])
        for secret in ("wrong-secret-0123", s3_kept.settings["secret_access_key"]):
            assert secret not in text
    assert s3_kept.objects() == {}


def test_a_user_who_may_only_read_is_told_so(s3_server: Any, s3_kept: KeptInS3) -> None:
    write(s3_kept.storage, rows(10))
    reader = s3_kept.opened(
        access_key_id=s3_server.reader_access_key, secret_access_key=s3_server.reader_secret_key
    )
    assert read(reader) == rows(10)
    with pytest.raises(StorageError, match="access is denied") as caught:
        write(reader, rows(20))
    assert caught.value.code == "DD853"
    assert_whole(s3_kept, rows(10))


@pytest.mark.parametrize(
    ("status", "code", "expected", "words"),
    [
        (403, "RequestTimeTooSkewed", "DD855", "clock"),
        (301, "PermanentRedirect", "DD854", "another region"),
        (400, "AuthorizationHeaderMalformed", "DD854", "another region"),
        (403, "ExpiredToken", "DD853", "session token has expired"),
        (501, "NotImplemented", "DD857", "on purpose"),
    ],
)
def test_what_the_server_says_is_told_in_words(
    status: int, code: str, expected: str, words: str, kept: KeptInS3, faults: S3Faults
) -> None:
    faults.answer(status, code, method="GET", times=100)
    storage = kept.opened(max_retries=1)
    with pytest.raises(StorageError, match=words) as caught:
        write(storage, rows(1))
    assert caught.value.code == expected


def test_overload_that_lasts_is_tried_again_by_the_engine(kept: KeptInS3, faults: S3Faults) -> None:
    faults.answer(503, "SlowDown", times=100)
    with pytest.raises(TransientError, match="overloaded") as caught:
        kept.opened(max_retries=2).manifest(KEY)
    assert caught.value.code == "DD856"
    assert faults.injected == 3


def test_cancelling_stops_uploads_soon_and_leaves_nothing(kept: KeptInS3, faults: S3Faults) -> None:
    faults.delay(0.2, method="PUT", times=1000)
    cancellation = Cancellation()
    threading.Timer(0.5, cancellation.request, ("stop",)).start()
    began = time.monotonic()
    endless = iter(lambda: rows(1000).to_batches()[0], None)
    with pytest.raises(DataductError) as caught:
        write_rows(
            kept.storage,
            KEY,
            pa.RecordBatchReader.from_batches(rows(1).schema, endless),
            producer="extract",
            cancellation=cancellation,
            limits=FEW,
        )
    assert caught.value.code == "DD779"
    assert time.monotonic() - began < 10
    assert kept.objects() == {}
    assert kept.leftovers() == []
