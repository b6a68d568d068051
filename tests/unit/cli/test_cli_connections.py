"""`dataduct connections list` and `dataduct connections test`."""

import json
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.shell_completion import ShellComplete
from click.testing import Result

from dataduct.connectors import sqlite as sqlite_connector
from dataduct.model.server import ServerInfo

Call = Callable[..., Result]

PASSWORDS = ("hun/ter@2", "hun%2Fter%402", "plain-secret", "by-reference")
SETTINGS = """\
connections:
  school: sqlite:///school.sqlite
  shop: mysql://me:hun%2Fter%402@127.0.0.1:1/shop
  old: {type: postgres, host: '${env:OLD_HOST}', port: 2, user: me, password: plain-secret}
  whole: {type: postgres, url: '${env:WHOLE_URL}'}
warehouse: duckdb:///warehouse.duckdb
"""


@pytest.fixture
def school(tmp_path: Path) -> Path:
    with closing(sqlite3.connect(tmp_path / "school.sqlite")) as connection:
        connection.execute("CREATE TABLE courses (id INTEGER)")
    (tmp_path / "dataduct.yml").write_text(SETTINGS, encoding="utf-8")
    (tmp_path / "pipelines").mkdir()
    (tmp_path / "pipelines" / "courses.yaml").write_text(
        "name: courses\nsteps:\n  - {step_type: extract-rds, host_name: school, table: courses}\n"
        "  - {step_type: count-check, source_host: shop, source_table_name: a, destination_table_name: b}\n",
        encoding="utf-8",
    )
    (tmp_path / "pipelines" / "grades.yaml").write_text(
        "name: grades\nsteps: [{step_type: extract-rds, connection: school, table: grades}]\n",
        encoding="utf-8",
    )
    (tmp_path / "pipelines" / "broken.yaml").write_text("name: [", encoding="utf-8")
    return tmp_path


@pytest.fixture
def working(tmp_path: Path) -> Path:
    with closing(sqlite3.connect(tmp_path / "school.sqlite")) as connection:
        connection.execute("CREATE TABLE courses (id INTEGER)")
    text = "connections: {school: 'sqlite:///school.sqlite'}\nwarehouse: duckdb:///w.duckdb\n"
    (tmp_path / "dataduct.yml").write_text(text, encoding="utf-8")
    return tmp_path


def completions(*arguments: str, incomplete: str = "") -> list[str]:
    from dataduct.cli.main import dataduct as group

    completer = ShellComplete(group, {}, "dataduct", "_DATADUCT_COMPLETE")
    return [item.value for item in completer.get_completions(list(arguments), incomplete)]


class TestList:
    def test_every_system_with_its_place_and_its_pipelines(self, dataduct: Call, school: Path) -> None:
        result = dataduct("connections", "list")
        assert result.exit_code == 0, result.output
        rows = [line.split() for line in result.stdout.splitlines()]
        assert rows == [
            ["ALIAS", "TYPE", "LEADS", "TO", "USED", "BY", "WRITTEN", "AT"],
            ["school", "sqlite", "school.sqlite", "courses,", "grades", "dataduct.yml:2"],
            ["shop", "mysql", "127.0.0.1:1/shop", "courses", "dataduct.yml:3"],
            ["old", "postgres", "${env:OLD_HOST}:2", "dataduct.yml:4"],
            ["whole", "postgres", "${env:WHOLE_URL}", "dataduct.yml:5"],
            ["warehouse", "duckdb", "warehouse.duckdb", "dataduct.yml:6"],
            ["storage", "local", "default"],
        ]

    def test_as_json(self, dataduct: Call, school: Path) -> None:
        document = json.loads(dataduct("connections", "list", "--json").stdout)
        assert document["connections"][0] == {
            "alias": "school",
            "section": "connections",
            "type": "sqlite",
            "destination": "school.sqlite",
            "pipelines": ["courses", "grades"],
            "file": "dataduct.yml",
            "line": 2,
            "column": 3,
        }
        assert document["connections"][-1]["file"] is None

    def test_wrong_settings_end_it(self, dataduct: Call, tmp_path: Path) -> None:
        (tmp_path / "dataduct.yml").write_text("connections: {a: {type: sqlit}}", encoding="utf-8")
        result = dataduct("connections", "list")
        assert (result.exit_code, "DD610" in result.stderr) == (2, True)


