"""A run store is brought to the newest version when it is opened, or left alone."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import inspect
from sqlalchemy.exc import DatabaseError

from dataduct.errors import StorageError, UserError
from dataduct.runs.migrations import MIGRATIONS, Migration, migrate, stored_version
from dataduct.runs.queries import RunQueries
from dataduct.runs.schema import metadata
from dataduct.runs.store import RunStore, open_store

VERSION_1 = Path(__file__).parents[2] / "golden" / "runs" / "store_version_1.sql"
RUN = "20260101T013000-k3f9"
NEWEST = MIGRATIONS[-1].number
ADDITION = Migration(
    NEWEST + 1, "labels", ("ALTER TABLE runs ADD COLUMN label TEXT", "CREATE TABLE extra (id TEXT)")
)


@pytest.fixture
def old_store(tmp_path: Path) -> Path:
    """A store as version 1 left it."""
    path = tmp_path / "runs.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(VERSION_1.read_text(encoding="utf-8"))
    return path


@pytest.fixture
def opened(old_store: Path) -> Iterator[RunStore]:
    store = open_store(old_store)
    yield store
    store.close()


def version_of(store: RunStore) -> int:
    with store.engine.connect() as connection:
        return stored_version(connection)


def test_everything_a_version_1_store_holds_is_still_read(opened: RunStore) -> None:
    queries = RunQueries(opened)
    run = queries.run(RUN)
    assert (run.pipeline, run.status, run.plan) == ("courses", "succeeded", '{"version": 1}')
    assert run.started_at == datetime(2026, 1, 1, 1, 30, tzinfo=UTC)
    assert [(step.step, step.rows, step.bytes) for step in queries.steps(RUN)] == [("load", 42, 1024)]
    assert queries.attempts(RUN, "load")[0].log_file == f"courses/{RUN}/load.1.log"
    assert queries.statements(RUN, "load")[0].text == "INSERT INTO courses SELECT 1"
    assert queries.verdicts(RUN)[0].verdict.figures == {"source_rows": 42}
    assert version_of(opened) == NEWEST


def test_opening_a_store_of_this_version_changes_nothing(opened: RunStore) -> None:
    before = RunQueries(opened).recent_runs()
    migrate(opened.engine)
    assert version_of(opened) == NEWEST
    assert RunQueries(opened).recent_runs() == before


def test_a_migration_keeps_what_is_there(opened: RunStore) -> None:
    migrate(opened.engine, (*MIGRATIONS, ADDITION))
    assert version_of(opened) == NEWEST + 1
    assert "label" in {column["name"] for column in inspect(opened.engine).get_columns("runs")}
    assert RunQueries(opened).run(RUN).status == "succeeded"


def test_a_migration_that_fails_leaves_no_trace(opened: RunStore) -> None:
    wrong = Migration(NEWEST + 2, "wrong", ("CREATE TABLE half (id TEXT)", "NO SUCH STATEMENT"))
    with pytest.raises(DatabaseError):
        migrate(opened.engine, (*MIGRATIONS, ADDITION, wrong))
    assert version_of(opened) == NEWEST
    assert not {"half", "extra"} & set(inspect(opened.engine).get_table_names())


def test_a_store_of_a_newer_dataduct_is_refused_by_name(opened: RunStore, old_store: Path) -> None:
    migrate(opened.engine, (*MIGRATIONS, ADDITION))
    with pytest.raises(UserError) as caught:
        open_store(old_store)
    assert caught.value.code == "DD640"
    assert str(caught.value) == (
        f"the run store {old_store} has version {NEWEST + 1}; this Dataduct knows versions up to {NEWEST}"
    )


def test_migrations_are_numbered_without_gaps() -> None:
    assert [migration.number for migration in MIGRATIONS] == list(range(1, NEWEST + 1))


def test_the_migrations_make_the_tables_the_code_reads(store: RunStore) -> None:
    inspector = inspect(store.engine)
    assert set(inspector.get_table_names()) == set(metadata.tables)
    for table in metadata.sorted_tables:
        columns = {column["name"]: column for column in inspector.get_columns(table.name)}
        assert list(columns) == [column.name for column in table.columns]
        assert {name: column["nullable"] for name, column in columns.items()} == {
            column.name: bool(column.nullable) for column in table.columns
        }
        assert inspector.get_pk_constraint(table.name)["constrained_columns"] == [
            column.name for column in table.primary_key
        ]
        assert {index["name"]: index["column_names"] for index in inspector.get_indexes(table.name)} == {
            index.name: [column.name for column in index.columns] for index in table.indexes
        }


class TestWrongPlaces:
    def test_a_file_that_is_no_database(self, tmp_path: Path) -> None:
        path = tmp_path / "runs.sqlite"
        path.write_text("these are not the runs you are looking for" * 50, encoding="utf-8")
        with pytest.raises(StorageError) as caught:
            open_store(path)
        assert caught.value.code == "DD641"
        assert str(caught.value) == f"the run store {path} cannot be opened: file is not a database"

    def test_a_path_below_a_file(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("", encoding="utf-8")
        with pytest.raises(StorageError) as caught:
            open_store(tmp_path / "file" / "runs.sqlite")
        assert caught.value.code == "DD641"

    def test_a_directory(self, tmp_path: Path) -> None:
        with pytest.raises(StorageError) as caught:
            open_store(tmp_path)
        assert caught.value.code == "DD641"

    @pytest.mark.parametrize("url", ["mysql://u:hunter2@h/d", "nonsense://u:hunter2@h"])
    def test_a_database_that_cannot_hold_it(self, url: str) -> None:
        with pytest.raises(UserError) as caught:
            open_store(url)
        assert caught.value.code == "DD646"
        assert "hunter2" not in str(caught.value)

    def test_a_database_whose_driver_is_missing(self) -> None:
        with pytest.raises(UserError) as caught:
            open_store("postgresql+pg8000://u:hunter2@h/d")
        assert caught.value.code == "DD902"
        assert "hunter2" not in f"{caught.value} {caught.value.hint}"
