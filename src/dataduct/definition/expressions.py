"""AWS Data Pipeline's expression language: `#{format(minusDays(@scheduledStartTime, 1), 'YYYY-MM-dd')}`.

expression := term (("+" | "-") term)*              a text on either side of `+` concatenates
term       := factor (("*" | "/" | "%") factor)*    integer division truncates
factor     := "-" factor | atom ("^" factor)?       a power is always a floating-point number
atom       := number | 'text' | "text" | field | function "(" arguments ")" | "(" expression ")"
field      := ("node.")? "@" name
"""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from dataduct.definition.expression_functions import FUNCTIONS, ExpressionError, Value, describe
from dataduct.model.nearest import did_you_mean

FIELDS: Final = ("scheduledStartTime", "scheduledEndTime", "pipelineId")
"""The runtime fields that are known when a run is bound."""

_SERVICE_FIELDS: Final = (
    "actualStartTime", "actualEndTime", "status", "failureReason", "resourceStatus", "id", "sphere",
)  # fmt: skip
_MAX_DEPTH: Final = 60
_SPACE = re.compile(r"\s*")
_NUMBER = re.compile(r"[0-9]{1,18}(?:\.[0-9]{1,18})?", re.ASCII)
_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_FIELD = re.compile(r"(?:node\.)?@(\w*)", re.ASCII)
_POWERS: Final = {"+": 1, "-": 1, "*": 2, "/": 2, "%": 2, "^": 4}
_NEGATION_POWER: Final = 3
_ESCAPED: Final = "'\"\\"


@dataclass(frozen=True, slots=True)
class Literal:
    """A number or a text."""

    value: int | float | str
    start: int
    end: int
    depth: int = 1


@dataclass(frozen=True, slots=True)
class Field:
    """A runtime field."""

    name: str
    start: int
    end: int
    depth: int = 1


@dataclass(frozen=True, slots=True)
class Call:
    """A function with its arguments."""

    name: str
    arguments: tuple["Expression", ...]
    start: int
    end: int
    depth: int


@dataclass(frozen=True, slots=True)
class Binary:
    """An operator between two values; negation is `0 - value`."""

    operator: str
    left: "Expression"
    right: "Expression"
    start: int
    end: int
    depth: int


Expression = Literal | Field | Call | Binary


@dataclass(frozen=True, slots=True)
class Placeholder:
    """One `#{...}` in a text.

    Attributes:
        start: Offset of the `#`; `end` is the offset behind the `}`.
        expression: What it says, or None if `error` says why it cannot be read.
    """

    start: int
    end: int
    expression: Expression | None
    error: ExpressionError | None = None


def placeholders(text: str) -> Iterator[Placeholder]:
    """Yield every `#{...}` in `text`, also those that cannot be read."""
    offset = text.find("#{")
    while offset >= 0:
        try:
            expression, end = _Parser(text, offset).parse()
            yield Placeholder(offset, end, expression)
        except ExpressionError as error:
            end = text.find("}", max(error.start, offset + 2)) + 1 or len(text)
            yield Placeholder(offset, end, None, error)
        offset = text.find("#{", end)


def evaluate(expression: Expression, fields: Mapping[str, Value]) -> Value:
    """Return the value of `expression`. `fields` holds a value for each of `FIELDS`. Raises ExpressionError."""
    match expression:
        case Literal():
            return expression.value
        case Field():
            return fields[expression.name]
        case Call():
            return _call(expression, [evaluate(argument, fields) for argument in expression.arguments])
        case Binary():
            left, right = evaluate(expression.left, fields), evaluate(expression.right, fields)
            return _operate(expression, left, right)


def as_text(value: Value) -> str:
    """Return a value as it stands in the text; a UTC date is `2026-01-01T00:00:00`."""
    if isinstance(value, datetime):
        return (
            value.strftime("%Y-%m-%dT%H:%M:%S")
            if value.tzinfo is UTC
            else value.isoformat(timespec="seconds")
        )
    return str(value)


