"""The Jinja environment of templates: a sandbox in which neither time nor memory can run away."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final

from jinja2 import StrictUndefined, nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.exceptions import SecurityError, UndefinedError
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from dataduct.definition import moments, quoting
from dataduct.definition.expressions import placeholders

MAX_CHARACTERS: Final = 1_000_000
"""Length of the longest text a template may make, in full or on the way."""

MAX_ITERATIONS: Final = 100_000
"""Numbers that all the `range` calls of one rendering may give together."""

EXPRESSION_CALL: Final = "__expression__"
"""Name of the function that stands in a template for its n-th `#{...}`."""

_MAX_BITS: Final = 10_000
_BASH_LENGTH: Final = "${#"
_HIDDEN_BRACE: Final = "\ue000"
_TEXT_METHODS: Final = frozenset(
    ("upper", "lower", "title", "capitalize", "strip", "lstrip", "rstrip", "split", "rsplit", "splitlines",
     "startswith", "endswith", "removeprefix", "removesuffix", "find", "count", "isdigit", "isalpha", "replace",
     "partition", "rpartition")
)  # fmt: skip
_FILTERS: Final = (
    "abs", "capitalize", "count", "d", "default", "first", "float", "int", "join", "last", "length", "list",
    "lower", "map", "max", "min", "reject", "replace", "reverse", "round", "select", "sort", "string", "sum",
    "title", "trim", "truncate", "unique", "upper", "urlencode",
)  # fmt: skip
_WIDE_FIELD = re.compile(r"%[^a-zA-Z%]*(?:\*|[0-9]{4,})")


def hide_bash_lengths(text: str) -> str:
    """Return `text` with bash's `${#name}` hidden from Jinja, which would see the begin of a comment in it."""
    return text.replace(_BASH_LENGTH, f"${_HIDDEN_BRACE}#")


def show_bash_lengths(text: str) -> str:
    """Return `text` as it was before `hide_bash_lengths`."""
    return text.replace(_HIDDEN_BRACE, "{")


class ValueMissingError(UndefinedError):
    """A name that has no value was used."""


class Names:
    """Values that templates read as `var.x`; nothing else of it can be reached.

    Attributes of the instance begin with an underscore, which the sandbox does not let templates read.
    """

    def __init__(self, values: Mapping[str, str], kind: str) -> None:
        self._values = values
        self._kind = kind
        self._read: set[str] = set()

    def __getitem__(self, name: str) -> str:
        value = self._values[name]
        self._read.add(name)
        return value

    def __str__(self) -> str:
        raise ValueMissingError(f"`{self._kind}` is no value of its own; name one, such as `{self._kind}.x`")

    def _absent(self, name: object) -> str:
        if self._kind == "env":
            return f"the environment variable `{name}` is not set"
        return f"there is no variable `{name}`"


def names_read(names: Names) -> frozenset[str]:
    """Return the names that templates have read."""
    return frozenset(names._read)


class _Absent(StrictUndefined):
    """A value that is not there; using it says so in our words."""

    __slots__ = ()

    @property
    def _undefined_message(self) -> str:
        if isinstance(self._undefined_obj, Names):
            return self._undefined_obj._absent(self._undefined_name)
        if self._undefined_hint:
            return self._undefined_hint
        if isinstance(self._undefined_obj, str):
            return f"a text has no property `{self._undefined_name}`"
        return f"`{self._undefined_name}` has no value"


class _ExpressionExtension(Extension):
    """Makes each `#{...}` outside Jinja's tags a call, so that it is evaluated once and never as a template."""

    def filter_stream(self, stream: TokenStream) -> Iterator[Token]:
        """Yield the tokens with calls in place of `#{...}`."""
        number = 0
        for token in stream:
            if token.type == "string":
                yield Token(token.lineno, "string", show_bash_lengths(token.value))
                continue
            if token.type != "data":
                yield token
                continue
            text, end, line = show_bash_lengths(token.value), 0, token.lineno
            for placeholder in placeholders(text):
                if placeholder.start > end:
                    yield Token(line, "data", text[end : placeholder.start])
                line = token.lineno + text.count("\n", 0, placeholder.start)
                yield Token(line, "variable_begin", "{{")
                yield Token(line, "name", EXPRESSION_CALL)
                yield Token(line, "lparen", "(")
                yield Token(line, "integer", number)  # type: ignore[arg-type]
                yield Token(line, "rparen", ")")
                yield Token(line, "variable_end", "}}")
                number += 1
                end = placeholder.end
            if end < len(text):
                yield Token(line, "data", text[end:])


class _CodeGenerator(CodeGenerator):
    """Compiles `~` to a call that looks at the length of its outcome."""

    def visit_Concat(self, node: nodes.Concat, frame: Frame) -> None:  # noqa: N802 - the name Jinja looks for
        """Write the call."""
        self.write("environment.concatenated((")
        for part in node.nodes:
            self.visit(part, frame)
            self.write(", ")
        self.write("))")


