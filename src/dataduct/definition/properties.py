"""Validating what a mapping says against a pydantic model, with the position of every mistake."""

import re
from collections.abc import Mapping
from pathlib import Path as FilePath
from types import NoneType
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic_core import ErrorDetails

from dataduct.definition.coercion import coerce_fields, field_annotations, options
from dataduct.definition.tree import MappingNode, Node, ScalarNode, SequenceNode, is_null, node_at
from dataduct.model.nearest import did_you_mean
from dataduct.model.position import Position
from dataduct.model.problem import Problem

Path = tuple[str | int, ...]

_LISTED_NAMES = 12
_QUOTED_LENGTH = 60
_CODE = re.compile(r"DD[0-9]{3}")


class PropertyError(ValueError):
    """A validator's finding about one property. Raise it in a pydantic validator.

    Attributes:
        field: The property it is about, as YAML names it; None for the value being validated (in a field's own
            validator) or for the mapping as a whole.
        message: One sentence without a final period.
        hint: The nearest fix, or None.
        code: A code of the catalogue.
        expected: What was expected, or None.
    """

    def __init__(
        self,
        field: str | None,
        message: str,
        hint: str | None = None,
        code: str = "DD242",
        expected: str | None = None,
    ) -> None:
        super().__init__(message)
        self.field = field
        self.message = message
        self.hint = hint
        self.code = code
        self.expected = expected


def validate(
    model: type[BaseModel], node: MappingNode, *, owner: str
) -> tuple[BaseModel | None, list[Problem]]:
    """Return `node` as an instance of `model`, or None and every problem found.

    Args:
        model: A model with `extra="forbid"` and `strict=True`.
        node: The properties as written.
        owner: What they are the properties of, for messages (`extract-rds`, `the pipeline`).
    """
    try:
        return model.model_validate(coerce_fields(node, model)), []
    except ValidationError as error:
        found = error.errors(include_url=False)
    failures = [_Failure(details, model, node, owner) for details in found]
    problems = [_problem(group) for group in _grouped(failures)]
    return None, sorted(problems, key=lambda problem: problem.position or node.position)


class _Failure:
    """One of pydantic's errors, with the place in the tree it is about."""

    def __init__(self, details: ErrorDetails, model: type[BaseModel], node: MappingNode, owner: str) -> None:
        self.kind = details["type"]
        self.message = details["msg"]
        self.context: Mapping[str, Any] = details.get("ctx", {})
        self.owner = owner
        self.root = node
        self.path = _path(details["loc"], node, absent=self.kind == "missing")
        self.in_union = len(details["loc"]) > len(self.path)
        self.annotation = _annotation(model, self.path)
        self.model = _model(model, self.path[:-1])

    @property
    def name(self) -> str:
        """The property as a message names it: `a.b[2]`."""
        shown = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in self.path)
        return shown.removeprefix(".")

    @property
    def node(self) -> Node:
        """The value it is about, or the mapping around a missing one."""
        return node_at(self.root, self.path)

    @property
    def where(self) -> str:
        """What the property belongs to, as a message names it."""
        outer = [str(part) for part in self.path[:-1] if isinstance(part, str)]
        return f"`{outer[-1]}`" if outer else self.owner


def _path(location: tuple[str | int, ...], node: Node, *, absent: bool) -> Path:
    """Return the keys and indexes in pydantic's location, without the names it gives to members of a union."""
    path: list[str | int] = []
    for number, part in enumerate(location):
        if isinstance(node, MappingNode) and isinstance(part, str) and part in node.entries:
            node = node.entries[part]
        elif isinstance(node, SequenceNode) and isinstance(part, int) and part < len(node.items):
            node = node.items[part]
        elif not (absent and number == len(location) - 1):
            continue
        path.append(part)
    return tuple(path)


def _annotation(annotation: Any, path: Path) -> Any:
    """Return what the place at `path` takes; Any if that cannot be told."""
    for part in path:
        annotation = next((found for found in _inner(annotation, part)), Any)
    return annotation


def _inner(annotation: Any, part: str | int) -> list[Any]:
    found: list[Any] = []
    for choice in options(annotation):
        if isinstance(part, str) and isinstance(choice, type) and not get_args(choice):
            if issubclass(choice, BaseModel):
                found.extend(a for name, a in field_annotations(choice).items() if name == part)
        elif isinstance(part, str) and get_origin(choice) in (dict, Mapping):
            found.append(get_args(choice)[1])
        elif isinstance(part, int) and get_origin(choice) in (list, tuple):
            found.append(get_args(choice)[0])
    return found


