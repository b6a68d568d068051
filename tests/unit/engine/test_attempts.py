"""Retries, timeouts and what is recorded of attempts."""

import re
from collections.abc import Callable

import pytest
from engine_bench import Bench, PlanBuilder

from dataduct.config.settings import EngineSettings
from dataduct.engine.attempts import RetryPolicy
from dataduct.engine.context import AttemptContext, Outcome
from dataduct.errors import (
    CheckFailedError,
    CommandFailedError,
    DataductError,
    DataError,
    LockTimeoutError,
    SchemaMismatchError,
    SourceError,
    SqlError,
    StepTimeoutError,
    TransientError,
    UserError,
)
from dataduct.model.verdict import CheckVerdict
from dataduct.runs.events import StepProgress, StepRetrying

BAD = CheckFailedError(CheckVerdict(check="count", passed=False, summary="bad"))


def policy(step_retries: int | None = None, pipeline_retries: int | None = None) -> RetryPolicy:
    step = PlanBuilder.step("a", max_retries=step_retries)
    return RetryPolicy.of_step(step, pipeline_retries, EngineSettings(max_retries=7))


@pytest.mark.parametrize(
    ("error", "by_default", "if_asked"),
    [
        (TransientError("x"), True, True),
        (CommandFailedError("x"), False, True),
        (StepTimeoutError("x"), False, True),
        (SourceError("x"), False, True),
        (LockTimeoutError("x"), False, False),
        (SqlError("x"), False, False),
        (DataError("x"), False, False),
        (SchemaMismatchError("x"), False, False),
        (BAD, False, False),
        (UserError("x"), False, False),
        (DataductError("x"), False, False),
    ],
)
def test_which_failures_are_tried_again(error: DataductError, by_default: bool, if_asked: bool) -> None:
    assert policy().retries(error) == by_default
    assert policy(step_retries=1).retries(error) == if_asked
    assert policy(pipeline_retries=1).retries(error) == if_asked


def test_the_step_s_number_of_retries_goes_before_the_pipeline_s_and_the_settings() -> None:
    assert policy().max_retries == 7
    assert policy(pipeline_retries=3).max_retries == 3
    assert policy(step_retries=0, pipeline_retries=3).max_retries == 0


def test_pauses_double_up_to_the_limit() -> None:
    waits = RetryPolicy(max_retries=9, any_failure=False, delay_seconds=1.0, delay_limit_seconds=10.0)
    for failures, shortest in ((1, 1.0), (2, 2.0), (3, 4.0)):
        assert shortest <= waits.pause(failures) <= shortest * 1.5
    assert waits.pause(5) == waits.pause(10_000) == 10.0


@pytest.fixture
def handling(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[int]]:
    """Let attempts raise the given errors, one each, and then succeed; return the attempts made."""

    def script(*errors: BaseException) -> list[int]:
        made: list[int] = []

        def handle(operation: object, attempt: AttemptContext) -> Outcome:
            made.append(attempt.number)
            if len(made) <= len(errors):
                raise errors[len(made) - 1]
            return Outcome(rows=5, bytes=10)

        monkeypatch.setattr("dataduct.engine.attempts.handle", handle)
        return made

    return script


def test_a_transient_failure_is_tried_again(bench: Bench, build: PlanBuilder, handling) -> None:
    made = handling(TransientError("lost"), TransientError("lost again"))
    result = bench.run(build.plan(build.command("a", "true")))
    assert result.status == "succeeded"
    assert made == [1, 2, 3]
    retries = [event for event in bench.events if isinstance(event, StepRetrying)]
    assert [(event.attempt, event.error) for event in retries] == [(1, "lost"), (2, "lost again")]
    attempts = bench.queries.attempts("run-1", "a")
    assert [(each.number, each.status, each.error) for each in attempts] == [
        (1, "failed", "lost"),
        (2, "failed", "lost again"),
        (3, "succeeded", None),
    ]
    (step,) = bench.queries.steps("run-1")
    assert (step.attempts, step.rows, step.bytes) == (3, 5, 10)


