"""The `{{ param.x }}` and `{{ item.y }}` of a text: where they stand and what they come to."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

from jinja2 import Undefined, nodes
from jinja2.exceptions import TemplateError, UndefinedError

from dataduct.definition.jinja import Names, environment
from dataduct.definition.template_check import NAMES
from dataduct.definition.template_scan import Scan, ScanToken, scan

_KEYWORDS: Final = frozenset(
    ("and", "or", "not", "in", "is", "if", "else", "true", "false", "none", "True", "False", "None")
)
_FAILURES: Final = (
    TemplateError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError, RecursionError,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class NameUse:
    """A name in a tag that is no key, filter, test or argument's name, and its offset in the text."""

    name: str
    offset: int


@dataclass(frozen=True, slots=True)
class Placeholder:
    """One tag of a text.

    Attributes:
        start: Offset of the tag; `end` is one past its end, white space taken away by `{{-` and `-}}` included.
        expression: What stands between the braces.
        path: The names of an expression that is nothing but names and dots (`item.name`); empty otherwise.
        offsets: Where each name of `path` stands.
        names: The names that the expression reads.
        block: Whether it is a `{% %}`.
    """

    start: int
    end: int
    expression: str
    path: tuple[str, ...]
    offsets: tuple[int, ...]
    names: tuple[NameUse, ...]
    block: bool = False


@dataclass(frozen=True, slots=True)
class Tags:
    """The tags of a text.

    Attributes:
        assigned: Names that a `{% for %}` or `{% set %}` of the text gives a value.
    """

    placeholders: tuple[Placeholder, ...] = ()
    assigned: frozenset[str] = field(default_factory=frozenset)


class EvaluationError(ValueError):
    """An expression that cannot be evaluated with the values at hand."""


class Record(Names):
    """Values that a placeholder reads as `param.x` or `item.x`, whatever their keys are called.

    Args:
        values: The values by key.
        kind: How messages name it.
        text: What it is as a text, or None if it is none.

    Every attribute begins with an underscore, which the sandbox does not let templates read.
    """

    def __init__(self, values: Mapping[str, Any], kind: str, text: str | None = None) -> None:
        super().__init__(values, kind)
        self._text = text

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __str__(self) -> str:
        if self._text is None:
            return super().__str__()
        return self._text

    def _absent(self, name: object) -> str:
        return f"`{self._kind}` has no `{name}`"


def record_text(record: Record) -> str | None:
    """Return what `record` is as a text, or None if it is none."""
    return record._text


@lru_cache(maxsize=4096)
def tags_of(text: str) -> Tags:
    """Return the tags of `text` that can be read; what cannot is left to the check of templates."""
    found = scan(text)
    by_tag: dict[int, list[ScanToken]] = {}
    for token in found.tokens:
        if token.tag is not None:
            by_tag.setdefault(token.tag, []).append(token)
    placeholders: list[Placeholder] = []
    assigned: set[str] = set()
    for tag, tokens in by_tag.items():
        if tokens[0].kind == "variable_begin" and tokens[-1].kind == "variable_end":
            placeholders.append(_placeholder(text, found, tag, tokens))
        elif tokens[0].kind == "block_begin":
            assigned.update(_assigned(tokens))
            start, end = found.tags[tag]
            names = tuple(_names(tokens[2:]))
            placeholders.append(Placeholder(start, end, "", (), (), names, block=True))
    return Tags(tuple(placeholders), frozenset(assigned))


def evaluate(expression: str, values: Mapping[str, Any]) -> object:
    """Return what `expression` comes to. Raises EvaluationError with the reason."""
    try:
        outcome = _compiled(expression)(**values)
        if isinstance(outcome, Undefined):
            str(outcome)
    except UndefinedError as error:
        raise EvaluationError(error.message or "a value is missing") from None
    except _FAILURES as error:
        raise EvaluationError(" ".join(str(error).split()).rstrip(".")) from None
    return outcome


@lru_cache(maxsize=1024)
def _compiled(expression: str) -> Any:
    return environment().compile_expression(expression, undefined_to_none=False)


def paths_in(expression: str) -> Iterator[tuple[str, ...]]:
    """Yield the names and dots of an expression, such as `param.table.name`, each with its keys."""
    tree = environment().parse(f"{{{{ {expression} }}}}")
    inner = {id(node.node) for node in tree.find_all(nodes.Getattr)}
    for node in tree.find_all(nodes.Getattr):
        if id(node) in inner:
            continue
        keys: list[str] = []
        owner: nodes.Node = node
        while isinstance(owner, nodes.Getattr):
            keys.append(owner.attr)
            owner = owner.node
        if isinstance(owner, nodes.Name):
            yield (owner.name, *reversed(keys))


def _placeholder(text: str, found: Scan, tag: int, tokens: list[ScanToken]) -> Placeholder:
    start, end = found.tags[tag]
    inner = text[start + len(tokens[0].value) : end - len(tokens[-1].value)]
    if tokens[0].value.endswith("-"):
        start = len(text[:start].rstrip())
    if tokens[-1].value.startswith("-"):
        end += len(text[end:]) - len(text[end:].lstrip())
    body = tokens[1:-1]
    is_path = bool(body) and all(
        (token.kind == "name") if index % 2 == 0 else (token.value == ".") for index, token in enumerate(body)
    )
    path = body[::2] if is_path and len(body) % 2 else []
    return Placeholder(
        start,
        end,
        inner.strip(),
        tuple(token.value for token in path),
        tuple(token.offset for token in path),
        tuple(_names(body)),
    )


def _names(tokens: list[ScanToken]) -> Iterator[NameUse]:
    for index, token in enumerate(tokens):
        before = tokens[index - 1].value if index else ""
        after = tokens[index + 1].value if index + 1 < len(tokens) else ""
        of_something = before in (".", "|", "is") or (before == "not" and tokens[index - 2].value == "is")
        if token.kind == "name" and token.value not in _KEYWORDS and not of_something and after != "=":
            yield NameUse(token.value, token.offset)


def _assigned(tokens: list[ScanToken]) -> Iterator[str]:
    end = {"for": "in", "set": "="}.get(tokens[1].value if len(tokens) > 1 else "")
    for token in tokens[2:] if end else ():
        if token.value == end:
            return
        if token.kind == "name":
            yield token.value


def is_run_time(name: str) -> bool:
    """Whether templates know `name` while a pipeline runs, and not before."""
    return name in NAMES
