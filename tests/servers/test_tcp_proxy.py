"""The TCP proxy and what it does to a client."""

import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from servers import Postgres, TcpProxy
from servers.ports import HOST

ProxyFactory = Callable[[str, int], TcpProxy]

GREETING = bytes(range(256)) * 400


@pytest.fixture
def greeter() -> Iterator[int]:
    """A server that sends `GREETING` to each client, and then what the client sends."""

    def serve(connection: socket.socket) -> None:
        with connection:
            try:
                connection.sendall(GREETING)
                while piece := connection.recv(65_536):
                    connection.sendall(piece)
            except OSError:
                return

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(connection,)).start()

    listener = socket.create_server((HOST, 0))
    accepting = threading.Thread(target=accept)
    accepting.start()
    yield listener.getsockname()[1]
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    accepting.join()


@pytest.fixture
def proxy(tcp_proxy: ProxyFactory, greeter: int) -> TcpProxy:
    return tcp_proxy(HOST, greeter)


@pytest.fixture
def connect(proxy: TcpProxy) -> Iterator[Callable[[], socket.socket]]:
    clients: list[socket.socket] = []

    def client() -> socket.socket:
        clients.append(socket.create_connection((proxy.host, proxy.port), timeout=5))
        return clients[-1]

    yield client
    for opened in clients:
        opened.close()


def test_bytes_pass_both_ways_and_are_counted(proxy: TcpProxy, connect: Callable[[], socket.socket]) -> None:
    client = connect()
    assert _received(client, len(GREETING)) == GREETING
    client.sendall(b"hello")
    assert _received(client, 5) == b"hello"
    assert (proxy.accepted, proxy.open) == (1, 1)
    assert proxy.bytes_from_client == 5
    assert proxy.bytes_from_server == len(GREETING) + 5


def test_the_end_of_what_a_client_sends_reaches_the_server(connect: Callable[[], socket.socket]) -> None:
    client = connect()
    client.sendall(b"last words")
    client.shutdown(socket.SHUT_WR)
    assert _received_to_end(client) == GREETING + b"last words"


def test_cut_closes_open_connections_and_lets_new_ones_in(
    proxy: TcpProxy, connect: Callable[[], socket.socket]
) -> None:
    first, second = connect(), connect()
    for client in (first, second):
        _received(client, len(GREETING))

    proxy.cut()

    assert proxy.open == 0
    assert first.recv(1) == b""
    assert second.recv(1) == b""
    assert _received(connect(), len(GREETING)) == GREETING


def test_cut_by_reset(proxy: TcpProxy, connect: Callable[[], socket.socket]) -> None:
    client = connect()
    _received(client, len(GREETING))
    proxy.cut(reset=True)
    with pytest.raises(ConnectionResetError):
        client.recv(1)


@pytest.mark.parametrize("count", [0, 1, 70_000, len(GREETING)])
def test_cut_after_gives_exactly_so_many_bytes_once(
    proxy: TcpProxy, connect: Callable[[], socket.socket], count: int
) -> None:
    proxy.cut_after(count)
    assert _received_to_end(connect()) == GREETING[:count]
    assert _received(connect(), len(GREETING)) == GREETING


def test_cut_after_counts_over_all_connections(proxy: TcpProxy, connect: Callable[[], socket.socket]) -> None:
    first, second = connect(), connect()
    for client in (first, second):
        _received(client, len(GREETING))
    proxy.cut_after(8)
    first.sendall(b"12345")
    assert _received(first, 5) == b"12345"
    second.sendall(b"12345")
    assert _received_to_end(second) == b"123"
    assert first.recv(1) == b""


def test_stall_holds_bytes_until_resume(proxy: TcpProxy, connect: Callable[[], socket.socket]) -> None:
    client = connect()
    _received(client, len(GREETING))
    proxy.stall()
    client.sendall(b"late")
    client.settimeout(0.2)
    with pytest.raises(TimeoutError):
        client.recv(1)
    newcomer = connect()
    newcomer.settimeout(0.2)
    with pytest.raises(TimeoutError):
        newcomer.recv(1)

    proxy.resume()

    assert _received(client, 4) == b"late"
    assert _received(newcomer, len(GREETING)) == GREETING


def test_stall_after_gives_exactly_so_many_bytes(
    proxy: TcpProxy, connect: Callable[[], socket.socket]
) -> None:
    proxy.stall_after(70_000)
    client = connect()
    client.settimeout(0.2)
    received = _received(client, 70_000)
    with pytest.raises(TimeoutError):
        client.recv(1)
    proxy.resume()
    assert received + _received(client, len(GREETING) - 70_000) == GREETING


def test_refuse_keeps_new_connections_out_until_resume(
    proxy: TcpProxy, connect: Callable[[], socket.socket]
) -> None:
    client = connect()
    _received(client, len(GREETING))
    proxy.refuse()
    with pytest.raises(ConnectionRefusedError):
        connect()
    client.sendall(b"still here")
    assert _received(client, 10) == b"still here"

    proxy.resume()

    assert _received(connect(), len(GREETING)) == GREETING


def test_a_target_that_is_down_looks_down(tcp_proxy: ProxyFactory, greeter: int) -> None:
    with socket.create_server((HOST, 0)) as unused:
        dead = unused.getsockname()[1]
    proxy = tcp_proxy(HOST, dead)
    with (
        pytest.raises(ConnectionResetError),
        socket.create_connection((proxy.host, proxy.port), timeout=5) as client,
    ):
        client.recv(1)


def test_a_stalled_proxy_closes(tcp_proxy: ProxyFactory, greeter: int) -> None:
    proxy = tcp_proxy(HOST, greeter)
    with socket.create_connection((proxy.host, proxy.port), timeout=5) as client:
        _received(client, len(GREETING))
        proxy.stall()
        client.sendall(b"held back")
        proxy.close()
        assert client.recv(1) == b""
    assert "tcp-proxy" not in {thread.name for thread in threading.enumerate()}


def test_a_database_speaks_through_it(tcp_proxy: ProxyFactory, postgres_server: Postgres) -> None:
    proxy = tcp_proxy(postgres_server.host, postgres_server.port)
    connection = postgres_server.connect(
        port=proxy.port, sslmode="verify-full", sslrootcert=str(postgres_server.ca_file)
    )
    rows = connection.execute("SELECT generate_series(1, 100000)").fetchall()
    connection.close()
    assert len(rows) == 100_000


def _received(client: socket.socket, count: int) -> bytes:
    """Return exactly `count` bytes."""
    received = b""
    while len(received) < count:
        piece = client.recv(count - len(received))
        assert piece, f"the connection closed after {len(received)} of {count} bytes"
        received += piece
    return received


def _received_to_end(client: socket.socket) -> bytes:
    received = b""
    while piece := client.recv(65_536):
        received += piece
    return received
