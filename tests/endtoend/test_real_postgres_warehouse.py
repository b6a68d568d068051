"""A PostgreSQL warehouse under every kind of step that writes tables."""

import os
from collections.abc import Callable
from typing import Any

import pytest
from real_systems import connection, done, failed, write_settings

from projects import Project

Ask = Callable[..., list[tuple[Any, ...]]]
STAGING = "CREATE TABLE staging.people (id INTEGER, name VARCHAR(20), city VARCHAR(20));\n"
PEOPLE = (
    "CREATE TABLE prod.people (id INTEGER NOT NULL, name VARCHAR(20), city VARCHAR(20), PRIMARY KEY (id));\n"
)
KEPT = """\
CREATE TABLE prod.people_history (
    id INTEGER NOT NULL, name VARCHAR(20), city VARCHAR(20),
    effective_ts TIMESTAMP, expiration_ts TIMESTAMP
);
"""
EXTRACT = (
    "step_type: extract-postgres\nname: extract\nhost_name: app\nsql: SELECT id, name, city FROM people\n"
)
LOAD = "step_type: create-load\nname: load\ntable_definition: tables/staging.people.sql\n"
SOURCE = "source: tables/staging.people.sql\n"


@pytest.fixture
def app(empty: Project, postgres_server: Any, monkeypatch: pytest.MonkeyPatch) -> Ask:
    """A project whose connection `app` has people; ask their database."""
    database, warehouse = postgres_server.fresh_database("app"), postgres_server.fresh_database("warehouse")
    postgres_server.execute(
        "CREATE TABLE people (id integer PRIMARY KEY, name text, city text)",
        "INSERT INTO people VALUES (1, 'Ada', 'Ulm'), (2, 'Bob', 'Bonn'), (3, 'Cy', NULL)",
        database=database,
    )
    monkeypatch.setenv("PW", postgres_server.password)
    monkeypatch.setenv("WAREHOUSE_URL", postgres_server.url(warehouse))
    monkeypatch.setenv("WAREHOUSE_NAME", warehouse)
    write_settings(
        empty,
        connections={"app": connection(postgres_server, database)},
        warehouse={"type": "postgres", "url": "${env:WAREHOUSE_URL}"},
    )
    empty.write(
        {
            "tables/staging.people.sql": STAGING,
            "tables/prod.people.sql": PEOPLE,
            "tables/prod.people_history.sql": KEPT,
        }
    )
    return lambda *statements: postgres_server.execute(*statements, database=database)


@pytest.fixture
def ask(postgres_server: Any, app: Ask) -> Ask:
    return lambda *statements: postgres_server.execute(*statements, database=os.environ["WAREHOUSE_NAME"])


CHANGE = (
    "UPDATE people SET city = 'Rom' WHERE id = 2",
    "DELETE FROM people WHERE id = 3",
    "INSERT INTO people VALUES (4, 'Di', 'Kyiv')",
)


def test_upsert_checks_and_history_of_three_days(empty: Project, app: Ask, ask: Ask) -> None:
    empty.pipeline(
        "people",
        EXTRACT,
        LOAD,
        f"step_type: upsert\nname: upsert\n{SOURCE}destination: tables/prod.people.sql\n"
        "history: tables/prod.people_history.sql\n",
        "step_type: primary-key-check\nname: key\ntable_definition: tables/prod.people.sql\n",
        "step_type: count-check\nname: count\nsource_host: app\nsource_table_name: people\n"
        "destination_table_definition: tables/prod.people.sql\ntolerance: 50\n",
    )
    done(empty, "people")
    app(*CHANGE)
    told = done(empty, "people", date="2026-01-02").text
    done(empty, "people", date="2026-01-02")
    assert told.count(" passed ") == 2
    everybody = [(1, "Ada", "Ulm"), (2, "Bob", "Rom"), (3, "Cy", None), (4, "Di", "Kyiv")]
    assert ask("SELECT * FROM prod.people ORDER BY id") == everybody
    versions = ask(
        "SELECT id, city, effective_ts::date::text, expiration_ts::date::text FROM prod.people_history "
        "WHERE id IN (2, 4) ORDER BY id, effective_ts"
    )
    assert [row[:3] for row in versions] == [
        (2, "Bonn", "2026-01-01"),
        (2, "Rom", "2026-01-02"),
        (4, "Kyiv", "2026-01-02"),
    ]
    assert versions[0][3] == "2026-01-02"
    assert ask("SELECT count(*) FROM dataduct.loads") == [(4,)]


