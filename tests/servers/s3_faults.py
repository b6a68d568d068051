"""An HTTP proxy before an S3 server, which fails requests by rules.

Requests pass as they are, the Host header included, so that their signatures stay right.
"""

import http.client
import math
import random
import socket
import struct
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from fnmatch import fnmatchcase
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from servers.ports import HOST

_PIECE = 65_536
_PATIENCE = 60.0
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)
_ERROR_BODY = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    "<Error><Code>{code}</Code><Message>{message}</Message><RequestId>INJECTED</RequestId></Error>"
)


class Fault(Enum):
    """A way for a request to fail."""

    ANSWER = "answered by an error, unseen by the server"
    DELAY = "delayed"
    CUT_ANSWER = "the answer's body cut"
    CUT_UPLOAD = "the request's body cut, unseen by the server"
    RESET = "the connection reset, the request unseen by the server"
    LOSE_ANSWER = "carried out by the server, its answer lost"


@dataclass
class Rule:
    """Which requests fail, and how.

    Attributes:
        fault: How.
        method: The request's method, `*` for every.
        path: Pattern (`*`, `?`, `[...]`) of the request's path with its query.
        limit: Times that it may fail a request.
        probability: Of failing a request that matches.
        injected: Requests failed so far.
    """

    fault: Fault
    method: str
    path: str
    limit: float
    probability: float
    randomness: random.Random
    status: int = 0
    code: str = ""
    seconds: float = 0.0
    fraction: float = 0.0
    injected: int = 0

    def fires(self, method: str, path: str) -> bool:
        """Return whether it fails this request, and count it then."""
        matches = self.method in ("*", method) and fnmatchcase(path, self.path)
        if not matches or self.injected >= self.limit or self.randomness.random() >= self.probability:
            return False
        self.injected += 1
        return True


@dataclass(frozen=True)
class Request:
    """A request that came to the proxy; `fault` says how it was failed."""

    method: str
    path: str
    fault: Fault | None


@dataclass(eq=False)
class S3Faults:
    """The proxy. The first rule that fires decides what happens to a request.

    Every method that adds a rule takes `method` and `path` to say which requests (`method="PUT", path="/bucket/*"`;
    the path includes the query), and `times` or `probability` with `seed`: without either the rule fails one request.

    Attributes:
        target_host: The S3 server's host.
        target_port: The S3 server's port.
        requests: The requests so far, in the order in which they came.
    """

    target_host: str
    target_port: int
    requests: list[Request] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        self._rules: list[Rule] = []
        self._lock = threading.Lock()
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="s3-faults")
        self._thread.start()

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._server.server_port

    @property
    def endpoint(self) -> str:
        """Its address, `http://127.0.0.1:PORT`."""
        return f"http://{HOST}:{self.port}"

    @property
    def injected(self) -> int:
        """How many requests were failed so far."""
        with self._lock:
            return sum(request.fault is not None for request in self.requests)

    def answer(self, status: int = 503, code: str = "SlowDown", **match: Any) -> Rule:
        """Answer with an error (`500, "InternalError"`) in place of the server."""
        return self._add(Fault.ANSWER, match, status=status, code=code)

    def delay(self, seconds: float, **match: Any) -> Rule:
        """Wait before passing the request to the server."""
        return self._add(Fault.DELAY, match, seconds=seconds)

    def cut_answer(self, fraction: float = 0.5, **match: Any) -> Rule:
        """Close the connection after that part of the answer's body."""
        return self._add(Fault.CUT_ANSWER, match, fraction=fraction)

    def cut_upload(self, fraction: float = 0.5, **match: Any) -> Rule:
        """Reset the connection after that part of the request's body; the server sees nothing of the request."""
        return self._add(Fault.CUT_UPLOAD, match, fraction=fraction)

    def reset(self, **match: Any) -> Rule:
        """Reset the connection in place of an answer; the server sees nothing of the request."""
        return self._add(Fault.RESET, match)

    def lose_answer(self, **match: Any) -> Rule:
        """Let the server carry out the request, and reset the connection in place of its answer."""
        return self._add(Fault.LOSE_ANSWER, match)

    def clear(self) -> None:
        """Drop every rule."""
        with self._lock:
            self._rules.clear()

    def close(self) -> None:
        """Close every connection and end the proxy's threads."""
        self._server.shutdown()
        self._server.close_connections()
        self._server.server_close()
        self._thread.join(_PATIENCE)

    def fault_for(self, method: str, path: str) -> Rule | None:
        """Return the rule that fails this request, or None; the request is noted."""
        with self._lock:
            rule = next((rule for rule in self._rules if rule.fires(method, path)), None)
            self.requests.append(Request(method, path, rule.fault if rule else None))
            return rule

    def _add(self, fault: Fault, match: dict[str, Any], **details: Any) -> Rule:
        rule = _rule(fault, **match, **details)
        with self._lock:
            self._rules.append(rule)
        return rule


