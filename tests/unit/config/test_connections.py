"""Connections in the settings: as options, URLs, in modes and variables, in the first Dataduct's sections."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from dataduct.config.opening import opened_options
from dataduct.config.project import Project, open_project
from dataduct.config.references import References
from dataduct.errors import ProblemsError, UserError
from dataduct.model.problem import Problem
from dataduct.registry import CONNECTORS, STORAGE, WAREHOUSES

Open = Callable[..., Project]


@pytest.fixture
def opened(tmp_path: Path) -> Open:
    def open_settings(text: str, mode: str | None = None, **environment: str) -> Project:
        (tmp_path / "dataduct.yml").write_text(text, encoding="utf-8")
        return open_project(tmp_path, mode=mode, environment=environment)

    return open_settings


@pytest.fixture
def problems(opened: Open) -> Callable[..., tuple[Problem, ...]]:
    def open_wrong(text: str, mode: str | None = None, **environment: str) -> tuple[Problem, ...]:
        with pytest.raises(ProblemsError) as caught:
            opened(text, mode, **environment)
        return caught.value.problems

    return open_wrong


def place(problem: Problem) -> tuple[str, int, int]:
    assert problem.position is not None
    return problem.code, problem.position.line, problem.position.column


def connection(project: Project, alias: str = "school") -> dict[str, Any]:
    return project.settings.connections[alias]


def as_opened(project: Project, environment: Mapping[str, str], alias: str = "school") -> dict[str, Any]:
    references = References(project, environment)
    return opened_options(
        connection(project, alias),
        registry=CONNECTORS,
        references=references,
        secrets=project.secrets,
        owner="it",
    )


@pytest.mark.parametrize("registry", [CONNECTORS, STORAGE, WAREHOUSES], ids=lambda registry: registry.group)
def test_every_built_in_type_shows_its_options(registry: Any) -> None:
    for name in registry.names():
        model = registry.settings_model(name)
        assert model is not None, name
        bare = [option for option, field in model.model_fields.items() if not field.description]
        assert bare == [], name


class TestUrls:
    FULL = "mysql://me:${env:PW}@db.example.com:3306/school?tls=required"
    EXPECTED = {  # noqa: RUF012
        "type": "mysql",
        "user": "me",
        "password": "${env:PW}",
        "host": "db.example.com",
        "port": 3306,
        "database": "school",
        "tls": "required",
    }

    def test_a_connection_may_be_nothing_but_its_url(self, opened: Open) -> None:
        assert connection(opened(f"connections: {{school: '{self.FULL}'}}")) == self.EXPECTED
        assert connection(opened(f"connections:\n  school: {self.FULL}\n")) == self.EXPECTED

    def test_or_name_it_beside_other_options(self, opened: Open) -> None:
        project = opened(f"connections:\n  school:\n    url: {self.FULL}\n    connect_retries: 9\n")
        assert connection(project) == {**self.EXPECTED, "connect_retries": 9}

    def test_the_type_may_stand_beside_the_url(self, opened: Open) -> None:
        assert (
            connection(opened(f"connections: {{school: {{type: mysql, url: '{self.FULL}'}}}}"))
            == self.EXPECTED
        )

    @pytest.mark.parametrize("name", ["postgresql", "postgres", "postgresql+psycopg"])
    def test_names_of_postgresql(self, opened: Open, name: str) -> None:
        assert connection(opened(f"connections: {{school: '{name}://me@h/d'}}"))["type"] == "postgres"

    def test_a_type_has_other_names_too(self, opened: Open) -> None:
        project = opened("connections: {a: {type: mariadb, user: me}, b: {type: postgresql, user: me}}")
        assert [options["type"] for options in project.settings.connections.values()] == ["mysql", "postgres"]

    def test_a_file_and_a_bucket(self, opened: Open) -> None:
        project = opened(
            "connections: {school: 'sqlite:///data/school.db'}\n"
            "storage: s3://my-bucket/runs?region=eu-west-1\n"
            "warehouse: duckdb:///my.duckdb?threads=2\n"
        )
        assert connection(project) == {"type": "sqlite", "path": "data/school.db"}
        expected = {"type": "s3", "bucket": "my-bucket", "prefix": "runs", "region": "eu-west-1"}
        assert project.settings.storage == expected
        assert project.settings.warehouse == {"type": "duckdb", "path": "my.duckdb", "threads": 2}

    def test_any_password_works_by_reference(self, opened: Open) -> None:
        project = opened(f"connections: {{school: '{self.FULL}'}}")
        for password in ("p@ss/w:rd?#%20", "100%", "${env:PW}", "yes", "12345", "ü"):
            assert as_opened(project, {"PW": password})["password"] == password

    def test_and_percent_encoded(self, opened: Open) -> None:
        project = opened("connections: {school: 'mysql://me:p%40ss%2Fw%3Ard%3F%23%2520@h'}")
        assert connection(project)["password"] == "p@ss/w:rd?#%20"
        assert [warning.code for warning in project.warnings] == ["DD616"]
        for form in ("p@ss/w:rd?#%20", "p%40ss%2Fw%3Ard%3F%23%2520"):
            assert project.secrets.redact(f"login as {form}") == "login as ***"

    def test_a_password_that_looks_like_a_number_stays_text(self, opened: Open) -> None:
        project = opened("connections: {school: {type: mysql, user: me, password: 012345, database: 1.50}}")
        assert (connection(project)["password"], connection(project)["database"]) == ("012345", "1.50")

    def test_numbers_by_reference_are_numbers_when_opened(self, opened: Open) -> None:
        project = opened("connections: {school: 'mysql://me@${env:HOST}:${env:PORT}/1'}")
        options = as_opened(project, {"HOST": "db", "PORT": "3307"})
        assert (options["host"], options["port"], options["database"]) == ("db", 3307, "1")

    def test_a_url_that_is_all_secret_needs_a_type(self, opened: Open) -> None:
        project = opened("connections: {school: {type: postgres, url: '${env:URL}', sslmode: require}}")
        options = as_opened(project, {"URL": "postgresql://me:p%40ss@db:5433/x?connect_timeout=3"})
        assert options == {
            "type": "postgres",
            "sslmode": "require",
            "user": "me",
            "password": "p@ss",
            "host": "db",
            "port": 5433,
            "database": "x",
            "connect_timeout": 3,
        }
        assert project.secrets.redact("p@ss p%40ss db:5433/x") == "*** *** db:5433/x"

    @pytest.mark.parametrize(
        ("url", "code"),
        [
            ("mysql://me:hunter2@h/d", "DD627"),
            ("postgresql://me:hun/ter2@h", "DD624"),
            ("postgresql://me:hunter2@h?sslmode=disable", "DD626"),
        ],
    )
    def test_what_a_secret_url_cannot_be(self, opened: Open, url: str, code: str) -> None:
        project = opened("connections: {school: {type: postgres, url: '${env:URL}', sslmode: require}}")
        with pytest.raises(UserError) as caught:
            as_opened(project, {"URL": url})
        assert caught.value.code == code
        assert "ter2" not in f"{caught.value} {caught.value.hint}"

    def test_a_url_without_a_type_that_is_known(self, problems: Callable[..., tuple[Problem, ...]]) -> None:
        (problem,) = problems("connections:\n  school: ${env:URL}\n")
        assert place(problem) == ("DD619", 2, 11)

    @pytest.mark.parametrize(
        ("text", "code", "column", "hint"),
        [
            ("school: mysql://me:hun/ter2@h", "DD624", 11, "write %40 for an @"),
            ("school: mysqll://me@h", "DD610", 11, "did you mean `mysql`?"),
            ("school: mysql://me@h/d?tsl=required", "DD201", 26, "did you mean `tls`?"),
            ("school: 'mysql://me@h/d?tls=require'", "DD204", 31, "did you mean `required`?"),
            ("school: mysql://me@h:99999/d", "DD240", 24, None),
            ("school: {url: 'mysql://me@h/d', host: x}", "DD626", 35, "leave one of them out"),
            ("school: {url: 'mysql://me@h/d', username: x}", "DD626", 35, "leave one of them out"),
            ("school: mysql://me@h/d?tls=required&tls=disabled", "DD626", 43, "leave one of them out"),
            ("school: {type: postgres, url: 'mysql://me@h/d'}", "DD627", 33, "leave out `type`"),
            ("school: nothing like it", "DD203", 11, None),
        ],
    )
    def test_what_is_wrong_is_told_with_its_place(
        self,
        problems: Callable[..., tuple[Problem, ...]],
        text: str,
        code: str,
        column: int,
        hint: str | None,
    ) -> None:
        problem = problems(f"connections:\n  {text}\n")[0]
        assert place(problem) == (code, 2, column)
        assert (problem.hint or "").startswith(hint or "")
        assert "ter2" not in repr(problem)


class TestOptions:
    def test_wrong_options_of_every_system_are_told_at_once(
        self, problems: Callable[..., tuple[Problem, ...]]
    ) -> None:
        found = problems(
            "warehouse: {type: duckdb, path: w.duckdb, memory_limt: 1GB, threads: many}\n"
            "storage: {type: local, pth: x}\n"
            "connections:\n"
            "  school: {type: sqlite}\n"
            "  shop: {type: mysql, user: me, prot: 3306, tls: maybe}\n"
        )
        assert [(*place(problem), problem.hint) for problem in found] == [
            ("DD201", 1, 43, "did you mean `memory_limit`?"),
            ("DD203", 1, 70, None),
            ("DD201", 2, 24, "did you mean `path`?"),
            ("DD202", 4, 11, "add `path`"),
            ("DD201", 5, 33, "did you mean `port`?"),
            ("DD204", 5, 50, None),
        ]
        assert found[0].message == "the duckdb warehouse has no property `memory_limt`"
        assert "`required`" in (found[5].expected or "")

    def test_those_of_a_mode_too(self, problems: Callable[..., tuple[Problem, ...]]) -> None:
        (problem,) = problems(
            "connections: {school: {type: sqlite, path: a}}\n"
            "modes: {production: {connections: {school: {pathh: b}}}}\n"
        )
        assert place(problem) == ("DD201", 2, 45)

    def test_and_those_of_a_variable(self, problems: Callable[..., tuple[Problem, ...]]) -> None:
        (problem,) = problems(
            "connections: {school: 'mysql://me@h'}", DATADUCT__CONNECTIONS__SCHOOL__PORT="many"
        )
        assert (problem.code, problem.position) == ("DD203", None)
        assert problem.message.startswith("environment variable `DATADUCT__CONNECTIONS__SCHOOL__PORT`: ")

    def test_references_are_judged_when_they_are_resolved(self, opened: Open) -> None:
        text = "connections: {school: {type: mysql, user: me, port: '${env:PORT}', tls: '${env:TLS}'}}"
        assert connection(opened(text))["port"] == "${env:PORT}"

    def test_a_type_that_shows_no_options_takes_what_is_written(
        self, opened: Open, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(CONNECTORS, "settings_model", lambda name: None)
        options = {"type": "sqlite", "anything": [1, "x"], "url": "https://api.example.com"}
        text = "connections: {school: {type: sqlite, anything: [1, x], url: 'https://api.example.com'}}"
        assert connection(opened(text)) == options


class TestModesAndVariables:
    BASE = "connections: {school: 'mysql://dev:devpw@localhost:3307/dev?tls=disabled'}\n"

    def test_a_url_in_a_mode_replaces_the_whole_address(self, opened: Open) -> None:
        text = self.BASE + "modes: {production: {connections: {school: 'mysql://me@prod/live'}}}"
        assert connection(opened(text, "production")) == {
            "type": "mysql",
            "user": "me",
            "host": "prod",
            "database": "live",
            "tls": "disabled",
        }

    def test_also_one_that_is_all_secret(self, opened: Open) -> None:
        text = self.BASE + "modes: {production: {connections: {school: {url: '${env:URL}'}}}}"
        project = opened(text, "production")
        assert connection(project) == {"type": "mysql", "url": "${env:URL}", "tls": "disabled"}
        assert as_opened(project, {"URL": "mysql://me@prod/live"}) == {
            "type": "mysql",
            "user": "me",
            "host": "prod",
            "database": "live",
            "tls": "disabled",
        }

    def test_an_option_in_a_mode_replaces_one_part_of_a_url(self, opened: Open) -> None:
        text = self.BASE + "modes: {production: {connections: {school: {host: prod}}}}"
        options = connection(opened(text, "production"))
        assert (options["host"], options["user"], options["port"]) == ("prod", "dev", 3307)

    def test_an_empty_option_in_a_mode_takes_one_away(self, opened: Open) -> None:
        text = self.BASE + "modes: {production: {connections: {school: {port: null}}}}"
        assert "port" not in connection(opened(text, "production"))

    def test_a_variable_gives_a_url_or_a_part_of_one(self, opened: Open) -> None:
        project = opened(
            self.BASE,
            DATADUCT__CONNECTIONS__SCHOOL="mysql://me:hunter2@other/x",
            DATADUCT__CONNECTIONS__NEW="postgresql://me@h/d",
            DATADUCT__WAREHOUSE="duckdb:///other.duckdb",
        )
        assert (connection(project)["host"], connection(project)["password"]) == ("other", "hunter2")
        assert connection(project, "new")["type"] == "postgres"
        assert project.settings.warehouse == {"type": "duckdb", "path": "other.duckdb"}
        assert project.secrets.redact("hunter2") == "***"
        assert "DATADUCT" not in repr(project.warnings)


class TestSectionsOfTheFirstDataduct:
    def test_mysql_by_alias_with_the_alias_as_its_database(self, opened: Open) -> None:
        project = opened("mysql:\n  school:\n    HOST: db\n    USERNAME: me\n    PASSWORD: ${env:PW}\n")
        assert connection(project) == {
            "type": "mysql",
            "database": "school",
            "host": "db",
            "user": "me",
            "password": "${env:PW}",
        }
        assert project.places["connections", "school"].line == 2

    def test_postgres_by_alias(self, opened: Open) -> None:
        project = opened(
            "postgres: {school: {REGION: us-east-1, RDS_INSTANCE_ID: x, Host: db, USERNAME: me, DATABASE_NAME: d}}"
        )
        assert connection(project) == {"type": "postgres", "host": "db", "user": "me", "database": "d"}

    def test_postgres_as_one_connection(self, opened: Open) -> None:
        project = opened("postgres: {HOST: db, USERNAME: me, DATABASE_NAME: d}")
        expected = {"type": "postgres", "host": "db", "user": "me", "database": "d"}
        assert connection(project, "postgres") == expected

    def test_a_connection_that_only_an_rds_instance_names(self, opened: Open) -> None:
        project = opened("postgres:\n  school: {REGION: eu-west-1, RDS_INSTANCE_ID: x, USERNAME: me}")
        assert connection(project)["host"] == "${aws-rds:eu-west-1/x}"
        project = opened("postgres: {RDS_INSTANCE_ID: x, USERNAME: me}")
        assert connection(project, "postgres")["host"] == "${aws-rds:x}"

    @pytest.mark.parametrize("section", ["mysql", "postgres"])
    def test_a_connection_that_nothing_leads_to(
        self, problems: Callable[..., tuple[Problem, ...]], section: str
    ) -> None:
        (problem,) = problems(f"{section}:\n  school: {{USERNAME: me, PASSWORD: '${{env:P}}'}}")
        assert place(problem) == ("DD628", 2, 3)
        assert problem.expected == "`HOST: ...`"
        assert ("RDS_INSTANCE_ID" in (problem.hint or "")) == (section == "postgres")

    def test_wrong_options_keep_their_place(self, problems: Callable[..., tuple[Problem, ...]]) -> None:
        (problem,) = problems("mysql:\n  school: {HOST: h, USERNAME: me, PROT: 3306}")
        assert (place(problem), problem.hint) == (("DD201", 2, 35), "did you mean `port`?")

    @pytest.mark.parametrize(
        "second", ["connections: {school: 'mysql://me@h'}", "postgres: {school: {HOST: h}}"]
    )
    def test_an_alias_that_stands_twice(
        self, problems: Callable[..., tuple[Problem, ...]], second: str, tmp_path: Path
    ) -> None:
        found = [
            p
            for p in problems(f"{second}\nmysql: {{school: {{HOST: h, USERNAME: me}}}}\n")
            if p.code == "DD623"
        ]
        (problem,) = found
        assert problem.message == "connection `school` is defined twice"
        assert "dataduct.yml:" in (problem.hint or "")

    def test_modes_of_the_first_dataduct_change_one_key(self, opened: Open) -> None:
        text = (
            "mysql: {school: {HOST: dev, USERNAME: me, DATABASE_NAME: d}}\n"
            "modes: {production: {mysql: {school: {HOST: prod}}}}\n"
        )
        expected = {"type": "mysql", "host": "prod", "user": "me", "database": "d"}
        assert connection(opened(text, "production")) == expected

    def test_written_out_passwords_are_warned_about_and_hidden(self, opened: Open) -> None:
        project = opened("mysql: {school: {HOST: db, USERNAME: me, PASSWORD: hunter2}}")
        assert [place(warning) for warning in project.warnings] == [("DD616", 1, 52)]
        assert project.secrets.redact("hunter2") == "***"


class TestRedshift:
    REDSHIFT = "redshift: {HOST: dwh, PORT: 5439, DATABASE_NAME: dev, USERNAME: me, PASSWORD: '${env:P}'}\n"

    def test_it_is_the_warehouse_where_none_is_written(self, opened: Open) -> None:
        warehouse = opened(self.REDSHIFT).settings.warehouse
        assert (warehouse["type"], warehouse["host"], warehouse["port"]) == ("redshift", "dwh", 5439)
        assert (warehouse["database"], warehouse["user"]) == ("dev", "me")

    def test_beside_a_warehouse_it_has_no_effect_and_says_so(self, opened: Open) -> None:
        project = opened(self.REDSHIFT + "warehouse: {type: duckdb, path: w.duckdb}\n")
        assert project.settings.warehouse["type"] == "duckdb"
        assert [place(warning) for warning in project.warnings] == [("DD629", 1, 1)]

    def test_a_mode_may_choose_between_them(self, opened: Open) -> None:
        text = self.REDSHIFT + "modes: {local: {warehouse: {type: duckdb, path: w.duckdb}}}\n"
        assert opened(text).settings.warehouse["type"] == "redshift"
        assert opened(text, "local").settings.warehouse == {"type": "duckdb", "path": "w.duckdb"}

    def test_a_cluster_without_a_host_is_looked_up_when_it_is_opened(self, opened: Open) -> None:
        project = opened(
            "redshift: {CLUSTER_ID: dwh, DATABASE_NAME: dev, USERNAME: me, PASSWORD: '${env:P}'}"
        )
        assert project.settings.warehouse["host"] == "${aws-redshift:dwh}"
        assert project.settings.aws_data_pipeline.redshift_cluster_id == "dwh"

    def test_a_host_or_a_url_needs_no_lookup(self, opened: Open) -> None:
        project = opened(self.REDSHIFT.replace("{", "{CLUSTER_ID: dwh, ", 1))
        assert project.settings.warehouse["host"] == "dwh"
        project = opened(
            "redshift: {CONNECTION_STRING: 'jdbc:redshift://h:5439/d', DATABASE_NAME: d, USERNAME: me}"
        )
        assert (project.settings.warehouse["host"], project.settings.warehouse["database"]) == ("h", "d")

    def test_a_mode_may_name_another_cluster(self, opened: Open) -> None:
        text = self.REDSHIFT + "modes: {production: {redshift: {CLUSTER_ID: prod}}}\n"
        assert opened(text, "production").settings.warehouse["host"] == "${aws-redshift:prod}"

    def test_a_warehouse_that_nothing_leads_to(self, problems: Callable[..., tuple[Problem, ...]]) -> None:
        (problem,) = problems("redshift: {DATABASE_NAME: dev, USERNAME: me}")
        assert place(problem) == ("DD628", 1, 1)
