"""`dataduct database` on real warehouses: tables are made, made anew with their rows, and dropped, and no more."""

import os
import pty
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from real_systems import write_settings

from projects import Project

Ask = Callable[[str], list[tuple[Any, ...]]]

DEPARTMENTS = """\
CREATE TABLE hr.departments (
    id INTEGER PRIMARY KEY,
    name VARCHAR(40) NOT NULL,
    head INTEGER REFERENCES hr.people(id)
);
"""
PEOPLE = """\
CREATE TABLE hr.people (
    id INTEGER PRIMARY KEY,
    name VARCHAR(40),
    boss INTEGER REFERENCES hr.people(id),
    department INTEGER REFERENCES hr.departments(id)
);
"""
NAMES = "CREATE VIEW hr.names (person, department) AS (SELECT p.name, d.name FROM hr.people p, hr.departments d);\n"
ROWS = (
    "INSERT INTO hr.departments (id, name) VALUES (1, 'Sales')",
    "INSERT INTO hr.people VALUES (1, 'Ada', NULL, 1), (2, 'Bob', 1, 1)",
    "UPDATE hr.departments SET head = 1",
)
FILES = ("tables/people.sql", "tables/departments.sql", "tables/names.sql")


class Warehouse:
    """A warehouse with a project whose files define two tables that refer to each other, and a view."""

    def __init__(self, project: Project, kind: str, ask: Ask) -> None:
        self.project = project
        self.kind = kind
        self.ask = ask
        project.write(dict(zip(FILES, (PEOPLE, DEPARTMENTS, NAMES), strict=True)))

    def __call__(self, *arguments: str) -> str:
        ended = self.project("database", *arguments)
        assert ended.exit_code == 0, ended.text
        return ended.stdout

    def refused(self, *arguments: str) -> str:
        ended = self.project("database", *arguments)
        assert ended.exit_code in (1, 2), ended.text
        assert "Traceback" not in ended.text
        return ended.stderr

    def filled(self) -> None:
        self("create", "-e", "tables")
        for statement in ROWS:
            self.ask(statement)

    def tables(self) -> set[str]:
        rows = self.ask("SELECT table_name FROM information_schema.tables WHERE table_schema = 'hr'")
        return {str(name) for (name,) in rows}


@pytest.fixture
def duckdb_warehouse(empty: Project) -> Warehouse:
    def ask(statement: str) -> list[tuple[Any, ...]]:
        import duckdb

        with duckdb.connect(str(empty.root / "warehouse.duckdb")) as connection:
            return connection.execute(statement).fetchall()

    write_settings(empty)
    return Warehouse(empty, "duckdb", ask)


@pytest.fixture
def postgres_warehouse(empty: Project, postgres_server: Any, monkeypatch: pytest.MonkeyPatch) -> Warehouse:
    database = postgres_server.fresh_database("tables")
    monkeypatch.setenv("WAREHOUSE_URL", postgres_server.url(database))
    write_settings(empty, warehouse={"type": "postgres", "url": "${env:WAREHOUSE_URL}"})
    return Warehouse(empty, "postgres", _psycopg(postgres_server.url(database)))


@pytest.fixture
def redshift_warehouse(empty: Project, redshift_server: Any) -> Warehouse:
    database = redshift_server.fresh_database("tables")
    write_settings(empty, warehouse=_redshift(redshift_server, database))
    return Warehouse(empty, "redshift", _psycopg(**_parameters(redshift_server, database)))


def _redshift(server: Any, database: str) -> dict[str, Any]:
    options = {"host": server.host, "port": server.port, "user": server.user, "password": server.password}
    staging = {
        "staging": f"s3://{server.bucket}/staging",
        "endpoint_url": server.s3.endpoint,
        "access_key_id": server.s3.access_key,
        "secret_access_key": server.s3.secret_key,
        "region": server.s3.region,
    }
    return {"type": "redshift", **options, "database": database, "iam_role": server.iam_role, **staging}


def _parameters(server: Any, database: str) -> dict[str, Any]:
    return {
        "host": server.host,
        "port": server.port,
        "user": server.user,
        "password": server.password,
        "dbname": database,
        "sslmode": "require",
        "client_encoding": "UTF8",
    }


