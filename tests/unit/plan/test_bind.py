from dataclasses import replace
from datetime import UTC, datetime

import pytest

from dataduct.errors import ProblemsError, UserError
from dataduct.model.operations import Extract
from dataduct.model.position import Position
from dataduct.model.schedule import Schedule
from dataduct.model.template import TemplateSource
from dataduct.plan.bind import bind, parse_run_date, run_date_text
from dataduct.plan.plan import BoundPlan, Plan

NOW = datetime(2026, 3, 5, 10, 42, tzinfo=UTC)


def bound(plan: Plan, run_date: str | None = "2026-01-31", **variables: str) -> BoundPlan:
    return bind(plan, run_date=run_date, variables=variables, environment={"API_TOKEN": "s3cret"}, now=NOW)


def query(plan: BoundPlan) -> str:
    operation = plan.steps[0].operation
    assert isinstance(operation, Extract)
    return operation.query


def with_query(plan: Plan, text: str) -> Plan:
    step = plan.steps[0]
    assert isinstance(step.operation, Extract)
    source = TemplateSource(text, Position("courses.yaml", 6, 10))
    changed = replace(step, operation=replace(step.operation, query=text), templates=(source,))
    return replace(plan, steps=(changed, *plan.steps[1:]))


def test_templates_are_rendered_for_the_run_date(plan: Plan) -> None:
    assert query(bound(plan)) == "SELECT * FROM courses WHERE day = '2026-01-31' AND region = 'eu'"


def test_variables_given_replace_declared_ones(plan: Plan) -> None:
    assert "region = 'us'" in query(bound(plan, region="us"))


def test_a_variable_nobody_declared_is_refused_with_the_nearest(plan: Plan) -> None:
    with pytest.raises(UserError, match="has no variable `regoin`; it declares `region`") as raised:
        bound(plan, regoin="us")
    assert raised.value.hint == "did you mean `region`?"


def test_the_original_s_expressions_are_rendered(plan: Plan) -> None:
    text = "SELECT '#{format(minusDays(@scheduledStartTime, 1), 'YYYYMMdd')}'"
    assert query(bound(with_query(plan, text))) == "SELECT '20260130'"


def test_a_missing_variable_of_the_environment_is_named_with_its_place(plan: Plan) -> None:
    with pytest.raises(ProblemsError) as raised:
        bound(with_query(plan, "SELECT '{{ env.NOT_SET }}'"))
    (problem,) = raised.value.problems
    assert "NOT_SET" in problem.message
    assert problem.position is not None
    assert (problem.position.line, problem.position.column >= 10) == (6, True)


def test_secrets_of_the_environment_are_told_apart(plan: Plan) -> None:
    assert bound(with_query(plan, "SELECT '{{ env.API_TOKEN }}'")).secrets == {"s3cret"}


@pytest.mark.parametrize(
    ("frequency", "text", "expected"),
    [
        ("daily", None, "2026-03-05"),
        ("daily", "2026-01-31", "2026-01-31"),
        ("daily", "2026-01-31T10:00", "2026-01-31T10:00"),
        ("hourly", None, "2026-03-05T10:00"),
        ("hourly", "2026-01-31T07:00+02:00", "2026-01-31T05:00"),
        ("hourly", "2026-01-31", "2026-01-31T00:00"),
    ],
)
def test_run_dates_are_normalised(frequency: str, text: str | None, expected: str) -> None:
    schedule = Schedule(frequency)
    assert run_date_text(parse_run_date(text, schedule, NOW), schedule) == expected


@pytest.mark.parametrize("text", ["yesterday", "31.01.2026", "2026-02-30", ""])
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="is no date") as raised:
        parse_run_date(text, Schedule("daily"), NOW)
    assert raised.value.code == "DD512"


def test_the_scheduled_start_is_the_load_time_of_the_run_date(plan: Plan) -> None:
    rendered = bound(plan)
    assert rendered.scheduled_start == datetime(2026, 1, 31, 1, 0, tzinfo=UTC)
    assert rendered.scheduled_end == datetime(2026, 2, 1, 1, 0, tzinfo=UTC)