def _rule(
    fault: Fault,
    *,
    method: str = "*",
    path: str = "*",
    times: int | None = None,
    probability: float | None = None,
    seed: int = 0,
    **details: Any,
) -> Rule:
    once = 1 if probability is None else math.inf
    return Rule(
        fault=fault,
        method=method,
        path=path,
        limit=once if times is None else times,
        probability=1.0 if probability is None else probability,
        randomness=random.Random(seed),
        **details,
    )


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    request_queue_size = 128

    def __init__(self, faults: S3Faults) -> None:
        self.faults = faults
        self._connections: set[socket.socket] = set()
        super().__init__((HOST, 0), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._connections.discard(request)
        linger = request.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, len(_RESET_ON_CLOSE))
        if linger == _RESET_ON_CLOSE:
            self.close_request(request)
        else:
            super().shutdown_request(request)

    def close_connections(self) -> None:
        for connection in tuple(self._connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a client that has gone."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing."""

    def handle_expect_100(self) -> bool:
        """Leave the answer to the one who reads the body."""
        return True

    def handle_request(self) -> None:
        """Pass one request to the server, or fail it."""
        self._path = self.requestline.split(" ")[1]
        rule = self.server.faults.fault_for(self.command, self._path)
        fault = rule.fault if rule else None
        if rule is not None and fault is Fault.ANSWER:
            self._answer_error(rule)
        elif rule is not None and fault is Fault.CUT_UPLOAD:
            self._read_part(rule.fraction)
            self._drop(reset=True)
        elif fault is Fault.RESET:
            self._drop(reset=True)
        else:
            if rule is not None:
                time.sleep(rule.seconds)
            self._relay(rule)

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = handle_request  # noqa: N815

    def _answer_error(self, rule: Rule) -> None:
        if self._expects_continue():
            self.close_connection = True
        else:
            for _ in self._body():
                pass
        body = _ERROR_BODY.format(code=rule.code, message="This request was failed on purpose.").encode()
        self.send_response_only(rule.status)
        self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _relay(self, rule: Rule | None) -> None:
        faults = self.server.faults
        upstream = http.client.HTTPConnection(faults.target_host, faults.target_port, timeout=_PATIENCE)
        try:
            upstream.putrequest(self.command, self._path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                if name.lower() != "expect":
                    upstream.putheader(name, value)
            upstream.endheaders()
            self._invite_body()
            for piece in self._body():
                upstream.send(piece)
            self._pass_answer(upstream.getresponse(), rule)
        except (OSError, http.client.HTTPException):
            self._drop(reset=True)
        finally:
            upstream.close()

    def _pass_answer(self, answer: http.client.HTTPResponse, rule: Rule | None) -> None:
        fault = rule.fault if rule else None
        if fault is Fault.LOSE_ANSWER:
            answer.read()
            self._drop(reset=True)
            return
        self.send_response_only(answer.status, answer.reason)
        for name, value in answer.getheaders():
            self.send_header(name, value)
        self.end_headers()
        self.close_connection = self.close_connection or answer.will_close
        chunked = answer.chunked
        left = None
        if rule is not None and fault is Fault.CUT_ANSWER:
            left = int((answer.length or 0) * rule.fraction)
        while piece := answer.read(_PIECE):
            if left is not None and len(piece) > left:
                self.wfile.write(piece[:left])
                break
            left = left if left is None else left - len(piece)
            self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
        if left is not None:
            self._drop(reset=False)
        elif chunked:
            self.wfile.write(b"0\r\n\r\n")

    def _expects_continue(self) -> bool:
        return self.headers.get("Expect", "").lower() == "100-continue"

    def _invite_body(self) -> None:
        if self._expects_continue():
            self.send_response_only(100)
            self.end_headers()

    def _body(self) -> Iterator[bytes]:
        """Give the request's body as it came, chunk headers included."""
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            size = -1
            while size != 0:
                line = self.rfile.readline()
                size = int(line.split(b";")[0], 16)
                yield line
                yield from self._exactly(size)
                if size:
                    yield self.rfile.readline()
            while (trailer := self.rfile.readline()) not in (b"\r\n", b"\n", b""):
                yield trailer
            yield b"\r\n"
        else:
            yield from self._exactly(int(self.headers.get("Content-Length", "0")))

    def _exactly(self, count: int) -> Iterator[bytes]:
        while count:
            piece = self.rfile.read(min(count, _PIECE))
            if not piece:
                raise ConnectionResetError("the client has gone")
            count -= len(piece)
            yield piece

    def _read_part(self, fraction: float) -> None:
        self._invite_body()
        for _ in self._exactly(int(int(self.headers.get("Content-Length", "0")) * fraction)):
            pass

    def _drop(self, *, reset: bool) -> None:
        """Close the client's connection now."""
        self.close_connection = True
        if reset:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
