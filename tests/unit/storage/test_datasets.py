import os
import threading
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dataduct.errors import Interrupted, StorageError
from dataduct.model.cancellation import Cancellation
from dataduct.model.operations import FileFormat
from dataduct.storage.datasets import (
    collect_from_command,
    directory_files,
    stage_for_command,
    write_files,
    write_rows,
)
from dataduct.storage.delimited import open_delimited
from dataduct.storage.local import LocalStorage
from dataduct.storage.parquet import PartLimits, row_groups

TABLE = pa.table({"id": [1, 2, None], "text": ["a\tb", None, "\\N"], "few": ["x", "x", "x"]})


@pytest.fixture
def storage(tmp_path: Path) -> LocalStorage:
    return LocalStorage(tmp_path / "data")


def test_a_parquet_dataset_is_staged_as_text_and_collected_again(
    storage: LocalStorage, tmp_path: Path
) -> None:
    staged = tmp_path / "staged"
    write_rows(storage, "p/a", TABLE.to_reader(), producer="a", cancellation=Cancellation())
    stage_for_command(storage, "p/a", staged, cancellation=Cancellation())
    assert (staged / "part-00000.tsv").read_text() == "1\ta\\tb\tx\n2\t\\N\tx\n\\N\t\\\\N\tx\n"
    manifest = collect_from_command(storage, "p/b", staged, producer="b", cancellation=Cancellation())
    assert (manifest.format, manifest.producer, manifest.rows, manifest.fields) == ("tsv", "b", None, None)
    with storage.fetched("p/b", manifest) as paths:
        rows = open_delimited(paths, "tsv", FileFormat()).read_all()
    assert rows.to_pydict() == {
        "column_0": ["1", "2", None],
        "column_1": ["a\tb", None, "\\N"],
        "column_2": ["x", "x", "x"],
    }


