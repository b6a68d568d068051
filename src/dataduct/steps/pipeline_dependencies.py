"""The step type `pipeline-dependencies`."""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, ClassVar

from pydantic import BeforeValidator, Field, model_validator

from dataduct.definition.durations import parse_duration
from dataduct.definition.properties import PropertyError
from dataduct.definition.templates import has_template
from dataduct.model.operations import AwaitedPipeline, WaitForPipeline
from dataduct.steps.amazon import PhantomOutputProperties
from dataduct.steps.arguments import CommandArguments, parse_options
from dataduct.steps.base import Names, Step
from dataduct.steps.choices import given
from dataduct.steps.context import LoweringContext

_OPTIONS = ("refresh_rate", "start_date", "sns_topic_arn")
_REFRESH_SECONDS = 300.0


def _checked_duration(value: object) -> object:
    text = str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value
    if isinstance(text, str):
        _seconds(text)
    return text


def _seconds(text: str) -> float:
    try:
        seconds = parse_duration(text)
    except ValueError as error:
        raise PropertyError(None, str(error), code="DD262") from None
    if not seconds:
        raise PropertyError(None, f"`{text}` is no time at all", hint="write `5 minutes`", code="DD262")
    return seconds


Duration = Annotated[str, BeforeValidator(_checked_duration, json_schema_input_type=str | int | float)]
"""A number of seconds, or a number and a unit; more than zero."""


class PipelineDependenciesProperties(PhantomOutputProperties):
    """The pipelines waited for, and how long."""

    dependent_pipelines: Names | None = Field(
        None,
        description="Names of the pipelines whose runs must have ended well.",
        examples=["courses", ["courses", "teachers"]],
    )
    dependent_pipelines_ok_to_fail: Names | None = Field(
        None,
        description="Names of the pipelines whose runs must have ended, well or not.",
        examples=[["page_views"]],
    )
    start_date: str | None = Field(
        None,
        description="Run date of the runs waited for: a date, a date and time, or a template. By default the run's "
        "own. A day agrees with every time of that day.",
        examples=["2026-01-01", "{{ run_date | add_days(-1) }}"],
    )
    refresh_rate: Duration | None = Field(
        None,
        description="Pause between two looks at the runs, in seconds or with a unit. By default 300.",
        examples=["60", "5 minutes"],
    )
    give_up_after: Duration = Field(
        "24 hours", description="Longest time to wait, in seconds or with a unit.", examples=["6 hours"]
    )
    script_arguments: CommandArguments | None = Field(
        None,
        description="The same as arguments: `--start_date=` and `--refresh_rate=`.",
        examples=[["--refresh_rate=60"]],
    )

    @model_validator(mode="after")
    def _waits_for_some(self) -> "PipelineDependenciesProperties":
        if not given(self, "dependent_pipelines", "dependent_pipelines_ok_to_fail"):
            raise PropertyError(
                "dependent_pipelines",
                "give `dependent_pipelines`, `dependent_pipelines_ok_to_fail` or both; none is given",
                code="DD210",
            )
        both = set(self.dependent_pipelines or ()) & set(self.dependent_pipelines_ok_to_fail or ())
        if both:
            raise PropertyError(
                "dependent_pipelines_ok_to_fail",
                f"`{min(both)}` must end well and may fail",
                hint="name it in one of `dependent_pipelines` and `dependent_pipelines_ok_to_fail`",
                code="DD211",
            )
        return self


class PipelineDependencies(Step[PipelineDependenciesProperties]):
    """Wait for runs of other pipelines."""

    step_type: ClassVar[str] = "pipeline-dependencies"
    summary: ClassVar[str] = "Wait until runs of other pipelines have ended well."
    documentation: ClassVar[str] = """\
Waits until the latest run of each named pipeline, for the run's own date or for `start_date`, has succeeded. Runs are
looked up in the run store of the project, every `refresh_rate`. A run date without a time agrees with every time of
that day.

If such a run has failed or was interrupted, the step fails at once. Mend that run with `dataduct run --resume`, then
this one. A pipeline under `dependent_pipelines_ok_to_fail` need only have ended. After `give_up_after` the step
fails and says what it saw of each pipeline.

A step that waits takes no worker from other steps, and while nothing else runs the warehouse is free for other
processes. With `dependency_override` in the settings nothing is waited for.

```yaml
name: report_courses
frequency: daily
load_time: 03:00

steps:
-   step_type: pipeline-dependencies
    name: wait
    dependent_pipelines:
    -   load_courses
    -   load_teachers
    dependent_pipelines_ok_to_fail: load_page_views
    refresh_rate: 60
    give_up_after: 6 hours

-   step_type: sql-command
    command: INSERT INTO prod.reports SELECT COUNT(*) FROM prod.courses
    depends_on: wait
```
"""
    properties: ClassVar[type[PipelineDependenciesProperties]] = PipelineDependenciesProperties

    @classmethod
    def lower(
        cls, properties: PipelineDependenciesProperties, context: LoweringContext
    ) -> WaitForPipeline | None:
        """Return the wait, the settings' prefix before each name."""
        options = parse_options(properties.script_arguments, flags=(), values=_OPTIONS, context=context)
        if options is None:
            return None
        date = properties.start_date or options.get("start_date")
        refresh = properties.refresh_rate or options.get("refresh_rate")
        awaited = tuple(_awaited(properties, context.settings.name_prefix))
        waits_for_itself = any(_is_itself(pipeline, context) for pipeline in awaited)
        if waits_for_itself or not (_is_date(date, context) and _is_duration(refresh, context)):
            return None
        return WaitForPipeline(
            pipelines=awaited,
            run_date=date,
            refresh_seconds=_seconds(refresh) if refresh else _REFRESH_SECONDS,
            give_up_seconds=_seconds(properties.give_up_after),
            overridden=context.settings.dependency_override,
        )


def _awaited(properties: PipelineDependenciesProperties, prefix: str) -> Iterator[AwaitedPipeline]:
    for name in dict.fromkeys(properties.dependent_pipelines or ()):
        yield AwaitedPipeline(prefix + name)
    for name in dict.fromkeys(properties.dependent_pipelines_ok_to_fail or ()):
        yield AwaitedPipeline(prefix + name, may_fail=True)


def _is_itself(pipeline: AwaitedPipeline, context: LoweringContext) -> bool:
    if pipeline.name != context.pipeline:
        return False
    of = "dependent_pipelines_ok_to_fail" if pipeline.may_fail else "dependent_pipelines"
    context.report(
        "DD264",
        f"pipeline `{pipeline.name}` waits for itself",
        of=of,
        expected="the names of other pipelines",
    )
    return True


def _is_date(text: str | None, context: LoweringContext) -> bool:
    if text is None or has_template(text):
        return True
    try:
        datetime.fromisoformat(text.strip())
    except ValueError:
        of = "start_date" if "start_date" in context.positions else "script_arguments"
        context.report(
            "DD263",
            f"`{text}` is no date",
            of=of,
            expected="a date such as `2026-01-01`, or `2026-01-01T10:00`, or a template that gives one",
        )
        return False
    return True


def _is_duration(text: str | None, context: LoweringContext) -> bool:
    if text is None:
        return True
    try:
        _seconds(text)
    except PropertyError as error:
        context.report("DD262", error.message, of="script_arguments", hint=error.hint)
        return False
    return True
