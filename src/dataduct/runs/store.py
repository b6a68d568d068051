"""The run store, its write side. `dataduct.runs.queries` reads it.

Every method is one short transaction, or part of one that `together` makes, so a process killed at any moment leaves a
store that others read.
"""

import json
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Literal, NoReturn

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Engine,
    Insert,
    Table,
    Update,
    bindparam,
    func,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DatabaseError

from dataduct.errors import LockTimeoutError, StorageError, UserError
from dataduct.runs.database import LOCK_SECONDS, open_database, reason_of, remedy
from dataduct.runs.migrations import engine_name
from dataduct.runs.processes import is_dead
from dataduct.runs.records import Attempt, RecordedVerdict, Run, RunStatus, Statement, StepRun, StepStatus
from dataduct.runs.schema import attempts, runs, statements, step_runs, verdicts

_ID_CHARACTERS = "23456789abcdefghjkmnpqrstvwxyz"


def new_run_id(now: datetime) -> str:
    """Return an id for a run that starts at `now`: sortable by start, `20260101T013000-k3f9`."""
    suffix = "".join(secrets.choice(_ID_CHARACTERS) for _ in range(4))
    return f"{now.astimezone(UTC):%Y%m%dT%H%M%S}-{suffix}"


class RunStore:
    """What happened, in a database. Threads and processes may share one; `open_store` makes it.

    Every text that may hold a secret goes through `redact` before it is stored.

    All methods raise `StorageError` if the store cannot be written (DD642) and `LockTimeoutError` if another
    process held it for too long (DD643).
    """

    def __init__(self, engine: Engine, redact: Callable[[str], str] = str) -> None:
        self.engine = engine
        self._writer = engine.execution_options(writes=True)
        self._redactor = redact
        self._writing = threading.Lock()
        self._of_thread = threading.local()

    @contextmanager
    def together(self) -> Iterator[None]:
        """Store what this thread stores in the block in one transaction: all of it or nothing. Keep the block short.

        A block inside another is part of that one.
        """
        if getattr(self._of_thread, "connection", None) is not None:
            yield
            return
        with self._transaction() as connection:
            self._of_thread.connection = connection
            try:
                yield
            finally:
                self._of_thread.connection = None

    def start_run(self, run: Run) -> None:
        """Store a new run."""
        with self._transaction() as connection:
            connection.execute(
                runs.insert().values(
                    id=run.id,
                    pipeline=run.pipeline,
                    run_date=run.run_date,
                    status=run.status,
                    started_at=run.started_at,
                    finished_at=run.finished_at,
                    error=self._redacted(run.error),
                    process=run.process,
                    plan=None if run.plan is None else self._redacted_json(run.plan),
                    mode=run.mode,
                    partial=run.partial,
                )
            )

    def resume_run(self, run_id: str, process: str, *, partial: bool = False) -> None:
        """Make the run `running` again, in `process`; steps left running by a dead one become `interrupted`.

        Of two processes that resume one run, one does. `partial` says whether it now leaves out steps of the plan.

        Raises:
            UserError: There is no such run (DD644), or a living process still runs it (DD645).
        """
        with self._transaction() as connection:
            row = connection.execute(
                select(runs.c.status, runs.c.process).where(runs.c.id == run_id).with_for_update()
            ).one_or_none()
            if row is None:
                raise UserError(f"there is no run `{run_id}`", code="DD644")
            if row.status == "running" and not is_dead(row.process):
                raise UserError(
                    f"run `{run_id}` is still running (process {row.process})",
                    code="DD645",
                    hint="wait until it ends, or stop that process first",
                )
            connection.execute(
                update(runs)
                .where(runs.c.id == run_id)
                .values(status="running", process=process, finished_at=None, error=None, partial=partial)
            )
            for table in (step_runs, attempts):
                connection.execute(
                    update(table)
                    .where(table.c.run_id == run_id, table.c.status == "running")
                    .values(status="interrupted")
                )

    def mark_run(self, run_id: str, status: Literal["running", "incomplete"]) -> None:
        """Store how a run that is not over stands: whether one of its steps is under way."""
        with self._transaction() as connection:
            connection.execute(
                update(runs)
                .where(runs.c.id == run_id, runs.c.status.in_(("running", "incomplete")))
                .values(status=status)
            )

    def finish_run(self, run_id: str, status: RunStatus, error: str | None, at: datetime) -> None:
        """Store how the run ended."""
        with self._transaction() as connection:
            connection.execute(
                update(runs)
                .where(runs.c.id == run_id)
                .values(status=status, error=self._redacted(error), finished_at=at)
            )

    def save_step(self, step_run: StepRun) -> None:
        """Store the step run in place of its earlier state; steps keep the order of their first save."""
        values = {
            "run_id": step_run.run_id,
            "step": step_run.step,
            "step_type": step_run.step_type,
            "operation": step_run.operation,
            "status": step_run.status,
            "attempts": step_run.attempts,
            "started_at": step_run.started_at,
            "finished_at": step_run.finished_at,
            "rows": step_run.rows,
            "bytes": step_run.bytes,
            "error": self._redacted(step_run.error),
            "fingerprint": step_run.fingerprint,
        }
        with self._transaction() as connection:
            connection.execute(
                _save_step(self.engine.dialect.name), {f"new_{name}": value for name, value in values.items()}
            )

    def start_attempt(self, attempt: Attempt) -> None:
        """Store a new attempt of a step that was saved before."""
        with self._transaction() as connection:
            connection.execute(
                attempts.insert(),
                {
                    "run_id": attempt.run_id,
                    "step": attempt.step,
                    "number": attempt.number,
                    "status": attempt.status,
                    "started_at": attempt.started_at,
                    "finished_at": attempt.finished_at,
                    "error_code": attempt.error_code,
                    "error": self._redacted(attempt.error),
                    "log_file": attempt.log_file,
                },
            )

    def finish_attempt(
        self,
        run_id: str,
        step: str,
        number: int,
        status: StepStatus,
        *,
        at: datetime,
        error_code: str | None = None,
        error: str | None = None,
    ) -> None:
        """Store how attempt `number` of the step ended."""
        with self._transaction() as connection:
            connection.execute(
                _finish_attempt(),
                {
                    "of_run": run_id,
                    "of_step": step,
                    "of_number": number,
                    "new_status": status,
                    "new_finished_at": at,
                    "new_error_code": error_code,
                    "new_error": self._redacted(error),
                },
            )

    def add_statement(self, statement: Statement) -> None:
        """Store an SQL statement of an attempt."""
        with self._transaction() as connection:
            connection.execute(
                statements.insert(),
                {
                    "run_id": statement.run_id,
                    "step": statement.step,
                    "attempt": statement.attempt,
                    "position": statement.position,
                    "place": statement.where,
                    "text": self._redact(statement.text),
                    "seconds": statement.seconds,
                    "rows": statement.rows,
                },
            )

    def add_verdict(self, recorded: RecordedVerdict) -> None:
        """Store a verdict of an attempt; an attempt may have several."""
        verdict = recorded.verdict
        position = _next_position(
            verdicts,
            (verdicts.c.run_id == recorded.run_id)
            & (verdicts.c.step == recorded.step)
            & (verdicts.c.attempt == recorded.attempt),
        )
        with self._transaction() as connection:
            connection.execute(
                verdicts.insert().values(
                    run_id=recorded.run_id,
                    step=recorded.step,
                    attempt=recorded.attempt,
                    position=position,
                    check_name=verdict.check,
                    passed=verdict.passed,
                    summary=self._redact(verdict.summary),
                    figures=self._redacted_json(json.dumps(verdict.figures)),
                    examples=self._redacted_json(json.dumps(verdict.examples)),
                    measured_at=recorded.measured_at,
                )
            )

    def close(self) -> None:
        """Release the database."""
        self.engine.dispose()

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        surrounding: Connection | None = getattr(self._of_thread, "connection", None)
        if surrounding is not None:
            yield surrounding
            return
        with self._writing:
            try:
                with self._writer.begin() as connection:
                    yield connection
            except DatabaseError as error:
                _raise_write_error(self.engine, error)

    def _redact(self, text: str) -> str:
        """Return `text` without secrets, and without what no database takes as text."""
        storable = self._redactor(text).replace("\0", "\ufffd")
        return storable.encode("utf-8", "backslashreplace").decode("utf-8")

    def _redacted(self, text: str | None) -> str | None:
        return None if text is None else self._redact(text)

    def _redacted_json(self, text: str) -> str:
        """Redact the texts inside a JSON document; one without secrets stays as it is written."""
        try:
            document = json.loads(text)
        except ValueError:
            return self._redact(text)
        redacted = self._redacted_value(document)
        return text if redacted == document else json.dumps(redacted, ensure_ascii=False)

    def _redacted_value(self, value: object) -> object:
        match value:
            case str():
                return self._redact(value)
            case list():
                return [self._redacted_value(item) for item in value]
            case dict():
                return {key: self._redacted_value(item) for key, item in value.items()}
            case _:
                return value


