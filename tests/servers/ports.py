"""Free ports for servers."""

import secrets
import socket

HOST = "127.0.0.1"

_FIRST, _LAST = 15_000, 32_000


def free_ports(count: int) -> list[int]:
    """Return ports that nothing listens on.

    They lie below the range the system gives to outgoing connections: a server that is down for a while finds its port
    still free.
    """
    found: set[int] = set()
    while len(found) < count:
        port = _FIRST + secrets.randbelow(_LAST - _FIRST)
        with socket.socket() as probe:
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
        found.add(port)
    return list(found)


def free_port() -> int:
    """Return one port that nothing listens on."""
    return free_ports(1)[0]
