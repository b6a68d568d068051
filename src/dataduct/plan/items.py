"""The items of a `for_each`: those of a list, or the table definitions that globs match."""

import glob
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from dataduct.definition.pattern_values import TableValue, Value
from dataduct.definition.templates import has_template
from dataduct.definition.tree import MappingNode, Node, ScalarNode, SequenceNode, at_position, is_null
from dataduct.model.nearest import did_you_mean
from dataduct.model.position import Position
from dataduct.model.problem import report
from dataduct.steps.context import LoweringContext

_NAMES_COMPARED = 2_000
_NAMES_LISTED = 5
_EXPECTED = "a list of values, or `tables: GLOB`, a glob of table definition files"
_NO_NAME = re.compile(r"[^\w.-]+")
_FILE = re.compile(r"(?:/.*\.[A-Za-z]\w*|\.sql)$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Item:
    """One item.

    Attributes:
        label: Its name in the names of steps.
        value: What `{{ item }}` is.
        position: Where it stands in a list that the user wrote; None for a file that a glob matched.
    """

    label: str
    value: Value
    position: Position | None


@dataclass(frozen=True, slots=True)
class Items:
    """Reads items and table definitions. Problems go to those of `context`; None means there are some."""

    context: LoweringContext

    @property
    def systems(self) -> dict[str, str]:
        """The type of each connection by its alias, and of the warehouse."""
        return {"warehouse": self.context.dialect, **self.context.connections}

    def of(self, node: Node) -> list[Item] | None:
        """Return the items that the value of a `for_each` names, in order."""
        if isinstance(node, SequenceNode):
            return self._listed(node)
        if isinstance(node, MappingNode):
            return self._tables(node)
        hint = None
        if isinstance(node, ScalarNode) and isinstance(node.value, str):
            hint = f"write `[{node.text}]` for one item"
            if has_template(node.text):
                hint = "a template is filled in when the pipeline runs, and the items are needed before"
            elif glob.has_magic(node.text) or node.text.endswith(".sql"):
                hint = f"write `for_each: {{tables: {node.text}}}`"
        report(
            self.context.problems,
            "DD534",
            "`for_each` is no list",
            node.position,
            expected=_EXPECTED,
            hint=hint,
        )
        return None

    def table(self, path: ScalarNode) -> TableValue | None:
        """Return the table definition in the file that `path` names."""
        context = replace(self.context, positions={"path": path.position})
        known = len(context.problems)
        definition = context.table_definition(path.text, of="path")
        for index, problem in enumerate(context.problems[known:], start=known):
            if problem.position is not None and problem.position.file != path.position.file:
                context.problems[index] = replace(problem, used_at=(path.position,))
        if definition is None:
            return None
        fields = at_position(
            {
                "path": path.text,
                "name": definition.name.name,
                "schema": definition.name.schema,
                "table": str(definition.name),
                "columns": list(definition.column_names),
                "primary_key": list(definition.primary_key),
            },
            path.position,
        )
        assert isinstance(fields, MappingNode)
        return TableValue(path, fields)

    def _listed(self, node: SequenceNode) -> list[Item] | None:
        if not node.items:
            report(
                self.context.problems,
                "DD537",
                "`for_each` has no items, so nothing is done",
                node.position,
                expected="a list with at least one item",
                severity="warning",
            )
            return []
        first = node.items[0]
        for item in node.items:
            if not self._is_item(item, first):
                return None
        return [Item(_label(item), item, item.position) for item in node.items]

    def _is_item(self, item: Node, first: Node) -> bool:
        if isinstance(item, SequenceNode) or is_null(item):
            what = "a list" if isinstance(item, SequenceNode) else "empty"
            report(
                self.context.problems,
                "DD535",
                f"an item of `for_each` is {what}",
                item.position,
                expected="a text, number or mapping",
            )
            return False
        if isinstance(item, MappingNode) is not isinstance(first, MappingNode):
            kinds = ("a mapping", "a single value")
            mine, other = kinds if isinstance(item, MappingNode) else kinds[::-1]
            report(
                self.context.problems,
                "DD535",
                f"this item of `for_each` is {mine}, and the first one is {other}",
                item.position,
                expected="items of one kind",
            )
            return False
        return True

    def _tables(self, node: MappingNode) -> list[Item] | None:
        globs = node.entries.get("tables")
        wrong = next((key for key in node.entries if key != "tables"), None)
        if globs is None or wrong is not None:
            key = wrong if wrong is not None else ""
            report(
                self.context.problems,
                "DD534",
                f"`for_each` has no key `{key}`" if wrong is not None else "`for_each` is an empty mapping",
                node.keys.get(key, node.position),
                expected=_EXPECTED,
                hint=did_you_mean(key, ("tables",)) or "write the items as a list, each after `- `",
            )
            return None
        texts = globs.items if isinstance(globs, SequenceNode) else (globs,)
        items: list[Item] = []
        seen: set[str] = set()
        for text in texts:
            found = self._matched(text)
            if found is None:
                return None
            for path in found:
                if path in seen:
                    continue
                seen.add(path)
                value = self.table(ScalarNode(path, path, text.position, quoted=True))
                if value is None:
                    continue
                name = value.fields.entries["name"]
                assert isinstance(name, ScalarNode)
                items.append(Item(_NO_NAME.sub("_", name.text), value, None))
        return items if len(items) == len(seen) else None

    def _matched(self, node: Node) -> Sequence[str] | None:
        """Return the files that a glob matches, in the first of the places looked in that has any."""
        if not isinstance(node, ScalarNode) or not isinstance(node.value, str):
            report(
                self.context.problems,
                "DD534",
                "`tables` is no glob",
                node.position,
                expected="`tables: tables/*.sql`",
            )
            return None
        if has_template(node.text):
            report(
                self.context.problems,
                "DD534",
                "`tables` holds a template, and the files are read when the pipeline is compiled",
                node.position,
                expected="a glob without templates",
            )
            return None
        pattern = str(Path(node.text).expanduser())
        for directory in self.context.directories:
            names = glob.glob(pattern, root_dir=directory, recursive=True)  # noqa: PTH207 - takes absolute globs too
            files = sorted(name for name in names if (directory / name).is_file())
            if files:
                return files
        looked_in = [f"`{directory.absolute()}`" for directory in self.context.directories]
        report(
            self.context.problems,
            "DD538",
            f"`{node.text}` matches no file",
            node.position,
            expected=f"table definition files, looked up in {' and '.join(dict.fromkeys(looked_in))}",
            hint=self._nearest_directory(pattern) or self._nearest_files(pattern),
        )
        return None

    def _nearest_directory(self, pattern: str) -> str | None:
        """Return what the first directory of a glob may have been meant to be, if there is none of its name."""
        first, *rest = Path(pattern).parts
        directories = [place for place in self.context.directories if place.is_dir()]
        if not rest or glob.has_magic(first) or any((place / first).exists() for place in directories):
            return None
        names = [entry.name for place in directories for entry in place.iterdir() if entry.is_dir()]
        return did_you_mean(first, names) or f"there is no directory `{first}`"

    def _nearest_files(self, pattern: str) -> str | None:
        """Return the file names that may have been meant: those of the first directory of the glob that has any."""
        parent = Path(pattern).parent
        if glob.has_magic(str(parent)):
            return None
        for directory in self.context.directories:
            try:
                names = [
                    entry.name
                    for entry in islice((directory / parent).iterdir(), _NAMES_COMPARED)
                    if entry.is_file()
                ]
            except OSError:
                continue
            names = sorted(name for name in names if Path(name).suffix == Path(pattern).suffix) or sorted(
                names
            )
            if names:
                paths = [str(parent / name) for name in names]
                near = None if glob.has_magic(pattern) else did_you_mean(pattern, paths)
                more = ", ..." if len(names) > _NAMES_LISTED else ""
                return near or f"there is {', '.join(f'`{path}`' for path in paths[:_NAMES_LISTED])}{more}"
        return None


def _label(item: Node) -> str:
    """Return what the item is called: a value itself, of a mapping its `name` or the first single value.

    A path of a file is called like the file, without directories and ending.
    """
    if isinstance(item, MappingNode):
        named = item.entries.get("name")
        values = [named] if isinstance(named, ScalarNode) else list(item.entries.values())
        item = next((value for value in values if isinstance(value, ScalarNode) and value.text), item)
    text = item.text if isinstance(item, ScalarNode) else "item"
    if _FILE.search(text):
        text = Path(text).stem
    return _NO_NAME.sub("_", text).strip("_") or "item"