def _call(call: Call, values: list[Value]) -> Value:
    function = FUNCTIONS[call.name]
    for kind, argument, value in zip(function.parameters, call.arguments, values, strict=True):
        if describe(value) != kind:
            raise ExpressionError(
                f"`{call.name}` takes {kind} here, not {describe(value)}",
                argument.start,
                argument.end,
                code="DD314",
                expected=kind,
                hint=f"`{function.signature(call.name)}`",
            )
    try:
        return function.run(*values)
    except OverflowError:
        raise ExpressionError(
            f"`{call.name}` leads out of the years 1 to 9999", call.start, call.end, code="DD314"
        ) from None
    except ExpressionError as error:
        last = call.arguments[-1]
        start, end = last.start, last.end
        if error.start and isinstance(last, Literal):
            start, end = start + error.start, start + error.start + 1
        raise ExpressionError(error.message, start, end, code=error.code, hint=error.hint) from None
    except ValueError as error:
        raise ExpressionError(
            f"`{call.name}` cannot do this: {error}", call.start, call.end, code="DD314"
        ) from None


def _operate(node: Binary, left: Value, right: Value) -> Value:
    if node.operator == "+" and (isinstance(left, str) or isinstance(right, str)):
        return as_text(left) + as_text(right)
    for side, value in ((node.left, left), (node.right, right)):
        if isinstance(value, str | datetime):
            raise ExpressionError(
                f"`{node.operator}` takes numbers, not {describe(value)}",
                side.start,
                side.end,
                code="DD314",
                expected="a number",
                hint="use plusDays, minusDays or their like" if isinstance(value, datetime) else None,
            )
    assert not isinstance(left, str | datetime)
    assert not isinstance(right, str | datetime)
    try:
        return _calculate(node.operator, left, right)
    except ZeroDivisionError:
        raise ExpressionError("this divides by zero", node.start, node.end, code="DD314") from None
    except (OverflowError, ValueError):
        raise ExpressionError("this number is too large", node.start, node.end, code="DD314") from None


def _calculate(operator: str, left: int | float, right: int | float) -> int | float:
    match operator:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "^":
            return math.pow(left, right)
    if isinstance(left, int) and isinstance(right, int):
        quotient = abs(left) // abs(right)
        quotient = quotient if (left < 0) == (right < 0) else -quotient
        return quotient if operator == "/" else left - quotient * right
    return left / right if operator == "/" else math.fmod(left, right)


