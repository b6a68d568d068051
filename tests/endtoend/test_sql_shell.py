"""`dataduct sql_shell`: the database's own client, with the password in its environment alone."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from real_systems import connection, write_settings

from projects import Project

FAKE = """\
#!{python}
import json, os, sys
print(json.dumps({{"arguments": sys.argv, "PGPASSWORD": os.environ.get("PGPASSWORD"), \
"MYSQL_PWD": os.environ.get("MYSQL_PWD")}}))
"""
SECRET = "pass word'\\"


@pytest.fixture
def clients(empty: Project, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory that is the whole PATH, for clients which tell how they were called."""
    directory = empty.root / "bin"
    directory.mkdir()
    monkeypatch.setenv("PATH", str(directory))
    monkeypatch.setenv("PW", SECRET)
    return directory


def install(clients: Path, *programs: str) -> None:
    for program in programs:
        (clients / program).write_text(FAKE.format(python=sys.executable))
        (clients / program).chmod(0o755)


def shell(project: Project, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "dataduct", *arguments],
        cwd=project.root,
        env=dict(os.environ),
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def called(project: Project, *arguments: str) -> dict[str, Any]:
    ended = shell(project, *arguments)
    assert ended.returncode == 0, ended.stderr
    told: dict[str, Any] = json.loads(ended.stdout)
    assert SECRET not in " ".join(told["arguments"])
    return told


def server(kind: str, **options: Any) -> dict[str, Any]:
    return {"type": kind, "host": "db.example.com", "user": "reader", "password": "${env:PW}", **options}


def test_psql_gets_the_connection_and_its_password_in_the_environment(empty: Project, clients: Path) -> None:
    install(clients, "psql")
    write_settings(empty, connections={"app": server("postgres", database="my shop")})

    told = called(empty, "sql_shell", "postgres", "app")

    assert told["PGPASSWORD"] == SECRET
    written = told["arguments"][told["arguments"].index("--dbname") + 1]
    assert "host=db.example.com" in written
    assert "user=reader" in written
    assert "dbname='my shop'" in written


def test_mysql_gets_the_connection_and_its_password_in_the_environment(empty: Project, clients: Path) -> None:
    install(clients, "mysql")
    write_settings(empty, connections={"app": server("mysql", database="shop", port=3307, tls="required")})

    told = called(empty, "sql_shell", "mysql", "app")

    assert told["MYSQL_PWD"] == SECRET
    assert told["arguments"][1:] == [
        *("--protocol", "TCP", "--host", "db.example.com", "--port", "3307", "--user", "reader"),
        *("--default-character-set", "utf8mb4", "--ssl-mode", "REQUIRED", "--database", "shop"),
    ]


def test_the_only_connection_of_a_kind_need_not_be_named(empty: Project, clients: Path) -> None:
    install(clients, "mariadb")
    write_settings(empty, connections={"app": server("mariadb"), "other": server("postgres")})

    told = called(empty, "sql-shell", "mysql")

    assert told["MYSQL_PWD"] == SECRET
    assert "--ssl-mode" not in told["arguments"]


def test_redshift_is_the_warehouse_of_that_type(empty: Project, clients: Path) -> None:
    install(clients, "psql")
    write_settings(empty, warehouse=server("redshift", database="dwh"))

    for kind in ("redshift", "warehouse"):
        told = called(empty, "sql_shell", kind)
        assert told["PGPASSWORD"] == SECRET
        assert "port=5439" in told["arguments"][-1]
        assert "sslmode=require" in told["arguments"][-1]


def test_files_are_opened_by_path(empty: Project, clients: Path) -> None:
    install(clients, "sqlite3", "duckdb")
    empty.write({"shop.db": b"", "warehouse.duckdb": b""})
    write_settings(empty, connections={"shop": {"type": "sqlite", "path": "shop.db"}})

    assert called(empty, "sql_shell", "sqlite")["arguments"][1:] == [str(empty.root / "shop.db")]
    assert called(empty, "sql_shell", "warehouse")["arguments"][1:] == [str(empty.root / "warehouse.duckdb")]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("postgres", "app"), "error[DD966]: `psql` is not installed; it is the PostgreSQL client"),
        (("mysql", "app"), "error[DD967]: connection `app` is of type `postgres`, not `mysql`"),
        (("mysql",), "error[DD967]: there is no connection of type `mysql`"),
        (("postgres", "ap"), "error[DD932]: there is no connection `ap`"),
        (("postgres",), "error[DD967]: there are 2 connections of type `postgres`: name one"),
        (("redshift",), "error[DD967]: the warehouse is of type `duckdb`"),
        (("redshift", "app"), "error[DD967]: `redshift` is the warehouse and takes no alias"),
        (("warehouse",), "error[DD966]: `duckdb` is not installed"),
    ],
)
def test_what_cannot_be_opened(empty: Project, clients: Path, arguments: tuple[str, ...], told: str) -> None:
    write_settings(empty, connections={"app": server("postgres"), "crm": server("postgres")})

    ended = shell(empty, "sql_shell", *arguments)

    assert ended.returncode == 2
    assert told in ended.stderr


def test_psql_on_a_real_server(empty: Project, postgres_server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PW", postgres_server.password)
    database = postgres_server.fresh_database("shell")
    write_settings(empty, connections={"app": connection(postgres_server, database)})

    ended = shell(empty, "sql_shell", "postgres", stdin="SELECT current_database();\n")

    assert (ended.returncode, ended.stderr) == (0, "")
    assert database in ended.stdout


def test_mysql_on_a_real_server(empty: Project, mariadb_server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PW", mariadb_server.password)
    database = mariadb_server.fresh_database("shell")
    write_settings(empty, connections={"app": connection(mariadb_server, database)})

    ended = shell(empty, "sql_shell", "mysql", stdin="SELECT database();\n")

    assert (ended.returncode, ended.stderr) == (0, "")
    assert database in ended.stdout
