"""The original's settings as `dataduct.yml`: the same settings, and no secret."""

from pathlib import Path
from typing import Any

import pytest

from dataduct.config.project import open_project
from dataduct.errors import UserError
from dataduct.migration.tidy_settings import isolated, tidy_settings, write_tidy_settings

CONFIG = """\
etl:
  S3_ETL_BUCKET: bucket
  S3_BASE_PATH: base
  REGION: eu-west-1
  MAX_RETRIES: 3
  RETRY_DELAY: 5 Minutes
  DAILY_LOAD_TIME: 3
  NAME_PREFIX: dev
  RESOURCE_BASE_PATH: resources
  HOOKS_BASE_PATH: my_hooks
  CUSTOM_STEPS_PATH: my_steps
  QA_LOG_PATH: checks
  DEPENDENCY_OVERRIDE: true
  FREQUENCY_OVERRIDE: one-time
  TAGS: {team: {string: data}}
redshift: {HOST: w.example.com, DATABASE_NAME: w, USERNAME: etl, PASSWORD: "p: w 1"}
mysql:
  shop: {HOST: shop.example.com, USERNAME: reader, PASSWORD: p-shop}
  other-shop: {HOST: other.example.com, USERNAME: reader, PASSWORD: p-other}
postgres:
  crm: {HOST: crm.example.com, USERNAME: etl, PASSWORD: p-crm, DATABASE_NAME: crm}
database:
  permissions:
  - {user: admin, permission: all}
teardown: {step_type: sql-command, command: SELECT 1}
logging: {LOG_DIR: logs, LOG_FILE: d.log}
staging:
  etl: {S3_BASE_PATH: staging}
  mysql:
    shop: {PASSWORD: p-staging}
"""
SECRETS = {
    "WAREHOUSE_PASSWORD": "p: w 1",
    "SHOP_PASSWORD": "p-shop",
    "OTHER_SHOP_PASSWORD": "p-other",
    "CRM_PASSWORD": "p-crm",
    "STAGING_SHOP_PASSWORD": "p-staging",
}


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "dataduct.cfg"
    path.write_text(CONFIG)
    return path


def resolved(value: Any) -> Any:
    """Return settings with the references of this test filled in."""
    if isinstance(value, dict):
        return {key: resolved(item) for key, item in value.items()}
    if isinstance(value, list):
        return [resolved(item) for item in value]
    if isinstance(value, str):
        for variable, secret in SECRETS.items():
            value = value.replace(f"${{env:{variable}}}", secret)
    return value


@pytest.mark.parametrize("mode", [None, "staging"])
def test_it_says_the_same(config: Path, tmp_path: Path, mode: str | None) -> None:
    root = tmp_path / "tidy"
    root.mkdir()
    write_tidy_settings(root, tidy_settings(config))
    before = open_project(tmp_path, mode=mode, environment=isolated(config)).settings
    after = open_project(root, mode=mode, environment=isolated(None)).settings
    left_out = {"modes": True, "logs": {"file", "console_debug_level", "file_debug_level"}}
    assert resolved(after.model_dump(exclude=left_out)) == before.model_dump(exclude=left_out)
    assert list(after.modes) == ["staging"]


def test_secrets_are_taken_out_and_listed(config: Path) -> None:
    tidy = tidy_settings(config)
    assert [secret for secret in SECRETS.values() if secret in tidy.text] == []
    assert {each.variable: each.place.line for each in tidy.taken_out} == {
        "WAREHOUSE_PASSWORD": 16,
        "SHOP_PASSWORD": 18,
        "OTHER_SHOP_PASSWORD": 19,
        "CRM_PASSWORD": 21,
        "STAGING_SHOP_PASSWORD": 30,
    }


def test_a_url_keeps_all_but_its_password(tmp_path: Path) -> None:
    path = tmp_path / "dataduct.cfg"
    path.write_text("redshift:\n  CONNECTION_STRING: redshift://etl:p-warehouse@w.example.com:5439/w\n")
    tidy = tidy_settings(path)
    assert "redshift://etl:${env:WAREHOUSE_PASSWORD}@w.example.com:5439/w" in tidy.text
    assert [each.variable for each in tidy.taken_out] == ["WAREHOUSE_PASSWORD"]


def test_a_host_that_is_missing_is_asked_of_the_environment(tmp_path: Path) -> None:
    path = tmp_path / "dataduct.cfg"
    path.write_text("mysql:\n  shop: {USERNAME: reader}\n")
    tidy = tidy_settings(path)
    assert "host: ${env:SHOP_HOST}" in tidy.text
    assert [(each.variable, each.is_missing) for each in tidy.taken_out] == [("SHOP_HOST", True)]


@pytest.mark.parametrize("name", ["dataduct.yml", "dataduct.yaml"])
def test_settings_that_exist_are_never_overwritten(config: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("project: mine\n")
    with pytest.raises(UserError, match="exists, and is not overwritten") as raised:
        write_tidy_settings(tmp_path, tidy_settings(config))
    assert raised.value.code == "DD981"
    assert (tmp_path / name).read_text() == "project: mine\n"


def test_a_directory_that_cannot_be_written(config: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be written") as raised:
        write_tidy_settings(tmp_path / "nowhere", tidy_settings(config))
    assert raised.value.code == "DD982"
