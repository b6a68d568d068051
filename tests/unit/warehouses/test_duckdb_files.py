"""Opening a DuckDB file: made where it is missing, waited for where it is in use, refused in one clear sentence."""

import contextlib
import os
import shutil
import struct
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dataduct.errors import DataductError, LockTimeoutError, StorageError, UserError, WarehouseError
from dataduct.model.cancellation import Cancellation
from dataduct.model.dataset import Manifest
from dataduct.model.operations import FileFormat
from dataduct.model.table import TableName
from dataduct.warehouses.base import ColumnMatch, DatasetFiles
from dataduct.warehouses.duckdb import DuckDbProvider

_HOLD = """
import sys, time, duckdb
connection = duckdb.connect(sys.argv[1])
connection.execute("CREATE TABLE IF NOT EXISTS held (id INTEGER)")
print("held", flush=True)
time.sleep(float(sys.argv[2]))
"""


def open_warehouse(
    project: Path, *, lock_timeout: float = 0.2, on_wait=lambda message: None, **settings: object
):
    return DuckDbProvider.open_warehouse(
        {"path": "warehouse.duckdb", **settings},
        project_directory=project,
        lock_timeout=lock_timeout,
        on_wait=on_wait,
    )


def refusal(project: Path, **settings: object) -> DataductError:
    with pytest.raises(DataductError) as refused:
        open_warehouse(project, **settings)
    assert "\n" not in refused.value.message
    return refused.value


def names(directory: Path) -> list[str]:
    return [path.name for path in directory.iterdir()]


def storage_version(path: Path) -> int:
    return int(struct.unpack("<Q", path.read_bytes()[12:20])[0])


