"""The run store, its read side.

A run whose process is dead is `interrupted`, whatever its row says: the process had no time to say so itself.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, false, func, select
from sqlalchemy.exc import DatabaseError

from dataduct.errors import StorageError, UserError
from dataduct.model.nearest import did_you_mean
from dataduct.model.verdict import CheckVerdict
from dataduct.runs.database import reason_of
from dataduct.runs.migrations import engine_name
from dataduct.runs.processes import is_dead
from dataduct.runs.records import Attempt, RecordedVerdict, Run, RunStatus, Statement, StepRun, StepStatus
from dataduct.runs.schema import attempts, runs, statements, step_runs, verdicts
from dataduct.runs.store import RunStore

_LISTED = [column for column in runs.c if column is not runs.c.plan]
_NEWEST_FIRST = (runs.c.started_at.desc(), runs.c.id.desc())
_SUGGESTED_FROM = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineSummary:
    """A pipeline as its runs show it.

    Attributes:
        runs: Number of runs in the store; `succeeded` and `failed` count those that ended so.
        latest: The run that started last, without its plan.
        last_succeeded_at: Start of the last run that succeeded, or None.
    """

    pipeline: str
    runs: int
    succeeded: int
    failed: int
    latest: Run
    last_succeeded_at: datetime | None = None


class RunQueries:
    """Questions about runs. All raise `StorageError` if the store cannot be read (DD647)."""

    def __init__(self, store: RunStore) -> None:
        self._engine = store.engine

    def recent_runs(
        self, pipeline: str | None = None, limit: int = 20, status: RunStatus | None = None
    ) -> list[Run]:
        """Return the newest runs, newest first, without their plans."""
        query = select(*_LISTED).order_by(*_NEWEST_FIRST)
        if pipeline is not None:
            query = query.where(runs.c.pipeline == pipeline)
        if status == "interrupted":
            query = query.where(runs.c.status.in_(("interrupted", "running")))
        elif status is not None:
            query = query.where(runs.c.status == status)
        if status not in ("interrupted", "running"):
            query = query.limit(limit)
        found: list[Run] = []
        with self._reading() as connection, connection.execute(query) as rows:
            for row in rows:
                if len(found) == limit:
                    break
                run = _run(row)
                if status is None or run.status == status:
                    found.append(run)
        return found

    def run(self, run_id: str) -> Run:
        """Return the run with this id, or the only one whose id begins so, with its plan.

        Raises:
            UserError: There is none (DD644), or several (DD648).
        """
        query = select(runs).where(_begins_with(run_id)).order_by(runs.c.id.desc()).limit(6)
        with self._reading() as connection:
            rows = connection.execute(query).all()
            if not rows:
                recent = connection.scalars(
                    select(runs.c.id).order_by(*_NEWEST_FIRST).limit(_SUGGESTED_FROM)
                ).all()
                raise UserError(
                    f"there is no run `{run_id}`",
                    code="DD644",
                    hint=did_you_mean(run_id, recent)
                    or (f"the newest run is `{recent[0]}`" if recent else None),
                )
        exact = [row for row in rows if row.id == run_id]
        if len(rows) > 1 and not exact:
            raise UserError(
                f"several runs begin with `{run_id}`",
                code="DD648",
                hint="give more of the id",
                details=tuple(f"{row.id}  {row.pipeline}  {row.run_date}" for row in rows[:5]),
            )
        return _run(exact[0] if exact else rows[0])

    def latest_run(self, pipeline: str, run_date: str | None = None) -> Run | None:
        """Return the newest run of the pipeline (for that run date), with its plan, or None."""
        return self._newest(_of(pipeline, run_date))

    def run_for(self, pipeline: str, run_date: str, mode: str | None) -> Run | None:
        """Return the newest run in `mode` whose run date agrees with `run_date`, without its plan, or None.

        A day agrees with every time of that day; two times agree if they are equal. A run of some steps only is not
        the pipeline's.
        """
        day, _, time = run_date.partition("T")
        agrees: ColumnElement[bool]
        if time:
            agrees = runs.c.run_date.in_((day, run_date))
        else:
            agrees = (runs.c.run_date == day) | runs.c.run_date.between(f"{day}T", f"{day}U")
        query = select(*_LISTED).where(runs.c.pipeline == pipeline, agrees, _whole_in(mode))
        return self._newest(query)

    def resumable_run(self, pipeline: str, run_date: str | None, mode: str | None) -> Run | None:
        """Return the newest run of the pipeline (for that run date) in `mode` if it did not end well, or None."""
        run = self._newest(_of(pipeline, run_date).where(_in(mode)))
        return run if run is not None and run.status in ("failed", "interrupted") else None

    def succeeded_run_dates(self, pipeline: str, mode: str | None) -> frozenset[str]:
        """Return the run dates for which a run of all the pipeline's steps has succeeded in `mode`."""
        query = select(runs.c.run_date).where(
            runs.c.pipeline == pipeline, runs.c.status == "succeeded", _whole_in(mode)
        )
        with self._reading() as connection:
            return frozenset(connection.scalars(query.distinct()))

    def steps(self, run_id: str) -> list[StepRun]:
        """Return the step runs of a run, in the order they were first saved."""
        query = select(step_runs).where(step_runs.c.run_id == run_id).order_by(step_runs.c.position)
        with self._reading() as connection:
            dead = _has_died(connection, run_id)
            return [
                StepRun(
                    run_id=row.run_id,
                    step=row.step,
                    step_type=row.step_type,
                    operation=row.operation,
                    status=_shown(row.status, dead),
                    attempts=row.attempts,
                    started_at=row.started_at,
                    finished_at=row.finished_at,
                    rows=row.rows,
                    bytes=row.bytes,
                    error=row.error,
                    fingerprint=row.fingerprint,
                )
                for row in connection.execute(query)
            ]

    def attempts(self, run_id: str, step: str) -> list[Attempt]:
        """Return the attempts of a step, first one first."""
        query = (
            select(attempts)
            .where(attempts.c.run_id == run_id, attempts.c.step == step)
            .order_by(attempts.c.number)
        )
        with self._reading() as connection:
            dead = _has_died(connection, run_id)
            found = [Attempt(**row) for row in connection.execute(query).mappings()]
        return [replace(attempt, status=_shown(attempt.status, dead)) for attempt in found]

    def statements(self, run_id: str, step: str) -> list[Statement]:
        """Return the SQL statements of a step, in the order of its attempts."""
        query = (
            select(statements)
            .where(statements.c.run_id == run_id, statements.c.step == step)
            .order_by(statements.c.attempt, statements.c.position)
        )
        with self._reading() as connection:
            return [
                Statement(
                    run_id=row.run_id,
                    step=row.step,
                    attempt=row.attempt,
                    position=row.position,
                    where=row.place,
                    text=row.text,
                    seconds=row.seconds,
                    rows=row.rows,
                )
                for row in connection.execute(query)
            ]

    def verdicts(self, run_id: str) -> list[RecordedVerdict]:
        """Return the verdicts of a run, in the order of its steps and their attempts."""
        query = (
            select(verdicts)
            .join(
                step_runs, (step_runs.c.run_id == verdicts.c.run_id) & (step_runs.c.step == verdicts.c.step)
            )
            .where(verdicts.c.run_id == run_id)
            .order_by(step_runs.c.position, verdicts.c.attempt, verdicts.c.position)
        )
        with self._reading() as connection:
            return [
                RecordedVerdict(
                    run_id=row.run_id,
                    step=row.step,
                    attempt=row.attempt,
                    verdict=CheckVerdict(
                        check=row.check_name,
                        passed=row.passed,
                        summary=row.summary,
                        figures=json.loads(row.figures),
                        examples=tuple(json.loads(row.examples)),
                    ),
                    measured_at=row.measured_at,
                )
                for row in connection.execute(query)
            ]

    def pipelines(self) -> list[PipelineSummary]:
        """Return a summary of every pipeline that has runs, by name."""
        with self._reading() as connection:
            counts: dict[str, dict[str, tuple[int, datetime]]] = {}
            for row in connection.execute(_outcomes()):
                counts.setdefault(row.pipeline, {})[row.status] = (row.runs, row.last_started_at)
            latest = {row.pipeline: _run(row) for row in connection.execute(_latest_of_each())}
        return [
            PipelineSummary(
                pipeline=pipeline,
                runs=sum(number for number, _ in by_status.values()),
                succeeded=by_status["succeeded"][0] if "succeeded" in by_status else 0,
                failed=by_status["failed"][0] if "failed" in by_status else 0,
                latest=latest[pipeline],
                last_succeeded_at=by_status["succeeded"][1] if "succeeded" in by_status else None,
            )
            for pipeline, by_status in sorted(counts.items())
        ]

    def _newest(self, query: Select[Any]) -> Run | None:
        with self._reading() as connection:
            row = connection.execute(query.order_by(*_NEWEST_FIRST).limit(1)).one_or_none()
        return None if row is None else _run(row)

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        try:
            with self._engine.connect() as connection:
                yield connection
        except DatabaseError as error:
            raise StorageError(
                f"the run store {engine_name(self._engine)} cannot be read: {reason_of(error)}",
                code="DD647",
            ) from error


