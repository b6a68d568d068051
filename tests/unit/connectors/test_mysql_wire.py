"""Packets of the MySQL protocol, and what the server's errors become."""

import socket
import threading
from collections.abc import Iterator

import pytest

from dataduct.connectors.mysql import product
from dataduct.connectors.mysql_errors import refusal, translated
from dataduct.connectors.mysql_session import has_answered
from dataduct.connectors.mysql_wire import (
    BUFFER_BYTES,
    ConnectionLostError,
    PacketStream,
    ProtocolBrokenError,
    ServerRefusedError,
)
from dataduct.errors import DataductError, Interrupted, SourceError, TransientError
from dataduct.model.cancellation import Cancellation

LARGEST = 0xFFFFFF


def nothing() -> None:
    raise ConnectionLostError("silent")


@pytest.fixture
def ends() -> Iterator[tuple[PacketStream, socket.socket]]:
    ours, theirs = socket.socketpair()
    yield PacketStream(ours, silence=0.2, on_silence=nothing), theirs
    ours.close()
    theirs.close()


def packet(payload: bytes, sequence: int = 1) -> bytes:
    return len(payload).to_bytes(3, "little") + bytes([sequence]) + payload


def answer(theirs: socket.socket, data: bytes) -> threading.Thread:
    thread = threading.Thread(target=theirs.sendall, args=(data,))
    thread.start()
    return thread


@pytest.mark.parametrize("size", [1, 100, BUFFER_BYTES, LARGEST - 1])
def test_a_packet_is_read_whole_and_the_buffer_shrinks_again(
    ends: tuple[PacketStream, socket.socket], size: int
) -> None:
    stream, theirs = ends
    thread = answer(theirs, packet(b"x" * size) + packet(b"\0" * 7, 2))
    assert stream.packet() == b"x" * size
    stream.expect_ok()
    thread.join()
    thread = answer(theirs, packet(b"\0" * 7))
    stream.expect_ok()
    thread.join()
    assert len(stream.buffer) == BUFFER_BYTES


def test_a_payload_of_several_packets_is_joined(ends: tuple[PacketStream, socket.socket]) -> None:
    stream, theirs = ends
    thread = answer(
        theirs, packet(b"a" * LARGEST) + packet(b"", 2) + packet(b"a" * LARGEST, 3) + packet(b"b", 4)
    )
    assert stream.packet() == b"a" * LARGEST
    assert stream.packet() == b"a" * LARGEST + b"b"
    thread.join()


def test_an_error_packet_is_raised_with_number_and_words(ends: tuple[PacketStream, socket.socket]) -> None:
    stream, theirs = ends
    theirs.sendall(packet(b"\xff\x28\x04#42000You have an error"))
    with pytest.raises(ServerRefusedError) as caught:
        stream.packet()
    assert (caught.value.number, caught.value.text) == (1064, "You have an error")


def test_the_end_of_the_stream_and_silence_are_lost_connections(
    ends: tuple[PacketStream, socket.socket],
) -> None:
    stream, theirs = ends
    with pytest.raises(ConnectionLostError, match="silent"):
        stream.packet()
    theirs.sendall(packet(b"cut")[:5])
    theirs.close()
    with pytest.raises(ConnectionLostError, match="closed the connection"):
        stream.packet()


def test_an_answer_that_is_none_breaks_the_protocol(ends: tuple[PacketStream, socket.socket]) -> None:
    stream, theirs = ends
    theirs.sendall(packet(b"") + packet(b"\x42") + packet(b"\x42"))
    for read in (stream.packet, stream.expect_ok, stream.expect_end):
        with pytest.raises(ProtocolBrokenError):
            read()


@pytest.mark.parametrize(
    ("number", "kind", "code"),
    [
        (1040, TransientError, "DD821"),
        (1045, SourceError, "DD822"),
        (1142, SourceError, "DD822"),
        (1049, SourceError, "DD823"),
        (1046, SourceError, "DD823"),
        (2013, TransientError, "DD824"),
        (1064, SourceError, "DD825"),
        (1295, SourceError, "DD825"),
        (1792, SourceError, "DD829"),
        (1205, TransientError, "DD830"),
        (1317, TransientError, "DD830"),
        (1927, TransientError, "DD830"),
        (1969, TransientError, "DD830"),
        (3024, TransientError, "DD830"),
        (1021, TransientError, "DD830"),
    ],
)
def test_the_server_s_errors_have_codes(number: int, kind: type[DataductError], code: str) -> None:
    error = refusal(number, "words", server="db:3306", query="SELECT 1")
    assert type(error) is kind
    assert error.code == code
    assert "words" in f"{error.message} {error.details}"


def test_a_syntax_error_shows_the_place() -> None:
    words = "You have an error in your SQL syntax; check the manual for the right syntax to use near 'FORM t' at line 2"
    error = refusal(1064, words, server="db:3306", query="SELECT a\n FORM t")
    assert error.message == (
        "the MySQL server db:3306 refuses the query: it cannot read it near `FORM t` (line 2, column 2)"
    )
    assert error.details == ("2 |  FORM t", "  |  ^^^^")


def test_an_unknown_name_comes_with_the_nearest() -> None:
    error = refusal(
        1054,
        "Unknown column 'f.carier' in 'field list'",
        server="db:3306",
        query="SELECT f.carier FROM flights f",
        names=lambda kind: ["id", "carrier"] if kind == "column" else [],
    )
    assert error.hint == "did you mean `carrier`?"
    assert error.message.endswith("(line 1, column 10)")


def test_any_error_after_a_stop_is_the_stop() -> None:
    cancellation = Cancellation()
    cancellation.request("timeout after 5 seconds")
    error = translated(ConnectionLostError("reset"), server="db", cancellation=cancellation)
    assert isinstance(error, Interrupted)
    assert (error.code, str(error)) == ("DD779", "timeout after 5 seconds")


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("10.11.6-MariaDB-0+deb12u1", "MariaDB 10.11.6"),
        ("5.5.5-10.6.12-MariaDB-log", "MariaDB 10.6.12"),
        ("8.0.36-0ubuntu0.22.04.1", "MySQL 8.0.36"),
        ("8.4.0", "MySQL 8.4.0"),
    ],
)
def test_a_version_is_shown_with_its_product(said: str, shown: str) -> None:
    assert product(said) == shown


def test_what_the_process_list_says_of_a_client_that_should_have_an_answer() -> None:
    assert has_answered("Sleep", "")
    assert has_answered("Execute", "Writing to net")
    assert has_answered("Execute", "Sending to client")
    assert not has_answered("Execute", "Sending data")
