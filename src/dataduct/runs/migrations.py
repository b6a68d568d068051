"""The run store's schema, version by version.

The list is append-only: a migration that has been released is never edited, because stores have run it.
Statements are plain SQL that SQLite and PostgreSQL both take.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, Engine, func, inspect, select

from dataduct.errors import UserError
from dataduct.runs.schema import schema_version


@dataclass(frozen=True, slots=True)
class Migration:
    """One step from version `number - 1` to `number`."""

    number: int
    description: str
    statements: tuple[str, ...]


_FIRST = (
    """CREATE TABLE schema_version (
        version INTEGER NOT NULL PRIMARY KEY,
        description TEXT NOT NULL,
        applied_at TIMESTAMP WITH TIME ZONE NOT NULL
    )""",
    """CREATE TABLE runs (
        id TEXT NOT NULL PRIMARY KEY,
        pipeline TEXT NOT NULL,
        run_date TEXT NOT NULL,
        status TEXT NOT NULL,
        started_at TIMESTAMP WITH TIME ZONE NOT NULL,
        finished_at TIMESTAMP WITH TIME ZONE,
        error TEXT,
        process TEXT,
        plan TEXT
    )""",
    "CREATE INDEX runs_by_start ON runs (started_at, id)",
    "CREATE INDEX runs_by_pipeline ON runs (pipeline, started_at, id)",
    "CREATE INDEX runs_by_run_date ON runs (pipeline, run_date, started_at, id)",
    "CREATE INDEX runs_by_status ON runs (status, started_at, id)",
    "CREATE INDEX runs_by_outcome ON runs (pipeline, status, started_at)",
    """CREATE TABLE step_runs (
        run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
        step TEXT NOT NULL,
        position INTEGER NOT NULL,
        step_type TEXT NOT NULL,
        operation TEXT NOT NULL,
        status TEXT NOT NULL,
        attempts INTEGER NOT NULL,
        started_at TIMESTAMP WITH TIME ZONE,
        finished_at TIMESTAMP WITH TIME ZONE,
        rows BIGINT,
        bytes BIGINT,
        error TEXT,
        PRIMARY KEY (run_id, step)
    )""",
    """CREATE TABLE attempts (
        run_id TEXT NOT NULL,
        step TEXT NOT NULL,
        number INTEGER NOT NULL,
        status TEXT NOT NULL,
        started_at TIMESTAMP WITH TIME ZONE NOT NULL,
        finished_at TIMESTAMP WITH TIME ZONE,
        error_code TEXT,
        error TEXT,
        log_file TEXT,
        PRIMARY KEY (run_id, step, number),
        FOREIGN KEY (run_id, step) REFERENCES step_runs (run_id, step) ON DELETE CASCADE
    )""",
    """CREATE TABLE statements (
        run_id TEXT NOT NULL,
        step TEXT NOT NULL,
        attempt INTEGER NOT NULL,
        position INTEGER NOT NULL,
        place TEXT NOT NULL,
        text TEXT NOT NULL,
        seconds DOUBLE PRECISION NOT NULL,
        rows BIGINT,
        PRIMARY KEY (run_id, step, attempt, position),
        FOREIGN KEY (run_id, step, attempt) REFERENCES attempts (run_id, step, number) ON DELETE CASCADE
    )""",
    """CREATE TABLE verdicts (
        run_id TEXT NOT NULL,
        step TEXT NOT NULL,
        attempt INTEGER NOT NULL,
        position INTEGER NOT NULL,
        check_name TEXT NOT NULL,
        passed BOOLEAN NOT NULL,
        summary TEXT NOT NULL,
        figures TEXT NOT NULL,
        examples TEXT NOT NULL,
        measured_at TIMESTAMP WITH TIME ZONE NOT NULL,
        PRIMARY KEY (run_id, step, attempt, position),
        FOREIGN KEY (run_id, step, attempt) REFERENCES attempts (run_id, step, number) ON DELETE CASCADE
    )""",
)

_MODES = (
    "ALTER TABLE runs ADD COLUMN mode TEXT",
    "ALTER TABLE runs ADD COLUMN partial BOOLEAN NOT NULL DEFAULT FALSE",
    "ALTER TABLE step_runs ADD COLUMN fingerprint TEXT",
)

_MIGRATING = 0x6461746164756374
"""PostgreSQL's advisory lock that a process holds while it migrates."""

MIGRATIONS: tuple[Migration, ...] = (
    Migration(1, "runs, step runs, attempts, statements and verdicts", _FIRST),
    Migration(2, "the mode of a run, whether it ran all steps, and what each step did", _MODES),
)


def engine_name(engine: Engine) -> str:
    """Return the store behind `engine` as messages name it: its file, or its URL without the password."""
    if engine.dialect.name == "sqlite":
        return str(engine.url.database)
    return engine.url.render_as_string(hide_password=True)


def stored_version(connection: Connection) -> int:
    """Return the schema version of the store behind `connection`; 0 if it holds no tables of ours."""
    if not inspect(connection).has_table(schema_version.name):
        return 0
    return connection.scalar(select(func.max(schema_version.c.version))) or 0


def migrate(engine: Engine, migrations: tuple[Migration, ...] = MIGRATIONS) -> None:
    """Bring the store to the newest version, in one transaction: all of it or nothing.

    Two processes may do this at once; the second waits and finds nothing left to do.

    Raises:
        UserError: The store was written by a newer Dataduct (DD640).
    """
    newest = migrations[-1].number
    with engine.connect() as connection:
        version = stored_version(connection)
    if version < newest:
        with engine.connect().execution_options(writes=True) as connection, connection.begin():
            if engine.dialect.name == "postgresql":
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_MIGRATING})")
            version = stored_version(connection)
            for migration in migrations:
                if migration.number > version:
                    _apply(connection, migration)
    if version > newest:
        raise UserError(
            f"the run store {engine_name(engine)} has version {version}; "
            f"this Dataduct knows versions up to {newest}",
            code="DD640",
            hint="upgrade Dataduct, or name another store under `runs: path:` in dataduct.yml",
        )


def _apply(connection: Connection, migration: Migration) -> None:
    for statement in migration.statements:
        connection.exec_driver_sql(statement)
    connection.execute(
        schema_version.insert().values(
            version=migration.number, description=migration.description, applied_at=datetime.now(UTC)
        )
    )
