"""pipeline-dependencies: which pipelines are waited for, and how long."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from dataduct.model.operations import AwaitedPipeline, WaitForPipeline
from dataduct.steps.context import StepSettings


def wait(lowered: object) -> WaitForPipeline:
    operation = lowered.operation  # type: ignore[attr-defined]
    assert isinstance(operation, WaitForPipeline), lowered.problems  # type: ignore[attr-defined]
    return operation


def test_a_name_or_a_list_and_those_that_may_fail(lower: Callable[..., object]) -> None:
    operation = wait(
        lower(
            "pipeline-dependencies",
            "{dependent_pipelines: [a, b, a], dependent_pipelines_ok_to_fail: c}",
        )
    )
    assert operation == WaitForPipeline(
        pipelines=(AwaitedPipeline("a"), AwaitedPipeline("b"), AwaitedPipeline("c", may_fail=True)),
        refresh_seconds=300.0,
        give_up_seconds=86_400.0,
    )


@pytest.mark.parametrize(
    ("written", "seconds"), [("60", 60), ("5 minutes", 300), ("0.5", 0.5), ('"900"', 900)]
)
def test_the_refresh_rate_is_in_seconds_unless_it_names_a_unit(
    lower: Callable[..., object], written: str, seconds: float
) -> None:
    operation = wait(lower("pipeline-dependencies", f"{{dependent_pipelines: a, refresh_rate: {written}}}"))
    assert operation.refresh_seconds == seconds


def test_arguments_of_the_original_script(lower: Callable[..., object]) -> None:
    operation = wait(
        lower(
            "pipeline-dependencies",
            "{dependent_pipelines: a, script_arguments: [--refresh_rate=30, --start_date=2026-02-03]}",
        )
    )
    assert (operation.refresh_seconds, operation.run_date) == (30.0, "2026-02-03")


@pytest.mark.parametrize(
    ("yaml", "code"),
    [
        ("name: wait", "DD210"),
        ("{dependent_pipelines: a, dependent_pipelines_ok_to_fail: [b, a]}", "DD211"),
        ("dependent_pipelines: courses", "DD264"),
        ("{dependent_pipelines: a, start_date: yesterday}", "DD263"),
        ("{dependent_pipelines: a, refresh_rate: often}", "DD262"),
        ("{dependent_pipelines: a, refresh_rate: 0}", "DD262"),
        ("{dependent_pipelines: a, give_up_after: 3 fortnights}", "DD262"),
        ("{dependent_pipelines: a, script_arguments: [--refresh_rate=often]}", "DD262"),
        ("{dependent_pipelines: a, script_arguments: [--refresh=3]}", "DD212"),
    ],
)
def test_what_is_refused(lower: Callable[..., object], yaml: str, code: str) -> None:
    lowered = lower("pipeline-dependencies", yaml)
    assert lowered.codes == [code]  # type: ignore[attr-defined]


def test_a_template_may_name_the_date(lower: Callable[..., object]) -> None:
    text = "#{format(minusDays(@scheduledStartTime, 1), 'YYYY-MM-dd')}"
    operation = wait(lower("pipeline-dependencies", f'{{dependent_pipelines: a, start_date: "{text}"}}'))
    assert operation.run_date == text


def test_the_settings_put_a_prefix_before_names_and_can_say_not_to_wait(
    lower: Callable[..., object],
) -> None:
    settings = replace(StepSettings(), name_prefix="dev_", dependency_override=True)
    operation = wait(lower("pipeline-dependencies", "dependent_pipelines: a", settings=settings))
    assert operation.pipelines == (AwaitedPipeline("dev_a"),)
    assert operation.overridden
