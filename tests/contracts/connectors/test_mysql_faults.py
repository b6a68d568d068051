"""What a MySQL connection that fails raises, what it leaves behind, and that trying again gives every row."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dataduct.connectors.base import Reader, Splits, closing_reader
from dataduct.connectors.mysql import open_reader
from dataduct.errors import DataductError, Interrupted, SourceError, TransientError, UserError
from dataduct.model.cancellation import Cancellation

ROWS = 300_000
EVERY_ROW = "SELECT id, label FROM many ORDER BY id"
ENDLESS = "SELECT COUNT(*) FROM seq_1_to_1000000000 a, seq_1_to_1000000000 b"
IMPATIENT = {"connect_timeout": 1.0, "connect_retries": 0, "silence_timeout": 0.4}


def fill(server: Any) -> str:
    database: str = server.fresh_database("faults")
    server.execute(
        "CREATE TABLE many (id INT PRIMARY KEY, label VARCHAR(80))",
        f"INSERT INTO many SELECT seq, REPEAT('x', 40) FROM seq_1_to_{ROWS}",
        database=database,
    )
    return database


@pytest.fixture(scope="module")
def database(mariadb_server: Any) -> str:
    return fill(mariadb_server)


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    yield
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("dataduct-mysql")]


def opened(server: Any, database: str, tmp_path: Path, **options: object) -> Reader:
    settings = server.root_settings() | {"connect_retries": 0} | options
    return open_reader(settings, database=database, project_directory=tmp_path)


def counted(reader: Reader, query: str = EVERY_ROW, splits: Splits | None = None) -> int:
    return sum(batch.num_rows for batch in reader.read(query, Cancellation(), splits=splits))


def sessions(server: Any, database: str) -> list[tuple[Any, ...]]:
    return server.execute(  # type: ignore[no-any-return]
        f"SELECT ID, COMMAND, INFO FROM information_schema.PROCESSLIST WHERE DB = '{database}' "
        "AND ID <> CONNECTION_ID() AND COMMAND <> 'Killed'"
    )


def eventually(found: Callable[[], object]) -> bool:
    deadline = time.monotonic() + 10
    while not found():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


@pytest.mark.parametrize("splits", [None, Splits(3)], ids=["one", "split"])
@pytest.mark.parametrize("reset", [False, True], ids=["closed", "reset"])
def test_a_connection_cut_among_the_rows(
    mariadb_server: Any, tcp_proxy: Any, database: str, tmp_path: Path, reset: bool, splits: Splits | None
) -> None:
    proxy = tcp_proxy(mariadb_server.host, mariadb_server.port)
    with closing_reader(opened(mariadb_server, database, tmp_path, port=proxy.port)) as reader:
        proxy.cut_after(3_000_000, reset=reset)
        with pytest.raises(TransientError) as caught:
            counted(reader, splits=splits)
        assert caught.value.code == "DD824"
        assert "was lost" in caught.value.message
        assert eventually(lambda: proxy.open == 0)
        assert counted(reader, splits=splits) == ROWS
    assert eventually(lambda: proxy.open == 0)
    assert eventually(lambda: not sessions(mariadb_server, database)), sessions(mariadb_server, database)


@pytest.mark.parametrize("splits", [None, Splits(2)], ids=["one", "split"])
def test_a_server_killed_among_the_rows(private_mariadb: Any, tmp_path: Path, splits: Splits | None) -> None:
    database = fill(private_mariadb)
    with closing_reader(opened(private_mariadb, database, tmp_path, connect_timeout=2.0)) as reader:
        rows = reader.read(EVERY_ROW, Cancellation(), splits=splits)
        rows.read_next_batch()
        private_mariadb.kill()
        with pytest.raises(TransientError) as caught:
            list(rows)
        assert caught.value.code == "DD824"
        with pytest.raises(TransientError) as caught:
            counted(reader)
        assert caught.value.code == "DD821"
        private_mariadb.restart()
        assert counted(reader, splits=splits) == ROWS


def test_a_server_that_stops_in_good_order(private_mariadb: Any, tmp_path: Path) -> None:
    database = fill(private_mariadb)
    with closing_reader(opened(private_mariadb, database, tmp_path)) as reader:
        timer = threading.Timer(0.5, private_mariadb.stop)
        timer.start()
        with pytest.raises(TransientError) as caught:
            counted(reader, "SELECT SLEEP(60)")
        timer.join()
        assert caught.value.code in ("DD824", "DD830")


def test_a_connection_that_stalls_among_the_rows(
    mariadb_server: Any, tcp_proxy: Any, database: str, tmp_path: Path
) -> None:
    proxy = tcp_proxy(mariadb_server.host, mariadb_server.port)
    with closing_reader(opened(mariadb_server, database, tmp_path, port=proxy.port, **IMPATIENT)) as reader:
        proxy.stall_after(3_000_000)
        with pytest.raises(TransientError, match=r"no byte came for 0\.4 seconds") as caught:
            counted(reader)
        assert caught.value.code == "DD824"
        proxy.resume()
        assert counted(reader) == ROWS
    assert eventually(lambda: proxy.open == 0)


def test_one_stalled_connection_to_a_server_that_answers_others(
    mariadb_server: Any, tcp_proxy: Any, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = tcp_proxy(mariadb_server.host, mariadb_server.port)
    with closing_reader(opened(mariadb_server, database, tmp_path, port=proxy.port, **IMPATIENT)) as reader:
        rows = reader.read(EVERY_ROW, Cancellation(), batch_rows=1000)
        proxy.stall()
        settings = reader._settings  # type: ignore[attr-defined]
        direct = settings.model_copy(update={"port": mariadb_server.port})
        reader._running._session.settings = direct  # type: ignore[attr-defined]
        with pytest.raises(TransientError, match="though the server has sent an answer") as caught:
            list(rows)
        assert caught.value.code == "DD824"
        proxy.resume()


def test_a_slow_query_is_no_lost_connection(mariadb_server: Any, database: str, tmp_path: Path) -> None:
    with closing_reader(opened(mariadb_server, database, tmp_path, **IMPATIENT)) as reader:
        assert counted(reader, "SELECT SLEEP(2.5)") == 1


def test_a_server_that_refuses_connections(
    mariadb_server: Any, tcp_proxy: Any, database: str, tmp_path: Path
) -> None:
    proxy = tcp_proxy(mariadb_server.host, mariadb_server.port)
    proxy.refuse()
    with pytest.raises(TransientError) as caught:
        opened(mariadb_server, database, tmp_path, port=proxy.port, connect_retries=1)
    assert caught.value.code == "DD821"
    assert caught.value.message == (
        f"the MySQL server 127.0.0.1:{proxy.port}/{database} cannot be reached: connection refused"
    )


def test_a_server_that_is_back_before_the_retries_end(
    mariadb_server: Any, tcp_proxy: Any, database: str, tmp_path: Path
) -> None:
    proxy = tcp_proxy(mariadb_server.host, mariadb_server.port)
    proxy.refuse()
    timer = threading.Timer(0.3, proxy.resume)
    timer.start()
    with closing_reader(
        opened(mariadb_server, database, tmp_path, port=proxy.port, connect_retries=20)
    ) as reader:
        assert counted(reader) == ROWS
    timer.join()


def test_a_server_that_accepts_and_says_nothing(
    mariadb_server: Any, tcp_proxy: Any, database: str, tmp_path: Path
) -> None:
    proxy = tcp_proxy(mariadb_server.host, mariadb_server.port)
    proxy.stall()
    started = time.monotonic()
    with pytest.raises(TransientError) as caught:
        opened(mariadb_server, database, tmp_path, port=proxy.port, connect_timeout=0.5)
    assert caught.value.code == "DD821"
    assert time.monotonic() - started < 5


def test_an_error_among_the_rows(mariadb_server: Any, database: str, tmp_path: Path) -> None:
    query = "SELECT IF(id = 250000, (SELECT 1 UNION SELECT 2), id) AS n FROM many"
    with closing_reader(opened(mariadb_server, database, tmp_path)) as reader:
        rows = reader.read(query, Cancellation())
        assert rows.read_next_batch().num_rows > 0
        with pytest.raises(SourceError, match="Subquery returns more than 1 row") as caught:
            list(rows)
        assert caught.value.code == "DD825"
        assert counted(reader) == ROWS


@pytest.mark.parametrize("kill", ["KILL QUERY", "KILL"])
def test_a_query_that_an_administrator_ends(
    mariadb_server: Any, database: str, tmp_path: Path, kill: str
) -> None:
    def end() -> None:
        assert eventually(
            lambda: any("seq_1_to" in str(row[2]) for row in sessions(mariadb_server, database))
        )
        mariadb_server.execute(f"{kill} {sessions(mariadb_server, database)[0][0]}")

    with closing_reader(opened(mariadb_server, database, tmp_path)) as reader:
        thread = threading.Thread(target=end)
        thread.start()
        with pytest.raises(TransientError) as caught:
            counted(reader, ENDLESS)
        thread.join()
        assert caught.value.code == ("DD830" if kill == "KILL QUERY" else caught.value.code)
        assert caught.value.code in ("DD824", "DD830")
        assert counted(reader) == ROWS


def test_a_session_that_ended_while_idle_is_replaced(
    mariadb_server: Any, database: str, tmp_path: Path
) -> None:
    with closing_reader(opened(mariadb_server, database, tmp_path)) as reader:
        assert counted(reader) == ROWS
        mariadb_server.execute(f"KILL {sessions(mariadb_server, database)[0][0]}")
        assert counted(reader) == ROWS


@pytest.mark.parametrize("splits", [None, Splits(3)], ids=["one", "split"])
def test_a_stop_while_the_server_works(
    mariadb_server: Any, database: str, tmp_path: Path, splits: Splits | None
) -> None:
    cancellation = Cancellation()
    query = "SELECT id, BENCHMARK(10000000000, SHA1(label)) AS n FROM many"
    with closing_reader(opened(mariadb_server, database, tmp_path)) as reader:
        timer = threading.Timer(0.5, cancellation.request, ["timeout after 0.5 seconds"])
        timer.start()
        started = time.monotonic()
        with pytest.raises(Interrupted, match="timeout after") as caught:
            reader.read(query, cancellation, splits=splits)
        assert time.monotonic() - started < 5
        assert caught.value.code == "DD779"
        timer.join()
        assert eventually(lambda: not sessions(mariadb_server, database)), sessions(mariadb_server, database)
        assert counted(reader) == ROWS


def test_a_stop_while_the_connection_is_stalled(
    mariadb_server: Any, tcp_proxy: Any, database: str, tmp_path: Path
) -> None:
    proxy = tcp_proxy(mariadb_server.host, mariadb_server.port)
    cancellation = Cancellation()
    with closing_reader(
        opened(mariadb_server, database, tmp_path, port=proxy.port, connect_timeout=1.0)
    ) as reader:
        rows = reader.read(EVERY_ROW, cancellation, batch_rows=100)
        proxy.stall()
        timer = threading.Timer(0.3, cancellation.request, ["asked to stop"])
        timer.start()
        with pytest.raises(Interrupted):
            list(rows)
        timer.join()
        proxy.resume()


@pytest.mark.parametrize("splits", [None, Splits(3)], ids=["one", "split"])
def test_closing_ends_a_half_read_query_on_the_server(
    mariadb_server: Any, database: str, tmp_path: Path, splits: Splits | None
) -> None:
    reader = opened(mariadb_server, database, tmp_path)
    rows = reader.read("SELECT id, REPEAT(label, 50) AS text FROM many", Cancellation(), splits=splits)
    rows.read_next_batch()
    assert sessions(mariadb_server, database)
    reader.close()
    assert eventually(lambda: not sessions(mariadb_server, database)), sessions(mariadb_server, database)


def test_a_half_read_query_that_nobody_holds_is_ended(
    mariadb_server: Any, database: str, tmp_path: Path
) -> None:
    reader = opened(mariadb_server, database, tmp_path)
    rows = reader.read("SELECT a.id FROM many a, many b", Cancellation())
    rows.read_next_batch()
    rows.close()
    del rows
    reader.close()
    assert eventually(lambda: not sessions(mariadb_server, database)), sessions(mariadb_server, database)


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"password": "s3cret-Wort"}, "DD822"),
        ({"user": "nobody-here"}, "DD822"),
        ({"tls": "verify-ca"}, "DD831"),
        ({"host": "no-such-host.invalid"}, "DD821"),
    ],
    ids=["password", "user", "authority", "host"],
)
def test_no_error_of_a_login_holds_the_password(
    mariadb_server: Any, database: str, tmp_path: Path, wrong: dict[str, object], code: str
) -> None:
    with pytest.raises(DataductError) as caught:
        opened(mariadb_server, database, tmp_path, **wrong)
    error = caught.value
    assert error.code == code
    said = f"{error.message} {error.hint} {error.details}"
    assert "s3cret-Wort" not in said
    assert mariadb_server.password not in said


def test_a_database_that_is_not_there(mariadb_server: Any, tmp_path: Path) -> None:
    with pytest.raises(SourceError) as caught:
        opened(mariadb_server, "no_such_database", tmp_path)
    assert caught.value.code == "DD823"


def test_the_server_s_certificate_is_checked(mariadb_server: Any, database: str, tmp_path: Path) -> None:
    good = {"tls": "verify-identity", "tls_ca": str(mariadb_server.ca_file)}
    with closing_reader(opened(mariadb_server, database, tmp_path, **good)) as reader:
        assert counted(reader) == ROWS
    with pytest.raises(SourceError) as caught:
        opened(mariadb_server, database, tmp_path, tls="verify-ca", tls_ca=str(mariadb_server.other_ca_file))
    assert caught.value.code == "DD831"
    with pytest.raises((SourceError, UserError)) as missing:
        opened(mariadb_server, database, tmp_path, tls="verify-ca", tls_ca="missing.pem")
    assert missing.value.code in ("DD820", "DD831")
    assert "missing.pem" in missing.value.message
