"""A user's command in its own process group, so that all of it can be stopped."""

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

from dataduct.model.cancellation import Cancellation

KILL_AFTER_SECONDS = 5.0
_POLL_SECONDS = 0.02
_PIPE_GRACE_SECONDS = 2.0
_LONGEST_LINE = 65_536
_LONGEST_START_SECONDS = 1.0


class ProcessGroups:
    """The process groups that run now, so that an immediate exit can take them along."""

    def __init__(self) -> None:
        self._running: set[int] = set()
        self._starting = threading.Lock()

    def run(
        self,
        arguments: Sequence[str],
        *,
        directory: Path,
        environment: Mapping[str, str],
        cancellation: Cancellation,
        on_line: Callable[[str], None],
    ) -> int:
        """Run a command until it ends and return its exit code; minus the signal's number if one ended it.

        Output and error lines go to `on_line` in the order they were written. When `cancellation` is requested the
        whole group gets SIGTERM and, five seconds later, SIGKILL.

        Raises:
            OSError: The command cannot be started.
            Exception: What `on_line` raised first; the command's later lines are read and dropped.
        """
        with self._starting:
            process = subprocess.Popen(
                arguments,
                cwd=directory,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            self._running.add(process.pid)
        assert process.stdout is not None
        failures: list[Exception] = []
        reader = threading.Thread(target=_read_lines, args=(process.stdout, on_line, failures), daemon=True)
        reader.start()
        killer = threading.Timer(KILL_AFTER_SECONDS, _signal_group, (process, signal.SIGKILL))
        killer.daemon = True

        def stop() -> None:
            _signal_group(process, signal.SIGTERM)
            killer.start()

        try:
            with cancellation.interrupting(stop):
                process.wait()
            if cancellation.requested:
                _end_group(process.pid)
            reader.join(_PIPE_GRACE_SECONDS)
            if reader.is_alive():
                _kill_group(process.pid)
                reader.join(_PIPE_GRACE_SECONDS)
        finally:
            killer.cancel()
            self._running.discard(process.pid)
            if not reader.is_alive():
                process.stdout.close()
        if failures:
            raise failures[0]
        return process.returncode

    def kill_all(self) -> None:
        """Kill every running group at once, also one that is just being started.

        May be called from a handler of signals, in a thread that starts no commands.
        """
        waited = self._starting.acquire(timeout=_LONGEST_START_SECONDS)
        try:
            for group in list(self._running):
                _kill_group(group)
        finally:
            if waited:
                self._starting.release()


def ending(code: int) -> str:
    """Return how a command ended: `ended with exit code 2`, or `ended by signal SIGKILL` for a negative code."""
    if code >= 0:
        return f"ended with exit code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = str(-code)
    return f"ended by signal {name}"


def _read_lines(stream: IO[bytes], on_line: Callable[[str], None], failures: list[Exception]) -> None:
    """Hand every line to `on_line` until the pipe ends, so that the command never blocks on a full one."""
    while line := stream.readline(_LONGEST_LINE):
        if not failures:
            try:
                on_line(line.decode("utf-8", "replace").rstrip("\r\n"))
            except Exception as error:  # noqa: BLE001 - raised again by the thread that waits for the command
                failures.append(error)


def _signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)


def _end_group(group: int) -> None:
    """Give what is left of a stopped group its time, then kill it."""
    deadline = time.monotonic() + KILL_AFTER_SECONDS
    while time.monotonic() < deadline:
        try:
            os.killpg(group, 0)
        except (ProcessLookupError, PermissionError):
            return
        time.sleep(_POLL_SECONDS)
    _kill_group(group)


def _kill_group(group: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)
