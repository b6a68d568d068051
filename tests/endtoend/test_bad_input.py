"""What is wrong is told in words that help, and leaves nothing half-written behind.

Each transcript is exact: read the files in tests/golden/endtoend as the person who is on call would.
"""

import gzip
import os
import re
import sqlite3
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Set
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

DAY = ("--run-date", "2026-01-01")
OLDER = """\
CREATE SCHEMA prod;
CREATE TABLE prod.courses (course_id INTEGER NOT NULL, slug VARCHAR, title VARCHAR);
INSERT INTO prod.courses VALUES (1, 'old', 'Old'), (9, 'gone', 'Gone');
"""
EXTRACT = """\
step_type: extract-rds
name: extract
host_name: school
sql: SELECT id, slug, title FROM courses
"""
LOAD = """\
step_type: create-load
name: load
table_definition: tables/staging.courses.sql
match_columns: position
"""
MEASURES = """\
step_type: create-load
name: load
table_definition: tables/staging.measures.sql
"""


@pytest.fixture
def tell(school, golden, request) -> Callable[..., Any]:
    """Return a function that calls the command line and compares all it tells, and what it left behind."""

    def call(
        *arguments: str,
        code: int,
        runs: int | None = 0,
        status: str = "failed",
        datasets: Set[str] = frozenset(),
        changed: Set[str] = frozenset(),
        **environment: str,
    ) -> Any:
        before = school.tables()
        ended = school(*arguments, **environment)
        told = school.transcript(ended)
        golden(f"endtoend/{request.node.name.removeprefix('test_')}.txt", told)
        assert ended.exit_code == code
        assert "Traceback" not in ended.text
        assert "DD901" not in ended.text
        assert school.datasets() == datasets
        after = school.tables()
        assert {name for name in {*before, *after} if before.get(name) != after.get(name)} == changed
        if runs is not None:
            assert [run["status"] for run in school.runs()] == [status] * runs
        return ended

    return call


@pytest.fixture
def older(school):
    """The school's project, with older rows in production."""
    school.change_warehouse(OLDER)
    return school


# --- what is asked for ---------------------------------------------------------------------------------------------


def test_missing_pipeline(school, tell):
    tell("run", "pipelines/course.yaml", code=2)


def test_directory_as_pipeline(school, tell):
    tell("run", "pipelines", code=2)


def test_unreadable_pipeline(school, tell):
    """Root reads any file, so what cannot be read is one that is no text."""
    school.write({"pipelines/courses.yaml": b"name: \xff\xfe\n"})
    tell("run", "courses", code=2)


def test_forbidden_pipeline(school, tell):
    if os.geteuid() == 0:
        pytest.skip("root may read every file")
    (school.root / "pipelines/courses.yaml").chmod(0)
    tell("run", "courses", code=2)


def test_variable_without_value(school, tell):
    tell("run", "courses", "--var", "colour", code=2)


def test_unknown_variable(school, tell):
    school.write({"pipelines/courses.yaml": "variables:\n  colour: red\n" + school_text(school)})
    tell("run", "courses", "--var", "color=blue", code=2)


def test_unknown_mode(school, tell):
    school.write({"dataduct.yml": settings_of(school) + "modes:\n  production: {}\n"})
    tell("run", "courses", "--mode", "producton", code=2)


def test_unknown_selected_step(school, tell):
    tell("run", "courses", "--select", "+uspert", code=2)


def test_impossible_run_date(school, tell):
    tell("run", "courses", "--run-date", "2026-02-30", code=2)


def test_run_date_in_words(school, tell):
    tell("run", "courses", "--run-date", "yesterday", code=2)


def test_nothing_to_resume(school, tell):
    tell("run", "courses", "--resume", code=2)


def test_nothing_to_resume_for_a_run_date(school):
    """It starts a new run, and says so: a scheduler may always ask to resume."""
    ended = school("run", "courses", *DAY, "--resume")
    assert ended.exit_code == 0
    assert "there is no run to resume, so a new one begins" in ended.stderr


def test_unknown_settings(school, tell):
    school.write(
        {
            "dataduct.yml": "conections:\n  school: {type: sqlite, path: source.sqlite}\n"
            "engine:\n  worker: 2\n  retry_delay: soon\n"
        }
    )
    tell("run", "courses", *DAY, code=2, runs=None)


def test_unknown_connection(school, tell):
    file = school.pipeline("odd", EXTRACT.replace("host_name: school", "host_name: shcool"), LOAD)
    tell("run", file, *DAY, code=2)


