"""Whole test runs: their processes share servers, two at once do not meet, and nothing is left behind."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from servers import MariaDb, Postgres, S3Server
from servers.ports import HOST

TESTS = Path(__file__).parent.parent
EVERY_SERVER = ("mariadb_server", "postgres_server", "s3_server")
QUICKEST_SERVER = ("postgres_server",)

TESTS_OF_A_RUN = """
import json, os, time
from pathlib import Path
import pytest

NOTES = Path(__file__).parent

def note(server):
    name = NOTES / f"{os.getpid()}-{server.kind}-{server.port}.json"
    fields = {"pid": os.getpid(), "kind": server.kind, "port": server.port, "directory": str(server.directory)}
    fields["inner_ports"] = getattr(server, "inner_ports", [])
    name.with_suffix(".part").write_text(json.dumps(fields))
    name.with_suffix(".part").rename(name)

@pytest.mark.parametrize("number", range(4))
@pytest.mark.parametrize("name", NAMES)
def test_shared(request, name, number):
    note(request.getfixturevalue(name))
    time.sleep(0.05)

@pytest.mark.skipif("HANG" not in os.environ, reason="only of a run that is killed")
def test_that_hangs(request, private_postgres):
    note(private_postgres)
    for name in NAMES:
        note(request.getfixturevalue(name))
    NOTES.joinpath("hanging").touch()
    parent = os.getppid()
    while os.getppid() == parent:
        time.sleep(0.05)
"""
TESTS_OF_A_DYING_WORKER = """
def test_dies(private_postgres, postgres_server):
    note(private_postgres)
    note(postgres_server)
    os._exit(1)

def test_later(postgres_server):
    notes = [json.loads(path.read_text()) for path in NOTES.glob("*.json")]
    (private,) = [Path(note["directory"]) for note in notes if "private" in note["directory"]]
    (shared,) = [note["port"] for note in notes if "private" not in note["directory"]]
    deadline = time.monotonic() + 10
    while private.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not private.exists()
    assert postgres_server.port == shared
    assert postgres_server.execute("SELECT 1") == [(1,)]