class TestTest:
    def test_all_well(self, dataduct: Call, working: Path) -> None:
        result = dataduct("connections", "test")
        assert result.exit_code == 0, result.output
        lines = result.stdout.splitlines()
        assert sorted(line.split()[1] for line in lines[:3]) == ["school", "storage", "warehouse"]
        assert all(line.startswith("works") and " ms  " in line for line in lines[:3])
        assert any("SQLite 3" in line for line in lines)
        assert any("DuckDB" in line for line in lines)
        assert lines[-1] == "all well: 3 connections"
        assert not list((working / ".dataduct" / "data").rglob("*probe*"))

    def test_one_by_its_alias(self, dataduct: Call, working: Path) -> None:
        result = dataduct("connections", "test", "school")
        assert (result.exit_code, result.stdout.count("works")) == (0, 1)
        assert not (working / "w.duckdb").exists()

    def test_each_that_fails_has_one_clear_error(self, dataduct: Call, school: Path) -> None:
        result = dataduct("connections", "test", OLD_HOST="127.0.0.1", WHOLE_URL="mysql://me:by-reference@h")
        assert result.exit_code == 1
        failed = {line.split()[1] for line in result.stdout.splitlines() if line.startswith("failed")}
        assert failed == {"shop", "old", "whole"}
        assert result.stdout.count("error[") == 3
        assert result.stdout.count("error[DD821]") == 2
        assert result.stdout.count("error[DD627]") == 1
        assert "3 of 6 connections cannot be used" in result.stdout
        assert "Traceback" not in result.output

    def test_as_json(self, dataduct: Call, school: Path) -> None:
        result = dataduct("connections", "test", "--json", "school", "old", OLD_HOST="127.0.0.1")
        assert result.exit_code == 1
        works, fails = json.loads(result.stdout)["connections"]
        assert (works["alias"], works["works"], works["error"], works["lacks"]) == ("school", True, None, [])
        assert works["version"].startswith("SQLite")
        assert isinstance(works["milliseconds"], int)
        assert (fails["alias"], fails["works"], fails["version"]) == ("old", False, None)
        assert (fails["error"]["code"], "127.0.0.1" in fails["error"]["message"]) == ("DD821", True)

    def test_rights_that_are_lacking_are_told(
        self, dataduct: Call, working: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        lacking = ServerInfo("SQLite 3", ("SELECT on the table `grades`",))
        monkeypatch.setattr(sqlite_connector.SqliteReader, "server", lambda reader: lacking)
        result = dataduct("connections", "test", "school")
        assert (result.exit_code, "lacks: SELECT on the table `grades`" in result.stdout) == (0, True)

    def test_one_that_never_answers_is_given_up(
        self, dataduct: Call, working: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sqlite_connector.SqliteReader, "server", lambda reader: time.sleep(5))
        started = time.monotonic()
        result = dataduct("connections", "test", "--timeout", "0.4", "school", "storage")
        assert time.monotonic() - started < 4
        assert result.exit_code == 1
        assert "error[DD659]: there was no answer within 0.4 seconds" in result.stdout
        assert "works   storage" in result.stdout

    def test_they_are_tried_at_the_same_time(
        self, dataduct: Call, tmp_path: Path, working: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        aliases = ", ".join(f"c{number}: 'sqlite:///school.sqlite'" for number in range(8))
        (tmp_path / "dataduct.yml").write_text(f"connections: {{{aliases}}}", encoding="utf-8")

        def slow(reader: Any) -> ServerInfo:
            time.sleep(0.3)
            return ServerInfo("SQLite 3")

        monkeypatch.setattr(sqlite_connector.SqliteReader, "server", slow)
        document = json.loads(dataduct("connections", "test", "--json").stdout)
        assert max(each["milliseconds"] for each in document["connections"]) < 8 * 300
        assert [each["works"] for each in document["connections"]] == [True] * 10

    def test_a_defect_of_one_says_nothing_about_the_others(
        self, dataduct: Call, working: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def defective(reader: Any) -> ServerInfo:
            raise RuntimeError("oops")

        monkeypatch.setattr(sqlite_connector.SqliteReader, "server", defective)
        result = dataduct("connections", "test")
        assert "error[DD901]: unexpected RuntimeError: oops" in result.stdout
        assert result.stdout.count("works") == 2

    def test_an_unknown_alias(self, dataduct: Call, working: Path) -> None:
        result = dataduct("connections", "test", "scool")
        assert result.exit_code == 2
        assert "error[DD601]: there is no connection `scool`" in result.stderr
        assert "did you mean `school`?" in result.stderr


class TestSecrets:
    """No output of any command holds a secret, in whatever form it was written."""

    @pytest.mark.parametrize(
        "arguments",
        [
            ("connections", "list"),
            ("connections", "list", "--json"),
            ("connections", "test"),
            ("connections", "test", "--json"),
            ("validate", "pipelines/grades.yaml"),
            ("plan", "grades"),
            ("plan", "grades", "--json"),
            ("run", "grades"),
            ("history", "--json"),
        ],
    )
    def test_of_any_command(self, dataduct: Call, school: Path, arguments: tuple[str, ...]) -> None:
        result = dataduct(
            *arguments, OLD_HOST="127.0.0.1", WHOLE_URL="postgresql://me:by-reference@127.0.0.1:3/d"
        )
        assert [secret for secret in PASSWORDS if secret in result.output] == []

    def test_nor_the_lines_of_the_file_that_errors_show(self, dataduct: Call, tmp_path: Path) -> None:
        (tmp_path / "dataduct.yml").write_text(
            "connections:\n"
            "  a: mysql://me:hun%2Fter%402@h/d?tsl=required\n"
            "  b: {type: mysql, user: me, password: plain-secret, prot: 1}\n"
            "  c: {type: mysql, user: me, password:\n"
            "    by-reference}\n",
            encoding="utf-8",
        )
        result = dataduct("validate", "x")
        assert result.exit_code == 2
        assert [secret for secret in PASSWORDS if secret in result.output] == []
        drawn = result.stdout.splitlines()
        bad = next(i for i, line in enumerate(drawn) if "tsl=required" in line)
        assert drawn[bad][drawn[bad + 1].index("^") : drawn[bad + 1].rindex("^") + 1].startswith("tsl")
        assert "did you mean `port`?" in result.stdout

    def test_nor_the_history_of_a_run_that_failed_to_connect(
        self, dataduct: Call, school: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (school / "pipelines" / "fails.yaml").write_text(
            "name: fails\nmax_retries: 0\nsteps: [{step_type: extract-rds, host_name: shop, table: t}]\n",
            encoding="utf-8",
        )
        text = SETTINGS.replace("127.0.0.1:1/shop", "127.0.0.1:1/shop?connect_retries=0")
        (school / "dataduct.yml").write_text(text, encoding="utf-8")
        result = dataduct("run", "fails")
        assert (result.exit_code, "DD821" in result.output) == (1, True)
        kept = b"".join(path.read_bytes() for path in (school / ".dataduct").rglob("*") if path.is_file())
        assert b"DD821" in kept
        assert [secret for secret in PASSWORDS if secret.encode() in kept or secret in result.output] == []


def test_aliases_complete(working: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(working)
    assert completions("connections") == ["list", "test"]
    assert completions("connections", "test", incomplete="s") == ["school", "storage"]
    (working / "dataduct.yml").write_text("connections: [", encoding="utf-8")
    assert completions("connections", "test") == []