# --- sources -------------------------------------------------------------------------------------------------------


def test_missing_sqlite_file(older, tell):
    older.write({"dataduct.yml": settings_of(older).replace("source.sqlite", "sources.sqlite")})
    tell("run", "courses", *DAY, code=1, runs=1)


def test_sqlite_file_that_is_none(older, tell):
    older.write({"source.sqlite": "id,slug\n1,algebra\n" * 100})
    tell("run", "courses", *DAY, code=1, runs=1)


def test_wrong_column_at_the_source(older, tell):
    file = older.pipeline("odd", EXTRACT.replace("slug", "slgu"), LOAD)
    tell("run", file, *DAY, code=1, runs=1)


def test_wrong_table_at_the_source(older, tell):
    file = older.pipeline("odd", EXTRACT.replace("FROM courses", "FROM course"), LOAD)
    tell("run", file, *DAY, code=1, runs=1)


# --- statements ----------------------------------------------------------------------------------------------------


def test_wrong_column_on_the_warehouse(older, tell):
    file = older.pipeline(
        "odd",
        "step_type: sql-command\nname: tidy\ncommand: |\n  DELETE FROM prod.courses WHERE course_id = 9;\n"
        "  UPDATE prod.courses SET title = upper(tilte);\n",
    )
    tell("run", file, *DAY, code=1, runs=1)


def test_wrong_table_on_the_warehouse(older, tell):
    file = older.pipeline(
        "odd", "step_type: sql-command\nname: tidy\ncommand: DELETE FROM prod.course WHERE course_id = 9\n"
    )
    tell("run", file, *DAY, code=1, runs=1)


def test_syntax_error(older, tell):
    file = older.pipeline(
        "odd",
        "step_type: sql-command\nname: tidy\n"
        "command: UPDATE prod.courses SET title = 'x' WERE course_id = 9\n",
    )
    tell("run", file, *DAY, code=1, runs=1)


def test_syntax_error_in_a_later_statement(older, tell):
    file = older.pipeline(
        "odd",
        "step_type: sql-command\nname: tidy\ncommand: |\n  DELETE FROM prod.courses;\n"
        "  INSERT INTO prod.courses\n  SELECT 1, 'a', 'b' FROM range(1) ORDER SIDEWAYS BY 1;\n",
    )
    tell("run", file, *DAY, code=1, runs=1)


def test_table_that_differs_from_its_definition(older, tell):
    older.change_warehouse(
        "ALTER TABLE prod.courses DROP title; ALTER TABLE prod.courses ADD teacher INTEGER"
    )
    older.change_warehouse("ALTER TABLE prod.courses ALTER slug TYPE INTEGER USING 1")
    tell(
        "run", "courses", *DAY, code=1, runs=1,
        datasets={"extract"}, changed={"staging.courses"},
    )  # fmt: skip


# --- rows ----------------------------------------------------------------------------------------------------------


def test_text_that_is_too_long(older, tell):
    older.change_source("UPDATE courses SET slug = 'a slug of more than twenty characters' WHERE id = 2")
    tell("run", "courses", *DAY, code=1, runs=1, datasets={"extract"})


def test_null_in_a_column_that_is_not_null(older, tell):
    file = older.pipeline("odd", EXTRACT.replace("SELECT id", "SELECT NULLIF(id, 3) AS id"), LOAD)
    tell("run", file, *DAY, code=1, runs=1, datasets={"extract"})


def test_text_in_an_integer_column_of_a_tsv(older, tell):
    older.write({"data/courses.tsv": "1\talgebra\tAlgebra\nabc\tbiology\tBiology\n"})
    file = older.pipeline("odd", "step_type: extract-local\nname: files\npath: data/courses.tsv", LOAD)
    tell("run", file, *DAY, code=1, runs=1, datasets={"files"})


def test_ragged_tsv(older, tell):
    older.write({"data/courses.tsv": "1\talgebra\tAlgebra\n2\tbiology\n3\tchemistry\tChemistry\n"})
    file = older.pipeline("odd", "step_type: extract-local\nname: files\npath: data/courses.tsv", LOAD)
    tell("run", file, *DAY, code=1, runs=1, datasets={"files"})