class _Parser:
    """Reads one `#{...}` by precedence climbing, straight from the text it stands in."""

    def __init__(self, text: str, start: int) -> None:
        self._text = text
        self._start = start
        self._offset = start + 2
        self._level = 0

    def parse(self) -> tuple[Expression, int]:
        """Return the expression and the offset behind its `}`."""
        self._skip_space()
        if self._peek() == "}":
            raise self._error("the expression is empty", self._start, self._offset + 1)
        expression = self._expression(0)
        self._skip_space()
        if self._peek() != "}":
            raise self._unexpected("an operator or `}`")
        return expression, self._offset + 1

    def _peek(self) -> str:
        return self._text[self._offset : self._offset + 1]

    def _skip_space(self) -> None:
        match = _SPACE.match(self._text, self._offset)
        self._offset = match.end() if match else self._offset

    def _error(self, message: str, start: int, end: int, **more: str | None) -> ExpressionError:
        return ExpressionError(message, start, end, code=more.pop("code", None) or "DD311", **more)

    def _unexpected(self, expected: str) -> ExpressionError:
        if not self._peek():
            return self._error(
                "the `#{` that opens here is not closed",
                self._start,
                self._start + 2,
                expected="`}` at the end of the expression",
                hint="close it with `}`; for a literal `#{` write {{ '#{' }}",
            )
        return self._error(
            f"`{self._peek()}` cannot stand here", self._offset, self._offset + 1, expected=expected
        )

    def _expression(self, power: int) -> Expression:
        self._level += 1
        self._check_depth(self._level)
        left = self._prefix()
        while True:
            self._skip_space()
            operator = self._peek()
            binding = _POWERS.get(operator, 0)
            if binding <= power:
                self._level -= 1
                return left
            self._offset += 1
            right = self._expression(binding - 1 if operator == "^" else binding)
            depth = max(left.depth, right.depth) + 1
            self._check_depth(depth)
            left = Binary(operator, left, right, left.start, right.end, depth)

    def _check_depth(self, depth: int) -> None:
        if depth > _MAX_DEPTH:
            raise self._error(
                "the expression is nested too deeply", self._start, self._start + 2, hint="make it simpler"
            )

    def _prefix(self) -> Expression:
        self._skip_space()
        start = self._offset
        character = self._peek()
        if character == "-":
            self._offset += 1
            operand = self._expression(_NEGATION_POWER)
            return Binary("-", Literal(0, start, start + 1), operand, start, operand.end, operand.depth + 1)
        if character == "(":
            self._offset += 1
            inner = self._expression(0)
            self._skip_space()
            if self._peek() != ")":
                raise self._unexpected("an operator or `)`")
            self._offset += 1
            return inner
        if character and character in "'\"":
            return self._text_literal(character)
        number = _NUMBER.match(self._text, start)
        if number:
            self._offset = number.end()
            value = float(number[0]) if "." in number[0] else int(number[0])
            return Literal(value, start, number.end())
        field = _FIELD.match(self._text, start)
        if field:
            self._offset = field.end()
            return self._field(field[1], start, field.end())
        name = _NAME.match(self._text, start)
        if name:
            self._offset = name.end()
            return self._call(name[0], start)
        raise self._unexpected(
            "a number, a text in quotes, a field such as @scheduledStartTime or a function"
        )

    def _text_literal(self, quote: str) -> Literal:
        start = self._offset
        characters: list[str] = []
        offset = start + 1
        while offset < len(self._text):
            character = self._text[offset]
            following = self._text[offset + 1 : offset + 2]
            if character == "\\" and following and following in _ESCAPED:
                characters.append(following)
                offset += 2
            elif character == quote and following == quote:
                characters.append(quote)
                offset += 2
            elif character == quote:
                self._offset = offset + 1
                return Literal("".join(characters), start, offset + 1)
            else:
                characters.append(character)
                offset += 1
        raise self._error(
            f"the quote {quote} that opens here is not closed",
            start,
            start + 1,
            hint=f"close it with {quote}",
        )

    def _field(self, name: str, start: int, end: int) -> Field:
        if name in FIELDS:
            return Field(name, start, end)
        if name in _SERVICE_FIELDS:
            raise self._error(
                f"`@{name}` is known only while AWS Data Pipeline runs",
                start,
                end,
                code="DD313",
                expected=_listed_fields(),
                hint="use @scheduledStartTime",
            )
        near = did_you_mean(name, FIELDS)
        raise self._error(
            f"there is no field `@{name}`",
            start,
            end,
            code="DD313",
            expected=_listed_fields(),
            hint=near.replace("`", "`@", 1) if near else None,
        )

    def _call(self, name: str, start: int) -> Call:
        end = self._offset
        self._skip_space()
        if self._peek() != "(":
            field = name in FIELDS
            raise self._error(
                f"`{name}` is neither a function call nor a field",
                start,
                end,
                code="DD312",
                hint=f"did you mean `@{name}`?" if field else did_you_mean(name, FUNCTIONS),
            )
        if name not in FUNCTIONS:
            raise self._error(
                f"there is no function `{name}`", start, end, code="DD312", hint=did_you_mean(name, FUNCTIONS)
            )
        self._offset += 1
        arguments = self._arguments()
        function = FUNCTIONS[name]
        if len(arguments) != len(function.parameters):
            raise self._error(
                f"`{name}` takes {len(function.parameters)} argument{'s'[: len(function.parameters) != 1]}, "
                f"not {len(arguments)}",
                start,
                self._offset,
                code="DD314",
                expected=f"`{function.signature(name)}`",
            )
        depth = 1 + max((argument.depth for argument in arguments), default=0)
        return Call(name, tuple(arguments), start, self._offset, depth)

    def _arguments(self) -> list[Expression]:
        arguments: list[Expression] = []
        self._skip_space()
        while self._peek() != ")":
            arguments.append(self._expression(0))
            self._skip_space()
            if self._peek() == ",":
                self._offset += 1
            elif self._peek() != ")":
                raise self._unexpected("`,` or `)`")
        self._offset += 1
        return arguments


def _listed_fields() -> str:
    return "one of " + ", ".join(f"@{field}" for field in FIELDS)
