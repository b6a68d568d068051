"""How a user's script is started: by the interpreter that its name or its first line calls for."""

import shutil
import subprocess
import sys
from pathlib import Path

from dataduct.errors import CommandFailedError
from dataduct.project_code.python2 import python2_statement

_CHECK_SECONDS = 10.0


def script_arguments(script: Path) -> list[str]:
    """Return the command line that runs `script`, without arguments of its own.

    One that ends in `.py` runs with this Python, or with Python 2 if only that can read it; one that ends in `.sh`
    runs with bash; any other by itself, or by the interpreter of its first line if it is not executable.

    Raises:
        CommandFailedError: The script is written for Python 2 and there is none (DD870).
    """
    match script.suffix:
        case ".py":
            return [_python_for(script), str(script)]
        case ".sh":
            return ["bash", str(script)]
        case _:
            return [*_shebang(script), str(script)]


def _python_for(script: Path) -> str:
    found = python2_statement(script)
    if found is None:
        return sys.executable
    interpreter = _installed_python2()
    if interpreter is None:
        raise CommandFailedError(
            f"script {script} is written for Python 2 (line {found[0]}), and no `python2` can be run",
            code="DD870",
            hint="bring it to Python 3 (`print` is a function there), or put `python2` on the PATH",
        )
    return interpreter


def _installed_python2() -> str | None:
    """Return the path of a Python 2 that works, or None. Version managers leave names behind that do not."""
    for name in ("python2", "python2.7"):
        path = shutil.which(name)
        if path is not None and _works(path):
            return path
    return None


def _works(path: str) -> bool:
    try:
        ended = subprocess.run(
            [path, "-c", ""], capture_output=True, timeout=_CHECK_SECONDS, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return ended.returncode == 0


def _shebang(script: Path) -> list[str]:
    """Return the interpreter that the script's first line names, or nothing if the system can run it itself."""
    try:
        if script.stat().st_mode & 0o111:
            return []
        with script.open("rb") as file:
            first = file.readline(256)
    except OSError:
        return []
    if not first.startswith(b"#!"):
        return []
    return first[2:].decode("utf-8", "replace").split()