def _psycopg(conninfo: str = "", **parameters: Any) -> Ask:
    def ask(statement: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(conninfo, autocommit=True, prepare_threshold=None, **parameters) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    return ask


@pytest.fixture(params=["duckdb", "postgres", "redshift"])
def warehouse(request: pytest.FixtureRequest) -> Warehouse:
    made: Warehouse = request.getfixturevalue(f"{request.param}_warehouse")
    return made


def test_tables_that_refer_to_each_other_and_their_view_are_created(warehouse: Warehouse) -> None:
    warehouse("create", "-e", "tables")

    assert warehouse.tables() == {"people", "departments", "names"}


def test_creating_again_does_nothing(warehouse: Warehouse) -> None:
    warehouse.filled()

    assert warehouse("create", "-e", "tables") == ""
    assert warehouse.ask("SELECT count(*) FROM hr.people") == [(2,)]


def test_a_table_of_another_definition_stops_the_creation_of_all(warehouse: Warehouse) -> None:
    warehouse("create", "-e", "tables/departments.sql", "tables/people.sql")
    warehouse.project.write({"tables/people.sql": PEOPLE.replace("name VARCHAR(40)", "name INTEGER")})

    told = warehouse.refused("create", "-e", "tables")

    assert "DD450" in told
    assert "hr.people: column `name` is VARCHAR(40), and the definition says INTEGER" in told
    assert "names" not in warehouse.tables()


def test_tables_are_made_anew_with_their_rows(warehouse: Warehouse) -> None:
    warehouse.filled()
    changed = PEOPLE.replace("name VARCHAR(40)", "name VARCHAR(80), grade INTEGER DEFAULT 3")
    warehouse.project.write({"tables/people.sql": changed})

    warehouse("recreate", "-e", "--yes", "tables")

    rows = warehouse.ask("SELECT id, name, grade, boss, department FROM hr.people ORDER BY id")
    assert rows == [(1, "Ada", None, None, 1), (2, "Bob", None, 1, 1)] or rows == [
        (1, "Ada", 3, None, 1),
        (2, "Bob", 3, 1, 1),
    ]
    assert warehouse.ask("SELECT head FROM hr.departments") == [(1,)]
    assert warehouse.tables() == {"people", "departments", "names"}
    assert warehouse.ask("SELECT person, department FROM hr.names ORDER BY person") == [
        ("Ada", "Sales"),
        ("Bob", "Sales"),
    ]


def test_tables_are_made_anew_twice(warehouse: Warehouse) -> None:
    warehouse.filled()

    warehouse("recreate", "-e", "--yes", "tables")
    warehouse("recreate", "-e", "--yes", "tables")

    assert warehouse.ask("SELECT count(*) FROM hr.people") == [(2,)]


def test_rows_that_do_not_fit_the_new_definition_change_nothing(warehouse: Warehouse) -> None:
    warehouse("create", "-e", "tables/people.sql") if warehouse.kind == "duckdb" else warehouse.filled()
    warehouse.ask("INSERT INTO hr.people (id, name) VALUES (3, 'a name of more than ten')")
    warehouse.project.write({"tables/people.sql": PEOPLE.replace("VARCHAR(40)", "VARCHAR(10)")})
    before = warehouse.ask("SELECT id, name FROM hr.people ORDER BY id")

    warehouse.refused("recreate", "-e", "--yes", "tables")

    assert warehouse.ask("SELECT id, name FROM hr.people ORDER BY id") == before


def test_a_table_that_is_as_its_file_says_is_left_alone(duckdb_warehouse: Warehouse) -> None:
    warehouse = duckdb_warehouse
    warehouse.filled()
    changed = PEOPLE.replace("name VARCHAR(40)", "name VARCHAR(80)")
    warehouse.project.write({"tables/people.sql": changed})

    ended = warehouse.project("database", "recreate", "-e", "--yes", *FILES[:2])

    assert "note: is as its file says and left alone: hr.departments\n" in ended.stderr
    assert ended.stderr.endswith("made anew 1 table\n")
    assert "departments" not in ended.stdout
    again = warehouse.project("database", "recreate", "-e", *FILES[:2])
    assert (again.exit_code, again.stdout) == (0, "")
    assert again.stderr.endswith("nothing to do: every table is as its file says\n")


def test_a_key_that_the_file_has_and_the_table_has_not_is_something_to_do(
    postgres_warehouse: Warehouse,
) -> None:
    warehouse = postgres_warehouse
    plain = "CREATE TABLE hr.rooms (id INTEGER NOT NULL, name VARCHAR(9));\n"
    warehouse.project.write({"more/rooms.sql": plain})
    warehouse("create", "-e", "more")
    assert warehouse("recreate", "-e", "--yes", "more") == ""

    warehouse.project.write({"more/rooms.sql": plain.replace(");", ", PRIMARY KEY (id));")})
    assert "rooms__new" in warehouse("recreate", "-e", "--yes", "more")
    assert warehouse("recreate", "-e", "--yes", "more") == ""
    warehouse.ask("ALTER TABLE hr.rooms ADD UNIQUE (name)")
    assert "rooms__new" in warehouse("recreate", "-e", "--yes", "more")


@pytest.mark.parametrize(
    ("definition", "told"),
    [
        (
            "id INTEGER, email VARCHAR(2)",
            "prod.customers: values of `email` do not fit VARCHAR(2) (2 rows); nothing was changed",
        ),
        (
            "id INTEGER NOT NULL, email VARCHAR(9)",
            "prod.customers: values of `id` are NULL, and the definition says NOT NULL (1 row); nothing was changed",
        ),
        (
            "id INTEGER CHECK (id > 1), email VARCHAR(9)",
            "prod.customers: its rows do not fit the new definition; nothing was changed",
        ),
    ],
)
def test_a_rule_that_rows_break_is_told_in_the_table_s_own_name(
    duckdb_warehouse: Warehouse, definition: str, told: str
) -> None:
    warehouse = duckdb_warehouse
    file = "own/customers.sql"
    warehouse.project.write({file: "CREATE TABLE prod.customers (id INTEGER, email VARCHAR(9));\n"})
    warehouse("create", "-e", file)
    warehouse.ask("INSERT INTO prod.customers VALUES (1, 'a@b'), (NULL, 'c@de'), (2, NULL)")
    warehouse.project.write({file: f"CREATE TABLE prod.customers ({definition});\n"})

    shown = warehouse.refused("recreate", "-e", "--yes", file)

    assert f"error[DD454]: {told}\n" in shown
    assert "__new" not in shown
    assert warehouse.ask("SELECT count(*) FROM prod.customers") == [(3,)]


def test_identities_go_on_behind_the_rows_that_are_kept(warehouse: Warehouse) -> None:
    definition = "CREATE TABLE hr.visits (id BIGINT IDENTITY(1,1), page VARCHAR(20), PRIMARY KEY (id));\n"
    warehouse.project.write({"more/visits.sql": definition})
    warehouse("create", "-e", "more")
    for page in ("a", "b"):
        warehouse.ask(f"INSERT INTO hr.visits (page) VALUES ('{page}')")

    warehouse("recreate", "-e", "--yes", "more")
    warehouse.ask("INSERT INTO hr.visits (page) VALUES ('c')")

    assert warehouse.ask("SELECT page FROM hr.visits ORDER BY id") == [("a",), ("b",), ("c",)]
    assert warehouse.ask("SELECT count(DISTINCT id) FROM hr.visits") == [(3,)]


def test_rows_are_dropped_only_if_that_is_asked_for(warehouse: Warehouse) -> None:
    warehouse.filled()

    warehouse("recreate", "-e", "--empty", "--yes", "tables")

    assert warehouse.ask("SELECT count(*) FROM hr.people") == [(0,)]


def test_tables_in_a_circle_and_their_view_are_dropped(warehouse: Warehouse) -> None:
    warehouse.filled()

    warehouse("drop", "-e", "--yes", "tables")

    assert warehouse.tables() == set()


def test_without_a_terminal_nothing_is_dropped_unasked(warehouse: Warehouse) -> None:
    warehouse.filled()

    told = warehouse.refused("drop", "-e", "tables")

    assert "hr.people       2 rows" in told
    assert "DD963" in told
    assert warehouse.ask("SELECT count(*) FROM hr.people") == [(2,)]


@pytest.mark.parametrize(
    ("answer", "code", "left"), [("y", 0, set()), ("n", 1, {"people", "departments", "names"})]
)
def test_on_a_terminal_it_asks(duckdb_warehouse: Warehouse, answer: str, code: int, left: set[str]) -> None:
    duckdb_warehouse.filled()
    ours, theirs = pty.openpty()
    os.write(ours, f"{answer}\n".encode())

    ended = subprocess.run(
        [sys.executable, "-m", "dataduct", "--no-color", "database", "drop", "-e", "tables"],
        cwd=duckdb_warehouse.project.root,
        stdin=theirs,
        stderr=theirs,
        stdout=subprocess.PIPE,
        timeout=60,
        check=False,
    )

    os.close(theirs)
    assert b"Drop 2 tables with 3 rows? [y/N]" in os.read(ours, 10_000)
    assert ended.returncode == code
    assert duckdb_warehouse.tables() == left


def test_values_that_cannot_take_the_new_type_are_told_with_their_column(
    postgres_warehouse: Warehouse,
) -> None:
    postgres_warehouse.filled()
    postgres_warehouse.project.write(
        {"tables/people.sql": PEOPLE.replace("name VARCHAR(40)", "name INTEGER")}
    )

    told = postgres_warehouse.refused("recreate", "-e", "--yes", "tables")

    assert "error[DD454]: column `name` of hr.people cannot go from VARCHAR(40) to INTEGER: " in told
    assert 'invalid input syntax for type integer: "Ada"; nothing was changed' in told


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("create", "tables/peopel.sql"), "error[DD962]: there is no SQL file `tables/peopel.sql`"),
        (("create", "empty"), "error[DD962]: `empty` holds no .sql files"),
        (("grant", "tables"), "error[DD964]: DuckDB has no users and groups"),
        (("visualize", "tables.gif", "tables"), "error[DD957]"),
        (("create", "tables", "more/people.sql"), "error[DD440]: `hr.people` is defined here and in"),
    ],
)
def test_what_cannot_be_done(duckdb_warehouse: Warehouse, arguments: tuple[str, ...], told: str) -> None:
    duckdb_warehouse.project.write({"more/people.sql": PEOPLE, "empty/readme.txt": ""})

    assert told in duckdb_warehouse.refused(*arguments)


