"""YAML's own syntax errors, said in plain words: what was expected and the likely fix."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from yaml import MarkedYAMLError
from yaml.events import ScalarEvent

from dataduct.definition.lines import Lines
from dataduct.model.position import Position
from dataduct.model.problem import Problem

_COLON_WITHOUT_SPACE = re.compile(r"\s*(?:- +)*([A-Za-z_][\w-]*):(?=[^\s:/])")
_KEY_AND_VALUE = re.compile(r"\s*(?:- +)*[^\s#'\"\[{&*!|>][^#]*?: +\S")
_TEMPLATE_VALUE = re.compile(r"(?:^|[:,\[-]\s+|^\s*)(\{\{)")
_BRACE_VALUE = re.compile(r"(?::|-)\s+([\[{])")


@dataclass(frozen=True, slots=True)
class SyntaxFailure:
    """Where reading stopped, and what had been read.

    Attributes:
        error: What the YAML library raised.
        lines: The text's lines.
        offset: Where it stopped.
        context: Where the construct it was reading began, or None.
        last_scalar: The last scalar read before it stopped, or None.
        open_flow: Offset of the innermost bracket or brace still open, or None.
    """

    error: MarkedYAMLError
    lines: Lines
    offset: int
    context: int | None
    last_scalar: ScalarEvent | None
    open_flow: int | None

    @property
    def words(self) -> str:
        """What the YAML library says went wrong."""
        return self.error.problem or ""

    @property
    def doing(self) -> str:
        """What the YAML library says it was reading."""
        return self.error.context or ""

    @property
    def line(self) -> int:
        """Number of the line where it stopped."""
        return self.lines.line_of(min(self.offset, len(self.lines.text)))

    @property
    def content(self) -> str:
        """The line where it stopped."""
        return self.lines.content(self.line)

    def at(self, start: int, end: int | None = None) -> Position:
        """Return the position of the characters from `start` to `end`."""
        return self.lines.span(start, end)


def explain(failure: SyntaxFailure) -> Problem:
    """Return the problem that a syntax error comes down to."""
    for diagnose in _DIAGNOSES:
        problem = diagnose(failure)
        if problem is not None:
            return problem
    words = failure.words or "the text does not follow YAML's rules"
    return Problem(
        code="DD122",
        message=f"YAML cannot be read from here: {words}",
        position=failure.at(failure.offset),
        hint="check this line and the one above it; quote texts that hold special characters",
    )


def missing_space(line: str) -> int | None:
    """Return the index of a colon that ends a key but has no space behind it, or None."""
    match = _COLON_WITHOUT_SPACE.match(line)
    return match.end() - 1 if match and ": " not in line[: match.end()] else None


def colon_problem(position: Position) -> Problem:
    """Return the problem of a key whose colon has no space behind it."""
    return Problem(
        code="DD113",
        message="there is no space after the colon, so YAML sees no key here",
        position=position,
        expected="`key: value`",
        hint="put a space after the colon",
    )


def _tab(failure: SyntaxFailure) -> Problem | None:
    indentation = re.match(r" *\t", failure.content)
    if "tab character" not in failure.words and not (
        indentation and failure.offset < failure.lines.start_of(failure.line) + len(indentation[0])
    ):
        return None
    column = failure.content.find("\t")
    start = failure.lines.start_of(failure.line) + max(column, 0)
    tabbed = len(re.findall(r"(?m)^ *\t", failure.lines.text))
    return Problem(
        code="DD109",
        message="a tab stands in the indentation",
        position=failure.at(start),
        expected="spaces",
        hint="put spaces in place of the tab"
        if tabbed <= 1
        else f"put spaces in place of the tabs; {tabbed} lines begin with one",
    )


def _unclosed_quote(failure: SyntaxFailure) -> Problem | None:
    if "quoted scalar" not in failure.doing or failure.context is None:
        return None
    if "end of stream" not in failure.words and "document indicator" not in failure.words:
        return None
    quote = failure.lines.text[failure.context : failure.context + 1]
    return Problem(
        code="DD111",
        message=f"the quote {quote} that opens here is never closed",
        position=failure.at(failure.context),
        expected=f"a closing {quote}",
        hint=f"close it with {quote}"
        + ("; inside single quotes, an apostrophe is written twice" if quote == "'" else ""),
    )


def _text_after_quote(failure: SyntaxFailure) -> Problem | None:
    last = failure.last_scalar
    if last is None or last.style not in ("'", '"') or last.end_mark is None or last.start_mark is None:
        return None
    between = failure.lines.text[last.end_mark.index : failure.offset]
    if between.strip(" ") or failure.doing == "while scanning for the next token":
        return None
    quote = last.style
    first, final = failure.lines.line_of(last.start_mark.index), failure.line
    if first != final:
        return Problem(
            code="DD111",
            message=f"the quote {quote} that opens here closes only on line {final}, and more text follows there",
            position=failure.at(last.start_mark.index),
            expected=f"a closing {quote} before line {final}",
            hint=f"close it with {quote} where the text ends",
        )
    return Problem(
        code="DD111",
        message=f"more text follows the closing quote {quote}",
        position=failure.at(failure.offset),
        expected="the end of the value",
        hint="write the apostrophe twice ('') or put the whole text in double quotes"
        if quote == "'"
        else 'write \\" for a quote inside double quotes, or put the whole text in single quotes',
    )


def _template(failure: SyntaxFailure) -> Problem | None:
    match = _TEMPLATE_VALUE.search(failure.content)
    if not match:
        return None
    start = failure.lines.start_of(failure.line) + match.start(1)
    return template_problem(failure.at(start, start + 2))


def template_problem(position: Position) -> Problem:
    """Return the problem of an unquoted value that begins with `{{`."""
    return Problem(
        code="DD114",
        message="a value that begins with `{{` is not in quotes, so YAML reads it as a mapping",
        position=position,
        expected='"{{ ... }}" in quotes',
        hint="put the whole value in quotes",
    )


def _text_after_bracket(failure: SyntaxFailure) -> Problem | None:
    match = _BRACE_VALUE.search(failure.content)
    if match is None or failure.open_flow is not None or "block mapping" not in failure.doing:
        return None
    opening = match[1]
    before = failure.lines.text[: failure.offset].rstrip(" ")
    if not before.endswith("}" if opening == "{" else "]"):
        return None
    start = failure.lines.start_of(failure.line) + match.start(1)
    kind = "mapping" if opening == "{" else "list"
    return Problem(
        code="DD114",
        message=f"a text that begins with `{opening}` is not in quotes, so YAML reads it as a {kind}",
        position=failure.at(start, failure.offset),
        expected="the text in quotes",
        hint="put the whole value in quotes",
    )


def _special_character(failure: SyntaxFailure) -> Problem | None:
    if "alphabetic or numeric" in failure.words and failure.context is not None:
        offset = failure.context
    elif "cannot start any token" in failure.words:
        offset = failure.offset
    else:
        return None
    character = failure.lines.text[offset : offset + 1]
    return Problem(
        code="DD114",
        message=f"an unquoted text cannot begin with `{character}`",
        position=failure.at(offset),
        expected="the text in quotes",
        hint="put the whole value in quotes",
    )


def _unclosed_bracket(failure: SyntaxFailure) -> Problem | None:
    if failure.open_flow is None or "quoted scalar" in failure.doing:
        return None
    opening = failure.lines.text[failure.open_flow : failure.open_flow + 1]
    if opening not in ("[", "{"):
        return None
    closing = "]" if opening == "[" else "}"
    return Problem(
        code="DD112",
        message=f"the `{opening}` that opens here is not closed",
        position=failure.at(failure.open_flow),
        expected=f"a comma or a closing `{closing}`",
        hint=f"close it with `{closing}`; reading stopped on line {failure.at(failure.offset).line}",
    )


def _no_space(failure: SyntaxFailure) -> Problem | None:
    for offset in (failure.context, failure.offset):
        if offset is None:
            continue
        line = failure.lines.line_of(min(offset, len(failure.lines.text)))
        colon = missing_space(failure.lines.content(line))
        if colon is not None:
            return colon_problem(failure.at(failure.lines.start_of(line) + colon))
    return None


def _no_colon(failure: SyntaxFailure) -> Problem | None:
    if "could not find expected ':'" not in failure.words or failure.context is None:
        return None
    return _neither(failure, failure.context)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _neither(failure: SyntaxFailure, start: int) -> Problem:
    line = failure.lines.line_of(start)
    end = failure.lines.start_of(line) + len(failure.lines.content(line).rstrip())
    return Problem(
        code="DD113",
        message="this line is neither `key: value` nor part of the text above",
        position=failure.at(start, end),
        expected="`key: value`",
        hint="add the colon, or indent the line below its key",
    )


def _second_colon(failure: SyntaxFailure) -> Problem | None:
    if "mapping values are not allowed" not in failure.words:
        return None
    start = failure.lines.start_of(failure.line)
    before = failure.lines.text[start : failure.offset]
    if _KEY_AND_VALUE.match(before):
        return Problem(
            code="DD114",
            message="an unquoted text cannot hold a colon followed by a space",
            position=failure.at(failure.offset),
            expected="the text in quotes",
            hint="put the whole value in quotes",
        )
    first = start + len(before) - len(before.lstrip())
    above = next((n for n in range(failure.line - 1, 0, -1) if failure.lines.content(n).strip()), None)
    if above is not None and _indent(failure.lines.content(above)) >= _indent(failure.content):
        return _neither(failure, failure.lines.start_of(above) + _indent(failure.lines.content(above)))
    return Problem(
        code="DD110",
        message="this line is indented deeper than the line above, which already has a value",
        position=failure.at(first, failure.offset),
        expected="the indentation of the keys it belongs to",
        hint="line it up with the keys of the same step or section",
    )


def _misplaced_item(failure: SyntaxFailure) -> Problem | None:
    if "sequence entries are not allowed" not in failure.words:
        return None
    return Problem(
        code="DD110",
        message="a list cannot begin on the line of its key",
        position=failure.at(failure.offset),
        expected="`- item` on a line of its own",
        hint="put the `-` on the next line, or write the list as [a, b]",
    )


def _indentation(failure: SyntaxFailure) -> Problem | None:
    collection = "block collection" in failure.doing
    if not collection and "block mapping" not in failure.doing:
        return None
    offset = failure.offset
    end = failure.lines.start_of(failure.line) + len(failure.content.rstrip())
    context = failure.at(failure.context) if failure.context is not None else None
    above = f"the one that begins on line {context.line}, column {context.column}" if context else "it"
    if collection:
        return Problem(
            code="DD110",
            message="this line stands in a list but does not begin with `-`",
            position=failure.at(offset, end),
            expected="`- item`, or a key further to the left",
            hint="begin the line with `- `, or line it up with the key that holds the list",
        )
    item = failure.lines.text[offset : offset + 2] in ("- ", "-\n", "-")
    return Problem(
        code="DD110",
        message="a list item stands among the keys of a mapping"
        if item
        else "this line's indentation fits no line above",
        position=failure.at(offset, end),
        expected=f"a key of the mapping around it, {above}",
        hint="indent every key of one mapping by the same number of spaces",
    )


def _escape(failure: SyntaxFailure) -> Problem | None:
    if "escape" not in failure.words and "hexdecimal" not in failure.words:
        return None
    backslash = failure.lines.text.find("\\", max(0, failure.offset - 1))
    start = backslash if 0 <= backslash <= failure.offset + 1 else failure.offset
    written = failure.lines.text[start : start + 2]
    return Problem(
        code="DD121",
        message=f"`{written}` is no escape that double quotes know",
        position=failure.at(start, start + 2),
        expected="an escape such as \\n, \\t or \\\\",
        hint="write \\\\ for a backslash, or use single quotes",
    )


def _tag(failure: SyntaxFailure) -> Problem | None:
    if "tag" not in failure.words and "tag" not in failure.doing:
        return None
    return Problem(
        code="DD115",
        message="a text that begins with `!` is read as a YAML tag, and this one is unknown",
        position=failure.at(failure.context if failure.context is not None else failure.offset),
        expected="a value without a tag",
        hint="put the text in quotes",
    )


def _block_header(failure: SyntaxFailure) -> Problem | None:
    if "block scalar" not in failure.doing or failure.context is None:
        return None
    end = failure.lines.start_of(failure.line) + len(failure.content.rstrip())
    return Problem(
        code="DD122",
        message=f"text stands on the line of `{failure.lines.text[failure.context : failure.context + 1]}`",
        position=failure.at(failure.offset, end),
        expected="the end of the line",
        hint="begin the text on the next line, indented; or quote a text that begins with this character",
    )


def _stray_closing(failure: SyntaxFailure) -> Problem | None:
    character = failure.lines.text[failure.offset : failure.offset + 1]
    if "node content" not in failure.words or character not in ("]", "}", ","):
        return None
    return Problem(
        code="DD112",
        message=f"`{character}` stands where a value should be",
        position=failure.at(failure.offset),
        expected="a value",
        hint="remove it, or open the list or mapping before it",
    )


def _version(failure: SyntaxFailure) -> Problem | None:
    if "incompatible YAML document" not in failure.words:
        return None
    return Problem(
        code="DD122",
        message="this version of YAML is unknown",
        position=failure.at(failure.offset),
        expected="YAML 1.1 or 1.2",
        hint="remove the %YAML line",
    )


_DIAGNOSES: tuple[Callable[[SyntaxFailure], Problem | None], ...] = (
    _tab,
    _unclosed_quote,
    _escape,
    _text_after_quote,
    _template,
    _text_after_bracket,
    _special_character,
    _tag,
    _version,
    _block_header,
    _stray_closing,
    _misplaced_item,
    _second_colon,
    _no_space,
    _unclosed_bracket,
    _no_colon,
    _indentation,
)
