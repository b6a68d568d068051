"""A server or a network that fails in the middle of a load: no row lost or doubled, and nothing left behind."""

import contextlib
import threading
import time

import pyarrow as pa
import pytest

from dataduct.errors import DataductError, TransientError
from dataduct.model.cancellation import Cancellation
from dataduct.model.table import TableName
from dataduct.registry import WAREHOUSES
from dataduct.warehouses.base import ColumnMatch, DatasetFiles
from dataduct.warehouses.loads import Load, find_loads, record_load

LOAD = Load(pipeline="p", step="s", table="courses", run_date="2026-01-01")
ROWS = 200_000
TABLE = TableName("courses")


def open_postgres(settings, tmp_path, port=None):
    return WAREHOUSES.load("postgres").open_warehouse(
        {
            "type": "postgres",
            "connect_retries": 0,
            "sslmode": "disable",
            **settings,
            **({"port": port} if port else {}),
        },
        project_directory=tmp_path,
        lock_timeout=5,
        on_wait=lambda message: None,
    )


@pytest.fixture
def dataset(tmp_path):
    import pyarrow.parquet as pq

    from dataduct.model.dataset import Manifest

    path = tmp_path / "part.parquet"
    pq.write_table(pa.table({"id": range(ROWS), "name": [f"course {n} " * 8 for n in range(ROWS)]}), path)
    return DatasetFiles(Manifest(format="parquet", parts=()), (str(path),))


class Loader:
    """One load that is tried until it is there, as the engine does."""

    def __init__(self, settings, tmp_path, dataset, port=None):
        self.settings, self.tmp_path, self.dataset, self.port = settings, tmp_path, dataset, port
        self.failures: list[DataductError] = []

    def attempt(self, *, before_commit=lambda: None, during_copy=None):
        warehouse = open_postgres(self.settings, self.tmp_path, self.port)
        try:
            with warehouse.transaction(Cancellation()) as transaction:
                if find_loads(transaction, [LOAD]):
                    return "found"
                columns = transaction.columns(TABLE)
                matches = [ColumnMatch(column.name, column) for column in columns]
                if during_copy is not None:
                    threading.Thread(target=during_copy, daemon=True).start()
                from dataduct.model.operations import FileFormat

                rows = transaction.load(TABLE, self.dataset, matches, FileFormat()).rows
                record_load(transaction, LOAD, run_id="r", rows=rows)
                before_commit()
            return "loaded"
        finally:
            warehouse.close()

    def fails(self, **faults):
        with pytest.raises(TransientError) as failed:
            self.attempt(**faults)
        self.failures.append(failed.value)
        return failed.value


def prepare(server, tmp_path):
    settings = {**server.root_settings(), "database": server.fresh_database("faults")}
    warehouse = open_postgres(settings, tmp_path)
    with warehouse.transaction(Cancellation()) as transaction:
        transaction.execute("CREATE TABLE courses (id BIGINT PRIMARY KEY, name TEXT NOT NULL)")
    warehouse.close()
    return settings


def state(server, settings):
    """Return the rows, the loads, and what is left behind: sessions in a transaction, temporary tables."""
    database = settings["database"]
    deadline = time.monotonic() + 20
    sessions = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    while server.execute(sessions, database=database) != [(0,)] and time.monotonic() < deadline:
        time.sleep(0.1)
    (rows,) = server.execute("SELECT count(*), count(DISTINCT id) FROM courses", database=database)
    exists = server.execute("SELECT to_regclass('dataduct.loads') IS NOT NULL", database=database)
    loads = (
        server.execute("SELECT count(*) FROM dataduct.loads", database=database)[0][0] if exists[0][0] else 0
    )
    temporary = "SELECT count(*) FROM pg_class WHERE relpersistence = 't'"
    return {
        "rows": rows,
        "loads": loads,
        "sessions": server.execute(sessions, database=database)[0][0],
        "temporary tables": server.execute(temporary, database=database)[0][0],
    }


EMPTY = {"rows": (0, 0), "loads": 0, "sessions": 0, "temporary tables": 0}
LOADED = {"rows": (ROWS, ROWS), "loads": 1, "sessions": 0, "temporary tables": 0}


def once_bytes_flow(proxy, act, least=2_000_000):
    def watch():
        with contextlib.suppress(TimeoutError):
            deadline = time.monotonic() + 20
            while proxy.bytes_from_client < least and time.monotonic() < deadline:
                time.sleep(0.001)
        act()

    return watch


@pytest.mark.parametrize("reset", [False, True])
def test_a_connection_cut_in_the_middle_of_copy(postgres_server, tcp_proxy, tmp_path, dataset, reset):
    settings = prepare(postgres_server, tmp_path)
    proxy = tcp_proxy(postgres_server.host, postgres_server.port)
    loader = Loader(settings, tmp_path, dataset, proxy.port)

    failure = loader.fails(during_copy=once_bytes_flow(proxy, lambda: proxy.cut(reset=reset)))

    assert failure.code == "DD824"
    assert state(postgres_server, settings) == EMPTY
    assert loader.attempt() == "loaded"
    assert state(postgres_server, settings) == LOADED


def test_a_connection_cut_between_load_and_commit(postgres_server, tcp_proxy, tmp_path, dataset):
    settings = prepare(postgres_server, tmp_path)
    proxy = tcp_proxy(postgres_server.host, postgres_server.port)
    loader = Loader(settings, tmp_path, dataset, proxy.port)

    failure = loader.fails(before_commit=proxy.cut)

    assert failure.code == "DD720"
    assert state(postgres_server, settings) == EMPTY
    assert loader.attempt() == "loaded"
    assert state(postgres_server, settings) == LOADED


def test_the_answer_to_commit_is_lost(postgres_server, tcp_proxy, tmp_path, dataset):
    settings = prepare(postgres_server, tmp_path)
    proxy = tcp_proxy(postgres_server.host, postgres_server.port)
    loader = Loader(settings, tmp_path, dataset, proxy.port)

    failure = loader.fails(before_commit=lambda: proxy.cut_after(0))

    assert failure.code == "DD720"
    assert state(postgres_server, settings) == LOADED
    assert loader.attempt() == "found"
    assert state(postgres_server, settings) == LOADED


@pytest.mark.parametrize("moment", ["in the middle of COPY", "between load and COMMIT"])
def test_a_server_that_is_killed(private_postgres, tcp_proxy, tmp_path, dataset, moment):
    settings = prepare(private_postgres, tmp_path)
    proxy = tcp_proxy(private_postgres.host, private_postgres.port)
    loader = Loader(settings, tmp_path, dataset, proxy.port)

    if moment == "in the middle of COPY":
        loader.fails(during_copy=once_bytes_flow(proxy, private_postgres.kill))
    else:
        loader.fails(before_commit=private_postgres.kill)
    private_postgres.restart()

    assert state(private_postgres, settings) == EMPTY
    assert loader.attempt() == "loaded"
    assert state(private_postgres, settings) == LOADED


def test_a_session_ended_by_an_administrator(postgres_server, tmp_path, dataset):
    settings = prepare(postgres_server, tmp_path)
    loader = Loader(settings, tmp_path, dataset)

    def end_sessions():
        postgres_server.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            f"WHERE datname = '{settings['database']}' AND application_name = 'dataduct'"
        )

    loader.fails(before_commit=end_sessions)

    assert state(postgres_server, settings) == EMPTY
    assert loader.attempt() == "loaded"
    assert state(postgres_server, settings) == LOADED