def test_a_picture_of_the_tables(duckdb_warehouse: Warehouse) -> None:
    duckdb_warehouse("visualize", "tables.svg", "tables/*.sql")

    assert "hr.people" in (duckdb_warehouse.project.root / "tables.svg").read_text()


@pytest.mark.parametrize("action", ["drop", "recreate"])
def test_what_others_depend_on_stays(request: pytest.FixtureRequest, action: str) -> None:
    for kind in ("postgres", "redshift"):
        warehouse: Warehouse = request.getfixturevalue(f"{kind}_warehouse")
        warehouse.filled()

        told = warehouse.refused(action, "-e", "--yes", *FILES[:2])

        assert "DD456" in told
        assert "names" in told
        assert warehouse.ask("SELECT count(*) FROM hr.names") == [(2,)]


def test_rights_are_granted_to_users_and_groups(postgres_warehouse: Warehouse, postgres_server: Any) -> None:
    warehouse = postgres_warehouse
    tag = postgres_server.fresh_database("role")
    warehouse.ask(f'CREATE ROLE "user_{tag}"')
    warehouse.ask(f'CREATE ROLE "group_{tag}"')
    permissions = [
        {"user": f"user_{tag}", "permission": "all"},
        {"group": f"group_{tag}", "permission": "select, insert"},
    ]
    write_settings(
        warehouse.project,
        warehouse={"type": "postgres", "url": "${env:WAREHOUSE_URL}"},
        database={"permissions": permissions},
    )

    warehouse("create", "-e", "tables")

    granted = warehouse.ask(
        "SELECT privilege_type, is_grantable FROM information_schema.role_table_grants "
        f"WHERE grantee = 'group_{tag}' AND table_name = 'people' ORDER BY 1"
    )
    assert granted == [("INSERT", "NO"), ("SELECT", "NO")]
    assert "GRANT ALL ON hr.people" in warehouse("grant", "-e", "tables")
    for table in ("names", "people", "departments"):
        warehouse.ask(f'REVOKE ALL ON hr.{table} FROM "user_{tag}", "group_{tag}"')
    warehouse.ask(f'DROP ROLE "user_{tag}", "group_{tag}"')


def test_dropped_tables_are_loaded_again_by_the_same_run(school: Project) -> None:
    run = ("run", "courses", "--run-date", "2026-01-01")
    assert school(*run).exit_code == 0
    before = school.rows("SELECT count(*) FROM prod.courses")

    assert school("database", "drop", "-e", "--yes", "tables").exit_code == 0
    assert "prod.courses" not in school.tables()

    assert school(*run).exit_code == 0
    assert school.rows("SELECT count(*) FROM prod.courses") == before
