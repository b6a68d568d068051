"""`dataduct config show` and `dataduct config validate`."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import Result

from dataduct.config.layers import USER_VARIABLE
from dataduct.config.project import open_project

Call = Callable[..., Result]
Golden = Callable[[str, str], None]

USER = """\
etl:
  S3_BASE_PATH: dev
  ROLE: etl-role
  TAGS: {team: {string: data}}
redshift:
  HOST: dwh.example.com
  DATABASE_NAME: dev
  USERNAME: loader
  PASSWORD: hunter2hunter
production:
  redshift: {HOST: prod.example.com}
"""
PROJECT = """\
project: school
connections:
  shop: mysql://reader:plain-secret@db.example.com/shop
  old: {type: postgres, url: 'postgresql://me:${env:OLD}@old.example.com/x'}
engine:
  workers: 2
  retry_delay: 90 seconds
variables:
  api_token: a-token
  day: "2026-01-01"
  "odd: key": 'yes'
database:
  permissions:
  - {user: admin, permission: all}
modes:
  production:
    engine:
      workers: 8
"""
SECRETS = ("hunter2hunter", "plain-secret", "a-token")


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose user has settings too; its directory is the working directory."""
    home = tmp_path / "home"
    (home / ".dataduct").mkdir(parents=True)
    (home / ".dataduct" / "dataduct.cfg").write_text(USER, encoding="utf-8")
    (tmp_path / "dataduct.yml").write_text(PROJECT, encoding="utf-8")
    monkeypatch.delenv(USER_VARIABLE)
    monkeypatch.setenv("HOME", str(home))
    return tmp_path


class TestShow:
    @pytest.mark.usefixtures("settings")
    def test_each_line_tells_where_it_is_from(self, dataduct: Call, golden: Golden) -> None:
        ended = dataduct("config", "show", "--mode", "production", DATADUCT__ENGINE__STEP_TIMEOUT="2 hours")
        assert (ended.exit_code, ended.stderr) == (0, "")
        golden("cli/config_show.txt", ended.stdout)

    @pytest.mark.usefixtures("settings")
    def test_no_secret_is_shown(self, dataduct: Call) -> None:
        for arguments in (["show"], ["show", "--json"], ["validate"], ["validate", "--format", "json"]):
            ended = dataduct("config", *arguments)
            assert [secret for secret in SECRETS if secret in ended.output] == [], arguments

    def test_what_is_printed_are_settings_with_the_same_effect(self, dataduct: Call, settings: Path) -> None:
        printed = dataduct("config", "show", "-m", "production").stdout
        before = open_project(settings, mode="production", environment=os.environ).settings
        (settings / "dataduct.yml").write_text(printed, encoding="utf-8")
        after = open_project(settings, environment={}).settings
        hidden = {"warehouse": {"password"}, "connections": True, "variables": True, "modes": True}
        assert after.model_dump(exclude=hidden) == before.model_dump(exclude=hidden)  # type: ignore[arg-type]
        assert list(after.variables) == list(before.variables)

    def test_defaults_alone(self, dataduct: Call, golden: Golden) -> None:
        golden("cli/config_show_defaults.txt", dataduct("config", "show").stdout)

    @pytest.mark.usefixtures("settings")
    def test_as_json(self, dataduct: Call) -> None:
        ended = dataduct("config", "show", "--json", "-m", "production", DATADUCT__PROJECT="renamed")
        document: dict[str, Any] = json.loads(ended.stdout)
        assert document["mode"] == "production"
        assert [Path(file).name for file in document["files"]] == ["dataduct.cfg", "dataduct.yml"]
        assert document["settings"]["engine"]["workers"] == 8
        assert document["settings"]["warehouse"]["password"] == "***"
        assert document["settings"]["connections"]["old"]["password"] == "${env:OLD}"
        origins = document["origins"]
        assert origins["engine.workers"] == {"file": "dataduct.yml", "line": 18, "mode": "production"}
        assert origins["engine.max_retries"] == {"default": True}
        assert origins["project"] == {"variable": "DATADUCT__PROJECT"}
        assert origins["warehouse.user"]["line"] == 8

    @pytest.mark.parametrize(
        "value",
        ["a: b", "- x", "# no", "yes", "01:00", "1.50", "", "tab\tand\nline", "{x}", "'", "ü 雪", "*"],
    )
    def test_any_text_can_be_read_again(self, dataduct: Call, tmp_path: Path, value: str) -> None:
        text = json.dumps({"variables": {"x": value}, "project": "p"})
        (tmp_path / "dataduct.yml").write_text(text, encoding="utf-8")
        printed = dataduct("config", "show").stdout
        assert yaml.safe_load(printed)["variables"]["x"] == value

    @pytest.mark.usefixtures("settings")
    def test_an_unknown_mode(self, dataduct: Call) -> None:
        ended = dataduct("config", "show", "--mode", "prodction")
        assert ended.exit_code == 2
        assert "did you mean `production`?" in ended.stderr
        assert ended.stdout == ""


class TestValidate:
    @pytest.mark.usefixtures("settings")
    def test_names_the_files_and_the_modes(self, dataduct: Call) -> None:
        ended = dataduct("config", "validate")
        assert ended.exit_code == 0
        last = ended.stdout.splitlines()[-1]
        assert last == "valid: ~/.dataduct/dataduct.cfg, dataduct.yml; 1 mode (production)"
        assert "warning[DD616]" in ended.stdout

    def test_without_a_file(self, dataduct: Call) -> None:
        ended = dataduct("config", "validate")
        expected = "valid: there is no settings file, so every setting has its default\n"
        assert (ended.exit_code, ended.stdout) == (0, expected)

    def test_all_problems_of_all_files_and_modes(
        self, dataduct: Call, settings: Path, golden: Golden
    ) -> None:
        (settings / "home" / ".dataduct" / "dataduct.cfg").write_text(
            "etl:\n  S3_BASE_PAHT: dev\n  DAILY_LOAD_TIME: 24\n  MAX_RETRIES: many\n"
            "ec2: m1.large\n"
            "redshfit: {HOST: h}\n"
            "production:\n  emr: {NUM_CORE_INSTANCE: 5}\n  mysqll: {a: {HOST: h}}\n",
            encoding="utf-8",
        )
        (settings / "dataduct.yml").write_text(
            "engine: {worker: 1, max_retries: 1}\n"
            "etl: {MAX_RETRIES: 0}\n"
            "production:\n  etl: {S3_BASE_PATH: x}\n"
            "pipelines: {frequency: dayly, load_time: 7}\n"
            "modes:\n  quick:\n    storage: {type: s4}\n    connections: {shop: mysql://me:p@ss@h}\n",
            encoding="utf-8",
        )
        ended = dataduct(
            "config",
            "validate",
            DATADUCT__ENGINE__WORKRES="1",
            DATADUCT__ETL__ROLE="r",
            DATADUCT_CONFIG_PATH="more/missing.cfg:dataduct.yaml",
        )
        assert (ended.exit_code, ended.stderr) == (2, "")
        golden("cli/config_problems.txt", ended.stdout.replace(str(settings), "PROJECT"))

    def test_as_json(self, dataduct: Call, tmp_path: Path) -> None:
        (tmp_path / "dataduct.yml").write_text("etl: {ROL: x}\n", encoding="utf-8")
        ended = dataduct("config", "validate", "--format", "json")
        (problem,) = json.loads(ended.stdout)["problems"]
        assert ended.exit_code == 2
        assert (problem["code"], problem["line"], problem["column"]) == ("DD660", 1, 7)
