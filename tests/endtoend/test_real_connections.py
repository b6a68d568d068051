"""What a user is told of connections that do not work, and where the password never stands."""

import json
import os
from collections.abc import Callable
from typing import Any

import pytest
from real_systems import connection, done, places_of, write_settings

from projects import Project

WRONG = "wr0ng&password"


@pytest.fixture
def connected(
    empty: Project, mariadb_server: Any, postgres_server: Any, monkeypatch: pytest.MonkeyPatch
) -> Project:
    """A project with ten connections, of which four work."""
    monkeypatch.setenv("PW", mariadb_server.password)
    monkeypatch.setenv("WRONG", WRONG)
    connections: dict[str, dict[str, Any]] = {}
    for name, server in (("my", mariadb_server), ("pg", postgres_server)):
        right = connection(server, server.fresh_database(name), connect_timeout=5)
        connections |= {
            f"{name}_right": right,
            f"{name}_reader": right | {"user": server.restricted_user()["user"]},
            f"{name}_password": right | {"password": "${env:WRONG}"},
            f"{name}_database": right | {"database": "no_such_database"},
            f"{name}_port": right | {"port": 1},
        }
    write_settings(empty, connections=connections)
    return empty


def test_each_failure_is_told_and_none_hides_another(connected: Project) -> None:
    ended = connected.process("connections", "test", "--json")
    assert ended.exit_code == 1
    systems = {system["alias"]: system for system in ended.document()["connections"]}
    codes = {alias: system["error"] and system["error"]["code"] for alias, system in systems.items()}
    assert codes == {
        **{f"{name}_{what}": None for name in ("my", "pg") for what in ("right", "reader")},
        **{f"{name}_password": "DD822" for name in ("my", "pg")},
        **{f"{name}_database": "DD823" for name in ("my", "pg")},
        **{f"{name}_port": "DD821" for name in ("my", "pg")},
        "warehouse": None,
        "storage": None,
    }
    assert places_of(WRONG, connected.root, ended.text) == []


def test_the_lines_read_well(
    connected: Project, mariadb_server: Any, postgres_server: Any, golden: Callable[[str, str], None]
) -> None:
    import re

    ended = connected.process("connections", "test", COLUMNS="200")
    assert ended.exit_code == 1
    text = re.sub(r"^(works|failed) +(\S+) +[\d,]+ ms", r"\1  \2  TIME", ended.text, flags=re.MULTILINE)
    for pattern, word in (
        (r"_[0-9a-f]{8,10}\b", "_N"),
        (rf":{mariadb_server.port}\b", ":MY"),
        (rf":{postgres_server.port}\b", ":PG"),
        (r"(MariaDB|PostgreSQL|DuckDB) \d[\d.]*", r"\1 VERSION"),
    ):
        text = re.sub(pattern, word, text)
    blocks = re.split(r"\n(?=works|failed|\n)", text.strip())
    golden("real_systems/connections_test.txt", "\n".join(sorted(blocks)) + "\n")


def test_list_connects_to_nothing_and_shows_no_secret(connected: Project) -> None:
    ended = connected.process("connections", "list", PW="unused-secret")
    assert ended.exit_code == 0
    assert ended.stdout.count("127.0.0.1") == 10
    assert places_of("unused-secret", connected.root, ended.text) == []


@pytest.mark.parametrize("way", ["option", "url", "whole url"])
def test_the_password_stands_nowhere_after_runs_that_succeed_and_fail(
    empty: Project, mariadb_server: Any, postgres_server: Any, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    source, target = mariadb_server.fresh_database("source"), postgres_server.fresh_database("target")
    mariadb_server.execute(
        "CREATE TABLE people (id INT PRIMARY KEY, name VARCHAR(20))",
        "INSERT INTO people VALUES (1, 'Ada')",
        database=source,
    )
    password = mariadb_server.password
    monkeypatch.setenv("PW", password)
    pairs = (("source", mariadb_server, source), ("target", postgres_server, target))
    settings: dict[str, Any] = {}
    for name, server, database in pairs:
        monkeypatch.setenv(f"{name.upper()}_URL", server.url(database))
        kind = "mysql" if name == "source" else "postgres"
        settings[name] = {
            "option": connection(server, database),
            "url": f"{server.scheme}://{server.user}:${{env:PW}}@{server.host}:{server.port}/{database}",
            "whole url": {"type": kind, "url": f"${{env:{name.upper()}_URL}}"},
        }[way]
    write_settings(empty, connections={"source": settings["source"]}, warehouse=settings["target"])
    empty.write({"tables/people.sql": "CREATE TABLE staging.people (id INTEGER, name VARCHAR(20));\n"})
    extract = "step_type: extract-mysql\nname: people\nhost_name: source\ntable: people\n"
    load = "step_type: create-load\nname: load\ntable_definition: tables/people.sql\n"
    transform = (
        'step_type: transform\nname: show\ninput_node: people\ncommand: \'echo "$PW"; '
        'echo "$SOURCE_URL"; exit 3\'\n'
    )
    empty.pipeline("good", extract, load)
    empty.pipeline("bad", extract, transform)
    told = [done(empty, "good").text, empty.process("run", "pipelines/bad.yaml").text]
    for arguments in (
        ["plan", "pipelines/good.yaml", "--json"],
        ["plan", "pipelines/good.yaml", "--types"],
        ["explain", "pipelines/good.yaml"],
        ["validate", "pipelines/good.yaml", "--json"],
        ["history", "--json"],
        ["connections", "list", "--json"],
    ):
        told.append(empty.process(*arguments).text)
    assert "exit code 3" in told[1], told[1]
    assert "***" in told[1]
    environment = {name: os.environ[name] for name in ("PW", "SOURCE_URL", "TARGET_URL")}
    assert environment["PW"] == password
    assert places_of(password, empty.root, *told) == []
    assert json.loads(told[2])["steps"]
