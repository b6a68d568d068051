"""Settings as a person reads them: YAML with the origin of every line at its right, and as JSON."""

import json
import math
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from dataduct.cli.arguments import shown_path
from dataduct.cli.text import Line, Span, display_width, line, pad

if TYPE_CHECKING:
    from dataduct.config.effective import EffectiveSetting
    from dataduct.config.origins import Origin

_INDENT = "  "
_WIDEST = 60


class _Row(NamedTuple):
    """One line: `indent`, `key`, `value`, and the comment that tells where the value comes from.

    Attributes:
        is_default: Whether the value is a default; None for a line that has no value of its own.
    """

    indent: str
    key: str
    value: str
    comment: str = ""
    is_default: bool | None = None

    @property
    def text(self) -> str:
        return f"{self.indent}{self.key}{self.value}"


def setting_lines(
    settings: "Iterable[EffectiveSetting]", files: Sequence[Path], mode: str | None
) -> list[Line]:
    """Return the settings as YAML; a blank line stands between two sections, defaults are dim."""
    rows = list(_rows(settings))
    width = max((w for row in rows if (w := display_width(row.text)) <= _WIDEST), default=0)
    read = ", ".join(map(shown_file, files)) or "no file"
    drawn = [line(Span(f"# read: {read}{f'; mode: {mode}' if mode else ''}", "dim"))]
    within_section = True
    for row in rows:
        begins_section = not row.indent and not row.value
        if not row.indent and (begins_section or within_section):
            drawn.append(line())
        within_section = begins_section or bool(row.indent)
        drawn.append(_drawn(row, width))
    return drawn


def setting_document(
    settings: "Iterable[EffectiveSetting]", files: Sequence[Path], mode: str | None
) -> dict[str, Any]:
    """Return the settings as a JSON document: nested as in dataduct.yml, and the origins by their dotted names."""
    values: dict[str, Any] = {}
    places: dict[str, Any] = {}
    for setting in settings:
        around = values
        for key in setting.path[:-1]:
            around = around.setdefault(key, {})
        around[setting.path[-1]] = setting.value
        places[".".join(setting.path)] = _place(setting.origin)
    return {"mode": mode, "files": [str(file) for file in files], "settings": values, "origins": places}


def shown_file(file: Path) -> str:
    """Return a file's path as a person reads it: relative to the working or to the home directory, if shorter."""
    shown = str(shown_path(file))
    home, path = Path("~").expanduser(), file.absolute()
    return min(f"~/{path.relative_to(home)}", shown, key=len) if path.is_relative_to(home) else shown


def _rows(settings: "Iterable[EffectiveSetting]") -> Iterator[_Row]:
    around: tuple[str, ...] = ()
    for setting in settings:
        *outer, key = setting.path
        same = next((i for i, (a, b) in enumerate(zip(around, outer, strict=False)) if a != b), None)
        known = min(len(around), len(outer)) if same is None else same
        for depth in range(known, len(outer)):
            yield _Row(_INDENT * depth, f"{_scalar(outer[depth])}:", "")
        around = tuple(outer)
        indent = _INDENT * len(outer)
        comment, is_default = f"# {_origin_text(setting.origin)}", setting.origin is None
        if _is_block(setting.value):
            yield _Row(indent, f"{_scalar(key)}:", " ", comment, is_default)
            yield from _block(setting.value, indent)
        else:
            yield _Row(indent, f"{_scalar(key)}:", f" {_flow(setting.value)}", comment, is_default)


def _is_block(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(item, dict | list) for item in value)


def _block(items: list[Any], indent: str) -> Iterator[_Row]:
    """Yield the lines of a list of mappings, one line for each key."""
    for item in items:
        if isinstance(item, dict) and item:
            for number, (key, value) in enumerate(item.items()):
                mark = "- " if number == 0 else _INDENT
                yield _Row(f"{indent}{mark}", f"{_scalar(key)}:", f" {_flow(value)}")
        else:
            yield _Row(f"{indent}- ", "", _flow(item))


def _drawn(row: _Row, width: int) -> Line:
    if row.is_default:
        return line(Span(pad(row.text, width), "dim"), "  ", Span(row.comment, "dim"))
    key = Span(row.key, "strong" if row.value == "" else "accent")
    filled = pad(row.text, width)[len(row.text) :] if row.comment else ""
    return line(row.indent, key, f"{row.value}{filled}  ", Span(row.comment, "dim"))


def _scalar(value: object) -> str:
    """Return a key or a single value as YAML writes it in one line of a block."""
    import yaml

    if isinstance(value, str) and not value.isprintable():
        return json.dumps(value, ensure_ascii=False)
    text = str(yaml.safe_dump(value, allow_unicode=True, width=math.inf))
    return text.removesuffix("...\n").rstrip("\n")


def _flow(value: Any) -> str:
    """Return a value in one line."""
    import yaml

    if not isinstance(value, dict | list):
        return _scalar(value)
    text = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=math.inf, sort_keys=False)
    return " ".join(str(text).split("\n")).rstrip()


def _origin_text(origin: "Origin | None") -> str:
    if origin is None:
        return "default"
    if origin.variable is not None:
        return f"environment variable {origin.variable}"
    place = f"{shown_file(Path(origin.position.file))}:{origin.position.line}"
    return f"mode {origin.mode}, {place}" if origin.mode is not None else place


def _place(origin: "Origin | None") -> dict[str, Any]:
    if origin is None:
        return {"default": True}
    if origin.variable is not None:
        return {"variable": origin.variable}
    place: dict[str, Any] = {"file": origin.position.file, "line": origin.position.line}
    return {**place, "mode": origin.mode} if origin.mode is not None else place