def test_reload_delta_load_script_and_maintenance(empty: Project, app: Ask, ask: Ask) -> None:
    empty.pipeline(
        "people",
        EXTRACT,
        LOAD,
        f"step_type: reload\nname: reload\n{SOURCE}destination: tables/prod.people.sql\n",
        "step_type: sql-command\nname: vacuum\ncommand: VACUUM ANALYZE prod.people\nwrap_transaction: false\n",
        "step_type: create-update-sql\nname: cities\ntable_definition: tables/prod.cities.sql\n"
        "command: INSERT INTO prod.cities SELECT city, COUNT(*) FROM prod.people GROUP BY city\n",
        "step_type: unload\nname: unload\nschema: prod\ntable: people\n",
        "step_type: transform\nname: count\ncommand: 'cat ${INPUT1_STAGING_DIR}/* | wc -l'\n",
    )
    empty.write({"tables/prod.cities.sql": "CREATE TABLE prod.cities (city VARCHAR(20), people BIGINT);\n"})
    done(empty, "people")
    app(*CHANGE)
    done(empty, "people", date="2026-01-02")
    assert ask("SELECT * FROM prod.people ORDER BY id") == [
        (1, "Ada", "Ulm"),
        (2, "Bob", "Rom"),
        (4, "Di", "Kyiv"),
    ]
    assert ask(
        "SELECT last_vacuum IS NOT NULL FROM pg_stat_all_tables WHERE relname = 'people' AND schemaname = 'prod'"
    ) == [(True,)]
    assert ("Rom", 1) in ask("SELECT * FROM prod.cities")


def test_a_check_that_fails_says_what_differs(empty: Project, app: Ask) -> None:
    empty.pipeline(
        "people",
        EXTRACT,
        LOAD,
        f"step_type: reload\nname: reload\n{SOURCE}destination: tables/prod.people.sql\n",
        "step_type: count-check\nname: count\nsource_host: app\nsource_sql: SELECT id FROM people WHERE id > 1\n"
        "destination_table_definition: tables/prod.people.sql\ntolerance: 0\n",
    )
    assert "the source has 2 rows and the warehouse 3: 50 % apart, tolerance 0 %" in failed(empty, "people")


def test_vacuum_in_a_transaction_is_refused_with_the_way_out(empty: Project, app: Ask) -> None:
    empty.pipeline("vacuum", "step_type: sql-command\nname: vacuum\ncommand: VACUUM\n")
    told = empty.process("run", "pipelines/vacuum.yaml").text
    assert "Traceback" not in told
    assert "hint: write `wrap_transaction: false` in the step" in told, told


def test_delta_load_takes_the_newest_rows(empty: Project, app: Ask, ask: Ask) -> None:
    app(
        "CREATE TABLE visits (id integer, day date, note text)",
        "INSERT INTO visits VALUES (1, '2026-01-01', 'a'), (2, '2026-01-05', 'b')",
    )
    columns = "(id INTEGER NOT NULL, day DATE, note VARCHAR(5), PRIMARY KEY (id));\n"
    empty.write(
        {f"tables/{name}.visits.sql": f"CREATE TABLE {name}.visits {columns}" for name in ("staging", "prod")}
    )
    empty.pipeline(
        "visits",
        EXTRACT.replace("id, name, city FROM people", "id, day, note FROM visits"),
        LOAD.replace("people", "visits"),
        "step_type: delta-load\nname: newest\nsource: tables/staging.visits.sql\n"
        "destination: tables/prod.visits.sql\ndate_column: day\nwindow: 1\n",
    )
    done(empty, "visits")
    app("UPDATE visits SET note = 'new'", "INSERT INTO visits VALUES (3, '2026-01-06', 'c')")
    done(empty, "visits", date="2026-01-02")
    assert ask("SELECT id, note FROM prod.visits ORDER BY id") == [(1, "a"), (2, "new"), (3, "c")]


def test_rows_that_break_the_key_are_named(empty: Project, app: Ask, ask: Ask) -> None:
    app(
        "CREATE TABLE twice (id integer, name text, city text)",
        "INSERT INTO twice VALUES (7, 'a', 'b'), (7, 'c', 'd')",
    )
    empty.pipeline(
        "twice", EXTRACT.replace("FROM people", "FROM twice"), LOAD.replace("staging.people", "prod.people")
    )
    told = failed(empty, "twice")
    assert "Key (id)=(7) already exists." in told
    assert "row 2" in told
    assert ask("SELECT to_regclass('prod.people') IS NULL") == [(True,)]


def test_a_user_who_may_create_tables_and_no_schema_is_enough(
    empty: Project, postgres_server: Any, app: Ask, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = postgres_server.restricted_user()["user"]
    ask(
        *(f"CREATE SCHEMA {schema} AUTHORIZATION {user}" for schema in ("dataduct", "staging", "prod")),
        f'GRANT TEMPORARY ON DATABASE "{os.environ["WAREHOUSE_NAME"]}" TO {user}',
    )
    own = postgres_server.url(os.environ["WAREHOUSE_NAME"]).replace("://postgres:", f"://{user}:")
    monkeypatch.setenv("WAREHOUSE_URL", own)
    reload = f"step_type: reload\nname: reload\n{SOURCE}destination: tables/prod.people.sql\n"
    empty.pipeline("people", EXTRACT, LOAD, reload)
    done(empty, "people")
    assert ask("SELECT count(*) FROM prod.people") == [(3,)]