@pytest.mark.parametrize("name", ["courses.tsv", "courses.csv", "courses.tsv.gz"])
@pytest.mark.parametrize(
    ("mode", "left"), [("replace", 0), ("append", 2), ("keep-existing", 2), ("overwrite-existing", 2)]
)
def test_file_without_a_row(older, name, mode, left):
    """That is no error: there is nothing to load."""
    older.write({f"data/{name}": gzip.compress(b"") if name.endswith("gz") else b""})
    load = f"{LOAD}insert_mode: {mode}\n".replace("staging.", "prod.")
    file = older.pipeline("odd", f"step_type: extract-local\nname: files\npath: data/{name}", load)
    ended = older("run", file, *DAY)
    assert ended.exit_code == 0, ended.stderr
    assert older.rows("SELECT COUNT(*) FROM prod.courses") == [(left,)]


def test_fraction_in_an_integer_column_of_a_parquet_file(older, tell):
    (older.root / "data").mkdir()
    pq.write_table(
        pa.table({"id": [1, 2, 3], "score": [1.0, 2.5, 3.0]}), older.root / "data/measures.parquet"
    )
    older.write({"tables/staging.measures.sql": "CREATE TABLE staging.measures (id INTEGER, score INTEGER)"})
    file = older.pipeline(
        "odd", "step_type: extract-local\nname: files\npath: data/measures.parquet", MEASURES
    )
    tell("run", file, *DAY, code=1, runs=1, datasets={"files"})


def test_number_that_is_too_large(older, tell):
    (older.root / "data").mkdir()
    pq.write_table(pa.table({"id": [1, 2], "score": [1, 2**40]}), older.root / "data/measures.parquet")
    older.write({"tables/staging.measures.sql": "CREATE TABLE staging.measures (id INTEGER, score INTEGER)"})
    file = older.pipeline(
        "odd", "step_type: extract-local\nname: files\npath: data/measures.parquet", MEASURES
    )
    tell("run", file, *DAY, code=1, runs=1, datasets={"files"})


def test_missing_input_file(older, tell):
    file = older.pipeline("odd", "step_type: extract-local\nname: files\npath: data/courses.tsv", LOAD)
    tell("run", file, *DAY, code=2)


# --- checks --------------------------------------------------------------------------------------------------------


def test_failing_primary_key_check(older, tell):
    older.change_warehouse("INSERT INTO prod.courses VALUES (9, 'again', 'Again'), (9, 'more', 'More')")
    file = older.pipeline(
        "odd", "step_type: primary-key-check\nname: check\ntable_definition: tables/prod.courses.sql"
    )
    tell("run", file, *DAY, code=1, runs=1)


def test_failing_count_check(older, tell):
    file = older.pipeline(
        "odd",
        "step_type: count-check\nname: check\nsource_host: school\nsource_table_name: courses\n"
        "destination_table_definition: tables/prod.courses.sql\ntolerance: 10\n",
    )
    tell("run", file, *DAY, code=1, runs=1)


def test_failing_column_check(older, tell):
    file = older.pipeline(
        "odd",
        "step_type: column-check\nname: check\nsource_host: school\n"
        "source_sql: SELECT id, slug, title FROM courses\n"
        "sql_tail_for_source: ORDER BY id LIMIT LIMIT_PLACEHOLDER\n"
        "destination_table_definition: tables/prod.courses.sql\n",
    )
    tell("run", file, *DAY, code=1, runs=1)


# --- commands ------------------------------------------------------------------------------------------------------


def test_failing_command(older, tell):
    file = older.pipeline(
        "odd",
        "step_type: transform\nname: clean\n"
        "command: echo begun; echo half > $OUTPUT1_STAGING_DIR/a.tsv; echo 'no such course' >&2; exit 3",
    )
    tell("run", file, *DAY, code=1, runs=1)


def test_command_that_hangs(older, tell):
    file = older.pipeline(
        "odd",
        "step_type: transform\nname: clean\ntimeout: 2 seconds\n"
        "command: echo half > $OUTPUT1_STAGING_DIR/a.tsv; echo waiting for the list; sleep 77.7",
    )
    began = time.monotonic()
    tell("run", file, *DAY, code=1, runs=1)
    assert time.monotonic() - began < 20
    assert not is_running("sleep 77.7")


def test_missing_script(older, tell):
    file = older.pipeline("odd", "step_type: transform\nname: clean\nscript: scripts/clean.py")
    tell("run", file, *DAY, code=2)


# --- places --------------------------------------------------------------------------------------------------------


@pytest.fixture
def tiny(tmp_path: Path) -> Iterator[Path]:
    """A file system of 512 KiB."""
    place = tmp_path / "tiny"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(place)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode != 0:
        pytest.skip("a small file system can be mounted by root only")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