"""


@pytest.fixture(autouse=True)
def _every_server(mariadb_server: MariaDb, postgres_server: Postgres, s3_server: S3Server) -> None:
    """Say which programs are missing before a run inside this one does."""


@dataclass
class ChildRun:
    """A run of pytest of its own, over tests that note which servers they were given."""

    folder: Path
    process: subprocess.Popen[str]

    def finish(self) -> str:
        output, _ = self.process.communicate(timeout=120)
        return output

    def notes(self) -> list[dict[str, Any]]:
        return [json.loads(path.read_text()) for path in self.folder.glob("*.json")]

    def run_directory(self) -> Path:
        (directory,) = {Path(note["directory"]).parent.parent for note in self.notes()}
        return directory

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.communicate(timeout=60)


@pytest.fixture
def child_run(tmp_path: Path) -> Callable[..., ChildRun]:
    count = 0

    def start(
        *arguments: str,
        tests: str = TESTS_OF_A_RUN,
        servers: tuple[str, ...] = QUICKEST_SERVER,
        **environment: str,
    ) -> ChildRun:
        nonlocal count
        count += 1
        folder = tmp_path / f"run{count}"
        folder.mkdir()
        folder.joinpath(f"test_inside_{count}.py").write_text(tests.replace("NAMES", repr(servers)))
        folder.joinpath("pytest.ini").write_text("[pytest]\n")
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
        process = subprocess.Popen(
            [sys.executable, "-m", "pytest", "-rs", "-p", "servers.fixtures", *arguments],
            cwd=folder,
            env=inherited | {"PYTHONPATH": str(TESTS)} | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        return ChildRun(folder, process)

    return start


def test_all_workers_share_the_servers_and_nothing_is_left(child_run: Callable[..., ChildRun]) -> None:
    run = child_run("-n", "2", "-k", "shared", servers=EVERY_SERVER)
    output = run.finish()

    assert run.process.returncode == 0, output
    notes = run.notes()
    assert len({note["pid"] for note in notes}) == 2
    assert len({(note["kind"], note["port"]) for note in notes}) == len(EVERY_SERVER)
    assert_nothing_is_left(run)


def test_two_runs_at_once_do_not_meet(child_run: Callable[..., ChildRun]) -> None:
    runs = [child_run("-k", "shared") for _ in range(2)]
    for run in runs:
        output = run.finish()
        assert run.process.returncode == 0, output
    first, second = runs
    assert not {note["port"] for note in first.notes()} & {note["port"] for note in second.notes()}
    assert first.run_directory() != second.run_directory()
    for run in runs:
        assert_nothing_is_left(run)


@pytest.mark.parametrize(
    ("arguments", "servers"),
    [(["-n", "2"], EVERY_SERVER), ([], QUICKEST_SERVER)],
    ids=["with workers", "without"],
)
def test_a_killed_run_leaves_nothing(
    child_run: Callable[..., ChildRun], arguments: list[str], servers: tuple[str, ...]
) -> None:
    run = child_run(*arguments, "-k", "hangs", servers=servers, HANG="1")
    _wait_until(run.folder.joinpath("hanging").exists, 90)
    directory = run.run_directory()
    assert processes_of(directory)

    run.kill()

    _wait_until(lambda: not directory.exists() and not processes_of(directory), 10)
    assert_nothing_is_left(run)


def test_a_run_killed_while_a_server_starts_leaves_nothing(child_run: Callable[..., ChildRun]) -> None:
    run = child_run("-k", "shared")
    directories: list[Path] = []

    def data_being_made() -> bool:
        made = [
            path
            for path in Path("/tmp").glob("dataduct-tests-*/servers/*/data")
            if _owner_of(path) == run.process.pid
        ]
        directories.extend(path.parent.parent.parent for path in made)
        return bool(made)

    _wait_until(data_being_made, 60)

    run.kill()

    directory = directories[0]
    _wait_until(lambda: not directory.exists() and not processes_of(directory), 10)


def test_a_worker_that_dies_takes_its_private_server_only(child_run: Callable[..., ChildRun]) -> None:
    run = child_run("-n", "1", "-k", "dies or later", tests=TESTS_OF_A_RUN + TESTS_OF_A_DYING_WORKER)
    output = run.finish()
    assert "1 failed, 1 passed" in output, output
    assert_nothing_is_left(run)


@pytest.mark.parametrize(("ci", "outcome"), [("", "2 skipped"), ("true", "2 errors")])
def test_without_its_program_a_test_is_skipped_and_in_ci_fails(
    child_run: Callable[..., ChildRun], ci: str, outcome: str
) -> None:
    tests = (
        "import pytest\n"
        "from servers import MariaDb\n"
        "MariaDb.missing = classmethod(lambda cls: 'needs mariadbd: apt-get install mariadb-server')\n"
        "def test_one(mariadb_server): ...\n"
        "def test_two(private_mariadb): ...\n"
    )
    output = child_run(tests=tests, CI=ci).finish()
    assert outcome in output, output
    if not ci:
        (line,) = [line for line in output.splitlines() if line.startswith("SKIPPED")]
        assert line.endswith("needs mariadbd: apt-get install mariadb-server")
        assert line.startswith("SKIPPED [2]")


def assert_nothing_is_left(run: ChildRun) -> None:
    """Assert that no process, directory, port or socket of the run is left."""
    assert not run.run_directory().exists()
    assert not processes_of(run.run_directory())
    ports = {port for note in run.notes() for port in (note["port"], *note["inner_ports"])}
    assert ports
    for port in ports:
        with socket.socket() as probe:
            assert probe.connect_ex((HOST, port)) != 0
    sockets = Path("/tmp").glob("seaweedfs-*.sock")
    assert not [path for path in sockets if path.stem.rpartition("-")[2] in map(str, ports)]


def processes_of(directory: Path) -> list[str]:
    """Return the command lines of the processes that name the directory."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(directory) in command:
            found.append(command)
    return found


def _owner_of(data: Path) -> int | None:
    """Return the process that began the run of a server's data directory."""
    try:
        spec = json.loads(data.parent.joinpath("spec.json").read_text())
    except OSError:
        return None
    pid: int = spec["owner"][0]
    return pid


def _wait_until(condition: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come true"
        time.sleep(0.02)
