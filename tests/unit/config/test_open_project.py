"""A project is opened from its directory, its settings file, a mode and the environment."""

from collections.abc import Callable
from pathlib import Path

import pytest

from dataduct.config.project import Project, open_project
from dataduct.errors import ProblemsError, UserError
from dataduct.model.problem import Problem

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write_settings(text: str, name: str = "dataduct.yml") -> Path:
        (tmp_path / name).write_text(text, encoding="utf-8")
        return tmp_path

    return write_settings


def opened(directory: Path, mode: str | None = None, **environment: str) -> Project:
    return open_project(directory, mode=mode, environment=environment)


def problems(directory: Path, mode: str | None = None, **environment: str) -> tuple[Problem, ...]:
    with pytest.raises(ProblemsError) as caught:
        opened(directory, mode, **environment)
    return caught.value.problems


class TestFinding:
    def test_a_directory_without_settings_is_a_project_with_the_defaults(self, tmp_path: Path) -> None:
        project = opened(tmp_path)
        assert (project.root, project.file, project.mode) == (tmp_path, None, None)
        assert project.settings.warehouse == {"type": "duckdb", "path": "warehouse.duckdb"}
        assert project.settings.storage == {"type": "local"}
        assert project.settings.engine.workers == 4
        assert project.settings.engine.retry_delay == 5.0
        assert project.settings.engine.lock_timeout == 600.0
        assert project.settings.engine.step_timeout is None
        assert project.name == tmp_path.name
        assert project.run_store == str(tmp_path / ".dataduct" / "runs.sqlite")
        assert project.log_directory == tmp_path / ".dataduct" / "logs"
        assert project.resource_directories == (tmp_path,)
        assert project.warnings == ()

    def test_the_nearest_settings_above_the_working_directory_count(
        self, write: Write, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        root = write("project: school")
        (root / "a" / "b").mkdir(parents=True)
        monkeypatch.chdir(root / "a" / "b")
        project = open_project(environment={})
        assert (project.root, project.name) == (root, "school")
        assert project.file == root / "dataduct.yml"

    def test_a_given_directory_is_not_looked_above(self, write: Write) -> None:
        inner = write("project: school") / "inner"
        inner.mkdir()
        assert opened(inner).file is None

    def test_without_settings_anywhere_the_working_directory_is_the_project(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        assert open_project(environment={}).root == tmp_path

    def test_the_longer_suffix_is_fine_but_not_both(self, write: Write) -> None:
        root = write("project: long", "dataduct.yaml")
        assert opened(root).name == "long"
        write("project: short")
        with pytest.raises(UserError) as caught:
            opened(root)
        assert caught.value.code == "DD615"

    @pytest.mark.parametrize("name", ["nowhere", "a_file"])
    def test_a_directory_that_is_none(self, tmp_path: Path, name: str) -> None:
        (tmp_path / "a_file").write_text("", encoding="utf-8")
        with pytest.raises(UserError) as caught:
            opened(tmp_path / name)
        assert caught.value.code == "DD614"

    @pytest.mark.parametrize("text", ["", "# nothing yet\n", "connections:\nmodes:\nengine:\n"])
    def test_settings_without_content_are_the_defaults(self, write: Write, text: str) -> None:
        assert opened(write(text)).settings == opened(write("project:")).settings


class TestSettings:
    def test_everything_that_can_be_set(self, write: Write) -> None:
        project = opened(
            write(
                """
                project: school
                warehouse: {type: duckdb, path: data/w.duckdb, memory_limit: 2GB}
                storage: {path: /data/files}
                runs: {path: history.sqlite}
                logs: {path: /var/log/dataduct}
                resources: [shared, ../more]
                connections:
                  Shop: {type: sqlite, path: shop.sqlite}
                engine:
                  workers: 8
                  max_retries: 0
                  retry_delay: 1 minute
                  step_timeout: 2 hours
                  lock_timeout: 90
                variables: {rate: 1.5, count: 3, name: x, start: 2026-01-01}
                """
            )
        )
        settings = project.settings
        assert settings.warehouse == {"type": "duckdb", "path": "data/w.duckdb", "memory_limit": "2GB"}
        assert settings.storage == {"type": "local", "path": "/data/files"}
        assert settings.connections == {"Shop": {"type": "sqlite", "path": "shop.sqlite"}}
        assert settings.variables == {"rate": 1.5, "count": 3, "name": "x", "start": "2026-01-01"}
        assert (settings.engine.retry_delay, settings.engine.step_timeout) == (60.0, 7200.0)
        assert settings.engine.lock_timeout == 90.0
        assert project.run_store == str(project.root / "history.sqlite")
        assert project.log_directory == Path("/var/log/dataduct")
        assert project.resource_directories == (project.root / "shared", project.root / "../more")

    def test_one_resource_directory_needs_no_list(self, write: Write) -> None:
        assert opened(write("resources: shared")).settings.resources == ("shared",)

    def test_a_run_store_may_be_a_url(self, write: Write) -> None:
        assert opened(write("runs: {path: 'postgresql://h/d'}")).run_store == "postgresql://h/d"

    def test_all_problems_are_told_at_once_in_the_order_of_lines(self, write: Write) -> None:
        root = write(
            "warehuse: {type: duckdb}\n"
            "storage: {type: locl}\n"
            "connections:\n"
            "  prod: {type: sqlit}\n"
            "  other: {path: x}\n"
            "engine:\n"
            "  workers: 0\n"
            "  step_timeout: 5 parsecs\n"
            "  max_retrys: 1\n"
            "variables: {full: yes}\n"
            "modes: {production: {engine: {worker: 2}}}\n"
        )
        found = problems(root)
        assert [
            (problem.code, problem.position.line, problem.position.column, problem.hint)
            for problem in found
            if problem.position
        ] == [
            ("DD201", 1, 1, "did you mean `warehouse`?"),
            ("DD610", 2, 17, "did you mean `local`?"),
            ("DD610", 4, 16, "did you mean `sqlite`?"),
            ("DD619", 5, 10, None),
            ("DD240", 7, 12, None),
            ("DD617", 8, 17, None),
            ("DD201", 9, 3, "did you mean `max_retries`?"),
            ("DD618", 10, 19, "put quotes around the value to make it text"),
            ("DD201", 11, 31, "did you mean `workers`?"),
        ]
        assert found[1].message == "unknown storage type `locl`"
        assert "`sqlite`" in (found[2].expected or "")

    def test_broken_yaml_is_a_problem_with_its_place(self, write: Write) -> None:
        (problem,) = problems(write("engine: {workers: 4\n"))
        assert problem.position is not None


class TestModes:
    SETTINGS = """
warehouse: {type: duckdb, path: dev.duckdb, memory_limit: 1GB}
connections:
  shop: {type: mysql, host: dev, user: reader, port: 3307}
variables: {sample: 10}
modes:
  production:
    warehouse: {path: production.duckdb}
    connections: {shop: {host: prod}}
    engine: {workers: 16}
  quick: {variables: {sample: 1}}
"""

    def test_a_mode_is_merged_key_by_key(self, write: Write) -> None:
        settings = opened(write(self.SETTINGS), "production").settings
        assert settings.warehouse == {"type": "duckdb", "path": "production.duckdb", "memory_limit": "1GB"}
        assert settings.connections["shop"] == {
            "type": "mysql",
            "host": "prod",
            "user": "reader",
            "port": 3307,
        }
        assert settings.engine.workers == 16
        assert settings.variables == {"sample": 10}

    def test_without_a_mode_none_applies(self, write: Write) -> None:
        project = opened(write(self.SETTINGS))
        assert project.mode is None
        assert project.settings.engine.workers == 4

    def test_the_environment_names_a_mode_and_the_caller_wins(self, write: Write) -> None:
        root = write(self.SETTINGS)
        assert opened(root, DATADUCT_MODE="quick").settings.variables == {"sample": 1}
        assert opened(root, "production", DATADUCT_MODE="quick").mode == "production"
        assert opened(root, DATADUCT_MODE="").mode is None

    def test_options_of_another_type_are_not_mixed_in(self, write: Write) -> None:
        root = write(
            "connections: {shop: {type: sqlite, path: shop.sqlite}}\n"
            "modes: {production: {connections: {shop: {type: mysql, user: reader}}}}"
        )
        assert opened(root, "production").settings.connections["shop"] == {"type": "mysql", "user": "reader"}

    def test_an_unknown_mode_lists_the_known_ones(self, write: Write) -> None:
        (problem,) = problems(write(self.SETTINGS), "prodction")
        assert (problem.code, problem.message) == ("DD611", "there is no mode `prodction`")
        assert problem.expected == "one of `production`, `quick`"
        assert problem.hint == "did you mean `production`?"

    def test_a_mode_without_a_settings_file(self, tmp_path: Path) -> None:
        (problem,) = problems(tmp_path, "production")
        assert problem.hint == "the settings define no modes"

    def test_a_mode_inside_a_mode_is_refused(self, write: Write) -> None:
        (problem,) = problems(write("modes: {a: {modes: {b: {}}}}"))
        assert problem.code == "DD613"


class TestEnvironment:
    def test_variables_override_the_file_and_the_mode(self, write: Write) -> None:
        root = write(
            "engine: {workers: 2}\nconnections: {Shop: {type: sqlite, path: a}}\nmodes: {m: {engine: {workers: 3}}}"
        )
        settings = opened(
            root,
            "m",
            DATADUCT__ENGINE__WORKERS="9",
            DATADUCT__WAREHOUSE__PATH="other.duckdb",
            DATADUCT__CONNECTIONS__SHOP__PATH="b",
            DATADUCT__ENGINE__STEP_TIMEOUT="10 minutes",
            DATADUCT__VARIABLES__DAY="2026-01-01",
            DATADUCT__PROJECT="renamed",
            DATADUCT__RESOURCES="shared",
        ).settings
        assert settings.engine.workers == 9
        assert settings.warehouse == {"type": "duckdb", "path": "other.duckdb"}
        assert settings.connections == {"Shop": {"type": "sqlite", "path": "b"}}
        assert settings.engine.step_timeout == 600.0
        assert settings.variables == {"day": "2026-01-01"}
        assert (settings.project, settings.resources) == ("renamed", ("shared",))

    def test_a_connection_may_be_given_by_variables_alone(self, tmp_path: Path) -> None:
        project = opened(
            tmp_path, DATADUCT__CONNECTIONS__SHOP__PATH="a", DATADUCT__CONNECTIONS__SHOP__TYPE="sqlite"
        )
        assert project.settings.connections == {"shop": {"type": "sqlite", "path": "a"}}

    @pytest.mark.parametrize(
        ("variable", "message", "hint"),
        [
            ("DATADUCT__ENGIN__WORKERS", "there is no setting `engin`", "DATADUCT__ENGINE__WORKERS"),
            (
                "DATADUCT__ENGINE__WORKRES",
                "there is no setting `engine.workres`",
                "DATADUCT__ENGINE__WORKERS",
            ),
            (
                "DATADUCT__CONNECTIONS__SHP__PATH",
                "there is no connection `shp`",
                "DATADUCT__CONNECTIONS__SHOP__PATH",
            ),
            ("DATADUCT__WAREHOUSE", "`warehouse` is not a single value", None),
            ("DATADUCT__ENGINE__WORKERS__X", "`engine.workers.x` is not a single value", None),
            (
                "DATADUCT__AWS_DATA_PIPELINE__EC2__INSTANCE_TIPE",
                "there is no setting `aws_data_pipeline.ec2.instance_tipe`",
                "DATADUCT__AWS_DATA_PIPELINE__EC2__INSTANCE_TYPE",
            ),
            ("DATADUCT__CUSTOM_STEPS", "`custom_steps` is not a single value", None),
            ("DATADUCT__CUSTOM_STEPS__X", "`custom_steps.x` is not a single value", None),
            ("DATADUCT__PIPELINES", "`pipelines` is not a single value", None),
            ("DATADUCT__MODES__A__PROJECT", "there is no setting `modes`", None),
            ("DATADUCT__", "its name lacks a key between the double underscores", None),
            ("DATADUCT__ENGINE____WORKERS", "its name lacks a key between the double underscores", None),
        ],
    )
    def test_a_variable_that_leads_nowhere_is_named(
        self, write: Write, variable: str, message: str, hint: str | None
    ) -> None:
        root = write("connections: {shop: {type: sqlite, path: a}}")
        (problem,) = problems(root, **{variable: "1"})
        assert (problem.code, problem.position) == ("DD612", None)
        assert problem.message == f"environment variable `{variable}`: {message}"
        assert problem.hint == (f"did you mean `{hint}`?" if hint else None)

    def test_a_wrong_value_is_told_with_its_variable(self, tmp_path: Path) -> None:
        (problem,) = problems(tmp_path, DATADUCT__ENGINE__WORKERS="many")
        assert problem.position is None
        assert problem.message.startswith("environment variable `DATADUCT__ENGINE__WORKERS`: ")

    def test_every_section_can_be_overridden(self, tmp_path: Path) -> None:
        settings = opened(
            tmp_path,
            DATADUCT__PIPELINES__NAME_PREFIX="dev_",
            DATADUCT__PIPELINES__LOAD_TIME="10:30",
            DATADUCT__PIPELINES__DEPENDENCY_OVERRIDE="true",
            DATADUCT__CHECKS__LOG_PATH="checks",
            DATADUCT__HOOKS__TIMEOUT="1 minute",
            DATADUCT__STEPS="my-steps",
            DATADUCT__AWS__S3_BASE_PATH="base",
            DATADUCT__AWS_DATA_PIPELINE__ROLE="role",
            DATADUCT__AWS_DATA_PIPELINE__EC2__INSTANCE_TYPE="m1.large",
            DATADUCT__AWS_DATA_PIPELINE__TAGS__TEAM__STRING="data",
        ).settings
        assert settings.pipelines.model_dump(exclude={"frequency"}) == {
            "name_prefix": "dev_",
            "load_time": "10:30",
            "dependency_override": True,
        }
        assert (settings.checks.log_path, settings.hooks.timeout, settings.steps) == (
            "checks",
            60.0,
            ("my-steps",),
        )
        assert (settings.aws.s3_base_path, settings.aws_data_pipeline.role) == ("base", "role")
        assert settings.aws_data_pipeline.ec2.instance_type == "m1.large"
        assert settings.aws_data_pipeline.tags is not None
        assert settings.aws_data_pipeline.tags["team"].string == "data"

    def test_other_variables_are_none_of_ours(self, tmp_path: Path) -> None:
        assert opened(tmp_path, DATADUCT_RUN_ID="x", PATH="/bin").warnings == ()


class TestSecretsInTheFile:
    def test_a_written_out_secret_is_a_warning_and_stays_hidden(self, write: Write) -> None:
        root = write("connections:\n  shop:\n    type: mysql\n    password: hunter2\n    user: reader\n")
        project = opened(root)
        (warning,) = project.warnings
        assert (warning.code, warning.severity) == ("DD616", "warning")
        assert warning.position is not None
        assert (warning.position.line, warning.position.column) == (4, 15)
        assert "hunter2" not in repr(warning)
        assert project.secrets.redact("password: hunter2") == "password: ***"

    def test_also_inside_a_url(self, write: Write) -> None:
        project = opened(write("connections: {shop: {type: mysql, url: 'mysql://me:hunter2@host/db'}}"))
        assert [warning.code for warning in project.warnings] == ["DD616"]
        assert project.secrets.redact("db://me:hunter2@host") == "db://me:***@host"

    def test_a_reference_is_no_secret(self, write: Write) -> None:
        root = write(
            "connections:\n"
            "  a: {type: mysql, user: me, password: '${env:P}'}\n"
            "  b: {type: postgres, url: 'postgresql://me:${file:p}@host', sslkey: k.pem}\n"
        )
        assert opened(root).warnings == ()

    def test_a_secret_from_the_environment_is_hidden_without_a_warning(self, write: Write) -> None:
        root = write("connections: {shop: {type: mysql, user: me}}")
        project = opened(root, DATADUCT__CONNECTIONS__SHOP__PASSWORD="hunter2")
        assert project.warnings == ()
        assert project.secrets.redact("hunter2") == "***"

    def test_a_mistyped_reference_is_a_problem(self, write: Write) -> None:
        (problem,) = problems(write("connections: {shop: {type: sqlite, path: '${evn:P}'}}"))
        assert (problem.code, problem.hint) == ("DD622", "did you mean `env`?")

    def test_a_mode_s_secrets_are_known_whichever_mode_applies(self, write: Write) -> None:
        root = write("modes: {m: {connections: {shop: {type: mysql, user: me, password: hunter2}}}}")
        project = opened(root)
        assert [warning.code for warning in project.warnings] == ["DD616"]
        assert project.secrets.redact("hunter2") == "***"
