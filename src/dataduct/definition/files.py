"""Files of the user's: reading one, with a clear problem for each way that can fail, and replacing one."""

import os
import shutil
from itertools import islice
from pathlib import Path

from dataduct.errors import ProblemsError
from dataduct.model.nearest import did_you_mean
from dataduct.model.position import Position
from dataduct.model.problem import Problem

MAX_BYTES = 32 * 1024 * 1024
"""Size of the largest file that is read as a definition."""

_SIBLINGS_LOOKED_AT = 1_000


def read_text(path: str | Path) -> str:
    """Return the UTF-8 text of the file at `path`, without a byte order mark.

    Raises:
        ProblemsError: The file is missing (DD101), cannot be read (DD102), is not UTF-8 (DD103) or is larger
            than `MAX_BYTES` (DD119).
    """
    place = Path(path)
    try:
        if place.is_dir():
            raise _problem("DD102", f"`{path}` is a directory, not a file", "name a file in it")
        if place.exists() and not place.is_file():
            raise _problem("DD102", f"`{path}` is not a regular file", "copy its text to a file")
        with place.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        if place.is_symlink():
            leads_to = f"it leads to `{place.readlink()}`"
            raise _problem("DD102", f"`{path}` is a link to a file that does not exist", leads_to) from None
        raise _problem("DD101", f"there is no file `{path}`", _nearest(place)) from None
    except PermissionError:
        raise _problem("DD102", f"the file `{path}` may not be read", "check its permissions") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise _problem("DD102", f"the file `{path}` cannot be read: {reason.lower()}", None) from None
    if len(data) > MAX_BYTES:
        raise _problem("DD119", f"the file `{path}` is larger than {MAX_BYTES // 1024**2} MiB", "split it")
    return _decoded(data, str(path))


def replace_file(path: Path, content: bytes, *, private: bool = False) -> None:
    """Write a file whole or not at all, its directory made; what is in its place keeps its permissions.

    Args:
        path: The file.
        content: What it is to hold.
        private: Whether only its owner may read and write it from now on.

    Raises:
        OSError: It cannot be written; it is as it was.
    """
    place = path.resolve()
    place.parent.mkdir(parents=True, exist_ok=True)
    beside = place.with_name(f".{place.name}.{os.getpid()}.new")
    try:
        beside.unlink(missing_ok=True)
        beside.touch(mode=0o600 if private else 0o666)
        if place.exists() and not private:
            shutil.copymode(place, beside)
        beside.write_bytes(content)
        beside.replace(place)
    finally:
        beside.unlink(missing_ok=True)


def _problem(code: str, message: str, hint: str | None) -> ProblemsError:
    return ProblemsError([Problem(code=code, message=message, hint=hint)])


def _nearest(place: Path) -> str:
    try:
        names = [entry.name for entry in islice(place.parent.iterdir(), _SIBLINGS_LOOKED_AT)]
    except OSError:
        return (
            f"there is no directory `{place.parent}` either"
            if not place.parent.exists()
            else "check the path"
        )
    return did_you_mean(place.name, names) or "check the path; it is looked up from the current directory"


def _decoded(data: bytes, file: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        start = error.start
    wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    line_start = data.rfind(b"\n", 0, start) + 1
    column = len(data[line_start:start].decode("utf-8", errors="replace")) + 1
    position = Position(file, data.count(b"\n", 0, start) + 1, column, column + 1)
    problem = Problem(
        code="DD103",
        message=f"byte {start} of the file (0x{data[start]:02X}) is not UTF-8",
        position=position,
        expected="text encoded as UTF-8",
        hint="the file looks like UTF-16; save it as UTF-8" if wide else "save the file as UTF-8",
    )
    raise ProblemsError([problem])
