"""What a database server says of itself."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ServerInfo:
    """The server behind a connection or a warehouse.

    Attributes:
        version: Its product and version (`MariaDB 10.11.6`).
        lacks: One sentence for each right that Dataduct needs and the user has not.
    """

    version: str
    lacks: tuple[str, ...] = ()