def open_store(
    path_or_url: str | Path, *, redact: Callable[[str], str] = str, lock_seconds: float = LOCK_SECONDS
) -> RunStore:
    """Open the run store at a path (SQLite) or URL, creating or migrating it.

    Args:
        path_or_url: Where the store is; the directories of a path are made.
        redact: Applied to every text that is stored.
        lock_seconds: Longest time to wait for another process that writes.

    Raises:
        StorageError: It cannot be opened (DD641).
        UserError: A newer Dataduct wrote it (DD640), or the URL names no database that can hold it (DD646).
        MissingDependencyError: The driver the URL asks for is not installed.
    """
    return RunStore(open_database(path_or_url, lock_seconds), redact)


def _raise_write_error(engine: Engine, error: DatabaseError) -> NoReturn:
    """Raise the error that says why the store cannot be written, in the database's words."""
    name = engine_name(engine)
    reason = reason_of(error)
    if "database is locked" in reason:
        raise LockTimeoutError(
            f"the run store {name} is locked by another process",
            code="DD643",
            hint="a process that holds it for long may hang; look for it with `fuser` or `lsof`",
        ) from error
    raise StorageError(
        f"the run store {name} cannot be written: {reason}", code="DD642", hint=remedy(reason)
    ) from error


def _next_position(table: Table, where: ColumnElement[bool]) -> ColumnElement[int]:
    highest = select(func.coalesce(func.max(table.c.position), -1) + 1).where(where)
    return highest.scalar_subquery()


@cache
def _finish_attempt() -> Update:
    """Return the statement that ends an attempt; built once, as each step of a run asks for it."""
    new = ("status", "finished_at", "error_code", "error")
    return (
        update(attempts)
        .where(
            attempts.c.run_id == bindparam("of_run"),
            attempts.c.step == bindparam("of_step"),
            attempts.c.number == bindparam("of_number"),
        )
        .values({name: bindparam(f"new_{name}") for name in new})
    )


@cache
def _save_step(dialect_name: str) -> Insert:
    """Return the statement that inserts a step run or replaces it; a column's value is the parameter `new_COLUMN`."""
    dialect = postgresql if dialect_name == "postgresql" else sqlite
    given: dict[str, BindParameter[object]] = {
        column.name: bindparam(f"new_{column.name}") for column in step_runs.c if column.name != "position"
    }
    position = _next_position(step_runs, step_runs.c.run_id == bindparam("new_run_id"))
    insert = dialect.insert(step_runs).values(position=position, **given)
    replaced = {name: insert.excluded[name] for name in given if name not in ("run_id", "step")}
    upsert: Insert = insert.on_conflict_do_update(index_elements=["run_id", "step"], set_=replaced)
    return upsert