@contextlib.contextmanager
def held_by_another_process(path: Path, seconds: float):
    command = [sys.executable, "-c", _HOLD, str(path), str(seconds)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def test_a_missing_file_is_made_with_its_directories_and_nothing_beside_it(tmp_path):
    open_warehouse(tmp_path, path="a/b/warehouse.duckdb").close()

    assert names(tmp_path / "a" / "b") == ["warehouse.duckdb"]


def test_new_files_have_the_format_of_duckdb_1_5(tmp_path):
    open_warehouse(tmp_path).close()
    duckdb.connect(":memory:").execute(
        f"ATTACH '{tmp_path}/plain.duckdb' AS plain (STORAGE_VERSION 'v1.5.0')"
    ).close()

    assert storage_version(tmp_path / "warehouse.duckdb") == storage_version(tmp_path / "plain.duckdb")


def test_what_is_written_is_there_when_the_file_is_opened_again(tmp_path):
    warehouse = open_warehouse(tmp_path)
    warehouse.execute("CREATE TABLE courses AS SELECT 1 AS id", Cancellation())
    warehouse.close()

    warehouse = open_warehouse(tmp_path)
    with warehouse.stream("SELECT id FROM courses", Cancellation()) as reader:
        assert reader.read_all().to_pylist() == [{"id": 1}]
    warehouse.close()


def test_a_creation_that_was_interrupted_leaves_no_file(tmp_path, monkeypatch):
    def interrupted(source, target):
        raise KeyboardInterrupt

    monkeypatch.setattr("dataduct.warehouses.duckdb_file.os.link", interrupted)
    with pytest.raises(KeyboardInterrupt):
        open_warehouse(tmp_path)

    assert names(tmp_path) == []


def test_memory_is_a_warehouse_too(tmp_path):
    warehouse = open_warehouse(tmp_path, path=":memory:")
    warehouse.execute("CREATE TABLE courses AS SELECT 1 AS id", Cancellation())

    with warehouse.transaction(Cancellation()) as transaction:
        assert transaction.fetch("SELECT id FROM courses") == [(1,)]
    warehouse.close()
    assert names(tmp_path) == []


def test_a_file_in_use_is_waited_for(tmp_path):
    open_warehouse(tmp_path).close()
    messages: list[str] = []

    with held_by_another_process(tmp_path / "warehouse.duckdb", 1.0) as process:
        open_warehouse(tmp_path, lock_timeout=20, on_wait=messages.append).close()

    program = Path(os.path.realpath(sys.executable)).name
    assert messages == [
        f"the warehouse warehouse.duckdb is in use by process {process.pid} ({program}); waiting up to 20 s"
    ]


def test_a_file_in_use_for_too_long_names_who_holds_it(tmp_path):
    open_warehouse(tmp_path).close()

    with (
        held_by_another_process(tmp_path / "warehouse.duckdb", 30) as process,
        pytest.raises(
            LockTimeoutError, match=rf"in use by process {process.pid} \(.*python.*\); waited 0.3 s"
        ) as late,
    ):
        started = time.monotonic()
        open_warehouse(tmp_path, lock_timeout=0.3)

    assert time.monotonic() - started < 5
    assert late.value.code == "DD701"


def test_a_file_of_a_newer_duckdb_says_both_versions(tmp_path):
    path = tmp_path / "warehouse.duckdb"
    open_warehouse(tmp_path).close()
    content = bytearray(path.read_bytes())
    content[12:20] = struct.pack("<Q", 1018)
    content[52:84] = b"v9.8.7".ljust(32, b"\0")
    content[:8] = struct.pack("<Q", checksum(bytes(content[8:4096])))
    path.write_bytes(content)

    error = refusal(tmp_path)

    assert isinstance(error, WarehouseError)
    assert error.message == (
        f"the warehouse warehouse.duckdb was written by DuckDB 9.8.7, and DuckDB {duckdb.__version__} cannot read it"
    )
    assert error.code == "DD702"


def checksum(block: bytes) -> int:
    """The checksum DuckDB keeps of its header blocks."""
    result = 5381
    for (word,) in struct.iter_unpack("<Q", block):
        result ^= word * 0xBF58476D1CE4E5B9 % 2**64
    return result


@pytest.mark.parametrize("content", [b"", b"hello", b"hello world\n" * 1000], ids=["empty", "short", "long"])
def test_a_file_that_is_not_duckdbs(tmp_path, content):
    (tmp_path / "warehouse.duckdb").write_bytes(content)

    error = refusal(tmp_path)

    assert (error.code, error.message) == ("DD703", "the warehouse warehouse.duckdb is not a DuckDB file")
    assert (tmp_path / "warehouse.duckdb").read_bytes() == content


def test_a_damaged_file(tmp_path):
    path = tmp_path / "warehouse.duckdb"
    open_warehouse(tmp_path).close()
    content = bytearray(path.read_bytes())
    content[100] ^= 0xFF
    path.write_bytes(content)

    assert (refusal(tmp_path).code, refusal(tmp_path).message) == (
        "DD703",
        "the warehouse warehouse.duckdb is damaged",
    )


def test_a_log_without_its_file(tmp_path):
    (tmp_path / "warehouse.duckdb.wal").write_bytes(b"x")

    assert refusal(tmp_path).message == (
        "the warehouse warehouse.duckdb is missing, but its log warehouse.duckdb.wal is there"
    )


def test_a_directory_is_not_a_warehouse(tmp_path):
    (tmp_path / "warehouse.duckdb").mkdir()

    assert refusal(tmp_path).message == "the warehouse warehouse.duckdb is a directory"


def test_a_directory_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("x")

    error = refusal(tmp_path, path="file/warehouse.duckdb")

    assert (error.code, error.message) == (
        "DD704",
        "the warehouse file/warehouse.duckdb cannot be opened: not a directory",
    )


@contextlib.contextmanager
def mounted(target: Path, *options: str):
    target.mkdir(exist_ok=True)
    done = subprocess.run(["mount", *options, str(target)], capture_output=True, check=False)
    if done.returncode:
        pytest.skip("mounting a file system needs root")
    try:
        yield target
    finally:
        subprocess.run(["umount", "-l", str(target)], check=True)


@pytest.mark.skipif(shutil.which("mount") is None, reason="there is no mount command")
def test_a_directory_and_a_file_that_are_read_only(tmp_path):
    open_warehouse(tmp_path, path="real/old.duckdb").close()

    with mounted(tmp_path / "view", "--bind", str(tmp_path / "real")) as view:
        subprocess.run(["mount", "-o", "remount,ro,bind", str(view)], check=True)
        messages = [refusal(tmp_path, path=f"view/{name}.duckdb").message for name in ("new", "old")]

    assert messages == [
        f"the warehouse view/{name}.duckdb cannot be opened: read-only file system" for name in ("new", "old")
    ]


@pytest.mark.skipif(shutil.which("mount") is None, reason="there is no mount command")
def test_a_full_disk_is_said_and_nothing_of_the_transaction_is_kept(tmp_path):
    with mounted(tmp_path / "small", "-t", "tmpfs", "-o", "size=6m", "tmpfs") as small:
        warehouse = open_warehouse(small)
        warehouse.execute("CREATE TABLE courses (name VARCHAR)", Cancellation())

        with pytest.raises(StorageError) as full, warehouse.transaction(Cancellation()) as transaction:
            transaction.execute("INSERT INTO courses SELECT CAST(uuid() AS VARCHAR) FROM range(300000)")

        assert full.value.message == "the disk of the warehouse is full"
        warehouse.close()
        warehouse = open_warehouse(small)
        with warehouse.transaction(Cancellation()) as transaction:
            assert transaction.fetch("SELECT count(*) FROM courses") == [(0,)]
        warehouse.close()


def test_too_little_memory_is_said_with_what_to_do(tmp_path):
    warehouse = open_warehouse(tmp_path, memory_limit="20MB", threads=1)

    with pytest.raises(WarehouseError) as refused, warehouse.transaction(Cancellation()) as transaction:
        transaction.fetch("SELECT list(range) FROM range(100000000)")

    assert (refused.value.code, refused.value.hint) == (
        "DD708",
        "raise `memory_limit` in the warehouse's settings",
    )
    warehouse.close()


@pytest.mark.parametrize(
    ("settings", "message", "hint"),
    [
        ({"memory": "1GB"}, "the duckdb warehouse has no option `memory`", "did you mean `memory_limit`?"),
        (
            {"memory_limit": "lots"},
            "the option `memory_limit` of the duckdb warehouse is wrong: write it like 256MB or 2GB",
            None,
        ),
        (
            {"threads": 0},
            "the option `threads` of the duckdb warehouse is wrong: input should be greater than or equal to 1",
            None,
        ),
        (
            {"path": 7},
            "the option `path` of the duckdb warehouse is wrong: input should be a valid string",
            None,
        ),
    ],
)
def test_wrong_settings(tmp_path, settings, message, hint):
    error = refusal(tmp_path, **settings)

    assert isinstance(error, UserError)
    assert error.message == message
    assert hint is None or error.hint == hint


def test_the_path_is_needed():
    with pytest.raises(UserError, match="the duckdb warehouse lacks the option `path`"):
        DuckDbProvider.capabilities({"type": "duckdb"})


def test_capabilities_are_known_without_duckdb_or_pyarrow():
    script = (
        "import sys; from dataduct.warehouses.duckdb import DuckDbProvider as P; "
        "assert P.capabilities({'path': 'nowhere/x.duckdb'}).dialect == 'duckdb'; "
        "print([name for name in ('duckdb', 'pyarrow', 'sqlglot') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"


def test_nothing_is_fetched_from_the_network(tmp_path):
    warehouse = open_warehouse(tmp_path)

    with pytest.raises(DataductError) as refused, warehouse.transaction(Cancellation()) as transaction:
        transaction.fetch("SELECT * FROM read_csv('https://localhost:1/x.csv')")

    assert "Failed to download" not in refused.value.message
    warehouse.close()


def test_loading_many_rows_needs_little_memory(tmp_path):
    rows = pa.table(
        {"id": pa.array(range(500_000)), "text": pa.array([f"some text {n}" * 4 for n in range(500_000)])}
    )
    with pq.ParquetWriter(tmp_path / "many.parquet", rows.schema) as writer:
        for _ in range(4):
            writer.write_table(rows)
    peak = subprocess.run(
        [sys.executable, __file__, str(tmp_path)], capture_output=True, text=True, check=True
    ).stdout

    assert int(peak) < 400


def _load_many(project: Path) -> None:
    warehouse = open_warehouse(project)
    with warehouse.transaction(Cancellation()) as transaction:
        transaction.execute(
            "CREATE TABLE many (id BIGINT NOT NULL, text VARCHAR CHECK (length(text) <= 100))"
        )
        columns = transaction.columns(TableName("many")) or ()
        files = DatasetFiles(Manifest(format="parquet", parts=()), (str(project / "many.parquet"),))
        matches = [ColumnMatch(column.name, column) for column in columns]
        assert transaction.load(TableName("many"), files, matches, FileFormat()).rows == 2_000_000
    warehouse.close()
    status = Path("/proc/self/status").read_text()
    print(next(int(line.split()[1]) // 1024 for line in status.splitlines() if line.startswith("VmHWM")))


if __name__ == "__main__":
    _load_many(Path(sys.argv[1]))