MANY = """\
WITH RECURSIVE n(i) AS (SELECT 4 UNION ALL SELECT i + 1 FROM n WHERE i < 30000)
INSERT INTO courses SELECT i, 'c' || i, hex(randomblob(18)) FROM n;
"""


def test_full_disk_of_the_storage(older, tell, tiny):
    older.change_source(MANY)
    older.write({"dataduct.yml": settings_of(older) + f"storage:\n  type: local\n  path: {tiny}/data\n"})
    tell("run", "courses", *DAY, code=1, runs=1)
    assert not list(tiny.rglob(".manifest.json"))


def test_full_disk_of_the_warehouse(older, tell, tiny):
    older.change_source(MANY)
    older.write(
        {"dataduct.yml": settings_of(older) + f"warehouse:\n  type: duckdb\n  path: {tiny}/w.duckdb\n"}
    )
    tell("run", "courses", *DAY, code=1, runs=1, datasets={"extract"})
    subprocess.run(["mount", "-o", "remount,size=64m", str(tiny)], check=True)
    resumed = older("run", "courses", *DAY, "--resume")
    assert resumed.exit_code == 0, resumed.stderr
    with duckdb.connect(str(tiny / "w.duckdb"), read_only=True) as connection:
        assert connection.execute("SELECT COUNT(*) FROM prod.courses").fetchall() == [(30_000,)]


def test_full_disk_of_the_run_store(older, tell, tiny):
    older.write({"dataduct.yml": settings_of(older) + f"runs:\n  path: {tiny}/runs.sqlite\n"})
    (tiny / "filler").write_bytes(b"x" * 500 * 1024)
    tell("run", "courses", *DAY, code=1, runs=None)


def test_disk_of_the_run_store_that_fills_up(older, tell, tiny):
    """What is committed when it happens stays; the next run finds it and goes on."""
    older.write({"dataduct.yml": settings_of(older) + f"runs:\n  path: {tiny}/runs.sqlite\n"})
    assert older("history").exit_code == 0
    fill = (
        f"step_type: transform\nname: fill\nno_output: true\ncommand: cat /dev/zero > {tiny}/filler || true"
    )
    file = older.pipeline("odd", fill, EXTRACT + "depends_on: fill\n", LOAD)
    tell("run", file, *DAY, code=1, runs=None)
    (tiny / "filler").unlink()
    older.pipeline("odd", fill.replace(f"cat /dev/zero > {tiny}/filler || true", "echo done"), EXTRACT, LOAD)
    ended = older("run", file, *DAY, "--resume")
    assert ended.exit_code == 0, ended.stderr
    assert len(older.rows("FROM staging.courses")) == 3


def test_storage_below_a_file(older, tell):
    older.write(
        {"dataduct.yml": settings_of(older) + "storage:\n  type: local\n  path: source.sqlite/data\n"}
    )
    tell("run", "courses", *DAY, code=1, runs=1)


def test_warehouse_below_a_file(older, tell):
    older.write(
        {"dataduct.yml": settings_of(older) + "warehouse:\n  type: duckdb\n  path: source.sqlite/w.duckdb\n"}
    )
    tell("run", "courses", *DAY, code=1, runs=1)


def test_run_store_below_a_file(older, tell):
    older.write({"dataduct.yml": settings_of(older) + "runs:\n  path: source.sqlite/runs.sqlite\n"})
    tell("run", "courses", *DAY, code=1, runs=None)


def test_logs_below_a_file(older, tell):
    older.write({"dataduct.yml": settings_of(older) + "logs:\n  path: source.sqlite/logs\n"})
    tell("run", "courses", *DAY, code=1, runs=1)


def test_read_only_directory(older, tell):
    """A read-only mount binds root too."""
    mount = ["mount", "-t", "tmpfs", "-o", "ro", "tmpfs"]
    place = older.root / "data"
    place.mkdir()
    if os.geteuid() != 0 or subprocess.run([*mount, str(place)], capture_output=True).returncode != 0:
        pytest.skip("a read-only file system can be mounted by root only")
    try:
        older.write({"dataduct.yml": settings_of(older) + "storage:\n  type: local\n  path: data/storage\n"})
        tell("run", "courses", *DAY, code=1, runs=1)
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


# --- the warehouse -------------------------------------------------------------------------------------------------


