"""The settings of the first Dataduct are read as they are, whatever file they stand in."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dataduct import api
from dataduct.config.original_keys import ORIGINAL_KEYS, ORIGINAL_SECTIONS, ORIGINAL_SYSTEM_KEYS
from dataduct.config.project import Project, open_project
from dataduct.errors import ProblemsError
from dataduct.model.problem import Problem

DOCUMENTED = """
ec2:
    INSTANCE_TYPE: m1.small
    ETL_AMI: ami-05355a6c
    SECURITY_GROUP: FILL_ME_IN
emr:
    CLUSTER_AMI: 3.1.0
    CLUSTER_TIMEOUT: 6 Hours
    CORE_INSTANCE_TYPE: m1.large
    NUM_CORE_INSTANCES: 1
    HADOOP_VERSION: 2.4.0
    HIVE_VERSION: null
    MASTER_INSTANCE_TYPE: m3.xlarge
    PIG_VERSION: null
    TASK_INSTANCE_BID_PRICE: null
    TASK_INSTANCE_TYPE: m1.large
etl:
    CONNECTION_RETRIES: 2
    CUSTOM_STEPS_PATH: ~/examples/steps
    DAILY_LOAD_TIME: 1
    KEY_PAIR: FILL_ME_IN
    MAX_RETRIES: 2
    NAME_PREFIX: dev
    QA_LOG_PATH: qa
    DP_INSTANCE_LOG_PATH: dp_instances
    DP_PIPELINE_LOG_PATH: dp_pipelines
    DP_QA_TESTS_LOG_PATH: dba_table_qa_tests
    RESOURCE_BASE_PATH: ~/examples/resources
    RESOURCE_ROLE: FILL_ME_IN
    RETRY_DELAY: 10 Minutes
    REGION: us-east-1
    ROLE: FILL_ME_IN
    S3_BASE_PATH: dev
    S3_ETL_BUCKET: my-bucket
    DEFAULT_TOPIC_ARN: 'arn:aws:sns:example_arn'
    SNS_TOPIC_ARN_FAILURE: null
    SNS_TOPIC_ARN_WARNING: null
    FREQUENCY_OVERRIDE: one-time
    DEPENDENCY_OVERRIDE: false
    HOOKS_BASE_PATH: ~/examples/hooks
    TAGS: {env: {string: dev}, Name: {variable: name}}
redshift:
    {CLUSTER_ID: dwh, DATABASE_NAME: dev, HOST: dwh.example.com, PASSWORD: pw, USERNAME: me, PORT: 5439}
mysql:
    host_alias_1: {HOST: db.example.com, PASSWORD: pw, USERNAME: me}
"""
"""What the first Dataduct's documentation shows, with a bucket."""

VALUES: dict[str, str] = {
    "MAX_RETRIES": "3",
    "RETRY_DELAY": "10 Minutes",
    "DAILY_LOAD_TIME": "4",
    "FREQUENCY_OVERRIDE": "daily",
    "DEPENDENCY_OVERRIDE": "true",
    "TAGS": "{team: {string: data}}",
    "MAX_ACTIVE_INSTANCES": "2",
    "CONNECTION_RETRIES": "2",
    "NUM_CORE_INSTANCES": "5",
    "DEFAULT_BOOTSTRAP": "[s3://bucket/script.sh]",
    "PORT": "5439",
    "CONNECTION_STRING": "jdbc:redshift://dwh:5439/dev",
}
"""Values of the keys that do not take any text."""

Open = Callable[..., Project]


@pytest.fixture
def opened(tmp_path: Path) -> Open:
    """Open an empty project whose user has these settings."""
    user_file = tmp_path / "home" / ".dataduct" / "dataduct.cfg"
    user_file.parent.mkdir(parents=True)
    (tmp_path / "project").mkdir()

    def open_settings(
        text: str, mode: str | None = None, *, project: str = "", **environment: str
    ) -> Project:
        user_file.write_text(text, encoding="utf-8")
        if project:
            (tmp_path / "project" / "dataduct.yml").write_text(project, encoding="utf-8")
        home = {"HOME": str(tmp_path / "home")}
        return open_project(tmp_path / "project", mode=mode, environment={**home, **environment})

    return open_settings


@pytest.fixture
def problems(opened: Open) -> Callable[..., tuple[Problem, ...]]:
    def open_wrong(text: str, mode: str | None = None, **options: str) -> tuple[Problem, ...]:
        with pytest.raises(ProblemsError) as caught:
            opened(text, mode, **options)
        return caught.value.problems

    return open_wrong


def told(problem: Problem) -> tuple[str, int, int, str | None]:
    assert problem.position is not None
    return problem.code, problem.position.line, problem.position.column, problem.hint


def setting(project: Project, dotted: str) -> Any:
    value: Any = project.settings
    for key in dotted.split("."):
        value = value[key] if isinstance(value, dict) else getattr(value, key)
    return value


