import os
import threading
import time
from pathlib import Path

import pytest

from dataduct.engine.process import ProcessGroups
from dataduct.errors import StorageError
from dataduct.model.cancellation import Cancellation


def run(command: str, directory: Path, cancellation: Cancellation | None = None) -> tuple[int, list[str]]:
    lines: list[str] = []
    code = ProcessGroups().run(
        ["bash", "-c", command],
        directory=directory,
        environment=os.environ,
        cancellation=cancellation or Cancellation(),
        on_line=lines.append,
    )
    return code, lines


def ends(pid: int) -> bool:
    """Return whether the process is over within two seconds."""
    deadline = time.monotonic() + 2
    while time.monotonic() < deadline:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state in "ZX":
            return True
        time.sleep(0.01)
    return False


def stop_when(path: Path, cancellation: Cancellation) -> None:
    def work() -> None:
        while not path.exists():
            time.sleep(0.01)
        cancellation.request("stop")

    threading.Thread(target=work, daemon=True).start()


def test_output_and_error_lines_arrive_in_order(tmp_path: Path) -> None:
    assert run("echo one; echo two >&2; printf three", tmp_path) == (0, ["one", "two", "three"])


def test_the_exit_code_is_the_command_s(tmp_path: Path) -> None:
    assert run("exit 7", tmp_path)[0] == 7
    assert run("kill -KILL $$", tmp_path)[0] == -9


def test_bytes_that_are_not_utf8_are_replaced(tmp_path: Path) -> None:
    assert run(r"printf 'a\xffb'", tmp_path) == (0, ["a�b"])


def test_a_stopped_command_takes_its_children_along(tmp_path: Path) -> None:
    cancellation = Cancellation()
    stop_when(tmp_path / "ready", cancellation)
    began = time.monotonic()
    code, _ = run("sleep 100 & echo $! > child; touch ready; wait", tmp_path, cancellation)
    assert code == -15
    assert time.monotonic() - began < 5
    assert ends(int((tmp_path / "child").read_text()))


def test_a_command_that_ignores_the_request_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dataduct.engine.process.KILL_AFTER_SECONDS", 0.3)
    cancellation = Cancellation()
    stop_when(tmp_path / "ready", cancellation)
    code, _ = run("trap '' TERM; touch ready; while true; do sleep 0.05; done", tmp_path, cancellation)
    assert code == -9


def test_a_background_child_that_holds_the_pipe_does_not_hold_the_step(tmp_path: Path) -> None:
    began = time.monotonic()
    code, lines = run("sleep 100 & echo $!", tmp_path)
    assert code == 0
    assert time.monotonic() - began < 10
    assert ends(int(lines[0]))


def test_a_line_that_cannot_be_kept_fails_the_run_after_the_command(tmp_path: Path) -> None:
    def refuse(line: str) -> None:
        raise StorageError("disk full")

    with pytest.raises(StorageError, match="disk full"):
        ProcessGroups().run(
            ["bash", "-c", "seq 100000; touch done"],
            directory=tmp_path,
            environment=os.environ,
            cancellation=Cancellation(),
            on_line=refuse,
        )
    assert (tmp_path / "done").exists()


def test_all_groups_can_be_killed_at_once(tmp_path: Path) -> None:
    groups = ProcessGroups()

    def kill() -> None:
        while not (tmp_path / "ready").exists():
            time.sleep(0.01)
        groups.kill_all()

    threading.Thread(target=kill, daemon=True).start()
    code = groups.run(
        ["bash", "-c", "touch ready; sleep 100"],
        directory=tmp_path,
        environment=os.environ,
        cancellation=Cancellation(),
        on_line=lambda line: None,
    )
    assert code == -9
