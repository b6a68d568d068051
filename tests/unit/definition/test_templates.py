"""Templates: what they give, what is found before a run, and what fails in one."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dataduct.definition.templates import (
    RenderContext,
    check,
    has_template,
    render,
    render_source,
    render_tracking,
)
from dataduct.errors import ProblemsError
from dataduct.model.position import Position
from dataduct.model.problem import Problem
from dataduct.model.template import TemplateSource

CONTEXT = RenderContext(
    pipeline="orders",
    run_date="2026-01-31",
    scheduled_start=datetime(2026, 1, 31, 1, tzinfo=UTC),
    scheduled_end=datetime(2026, 2, 1, 1, tzinfo=UTC),
    variables={"days": "5", "evil": "{{ run_date }} #{1 + 1}", "items": "own"},
    environment={"API_TOKEN": "s3cret", "HOME": "/home/me", "URL": "pg://me:pw@host/db", "EMPTY_KEY": ""},
)


def source(text: str) -> TemplateSource:
    return TemplateSource(text, Position("q.sql", 10, 5), 4)


def failure(text: str) -> Problem:
    with pytest.raises(ProblemsError) as caught:
        render_source(source(text), CONTEXT)
    (problem,) = caught.value.problems
    return problem


@pytest.mark.parametrize(
    ("text", "found"),
    [("plain", False), ("{{ x }}", True), ("{% x %}", True), ("{# x #}", True), ("#{x}", True), ("${#x} ${x}", False),
     ("{ x }", False), ("# {x}", False)],
)  # fmt: skip
def test_only_the_begin_of_a_template_counts(text: str, found: bool) -> None:
    assert has_template(text) is found


@pytest.mark.parametrize(
    ("text", "rendered"),
    [
        ("{{ run_date }}", "2026-01-31"),
        ("{{ run_date.year }}/{{ run_date.month }} {{ run_date[:4] }} {{ run_date.replace('-', '') }}",
         "2026/1 2026 20260131"),
        ("{{ scheduled_start }} {{ scheduled_end }}", "2026-01-31T01:00:00 2026-02-01T01:00:00"),
        ("{{ scheduled_start | iso }} {{ run_date | iso }}", "2026-01-31T01:00:00+00:00 2026-01-31"),
        ("{{ run_date | add_days(1) }} {{ run_date | add_days(var.days) }}", "2026-02-01 2026-02-05"),
        ("{{ run_date | add_months(1) }} {{ run_date | add_months(-2) }}", "2026-02-28 2025-11-30"),
        ("{{ run_date | add_hours(25) }}", "2026-02-01T01:00:00"),
        ("{{ scheduled_start | date }} {{ run_date | date('%d.%m.%Y') }}", "2026-01-31 31.01.2026"),
        ("{{ run_date | format_date('%Y/%m/%d') }} {{ run_date.strftime('%j') }}", "2026/01/31 031"),
        ("{{ run_date | start_of_month }} {{ '2024-02-10' | end_of_month }}", "2026-01-01 2024-02-29"),
        ("{{ run_date | start_of_week }}", "2026-01-26"),
        ("{{ scheduled_start | in_timezone('America/New_York') }}", "2026-01-30T20:00:00-05:00"),
        ("{{ scheduled_start | in_timezone('America/New_York') | date }}", "2026-01-30"),
        ("{{ pipeline }}{{ mode }} {{ var.days }} {{ var['days'] }} {{ var.items }}", "orders 5 5 own"),
        ("{% if run_date >= '2026-01-01' %}a{% else %}b{% endif %}", "a"),
        ("{% for i in range(3) %}#{day(@scheduledStartTime) + 1}.{{ i }} {% endfor %}", "32.0 32.1 32.2 "),
        ("{# gone #}x\n", "x\n"),
        ("{% raw %}{{ x }}{% endraw %} {{ '#{' }}", "{{ x }} #{"),
        ("#{{ var.days }} ${#array[@]} {{ 1 }}", "#5 ${#array[@]} 1"),
        ("{{ env.NOPE | default('none') }} {{ var.nope is defined }}", "none False"),
        ("{{ '%02d' | format(5) }} {{ ['a', 'b'] | join('-') }} {{ 'a' ~ 1 }}", "05 a-b a1"),
        ("#{format(@scheduledStartTime, 'YYYY-MM-dd')}\r\n", "2026-01-31\r\n"),
    ],
)  # fmt: skip
def test_templates_give(text: str, rendered: str) -> None:
    assert check(source(text), {"days", "items"}) == []
    assert render(text, CONTEXT) == rendered


def test_a_run_date_with_a_time_prints_as_given() -> None:
    context = replace(CONTEXT, run_date="2026-01-31T10:00", mode="dev")
    assert (
        render("{{ run_date }} {{ run_date | date }} {{ mode }}", context)
        == "2026-01-31T10:00 2026-01-31 dev"
    )


def test_values_are_never_rendered_themselves() -> None:
    assert render("{{ var.evil }}", CONTEXT) == "{{ run_date }} #{1 + 1}"
    assert render("{{ var.evil }} #{1 + 1}", CONTEXT) == "{{ run_date }} #{1 + 1} 2"


def test_values_of_secret_variables_are_told() -> None:
    assert render_tracking("{{ env.API_TOKEN }} {{ env.HOME }}", CONTEXT) == (
        "s3cret /home/me",
        frozenset({"s3cret"}),
    )
    assert render_tracking("{{ env.URL }}", CONTEXT)[1] == {"pg://me:pw@host/db"}
    assert render_tracking("{{ env.EMPTY_KEY }}{{ env['API_TOKEN'] | upper }}", CONTEXT)[1] == {"s3cret"}
    assert render_tracking("{{ env.HOME }}", CONTEXT)[1] == frozenset()


@pytest.mark.parametrize(
    ("text", "code", "line", "column", "words"),
    [
        ("a\n{{ env.NOPE }}", "DD305", 11, 12, "`NOPE` is not set"),
        ("{{ 1 }} {{ env.NOPE }}", "DD305", 10, 20, "`NOPE` is not set"),
        ("\n\n {{ run_date | add_days('x') }}", "DD307", 12, 6, "`x` is not a whole number"),
        ("{{ run_date | add_days(10 ** 8) }}", "DD307", 10, 5, "cannot be rendered"),
        ("{{ run_date | format_date('YYYY') }}", "DD307", 10, 5, "is no date format"),
        ("{{ 'soon' | add_days(1) }}", "DD307", 10, 5, "is no date"),
        ("{{ run_date + 1 }}", "DD307", 10, 5, "concatenate"),
        ("{{ 1 / 0 }}", "DD307", 10, 5, "zero"),
        ("{{ var }}", "DD302", 10, 5, "name one"),
        ("{{ var.nope }}", "DD302", 10, 5, "no variable `nope`"),
        ("x #{plusDays(@scheduledStartTime, 99999999)} {{ 1 }}", "DD314", 10, 9, "years 1 to 9999"),
        ("{{ ''.__class__ }}", "DD306", 10, 5, "`__class__`"),
        ("{{ var._values }}", "DD306", 10, 5, "`_values`"),
        ("{{ env.__init__.__globals__ }}", "DD306", 10, 5, "`__init__`"),
        ("{{ '{:>999999999}'.format(1) }}", "DD306", 10, 5, "`format`"),
        ("{{ 'a'.format_map({}) }}", "DD306", 10, 5, "`format_map`"),
        ("{{ 'a'.ljust(10 ** 9) }}", "DD306", 10, 5, "`ljust`"),
        ("{{ 'ab'.replace('b', 'x' * 999999).replace('x', 'yy') }}", "DD306", 10, 5, "1,000,000 characters"),
        ("{% for i in range(10 ** 9) %}{% endfor %}", "DD306", 10, 5, "100,000 numbers"),
        ("{% for i in range(999) %}{% for j in range(999) %}{% endfor %}{% endfor %}", "DD306", 10, 5,
         "100,000 numbers"),
        ("{% for i in range(90000) %}{{ 'abcdefghijkl' }}{% endfor %}", "DD306", 10, 5, "1,000,000 characters"),
        ("{{ 'a' * 10 ** 9 }}", "DD306", 10, 5, "1,000,000 characters"),
        ("{{ [0] * 10 ** 9 }}", "DD306", 10, 5, "1,000,000 characters"),
        ("{{ 9 ** 99999 }}", "DD306", 10, 5, "too large"),
        ("{{ '%999999999d' % 1 }}", "DD306", 10, 5, "too wide"),
        ("{% set a = 'x' * 999999 %}{{ a ~ a }}", "DD306", 10, 5, "1,000,000 characters"),
        ("{% set a = 'x' * 999 %}{{ a | replace('x', a ~ a) }}", "DD306", 10, 5, "1,000,000 characters"),
        ("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", "DD306", 10, 5, "too deeply"),
    ],
)  # fmt: skip
def test_what_fails_in_a_run_is_told_with_its_place(
    text: str, code: str, line: int, column: int, words: str
) -> None:
    problem = failure(text)
    assert problem.position is not None
    assert (problem.code, problem.position.line) == (code, line)
    assert problem.position.column == column
    assert words in problem.message


def test_render_raises_problems_without_a_place() -> None:
    with pytest.raises(ProblemsError) as caught:
        render("{{ env.NOPE }} ", CONTEXT)
    assert caught.value.problems[0].position is None


def test_columns_of_later_lines_count_from_the_indentation() -> None:
    (problem,) = check(source("select 1\n  from {{ rundate }}"), ())
    assert problem.position == Position("q.sql", 11, 15, 22)
    assert problem.hint == "did you mean `run_date`?"


def test_line_ends_of_windows_do_not_move_the_place() -> None:
    (problem,) = check(source("a\r\nb {{ rundate }}"), ())
    assert problem.position == Position("q.sql", 11, 10, 17)


def test_deep_and_long_templates_are_refused_before_a_run() -> None:
    for text in ("{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}", "{% if 1 %}" * 30 + "{% endif %}" * 30):
        assert all(problem.code == "DD306" for problem in check(source(text), ()))


PIECES = st.sampled_from(
    ["{{ ", " }}", "{% ", " %}", "{#", "#}", "#{", "}", "run_date", "var.days", "env.HOME", " | ", "date",
     "add_days(1)",
     "if ", "endif", "for x in ", "endfor", "range(3)", "'a'", "(", ")", "+", "~", "*", "1", "99", "\n",
      "\r\n", "${#", " ",
     "@scheduledStartTime", "day(", "raw", "endraw", "set x = ", "x", ".y", "[0]", "-", "is", "not", ",", "{", "%"]
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.lists(st.one_of(PIECES, st.characters(blacklist_categories=("Cs",))), max_size=25).map("".join))
@example("{{ x.y.z }}")
@example("{% for x in run_date %}{{ x }}{% endfor %}")
def test_any_text_renders_or_gives_problems_with_places_in_it(text: str) -> None:
    problems = check(source(text), {"days"})
    try:
        render_source(source(text), CONTEXT)
    except ProblemsError as error:
        problems += error.problems
    lines = text.replace("\r\n", "\n").replace("\r", "\n").count("\n")
    for problem in problems:
        assert problem.position is not None
        assert 10 <= problem.position.line <= 10 + lines
