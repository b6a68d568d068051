"""What every Storage does. `conftest.py` lists the implementations."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kept_storages import Kept

from dataduct.errors import Interrupted, RunError, StorageError, TransientError
from dataduct.model.cancellation import Cancellation
from dataduct.model.dataset import Manifest, Part
from dataduct.model.s3_uri import is_s3_uri, parse_s3_uri
from dataduct.storage.base import Storage
from dataduct.storage.datasets import stage_for_command, write_files, write_rows
from dataduct.storage.local import LocalStorage
from dataduct.storage.parquet import PartLimits
from dataduct.storage.s3 import S3Storage

KEY = "flights/2026-01-01/R1/extract/extract"
SMALL = PartLimits(group_rows=10, part_bytes=1)


def numbers(start: int, stop: int) -> pa.Table:
    return pa.table({"id": pa.array(range(start, stop), pa.int64())})


def write(storage: Storage, rows: pa.Table, key: str = KEY, limits: PartLimits = SMALL) -> Manifest:
    reader = rows.to_reader(max_chunksize=7)
    return write_rows(storage, key, reader, producer="extract", cancellation=Cancellation(), limits=limits)


def read(storage: Storage, key: str = KEY) -> pa.Table:
    manifest = storage.manifest(key)
    assert manifest is not None
    with storage.fetched(key, manifest) as paths:
        assert [Path(path).stat().st_size for path in paths] == [part.bytes for part in manifest.parts]
        tables = [pq.read_table(path) for path in paths]
    assert [part.rows for part in manifest.parts] == [table.num_rows for table in tables]
    table = pa.concat_tables(tables)
    assert manifest.rows == table.num_rows
    return table


def test_nothing_is_there_before_it_is_published(storage: Storage) -> None:
    assert storage.manifest(KEY) is None
    storage.local_path(KEY, "a/part.parquet").write_bytes(b"half")
    assert storage.manifest(KEY) is None


def test_what_is_published_is_read_again(storage: Storage) -> None:
    manifest = write(storage, numbers(0, 95))
    assert storage.manifest(KEY) == manifest
    assert read(storage) == numbers(0, 95)
    assert manifest.bytes == sum(part.bytes for part in manifest.parts)
    assert len(manifest.parts) > 1


def test_zero_rows_are_one_part_with_the_schema(storage: Storage) -> None:
    manifest = write(storage, numbers(0, 0))
    assert (manifest.rows, len(manifest.parts)) == (0, 1)
    assert manifest.fields is not None
    assert [(field.name, field.type) for field in manifest.fields] == [("id", "int64")]
    assert read(storage).schema == numbers(0, 0).schema


def test_a_later_version_takes_the_place_of_the_earlier_one(kept: Kept, storage: Storage) -> None:
    write(storage, numbers(0, 95))
    manifest = write(storage, numbers(500, 505))
    assert read(storage) == numbers(500, 505)
    assert kept.parts(KEY) == {part.path for part in manifest.parts}


def failing(after: int, error: Exception) -> pa.RecordBatchReader:
    def batches() -> Iterator[pa.RecordBatch]:
        for batch in numbers(0, 1000).to_batches(max_chunksize=10):
            if batch["id"][0].as_py() >= after:
                raise error
            yield batch

    return pa.RecordBatchReader.from_batches(numbers(0, 0).schema, batches())


@pytest.mark.parametrize("after", [0, 200, 990])
@pytest.mark.parametrize("published_before", [True, False])
def test_a_reader_that_fails_publishes_nothing(
    kept: Kept, storage: Storage, after: int, published_before: bool
) -> None:
    before = write(storage, numbers(0, 5)) if published_before else None
    with pytest.raises(TransientError, match="connection lost"):
        write_rows(
            storage,
            KEY,
            failing(after, TransientError("connection lost")),
            producer="extract",
            cancellation=Cancellation(),
            limits=SMALL,
        )
    assert storage.manifest(KEY) == before
    assert kept.parts(KEY) == ({part.path for part in before.parts} if before else set())
    if before:
        assert read(storage) == numbers(0, 5)


def test_cancelling_publishes_nothing(kept: Kept, storage: Storage) -> None:
    cancellation = Cancellation()
    seen: list[int] = []

    def stop_midway(rows: int, size: int) -> None:
        seen.append(rows)
        if rows >= 200:
            cancellation.request("the user pressed Ctrl-C")

    with pytest.raises(Interrupted, match="Ctrl-C"):
        write_rows(
            storage,
            KEY,
            numbers(0, 1000).to_reader(max_chunksize=10),
            producer="extract",
            cancellation=cancellation,
            progress=stop_midway,
            limits=SMALL,
        )
    assert seen[-1] == 200
    assert storage.manifest(KEY) is None
    assert kept.parts(KEY) == set()


def test_two_attempts_never_mix(storage: Storage) -> None:
    def overtaken() -> Iterator[pa.RecordBatch]:
        batches = numbers(0, 100).to_batches(max_chunksize=10)
        yield from batches[:5]
        write(storage, numbers(900, 950))
        yield from batches[5:]

    slow = pa.RecordBatchReader.from_batches(numbers(0, 0).schema, overtaken())
    with pytest.raises(TransientError) as caught:
        write_rows(storage, KEY, slow, producer="extract", cancellation=Cancellation(), limits=SMALL)
    assert caught.value.code == "DD747"
    assert read(storage) == numbers(900, 950)


def test_publishing_at_the_same_time_leaves_one_whole_dataset(storage: Storage) -> None:
    versions = [numbers(1000 * i, 1000 * i + 95 + i) for i in range(4)]
    failures: list[BaseException] = []
    start = threading.Barrier(len(versions))

    def publish(version: pa.Table) -> None:
        start.wait()
        try:
            for _ in range(3):
                write(storage, version)
        except TransientError:
            pass
        except RunError as error:
            failures.append(error)

    threads = [threading.Thread(target=publish, args=(version,)) for version in versions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert read(storage) in versions


def test_a_manifest_that_lists_a_part_that_is_not_there_is_not_published(storage: Storage) -> None:
    before = write(storage, numbers(0, 5))
    with pytest.raises(TransientError, match=r"a/gone\.parquet was deleted before"):
        storage.publish(KEY, Manifest(format="parquet", parts=(Part("a/gone.parquet", 1, 4),), bytes=4))
    assert storage.manifest(KEY) == before


@pytest.mark.parametrize(("damage", "what"), [(Kept.remove, "is missing"), (Kept.cut, "0 bytes")])
def test_a_part_that_somebody_deleted_or_cut_is_named(
    kept: Kept, storage: Storage, damage: Callable[[Kept, str, str], None], what: str
) -> None:
    manifest = write(storage, numbers(0, 5))
    part = manifest.parts[0].path
    getattr(kept, damage.__name__)(KEY, part)
    with pytest.raises(StorageError, match=what) as caught, storage.fetched(KEY, manifest):
        pass
    assert part in caught.value.message
    assert caught.value.code == "DD744"
    assert caught.value.hint is not None
    assert "extract" in caught.value.hint


def test_what_was_fetched_is_there_for_the_block_also_when_it_fails(kept: Kept, storage: Storage) -> None:
    manifest = write(storage, numbers(0, 95))
    seen: tuple[str, ...] = ()
    with pytest.raises(KeyError), storage.fetched(KEY, manifest) as paths:
        seen = paths
        raise KeyError
    assert len(seen) == len(manifest.parts)
    assert kept.leftovers() == []
    assert read(storage) == numbers(0, 95)


def test_a_part_of_no_bytes_is_fetched_too(
    storage: Storage, tmp_path_factory: pytest.TempPathFactory
) -> None:
    empty = tmp_path_factory.mktemp("source") / "empty.tsv"
    empty.touch()
    manifest = write_files(
        storage, KEY, [(empty, "a.tsv")], format="tsv", producer="copy", cancellation=Cancellation()
    )
    with storage.fetched(KEY, manifest) as (path,):
        assert Path(path).read_bytes() == b""


def test_uris_are_one_for_each_part_or_none_at_all(storage: Storage) -> None:
    manifest = write(storage, numbers(0, 95))
    uris = storage.uris(KEY, manifest)
    if uris is not None:
        assert [uri.startswith("s3://") for uri in uris] == [True] * len(manifest.parts)
        assert [
            uri.endswith(f"{KEY}/{part.path}") for uri, part in zip(uris, manifest.parts, strict=True)
        ] == [True] * len(manifest.parts)


def test_deleting_by_prefix_deletes_those_datasets_and_no_others(storage: Storage) -> None:
    keys = ["p/2026-01-01/R1/s/s", "p/2026-01-01/R1/t/t", "p/2026-01-01/R10/s/s", "p/2026-01-02/R1/s/s"]
    for key in keys:
        write(storage, numbers(0, 1), key)
    storage.delete("p/2026-01-01/R1/")
    assert [key for key in keys if storage.manifest(key)] == keys[2:]
    storage.delete("p/2026-01-01/R1")
    assert [key for key in keys if storage.manifest(key)] == keys[3:]
    storage.delete("nothing/like/this/")
    storage.delete("p/")
    assert [key for key in keys if storage.manifest(key)] == []


@pytest.mark.parametrize("name", ["../x", "/etc/passwd", "a/../../x", ".hidden", "", "a/.lock", "a\0b"])
def test_a_name_that_leads_out_of_the_dataset_is_refused(storage: Storage, name: str) -> None:
    with pytest.raises(StorageError) as caught:
        storage.local_path(KEY, name)
    assert caught.value.code == "DD749"
    with pytest.raises(StorageError):
        storage.manifest(name)


@given(
    contents=st.dictionaries(
        st.from_regex(r"[a-z0-9_][a-zé *\[\].-]{0,6}(/[a-z_][a-z.]{0,5})?", fullmatch=True).filter(
            lambda name: not any(segment.startswith(".") for segment in name.split("/"))
        ),
        st.binary(max_size=40),
        max_size=4,
    )
)
@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_files_keep_their_names_and_contents(
    storage: Storage, tmp_path_factory: pytest.TempPathFactory, contents: dict[str, bytes]
) -> None:
    source, staged = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("staged")
    sources = []
    for number, (name, content) in enumerate(contents.items()):
        (source / str(number)).write_bytes(content)
        sources.append((source / str(number), f"{number}{name}"))
    manifest = write_files(
        storage, KEY, sources, format="files", producer="copy", cancellation=Cancellation()
    )
    assert manifest.rows is None
    assert manifest.bytes == sum(map(len, contents.values()))
    stage_for_command(storage, KEY, staged, cancellation=Cancellation())
    found = {
        path.relative_to(staged).as_posix(): path.read_bytes() for path in staged.rglob("*") if path.is_file()
    }
    assert found == {name: path.read_bytes() for path, name in sources}


def test_a_file_beside_the_datasets_is_put_in_place_of_an_earlier_one(storage: Storage) -> None:
    place = storage.put_file("qa/sales/check/one.jsonl", b"first and longer")
    assert storage.put_file("qa/sales/check/one.jsonl", b"second") == place
    assert place.endswith("qa/sales/check/one.jsonl")
    assert content_at(place, storage) == b"second"
    for name in ("../one", "/one", "a//b", ".hidden"):
        with pytest.raises(StorageError):
            storage.put_file(name, b"")


def content_at(place: str, storage: Storage) -> bytes:
    if isinstance(storage, LocalStorage):
        return Path(place).read_bytes()
    assert isinstance(storage, S3Storage) and is_s3_uri(place)
    found = storage._bucket.get(parse_s3_uri(place).key)
    assert found is not None
    return found[0]
