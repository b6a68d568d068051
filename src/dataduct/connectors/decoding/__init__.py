"""Decoders of the rows that MySQL and PostgreSQL send, in Python and compiled, with the same batches and errors."""

from dataduct.connectors.decoding.decoders import compiled_is_built, mysql_decoder, postgres_decoder
from dataduct.connectors.decoding.faults import DecodingError, Fault
from dataduct.connectors.decoding.targets import Refused, RowDecoder, State, Target, WireColumn

__all__ = [
    "DecodingError",
    "Fault",
    "Refused",
    "RowDecoder",
    "State",
    "Target",
    "WireColumn",
    "compiled_is_built",
    "mysql_decoder",
    "postgres_decoder",
]