def test_warehouse_of_a_newer_duckdb(older, tell):
    path = older.root / "warehouse.duckdb"
    content = bytearray(path.read_bytes())
    content[12:20] = struct.pack("<Q", 9999)
    content[52:84] = b"v99.9.9".ljust(32, b"\0")
    content[:8] = struct.pack("<Q", checksum(bytes(content[8:4096])))
    newer = bytes(content)
    older.write({"newer.duckdb": newer})
    older.write({"dataduct.yml": settings_of(older) + "warehouse: {type: duckdb, path: newer.duckdb}\n"})
    tell("run", "courses", *DAY, code=1, runs=1)
    assert (older.root / "newer.duckdb").read_bytes() == newer


def checksum(block: bytes) -> int:
    """The checksum DuckDB keeps of its header blocks."""
    result = 5381
    for (word,) in struct.iter_unpack("<Q", block):
        result ^= word * 0xBF58476D1CE4E5B9 % 2**64
    return result


def test_warehouse_that_is_no_duckdb_file(older, tell):
    older.write({"warehouse.duckdb": "not a database at all\n" * 500})
    tell("run", "courses", *DAY, code=1, runs=1)
    assert (older.root / "warehouse.duckdb").read_text() == "not a database at all\n" * 500


HOLD = """\
import duckdb, sys, time
connection = duckdb.connect(sys.argv[1])
print("held", flush=True)
time.sleep(float(sys.argv[2]))
"""


@pytest.fixture
def hold(older) -> Iterator[Callable[[float], None]]:
    """Return a function that has another process hold the warehouse for some seconds."""
    holders: list[subprocess.Popen[str]] = []

    def begin(seconds: float) -> None:
        arguments = [sys.executable, "-c", HOLD, str(older.root / "warehouse.duckdb"), str(seconds)]
        holder = subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)
        holders.append(holder)
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"

    yield begin
    for holder in holders:
        holder.kill()
        holder.communicate()


def test_locked_warehouse(older, golden, hold):
    older.write({"dataduct.yml": settings_of(older).replace("lock_timeout: 20", "lock_timeout: 1")})
    before = older.tables()
    hold(60)
    ended = older("run", "courses", *DAY)
    golden("endtoend/locked_warehouse.txt", older.transcript(ended))
    assert ended.exit_code == 1
    assert [run["status"] for run in older.runs()] == ["failed"]
    assert older.datasets() == set()
    assert before


def test_warehouse_that_is_let_go_in_time(older, hold):
    older.change_warehouse("DELETE FROM prod.courses")
    hold(1.5)
    ended = older("run", "courses", *DAY)
    assert ended.exit_code == 0, ended.stderr
    waiting = r"the warehouse warehouse.duckdb is in use by process \d+ .*; waiting up to 20 s"
    assert len(re.findall(waiting, ended.stderr)) == 1
    assert len(older.rows("FROM prod.courses")) == 3


# --- the run store -------------------------------------------------------------------------------------------------


def test_run_store_that_is_no_database(older, tell):
    """The history can be moved away: the warehouse itself knows what is loaded."""
    assert older("run", "courses", *DAY).exit_code == 1
    (older.root / ".dataduct/runs.sqlite-wal").unlink(missing_ok=True)
    older.write({".dataduct/runs.sqlite": b"not a database at all\n" * 500})
    tell("run", "courses", *DAY, code=1, runs=None, datasets={"extract"})
    (older.root / ".dataduct/runs.sqlite").unlink()
    older.change_source("INSERT INTO courses VALUES (9, 'late', 'Late')")
    again = older("run", "courses", *DAY)
    assert again.exit_code == 0, again.stderr
    assert older.steps()["upsert"] == "already-loaded"


def test_run_store_that_is_damaged(older, tell):
    """Its pages are overwritten, its header is whole."""
    assert older("run", "courses", *DAY).exit_code == 1
    store = older.root / ".dataduct/runs.sqlite"
    with sqlite3.connect(store) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    content = bytearray(store.read_bytes())
    content[100:] = b"\xa5" * (len(content) - 100)
    store.write_bytes(bytes(content))
    tell("run", "courses", *DAY, code=1, runs=None, datasets={"extract"})
    assert older("history").exit_code == 1


def settings_of(project) -> str:
    return (project.root / "dataduct.yml").read_text()


def school_text(project) -> str:
    return (project.root / "pipelines/courses.yaml").read_text()


def is_running(command: str) -> bool:
    """Return whether a process with this command line runs."""
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if entry.read_bytes().replace(b"\0", b" ").decode(errors="replace").strip() == command:
                return True
        except OSError:
            continue
    return False