def _check_size(size: int) -> None:
    if size > MAX_CHARACTERS:
        raise SecurityError(f"the template makes a text longer than {MAX_CHARACTERS:,} characters")


class TemplateEnvironment(ImmutableSandboxedEnvironment):
    """The sandbox: whitelisted filters and text methods, and bounds on what operators may make."""

    code_generator_class = _CodeGenerator
    intercepted_binops = frozenset(("+", "*", "**", "%"))

    def concatenated(self, parts: tuple[object, ...]) -> str:
        """Return the outcome of `~`."""
        texts = [str(part) for part in parts]
        _check_size(sum(map(len, texts)))
        return "".join(texts)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Return whether a template may read `attr` of `obj`."""
        if isinstance(obj, moments.Moment) and attr in moments.ATTRIBUTES:
            return True
        if isinstance(obj, str):
            return attr in _TEXT_METHODS
        if isinstance(obj, Names):
            return False
        return super().is_safe_attribute(obj, attr, value)

    def wrap_str_format(self, value: Any) -> None:
        """Return None: `format` of texts is refused like every method that is not on the list."""
        return

    def unsafe_undefined(self, obj: Any, attribute: str) -> StrictUndefined:
        """Return the value that stands for an attribute a template may not read."""
        kind = "a text" if isinstance(obj, str) else "this value"
        return _Absent(f"a template may not read `{attribute}` of {kind}", exc=SecurityError)

    def call(self, context: Context, obj: Any, /, *args: Any, **kwargs: Any) -> Any:
        """Call `obj` for a template; `text.replace` is bounded like the filter."""
        owner = getattr(obj, "__self__", None)
        if isinstance(owner, str) and getattr(obj, "__name__", "") == "replace":
            return _replace(owner, *args, **kwargs)
        return super().call(context, obj, *args, **kwargs)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Return the outcome of an operator, refused if it would be too large."""
        if operator == "*":
            for text, number in ((left, right), (right, left)):
                if isinstance(text, str | list | tuple) and isinstance(number, int):
                    _check_size(len(text) * max(number, 0))
            if isinstance(left, int) and isinstance(right, int):
                _check_bits(left.bit_length() + right.bit_length())
        elif operator == "**" and isinstance(left, int) and isinstance(right, int):
            _check_bits(left.bit_length() * abs(right))
        elif operator == "+" and hasattr(left, "__len__") and hasattr(right, "__len__"):
            _check_size(len(left) + len(right))
        elif operator == "%" and isinstance(left, str):
            if _WIDE_FIELD.search(left):
                raise SecurityError("the field in the format is too wide")
            _check_size(len(left) * 1_000 if len(left) > 1_000 else 0)
        return super().call_binop(context, operator, left, right)


def _check_bits(bits: int) -> None:
    if bits > _MAX_BITS:
        raise SecurityError("the template makes a number that is too large")


def _replace(text: object, old: object, new: object, count: int = -1) -> str:
    whole, sought, put = str(text), str(old), str(new)
    times = whole.count(sought) if count is None or count < 0 else min(count, whole.count(sought))
    _check_size(len(whole) + times * len(put))
    return whole.replace(sought, put, times)


def _filter_replace(value: object, old: object, new: object, count: int | None = None) -> str:
    return _replace(value, old, new, -1 if count is None else count)


def _join(value: Any, separator: object = "", attribute: object = None) -> str:
    if attribute is not None:
        raise ValueError("`join` takes a separator and nothing else")
    texts = [str(item) for item in value]
    between = str(separator)
    _check_size(sum(map(len, texts)) + len(between) * len(texts))
    return between.join(texts)


def _format(pattern: object, *arguments: object) -> str:
    text = str(pattern)
    if _WIDE_FIELD.search(text):
        raise SecurityError("the field in the format is too wide")
    _check_size(len(text) * 1_000 if len(text) > 1_000 else 0)
    return text % arguments


class Counter:
    """A `range` that counts the numbers given over one whole rendering."""

    def __init__(self) -> None:
        self._given = 0

    def __call__(self, *bounds: Any) -> range:
        """Return the numbers of Python's `range`."""
        numbers = range(*(int(bound) for bound in bounds))
        try:
            self._given += len(numbers) + 1
        except OverflowError:
            self._given = MAX_ITERATIONS + 1
        if self._given > MAX_ITERATIONS:
            raise SecurityError(f"the template's loops run over more than {MAX_ITERATIONS:,} numbers")
        return numbers


@cache
def environment() -> TemplateEnvironment:
    """Return the one environment that all templates share."""
    built = TemplateEnvironment(
        undefined=_Absent,
        autoescape=False,
        keep_trailing_newline=True,
        extensions=[_ExpressionExtension],
        cache_size=0,
    )
    built.filters = {name: built.filters[name] for name in _FILTERS}
    built.filters |= {"replace": _filter_replace, "join": _join, "format": _format, "quoted": quoting.quoted}
    built.filters |= moments.FILTERS
    built.globals = {"namespace": built.globals["namespace"]}
    return built
