"""The tables of the run store, as SQLAlchemy sees them.

`dataduct.runs.migrations` creates and changes them; a test holds the two together.
"""

from datetime import UTC, datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    false,
)
from sqlalchemy.types import TypeDecorator

metadata = MetaData()


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC. SQLite, which knows no time zones, holds it without one."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return `value` in UTC. Raises ValueError for a moment without a time zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return what was stored, in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


schema_version = Table(
    "schema_version",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("description", Text, nullable=False),
    Column("applied_at", UtcDateTime, nullable=False),
)

runs = Table(
    "runs",
    metadata,
    Column("id", Text, primary_key=True),
    Column("pipeline", Text, nullable=False),
    Column("run_date", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime),
    Column("error", Text),
    Column("process", Text),
    Column("plan", Text),
    Column("mode", Text),
    Column("partial", Boolean, nullable=False, server_default=false()),
)
Index("runs_by_start", runs.c.started_at, runs.c.id)
Index("runs_by_pipeline", runs.c.pipeline, runs.c.started_at, runs.c.id)
Index("runs_by_run_date", runs.c.pipeline, runs.c.run_date, runs.c.started_at, runs.c.id)
Index("runs_by_status", runs.c.status, runs.c.started_at, runs.c.id)
Index("runs_by_outcome", runs.c.pipeline, runs.c.status, runs.c.started_at)

step_runs = Table(
    "step_runs",
    metadata,
    Column("run_id", Text, ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("step", Text, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("step_type", Text, nullable=False),
    Column("operation", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("started_at", UtcDateTime),
    Column("finished_at", UtcDateTime),
    Column("rows", BigInteger),
    Column("bytes", BigInteger),
    Column("error", Text),
    Column("fingerprint", Text),
)

attempts = Table(
    "attempts",
    metadata,
    Column("run_id", Text, primary_key=True),
    Column("step", Text, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("status", Text, nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime),
    Column("error_code", Text),
    Column("error", Text),
    Column("log_file", Text),
    ForeignKeyConstraint(["run_id", "step"], ["step_runs.run_id", "step_runs.step"], ondelete="CASCADE"),
)

_OF_ATTEMPT = (
    ["run_id", "step", "attempt"],
    ["attempts.run_id", "attempts.step", "attempts.number"],
)

statements = Table(
    "statements",
    metadata,
    Column("run_id", Text, primary_key=True),
    Column("step", Text, primary_key=True),
    Column("attempt", Integer, primary_key=True, autoincrement=False),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("place", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("rows", BigInteger),
    ForeignKeyConstraint(*_OF_ATTEMPT, ondelete="CASCADE"),
)

verdicts = Table(
    "verdicts",
    metadata,
    Column("run_id", Text, primary_key=True),
    Column("step", Text, primary_key=True),
    Column("attempt", Integer, primary_key=True, autoincrement=False),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("check_name", Text, nullable=False),
    Column("passed", Boolean, nullable=False),
    Column("summary", Text, nullable=False),
    Column("figures", Text, nullable=False),
    Column("examples", Text, nullable=False),
    Column("measured_at", UtcDateTime, nullable=False),
    ForeignKeyConstraint(*_OF_ATTEMPT, ondelete="CASCADE"),
)