def _of(pipeline: str, run_date: str | None) -> Select[Any]:
    query = select(runs).where(runs.c.pipeline == pipeline)
    return query if run_date is None else query.where(runs.c.run_date == run_date)


def _in(mode: str | None) -> ColumnElement[bool]:
    return runs.c.mode.is_(None) if mode is None else runs.c.mode == mode


def _whole_in(mode: str | None) -> ColumnElement[bool]:
    return _in(mode) & ~runs.c.partial


def _outcomes() -> Select[Any]:
    return select(
        runs.c.pipeline,
        runs.c.status,
        func.count().label("runs"),
        func.max(runs.c.started_at).label("last_started_at"),
    ).group_by(runs.c.pipeline, runs.c.status)


def _latest_of_each() -> Select[Any]:
    other = runs.alias("other")
    names = select(runs.c.pipeline).distinct().subquery("names")
    newest = (
        select(other.c.id)
        .where(other.c.pipeline == names.c.pipeline)
        .order_by(other.c.started_at.desc(), other.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    return select(*_LISTED).where(runs.c.id.in_(select(newest).select_from(names)))


def _begins_with(prefix: str) -> ColumnElement[bool]:
    if not prefix or not prefix.isascii():
        return false()
    following = prefix[:-1] + chr(ord(prefix[-1]) + 1)
    return (runs.c.id >= prefix) & (runs.c.id < following)


def _run(row: Row[Any]) -> Run:
    dead = row.status == "running" and is_dead(row.process)
    return Run(
        id=row.id,
        pipeline=row.pipeline,
        run_date=row.run_date,
        status="interrupted" if dead else row.status,
        started_at=row.started_at,
        finished_at=row.finished_at,
        error=row.error,
        process=row.process,
        plan=getattr(row, "plan", None),
        mode=row.mode,
        partial=row.partial,
    )


def _has_died(connection: Connection, run_id: str) -> bool:
    row = connection.execute(select(runs.c.status, runs.c.process).where(runs.c.id == run_id)).one_or_none()
    return row is not None and row.status == "running" and is_dead(row.process)


def _shown(status: StepStatus, dead: bool) -> StepStatus:
    return "interrupted" if dead and status == "running" else status
