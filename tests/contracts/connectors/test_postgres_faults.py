"""What a PostgreSQL connection that fails raises, what it leaves behind, and that trying again gives every row."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dataduct.connectors.base import Reader, Splits, closing_reader
from dataduct.connectors.postgres import open_reader
from dataduct.errors import DataductError, Interrupted, SourceError, TransientError
from dataduct.model.cancellation import Cancellation
from servers.postgres import Postgres, PrivatePostgres

ROWS = 200_000
EVERY_ROW = "SELECT id, label FROM many"
ENDLESS = "SELECT count(*) FROM generate_series(1, 1000000000) AS a, generate_series(1, 1000000000) AS b"
IMPATIENT = {"silence_timeout": 0.5, "connect_timeout": 2.0}
PLAIN, ENCRYPTED = {"sslmode": "disable"}, {"sslmode": "require"}


def fill(server: Postgres) -> str:
    database = server.fresh_database("faults")
    server.execute(
        "CREATE TABLE many (id integer PRIMARY KEY, label text)",
        f"INSERT INTO many SELECT i, repeat('x', 40) FROM generate_series(1, {ROWS}) AS i",
        database=database,
    )
    return database


@pytest.fixture(scope="module")
def database(postgres_server: Postgres) -> str:
    return fill(postgres_server)


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    yield
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("dataduct-")]


@pytest.fixture(params=[PLAIN, ENCRYPTED], ids=["plain", "encrypted"])
def tls(request: pytest.FixtureRequest) -> dict[str, str]:
    options: dict[str, str] = request.param
    return options


def opened(server: Postgres, database: str, **options: object) -> Reader:
    settings = server.root_settings() | {"connect_retries": 0} | options
    return open_reader(settings, database=database, project_directory=Path())


def counted(reader: Reader, query: str = EVERY_ROW, splits: Splits | None = None) -> int:
    return sum(batch.num_rows for batch in reader.read(query, Cancellation(), splits=splits))


def sessions(server: Postgres, database: str) -> list[tuple[Any, ...]]:
    return server.execute(f"SELECT pid, state, query FROM pg_stat_activity WHERE datname = '{database}'")


def eventually(found: Callable[[], object]) -> bool:
    deadline = time.monotonic() + 15
    while not found():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


@pytest.mark.parametrize("splits", [None, Splits(3)], ids=["one", "split"])
@pytest.mark.parametrize("reset", [False, True], ids=["closed", "reset"])
def test_a_connection_cut_among_the_rows(
    postgres_server: Postgres,
    tcp_proxy: Any,
    database: str,
    tls: dict[str, str],
    reset: bool,
    splits: Splits | None,
) -> None:
    proxy = tcp_proxy(postgres_server.host, postgres_server.port)
    with closing_reader(opened(postgres_server, database, port=proxy.port, **tls)) as reader:
        proxy.cut_after(3_000_000, reset=reset)
        with pytest.raises(TransientError) as caught:
            counted(reader, splits=splits)
        assert caught.value.code == "DD824"
        assert counted(reader, splits=splits) == ROWS
    assert eventually(lambda: not sessions(postgres_server, database))
    assert eventually(lambda: proxy.open == 0)


@pytest.mark.parametrize("place", [1, 5, 100, 1000, 2500])
def test_a_connection_cut_anywhere_before_the_rows(
    postgres_server: Postgres, tcp_proxy: Any, database: str, place: int
) -> None:
    proxy = tcp_proxy(postgres_server.host, postgres_server.port)
    proxy.cut_after(place)
    with (
        pytest.raises(TransientError) as caught,
        closing_reader(opened(postgres_server, database, port=proxy.port, **PLAIN)) as reader,
    ):
        counted(reader)
    assert caught.value.code in ("DD821", "DD824")
    assert eventually(lambda: not sessions(postgres_server, database))


@pytest.mark.parametrize("splits", [None, Splits(2)], ids=["one", "split"])
def test_a_connection_that_falls_silent_is_given_up(
    postgres_server: Postgres, tcp_proxy: Any, database: str, tls: dict[str, str], splits: Splits | None
) -> None:
    proxy = tcp_proxy(postgres_server.host, postgres_server.port)
    with closing_reader(opened(postgres_server, database, port=proxy.port, **IMPATIENT, **tls)) as reader:
        proxy.stall_after(3_000_000)
        with pytest.raises(TransientError) as caught:
            counted(reader, splits=splits)
        assert caught.value.code == "DD824"
        assert "no byte came for 0.5 seconds" in caught.value.message
        proxy.resume()
        assert counted(reader, splits=splits) == ROWS
    assert eventually(lambda: not sessions(postgres_server, database))


def test_a_query_that_takes_longer_than_the_silence_goes_on(
    postgres_server: Postgres, database: str, tls: dict[str, str]
) -> None:
    with closing_reader(opened(postgres_server, database, silence_timeout=0.2, **tls)) as reader:
        assert counted(reader, "SELECT pg_sleep(1)") == 1


def test_rows_that_nobody_takes_for_a_while_are_not_lost(postgres_server: Postgres, database: str) -> None:
    with closing_reader(opened(postgres_server, database, silence_timeout=0.2, **PLAIN)) as reader:
        rows = reader.read(EVERY_ROW, Cancellation(), batch_rows=1000)
        first = rows.read_next_batch().num_rows
        time.sleep(0.8)
        assert first + sum(batch.num_rows for batch in rows) == ROWS


def test_a_server_that_refuses_is_tried_again(
    postgres_server: Postgres, tcp_proxy: Any, database: str
) -> None:
    proxy = tcp_proxy(postgres_server.host, postgres_server.port)
    proxy.refuse()
    with pytest.raises(TransientError) as caught:
        opened(postgres_server, database, port=proxy.port)
    assert caught.value.code == "DD821"
    timer = threading.Timer(0.5, proxy.resume)
    timer.start()
    with closing_reader(opened(postgres_server, database, port=proxy.port, connect_retries=8)) as reader:
        assert counted(reader) == ROWS
    timer.join()


def test_a_session_that_an_administrator_ends(
    postgres_server: Postgres, database: str, tls: dict[str, str]
) -> None:
    with closing_reader(opened(postgres_server, database, **tls)) as reader:
        rows = reader.read(EVERY_ROW, Cancellation(), batch_rows=1000)
        rows.read_next_batch()
        postgres_server.execute(
            f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{database}'"
        )
        with pytest.raises(TransientError) as caught:
            rows.read_all()
        assert caught.value.code in ("DD830", "DD824")
        assert counted(reader) == ROWS


def test_a_query_that_an_administrator_ends(
    postgres_server: Postgres, database: str, tls: dict[str, str]
) -> None:
    def end() -> None:
        query = (
            "SELECT pg_cancel_backend(pid) FROM pg_stat_activity "
            f"WHERE datname = '{database}' AND query LIKE '%1000000000%'"
        )
        assert eventually(lambda: postgres_server.execute(query))

    with closing_reader(opened(postgres_server, database, **tls)) as reader:
        thread = threading.Thread(target=end)
        thread.start()
        with pytest.raises(TransientError) as caught:
            counted(reader, ENDLESS)
        thread.join()
        assert caught.value.code == "DD830"
        assert counted(reader) == ROWS


def test_a_statement_timeout(postgres_server: Postgres, database: str, tls: dict[str, str]) -> None:
    with closing_reader(opened(postgres_server, database, statement_timeout=0.3, **tls)) as reader:
        with pytest.raises(TransientError, match="statement timeout") as caught:
            counted(reader, ENDLESS)
        assert caught.value.code == "DD830"


def test_an_error_among_the_rows(postgres_server: Postgres, database: str, tls: dict[str, str]) -> None:
    with closing_reader(opened(postgres_server, database, **tls)) as reader:
        rows = reader.read("SELECT 10 / (id - 150000) FROM many ORDER BY id", Cancellation(), batch_rows=1000)
        with pytest.raises(SourceError, match="division by zero") as caught:
            rows.read_all()
        assert caught.value.code == "DD825"
        assert counted(reader) == ROWS


@pytest.mark.parametrize("splits", [None, Splits(3)], ids=["one", "split"])
def test_closing_a_half_read_query_ends_it_on_the_server(
    postgres_server: Postgres, database: str, tls: dict[str, str], splits: Splits | None
) -> None:
    reader = opened(postgres_server, database, **tls)
    rows = reader.read(EVERY_ROW, Cancellation(), batch_rows=100, splits=splits)
    rows.read_next_batch()
    reader.close()
    assert eventually(lambda: not sessions(postgres_server, database))
    with pytest.raises(RuntimeError, match="before the end"):
        rows.read_all()


@pytest.mark.parametrize("splits", [None, Splits(3, "id")], ids=["one", "split"])
def test_a_query_is_interrupted_while_it_runs(
    postgres_server: Postgres, database: str, tls: dict[str, str], splits: Splits | None
) -> None:
    slow = "SELECT id, (SELECT count(*) FROM generate_series(1, 100000000)) AS n FROM many"
    with closing_reader(opened(postgres_server, database, **tls)) as reader:
        cancellation = Cancellation()
        timer = threading.Timer(0.5, cancellation.request, ["asked to stop"])
        timer.start()
        began = time.monotonic()
        with pytest.raises(Interrupted, match="asked to stop") as caught:
            reader.read(slow, cancellation, splits=splits).read_all()
        timer.join()
        assert caught.value.code == "DD779"
        assert time.monotonic() - began < 10
        assert eventually(
            lambda: not [row for row in sessions(postgres_server, database) if row[1] == "active"]
        )
        assert counted(reader) == ROWS


def test_a_stalled_query_is_interrupted(
    postgres_server: Postgres, tcp_proxy: Any, database: str, tls: dict[str, str]
) -> None:
    proxy = tcp_proxy(postgres_server.host, postgres_server.port)
    with closing_reader(opened(postgres_server, database, port=proxy.port, **tls)) as reader:
        rows = reader.read(EVERY_ROW, cancellation := Cancellation(), batch_rows=1000)
        rows.read_next_batch()
        proxy.stall()
        timer = threading.Timer(0.2, cancellation.request, ["timeout"])
        timer.start()
        with pytest.raises(Interrupted, match="timeout"):
            rows.read_all()
        timer.join()
        proxy.resume()
        assert counted(reader) == ROWS


def test_waiting_for_a_lock_is_interrupted(postgres_server: Postgres, database: str) -> None:
    locker = postgres_server.connect(database)
    try:
        locker.execute("BEGIN")
        locker.execute("LOCK TABLE many IN ACCESS EXCLUSIVE MODE")
        with closing_reader(opened(postgres_server, database)) as reader:
            cancellation = Cancellation()
            timer = threading.Timer(0.3, cancellation.request, ["timeout"])
            timer.start()
            with pytest.raises(Interrupted):
                reader.describe(EVERY_ROW, cancellation)
            timer.join()
    finally:
        locker.close()


def test_a_server_killed_among_the_rows(private_postgres: PrivatePostgres) -> None:
    database = fill(private_postgres)
    with closing_reader(opened(private_postgres, database, **PLAIN)) as reader:
        rows = reader.read(EVERY_ROW, Cancellation(), batch_rows=1000)
        rows.read_next_batch()
        private_postgres.kill()
        with pytest.raises(TransientError) as caught:
            rows.read_all()
        assert caught.value.code in ("DD824", "DD830")
        with pytest.raises(TransientError) as caught:
            counted(reader)
        assert caught.value.code == "DD821"
        private_postgres.restart()
        assert counted(reader) == ROWS


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"password": "wrong password"}, "DD822"),
        ({"user": "nobody"}, "DD822"),
        ({"database": "nowhere"}, "DD823"),
        ({"sslmode": "verify-full", "sslrootcert": "missing.pem"}, "DD831"),
        ({"sslmode": "verify-full", "sslrootcert": "OTHER"}, "DD831"),
    ],
    ids=["password", "user", "database", "no authority", "other authority"],
)
def test_a_login_that_cannot_work(
    postgres_server: Postgres, database: str, change: dict[str, str], code: str
) -> None:
    if change.get("sslrootcert") == "OTHER":
        change = change | {"sslrootcert": str(postgres_server.other_ca_file)}
    settings = postgres_server.root_settings() | {"database": database} | change
    with pytest.raises(DataductError) as caught:
        open_reader(settings, database=None, project_directory=Path())
    assert caught.value.code == code
    shown = f"{caught.value.message} {caught.value.hint} {caught.value.details}"
    assert postgres_server.password not in shown
    assert "wrong password" not in shown


def test_a_checked_certificate(postgres_server: Postgres, database: str) -> None:
    options = {"sslmode": "verify-full", "sslrootcert": postgres_server.ca_file.name}
    settings = postgres_server.root_settings() | options
    reader = open_reader(settings, database=database, project_directory=postgres_server.ca_file.parent)
    with closing_reader(reader):
        assert counted(reader) == ROWS
    with closing_reader(
        open_reader({"url": postgres_server.url(database)}, database=None, project_directory=Path())
    ) as by_url:
        assert counted(by_url) == ROWS
