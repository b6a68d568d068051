"""Settings are read from several files, each laid over those before it, and every one knows where it is from."""

from collections.abc import Callable
from pathlib import Path

import pytest

from dataduct.config.layers import PATH_VARIABLE, SYSTEM_VARIABLE, USER_VARIABLE
from dataduct.config.project import Project, open_project
from dataduct.errors import ProblemsError
from dataduct.model.problem import Problem

Write = Callable[..., None]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write_files(**texts: str) -> None:
        for name, text in texts.items():
            path = tmp_path / FILES[name]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")

    (tmp_path / "project").mkdir()
    return write_files


FILES = {
    "system": "etc/dataduct.cfg",
    "user": "home/.dataduct/dataduct.cfg",
    "project": "project/dataduct.yml",
    "first": "more/first.cfg",
    "second": "more/second.yml",
}


def opened(root: Path, mode: str | None = None, **environment: str) -> Project:
    places = {
        "HOME": str(root / "home"),
        SYSTEM_VARIABLE: str(root / FILES["system"]),
        PATH_VARIABLE: ":".join(
            str(root / FILES[name]) for name in ("first", "second") if (root / FILES[name]).exists()
        ),
    }
    return open_project(root / "project", mode=mode, environment={**places, **environment})


def problems(root: Path, mode: str | None = None, **environment: str) -> tuple[Problem, ...]:
    with pytest.raises(ProblemsError) as caught:
        opened(root, mode, **environment)
    return caught.value.problems


