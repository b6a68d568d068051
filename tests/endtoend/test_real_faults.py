"""Runs between real systems whose network breaks and which are killed: every row is there once."""

import os
import random
import re
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from real_systems import connection, done, places_of, write_settings

from projects import Project

ROWS = 60_000
STEPS = (
    "step_type: extract-mysql\nname: extract\nhost_name: school\nsql: SELECT id, mark, note FROM marks\n",
    "step_type: create-load\nname: load\ntable_definition: tables/staging.marks.sql\n",
    "step_type: upsert\nname: upsert\nsource: tables/staging.marks.sql\ndestination: tables/prod.marks.sql\n",
    "step_type: sql-command\nname: count\ncommand: CREATE TABLE IF NOT EXISTS prod.counts (n BIGINT); "
    "INSERT INTO prod.counts SELECT COUNT(*) FROM prod.marks;\n",
    "step_type: unload\nname: unload\nschema: prod\ntable: marks\n",
    "step_type: transform\nname: look\ncommand: 'cat ${INPUT1_STAGING_DIR}/* | wc -l; sleep 0.2'\n",
)
KILLS = int(os.environ.get("DATADUCT_KILLS", "3"))


@pytest.fixture(scope="module")
def marks(mariadb_server: Any) -> str:
    """A MariaDB database with marks."""
    database: str = mariadb_server.fresh_database("school")
    mariadb_server.execute(
        f"CREATE TABLE marks AS SELECT seq AS id, seq % 7 AS mark, REPEAT('x', 30) AS note FROM seq_1_to_{ROWS}",
        "ALTER TABLE marks ADD PRIMARY KEY (id)",
        database=database,
    )
    return database


@pytest.fixture
def project(
    empty: Project, mariadb_server: Any, postgres_server: Any, marks: str, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Callable[[str], list[tuple[Any, ...]]]]:
    """Make a project from MariaDB into an empty PostgreSQL warehouse, and return who asks the warehouse."""
    monkeypatch.setenv("PW", postgres_server.password)
    columns = "(id INTEGER NOT NULL, mark INTEGER, note VARCHAR(40), PRIMARY KEY (id));\n"
    empty.write(
        {f"tables/{name}.sql": f"CREATE TABLE {name} {columns}" for name in ("staging.marks", "prod.marks")}
    )
    empty.pipeline("marks", *STEPS)

    def make(**changes: Any) -> Callable[[str], list[tuple[Any, ...]]]:
        database = postgres_server.fresh_database("warehouse")
        write_settings(
            empty,
            connections={"school": {**connection(mariadb_server, marks), **changes.get("school", {})}},
            warehouse={**connection(postgres_server, database), **changes.get("warehouse", {})},
        )
        return lambda query: postgres_server.execute(query, database=database)  # type: ignore[no-any-return]

    return make


def expect_every_row_once(ask: Callable[[str], list[tuple[Any, ...]]]) -> None:
    assert ask("SELECT count(*), count(DISTINCT id), sum(id) FROM prod.marks") == [
        (ROWS, ROWS, ROWS * (ROWS + 1) // 2)
    ]
    assert ask("SELECT n FROM prod.counts") == [(ROWS,)]
    assert ask("SELECT count(*) FROM dataduct.loads") == [(3,)]


@pytest.mark.parametrize("reset", [False, True], ids=["closed", "reset"])
def test_a_source_cut_in_the_middle_is_read_again(
    empty: Project, project: Any, mariadb_server: Any, tcp_proxy: Any, reset: bool
) -> None:
    proxy = tcp_proxy(mariadb_server.host, mariadb_server.port)
    ask = project(school={"port": proxy.port})
    proxy.cut_after(1_000_000, reset=reset)
    told = done(empty, "marks").text
    expect_every_row_once(ask)
    retries = [line for line in told.splitlines() if re.search(r"\bextract +(retry|retries|trying)", line)]
    assert len(retries) == 1, told
    assert re.search(r"the connection to the MySQL server 127\.0\.0\.1:\d+/\w+ was lost", retries[0]), told
    assert places_of(mariadb_server.password, empty.root, told) == []


def test_a_warehouse_cut_in_the_middle_is_loaded_again(
    empty: Project, project: Any, postgres_server: Any, tcp_proxy: Any
) -> None:
    proxy = tcp_proxy(postgres_server.host, postgres_server.port)
    ask = project(warehouse={"port": proxy.port})
    process = empty.begin("run", "pipelines/marks.yaml", "--run-date", "2026-01-01")
    deadline = time.monotonic() + 40
    while proxy.bytes_from_client < 1_500_000 and time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.005)
    proxy.cut(reset=True)
    stdout, stderr = process.communicate(timeout=60)
    told = stdout + stderr
    if process.returncode != 0:
        told += done(empty, "marks", "--resume").text
    expect_every_row_once(ask)
    assert "Traceback" not in told


def test_killed_at_random_moments_every_row_is_there_once(empty: Project, project: Any) -> None:
    chance = random.Random(7)
    began = time.monotonic()
    expect_every_row_once_after(project(), empty, lambda: done(empty, "marks"))
    whole = time.monotonic() - began
    killed = 0
    while killed < KILLS:
        ask = project()
        date = "2026-01-01"
        process = empty.begin("run", "pipelines/marks.yaml", "--run-date", date)
        try:
            process.wait(chance.uniform(0.1, whole))
        except Exception:  # noqa: BLE001 - it runs still, as it should
            os.killpg(process.pid, signal.SIGKILL)
            killed += 1
        process.communicate()
        expect_every_row_once_after(ask, empty, lambda: done(empty, "marks", "--resume"))


def expect_every_row_once_after(ask: Any, project: Project, finish: Callable[[], object]) -> None:
    finish()
    expect_every_row_once(ask)
    # The next round is a run of a project that has never run.
    import shutil

    shutil.rmtree(project.root / ".dataduct")


def test_a_killed_command_leaves_nothing_after_the_next_run(
    empty: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    write_settings(empty)
    empty.write({"data/a.tsv": "1\n"})
    extract = "step_type: extract-local\nname: get\npath: data/a.tsv\n"
    transform = "step_type: transform\nname: wait\ncommand: 'touch {0}/begun; sleep {1}'\n"
    empty.pipeline("wait", extract, transform.format(empty.root, 30))
    process = empty.begin("run", "pipelines/wait.yaml")
    deadline = time.monotonic() + 30
    while not (empty.root / "begun").exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    [left] = temporary.iterdir()
    empty.pipeline("short", extract, transform.format(empty.root, 0))
    done(empty, "short")
    assert not left.exists()
    assert list(temporary.iterdir()) == []
