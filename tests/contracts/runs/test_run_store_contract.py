"""What every run store must do, whatever database it is kept in."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dataduct.errors import StorageError, UserError
from dataduct.model.verdict import CheckVerdict
from dataduct.runs.processes import current_process
from dataduct.runs.queries import RunQueries
from dataduct.runs.records import Attempt, RecordedVerdict, Run, Statement, StepRun
from dataduct.runs.store import RunStore, new_run_id, open_store

NOON = datetime(2026, 1, 1, 12, 0, 0, 123456, tzinfo=UTC)
DEAD = current_process().rsplit(":", 1)[0] + ":long-ago"


def a_run(number: int = 0, **changes: object) -> Run:
    start = NOON + timedelta(minutes=number)
    run = Run(
        id=f"{start:%Y%m%dT%H%M%S}-ab{number:02d}",
        pipeline="courses",
        run_date="2026-01-01",
        status="running",
        started_at=start,
        process=current_process(),
    )
    return replace(run, **changes)


def a_step(run: Run, step: str = "load", **changes: object) -> StepRun:
    return replace(
        StepRun(run_id=run.id, step=step, step_type="load", operation="load-table", status="running"),
        **changes,
    )


def an_attempt(run: Run, step: str = "load", number: int = 1) -> Attempt:
    return Attempt(run_id=run.id, step=step, number=number, status="running", started_at=NOON)


def started(store: RunStore, run: Run, *steps: str) -> Run:
    """Store a run with an attempt of each step under way."""
    store.start_run(run)
    for step in steps:
        store.save_step(a_step(run, step, attempts=1, started_at=NOON))
        store.start_attempt(an_attempt(run, step))
    return run


class TestRuns:
    def test_a_run_comes_back_as_it_was_stored(self, store: RunStore, queries: RunQueries) -> None:
        run = a_run(plan='{"pipeline": "courses", "steps": [1, 2.5, null, true]}')
        store.start_run(run)
        assert queries.run(run.id) == run

    def test_a_plan_without_secrets_stays_as_it_was_written(
        self, store: RunStore, queries: RunQueries
    ) -> None:
        run = a_run(plan='{"rate":1.50,  "note": "\\u00e9"}')
        store.start_run(run)
        assert queries.run(run.id).plan == run.plan

    def test_times_are_utc_whatever_zone_they_were_given_in(
        self, store: RunStore, queries: RunQueries
    ) -> None:
        local = NOON.astimezone(timezone(timedelta(hours=5, minutes=30)))
        store.start_run(a_run(started_at=local))
        kept = queries.run(a_run().id).started_at
        assert kept == NOON
        assert kept.utcoffset() == timedelta(0)

    def test_a_finished_run_says_how_and_when(self, store: RunStore, queries: RunQueries) -> None:
        run = started(store, a_run())
        store.finish_run(run.id, "failed", "step load failed", NOON)
        assert queries.run(run.id) == replace(
            run, status="failed", error="step load failed", finished_at=NOON
        )

    def test_the_same_id_cannot_be_stored_twice(self, store: RunStore) -> None:
        store.start_run(a_run())
        with pytest.raises(StorageError) as caught:
            store.start_run(a_run())
        assert caught.value.code == "DD642"

    def test_ids_sort_by_start_and_differ_within_a_second(self) -> None:
        early, late = new_run_id(NOON), new_run_id(NOON + timedelta(seconds=1))
        assert early.startswith("20260101T120000-")
        assert early < late
        assert len({new_run_id(NOON) for _ in range(50)}) > 45


class TestListing:
    def test_newest_first_and_no_more_than_the_limit(self, store: RunStore, queries: RunQueries) -> None:
        for number in range(5):
            store.start_run(a_run(number, status="succeeded", plan="{}"))
        listed = queries.recent_runs(limit=3)
        assert [run.id for run in listed] == [a_run(number).id for number in (4, 3, 2)]
        assert [run.plan for run in listed] == [None] * 3

    def test_of_one_pipeline_and_one_status(self, store: RunStore, queries: RunQueries) -> None:
        store.start_run(a_run(1, status="failed"))
        store.start_run(a_run(2, status="succeeded"))
        store.start_run(a_run(3, status="failed", pipeline="grades"))
        assert [run.id for run in queries.recent_runs("courses")] == [a_run(2).id, a_run(1).id]
        assert [run.id for run in queries.recent_runs(status="failed")] == [a_run(3).id, a_run(1).id]
        assert [run.id for run in queries.recent_runs("courses", status="failed")] == [a_run(1).id]
        assert queries.recent_runs("nothing") == []

    def test_latest_run_of_a_pipeline_and_of_a_run_date(self, store: RunStore, queries: RunQueries) -> None:
        store.start_run(a_run(1, run_date="2026-01-01", plan='{"a": 1}'))
        store.start_run(a_run(2, run_date="2026-01-02"))
        assert queries.latest_run("courses") == a_run(2, run_date="2026-01-02")
        assert queries.latest_run("courses", "2026-01-01") == a_run(1, plan='{"a": 1}')
        assert queries.latest_run("courses", "2025-12-31") is None

    def test_pipelines_with_their_figures(self, store: RunStore, queries: RunQueries) -> None:
        store.start_run(a_run(1, status="succeeded"))
        store.start_run(a_run(2, status="succeeded"))
        store.start_run(a_run(3, status="failed"))
        store.start_run(a_run(4, pipeline="attendance"))
        attendance, courses = queries.pipelines()
        assert (courses.pipeline, courses.runs, courses.succeeded, courses.failed) == ("courses", 3, 2, 1)
        assert courses.latest == a_run(3, status="failed")
        assert courses.last_succeeded_at == a_run(2).started_at
        assert (attendance.pipeline, attendance.runs, attendance.last_succeeded_at) == ("attendance", 1, None)

    def test_an_empty_store_lists_nothing(self, queries: RunQueries) -> None:
        assert queries.recent_runs() == []
        assert queries.pipelines() == []
        assert queries.steps("20260101T120000-ab00") == []


class TestFindingByPrefix:
    def test_a_unique_beginning_is_enough(self, store: RunStore, queries: RunQueries) -> None:
        store.start_run(a_run(1))
        store.start_run(a_run(2))
        assert queries.run("20260101T1202").id == a_run(2).id

    def test_a_whole_id_wins_over_longer_ones(self, store: RunStore, queries: RunQueries) -> None:
        store.start_run(a_run(id="20260101T120000-aa"))
        store.start_run(a_run(id="20260101T120000-aab"))
        assert queries.run("20260101T120000-aa").id == "20260101T120000-aa"

    def test_an_ambiguous_beginning_lists_the_candidates(self, store: RunStore, queries: RunQueries) -> None:
        for number in (1, 2):
            store.start_run(a_run(number))
        with pytest.raises(UserError) as caught:
            queries.run("2026")
        assert caught.value.code == "DD648"
        assert [line.split()[0] for line in caught.value.details] == [a_run(2).id, a_run(1).id]

    @pytest.mark.parametrize("written", ["20260101T120100-ab02", "", "%", "9\U0010ffff"])
    def test_an_unknown_id_is_an_error(self, store: RunStore, queries: RunQueries, written: str) -> None:
        store.start_run(a_run(1))
        with pytest.raises(UserError) as caught:
            queries.run(written)
        assert caught.value.code == "DD644"

    def test_an_unknown_id_comes_with_the_nearest(self, store: RunStore, queries: RunQueries) -> None:
        store.start_run(a_run(1))
        with pytest.raises(UserError) as caught:
            queries.run("20260101T120100-ab02")
        assert caught.value.hint == f"did you mean `{a_run(1).id}`?"


class TestSteps:
    def test_steps_keep_the_order_of_their_first_save(self, store: RunStore, queries: RunQueries) -> None:
        run = started(store, a_run())
        for step in ("zeta", "alpha", "middle"):
            store.save_step(a_step(run, step, status="pending"))
        store.save_step(a_step(run, "zeta", status="succeeded"))
        assert [(row.step, row.status) for row in queries.steps(run.id)] == [
            ("zeta", "succeeded"),
            ("alpha", "pending"),
            ("middle", "pending"),
        ]

    def test_saving_again_replaces_every_figure(self, store: RunStore, queries: RunQueries) -> None:
        run = started(store, a_run())
        store.save_step(a_step(run, rows=1, bytes=2, error="first"))
        last = a_step(run, status="succeeded", attempts=2, started_at=NOON, finished_at=NOON, rows=2**40)
        store.save_step(last)
        assert queries.steps(run.id) == [last]

    def test_attempts_in_order_with_their_outcome(self, store: RunStore, queries: RunQueries) -> None:
        run = started(store, a_run(), "load")
        store.finish_attempt(run.id, "load", 1, "failed", at=NOON, error_code="DD701", error="no connection")
        store.start_attempt(an_attempt(run, number=2))
        first, second = queries.attempts(run.id, "load")
        assert (first.status, first.error_code, first.error) == ("failed", "DD701", "no connection")
        assert first.finished_at == NOON
        assert second == an_attempt(run, number=2)

    def test_what_is_stored_together_is_stored_as_a_whole(self, store: RunStore, queries: RunQueries) -> None:
        run = started(store, a_run())
        with store.together():
            store.save_step(a_step(run, attempts=1))
            store.start_attempt(an_attempt(run))
        assert queries.attempts(run.id, "load") == [an_attempt(run)]
        with pytest.raises(RuntimeError, match="stopped"), store.together():
            store.save_step(a_step(run, status="succeeded", attempts=1))
            store.finish_attempt(run.id, "load", 1, "succeeded", at=NOON)
            raise RuntimeError("stopped")
        assert queries.steps(run.id) == [a_step(run, attempts=1)]
        assert queries.attempts(run.id, "load") == [an_attempt(run)]
        store.save_step(a_step(run, "next"))
        assert [row.step for row in queries.steps(run.id)] == ["load", "next"]

    def test_an_attempt_needs_its_step(self, store: RunStore) -> None:
        started(store, a_run())
        with pytest.raises(StorageError):
            store.start_attempt(an_attempt(a_run(), "nowhere"))

    def test_statements_in_the_order_of_attempts(self, store: RunStore, queries: RunQueries) -> None:
        run = started(store, a_run(), "load")
        store.start_attempt(an_attempt(run, number=2))
        added = [
            Statement(
                run_id=run.id,
                step="load",
                attempt=attempt,
                position=position,
                where="warehouse",
                text=f"SELECT {position} -- é",
                seconds=0.25,
                rows=position,
            )
            for attempt, position in ((2, 1), (1, 2), (1, 1))
        ]
        for statement in added:
            store.add_statement(statement)
        assert queries.statements(run.id, "load") == list(reversed(added))

    def test_several_verdicts_of_one_attempt(self, store: RunStore, queries: RunQueries) -> None:
        run = started(store, a_run(), "second", "first")
        recorded = [
            RecordedVerdict(
                run_id=run.id,
                step=step,
                attempt=1,
                verdict=CheckVerdict(
                    check="count",
                    passed=number == 1,
                    summary=f"{number} of 3",
                    figures={"rows": number, "share": 0.5, "note": "é", "none": None},
                    examples=({"id": "1", "name": None},),
                ),
                measured_at=NOON,
            )
            for step, number in (("second", 1), ("second", 2), ("first", 3))
        ]
        for verdict in (recorded[2], recorded[0], recorded[1]):
            store.add_verdict(verdict)
        assert queries.verdicts(run.id) == recorded


class TestDeadProcesses:
    def test_a_run_whose_process_died_is_interrupted(self, store: RunStore, queries: RunQueries) -> None:
        run = started(store, a_run(process=DEAD), "load")
        assert queries.run(run.id).status == "interrupted"
        assert [step.status for step in queries.steps(run.id)] == ["interrupted"]
        assert [attempt.status for attempt in queries.attempts(run.id, "load")] == ["interrupted"]
        assert [found.id for found in queries.recent_runs(status="interrupted")] == [run.id]
        assert queries.recent_runs(status="running") == []
        assert queries.pipelines()[0].latest.status == "interrupted"

    def test_a_run_of_a_living_process_is_running(self, store: RunStore, queries: RunQueries) -> None:
        run = started(store, a_run(), "load")
        assert queries.run(run.id).status == "running"
        assert [step.status for step in queries.steps(run.id)] == ["running"]
        assert queries.recent_runs(status="interrupted") == []

    def test_the_limit_counts_what_is_shown(self, store: RunStore, queries: RunQueries) -> None:
        store.start_run(a_run(1, process=DEAD))
        store.start_run(a_run(2, status="interrupted"))
        for number in (3, 4, 5):
            store.start_run(a_run(number))
        assert [run.id for run in queries.recent_runs(limit=1, status="interrupted")] == [a_run(2).id]
        assert len(queries.recent_runs(limit=9, status="interrupted")) == 2


class TestResuming:
    def test_what_a_dead_process_left_running_becomes_interrupted(
        self, store: RunStore, queries: RunQueries
    ) -> None:
        run = started(store, a_run(process=DEAD), "done", "load")
        store.save_step(a_step(run, "done", status="succeeded"))
        store.resume_run(run.id, current_process())
        resumed = queries.run(run.id)
        assert (resumed.status, resumed.process) == ("running", current_process())
        assert [step.status for step in queries.steps(run.id)] == ["succeeded", "interrupted"]
        assert [attempt.status for attempt in queries.attempts(run.id, "load")] == ["interrupted"]

    def test_the_outcome_before_is_forgotten(self, store: RunStore, queries: RunQueries) -> None:
        run = started(store, a_run())
        store.finish_run(run.id, "failed", "no", NOON)
        store.resume_run(run.id, current_process())
        assert queries.run(run.id) == run

    def test_a_run_that_lives_is_not_resumed(self, store: RunStore) -> None:
        run = started(store, a_run())
        with pytest.raises(UserError) as caught:
            store.resume_run(run.id, current_process())
        assert caught.value.code == "DD645"

    def test_nor_one_that_does_not_exist(self, store: RunStore) -> None:
        with pytest.raises(UserError) as caught:
            store.resume_run("20260101T000000-zzzz", current_process())
        assert caught.value.code == "DD644"

    @pytest.mark.parametrize(
        ("status", "resumable"),
        [("failed", True), ("interrupted", True), ("succeeded", False), ("running", False)],
    )
    def test_only_the_latest_run_counts(
        self, store: RunStore, queries: RunQueries, status: str, resumable: bool
    ) -> None:
        store.start_run(a_run(1, status="failed"))
        store.start_run(a_run(2, status=status))
        found = queries.resumable_run("courses", None, None)
        assert (found.id if found else None) == (a_run(2).id if resumable else None)

    def test_of_one_run_date(self, store: RunStore, queries: RunQueries) -> None:
        store.start_run(a_run(1, status="failed", run_date="2026-01-01"))
        store.start_run(a_run(2, status="succeeded", run_date="2026-01-02"))
        found = queries.resumable_run("courses", "2026-01-01", None)
        assert found is not None
        assert found.id == a_run(1).id

    def test_of_one_mode(self, store: RunStore, queries: RunQueries) -> None:
        store.start_run(a_run(1, status="failed", mode="test"))
        store.start_run(a_run(2, status="succeeded"))
        found = queries.resumable_run("courses", None, "test")
        assert found is not None
        assert (found.id, found.mode) == (a_run(1).id, "test")
        assert queries.resumable_run("courses", None, None) is None


class TestRunsThatCount:
    def test_another_mode_does_not(self, store: RunStore, queries: RunQueries) -> None:
        store.start_run(a_run(1, status="succeeded", mode="test"))
        assert queries.succeeded_run_dates("courses", None) == frozenset()
        assert queries.succeeded_run_dates("courses", "test") == {"2026-01-01"}
        assert queries.run_for("courses", "2026-01-01", None) is None
        assert queries.run_for("courses", "2026-01-01", "test") == a_run(1, status="succeeded", mode="test")

    def test_a_run_of_some_steps_does_not(self, store: RunStore, queries: RunQueries) -> None:
        store.start_run(a_run(1, status="succeeded"))
        store.start_run(a_run(2, status="succeeded", run_date="2026-01-02", partial=True))
        assert queries.succeeded_run_dates("courses", None) == {"2026-01-01"}
        assert queries.run_for("courses", "2026-01-02", None) is None
        assert queries.run(a_run(2).id).partial

    def test_a_run_may_become_whole_when_it_is_resumed(self, store: RunStore, queries: RunQueries) -> None:
        store.start_run(a_run(1, status="failed", partial=True))
        store.resume_run(a_run(1).id, current_process())
        assert not queries.run(a_run(1).id).partial


class TestMarking:
    def test_a_run_that_is_over_stays_as_it_ended(self, store: RunStore, queries: RunQueries) -> None:
        store.start_run(a_run(1))
        store.mark_run(a_run(1).id, "incomplete")
        assert queries.run(a_run(1).id).status == "incomplete"
        store.finish_run(a_run(1).id, "failed", "no", NOON)
        store.mark_run(a_run(1).id, "incomplete")
        assert queries.run(a_run(1).id).status == "failed"


class TestSecrets:
    def test_no_text_is_stored_with_a_secret_in_it(self, store: RunStore, queries: RunQueries) -> None:
        run = started(store, a_run(plan=json.dumps({"url": "db://u:hunter2@h", "port": 5432})), "load")
        store.save_step(a_step(run, error="hunter2 refused"))
        store.finish_attempt(run.id, "load", 1, "failed", at=NOON, error="hunter2 refused")
        store.add_statement(
            Statement(
                run_id=run.id,
                step="load",
                attempt=1,
                position=1,
                where="shop",
                text="SET p='hunter2'",
                seconds=0,
            )
        )
        verdict = CheckVerdict(
            check="count",
            passed=False,
            summary="hunter2",
            figures={"key": "hunter2"},
            examples=({"id": "hunter2"},),
        )
        store.add_verdict(
            RecordedVerdict(run_id=run.id, step="load", attempt=1, verdict=verdict, measured_at=NOON)
        )
        store.finish_run(run.id, "failed", "hunter2 refused", NOON)
        kept = [
            queries.run(run.id),
            queries.steps(run.id),
            queries.attempts(run.id, "load"),
            queries.statements(run.id, "load"),
            queries.verdicts(run.id),
        ]
        assert "hunter2" not in repr(kept)
        assert repr(kept).count("***") == 8
        assert json.loads(queries.run(run.id).plan or "") == {"url": "db://u:***@h", "port": 5432}


def test_text_that_is_no_unicode_is_stored_in_a_readable_form(store: RunStore, queries: RunQueries) -> None:
    run = started(store, a_run())
    store.finish_run(run.id, "failed", "no file \udce9t\udce9\0", NOON)
    assert queries.run(run.id).error == "no file \\udce9t\\udce9\ufffd"


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    error=st.none() | st.text(st.characters(codec="utf-8", exclude_characters="\0")),
    rows=st.none() | st.integers(0, 2**62),
    moment=st.datetimes(timezones=st.just(UTC), min_value=datetime(1970, 1, 2)),
)
def test_whatever_a_step_run_holds_comes_back(
    location: str, error: str | None, rows: int | None, moment: datetime
) -> None:
    store = open_store(location)
    try:
        run = a_run(id=new_run_id(moment) + str(hash((error, rows))), started_at=moment)
        store.start_run(run)
        step = a_step(run, error=error, rows=rows, finished_at=moment)
        store.save_step(step)
        assert RunQueries(store).steps(run.id) == [step]
    finally:
        store.close()
