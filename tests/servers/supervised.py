"""A server's process as its users see it: started under a supervisor, ordered about over its control socket."""

import json
import os
import pwd
import shutil
import signal
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from servers import supervisor

_START_SECONDS = 90.0
_ORDER_SECONDS = 60.0
_LOG_LINES = 15
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

Process = tuple[int, str]
"""A process id, and what tells the process from a later one of the same id."""


class ServerFailedError(RuntimeError):
    """A server did not start; says the end of its log."""


def this_process() -> Process:
    """Return the process that calls."""
    return os.getpid(), supervisor.process_start(os.getpid()) or ""


@dataclass(frozen=True)
class Command:
    """What a supervisor runs.

    Attributes:
        setup: Commands to run once, one after the other, before the server.
        serve: The server.
        account: The user that root runs it as, or `nobody` where there is none of that name; None for root.
        stop_signal: Ends the server in good order.
        end_signal: Ends it when its data are no longer wanted.
        leftovers: Files outside its directory that it leaves behind.
        environment: Variables besides the few that every server gets.
    """

    serve: list[str]
    setup: list[list[str]] = field(default_factory=list)
    account: str | None = None
    stop_signal: int = signal.SIGTERM
    end_signal: int = signal.SIGKILL
    leftovers: list[str] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Supervised:
    """A server's directory, with its supervisor behind the control socket in it."""

    directory: Path

    @classmethod
    def start(
        cls, directory: Path, command: Command, *, run_directory: Path, owner: Process, watched: list[Process]
    ) -> "Supervised":
        """Start a supervisor for the server of `directory`; it ends when a process of `watched` does."""
        account = _account(command.account)
        if account:
            for path in (directory, *directory.rglob("*")):
                os.chown(path, account["user"], account["group"])
        home = {"PATH": _PATH, "LANG": "C", "TZ": "UTC", "HOME": str(directory), "TMPDIR": str(directory)}
        spec = {
            "run_directory": str(run_directory),
            "owner": owner,
            "watched": watched,
            "setup": command.setup,
            "serve": command.serve,
            "environment": home | command.environment,
            "account": account,
            "stop_signal": command.stop_signal,
            "end_signal": command.end_signal,
            "leftovers": command.leftovers,
        }
        directory.joinpath(supervisor.SPEC).write_text(json.dumps(spec), encoding="utf-8")
        log = str(directory / supervisor.LOG)
        os.posix_spawn(
            sys.executable,
            [sys.executable, "-I", "-S", supervisor.__file__, str(directory)],
            dict(os.environ),
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
                (os.POSIX_SPAWN_OPEN, 2, log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644),
            ],
            setsid=True,
        )
        return cls(directory)

    def order(self, word: str) -> dict[str, Any]:
        """Give the supervisor an order, and return its answer; empty after `end`."""
        with socket.socket(socket.AF_UNIX) as control:
            control.settimeout(_ORDER_SECONDS)
            control.connect(str(self.directory / supervisor.CONTROL))
            control.sendall(word.encode())
            answer = b""
            while chunk := control.recv(4096):
                answer += chunk
        return json.loads(answer) if answer else {}

    def end(self) -> None:
        """End the server and its supervisor and delete the directory; nothing happens if that is already so."""
        try:
            self.order("end")
        except (FileNotFoundError, ConnectionError):
            shutil.rmtree(self.directory, ignore_errors=True)

    def wait_until(self, ready: Callable[[], bool]) -> None:
        """Wait until the server is ready.

        Raises:
            ServerFailedError: It ended, or took too long.
        """
        deadline = time.monotonic() + _START_SECONDS
        while True:
            state = self._state()
            if state == "serving" and ready() and self._state() == "serving":
                return
            if state == "failed":
                raise ServerFailedError(f"the server ended while starting:\n{self.log_end()}")
            if time.monotonic() > deadline:
                raise ServerFailedError(
                    f"the server is not ready after {_START_SECONDS:.0f} seconds:\n{self.log_end()}"
                )
            time.sleep(0.02)

    def log_end(self) -> str:
        """Return the last lines of the server's log."""
        try:
            text = self.directory.joinpath(supervisor.LOG).read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return "(no log)"
        return "\n".join(text.splitlines()[-_LOG_LINES:])

    def _state(self) -> str:
        try:
            state: str = self.order("status")["state"]
        except (FileNotFoundError, ConnectionRefusedError):
            return "starting"
        return state


def _account(name: str | None) -> dict[str, Any]:
    """Return the arguments that make a subprocess run as `name`, or `nobody`; none unless this is root."""
    if name is None or os.geteuid() != 0:
        return {}
    for candidate in (name, "nobody"):
        try:
            entry = pwd.getpwnam(candidate)
        except KeyError:
            continue
        return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    return {}
