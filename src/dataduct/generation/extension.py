"""Adding tables to the pipeline of a source that is there already; nothing else of its file changes."""

import textwrap
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from dataduct.definition.tree import MappingNode, Node, ScalarNode, SequenceNode
from dataduct.definition.yaml import parse_yaml
from dataduct.errors import ProblemsError
from dataduct.generation.pipelines import (
    DEFINITIONS,
    ITEM,
    PATTERN_OF,
    LoadedTable,
    Source,
    pattern_uses,
    scalar,
)
from dataduct.model.position import Position

_PATTERNS = frozenset(PATTERN_OF.values())


def listed_tables(text: str, file: str) -> frozenset[str] | None:
    """Return the names of the tables that a pipeline loads by the patterns; None if the file cannot be read so."""
    steps = _steps(text, file)
    return None if steps is None else frozenset(name for use in _uses(steps) for name in _tables(use))


def extended_pipeline(text: str, file: str, tables: Sequence[LoadedTable], source: Source) -> str | None:
    """Return a pipeline's text with those of `tables` that it does not load yet; None where they have no place.

    A table with a plain name goes to the end of the list of its pattern, every other one to the end of `steps`.
    """
    steps, loaded = _steps(text, file), listed_tables(text, file)
    if steps is None or loaded is None:
        return None
    missing = [table for table in tables if table.name not in loaded]
    if not missing:
        return text
    lines = text.splitlines(keepends=True)
    added: list[LoadedTable] = []
    for node, pattern in _lists(steps, source):
        fitting = [
            table for table in missing if PATTERN_OF[table.write] == pattern and table.name == table.source
        ]
        fitting = [table for table in fitting if table not in added]
        if fitting and _insert_items(lines, node, fitting):
            added += fitting
    rest = [table for table in missing if table not in added]
    entries = "\n".join(pattern_uses(rest, source))
    extended = _with_entries("".join(lines), file, entries) if entries else "".join(lines)
    if extended is None or listed_tables(extended, file) != loaded | {table.name for table in missing}:
        return None
    return extended


@dataclass(frozen=True, slots=True)
class GoneTable:
    """A table that a pipeline lists and its source no longer has; `position` is where it is listed."""

    name: str
    position: Position


def gone_tables(text: str, file: str, present: Collection[str], source: Source) -> list[GoneTable]:
    """Return those of the tables that a pipeline lists for `source` which are not among `present`."""
    steps = _steps(text, file)
    items = [item for node, _ in _lists(steps, source) for item in node.items] if steps else []
    gone = [
        GoneTable(item.text, item.position)
        for item in items
        if isinstance(item, ScalarNode) and item.text not in present
    ]
    return sorted(gone, key=lambda each: each.position.line)


def _steps(text: str, file: str) -> SequenceNode | None:
    try:
        steps = parse_yaml(text, file).entries.get("steps")
    except ProblemsError:
        return None
    return steps if isinstance(steps, SequenceNode) and steps.items else None


def _uses(steps: SequenceNode) -> Iterator[MappingNode]:
    for step in steps.items:
        if isinstance(step, MappingNode) and _text(step.entries.get("step_type")) in _PATTERNS:
            yield step


def _tables(use: MappingNode) -> Iterator[str]:
    items = use.entries.get("for_each")
    if isinstance(items, SequenceNode):
        yield from (item.text for item in items.items if isinstance(item, ScalarNode))
    elif (name := _text(use.entries.get("table"))) is not None:
        yield name


def _lists(steps: SequenceNode, source: Source) -> Iterator[tuple[SequenceNode, str]]:
    """Yield each list of names of tables of this source, with its pattern; the last first, as lines are inserted."""
    for use in reversed(list(_uses(steps))):
        items = use.entries.get("for_each")
        if (
            isinstance(items, SequenceNode)
            and items.items
            and all(isinstance(item, ScalarNode) for item in items.items)
            and _text(use.entries.get("host")) == source.alias
            and _text(use.entries.get("database")) == source.database
            and (_text(use.entries.get("definitions")) or DEFINITIONS) == source.definitions
            and _text(use.entries.get("table")) == _text(use.entries.get("source")) == ITEM
        ):
            yield items, _text(use.entries["step_type"]) or ""


def _insert_items(lines: list[str], items: SequenceNode, tables: Sequence[LoadedTable]) -> bool:
    """Add tables behind the last item, if each item has a line of its own."""
    last = items.items[-1].position.line - 1
    before = lines[last][: items.items[-1].position.column - 1]
    if before.strip() != "-":
        return False
    if not lines[last].endswith("\n"):
        lines[last] += "\n"
    lines[last + 1 : last + 1] = [f"{before}{scalar(table.name)}\n" for table in tables]
    return True


def _with_entries(text: str, file: str, entries: str) -> str | None:
    """Return the text with more entries at the end of `steps`, which must be a list in lines of its own."""
    root = parse_yaml(text, file)
    steps = root.entries["steps"]
    if not isinstance(steps, SequenceNode) or steps.position.line == root.keys["steps"].line:
        return None
    lines = text.splitlines(keepends=True)
    first = lines[steps.items[0].position.line - 1]
    indent = first[: len(first) - len(first.lstrip())]
    if not first.lstrip().startswith("-"):
        return None
    following = [key.line for key in root.keys.values() if key.line > steps.position.line]
    end = min(following) - 1 if following else len(lines)
    kept = "".join(lines[:end]).rstrip("\n") + "\n"
    return f"{kept}\n{textwrap.indent(entries, indent)}" + ("\n" if following else "") + "".join(lines[end:])


def _text(node: Node | None) -> str | None:
    return node.text if isinstance(node, ScalarNode) else None