class TestEveryKey:
    CASES = [  # noqa: RUF012
        pytest.param(section, key, path, id=f"{section}.{key}")
        for section, keys in ORIGINAL_KEYS.items()
        for key, path in keys.items()
    ]

    @pytest.mark.parametrize(("section", "key", "path"), CASES)
    def test_is_read_in_any_case(self, opened: Open, section: str, key: str, path: str) -> None:
        value = VALUES.get(key, "some-text")
        as_written = setting(opened(f"{section}: {{{key}: {value}}}\n"), path)
        project = opened(f"{section}: {{{key.lower()}: {value}}}\n")
        assert setting(project, path) == as_written
        assert as_written not in (None, "", ())
        origin = next(origin for keys, origin in project.origins.items() if ".".join(keys).startswith(path))
        assert (Path(origin.position.file).name, origin.position.line) == ("dataduct.cfg", 1)

    @pytest.mark.parametrize(("section", "key", "path"), CASES)
    def test_is_read_from_the_project_too(self, tmp_path: Path, section: str, key: str, path: str) -> None:
        text = f"{section}:\n  {key}: {VALUES.get(key, 'some-text')}\n"
        (tmp_path / "dataduct.yml").write_text(text, encoding="utf-8")
        assert setting(open_project(tmp_path, environment={}), path) not in (None, "", ())

    @pytest.mark.parametrize(
        ("section", "key"), [(section, key) for section, keys in ORIGINAL_SYSTEM_KEYS.items() for key in keys]
    )
    def test_of_a_system_is_read(self, opened: Open, section: str, key: str) -> None:
        options = {"HOST": "h", "USERNAME": "me", "DATABASE_NAME": "d", key: VALUES.get(key, "some-text")}
        if key == "CONNECTION_STRING":
            del options["HOST"], options["DATABASE_NAME"]
        system = "{" + ", ".join(f"{name}: {value}" for name, value in options.items()) + "}"
        project = opened(f"{section}: {system if section == 'redshift' else f'{{a: {system}}}'}\n")
        options = project.settings.warehouse if section == "redshift" else project.settings.connections["a"]
        assert options["type"] == section

    def test_is_in_the_table_of_the_documentation(self) -> None:
        page = (Path(__file__).parents[3] / "docs" / "settings.md").read_text(encoding="utf-8")
        tables = {**ORIGINAL_KEYS, **ORIGINAL_SYSTEM_KEYS}
        missing = [
            f"{section}.{key}"
            for section, keys in tables.items()
            for key, path in keys.items()
            if f"| `{section}` | `{key}` | `{path}` |" not in page
        ]
        assert missing == []

    def test_is_in_the_schema_for_editors(self) -> None:
        properties = api.settings_schema()["properties"]
        assert set(ORIGINAL_SECTIONS) <= set(properties)
        assert "S3_ETL_BUCKET" in properties["etl"]["properties"]
        assert "HOST" in properties["mysql"]["additionalProperties"]["properties"]


class TestDocumentedSettings:
    def test_open_without_a_project_file(self, opened: Open) -> None:
        project = opened(DOCUMENTED)
        settings = project.settings
        assert project.file is None
        assert [file.name for file in project.files] == ["dataduct.cfg"]
        assert settings.storage == {
            "type": "s3",
            "bucket": "my-bucket",
            "prefix": "dev",
            "region": "us-east-1",
        }
        assert settings.aws.s3_base_path == "dev"
        assert settings.warehouse["host"] == "dwh.example.com"
        assert settings.connections["host_alias_1"]["database"] == "host_alias_1"
        assert (settings.engine.max_retries, settings.engine.retry_delay) == (2, 600.0)
        assert settings.pipelines.model_dump() == {
            "name_prefix": "dev_",
            "load_time": "01:00",
            "frequency": "one-time",
            "dependency_override": False,
        }
        assert settings.resources == ("~/examples/resources",)
        assert settings.aws_data_pipeline.emr.hadoop_version == "2.4.0"
        assert settings.aws_data_pipeline.tags is not None
        assert settings.aws_data_pipeline.tags["env"].string == "dev"

    def test_keep_their_secrets_hidden_and_need_no_warning_outside_of_the_project(self, opened: Open) -> None:
        project = opened(DOCUMENTED.replace("PASSWORD: pw", "PASSWORD: hunter2"))
        assert project.warnings == ()
        assert project.secrets.redact("hunter2") == "***"

    def test_the_pauses_between_attempts_do_not_grow(self, opened: Open) -> None:
        assert opened("etl: {RETRY_DELAY: 10 Minutes}").settings.engine.retry_delay_limit == 600.0
        both = opened("etl: {RETRY_DELAY: 10 Minutes}\nengine: {retry_delay_limit: 1 hour}")
        assert both.settings.engine.retry_delay_limit == 3600.0

    def test_sections_of_the_same_name_and_form(self, opened: Open) -> None:
        settings = opened(
            "database: {permissions: [{user: admin, permission: all}, {group: readers, permission: select}]}\n"
            "custom_steps: [{step_type: custom, class_name: Custom, file_path: custom.py}]\n"
            "bootstrap: {ec2: [{step_type: transform, command: whoami, no_output: true}]}\n"
            "teardown: {step_type: transform, command: echo done, no_output: true}\n"
        ).settings
        assert [right.permission for right in settings.database.permissions] == ["all", "select"]
        assert settings.custom_steps[0].class_name == "Custom"
        assert settings.bootstrap is not None
        assert settings.teardown is not None