class TestOrder:
    NAMES = ("system", "user", "project", "first", "second")

    @pytest.mark.parametrize("highest", range(len(NAMES)))
    def test_each_file_wins_over_those_before_it(self, tmp_path: Path, write: Write, highest: int) -> None:
        for number, name in enumerate(self.NAMES[: highest + 1]):
            write(**{name: f"project: {name}\nvariables: {{{name}: {number}}}\n"})
        project = opened(tmp_path)
        assert project.name == self.NAMES[highest]
        assert list(project.settings.variables) == list(self.NAMES[: highest + 1])
        assert [str(file.relative_to(tmp_path)) for file in project.files] == [
            FILES[name] for name in self.NAMES[: highest + 1]
        ]

    def test_a_variable_wins_over_all_of_them(self, tmp_path: Path, write: Write) -> None:
        write(user="engine: {workers: 2}", second="engine: {workers: 3}")
        assert opened(tmp_path, DATADUCT__ENGINE__WORKERS="9").settings.engine.workers == 9

    def test_a_file_named_twice_counts_where_it_is_named_last(self, tmp_path: Path, write: Write) -> None:
        write(user="project: user", project="project: project")
        project = opened(tmp_path, **{PATH_VARIABLE: f"{tmp_path / FILES['user']}::"})
        assert project.name == "user"
        assert [file.name for file in project.files] == ["dataduct.yml", "dataduct.cfg"]

    def test_the_project_is_found_whatever_other_files_there_are(self, tmp_path: Path, write: Write) -> None:
        write(user="engine: {workers: 2}")
        project = opened(tmp_path)
        assert (project.root, project.file) == (tmp_path / "project", None)

    def test_without_a_home_there_is_no_user_s_file(self, tmp_path: Path, write: Write) -> None:
        write(user="project: user")
        assert open_project(tmp_path / "project", environment={}).files == ()

    def test_the_user_s_file_may_be_another_or_none(self, tmp_path: Path, write: Write) -> None:
        write(user="project: user", first="project: other")
        assert opened(tmp_path, **{USER_VARIABLE: "", PATH_VARIABLE: ""}).files == ()
        other = {USER_VARIABLE: str(tmp_path / FILES["first"]), PATH_VARIABLE: ""}
        assert opened(tmp_path, **other).name == "other"

    def test_a_home_is_understood_in_the_list_of_files(
        self, tmp_path: Path, write: Write, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write(first="project: first")
        monkeypatch.setenv("HOME", str(tmp_path))
        assert opened(tmp_path, **{PATH_VARIABLE: "~/more/first.cfg"}).name == "first"


class TestMerging:
    def test_is_deep(self, tmp_path: Path, write: Write) -> None:
        write(
            user="mysql: {shop: {HOST: db, USERNAME: me, PASSWORD: hunter2}}\nengine: {workers: 2}\n",
            project="connections: {shop: {database: live}}\nengine: {max_retries: 0}\n",
        )
        settings = opened(tmp_path).settings
        assert settings.connections["shop"] == {
            "type": "mysql",
            "database": "live",
            "host": "db",
            "user": "me",
            "password": "hunter2",
        }
        assert (settings.engine.workers, settings.engine.max_retries) == (2, 0)

    def test_another_type_replaces_a_system_whole(self, tmp_path: Path, write: Write) -> None:
        write(
            user="redshift: {HOST: h, USERNAME: me, DATABASE_NAME: d}",
            project="warehouse: {type: duckdb, path: w.duckdb}",
        )
        assert opened(tmp_path).settings.warehouse == {"type": "duckdb", "path": "w.duckdb"}

    def test_the_same_setting_in_two_forms_is_no_conflict_between_files(
        self, tmp_path: Path, write: Write
    ) -> None:
        write(user="etl: {MAX_RETRIES: 0}", project="engine: {max_retries: 5}", first="etl: {MAX_RETRIES: 7}")
        assert opened(tmp_path).settings.engine.max_retries == 7

    def test_a_mode_is_merged_over_all_files(self, tmp_path: Path, write: Write) -> None:
        write(
            user="dev: {etl: {S3_BASE_PATH: dev}, engine: {workers: 1}}\n",
            project="engine: {workers: 8}\nmodes: {dev: {engine: {max_retries: 0}}}\n",
            second="engine: {workers: 9}\n",
        )
        settings = opened(tmp_path, "dev").settings
        assert (settings.engine.workers, settings.engine.max_retries) == (1, 0)
        assert settings.aws.s3_base_path == "dev"
        assert opened(tmp_path).settings.engine.workers == 9

    def test_an_unknown_mode_lists_those_of_all_files(self, tmp_path: Path, write: Write) -> None:
        write(user="dev: {etl: {ROLE: r}}\n", project="modes: {production: {}}\n")
        (problem,) = problems(tmp_path, "prod")
        assert (problem.code, problem.expected) == ("DD611", "one of `dev`, `production`")

    def test_relative_paths_start_at_the_project_whichever_file_they_stand_in(
        self, tmp_path: Path, write: Write, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HOME", str(tmp_path / "home"))
        write(
            user="etl: {RESOURCE_BASE_PATH: resources}\nlogging: {LOG_DIR: ~/logs}\nruns: {path: r.sqlite}\n"
        )
        project = opened(tmp_path)
        assert project.resource_directories == (tmp_path / "project" / "resources",)
        assert project.log_directory == tmp_path / "home" / "logs"
        assert project.run_store == str(tmp_path / "project" / "r.sqlite")


class TestOrigins:
    def test_name_the_file_the_line_the_mode_and_the_variable(self, tmp_path: Path, write: Write) -> None:
        write(
            user="etl:\n  S3_ETL_BUCKET: b\n",
            project="engine:\n  workers: 8\n  max_retries: 1\nmodes:\n  dev:\n    engine: {workers: 1}\n",
        )
        project = opened(tmp_path, "dev", DATADUCT__PROJECT="renamed")
        found = {
            ".".join(path): (Path(origin.position.file).name, origin.position.line, origin.mode)
            for path, origin in project.origins.items()
        }
        assert found == {
            "aws.s3_etl_bucket": ("dataduct.cfg", 2, None),
            "storage.type": ("dataduct.cfg", 2, None),
            "storage.bucket": ("dataduct.cfg", 2, None),
            "engine.workers": ("dataduct.yml", 6, "dev"),
            "engine.max_retries": ("dataduct.yml", 3, None),
            "project": ("DATADUCT__PROJECT", 1, None),
        }
        assert project.origins["project",].variable == "DATADUCT__PROJECT"

    def test_a_mode_that_is_overruled_is_no_origin(self, tmp_path: Path, write: Write) -> None:
        write(project="modes: {dev: {engine: {workers: 1}}}")
        project = opened(tmp_path, "dev", DATADUCT__ENGINE__WORKERS="3")
        assert project.origins["engine", "workers"].mode is None


class TestProblems:
    def test_a_missing_file_of_the_list_is_an_error(self, tmp_path: Path, write: Write) -> None:
        write(first="project: first")
        missing = str(tmp_path / "more" / "frist.cfg")
        (problem,) = problems(tmp_path, **{PATH_VARIABLE: missing})
        assert problem.code == "DD663"
        assert problem.message == f"DATADUCT_CONFIG_PATH names `{missing}`, which does not exist"
        assert problem.hint == "did you mean `first.cfg`?"
        (problem,) = problems(tmp_path, **{PATH_VARIABLE: str(tmp_path / "nowhere" / "x.cfg")})
        assert problem.hint == "correct the variable, or unset it"

    def test_of_all_files_are_told_at_once_each_with_its_place(self, tmp_path: Path, write: Write) -> None:
        write(
            system="etl: {ROL: x}\n",
            user="dev:\n  engine: {worker: 1}\n  etl: {}\n",
            project="\nengine: {workers: 0}\n",
            second="warehuse: {}\n",
        )
        found = [
            (problem.code, Path(problem.position.file).name, problem.position.line)
            for problem in problems(tmp_path)
            if problem.position
        ]
        assert sorted(found) == [
            ("DD201", "dataduct.cfg", 2),
            ("DD201", "second.yml", 1),
            ("DD240", "dataduct.yml", 2),
            ("DD660", "dataduct.cfg", 1),
        ]

    def test_a_file_that_cannot_be_read_is_told_without_what_follows_from_it(
        self, tmp_path: Path, write: Write
    ) -> None:
        write(user="dev: {etl: {ROLE: r}\n", project="engine: {workers: 0}\n")
        found = problems(tmp_path, "dev", DATADUCT__CONNECTIONS__SHOP__PATH="x")
        assert sorted(problem.code[:3] for problem in found) == ["DD1", "DD2"]

    def test_a_directory_in_place_of_a_file(self, tmp_path: Path, write: Write) -> None:
        (problem,) = problems(tmp_path, **{PATH_VARIABLE: str(tmp_path)})
        assert problem.code == "DD102"
