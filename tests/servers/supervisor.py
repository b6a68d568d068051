"""The process that owns one server: starts it, takes orders, and clears everything away when its users are gone.

It is run by path, apart from the test run, with the server's directory as its argument. `spec.json` there says what
to run. A Unix socket `control` there takes one word a connection and answers with a line of JSON:

    status  what the server is doing
    start   start it again after `stop` or `kill`
    stop    end it in good order, its data kept
    kill    kill it and its children, its data kept
    end     end it, delete the directory, and exit; the connection closes when that is done

It does as `end` by itself when one of the processes it watches is gone, so that a test run that is killed leaves
nothing behind. Only the standard library is imported: it starts in a few hundredths of a second.
"""

import contextlib
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType
from typing import Any

CONTROL = "control"
LOG = "log"
SPEC = "spec.json"

_PROC = Path("/proc")
_STOPPING_SECONDS = 30.0
_ENDING_SECONDS = 5.0
_POLL_WHEN_BUSY = 0.01
_POLL_WHEN_IDLE = 0.2


def process_start(pid: int) -> str | None:
    """Return what tells this process from a later one of the same number, or None if it has ended."""
    if not _PROC.joinpath("self").exists():
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return None
        except PermissionError:
            pass
        return ""
    fields = _stat_fields(pid)
    return None if fields is None or fields[0] in "ZX" else fields[19]


def descendants(pid: int) -> list[int]:
    """Return the children of a process and theirs, where the system lists them."""
    children: dict[int, list[int]] = {}
    for entry in _PROC.glob("[0-9]*"):
        fields = _stat_fields(int(entry.name))
        if fields is not None:
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    found: list[int] = []
    queue = [pid]
    while queue:
        below = children.get(queue.pop(), [])
        found += below
        queue += below
    return found


def _stat_fields(pid: int) -> list[str] | None:
    """Return the fields of /proc/PID/stat from the state on, or None if there is no such process."""
    try:
        text = _PROC.joinpath(str(pid), "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    return text.rpartition(")")[2].split()


class Supervisor:
    """Runs the setup commands one by one, then the server, until told to end or left alone."""

    def __init__(self, directory: Path) -> None:
        spec = json.loads(directory.joinpath(SPEC).read_text(encoding="utf-8"))
        self._directory = directory
        self._run_directory = Path(spec["run_directory"])
        self._owner: tuple[int, str] = tuple(spec["owner"])
        self._watched: list[tuple[int, str]] = [tuple(process) for process in spec["watched"]]
        self._pending: list[list[str]] = spec["setup"]
        self._serve: list[str] = spec["serve"]
        self._environment: dict[str, str] = spec["environment"]
        self._account: dict[str, Any] = spec["account"]
        self._stop_signal: int = spec["stop_signal"]
        self._end_signal: int = spec["end_signal"]
        self._leftovers = [Path(path) for path in spec["leftovers"]]
        self._process: subprocess.Popen[bytes] | None = None
        self._state = "setting up"
        self._exit_code: int | None = None
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(directory / CONTROL))
        self._listener.listen(64)

    def run(self) -> None:
        """Serve until told to end or until a watched process is gone; then clear away."""
        farewell: socket.socket | None = None
        try:
            while farewell is None and all(process_start(pid) == start for pid, start in self._watched):
                self._advance()
                farewell = self._answer()
        finally:
            self._clear_away()
            if farewell is not None:
                farewell.close()

    def _advance(self) -> None:
        """Note that a command has ended, and start the next one."""
        if self._process is not None:
            self._exit_code = self._process.poll()
            if self._exit_code is None:
                return
            self._process = None
            if self._state == "serving" or self._exit_code != 0:
                self._state = "failed"
        if self._state == "setting up":
            if self._pending:
                self._spawn(self._pending.pop(0))
            else:
                self._spawn(self._serve)
                self._state = "serving"

    def _spawn(self, command: list[str]) -> None:
        with self._directory.joinpath(LOG).open("ab") as log:
            self._process = subprocess.Popen(
                command,
                cwd=self._directory,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **self._account,
            )

    def _answer(self) -> socket.socket | None:
        """Carry out one order if there is one; return the connection that asked for the end, else None."""
        patience = _POLL_WHEN_BUSY if self._state == "setting up" else _POLL_WHEN_IDLE
        if not select.select([self._listener], [], [], patience)[0]:
            return None
        connection, _ = self._listener.accept()
        connection.settimeout(_ENDING_SECONDS)
        order = ""
        with contextlib.suppress(OSError):
            order = connection.recv(64).decode("ascii").strip()
        if order == "end":
            return connection
        if order == "stop":
            self._halt(self._stop_signal, _STOPPING_SECONDS)
            self._state = "stopped"
        elif order == "kill":
            self._halt(signal.SIGKILL, 0)
            self._state = "stopped"
        elif order == "start" and self._process is None:
            self._spawn(self._serve)
            self._state = "serving"
        answer = {"state": self._state, "exit_code": self._exit_code}
        if self._process is not None:
            answer["pid"] = self._process.pid
        with contextlib.suppress(OSError), connection:
            connection.sendall(json.dumps(answer).encode() + b"\n")
        return None

    def _halt(self, first_signal: int, seconds: float) -> None:
        """End the running command: by `first_signal`, and by SIGKILL with its children after `seconds`."""
        process = self._process
        if process is None:
            return
        self._process = None
        family = descendants(process.pid)
        process.send_signal(first_signal)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
        process.kill()
        process.wait()
        for pid in family:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        deadline = time.monotonic() + _ENDING_SECONDS
        while any(process_start(pid) is not None for pid in family) and time.monotonic() < deadline:
            time.sleep(_POLL_WHEN_BUSY)

    def _clear_away(self) -> None:
        """End the server, delete its directory, and the run's directory too if this was an orphan's last server."""
        self._halt(self._end_signal, _ENDING_SECONDS)
        for path in self._leftovers:
            path.unlink(missing_ok=True)
        shutil.rmtree(self._directory, ignore_errors=True)
        owner, start = self._owner
        if process_start(owner) != start and not any(self._directory.parent.glob("*")):
            shutil.rmtree(self._run_directory, ignore_errors=True)


def _exit(_signal: int, _frame: FrameType | None) -> None:
    sys.exit()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _exit)
    Supervisor(Path(sys.argv[1])).run()
