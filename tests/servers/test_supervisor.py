"""The supervisor: what it runs, what it is told, and what it leaves behind."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from servers.ports import HOST
from servers.postgres import Postgres
from servers.run import Run
from servers.supervised import Command, ServerFailedError, Supervised, this_process
from servers.supervisor import descendants, process_start

SLEEP = ["/bin/sh", "-c", "echo begun; sleep 1000 & wait"]

Start = Callable[..., Supervised]


@pytest.fixture
def run() -> Iterator[Run]:
    run = Run.begin()
    yield run
    run.close()
    assert not run.directory.exists()


@pytest.fixture
def start(run: Run) -> Start:
    def start(command: Command, watched: list[tuple[int, str]] | None = None) -> Supervised:
        directory = run.directory / "servers" / "sleeper"
        directory.mkdir(parents=True)
        return Supervised.start(
            directory,
            command,
            run_directory=run.directory,
            owner=run.owner,
            watched=watched or [this_process()],
        )

    return start


def test_setup_runs_before_the_server(start: Start) -> None:
    setup = [["/bin/sh", "-c", "echo first > made"], ["/bin/sh", "-c", "echo second >> made"]]
    supervised = start(Command(serve=SLEEP, setup=setup))
    supervised.wait_until(lambda: True)
    assert supervised.directory.joinpath("made").read_text() == "first\nsecond\n"


def test_a_failing_setup_is_told_with_the_log(start: Start) -> None:
    supervised = start(Command(serve=SLEEP, setup=[["/bin/sh", "-c", "echo no such thing >&2; exit 3"]]))
    with pytest.raises(ServerFailedError, match="no such thing"):
        supervised.wait_until(lambda: True)
    supervised.end()


def test_a_server_that_ends_while_starting_is_told_with_the_log(start: Start) -> None:
    supervised = start(Command(serve=["/bin/sh", "-c", "echo out of memory; exit 1"]))
    with pytest.raises(ServerFailedError, match="out of memory"):
        supervised.wait_until(lambda: False)


def test_kill_and_stop_end_the_children_too_and_start_starts_again(start: Start) -> None:
    supervised = start(Command(serve=SLEEP))
    for order in ("kill", "stop"):
        supervised.wait_until(lambda: "begun" in supervised.log_end())
        parent = supervised.order("status")["pid"]
        family = [parent, *_children_of(parent)]

        assert supervised.order(order)["state"] == "stopped"

        assert len(family) == 2
        assert not any(process_start(pid) for pid in family)
        assert supervised.order("start")["pid"] not in family


def test_end_deletes_the_directory_and_what_else_is_left(start: Start, tmp_path: Path) -> None:
    leftover = tmp_path / "socket"
    leftover.touch()
    supervised = start(Command(serve=SLEEP, leftovers=[str(leftover)]))
    supervised.wait_until(lambda: True)
    server = supervised.order("status")["pid"]

    supervised.end()

    assert process_start(server) is None
    assert not supervised.directory.exists()
    assert not leftover.exists()
    supervised.end()


def test_it_ends_with_the_process_it_watches(start: Start) -> None:
    with subprocess.Popen(["sleep", "1000"]) as watched:
        supervised = start(
            Command(serve=SLEEP), watched=[this_process(), (watched.pid, process_start(watched.pid) or "")]
        )
        supervised.wait_until(lambda: True)
        server = supervised.order("status")["pid"]
        os.kill(watched.pid, signal.SIGKILL)
        _wait_until(lambda: not supervised.directory.exists())
        assert process_start(server) is None


def test_a_process_of_the_same_number_is_another_one(start: Start) -> None:
    supervised = start(Command(serve=SLEEP), watched=[(os.getpid(), "started at another time")])
    _wait_until(lambda: not supervised.directory.exists())


def test_a_port_taken_meanwhile_is_given_up_for_another(run: Run, postgres_server: Postgres) -> None:
    with socket.create_server((HOST, 0)) as taken:
        ports = [taken.getsockname()[1], 0]

        def new(directory: Path) -> Postgres:
            port = ports.pop(0)
            return Postgres(directory, port or _free())

        server = run._start("postgres", new, [run.owner])
        assert ports == []
        assert server.execute("SELECT 1") == [(1,)]


def _free() -> int:
    with socket.create_server((HOST, 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def _children_of(pid: int) -> list[int]:
    _wait_until(lambda: len(descendants(pid)) == 1)
    return descendants(pid)


def _wait_until(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come true"
        time.sleep(0.02)
