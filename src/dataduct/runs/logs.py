"""The log of one attempt of one step: a text file of lines, each with its time (UTC) and level."""

import hashlib
import re
import threading
from collections import deque
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from dataduct.errors import StorageError, UserError

LogLevel = Literal["debug", "info", "warning", "error"]
LOG_BYTES = 100_000_000
"""Size at which a log is cut."""

_NAME_CHARACTERS = 100


def log_file(pipeline: str, run_id: str, step: str, attempt: int) -> str:
    """Return the path of an attempt's log, relative to the log directory: what `Attempt.log_file` holds."""
    return f"{_safe(pipeline)}/{_safe(run_id)}/{_safe(step)}.{attempt}.log"


def hooks_log_file(pipeline: str, run_id: str) -> str:
    """Return the path of the log of a run's hooks, relative to the log directory."""
    return f"{_safe(pipeline)}/{_safe(run_id)}/hooks.log"


def _safe(name: str) -> str:
    """Return `name` as a file name; different names stay different."""
    safe = re.sub(r"[^A-Za-z0-9._-]", "_", name)[:_NAME_CHARACTERS]
    safe = re.sub(r"^\.", "_", safe) or "_"
    if safe == name:
        return name
    return f"{safe}-{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"


class AttemptLog:
    """An open log that threads may write to. Each line is on disk when `write` returns.

    Args:
        path: The file: the log directory and what `log_file` names. Lines are added to what it holds.
        redact: Applied to every text before it is written.
        max_bytes: Size at which the log is cut. What comes later is counted, not kept.
    """

    def __init__(self, path: Path, *, redact: Callable[[str], str] = str, max_bytes: int = LOG_BYTES) -> None:
        self.path = path
        self._redact = redact
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        self._left_out = 0
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self.path.open("ab", buffering=0)
        except OSError as error:
            raise _unwritable(self.path, error) from error
        self._size = self._file.tell()

    def write(self, line: str, level: LogLevel = "info") -> None:
        """Add `line`; a text of several lines becomes several.

        Raises:
            StorageError: The file cannot be written (DD650).
        """
        prefix = _prefix(level)
        lines = self._redact(line).replace("\r\n", "\n").removesuffix("\n").split("\n")
        text = "".join(f"{prefix}{each}\n" for each in lines).encode("utf-8", "backslashreplace")
        with self._lock:
            if self._left_out or self._size + len(text) > self._max_bytes:
                if not self._left_out:
                    self._append_note(f"log cut at {self._max_bytes} bytes")
                self._left_out += len(lines)
            else:
                self._append(text)

    def close(self) -> None:
        """Close the file, after a line with the number of lines left out, if any were; again does nothing."""
        with self._lock:
            if self._file.closed:
                return
            try:
                if self._left_out:
                    self._append_note(f"lines left out: {self._left_out}")
            finally:
                self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _append_note(self, note: str) -> None:
        self._append(f"{_prefix('warning')}{note}\n".encode())

    def _append(self, text: bytes) -> None:
        try:
            while text:
                written = self._file.write(text)
                self._size += written
                text = text[written:]
        except OSError as error:
            raise _unwritable(self.path, error) from error


def _unwritable(path: Path, error: OSError) -> StorageError:
    return StorageError(
        f"log {path} cannot be written: {(error.strerror or str(error)).lower()}",
        code="DD650",
        hint="see whether the disk is full and the directory can be written; or set `logs.path` of dataduct.yml",
    )


def read_log(path: Path, *, last: int | None = None) -> Iterator[str]:
    """Yield the lines of a log without their line ends; only the `last` ones if asked for.

    Raises:
        UserError: There is no such log (DD651).
    """
    try:
        file = path.open(encoding="utf-8", errors="replace", newline="\n")
    except OSError as error:
        raise UserError(f"log {path} cannot be read: {error.strerror}", code="DD651") from error
    with file:
        lines = (line.removesuffix("\n") for line in file)
        yield from lines if last is None else deque(lines, maxlen=last)


def _prefix(level: LogLevel) -> str:
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + f"Z {level.upper():<7} "
