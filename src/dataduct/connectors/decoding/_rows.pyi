"""The compiled decoder; `compiled.py` is its only user."""

class Decoder:
    """Decodes the rows of one result.

    Args:
        protocol: 0 MySQL's packets, 1 COPY BINARY, 2 COPY BINARY in messages.
        columns: Of each column its target, wire type, unsigned flag, decimals, precision, scale.
    """

    rows: int
    nbytes: int

    def __new__(
        cls, protocol: int, columns: tuple[tuple[int, int, bool, int, int, int], ...], /
    ) -> Decoder: ...
    def decode(self, buffer: bytes | bytearray | memoryview, max_rows: int, /) -> tuple[int, int]:
        """Decode whole rows; return the bytes used up and the outcome: the number of a `State`, or -1 for a fault."""

    def take(self) -> list[tuple[int, bytes | None, bytes, bytes | None]]:
        """Return of each column the number of nulls, the validity, the values and the offsets; begin a new batch."""

    def refused(self) -> list[tuple[int, int, int, bytes]]:
        """Return of each column with refused values its index, their count, the first one's row and raw value."""

    def problem(self) -> tuple[int, int, int, int, int]:
        """Return the fault's number, row and column (or -1), and the two numbers of its text."""