def _model(model: Any, path: Path) -> type[BaseModel] | None:
    for choice in options(_annotation(model, path)):
        if isinstance(choice, type) and not get_args(choice) and issubclass(choice, BaseModel):
            return choice
    return None


def _grouped(failures: list[_Failure]) -> list[list[_Failure]]:
    """Return the failures by place; of a union, only those of the member that fits best."""
    groups: dict[tuple[Path, str], list[_Failure]] = {}
    deepest = {failure.path for failure in failures}
    for failure in failures:
        shallow = failure.in_union and any(
            len(path) > len(failure.path) and path[: len(failure.path)] == failure.path for path in deepest
        )
        if not shallow:
            kind = "union" if failure.in_union else f"{failure.kind} {failure.message}"
            groups.setdefault((failure.path, kind), []).append(failure)
    return list(groups.values())


def _problem(group: list[_Failure]) -> Problem:
    failure = group[0]
    raised = failure.context.get("error")
    if isinstance(raised, PropertyError):
        return _raised(failure, raised)
    if failure.kind == "missing":
        return _missing(failure)
    if failure.kind == "extra_forbidden":
        return _unknown(failure)
    if failure.kind == "value_error":
        return _refused(failure, "DD242", str(raised))
    if _CODE.fullmatch(failure.kind):
        return _refused(failure, failure.kind, failure.message)
    if failure.kind in ("literal_error", "enum") and len(group) == 1:
        return _not_allowed(failure)
    if failure.kind in _BOUNDS:
        return _out_of_range(failure)
    if failure.kind.endswith("_type") or failure.in_union or failure.kind.endswith("_parsing"):
        return _wrong_type(failure)
    return _refused(
        failure, "DD242", f"`{failure.name}` is not valid: {failure.message[:1].lower()}{failure.message[1:]}"
    )


def _raised(failure: _Failure, raised: PropertyError) -> Problem:
    position = failure.node.position
    if raised.field is not None and isinstance(failure.node, MappingNode):
        value = failure.node.entries.get(raised.field)
        position = value.position if value is not None else position
    return Problem(
        code=raised.code,
        message=raised.message,
        position=position,
        expected=raised.expected,
        hint=raised.hint,
    )


def _refused(failure: _Failure, code: str, message: str) -> Problem:
    return Problem(code=code, message=message.rstrip("."), position=failure.node.position)


def _missing(failure: _Failure) -> Problem:
    name = failure.path[-1]
    return Problem(
        code="DD202",
        message=f"{failure.where} lacks the property `{name}`",
        position=node_at(failure.root, failure.path[:-1]).position,
        expected=f"`{name}: ...`, {described(failure.annotation)}",
        hint=f"add `{name}`",
    )


def _unknown(failure: _Failure) -> Problem:
    name = str(failure.path[-1])
    around = node_at(failure.root, failure.path[:-1])
    valid = list(field_annotations(failure.model)) if failure.model else []
    position = around.keys.get(name, around.position) if isinstance(around, MappingNode) else around.position
    return unknown_property(name, position, valid, failure.where)


def unknown_property(name: str, position: Position, valid: list[str], owner: str) -> Problem:
    """Return the problem of a property that `owner` does not have; `valid` are those it has."""
    listed = ", ".join(f"`{candidate}`" for candidate in valid)
    return Problem(
        code="DD201",
        message=f"{owner} has no property `{shortened(name)}`",
        position=position,
        expected=f"one of {listed}" if 0 < len(valid) <= _LISTED_NAMES else None,
        hint=did_you_mean(name, valid),
    )


def _not_allowed(failure: _Failure) -> Problem:
    allowed = [
        str(value)
        for choice in options(failure.annotation)
        for value in (get_args(choice) if get_origin(choice) is Literal else _members(choice))
    ]
    written = failure.node.text if isinstance(failure.node, ScalarNode) else ""
    if not isinstance(failure.node, ScalarNode) or _misread(failure.node):
        return _wrong_type(failure)
    return not_allowed(failure.name, written, failure.node.position, allowed)


def not_allowed(name: str, written: str, position: Position, allowed: list[str]) -> Problem:
    """Return the problem of a value that is none of the `allowed` ones."""
    return Problem(
        code="DD204",
        message=f"`{name}` cannot be `{shortened(written)}`",
        position=position,
        expected="one of " + ", ".join(f"`{value}`" for value in allowed),
        hint=did_you_mean(written, allowed),
    )