class TestBucket:
    ETL = "etl: {S3_ETL_BUCKET: my-bucket, S3_BASE_PATH: dev}\n"

    def test_is_the_storage_unless_one_is_written(self, opened: Open) -> None:
        project = opened(self.ETL, project="storage: {type: local, path: data}")
        assert project.settings.storage == {"type": "local", "path": "data"}

    def test_a_mode_changes_the_base_path_alone(self, opened: Open) -> None:
        project = opened(self.ETL + "production: {etl: {S3_BASE_PATH: prod}}", "production")
        assert project.settings.storage == {"type": "s3", "bucket": "my-bucket", "prefix": "prod"}
        assert project.settings.aws.s3_base_path == "prod"

    def test_a_variable_changes_it_too(self, opened: Open) -> None:
        project = opened(self.ETL, DATADUCT__AWS__S3_BASE_PATH="mine")
        assert project.settings.storage["prefix"] == "mine"


class TestModes:
    def test_stand_at_the_top_of_such_a_file(self, opened: Open) -> None:
        text = "mysql: {a: {HOST: dev, USERNAME: me, PASSWORD: x}}\nproduction: {mysql: {a: {HOST: prod}}}\n"
        options = opened(text, "production").settings.connections["a"]
        assert (options["host"], options["user"], options["password"]) == ("prod", "me", "x")
        assert "production" in opened(text).settings.modes

    def test_below_the_project_s_they_are_in_a_section(
        self, problems: Callable[..., tuple[Problem, ...]]
    ) -> None:
        (problem,) = problems("", project="production:\n  etl: {S3_BASE_PATH: prod}\n")
        assert told(problem) == ("DD201", 1, 1, "if `production` is a mode, put it below `modes:`")

    def test_a_mistyped_section_is_no_mode(self, problems: Callable[..., tuple[Problem, ...]]) -> None:
        (problem,) = problems("redshfit: {HOST: h, USERNAME: me}\n")
        assert told(problem) == ("DD201", 1, 1, "did you mean `redshift`?")

    def test_a_mistyped_section_in_a_mode(self, problems: Callable[..., tuple[Problem, ...]]) -> None:
        (problem,) = problems("production:\n  etl: {ROLE: r}\n  mysqll: {a: {HOST: h}}\n")
        assert told(problem) == ("DD201", 3, 3, "did you mean `mysql`?")

    def test_an_unknown_one(self, problems: Callable[..., tuple[Problem, ...]]) -> None:
        (problem,) = problems("production: {etl: {S3_BASE_PATH: prod}}\n", "prodction")
        assert (problem.code, problem.hint) == ("DD611", "did you mean `production`?")
        assert problem.expected == "one of `production`"


class TestProblems:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("etl:\n  S3_BASE_PAHT: dev\n", ("DD660", 2, 3, "did you mean `S3_BASE_PATH`?")),
            ("ec2: {ami: x}\n", ("DD660", 1, 7, "did you mean `ETL_AMI`?")),
            ("emr: 5\n", ("DD662", 1, 6, None)),
            ("logging: [x]\n", ("DD662", 1, 10, None)),
            ("etl: {DAILY_LOAD_TIME: 25}\n", ("DD245", 1, 24, "write hours and minutes, such as 10:30")),
            ("etl: {FREQUENCY_OVERRIDE: dayly}\n", ("DD204", 1, 27, "did you mean `daily`?")),
            ("etl: {MAX_RETRIES: many}\n", ("DD203", 1, 20, None)),
            ("etl: {RETRY_DELAY: soon}\n", ("DD617", 1, 20, None)),
            ("emr: {NUM_CORE_INSTANCES: -1}\n", ("DD240", 1, 27, None)),
            ("etl: {TAGS: {team: {text: data}}}\n", ("DD201", 1, 21, None)),
        ],
    )
    def test_are_told_with_their_place(
        self,
        problems: Callable[..., tuple[Problem, ...]],
        text: str,
        expected: tuple[str, int, int, str | None],
    ) -> None:
        (problem, *more) = problems(text)
        assert more == [] or all(other.position == problem.position for other in more)
        assert told(problem) == expected

    @pytest.mark.parametrize(
        "text",
        ["engine: {max_retries: 3}\netl: {MAX_RETRIES: 0}\n", "etl: {MAX_RETRIES: 3, max_retries: 0}\n"],
    )
    def test_a_setting_said_twice(self, problems: Callable[..., tuple[Problem, ...]], text: str) -> None:
        (problem,) = problems(text)
        assert problem.code == "DD661"
        assert problem.hint is not None
        assert problem.hint.startswith("`engine.max_retries` stands at ")

    def test_a_variable_of_such_a_section_leads_to_its_setting(
        self, problems: Callable[..., tuple[Problem, ...]]
    ) -> None:
        (problem,) = problems("", DATADUCT__ETL__REGION="eu-west-1")
        assert (problem.code, problem.hint) == ("DD612", "write `DATADUCT__AWS__REGION`")
