"""`load-postgres`: rows of the warehouse into a table that an application uses."""

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from real_systems import connection, done, failed, places_of, write_settings

from projects import Project

MAKE = """\
step_type: sql-command
name: make
command: |
  CREATE SCHEMA IF NOT EXISTS prod;
  CREATE OR REPLACE TABLE prod.courses AS
  SELECT i AS id, 'c' || i AS slug, 'Course ' || i AS title FROM range(1, 6) numbers(i);
"""
UNLOAD = "step_type: unload\nname: unload\nschema: prod\ntable: courses\n"
LOAD = "step_type: load-postgres\nname: load\nhost_name: catalog\ntable: catalog.courses\n"
EXPECTED = [(number, f"c{number}", f"Course {number}") for number in range(1, 6)]
Ask = Callable[..., list[tuple[Any, ...]]]


@pytest.fixture
def shop(empty: Project, postgres_server: Any, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project with a DuckDB warehouse and the application's database, `catalog`, which has no courses yet."""
    database = postgres_server.fresh_database("catalog")
    postgres_server.execute(
        "CREATE SCHEMA catalog",
        "CREATE TABLE catalog.courses (id integer PRIMARY KEY, slug varchar(6) NOT NULL, title text)",
        database=database,
    )
    monkeypatch.setenv("PW", postgres_server.password)
    write_settings(empty, connections={"catalog": connection(postgres_server, database)})
    return empty


@pytest.fixture
def ask(shop: Project, postgres_server: Any) -> Ask:
    """Run statements in the application's database."""
    database = json.loads((shop.root / "dataduct.yml").read_text())["connections"]["catalog"]["database"]

    def answer(*statements: str) -> list[tuple[Any, ...]]:
        rows: list[tuple[Any, ...]] = postgres_server.execute(*statements, database=database)
        return rows

    return answer


def courses(ask: Ask) -> list[tuple[Any, ...]]:
    return ask("SELECT * FROM catalog.courses ORDER BY id")


def test_a_replay_loads_nothing_again(shop: Project, ask: Ask) -> None:
    shop.pipeline("publish", MAKE, UNLOAD, LOAD)
    first = done(shop, "publish")
    again = done(shop, "publish")
    assert courses(ask) == EXPECTED
    assert "3 kept" in again.text
    loads = ask("SELECT pipeline, step, table_name, run_date, rows FROM dataduct.loads")
    assert loads == [("publish", "load", "catalog.courses", "2026-01-01", 5)]
    assert places_of(os.environ["PW"], shop.root, first.text, again.text) == []


@pytest.mark.parametrize(("mode", "rows"), [("replace", 5), ("overwrite-existing", 5), ("keep-existing", 0)])
def test_a_forced_run_loads_again_as_the_mode_says(shop: Project, ask: Ask, mode: str, rows: int) -> None:
    shop.pipeline("publish", MAKE, UNLOAD, LOAD + f"insert_mode: {mode}\n")
    done(shop, "publish")
    ask("UPDATE catalog.courses SET title = 'Mine' WHERE id = 2", "DELETE FROM catalog.courses WHERE id = 3")
    done(shop, "publish", "--force")
    if mode == "keep-existing":
        assert courses(ask)[1] == (2, "c2", "Mine")
        assert [row[0] for row in courses(ask)] == [1, 2, 3, 4, 5]
    else:
        assert courses(ask) == EXPECTED
    loaded = ask("SELECT rows FROM dataduct.loads")
    assert loaded == [(1 if mode == "keep-existing" else rows,)]


def test_the_mode_by_key_takes_any_type_and_any_key(shop: Project, ask: Ask) -> None:
    ask(
        "CREATE TYPE catalog.mood AS ENUM ('glad', 'sad')",
        'CREATE TABLE catalog."Moods" (slug text, "Day" date, mood catalog.mood, tags jsonb, '
        'PRIMARY KEY ("Day", slug))',
        "INSERT INTO catalog.\"Moods\" VALUES ('a', '2026-01-01', 'sad', '{}')",
    )
    make = """\
step_type: sql-command
name: make
command: |
  CREATE SCHEMA IF NOT EXISTS prod;
  CREATE TABLE prod.moods AS SELECT * FROM (VALUES
    ('a', DATE '2026-01-01', 'glad', '{"n": 1}'), ('b', DATE '2026-01-01', 'sad', NULL)) v(slug, "Day", mood, tags);
"""
    unload = "step_type: unload\nname: unload\nschema: prod\ntable: moods\n"
    load = LOAD.replace("catalog.courses", 'catalog."Moods"') + "insert_mode: overwrite-existing\n"
    shop.pipeline("publish", make, unload, load)
    done(shop, "publish")
    rows = ask('SELECT slug, mood::text, tags FROM catalog."Moods" ORDER BY slug')
    assert rows == [("a", "glad", {"n": 1}), ("b", "sad", None)]


def test_a_mode_by_key_needs_a_key(shop: Project, ask: Ask) -> None:
    ask("ALTER TABLE catalog.courses DROP CONSTRAINT courses_pkey")
    shop.pipeline("publish", MAKE, UNLOAD, LOAD + "insert_mode: keep-existing\n")
    told = failed(shop, "publish")
    assert (
        "error[DD786]: the mode `keep-existing` finds rows by their primary key, and catalog.courses has none"
        in told
    )
    assert "hint: give the table a PRIMARY KEY, or use `insert_mode: append` or `replace`" in told


def test_insert_query_says_which_columns_are_filled(shop: Project, ask: Ask) -> None:
    ask("ALTER TABLE catalog.courses ADD COLUMN note text")
    shop.pipeline("publish", MAKE, UNLOAD, LOAD)
    told = failed(shop, "publish")
    assert "table column `note` has no source column and no DEFAULT" in told
    assert "name the columns to fill in `insert_query`" in told
    query = "insert_query: INSERT INTO catalog.courses (id, slug, note) VALUES (?, ?, ?)\n"
    shop.pipeline("publish", MAKE, UNLOAD, LOAD + query)
    done(shop, "publish")
    assert courses(ask) == [(number, slug, None, title) for number, slug, title in EXPECTED]


def test_the_row_that_does_not_fit_is_named_and_nothing_is_loaded(shop: Project, ask: Ask) -> None:
    shop.pipeline("publish", MAKE.replace("'c' || i", "repeat('x', i + 2)"), UNLOAD, LOAD)
    told = failed(shop, "publish")
    assert "row 5, column slug" in told
    assert "xxxxxxx" in told
    assert courses(ask) == []


def test_a_key_that_is_there_already_is_named(shop: Project, ask: Ask) -> None:
    shop.pipeline("publish", MAKE, UNLOAD, LOAD)
    ask("INSERT INTO catalog.courses VALUES (4, 'c4', 'Mine')")
    told = failed(shop, "publish")
    assert "Key (id)=(4) already exists." in told
    assert "row 4" in told
    assert courses(ask) == [(4, "c4", "Mine")]


def test_a_user_without_rights_is_told_what_it_lacks(shop: Project, postgres_server: Any, ask: Ask) -> None:
    settings = json.loads((shop.root / "dataduct.yml").read_text())
    settings["connections"]["catalog"]["user"] = postgres_server.restricted_user()["user"]
    shop.write({"dataduct.yml": json.dumps(settings)})
    shop.pipeline("publish", MAKE, UNLOAD, LOAD)
    told = failed(shop, "publish")
    assert "permission denied for table courses" in told
    assert courses(ask) == []


def test_a_user_who_may_not_make_the_table_of_loads_is_told_of_it(
    shop: Project, postgres_server: Any, ask: Ask
) -> None:
    settings = json.loads((shop.root / "dataduct.yml").read_text())
    user = settings["connections"]["catalog"]["user"] = postgres_server.restricted_user()["user"]
    shop.write({"dataduct.yml": json.dumps(settings)})
    ask(f"GRANT USAGE ON SCHEMA catalog TO {user}", f"GRANT INSERT ON catalog.courses TO {user}")
    shop.pipeline("publish", MAKE, UNLOAD, LOAD)
    told = failed(shop, "publish")
    assert "permission denied for database" in told
    assert "CREATE SCHEMA dataduct AUTHORIZATION the user" in told
    assert courses(ask) == []
    ask(f"CREATE SCHEMA dataduct AUTHORIZATION {user}")
    done(shop, "publish", "--resume")
    assert courses(ask) == EXPECTED


@pytest.fixture
def held_before_commit(shop: Project, postgres_server: Any, ask: Ask) -> Iterator[Ask]:
    """A load of an earlier date is there; the next one waits between its COPY and its COMMIT until `release`."""
    shop.pipeline("earlier", MAKE.replace("range(1, 6)", "range(101, 103)"), UNLOAD, LOAD)
    done(shop, "earlier")
    ask(
        "CREATE FUNCTION public.held() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN PERFORM pg_advisory_xact_lock(4711); RETURN NEW; END $$",
        "CREATE TRIGGER held BEFORE INSERT ON dataduct.loads FOR EACH ROW EXECUTE FUNCTION public.held()",
    )
    database = ask("SELECT current_database()")[0][0]
    holder = postgres_server.connect(database)
    holder.execute("SELECT pg_advisory_lock(4711)")

    def release(*_: str) -> list[tuple[Any, ...]]:
        holder.execute("SELECT pg_advisory_unlock_all()")
        return []

    yield release
    holder.close()


def test_killed_between_copy_and_commit_the_rows_are_there_once(
    shop: Project, ask: Ask, held_before_commit: Ask
) -> None:
    shop.pipeline("publish", MAKE, UNLOAD, LOAD)
    process = shop.begin("run", "pipelines/publish.yaml", "--run-date", "2026-01-01")
    waiting = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND objid = 4711"
    deadline = time.monotonic() + 30
    while not ask(waiting):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert [row[0] for row in courses(ask)] == [101, 102]
    held_before_commit()
    resumed = done(shop, "publish", "--resume")
    assert "load    done      5 rows" in resumed.text
    assert [row[0] for row in courses(ask)] == [1, 2, 3, 4, 5, 101, 102]
    assert ask("SELECT count(*) FROM dataduct.loads WHERE pipeline = 'publish'") == [(1,)]