def _members(choice: Any) -> list[str]:
    return [str(member.value) for member in choice] if hasattr(choice, "__members__") else []


_BOUNDS = {
    "greater_than_equal": ("at least", "ge"),
    "greater_than": ("more than", "gt"),
    "less_than_equal": ("at most", "le"),
    "less_than": ("less than", "lt"),
}


def _out_of_range(failure: _Failure) -> Problem:
    words, key = _BOUNDS[failure.kind]
    bound = failure.context.get(key)
    written = failure.node.text if isinstance(failure.node, ScalarNode) else failure.name
    return Problem(
        code="DD240",
        message=f"`{failure.name}` is {shortened(written)}; it must be {words} {bound}",
        position=failure.node.position,
        expected=f"{described(failure.annotation)}, {words} {bound}",
    )


def _wrong_type(failure: _Failure) -> Problem:
    expected = described(failure.annotation)
    node = failure.node
    if isinstance(node, ScalarNode) and _misread(node) and "text" in expected:
        read = "null" if node.value is None else "a boolean"
        shown = f"`{node.text}`" if node.text else "an empty value"
        return Problem(
            code="DD241",
            message=f"`{failure.name}` must be {expected}, but YAML reads {shown} as {read}",
            position=node.position,
            expected=expected,
            hint="write a value, or remove the property"
            if node.value is None
            else f'put it in quotes: "{node.text}"',
        )
    return Problem(
        code="DD203",
        message=f"`{failure.name}` must be {expected}, not {written_value(node)}",
        position=node.position,
        expected=expected,
        hint=_type_hint(node, expected),
    )


def _misread(node: ScalarNode) -> bool:
    return not node.quoted and (node.value is None or isinstance(node.value, bool))


def _type_hint(node: Node, expected: str) -> str | None:
    if isinstance(node, SequenceNode) and "list" not in expected:
        return "write one value, not a list"
    if isinstance(node, MappingNode) and "mapping" not in expected:
        empty = all(is_null(value) for value in node.entries.values())
        return "put the text in quotes" if empty and node.entries else "write one value, not a mapping"
    if isinstance(node, ScalarNode) and isinstance(node.value, str):
        digits = node.text.replace("_", "").lstrip("0") or "0"
        if "number" in expected and digits.isascii() and digits.isdigit():
            return f"write {digits}" + (" without quotes" if node.quoted else "")
        if "true or false" in expected and node.text.lower() in ("true", "false", "yes", "no"):
            return f"write {node.text.lower()} without quotes"
        if expected.startswith("a list"):
            return f"write it as a list: [{shortened(node.text)}]"
    return None


def written_value(node: Node) -> str:
    """Return a value as messages tell what was found: its kind, and a scalar's text."""
    match node:
        case SequenceNode():
            return "a list"
        case MappingNode():
            return "a mapping"
        case ScalarNode(value=None):
            return "empty"
        case ScalarNode(value=bool()):
            return f"the boolean `{node.text}`"
        case ScalarNode(value=str()):
            return f"the text `{shortened(node.text)}`"
        case _:
            return f"the number `{shortened(node.text)}`"


def shortened(text: str) -> str:
    """Return `text` on one line, cut where it is too long to quote in a message."""
    line = " ".join(text.split())
    return line if len(line) <= _QUOTED_LENGTH else line[: _QUOTED_LENGTH - 1] + "…"


_TYPE_WORDS: dict[Any, str] = {
    str: "text",
    SecretStr: "text",
    FilePath: "text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
}


def described(annotation: Any) -> str:
    """Return what a value of `annotation` is, in words: "text or a list of text"."""
    words: list[str] = []
    for choice in options(annotation):
        word = _word(choice)
        if word is not None and word not in words:
            words.append(word)
    if "a number" in words and "a whole number" in words:
        words.remove("a whole number")
    if not words:
        return "a value"
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def _word(choice: Any) -> str | None:
    origin = get_origin(choice)
    if choice is NoneType or choice is None:
        return None
    if origin is Literal:
        return " or ".join(f"`{value}`" for value in get_args(choice))
    if origin in (list, tuple):
        arguments = get_args(choice)
        inner = described(arguments[0]) if arguments else "a value"
        return f"a list of {inner}" if inner == "text" else "a list"
    if origin in (dict, Mapping) or (isinstance(choice, type) and issubclass(choice, BaseModel)):
        return "a mapping"
    return _TYPE_WORDS.get(choice)
