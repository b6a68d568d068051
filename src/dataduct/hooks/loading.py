"""Finding the hooks of a project: files named like a point, and entry points of the group `dataduct.hooks`."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import cast

from dataduct.errors import UserError
from dataduct.hooks.hook import Hook, HookTimeout, call_within, seconds_told
from dataduct.hooks.points import (
    AFTER,
    AROUND_POINTS,
    BEFORE,
    EVENT_FUNCTION,
    EVENT_POINTS,
    EVENTS_FILE,
)
from dataduct.model.nearest import did_you_mean
from dataduct.model.paths import path_below
from dataduct.project_code.modules import import_file, missing_module_hint, place_of, told
from dataduct.project_code.python2 import python2_statement
from dataduct.registry import HOOKS

_POINTS = (*AROUND_POINTS, *EVENT_POINTS)
_NO_HOOKS: Mapping[str, tuple[Hook, ...]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class HookCatalog:
    """The hooks of a project by point; those of files first, then those of entry points.

    Attributes:
        before: `before_hook` functions by point.
        after: `after_hook` functions by point.
        events: Functions by event point.
    """

    before: Mapping[str, tuple[Hook, ...]] = field(default_factory=lambda: _NO_HOOKS)
    after: Mapping[str, tuple[Hook, ...]] = field(default_factory=lambda: _NO_HOOKS)
    events: Mapping[str, tuple[Hook, ...]] = field(default_factory=lambda: _NO_HOOKS)


def load_hooks(directory: Path, *, timeout: float, root: Path) -> HookCatalog:
    """Import every hook and return them. A directory that does not exist holds none.

    Args:
        directory: Where the files of hooks are.
        timeout: Longest time, in seconds, that importing one file may take.
        root: The project's directory; files below it are shown relative to it.

    Raises:
        UserError: A file cannot be imported (DD890), is named almost like a point (DD891), defines no hook (DD892),
            or a function cannot be called as its point calls it (DD893).
    """
    found: dict[str, dict[str, list[Hook]]] = {BEFORE: {}, AFTER: {}, EVENT_FUNCTION: {}}
    for hook in (*_of_files(directory, timeout, root), *_of_entry_points()):
        hook.check()
        kind = hook.name if hook.name in (BEFORE, AFTER) else EVENT_FUNCTION
        found[kind].setdefault(hook.point, []).append(hook)
    before, after, events = (
        {point: tuple(hooks) for point, hooks in by_point.items()} for by_point in found.values()
    )
    return HookCatalog(before, after, events)


def hook_files(directory: Path) -> list[Path]:
    """Return the files of `directory` that are hooks, by name; none if there is no such directory.

    Raises:
        UserError: A file is named almost like a point (DD891), or the hooks cannot be read (DD890).
    """
    if not directory.is_dir():
        if os.path.lexists(directory):
            raise UserError(
                f"the hooks' directory {directory} is no directory",
                code="DD890",
                hint="move it away, or name another one in `hooks.path` of dataduct.yml",
            )
        return []
    files = []
    for path in sorted(directory.glob("*.py")):
        if path.stem in (*_POINTS, EVENTS_FILE):
            _refuse_unreadable(path)
            files.append(path)
        elif not path.stem.startswith("_"):
            _refuse_misspelt(path)
    return files


def _refuse_unreadable(path: Path) -> None:
    if path.is_file():
        return
    what = "a directory" if path.is_dir() else "a link to no file" if path.is_symlink() else "no regular file"
    raise UserError(
        f"the hook {path.name} of the hooks' directory is {what}",
        code="DD890",
        hint="put a Python file in its place, or remove it",
    )


def _refuse_misspelt(path: Path) -> None:
    hint = did_you_mean(path.stem, _POINTS)
    if hint is not None:
        raise UserError(
            f"the file {path.name} of the hooks' directory is called almost like a point, and would never be called",
            code="DD891",
            hint=f"{hint[:-1]}, or begin its name with an underscore if it is no hook?",
        )


def _of_files(directory: Path, timeout: float, root: Path) -> Iterator[Hook]:
    for path in hook_files(directory):
        shown = path_below(path, root)
        module = _imported(path, root, timeout)
        names = (
            {name: name for name in EVENT_POINTS} if path.stem == EVENTS_FILE else _functions_of(path.stem)
        )
        hooks = [
            Hook(point, name, getattr(module, name), shown, path.resolve())
            for name, point in names.items()
            if hasattr(module, name)
        ]
        if not hooks:
            raise _no_function(shown, list(names))
        yield from hooks


def _functions_of(point: str) -> dict[str, str]:
    names = (BEFORE, AFTER) if point in AROUND_POINTS else (EVENT_FUNCTION,)
    return dict.fromkeys(names, point)


def _no_function(source: str, names: list[str]) -> UserError:
    return UserError(
        f"the hook {source} defines no {' and no '.join(f'`{name}`' for name in names)}",
        code="DD892",
        hint="define one of them, or remove the hook" if len(names) > 1 else "define it, or remove the hook",
    )


def _of_entry_points() -> Iterator[Hook]:
    for point in HOOKS.names():
        if point not in _POINTS:
            raise UserError(
                f"the entry point `{point}` of the group `{HOOKS.group}` is called like no point",
                code="DD891",
                hint=did_you_mean(point, _POINTS) or f"the points: {', '.join(_POINTS)}",
            )
        for distribution, target in HOOKS.load_all(point):
            source = f"`{point}` of {distribution}"
            if point in EVENT_POINTS:
                yield Hook(point, EVENT_FUNCTION, target, source, _file_of(target))
                continue
            functions = {name: getattr(target, name) for name in (BEFORE, AFTER) if hasattr(target, name)}
            if not functions:
                raise _no_function(source, [BEFORE, AFTER])
            for name, function in functions.items():
                yield Hook(point, name, function, source, _file_of(function))


def _file_of(function: object) -> Path | None:
    code = getattr(function, "__code__", None)
    return Path(code.co_filename) if code is not None else None


def _imported(path: Path, root: Path, timeout: float) -> ModuleType:
    shown = path_below(path, root)
    try:
        return cast(ModuleType, call_within(timeout, import_file, path))
    except HookTimeout:
        raise UserError(
            f"importing the hook {shown} took longer than {seconds_told(timeout)}", code="DD890"
        ) from None
    except SyntaxError as error:
        place = f"{shown}:{error.lineno}" if error.filename == str(path.resolve()) and error.lineno else shown
        old = python2_statement(path)
        raise UserError(
            f"the hook {place} is no Python 3: {error.msg}",
            code="DD890",
            hint=f"this is Python 2: {old[1]}" if old else None,
        ) from None
    except BaseException as error:
        raised_at = place_of(error, path.resolve().parent, root.resolve())
        place = f"{raised_at.file}:{raised_at.line}" if raised_at else shown
        raise UserError(
            f"the hook {place} cannot be imported: {told(error)}",
            code="DD890",
            hint=missing_module_hint(error, path.parent),
        ) from error
