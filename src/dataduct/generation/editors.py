"""Putting the schemas where editors find them: files, settings of VS Code, and first lines of YAML files."""

import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from dataduct.config.project import FILE_NAMES
from dataduct.definition.files import replace_file
from dataduct.errors import StorageError

SchemaName = Literal["pipeline", "pattern", "settings"]
SCHEMA_DIRECTORY = Path(".dataduct") / "schemas"
EDITOR_SETTINGS = Path(".vscode") / "settings.json"

_KEY = "yaml.schemas"
_MODELINE = re.compile(r"#\s*yaml-language-server\s*:")
_INDENT = re.compile(r"\n([ \t]+)\"")


@dataclass(frozen=True, slots=True)
class EditorSettings:
    """The settings of VS Code as they are to be.

    Attributes:
        text: The whole file; None if the one that is there is no plain JSON and has to be changed by hand.
        changed: Whether that differs from the file that is there.
        addition: What `yaml.schemas` must hold, as JSON.
    """

    text: str | None
    changed: bool
    addition: str


def schema_file(root: Path, name: SchemaName) -> Path:
    """Return where a schema of a project is written."""
    return root / SCHEMA_DIRECTORY / f"{name}.json"


def schema_globs(root: Path, patterns: Sequence[Path]) -> dict[str, list[str]]:
    """Return the globs of the files that each schema is for, by the schema's path, both from the project's directory.

    Args:
        root: The project's directory.
        patterns: The directories of patterns.
    """
    shown = [path.relative_to(root).as_posix() for path in patterns if path.is_relative_to(root)]
    globs: dict[SchemaName, list[str]] = {
        "pipeline": ["pipelines/*.yaml", "pipelines/*.yml"],
        "pattern": [f"{directory}/*{ending}" for directory in shown for ending in (".yaml", ".yml")],
        "settings": list(FILE_NAMES),
    }
    return {(SCHEMA_DIRECTORY / f"{name}.json").as_posix(): found for name, found in globs.items() if found}


def editor_settings(before: str | None, globs: Mapping[str, Sequence[str]]) -> EditorSettings:
    """Return the settings of VS Code with the schemas in them; all that is there stays, in its order.

    Args:
        before: The text of the file that is there, or None.
        globs: The globs of files by the path of their schema.
    """
    addition = json.dumps({_KEY: globs}, indent=2, ensure_ascii=False)
    if before is None or not before.strip():
        return EditorSettings(addition + "\n", changed=True, addition=addition)
    settings = _plain_object(before)
    schemas = settings.get(_KEY, {}) if settings is not None else None
    if settings is None or not isinstance(schemas, dict):
        return EditorSettings(None, changed=False, addition=addition)
    merged = dict(schemas)
    for path, wanted in globs.items():
        there = merged.get(path, [])
        listed = [there] if isinstance(there, str) else list(there) if isinstance(there, list) else []
        merged[path] = [*listed, *(glob for glob in wanted if glob not in listed)]
    if merged == schemas:
        return EditorSettings(before, changed=False, addition=addition)
    settings[_KEY] = merged
    indent = match[1] if (match := _INDENT.search(before)) else "    "
    text = json.dumps(settings, indent=indent, ensure_ascii=False)
    return EditorSettings(text + "\n", changed=True, addition=addition)


def with_modeline(text: str, schema: str) -> str:
    """Return a YAML text whose first comment lines name its schema, once.

    Args:
        text: The file's text; its line ends stay as they are.
        schema: Path of the schema from the file's directory, or a URL.
    """
    modeline = f"# yaml-language-server: $schema={schema}"
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    lines = text.removeprefix("\ufeff").splitlines(keepends=True)
    for number, each in enumerate(lines):
        if _MODELINE.match(each):
            ending = each[len(each.rstrip("\r\n")) :]
            lines[number] = modeline + ending
            return mark + "".join(lines)
        if not each.lstrip().startswith("#"):
            break
    ending = "\r\n" if lines and lines[0].endswith("\r\n") else "\n"
    return f"{mark}{modeline}{ending}{''.join(lines)}"


def schema_of_file(path: Path, patterns: Sequence[Path]) -> SchemaName:
    """Return which schema a YAML file of a project has."""
    if path.name in FILE_NAMES:
        return "settings"
    return "pattern" if path.resolve().parent in [each.resolve() for each in patterns] else "pipeline"


def write_modeline(path: Path, schema: Path) -> bool:
    """Name a file's schema in its first line; return whether the file was changed.

    Raises:
        StorageError: It cannot be read or written (DD886).
    """
    try:
        before = path.read_bytes().decode("utf-8")
        after = with_modeline(before, Path(os.path.relpath(schema, path.resolve().parent)).as_posix())
        if after != before:
            replace_file(path, after.encode())
    except (OSError, UnicodeDecodeError) as error:
        reason = (
            "it is not UTF-8" if isinstance(error, UnicodeDecodeError) else (error.strerror or "").lower()
        )
        raise StorageError(f"{path} cannot be given a first line: {reason}", code="DD886") from None
    return after != before


def _plain_object(text: str) -> dict[str, Any] | None:
    """Return the JSON object in a text; None if it is something else, has comments or a key twice."""

    def without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({key for key, _ in pairs}) != len(pairs):
            raise ValueError("a key stands twice")
        return dict(pairs)

    try:
        found = json.loads(text.removeprefix("\ufeff"), object_pairs_hook=without_doubles)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
