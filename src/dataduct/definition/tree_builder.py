"""Building a tree from the events of the YAML parser.

Events, not the parser's own tree: so nesting cannot exhaust the stack, duplicate keys are seen, aliases share one
node, and every problem up to the first syntax error is reported at once.
"""

import re
from collections.abc import Iterator
from typing import Final

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from dataduct.definition.lines import Lines
from dataduct.definition.scalars import TAGS, Scalar, resolve, resolve_tagged
from dataduct.definition.syntax import (
    SyntaxFailure,
    explain,
    template_problem,
)
from dataduct.definition.tree import MappingNode, Node, ScalarNode, SequenceNode
from dataduct.model.nearest import did_you_mean
from dataduct.model.position import Position
from dataduct.model.problem import Problem, report

MAX_VALUES: Final = 1_000_000
"""Values a file may hold once its aliases are written out."""

MAX_DEPTH: Final = 100
"""Levels of lists and mappings inside each other."""

_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NODE_PREFIX = re.compile(r"(?:[&!][^\s,\[\]{}]*\s+)*")
_TAG = re.compile(r"!\S*")
_LOADER: type[yaml.SafeLoader] | type[yaml.CSafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_COLLECTION_TAGS = frozenset(("tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"))


class _Stop(Exception):  # noqa: N818 - control flow, not an error
    """Reading cannot go on; the reason is among the problems."""


class _Frame:
    """A list or mapping whose end has not come yet."""

    __slots__ = ("anchor", "entries", "flow", "height", "items", "key", "keys", "merged", "offset", "size")

    def __init__(self, *, mapping: bool, flow: bool, offset: int, anchor: str | None, size: int) -> None:
        self.offset = offset
        self.flow = flow
        self.anchor = anchor
        self.size = size
        self.height = 1
        self.items: list[Node] = []
        self.entries: dict[str, Node] | None = {} if mapping else None
        self.keys: dict[str, Position] = {}
        self.merged: list[MappingNode] = []
        self.key: str | _Role | None = None


class _Role:
    """What a value is when it does not belong to a text key."""

    __slots__ = ()


_MERGE: Final = _Role()
_DROPPED: Final = _Role()


class TreeBuilder:
    """Builds the tree of one document from the parser's events."""

    def __init__(self, lines: Lines) -> None:
        self.problems: list[Problem] = []
        self.root: Node | None = None
        self._lines = lines
        self._text = lines.text
        self._stack: list[_Frame] = []
        self._anchors: dict[str, tuple[Node, int, int]] = {}
        self._size = 0
        self._last_scalar: ScalarEvent | None = None
        self._has_document = False

    def build(self) -> None:
        """Read the whole text; the outcome is in `root` and `problems`."""
        unprintable = _UNPRINTABLE.search(self._text)
        if unprintable:
            self._report_unprintable(unprintable.start())
            return
        try:
            for event in self._events():
                self._take(event)
        except _Stop:
            return

    def _events(self) -> Iterator[Event]:
        try:
            yield from yaml.parse(self._text, Loader=_LOADER)
        except yaml.MarkedYAMLError as error:
            mark, context = error.problem_mark, error.context_mark
            flow = next((frame.offset for frame in reversed(self._stack) if frame.flow), None)
            failure = SyntaxFailure(
                error,
                self._lines,
                offset=mark.index if mark else len(self._text),
                context=context.index if context else None,
                last_scalar=self._last_scalar,
                open_flow=flow,
            )
            self.problems.append(explain(failure))
            raise _Stop from None
        except (yaml.YAMLError, ValueError, OverflowError):
            end = self._last_scalar.end_mark.index if self._last_scalar and self._last_scalar.end_mark else 0
            report(self.problems, "DD122", "YAML cannot be read after this place", self._lines.span(end))
            raise _Stop from None

    def _take(self, event: Event) -> None:
        start = event.start_mark.index if event.start_mark else 0
        end = event.end_mark.index if event.end_mark else start
        if isinstance(event, ScalarEvent):
            self._last_scalar = event
            self._scalar(event, start, end)
        elif isinstance(event, MappingStartEvent | SequenceStartEvent):
            self._open(event, start, end)
        elif isinstance(event, MappingEndEvent | SequenceEndEvent):
            self._close(start, end)
        elif isinstance(event, AliasEvent):
            self._alias(event, self._lines.span(start, end))
        elif isinstance(event, DocumentStartEvent):
            if self._has_document:
                report(
                    self.problems,
                    "DD107",
                    "a second document begins here",
                    self._lines.span(start, start + 3),
                    expected="one document in a file",
                    hint="remove the `---`, or move what follows to a file of its own",
                )
                raise _Stop
            self._has_document = True

    def _scalar(self, event: ScalarEvent, start: int, end: int) -> None:
        prefix = start
        if event.anchor is not None or event.tag is not None:
            start = self._after_prefix(start, end)
        position = self._lines.span(start, end)
        text = event.value
        quoted = event.style is not None and event.style in ("'", '"', "|", ">")
        self._grow(1, position)
        frame = self._stack[-1] if self._stack else None
        if (
            frame is not None
            and frame.entries is not None
            and frame.key is None
            and text == "<<"
            and not quoted
            and event.tag is None
        ):
            frame.key = _MERGE
            return
        if event.tag is not None and event.tag != "!":
            value = self._tagged(text, event.tag, position, prefix)
        else:
            value = text if quoted or event.tag == "!" else resolve(text)
        first_line, indent = position.line, None
        if event.style is not None and event.style in ("|", ">"):
            first_line, indent = position.line + 1, self._block_indent(position.line + 1, text)
        node = ScalarNode(value, text, position, quoted, first_line, indent)
        self._complete(node, 1, 0, event.anchor)

    def _tagged(self, text: str, tag: str, position: Position, prefix: int) -> Scalar:
        if tag not in TAGS:
            self._report_tag(tag, prefix)
            return text
        try:
            return resolve_tagged(text, tag)
        except ValueError as error:
            report(
                self.problems,
                "DD115",
                f"{error}, as its tag says",
                position,
                expected=TAGS[tag],
                hint="correct the value or remove the tag",
            )
            return text

    def _block_indent(self, line: int, text: str) -> int:
        """Return the indentation of the block scalar that begins on `line` and reads `text`."""
        body = text.lstrip("\n")
        if not body.strip():
            return 0
        written = self._lines.content(line)
        while not written.strip():
            line += 1
            written = self._lines.content(line)
        kept = len(body) - len(body.lstrip(" "))
        return max(0, len(written) - len(written.lstrip(" ")) - kept)

    def _open(self, event: MappingStartEvent | SequenceStartEvent, start: int, end: int) -> None:
        mapping = isinstance(event, MappingStartEvent)
        if event.tag is not None and event.tag not in _COLLECTION_TAGS and event.tag != "!":
            self._report_tag(event.tag, start)
        if event.anchor is not None or event.tag is not None:
            start = self._after_prefix(start, len(self._text))
        flow = bool(event.flow_style)
        if len(self._stack) >= MAX_DEPTH:
            self._report_depth(self._lines.span(start))
        self._grow(1, self._lines.span(start))
        if event.anchor is not None:
            self._anchors.pop(event.anchor, None)
        self._stack.append(
            _Frame(mapping=mapping, flow=flow, offset=start, anchor=event.anchor, size=self._size - 1)
        )

    def _close(self, start: int, end: int) -> None:
        frame = self._stack.pop()
        stop = end if frame.flow else frame.offset + 1
        position = self._lines.span(frame.offset, stop)
        node: Node
        if frame.entries is None:
            node = SequenceNode(tuple(frame.items), position)
        else:
            entries, keys = _merged(frame) if frame.merged else (frame.entries, frame.keys)
            if not frame.flow and frame.keys:
                position = min(frame.keys.values())
            node = MappingNode(entries, position, keys)
        self._complete(node, self._size - frame.size, frame.height, frame.anchor)

    def _alias(self, event: AliasEvent, position: Position) -> None:
        name = event.anchor or ""
        if any(frame.anchor == name for frame in self._stack):
            report(
                self.problems,
                "DD117",
                f"the alias `*{name}` stands inside its own anchor `&{name}`",
                position,
                expected="an alias of a value that is complete",
                hint="move the anchor to a value that does not contain this alias",
            )
            self._complete(ScalarNode(None, "", position), 1, 0, None)
            return
        if name not in self._anchors:
            report(
                self.problems,
                "DD117",
                f"there is no anchor `&{name}` above this alias",
                position,
                expected="the name of an anchor that stands earlier in the file",
                hint=did_you_mean(name, self._anchors)
                or "if the text is meant to begin with `*`, put it in quotes",
            )
            self._complete(ScalarNode(None, "", position), 1, 0, None)
            return
        node, size, height = self._anchors[name]
        if len(self._stack) + height > MAX_DEPTH:
            self._report_depth(position)
        self._grow(size, position)
        if isinstance(node, ScalarNode) and self._awaits_key():
            node = ScalarNode(node.value, node.text, position, node.quoted, position.line)
        self._complete(node, size, height, None)

    def _awaits_key(self) -> bool:
        return bool(self._stack) and self._stack[-1].entries is not None and self._stack[-1].key is None

    def _complete(self, node: Node, size: int, height: int, anchor: str | None) -> None:
        """Put a finished value where it belongs."""
        if anchor is not None:
            self._anchors[anchor] = (node, size, height)
        if not self._stack:
            self.root = node
            return
        frame = self._stack[-1]
        frame.height = max(frame.height, height + 1)
        if frame.entries is None:
            frame.items.append(node)
        elif frame.key is None:
            frame.key = self._key(node, frame)
        elif isinstance(frame.key, str):
            frame.entries[frame.key] = node
            frame.key = None
        else:
            if frame.key is _MERGE:
                self._merge(node, frame)
            frame.key = None

    def _key(self, node: Node, frame: _Frame) -> str | _Role:
        if not isinstance(node, ScalarNode):
            template = frame.flow and self._text.startswith("{{", frame.offset)
            if template:
                self.problems.append(template_problem(self._lines.span(frame.offset, frame.offset + 2)))
            else:
                kind = "mapping" if isinstance(node, MappingNode) else "list"
                report(
                    self.problems,
                    "DD116",
                    f"a {kind} stands where a key should be",
                    node.position,
                    expected="a text",
                )
            return _DROPPED
        if not isinstance(node.value, str):
            kind = "a boolean" if isinstance(node.value, bool) else "a number"
            kind = "null" if node.value is None else kind
            shown = f"`{node.text}`" if node.text else "without text"
            report(
                self.problems,
                "DD116",
                f"the key {shown} is read as {kind}",
                node.position,
                expected="a text",
                hint=f'put it in quotes: "{node.text}"' if node.text else "write the key before the colon",
            )
        key = node.text
        if key in frame.keys:
            report(
                self.problems,
                "DD108",
                f"the key `{key}` stands twice in this mapping; the first is on line {frame.keys[key].line}",
                node.position,
                expected="each key once",
                hint="remove one of them or rename it",
            )
            return _DROPPED
        frame.keys[key] = node.position
        return key

    def _merge(self, node: Node, frame: _Frame) -> None:
        sources = node.items if isinstance(node, SequenceNode) else (node,)
        for source in sources:
            if isinstance(source, MappingNode):
                frame.merged.append(source)
            else:
                report(
                    self.problems,
                    "DD118",
                    "`<<` can only merge mappings",
                    source.position,
                    expected="an alias of a mapping, or a list of such aliases",
                    hint='give the anchor to a mapping, or quote the key: "<<"',
                )

    def _after_prefix(self, start: int, end: int) -> int:
        """Return where the value itself begins, behind its anchor and tag."""
        match = _NODE_PREFIX.match(self._text, start, end)
        return match.end() if match else start

    def _grow(self, by: int, position: Position) -> None:
        self._size += by
        if self._size > MAX_VALUES:
            report(
                self.problems,
                "DD119",
                f"the file holds more than {MAX_VALUES:,} values once its aliases are written out",
                position,
                expected=f"at most {MAX_VALUES:,} values",
                hint="use fewer aliases of large values",
            )
            raise _Stop

    def _report_depth(self, position: Position) -> None:
        report(
            self.problems,
            "DD120",
            f"lists and mappings stand more than {MAX_DEPTH} levels deep in each other",
            position,
            expected=f"at most {MAX_DEPTH} levels",
            hint="check for brackets or aliases that repeat by mistake",
        )
        raise _Stop

    def _report_tag(self, tag: str, start: int) -> None:
        written = _TAG.search(self._text, start)
        position = self._lines.span(*written.span()) if written else self._lines.span(start)
        shown = tag.replace("tag:yaml.org,2002:", "!!")
        report(
            self.problems,
            "DD115",
            f"the YAML tag `{shown}` is not known here",
            position,
            expected="a value without a tag",
            hint="remove the tag; if the text is meant to begin with `!`, put it in quotes",
        )

    def _report_unprintable(self, offset: int) -> None:
        character = self._text[offset]
        name = "a NUL character" if character == "\0" else f"the control character U+{ord(character):04X}"
        report(
            self.problems,
            "DD104",
            f"{name} stands in the text",
            self._lines.span(offset),
            expected="printable text",
            hint="remove it, or write it as an escape in double quotes",
        )


def _merged(frame: _Frame) -> tuple[dict[str, Node], dict[str, Position]]:
    """Return the entries of a mapping with `<<` in it: its own win, then those of the earlier mappings."""
    entries: dict[str, Node] = {}
    keys: dict[str, Position] = {}
    for source in reversed(frame.merged):
        entries.update(source.entries)
        keys.update(source.keys)
    entries.update(frame.entries or {})
    keys.update(frame.keys)
    return entries, keys
