"""Rendering a text that holds Jinja tags."""

from collections.abc import Mapping
from functools import lru_cache
from types import TracebackType
from typing import Any, Final

from jinja2 import Template
from jinja2.exceptions import SecurityError, TemplateError, TemplateSyntaxError, UndefinedError

from dataduct.definition.expression_functions import ExpressionError
from dataduct.definition.expressions import Placeholder, as_text, evaluate, placeholders
from dataduct.definition.jinja import (
    EXPRESSION_CALL,
    MAX_CHARACTERS,
    Counter,
    Names,
    environment,
    hide_bash_lengths,
    names_read,
)
from dataduct.definition.moments import Moment
from dataduct.definition.template_check import syntax_problem, tag_position
from dataduct.definition.template_scan import Scan, normalized, scan
from dataduct.definition.templates import RenderContext, expression_fields, expression_problem
from dataduct.errors import ProblemsError
from dataduct.model.position import Position
from dataduct.model.problem import Problem
from dataduct.model.template import TemplateSource

_FILENAME: Final = "<dataduct template>"
_FAILURES: Final = (
    TemplateError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError, AssertionError,
    RecursionError, MemoryError, NotImplementedError, StopIteration, RuntimeError,
)  # fmt: skip


class _ExpressionFailed(Exception):  # noqa: N818 - carries an error across Jinja's frames
    """An expression failed while its template was rendered."""

    def __init__(self, error: ExpressionError, offset: int) -> None:
        super().__init__(error.message)
        self.error = error
        self.offset = offset


def render_jinja(source: TemplateSource, context: RenderContext) -> tuple[str, frozenset[str]]:
    """Return the rendered text and the names of the environment variables read. Raises ProblemsError."""
    source = normalized(source)
    template = _compiled(source)
    names = Names(context.environment, "env")
    try:
        return _bounded(template, _values(source, context, names)), names_read(names)
    except _ExpressionFailed as failed:
        raise ProblemsError([expression_problem(failed.error, source, failed.offset)]) from None
    except _FAILURES as error:
        raise ProblemsError([_failure(error, source)]) from None


def _compiled(source: TemplateSource) -> Template:
    try:
        return _template(source.text)
    except TemplateSyntaxError as error:
        raise ProblemsError([syntax_problem(error, source, scan(source.text))]) from None
    except (RecursionError, SyntaxError, MemoryError, OverflowError):
        problem = Problem(
            code="DD306", message="the template is nested too deeply", position=source.position_at(0)
        )
        raise ProblemsError([problem]) from None


@lru_cache(maxsize=64)
def _template(text: str) -> Template:
    built = environment()
    code = built.compile(hide_bash_lengths(text), filename=_FILENAME)
    return built.template_class.from_code(built, code, built.make_globals(None))


def _values(source: TemplateSource, context: RenderContext, names: Names) -> dict[str, Any]:
    parts = scan(source.text).data()
    expressions = [(part.offset, found) for part in parts for found in placeholders(part.value)]
    fields = expression_fields(context)

    def expression(number: int) -> str:
        offset, found = expressions[number]
        return _evaluated(found, fields, offset)

    start, end = Moment.of(context.scheduled_start), Moment.of(context.scheduled_end)
    given = Moment.of(context.run_date)
    return {
        "run_date": Moment(given.moment, has_time=given.has_time, text=context.run_date),
        "scheduled_start": start,
        "scheduled_end": end,
        "var": Names(context.variables, "var"),
        "env": names,
        "pipeline": context.pipeline,
        "mode": context.mode or "",
        "range": Counter(),
        EXPRESSION_CALL: expression,
    }


def _evaluated(found: Placeholder, fields: Mapping[str, Any], offset: int) -> str:
    try:
        if found.error is not None:
            raise found.error
        assert found.expression is not None
        return as_text(evaluate(found.expression, fields))
    except ExpressionError as error:
        raise _ExpressionFailed(error, offset) from None


def _bounded(template: Template, values: dict[str, Any]) -> str:
    parts: list[str] = []
    length = 0
    for part in template.generate(values):
        length += len(part)
        if length > MAX_CHARACTERS:
            raise SecurityError(f"the template makes a text longer than {MAX_CHARACTERS:,} characters")
        parts.append(part)
    return "".join(parts)


def _failure(error: BaseException, source: TemplateSource) -> Problem:
    found = scan(source.text)
    line = _line(error.__traceback__)
    position = tag_position(source, found, line)
    if isinstance(error, SecurityError):
        return Problem(
            code="DD306",
            message=_sentence(error, "the template does what templates may not do"),
            position=position,
            hint="templates put values into a text; do the rest in a step",
        )
    if isinstance(error, UndefinedError):
        return _undefined(error, source, found, position)
    if isinstance(error, RecursionError | MemoryError):
        message = "the template is nested too deeply"
        return Problem(code="DD306", message=message, position=position, hint="make it simpler")
    return Problem(
        code="DD307",
        message=f"the template cannot be rendered: {_sentence(error, 'a value is out of range')}",
        position=position,
    )


def _sentence(error: BaseException, default: str) -> str:
    text = " ".join(str(error).split()).rstrip(".")
    return text[:200] if text else default


def _undefined(error: UndefinedError, source: TemplateSource, found: Scan, position: Position) -> Problem:
    message = _sentence(error, "a name has no value")
    prefix = "the environment variable `"
    if message.startswith(prefix):
        name = message.removeprefix(prefix).partition("`")[0]
        token = next(iter(found.names("env", ".", name)), None)
        if token is not None:
            position = source.position_at(token.offset, len(name))
        return Problem(
            code="DD305",
            message=message,
            position=position,
            expected=f"a value for `{name}` in the environment",
            hint=f"set `{name}`, or give a default: {{{{ env.{name} | default('...') }}}}",
        )
    return Problem(code="DD302", message=message, position=position)


def _line(trace: TracebackType | None) -> int:
    line = 1
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == _FILENAME:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line
