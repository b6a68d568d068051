"""Filling `{{ param.x }}` and `{{ item.y }}` into a tree, when a pipeline is compiled.

A value that is exactly one placeholder becomes the value it stands for, with its type; in a longer text the value
is put in as text. Every other template stays as it is, for the run. A key whose value comes to null is left out.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from dataduct.definition.pattern_values import TableValue, Value, from_python, keys_of, to_python
from dataduct.definition.properties import shortened
from dataduct.definition.tree import (
    MappingNode,
    Node,
    ScalarNode,
    SequenceNode,
    at_position,
    is_null,
    text_source,
)
from dataduct.model.nearest import did_you_mean
from dataduct.model.position import Position
from dataduct.model.problem import Given, Problem
from dataduct.model.template import Fill

if TYPE_CHECKING:  # Jinja is imported when the first text needs it
    from dataduct.definition.placeholders import Placeholder

_MENTION = re.compile(r"\b(?:param|item)\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Values:
    """What placeholders read.

    Attributes:
        parameters: The values of a pattern's parameters; None outside of patterns.
        item: The item of a `for_each`; None outside of one, and where the item is not known yet.
        pattern: Name of the pattern, for messages.
        systems: Type of each connection by its alias, and of the warehouse; the filter `quoted` reads it.
    """

    parameters: Mapping[str, Value] | None = None
    item: Value | None = None
    pattern: str = ""
    systems: Mapping[str, str] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """The names that are known: `param`, `item` or both."""
        known = (("param", self.parameters), ("item", self.item))
        return tuple(name for name, value in known if value is not None)


def fill_step(entry: Node, values: Values, problems: list[Problem]) -> Node:
    """Return one entry of a list of steps with `values` filled in.

    An entry with a `for_each` of its own has items of its own: only its `for_each` sees the item of `values`.
    """
    if not isinstance(entry, MappingNode):
        return fill(entry, values, problems)
    inner = replace(values, item=None) if "for_each" in entry.entries else values
    entries: dict[str, Node] = {}
    for key, value in entry.entries.items():
        if key == "for_each":
            filled: Node | None = _Filling(values, problems).node(value)
        elif key == "steps" and isinstance(value, SequenceNode) and "step_type" not in entry.entries:
            filled = fill_steps(value, inner, problems)
        else:
            filled = _Filling(inner, problems).node(value)
        if filled is not None:
            entries[key] = filled
    return MappingNode(entries, entry.position, entry.keys)


def fill_steps(steps: SequenceNode, values: Values, problems: list[Problem]) -> SequenceNode:
    """Return a list of steps with `values` filled in."""
    return SequenceNode(tuple(fill_step(item, values, problems) for item in steps.items), steps.position)


def fill(node: Node, values: Values, problems: list[Problem]) -> Node:
    """Return `node` with `values` filled in; a node without placeholders is returned as it is."""
    filled = _Filling(values, problems).node(node)
    return ScalarNode(None, "", node.position) if filled is None else filled


@dataclass(slots=True)
class _Filling:
    values: Values
    problems: list[Problem] = field(default_factory=list)

    def node(self, node: Node) -> Node | None:
        """Return the node with its values; None if it comes to null."""
        match node:
            case ScalarNode():
                return self._scalar(node) if isinstance(node.value, str) else node
            case SequenceNode():
                items = [self.node(item) for item in node.items]
                if all(new is old for new, old in zip(items, node.items, strict=True)):
                    return node
                return SequenceNode(tuple(item for item in items if item is not None), node.position)
            case MappingNode():
                return self._mapping(node)

    def _mapping(self, node: MappingNode) -> MappingNode:
        entries: dict[str, Node] = {}
        keys: dict[str, Position] = {}
        same = True
        for key, value in node.entries.items():
            place = node.keys.get(key, node.position)
            new_key, new_value = self._key(key, place), self.node(value)
            same = same and new_key == key and new_value is value
            if new_value is not None:
                entries[new_key], keys[new_key] = new_value, place
        return node if same else MappingNode(entries, node.position, keys)

    def _key(self, key: str, place: Position) -> str:
        if "{{" not in key:
            return key
        filled = self._scalar(ScalarNode(key, key, place))
        return filled.text if isinstance(filled, ScalarNode) else key

    def _scalar(self, node: ScalarNode) -> Node | None:
        """Return what the text comes to; a text with a problem is returned as it is."""
        tagged = "{{" in node.text or "{%" in node.text
        if not tagged or not _MENTION.search(node.text):
            return node
        from dataduct.definition.placeholders import tags_of

        tags = tags_of(node.text)
        known = frozenset(self.values.names) - tags.assigned
        wanted = [tag for tag in tags.placeholders if any(use.name in known for use in tag.names)]
        if not wanted:
            return node
        outcomes: list[Value] = []
        for tag in wanted:
            outcome = self._problem_of(node, tag, known) or self._outcome(node, tag)
            if isinstance(outcome, Problem):
                self.problems.append(outcome)
                return node
            outcomes.append(outcome)
        if len(wanted) == 1 and not (node.text[: wanted[0].start] + node.text[wanted[0].end :]).strip():
            return self._placed(outcomes[0], node, wanted[0])
        return self._text(node, wanted, outcomes)

    def _problem_of(self, node: ScalarNode, tag: "Placeholder", known: frozenset[str]) -> Problem | None:
        from dataduct.definition.placeholders import is_run_time

        if tag.block:
            use = next(use for use in tag.names if use.name in known)
            return self._problem(
                node,
                "DD529",
                f"`{use.name}` stands in a `{{% %}}`",
                use.offset,
                len(use.name),
                expected=f"`{use.name}` in `{{{{ }}}}`, which is filled in when the pipeline is compiled",
                hint=f"a list becomes text with {{{{ {use.name}... | join(', ') }}}}",
            )
        for use in tag.names:
            if use.name in known:
                continue
            reads = ", ".join(
                f"`{name}`" for name in dict.fromkeys(u.name for u in tag.names if u.name in known)
            )
            if is_run_time(use.name):
                return self._problem(
                    node,
                    "DD528",
                    f"the placeholder reads {reads}, known when the pipeline is compiled, and `{use.name}`, known when "
                    "it runs",
                    use.offset,
                    len(use.name),
                    hint="write two placeholders, one for each",
                )
            return self._problem(
                node,
                "DD527",
                f"there is no name `{use.name}` beside {reads}",
                use.offset,
                len(use.name),
                hint=did_you_mean(use.name, known),
            )
        return None

    def _outcome(self, node: ScalarNode, tag: "Placeholder") -> Value | Problem:
        from dataduct.definition.placeholders import EvaluationError, evaluate
        from dataduct.definition.quoting import SYSTEMS

        if tag.path:
            return self._looked_up(node, tag)
        known = {"param": self.values.parameters, "item": self.values.item}
        records = {name: to_python(value, name) for name, value in known.items() if value is not None}
        try:
            outcome = evaluate(tag.expression, {**records, SYSTEMS: self.values.systems})
        except EvaluationError as error:
            if absent := self._absent(node, tag):
                return absent
            message = f"`{shortened(tag.expression)}` fails: {error}"
            problem = self._problem(node, "DD531", message, tag.start, tag.end - tag.start)
            return replace(problem, given=tuple(value for _, value in self._given(node, tag)))
        try:
            return at_position(from_python(outcome), node.position)
        except TypeError:
            return self._problem(
                node,
                "DD531",
                f"`{shortened(tag.expression)}` comes to no text, number, list or mapping",
                tag.start,
                tag.end - tag.start,
            )

    def _looked_up(self, node: ScalarNode, tag: "Placeholder") -> Value | Problem:
        if tag.path == ("param",):
            return self._unknown(node, tag.path, 0, self.values.parameters, tag.offsets[0])
        value, depth, within = self._followed(tag.path)
        if depth < len(tag.path):
            return self._unknown(node, tag.path, depth, within, tag.offsets[depth])
        assert value is not None
        return value

    def _followed(self, path: Sequence[str]) -> tuple[Value | None, int, Mapping[str, Value] | None]:
        """Return the value that a path leads to, how many of its names there are, and where the next one lacks."""
        root, *keys = path
        value = None if root == "param" else self.values.item
        within = self.values.parameters if root == "param" else keys_of(value)
        for depth, key in enumerate(keys, start=1):
            if within is None or key not in within:
                return value, depth, within
            value = within[key]
            within = keys_of(value)
        return value, len(path), within

    def _absent(self, node: ScalarNode, tag: "Placeholder") -> Problem | None:
        """Return the problem of the first key that an expression reads and that is not there; None if all are."""
        from dataduct.definition.placeholders import paths_in

        for path in paths_in(tag.expression):
            if path[0] not in self.values.names:
                continue
            _, depth, within = self._followed(path)
            if depth == len(path) or within is None:
                continue
            written = ".".join(path[: depth + 1])
            offset = node.text.find(written, tag.start)
            offset = tag.start if offset < 0 else offset + len(written) - len(path[depth])
            return self._unknown(node, path, depth, within, offset)
        return None

    def _unknown(
        self,
        node: ScalarNode,
        path: Sequence[str],
        depth: int,
        within: Mapping[str, Value] | None,
        offset: int,
    ) -> Problem:
        key, owner = path[depth], ".".join(path[:depth])
        listed = list(within or ())
        if depth == 0:
            message = "`param` is no value of its own"
        elif owner == "param":
            message = f"pattern `{self.values.pattern}` has no parameter `{key}`"
        else:
            message = f"`{owner}` has no `{key}`"
        expected = "one of " + ", ".join(f"`{name}`" for name in listed) if listed else None
        if within is None:
            expected = f"`{{{{ {owner} }}}}`, which is one value"
        return self._problem(
            node, "DD527", message, offset, len(key), expected=expected, hint=did_you_mean(key, listed)
        )

    def _text(self, node: ScalarNode, wanted: "Sequence[Placeholder]", outcomes: Sequence[Value]) -> Node:
        parts: list[str] = []
        fills: list[Fill] = []
        given = list(node.given)
        end = length = 0
        for tag, outcome in zip(wanted, outcomes, strict=True):
            value = outcome.path if isinstance(outcome, TableValue) else outcome
            if not isinstance(value, ScalarNode):
                kind = "list" if isinstance(value, SequenceNode) else "mapping"
                joined = f"{{{{ {tag.expression} | join(', ') }}}}" if kind == "list" else None
                self.problems.append(
                    self._problem(
                        node,
                        "DD530",
                        f"`{shortened(tag.expression)}` is a {kind} and cannot stand inside a text",
                        tag.start,
                        tag.end - tag.start,
                        expected="text or a number",
                        hint=f"write {joined}" if joined else "name one of its keys",
                    )
                )
                return node
            before = node.text[end : tag.start]
            length += len(before)
            fills.append(Fill(tag.start, tag.end, length, length + len(value.text)))
            given += self._given(node, tag)
            parts += [before, value.text]
            length += len(value.text)
            end = tag.end
        text = "".join((*parts, node.text[end:]))
        written = node.text if node.written is None else node.written
        if node.written is not None:
            fills = list(_composed(node.fills, fills))
        return replace(
            node,
            value=text,
            text=text,
            quoted=node.quoted,
            written=written,
            fills=tuple(fills),
            given=tuple(given),
        )

    def _placed(self, value: Value, node: ScalarNode, tag: "Placeholder") -> Node | None:
        """Return the value of a placeholder at the place of the placeholder; None for null."""
        found = value.path if isinstance(value, TableValue) else value
        if is_null(found):
            return None
        if not isinstance(found, ScalarNode):
            return replace(found, position=node.position)
        written = node.text if node.written is None else node.written
        return ScalarNode(
            found.value,
            found.text,
            node.position,
            quoted=found.quoted,
            first_line=node.first_line,
            indent=node.indent,
            written=written,
            fills=(Fill(0, len(written), 0, len(found.text)),),
            given=(*node.given, *self._given(node, tag)),
        )

    def _given(self, node: ScalarNode, tag: "Placeholder") -> list[tuple[Position, Given]]:
        """Return the values that a placeholder reads, each with the placeholder's place."""
        from dataduct.definition.placeholders import paths_in

        place = text_source(node).position_at(tag.start, tag.end - tag.start)
        found: list[tuple[Position, Given]] = []
        for path in dict.fromkeys([tag.path] if tag.path else paths_in(tag.expression)):
            if path[0] not in self.values.names:
                continue
            read = path[:2]
            value, depth, _ = self._followed(read)
            if value is not None and depth == len(read):
                origin = value.path.position if isinstance(value, TableValue) else value.position
                name = read[1] if read[0] == "param" else ".".join(read)
                found.append((place, Given(name, origin)))
        return found

    def _problem(
        self,
        node: ScalarNode,
        code: str,
        message: str,
        offset: int,
        width: int,
        *,
        expected: str | None = None,
        hint: str | None = None,
    ) -> Problem:
        position = text_source(node).position_at(offset, width)
        return Problem(code=code, message=message, position=position, expected=expected, hint=hint)


def _composed(first: Sequence[Fill], then: Sequence[Fill]) -> Sequence[Fill]:
    """Return two fillings of one text, the second over the outcome of the first, as one."""

    def forward(offset: int) -> int:
        shift = 0
        for fill in then:
            if offset >= fill.end:
                shift = fill.filled_end - fill.end
        return offset + shift

    def backward(offset: int) -> int:
        shift = 0
        for fill in first:
            if offset >= fill.filled_end:
                shift = fill.end - fill.filled_end
        return offset + shift

    moved = [Fill(f.start, f.end, forward(f.filled_start), forward(f.filled_end)) for f in first]
    inside = [
        f
        for f in then
        if not any(g.filled_start <= f.start < max(g.filled_end, g.filled_start + 1) for g in first)
    ]
    added = [Fill(backward(f.start), backward(f.end), f.filled_start, f.filled_end) for f in inside]
    return sorted((*moved, *added), key=lambda fill: fill.filled_start)
