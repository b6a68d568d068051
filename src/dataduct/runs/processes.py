"""Which process a run belongs to, and whether it still lives.

A process is `host:pid:start-time`. A pid alone is not enough: after a crash the system may give it to another
process, whose start time differs.
"""

import os
import socket
import subprocess
from functools import cache
from pathlib import Path

_PROC = Path("/proc")


def current_process() -> str:
    """Return this process as `host:pid:start-time`."""
    pid = os.getpid()
    return f"{socket.gethostname()}:{pid}:{_start_time(pid)}"


def is_dead(process: str | None) -> bool:
    """Return whether `process` is known to be over.

    A process of another host cannot be looked at and counts as living; so does an unknown one (None).
    """
    if process is None or process.count(":") < 2:
        return False
    host, pid, started = process.rsplit(":", 2)
    if host != socket.gethostname() or not pid.isdecimal():
        return False
    now = _start_time(int(pid))
    return now != started and not (now is None and _is_hidden(int(pid)))


def _start_time(pid: int) -> str | None:
    """Return when process `pid` started, as a text equal only for the same process; None if it is over."""
    if (_PROC / "self" / "stat").exists():
        return _start_time_from_proc(pid)
    return _start_time_from_ps(pid)


def _start_time_from_proc(pid: int) -> str | None:
    try:
        stat = (_PROC / str(pid) / "stat").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return None
    after_name = stat.rpartition(b")")[2].split()
    state, started = after_name[0].decode(), after_name[19].decode()
    return None if state in "ZX" else f"{_boot()}.{started}"


def _is_hidden(pid: int) -> bool:
    """Return whether `pid` is another user's process that this one may not look at."""
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except (ProcessLookupError, OverflowError):
        return False
    return False


@cache
def _boot() -> str:
    try:
        return (_PROC / "sys/kernel/random/boot_id").read_text(encoding="ascii").strip()[:8]
    except OSError:
        return "boot"


def _start_time_from_ps(pid: int) -> str | None:
    answer = subprocess.run(
        ["ps", "-o", "stat=,lstart=", "-p", str(pid)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "LC_ALL": "C", "TZ": "UTC"},
    ).stdout.split(maxsplit=1)
    if len(answer) < 2 or answer[0].startswith("Z"):
        return None
    return "".join(character for character in answer[1] if character.isalnum())
