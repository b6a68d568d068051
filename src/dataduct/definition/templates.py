"""Texts with templates in them: `{{ run_date }}` (Jinja) and `#{...}` (AWS Data Pipeline's expressions).

Both languages are evaluated in one pass, each over what the user wrote; what an evaluation puts in is never
looked at again. Jinja is imported when the first text needs it.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Final

from dataduct.definition.expression_functions import ExpressionError, Value
from dataduct.definition.expressions import Expression, as_text, evaluate, placeholders
from dataduct.errors import ProblemsError
from dataduct.model.position import Position
from dataduct.model.problem import Problem
from dataduct.model.template import TemplateSource

_JINJA = re.compile(r"\{\{|\{%|(?<!\$)\{#")
_ANY = re.compile(r"\{\{|\{%|(?<!\$)\{#|#\{")
_SECRET_NAME = re.compile(r"PASSWORD|PASS|SECRET|TOKEN|KEY|CREDENTIAL", re.IGNORECASE)
_SECRET_VALUE = re.compile(r"://[^/\s:@]*:[^/\s@]+@")
_SAMPLE_START: Final = datetime(2025, 6, 17, 13, 47, tzinfo=UTC)
_SAMPLE_END: Final = datetime(2025, 6, 18, 13, 47, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderContext:
    """What templates see of one run.

    Attributes:
        run_date: The logical date as the user names it: `2026-01-01`, or `2026-01-01T10:00` if sub-daily.
        scheduled_start: Begin of the interval, in UTC; `scheduled_end` is its end.
        environment: Environment variables; read only where a template names one.
        mode: Name of the settings' mode, or None.
    """

    pipeline: str
    run_date: str
    scheduled_start: datetime
    scheduled_end: datetime
    variables: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    mode: str | None = None


def has_template(text: str) -> bool:
    """Whether `text` holds `{{`, `{%`, `{#` or `#{`. Bash's `${#name}` does not count."""
    return _ANY.search(text) is not None


def has_jinja(text: str) -> bool:
    """Whether `text` holds Jinja's `{{`, `{%` or `{#`."""
    return _JINJA.search(text) is not None


def render(text: str, context: RenderContext) -> str:
    """Return `text` rendered for one run. Raises ProblemsError (without positions) if that fails."""
    return render_tracking(text, context)[0]


def render_tracking(text: str, context: RenderContext) -> tuple[str, frozenset[str]]:
    """Return `text` rendered for one run, and the secrets it put in.

    A secret is the value of an environment variable whose name looks like one's (PASSWORD, TOKEN, KEY, ...) or
    that is a URL with a password in it. Raises ProblemsError (without positions) if rendering fails.
    """
    try:
        return _render(TemplateSource(text, Position("")), context)
    except ProblemsError as error:
        raise ProblemsError([replace(problem, position=None) for problem in error.problems]) from None


def render_source(source: TemplateSource, context: RenderContext) -> str:
    """Return the text of `source` rendered for one run. Raises ProblemsError with line and column."""
    return _render(source, context)[0]


def check(source: TemplateSource, variables: Collection[str]) -> list[Problem]:
    """Return what is wrong with the templates in `source`, whatever the run.

    Args:
        source: The text and its place.
        variables: Names of the variables that the pipeline declares.
    """
    if not has_template(source.text):
        return []
    if has_jinja(source.text):
        from dataduct.definition.template_check import check_jinja

        return check_jinja(source, variables)
    return check_expressions(source, 0, source.text)


def check_expressions(source: TemplateSource, offset: int, text: str) -> list[Problem]:
    """Return what is wrong with the `#{...}` in `text`, which stands at `offset` in `source`."""
    problems = []
    for placeholder in placeholders(text):
        error = placeholder.error
        if placeholder.expression is not None:
            error = _failure(placeholder.expression)
        if error is not None:
            problems.append(expression_problem(error, source, offset))
    return problems


def _failure(expression: Expression) -> ExpressionError | None:
    """Return why `expression` cannot be evaluated for a sample run, or None."""
    try:
        evaluate(expression, _fields("sample", _SAMPLE_START, _SAMPLE_END))
    except ExpressionError as error:
        return error
    return None


def expression_problem(error: ExpressionError, source: TemplateSource, offset: int) -> Problem:
    """Return the problem of an expression in a part of `source` that begins at `offset`."""
    width = max(1, error.end - error.start)
    return Problem(
        code=error.code,
        message=error.message,
        position=source.position_at(offset + error.start, width),
        expected=error.expected,
        hint=error.hint,
    )


def expression_fields(context: RenderContext) -> dict[str, Value]:
    """Return the runtime fields of expressions for one run."""
    return _fields(context.pipeline, context.scheduled_start, context.scheduled_end)


def _fields(pipeline: str, start: datetime, end: datetime) -> dict[str, Value]:
    return {
        "scheduledStartTime": start.astimezone(UTC),
        "scheduledEndTime": end.astimezone(UTC),
        "pipelineId": pipeline,
    }


def _render(source: TemplateSource, context: RenderContext) -> tuple[str, frozenset[str]]:
    if not has_template(source.text):
        return source.text, frozenset()
    if not has_jinja(source.text):
        return _render_expressions(source, context), frozenset()
    from dataduct.definition.template_render import render_jinja

    text, read = render_jinja(source, context)
    values = {name: context.environment[name] for name in read}
    return text, frozenset(value for name, value in values.items() if value and is_secret(name, value))


def is_secret(name: str, value: str) -> bool:
    """Whether the environment variable looks like a secret, by its name or as a URL with a password."""
    return bool(_SECRET_NAME.search(name) or _SECRET_VALUE.search(value))


def _render_expressions(source: TemplateSource, context: RenderContext) -> str:
    fields = expression_fields(context)
    parts: list[str] = []
    problems: list[Problem] = []
    end = 0
    for placeholder in placeholders(source.text):
        parts.append(source.text[end : placeholder.start])
        end = placeholder.end
        try:
            if placeholder.error is not None:
                raise placeholder.error
            assert placeholder.expression is not None
            parts.append(as_text(evaluate(placeholder.expression, fields)))
        except ExpressionError as error:
            problems.append(expression_problem(error, source, 0))
    if problems:
        raise ProblemsError(problems)
    return "".join((*parts, source.text[end:]))
