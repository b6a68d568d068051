"""A run store in a PostgreSQL database: reached by URL, alone in its trouble."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from dataduct import api
from dataduct.config.project import open_project
from dataduct.errors import StorageError
from dataduct.runs.queries import RunQueries
from dataduct.runs.records import Run
from dataduct.runs.store import RunStore, open_store
from servers.database_server import Server

NOON = datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)


def a_run(run_id: str = "20260101T000000-abcd") -> Run:
    return Run(id=run_id, pipeline="courses", run_date="2026-01-01", status="succeeded", started_at=NOON)


@pytest.fixture
def url(postgres_server: Server) -> str:
    return postgres_server.url(postgres_server.fresh_database("runs"))


@pytest.fixture
def store(url: str) -> Iterator[RunStore]:
    opened = open_store(url)
    yield opened
    opened.close()


def test_psycopg_is_the_driver_whatever_the_url_calls_postgresql(url: str) -> None:
    for name in ("postgresql", "postgres", "postgresql+psycopg"):
        store = open_store(url.replace("postgresql", name, 1))
        assert store.engine.driver == "psycopg"
        store.close()


def test_times_do_not_depend_on_the_zone_of_the_server(store: RunStore) -> None:
    store.start_run(a_run())
    assert RunQueries(store).run(a_run().id).started_at == NOON


def test_a_url_keeps_its_parameters(url: str) -> None:
    store = open_store(f"{url}?application_name=history&sslmode=require&connect_timeout=3")
    with store.engine.connect() as connection:
        found = connection.exec_driver_sql(
            "SELECT application_name, ssl FROM pg_stat_activity JOIN pg_stat_ssl USING (pid) "
            "WHERE pid = pg_backend_pid()"
        ).one()
    store.close()
    assert tuple(found) == ("history", True)


def test_many_may_make_it_at_once(url: str) -> None:
    with ThreadPoolExecutor(6) as pool:
        stores = list(pool.map(open_store, [url] * 6))
    stores[0].start_run(a_run())
    assert [RunQueries(store).run(a_run().id).pipeline for store in stores] == ["courses"] * 6
    for store in stores:
        store.close()


def test_the_password_may_be_a_reference(
    postgres_server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, database = postgres_server, postgres_server.fresh_database("runs")
    monkeypatch.setenv("RUNS_PASSWORD", server.password)
    place = f"{server.host}:{server.port}/{database}"
    (tmp_path / "dataduct.yml").write_text(
        f"runs: {{path: 'postgresql://{server.user}:${{env:RUNS_PASSWORD}}@{place}'}}", encoding="utf-8"
    )
    project = open_project(tmp_path, environment={})
    store = api.open_store(project)
    store.start_run(a_run())
    assert RunQueries(store).run(a_run().id).pipeline == "courses"
    assert project.secrets.redact(f"with {server.password}") == "with ***"
    store.close()


def test_so_may_all_of_the_url(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNS_URL", url)
    (tmp_path / "dataduct.yml").write_text("runs: {path: '${env:RUNS_URL}'}", encoding="utf-8")
    store = api.open_store(open_project(tmp_path, environment={}))
    assert store.engine.dialect.name == "postgresql"
    store.close()


def test_a_password_in_the_url_is_warned_about_and_hidden(
    url: str, tmp_path: Path, postgres_server: Server
) -> None:
    (tmp_path / "dataduct.yml").write_text(f"runs:\n  path: {url}\n", encoding="utf-8")
    project = open_project(tmp_path, environment={})
    assert [(warning.code, warning.position and warning.position.line) for warning in project.warnings] == [
        ("DD616", 2)
    ]
    assert project.secrets.redact(postgres_server.password) == "***"
    assert project.secrets.redact(url).count("***") == 1


class TestTrouble:
    @pytest.mark.parametrize("wrong", ["password", "database", "user", "host", "parameter"])
    def test_it_is_told_without_the_password(self, postgres_server: Server, wrong: str) -> None:
        server: Any = postgres_server
        good = server.url("postgres")
        url = {
            "password": f"postgresql://{server.user}:not-the-one@{server.host}:{server.port}/postgres",
            "database": server.url("no_such_database"),
            "user": f"postgresql://nobody:not-the-one@{server.host}:{server.port}/postgres",
            "host": "postgresql://me:not-the-one@127.0.0.1:1/postgres",
            "parameter": f"{good}?sslmode=maybe",
        }[wrong]
        started = time.monotonic()
        with pytest.raises(StorageError) as caught:
            open_store(url)
        assert time.monotonic() - started < 15
        assert caught.value.code == "DD641"
        shown = f"{caught.value} {caught.value.hint}"
        assert ("not-the-one" in shown, server.password in shown) == (False, False)
        assert "\n" not in str(caught.value)

    def test_a_server_that_came_back_is_written_to_again(self, private_postgres: Any) -> None:
        store = open_store(private_postgres.url(private_postgres.fresh_database("runs")))
        store.start_run(a_run())
        private_postgres.restart()
        store.start_run(a_run("20260101T000001-abcd"))
        assert len(RunQueries(store).recent_runs()) == 2
        store.close()

    def test_a_server_that_is_gone_is_told(self, private_postgres: Any) -> None:
        store = open_store(private_postgres.url(private_postgres.fresh_database("runs")))
        private_postgres.kill()
        with pytest.raises(StorageError) as caught:
            store.start_run(a_run())
        assert caught.value.code == "DD642"
        with pytest.raises(StorageError) as caught:
            RunQueries(store).recent_runs()
        assert caught.value.code == "DD647"
        store.close()
