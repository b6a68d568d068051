"""`dataduct generate from-database` on real servers: a whole project that runs at once."""

from decimal import Decimal
from typing import Any

import pytest
from real_systems import connection, run, write_settings
from university import TABLES, statements

from projects import Project

SERVERS = ("mariadb", "postgres")


@pytest.fixture(params=SERVERS)
def server(request: pytest.FixtureRequest) -> Any:
    return request.getfixturevalue(f"{request.param}_server")


@pytest.fixture
def university(empty: Project, server: Any, monkeypatch: pytest.MonkeyPatch) -> tuple[Project, Any, str]:
    """A project with a university as its source and nothing else."""
    database = server.fresh_database("university")
    server.execute(*statements(server.kind), database=database)
    monkeypatch.setenv("PW", server.password)
    write_settings(empty, connections={"uni": connection(server, database)}, engine={"workers": 2})
    return empty, server, database


def generated(project: Project, *options: str) -> str:
    ended = project("generate", "from-database", "uni", *options)
    assert ended.exit_code == 0, ended.text
    return ended.text


def verdicts(project: Project) -> list[bool]:
    shown = project("history", project.runs()[0]["id"], "--json")
    return [verdict["passed"] for verdict in shown.document()["verdicts"]]


def test_thirty_tables_are_in_production_after_one_run(university: tuple[Project, Any, str]) -> None:
    project, server, database = university
    told = generated(project)
    assert "written: 63 new files" in told
    assert "teachers: a view is loaded only if `--tables` names it" in told
    ended = run(project, "uni")
    assert ended.exit_code == 0, ended.text
    assert len(verdicts(project)) == 2 * TABLES - 1
    assert all(verdicts(project))
    name = server_name(server, "Order Lines")
    [(count,)] = server.execute(f"SELECT count(*) FROM {name}", database=database)
    assert project.rows('SELECT count(*), min("Größe"), max(twice) FROM prod."Order_Lines"') == [
        (count, 1, Decimal("5.00"))
    ]
    assert project.rows("SELECT DISTINCT remarks FROM prod.exam_results") == [('line 1\ntab\tquote " end',)]
    assert project.rows("SELECT count(*) FROM prod.audit_log") == [(300,)]


def test_after_changes_nothing_is_lost_and_a_new_table_takes_one_command(
    university: tuple[Project, Any, str],
) -> None:
    project, server, database = university
    generated(project, "--tables", "authors,tags,audit_log")
    assert run(project, "uni", date="2026-01-01").exit_code == 0
    server.execute(
        "ALTER TABLE authors ADD COLUMN country VARCHAR(20)",
        "UPDATE authors SET country = 'FR', name = 'renamed' WHERE id = 7",
        "INSERT INTO authors (id, name, born, country) VALUES (900, 'new', NULL, 'IT')",
        "CREATE TABLE grants (id INTEGER NOT NULL PRIMARY KEY, amount DECIMAL(8,2))",
        "INSERT INTO grants VALUES (1, 2.5), (2, NULL)",
        database=database,
    )
    files = snapshot(project)
    refused = project("generate", "from-database", "uni", "--tables", "authors,tags")
    assert refused.exit_code == 2
    assert "error[DD882]: 2 of the files to write exist and say something else" in refused.stderr
    assert "prod.authors.sql\n      new column `country` TEXT" in refused.stderr
    assert snapshot(project) == files

    told = generated(project, "--tables", "grants", "--run")
    assert "extended: pipelines/uni.yaml" in told
    assert project.rows("SELECT id, amount FROM prod.grants ORDER BY id") == [(1, Decimal("2.50")), (2, None)]
    assert set(project.steps()) == {
        f"grants.{step}" for step in ("extract", "load", "upsert", "check-key", "check-count")
    }

    told = generated(project, "--tables", "authors,tags", "--force")
    assert "changed: tables/prod.authors.sql" in told
    project.change_warehouse(
        "DROP TABLE staging.authors; ALTER TABLE prod.authors ADD COLUMN country VARCHAR"
    )
    second = run(project, "uni", "--select", "authors", date="2026-01-02")
    assert second.exit_code == 0, second.text
    assert all(verdicts(project))
    assert project.rows("SELECT count(*), max(country) FILTER (id = 7) FROM prod.authors") == [(121, "FR")]
    assert "unchanged: 9 files" in generated(
        project, "--tables", "authors,tags,audit_log,grants", "--exclude", "tags"
    )


def snapshot(project: Project) -> dict[str, str]:
    """Return the text of every file that the user sees."""
    found = [path for name in ("tables", "pipelines", "patterns") for path in (project.root / name).iterdir()]
    return {str(path): path.read_text() for path in found}


def server_name(server: Any, name: str) -> str:
    return f"`{name}`" if server.kind == "mariadb" else f'"{name}"'


def test_another_database_and_schema_than_the_connection_s(
    empty: Project, server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, other = server.fresh_database("own"), server.fresh_database("other")
    options = ["--database", other]
    table = "goods"
    if server.kind == "postgres":
        options += ["--schema", "Sales"]
        table = '"Sales".goods'
        server.execute('CREATE SCHEMA "Sales"', database=other)
    server.execute(
        f"CREATE TABLE {table} (id INTEGER NOT NULL PRIMARY KEY)",
        f"INSERT INTO {table} VALUES (7)",
        database=other,
    )
    monkeypatch.setenv("PW", server.password)
    write_settings(empty, connections={"uni": connection(server, own)})
    generated(empty, *options, "--run")
    assert empty.rows("SELECT id FROM prod.goods") == [(7,)]
    nowhere = empty("generate", "from-database", "uni", "--schema", "nowhere")
    assert nowhere.exit_code == 1
    assert "error[DD887]: the source has no" in nowhere.stderr
