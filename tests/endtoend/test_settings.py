"""Settings in several files: what they do to pipelines, and their copy in the project's bucket."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest
import yaml

from dataduct.config.layers import USER_VARIABLE
from projects import Project

ETL = """\
etl:
  S3_ETL_BUCKET: {bucket}
  S3_BASE_PATH: team
  REGION: us-east-1
  NAME_PREFIX: dev
  DAILY_LOAD_TIME: 4
  FREQUENCY_OVERRIDE: daily
mysql:
  shop: {{HOST: db, USERNAME: me, PASSWORD: {password}}}
production:
  etl: {{S3_BASE_PATH: production}}
"""


@pytest.fixture
def user(empty: Project, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of the user's settings, in a home directory of its own."""
    home = empty.root.parent / "home"
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv(USER_VARIABLE)
    file = home / ".dataduct" / "dataduct.cfg"
    file.parent.mkdir(parents=True)
    return file


@pytest.fixture
def in_s3(user: Path, s3_server: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    """A bucket that the environment has access to."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3_server.endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", s3_server.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", s3_server.secret_key)
    bucket: str = s3_server.fresh_bucket("settings")
    return bucket


class TestPipelines:
    def test_take_name_time_and_frequency_from_the_settings(self, empty: Project, user: Path) -> None:
        user.write_text(ETL.format(bucket="b", password="pw"), encoding="utf-8")
        file = empty.pipeline("nightly", "step_type: sql-command\nname: say\ncommand: SELECT 1")
        shown = empty("plan", file, "--json")
        assert shown.exit_code == 0, shown.stderr
        plan = shown.document()
        assert plan["pipeline"] == "dev_nightly"
        assert plan["schedule"] == {"frequency": "daily", "load_time": "04:00:00"}

    def test_keep_the_time_that_they_say_themselves(self, empty: Project, user: Path) -> None:
        user.write_text("etl: {DAILY_LOAD_TIME: 4}\n", encoding="utf-8")
        step = "{step_type: sql-command, name: say, command: SELECT 1}"
        empty.write({"own.yaml": f"name: own\nfrequency: weekly\nload_time: 7:15\nsteps: [{step}]\n"})
        plan = empty("plan", "own.yaml", "--json").document()
        assert plan["pipeline"] == "own"
        assert plan["schedule"] == {"frequency": "weekly", "load_time": "07:15:00"}

    def test_run_with_the_first_dataduct_s_settings_alone(self, empty: Project, user: Path) -> None:
        user.write_text("etl: {NAME_PREFIX: dev, MAX_RETRIES: 0}\nec2: {INSTANCE_TYPE: m1.large}\n")
        file = empty.pipeline("nightly", "step_type: sql-command\nname: say\ncommand: SELECT 1")
        ended = empty("run", file)
        assert ended.exit_code == 0, ended.text
        assert [run["pipeline"] for run in empty.runs()] == ["dev_nightly"]


class TestCopyInS3:
    def test_comes_back_with_the_same_effect(
        self, empty: Project, user: Path, in_s3: str, s3_server: Any
    ) -> None:
        user.write_text(ETL.format(bucket=in_s3, password="'${env:PW}'"), encoding="utf-8")
        empty.write({"dataduct.yml": "variables: {rate: 1.50, code: '010'}\nengine: {retry_delay: 1 hour}\n"})
        sent = empty("config", "sync_to_s3")
        uri = f"s3://{in_s3}/team/config/dataduct.cfg"
        assert (sent.exit_code, sent.text) == (0, f"written: {uri}\n")
        before = [empty("config", "show", "--json", "-m", mode).document() for mode in ("production", "")]
        body = s3_server.client().get_object(Bucket=in_s3, Key="team/config/dataduct.cfg")["Body"].read()

        target = empty.root.parent / "copied" / "dataduct.cfg"
        got = empty("config", "sync_from_s3", str(target))
        assert got.exit_code == 0, got.text
        assert got.stdout == f"written: {target} from {uri}, {len(body)} bytes\n"
        assert target.read_bytes() == body
        assert stat.S_IMODE(target.stat().st_mode) == 0o600

        user.write_bytes(body)
        (empty.root / "dataduct.yml").unlink()
        after = [empty("config", "show", "--json", "-m", mode).document() for mode in ("production", "")]
        assert [shown["settings"] for shown in after] == [shown["settings"] for shown in before]
        assert after[0]["settings"]["storage"]["prefix"] == "production"

    def test_takes_no_secret_unless_asked(
        self, empty: Project, user: Path, in_s3: str, s3_server: Any
    ) -> None:
        user.write_text(ETL.format(bucket=in_s3, password="hunter2hunter"), encoding="utf-8")
        empty.write({"dataduct.yml": "modes: {m: {variables: {api_token: tok-1234}}}\n"})
        refused = empty("config", "sync_to_s3")
        assert refused.exit_code == 2
        assert "error[DD665]: 2 secrets are written out in the settings" in refused.stderr
        assert f"connections.shop.password at {user}:9" in refused.stderr
        assert "modes.m.variables.api_token at dataduct.yml:1" in refused.stderr
        assert "hunter2hunter" not in refused.text
        assert "tok-1234" not in refused.text
        assert s3_server.client().list_objects_v2(Bucket=in_s3)["KeyCount"] == 0

        sent = empty("config", "sync_to_s3", "--with-secrets")
        assert sent.exit_code == 0, sent.text
        assert empty("config", "sync_from_s3", "copy.cfg").exit_code == 0
        copy = yaml.safe_load((empty.root / "copy.cfg").read_text())
        assert copy["connections"]["shop"]["password"] == "hunter2hunter"

    def test_writes_over_no_file_unless_forced(self, empty: Project, user: Path, in_s3: str) -> None:
        user.write_text(f"storage: s3://{in_s3}/x\n", encoding="utf-8")
        assert empty("config", "sync_to_s3").exit_code == 0
        empty.write({"mine.cfg": "mine"})
        refused = empty("config", "sync_from_s3", "mine.cfg")
        assert (refused.exit_code, (empty.root / "mine.cfg").read_text()) == (2, "mine")
        assert "error[DD666]: mine.cfg exists" in refused.stderr
        assert empty("config", "sync_from_s3", "mine.cfg", "--force").exit_code == 0
        assert yaml.safe_load((empty.root / "mine.cfg").read_text()) == {
            "storage": {"type": "s3", "bucket": in_s3, "prefix": "x"}
        }
        assert sorted(path.name for path in empty.root.iterdir()) == ["mine.cfg"]

    def test_that_is_not_there(self, empty: Project, user: Path, in_s3: str) -> None:
        user.write_text(f"etl: {{S3_ETL_BUCKET: {in_s3}}}\n", encoding="utf-8")
        ended = empty("config", "sync_from_s3", "new.cfg")
        assert ended.exit_code == 2
        assert f"error[DD667]: there are no settings at s3://{in_s3}/config/dataduct.cfg" in ended.stderr
        assert not (empty.root / "new.cfg").exists()

    @pytest.mark.parametrize("command", [["sync_to_s3"], ["sync_from_s3", "new.cfg"]])
    def test_needs_a_bucket(self, empty: Project, command: list[str]) -> None:
        ended = empty("config", *command)
        assert ended.exit_code == 2
        assert "error[DD664]: settings are copied to S3, and the storage is of type `local`" in ended.stderr

    def test_into_a_directory_that_cannot_be_made(self, empty: Project, user: Path, in_s3: str) -> None:
        user.write_text(f"storage: s3://{in_s3}/x\n", encoding="utf-8")
        assert empty("config", "sync_to_s3").exit_code == 0
        empty.write({"file": "x"})
        ended = empty("config", "sync_from_s3", "file/new.cfg")
        assert ended.exit_code == 2
        assert "error[DD956]: file/new.cfg cannot be written" in ended.stderr


def test_the_environment_names_more_files(empty: Project) -> None:
    empty.write({"team.cfg": "engine: {workers: 7}\n", "dataduct.yml": "engine: {workers: 2}\n"})
    shown = empty("config", "show", "--json", DATADUCT_CONFIG_PATH="team.cfg").document()
    assert shown["settings"]["engine"]["workers"] == 7
    assert json.dumps(shown["origins"]["engine.workers"]) == '{"file": "team.cfg", "line": 1}'
    ended = empty("validate", "x", DATADUCT_CONFIG_PATH="other.cfg")
    assert ended.exit_code == 2
    assert "error[DD663]: DATADUCT_CONFIG_PATH names `other.cfg`, which does not exist" in ended.text
