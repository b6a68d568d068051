"""Telling a living process from a dead one, and from another that got its pid."""

import os
import socket
import subprocess
import sys

import pytest

from dataduct.runs import processes
from dataduct.runs.processes import current_process, is_dead


def test_this_process_lives() -> None:
    host, pid, _ = current_process().rsplit(":", 2)
    assert (host, int(pid)) == (socket.gethostname(), os.getpid())
    assert not is_dead(current_process())


def test_a_process_that_ended_is_dead() -> None:
    child = subprocess.run(
        [sys.executable, "-c", "from dataduct.runs.processes import current_process as p; print(p())"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert is_dead(child.stdout.strip())


def test_the_same_pid_with_another_start_time_is_another_process() -> None:
    assert is_dead(current_process() + "1")


@pytest.mark.parametrize("process", [None, "", "elsewhere:1:1", "no colons", f"{socket.gethostname()}:x:1"])
def test_what_cannot_be_looked_at_counts_as_living(process: str | None) -> None:
    assert not is_dead(process)


def test_a_process_of_another_user_that_is_hidden_counts_as_living(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(pid: int, number: int) -> None:
        raise PermissionError

    monkeypatch.setattr(processes, "_start_time", lambda pid: None)
    monkeypatch.setattr(os, "kill", refuse)
    assert not is_dead(f"{socket.gethostname()}:1:1")


def test_without_proc_the_answer_of_ps_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "_start_time", processes._start_time_from_ps)
    try:
        mine = current_process()
    except FileNotFoundError:
        pytest.skip("there is no ps here")
    assert not is_dead(mine)
    assert is_dead(mine + "1")
