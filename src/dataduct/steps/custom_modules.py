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

from dataduct.errors import ProblemsError
from dataduct.model.position import Position
from dataduct.model.problem import Problem

_PREFIX = "_dataduct_project_"
_PACKAGE = str(Path(__file__).parents[1])
_loading = threading.RLock()


class _FreshLoader(SourceFileLoader):
    """Compiles the file each time: a file written twice within a second has no stale bytecode."""

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        code: CodeType = self.source_to_code(self.get_data(path), path)
        return code


def load_module(file: Path, shown: str) -> ModuleType:
    """Return the module in `file`, imported once as long as no Python file of its directory changes.

    The files of a directory are one package: they import each other with `from . import name`.

    Raises:
        ProblemsError: Importing it raises (DD563), with the place in the project's code.
    """
    file = file.resolve()
    with _loading:
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
        except (Exception, SystemExit) as error:
            del sys.modules[name]
            raise ProblemsError([_import_problem(error, file, shown)]) from error
        return module


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
        path = Path(frame.filename)
        shown = path.relative_to(root) if root is not None and path.is_relative_to(root) else path
        column = (frame.colno or 0) + 1
        end = frame.end_colno + 1 if frame.end_colno and frame.end_lineno == frame.lineno else None
        return Position(str(shown), frame.lineno or 1, column, end)
    return None


def told(error: BaseException) -> str:
    """Return an exception in one line: its type and its message."""
    message = " ".join(str(error).split())
    return f"{type(error).__name__}: {message}" if message else type(error).__name__


def _package_of(directory: Path) -> str:
    """Return the name of the directory's package, made anew if a file of it has changed."""
    name = _PREFIX + hashlib.sha256(str(directory).encode()).hexdigest()[:16]
    state = tuple(
        (path.name, path.stat().st_mtime_ns, path.stat().st_size) for path in sorted(directory.glob("*.py"))
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


def _import_problem(error: BaseException, file: Path, shown: str) -> Problem:
    hint = None
    if isinstance(error, ModuleNotFoundError) and error.name is not None:
        sibling = error.name.partition(".")[0]
        if (file.parent / f"{sibling}.py").is_file():
            hint = f"files of one directory import each other relatively: `from .{sibling} import ...`"
        else:
            hint = f"install the package that brings `{sibling}` beside Dataduct"
    root = file.parents[len(Path(shown).parts) - 1] if not Path(shown).is_absolute() else None
    if isinstance(error, SyntaxError) and error.filename:
        path = Path(error.filename)
        where = str(path.relative_to(root)) if root and path.is_relative_to(root) else error.filename
        place = Position(where, error.lineno or 1, max(1, error.offset or 1))
    else:
        place = place_of(error, file.parent, root) or Position(shown)
    return Problem(code="DD563", message=f"importing {shown} raised {told(error)}", position=place, hint=hint)