def test_retries_end(bench: Bench, build: PlanBuilder, handling) -> None:
    made = handling(*(TransientError("lost") for _ in range(9)))
    assert bench.run(build.plan(build.command("a", "true"))).status == "failed"
    assert made == [1, 2, 3]


def test_attempts_of_a_resumed_run_are_counted_on(bench: Bench, build: PlanBuilder, handling) -> None:
    plan = build.plan(build.command("a", "true"))
    handling(SqlError("no"))
    bench.run(plan)
    made = handling(TransientError("lost"))
    bench.run(plan, resume=True)
    assert made == [2, 3]


def test_a_command_is_tried_again_only_if_asked(bench: Bench, build: PlanBuilder) -> None:
    flaky = 'test "$DATADUCT_ATTEMPT" = 2'
    assert bench.run(build.plan(build.command("a", flaky))).status == "failed"
    assert (
        bench.run(build.plan(build.command("a", flaky, max_retries=1)), run_id="run-2").status == "succeeded"
    )
    assert (
        bench.run(build.plan(build.command("a", flaky), max_retries=1), run_id="run-3").status == "succeeded"
    )


def test_a_step_that_takes_too_long_is_stopped(bench: Bench, build: PlanBuilder) -> None:
    result = bench.run(build.plan(build.command("slow", "sleep 100", timeout=0.2)))
    assert isinstance(result.error, StepTimeoutError)
    assert result.error.message == "step `slow` took longer than its timeout of 0.2 seconds"
    assert bench.finished("slow").seconds < 8


def test_an_unexpected_failure_goes_to_the_log_and_not_to_the_terminal(
    bench: Bench, build: PlanBuilder, handling
) -> None:
    handling(ZeroDivisionError("the cause"))
    result = bench.run(build.plan(build.command("a", "true")))
    assert result.error is not None
    assert result.error.code == "DD901"
    assert "Traceback" not in result.error.message
    assert bench.finished("a").log_file is not None
    assert str(bench.finished("a").log_file) in result.error.message
    assert "ZeroDivisionError: the cause" in bench.log("a")
    assert bench.queries.attempts("run-1", "a")[0].error_code == "DD901"


def test_no_secret_is_shown_or_stored(bench: Bench, build: PlanBuilder) -> None:
    project = bench.project
    project.secrets.add("hunter22")
    plan = build.plan(build.command("a", "echo hunter22; exit 1"))
    from dataduct.engine.engine import RunOptions, run_plan
    from dataduct.engine.workbench import Workbench

    with Workbench(project) as workbench:
        run_plan(
            plan, workbench, bench.store, options=RunOptions(run_id="run-1"), listener=bench.events.append
        )
    assert bench.finished("a").details == ("***",)
    assert "hunter22" not in bench.log("a")


def test_progress_is_told_at_most_four_times_a_second(
    bench: Bench, build: PlanBuilder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def handle(operation: object, attempt: AttemptContext) -> Outcome:
        for rows in range(10_000):
            attempt.progress(rows, rows)
        return Outcome()

    monkeypatch.setattr("dataduct.engine.attempts.handle", handle)
    bench.run(build.plan(build.command("a", "true")))
    told = [event for event in bench.events if isinstance(event, StepProgress)]
    assert 1 <= len(told) <= 4
    assert told[0].rows == 0


def test_a_lost_source_is_named(bench: Bench, build: PlanBuilder) -> None:
    bench.source.unlink()
    result = bench.run(build.plan(build.extract()))
    assert isinstance(result.error, SourceError)
    assert re.search(r"no SQLite database .*shop\.db", result.error.message)


def test_an_unknown_connection_is_named(bench: Bench, build: PlanBuilder) -> None:
    bench.settings["connections"] = {"shops": {"type": "sqlite", "path": "shop.db"}}
    result = bench.run(build.plan(build.extract()))
    assert result.error is not None
    assert (result.error.code, result.error.hint) == ("DD932", "did you mean `shops`?")
