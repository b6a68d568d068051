"""Choosing a decoder: the compiled one where it was built."""

import os
from collections.abc import Sequence
from importlib.util import find_spec

from dataduct.connectors.decoding.mysql_rows import PythonMysqlDecoder
from dataduct.connectors.decoding.postgres_rows import PythonCopyDecoder, PythonCopyMessagesDecoder
from dataduct.connectors.decoding.targets import RowDecoder, WireColumn, check_columns

PYTHON_ONLY = "DATADUCT_PYTHON_DECODERS"
"""Environment variable: `1` decodes in Python even where the compiled decoder was built."""


def compiled_is_built() -> bool:
    """Return whether the compiled decoder was built when Dataduct was installed."""
    return find_spec("dataduct.connectors.decoding._rows") is not None


def mysql_decoder(columns: Sequence[WireColumn], *, compiled: bool | None = None) -> RowDecoder:
    """Return a decoder of the binary rows of COM_STMT_EXECUTE.

    The buffer holds the stream of packets as it comes, headers included.

    Args:
        compiled: Whether to use the compiled decoder; None takes it where it was built.

    Raises:
        ValueError: A column's wire type, target and Arrow type do not fit, or there is no column.
    """
    check_columns(columns)
    if _takes_compiled(compiled):
        from dataduct.connectors.decoding.compiled import CompiledDecoder, Protocol

        return CompiledDecoder(columns, Protocol.MYSQL)
    return PythonMysqlDecoder(columns)


def postgres_decoder(
    columns: Sequence[WireColumn], *, framed: bool, compiled: bool | None = None
) -> RowDecoder:
    """Return a decoder of COPY BINARY.

    Args:
        framed: Whether the buffer holds the protocol's messages (CopyData and so on) or the data in them.
        compiled: Whether to use the compiled decoder; None takes it where it was built.

    Raises:
        ValueError: A column's target and Arrow type do not fit, or there is no column.
    """
    check_columns(columns)
    if _takes_compiled(compiled):
        from dataduct.connectors.decoding.compiled import CompiledDecoder, Protocol

        return CompiledDecoder(columns, Protocol.COPY_MESSAGES if framed else Protocol.COPY)
    return PythonCopyMessagesDecoder(columns) if framed else PythonCopyDecoder(columns)


def _takes_compiled(compiled: bool | None) -> bool:
    if compiled is None:
        return os.environ.get(PYTHON_ONLY) != "1" and compiled_is_built()
    return compiled