def test_a_command_may_change_what_was_staged(storage: LocalStorage, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("a\n1\n")
    sources = [(tmp_path / "x.csv", "x.csv")]
    manifest = write_files(storage, "p/a", sources, format="csv", producer="a", cancellation=Cancellation())
    stage_for_command(storage, "p/a", tmp_path / "staged", cancellation=Cancellation())
    with (tmp_path / "staged/x.csv").open("a") as file:
        file.write("2\n")
    with storage.fetched("p/a", manifest) as (path,):
        assert Path(path).read_text() == "a\n1\n"


def test_hidden_files_and_special_files_are_left_out(storage: LocalStorage, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    for name in ("a.tsv", "sub/b.tsv", ".hidden", ".git/config", "sub/.c"):
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(name)
    os.mkfifo(tree / "pipe")
    assert [name for _, name in directory_files(tree)] == ["a.tsv", "sub/b.tsv"]
    manifest = collect_from_command(storage, "p/a", tree, producer="a", cancellation=Cancellation())
    assert [part.path.partition("/")[2] for part in manifest.parts] == ["a.tsv", "sub/b.tsv"]
    explicit = write_files(
        storage,
        "p/b",
        [(tree / ".hidden", ".hidden")],
        format="files",
        producer="a",
        cancellation=Cancellation(),
    )
    assert explicit.parts == ()
    assert storage.manifest("p/b") == explicit


def test_two_files_of_one_name_are_refused(storage: LocalStorage, tmp_path: Path) -> None:
    sources = [(tmp_path / "a/x", "x"), (tmp_path / "b/x", "x")]
    with pytest.raises(StorageError, match=r"two files have the name x in one dataset: .*/a/x and .*/b/x"):
        write_files(storage, "p/a", sources, format="files", producer="a", cancellation=Cancellation())


def test_a_file_that_vanished_is_named_and_nothing_is_left(storage: LocalStorage, tmp_path: Path) -> None:
    (tmp_path / "here").write_text("x")
    sources = [(tmp_path / "here", "here"), (tmp_path / "gone", "gone")]
    with pytest.raises(StorageError, match=r"cannot read .*/gone: no such file"):
        write_files(storage, "p/a", sources, format="files", producer="a", cancellation=Cancellation())
    assert storage.manifest("p/a") is None
    assert [path for path in (tmp_path / "data").rglob("*") if path.is_file()] == []


def test_a_missing_directory_is_named(storage: LocalStorage, tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"cannot read .*/gone"):
        directory_files(tmp_path / "gone")


def test_staging_what_was_never_published_says_so(storage: LocalStorage, tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="dataset p/a is not in the storage") as caught:
        stage_for_command(storage, "p/a", tmp_path, cancellation=Cancellation())
    assert caught.value.code == "DD748"


def test_a_damaged_parquet_part_is_named(storage: LocalStorage, tmp_path: Path) -> None:
    manifest = write_rows(storage, "p/a", TABLE.to_reader(), producer="a", cancellation=Cancellation())
    storage.local_path("p/a", manifest.parts[0].path).write_bytes(b"x" * manifest.parts[0].bytes)
    with pytest.raises(StorageError, match=r"cannot read part .*part-00000\.parquet"):
        stage_for_command(storage, "p/a", tmp_path / "staged", cancellation=Cancellation())


@pytest.mark.parametrize("format", ["files", "parquet"])
def test_staging_and_copying_stop_when_asked(storage: LocalStorage, tmp_path: Path, format: str) -> None:
    (tmp_path / "x").write_text("x")
    stopped = Cancellation()
    stopped.request("timeout")
    with pytest.raises(Interrupted, match="timeout"):
        write_files(
            storage, "p/a", [(tmp_path / "x", "x")], format="files", producer="a", cancellation=stopped
        )
    assert storage.manifest("p/a") is None
    write_rows(storage, "p/a", TABLE.to_reader(), producer="a", cancellation=Cancellation())
    with pytest.raises(Interrupted):
        stage_for_command(storage, "p/a", tmp_path / "staged", cancellation=stopped)


def test_progress_counts_rows_and_bytes(storage: LocalStorage) -> None:
    seen: list[tuple[int, int]] = []
    write_rows(
        storage,
        "p/a",
        TABLE.to_reader(max_chunksize=2),
        producer="a",
        cancellation=Cancellation(),
        progress=lambda rows, size: seen.append((rows, size)),
    )
    assert [rows for rows, _ in seen] == [2, 3]
    assert seen[-1][1] > 0


def test_row_groups_keep_to_their_limits_whatever_the_batches() -> None:
    schema = pa.schema([("id", pa.int64())])
    sizes = [1, 1, 5000, 3, 0, 10]
    batches = [pa.record_batch([pa.array(range(size), pa.int64())], schema=schema) for size in sizes]
    limits = PartLimits(group_rows=1000, group_bytes=4000)
    groups = list(row_groups(iter(batches), schema, limits))
    assert sum(group.num_rows for group in groups) == sum(sizes)
    assert all(group.num_rows <= 500 for group in groups)
    assert pa.concat_tables(groups) == pa.Table.from_batches(batches)


def test_parts_and_dictionaries(storage: LocalStorage) -> None:
    rows = 20_000
    table = pa.table(
        {"few": [f"city {i % 10}" for i in range(rows)], "many": [f"{i * 7919}" for i in range(rows)]}
    )
    limits = PartLimits(group_rows=5000, part_bytes=30_000)
    manifest = write_rows(
        storage, "p/a", table.to_reader(), producer="a", cancellation=Cancellation(), limits=limits
    )
    assert 1 < len(manifest.parts) <= 4
    with storage.fetched("p/a", manifest) as paths:
        metadata = pq.read_metadata(paths[0])
    few, many = metadata.row_group(0).column(0), metadata.row_group(0).column(1)
    assert metadata.row_group(0).num_rows == 5000
    assert few.compression == many.compression == "ZSTD"
    assert few.has_dictionary_page
    assert not many.has_dictionary_page


def test_the_writing_thread_ends(storage: LocalStorage) -> None:
    before = threading.active_count()
    write_rows(storage, "p/a", TABLE.to_reader(), producer="a", cancellation=Cancellation())
    assert threading.active_count() == before
