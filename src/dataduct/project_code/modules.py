"""Importing Python files of a project under private names, so that they clash with no installed package."""

import hashlib
import importlib
import sys
import threading
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from traceback import extract_tb
from types import CodeType, ModuleType

from dataduct.model.paths import path_below
from dataduct.model.position import Position
from dataduct.project_code.python2 import module_in_python3

_PREFIX = "_dataduct_project_"
_PACKAGE = str(Path(__file__).parents[1])
_importing: dict[Path, threading.RLock] = {}


class _FreshLoader(SourceFileLoader):
    """Compiles the file each time: a file written twice within a second has no stale bytecode."""

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        code: CodeType = self.source_to_code(self.get_data(path), path)
        return code


def import_file(file: Path) -> ModuleType:
    """Return the module in `file`, imported once as long as no Python file of its directory changes.

    The files of a directory are one package: they import each other with `from . import name`. Threads that import
    from one directory wait for each other. What the file raises is passed on.
    """
    file = file.resolve()
    with _importing.setdefault(file.parent, threading.RLock()):
        name = f"{_package_of(file.parent)}.{file.stem.replace('.', '_')}"
        if name in sys.modules:
            return sys.modules[name]
        loader = _FreshLoader(name, str(file))
        spec = spec_from_file_location(name, file, loader=loader)
        assert spec is not None
        module = module_from_spec(spec)
        sys.modules[name] = module
        try:
            loader.exec_module(module)
        except BaseException:
            del sys.modules[name]
            raise
        return module


def missing_module_hint(error: BaseException, directory: Path) -> str | None:
    """Return what to do about a module that a file of `directory` imports and that is not there; None otherwise."""
    if not isinstance(error, ModuleNotFoundError) or error.name is None:
        return None
    name = error.name.partition(".")[0]
    if (directory / f"{name}.py").is_file():
        return f"files of one directory import each other relatively: `from .{name} import ...`"
    instead = module_in_python3(name)
    if instead is not None:
        return f"`{name}` is a module of Python 2: {instead}"
    return f"install the package that brings `{name}` beside Dataduct"


def place_of(error: BaseException, directory: Path, root: Path | None = None) -> Position | None:
    """Return where the code of `directory` raised `error`, or else the code nearest to it that is not Dataduct's.

    Args:
        directory: The directory of the project's or the plugin's code.
        root: Directory that the file is shown relative to.
    """
    frames = list(extract_tb(error.__traceback__))
    own = [frame for frame in frames if Path(frame.filename).is_relative_to(directory)]
    foreign = [frame for frame in frames if not frame.filename.startswith((_PACKAGE, "<"))]
    for frame in (own or foreign)[-1:]:
        shown = path_below(Path(frame.filename), root)
        column = (frame.colno or 0) + 1
        end = frame.end_colno + 1 if frame.end_colno and frame.end_lineno == frame.lineno else None
        return Position(shown, frame.lineno or 1, column, end)
    return None


def told(error: BaseException) -> str:
    """Return an exception in one line: its type and its message."""
    message = " ".join(str(error).split())
    return f"{type(error).__name__}: {message}" if message else type(error).__name__


def _package_of(directory: Path) -> str:
    """Return the name of the directory's package, made anew if a file of it has changed."""
    name = _PREFIX + hashlib.sha256(str(directory).encode()).hexdigest()[:16]
    state = tuple(
        (path.name, path.stat().st_mtime_ns, path.stat().st_size)
        for path in sorted(directory.glob("*.py"))
        if path.is_file()
    )
    package = sys.modules.get(name)
    if package is None or vars(package)["state"] != state:
        for known in [known for known in sys.modules if known == name or known.startswith(f"{name}.")]:
            del sys.modules[known]
        importlib.invalidate_caches()
        package = ModuleType(name)
        package.__path__ = [str(directory)]
        vars(package)["state"] = state
        sys.modules[name] = package
    return name
