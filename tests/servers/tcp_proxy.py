"""A TCP proxy before a server, whose network fails on demand."""

import asyncio
import socket
import struct
import threading
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any, TypeVar

from servers.ports import HOST, free_port

_PIECE = 65_536
_PATIENCE = 20.0
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)

ResultT = TypeVar("ResultT")


@dataclass(eq=False)
class _Link:
    """One connection through the proxy."""

    client: socket.socket
    server: socket.socket
    reset: bool = False
    task: asyncio.Task[None] | None = None

    def close(self) -> None:
        for end in (self.client, self.server):
            if self.reset and end.fileno() >= 0:
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            end.close()


@dataclass
class _Limit:
    """What happens after so many more bytes from the server."""

    remaining: int
    stalls: bool = False
    reset: bool = False


@dataclass(eq=False)
class TcpProxy:
    """Passes bytes between its clients and one server, until told otherwise. Every method has acted when it returns.

    Attributes:
        target_host: The server's host.
        target_port: The server's port.
        host: Where the proxy listens.
        port: Where the proxy listens.
        accepted: Connections accepted so far.
        bytes_from_server: Bytes passed to clients so far.
        bytes_from_client: Bytes passed to the server so far.
    """

    target_host: str
    target_port: int
    host: str = HOST
    port: int = field(default_factory=free_port)
    accepted: int = field(default=0, init=False)
    bytes_from_server: int = field(default=0, init=False)
    bytes_from_client: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self._links: set[_Link] = set()
        self._limit: _Limit | None = None
        self._listener: socket.socket | None = None
        self._accepting: asyncio.Task[None] | None = None
        self._cutting: asyncio.Task[None] | None = None
        self._loop = asyncio.new_event_loop()
        self._flowing = asyncio.Event()
        self._thread = threading.Thread(target=self._loop.run_forever, name="tcp-proxy", daemon=True)
        self._thread.start()
        self._do(self._resume())

    @property
    def open(self) -> int:
        """How many connections are open now."""
        return len(self._links)

    def cut(self, *, reset: bool = False) -> None:
        """Close every open connection, by a TCP reset if `reset`. New connections work."""
        self._do(self._cut(reset))

    def cut_after(self, bytes_from_server: int, *, reset: bool = False) -> None:
        """Close every open connection when that many more bytes, over all of them, have come from the server.

        The client gets exactly so many. It happens once; new connections work.
        """
        self._do(self._set_limit(_Limit(bytes_from_server, reset=reset)))

    def stall(self) -> None:
        """Pass nothing more in either direction, on open connections and new ones, until `resume`."""
        self._do(self._stall())

    def stall_after(self, bytes_from_server: int) -> None:
        """Stall when that many more bytes, over all connections, have come from the server."""
        self._do(self._set_limit(_Limit(bytes_from_server, stalls=True)))

    def refuse(self) -> None:
        """Refuse new connections, until `resume`. Open ones go on."""
        self._do(self._refuse())

    def resume(self) -> None:
        """Pass everything and accept connections again; what was held back is passed now."""
        self._do(self._resume())

    def close(self) -> None:
        """Close everything and end the proxy's thread; nothing happens the second time."""
        if self._loop.is_closed():
            return
        self._do(self._refuse())
        self._do(self._cut(reset=False))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_PATIENCE)
        self._loop.close()

    def _do(self, coroutine: Coroutine[Any, Any, ResultT]) -> ResultT:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(_PATIENCE)

    async def _set_limit(self, limit: _Limit) -> None:
        self._limit = limit

    async def _stall(self) -> None:
        self._flowing.clear()

    async def _refuse(self) -> None:
        if self._accepting is None or self._listener is None:
            return
        self._accepting.cancel()
        await asyncio.gather(self._accepting, return_exceptions=True)
        self._listener.close()
        self._accepting = self._listener = None

    async def _resume(self) -> None:
        self._limit = None
        self._flowing.set()
        if self._listener is None:
            self._listener = socket.create_server((self.host, self.port), backlog=128)
            self._listener.setblocking(False)
            self._accepting = asyncio.create_task(self._accept(self._listener))

    async def _cut(self, reset: bool) -> None:
        links = tuple(self._links)
        tasks = [link.task for link in links if link.task is not None]
        for link in links:
            link.reset = reset
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for link in links:
            self._close(link)

    async def _accept(self, listener: socket.socket) -> None:
        while True:
            client, _ = await self._loop.sock_accept(listener)
            self.accepted += 1
            link = _Link(client, socket.socket())
            for end in (link.client, link.server):
                end.setblocking(False)
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._links.add(link)
            link.task = asyncio.create_task(self._serve(link))

    async def _serve(self, link: _Link) -> None:
        try:
            await self._loop.sock_connect(link.server, (self.target_host, self.target_port))
            async with asyncio.TaskGroup() as pumps:
                pumps.create_task(self._pump_to_server(link))
                pumps.create_task(self._pump_to_client(link))
        except* OSError:
            link.reset = True
        finally:
            self._close(link)

    def _close(self, link: _Link) -> None:
        self._links.discard(link)
        link.close()

    async def _pump_to_server(self, link: _Link) -> None:
        while piece := await self._loop.sock_recv(link.client, _PIECE):
            await self._flowing.wait()
            self.bytes_from_client += len(piece)
            await self._loop.sock_sendall(link.server, piece)
        link.server.shutdown(socket.SHUT_WR)

    async def _pump_to_client(self, link: _Link) -> None:
        while piece := await self._loop.sock_recv(link.server, _PIECE):
            await self._flowing.wait()
            limit = self._limit
            if limit is not None and len(piece) >= limit.remaining:
                self._limit = None
                await self._send_to_client(link, piece[: limit.remaining])
                await self._act_on(limit)
                piece = piece[limit.remaining :]
            elif limit is not None:
                limit.remaining -= len(piece)
            await self._send_to_client(link, piece)
        link.client.shutdown(socket.SHUT_WR)

    async def _send_to_client(self, link: _Link, piece: bytes) -> None:
        self.bytes_from_server += len(piece)
        await self._loop.sock_sendall(link.client, piece)

    async def _act_on(self, limit: _Limit) -> None:
        """Stall or cut at a limit; a connection that is cut does not return from here, its task being cancelled."""
        self._flowing.clear()
        if not limit.stalls:
            self._cutting = asyncio.create_task(self._cut_once(limit.reset))
        await self._flowing.wait()

    async def _cut_once(self, reset: bool) -> None:
        await self._cut(reset)
        self._flowing.set()
