"""Messages of the PostgreSQL protocol 3.0."""

import asyncio
import struct
from collections.abc import Sequence

from redshift_standin.errors import BackendError, RedshiftError

SSL_REQUEST = 80877103
GSS_REQUEST = 80877104
CANCEL_REQUEST = 80877102

VARCHAR, BIGINT, INTEGER = 1043, 20, 23


def message(kind: bytes, payload: bytes = b"") -> bytes:
    """A framed message."""
    return kind + struct.pack("!i", len(payload) + 4) + payload


async def read_message(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    """The next message: its type byte and payload."""
    head = await reader.readexactly(5)
    (length,) = struct.unpack_from("!i", head, 1)
    return head[:1], await reader.readexactly(length - 4)


def cstring(payload: bytes, at: int) -> tuple[str, int]:
    """The zero-ended text at an offset, and the offset behind it."""
    end = payload.index(0, at)
    return payload[at:end].decode(), end + 1


def fields(payload: bytes) -> dict[str, str]:
    """The fields of an ErrorResponse or NoticeResponse."""
    found = {}
    for part in payload.split(b"\0"):
        if part:
            found[chr(part[0])] = part[1:].decode(errors="replace")
    return found


def report(kind: bytes, found: dict[str, str]) -> bytes:
    """An ErrorResponse (`E`) or NoticeResponse (`N`)."""
    body = b"".join(key.encode() + text.encode() + b"\0" for key, text in found.items())
    return message(kind, body + b"\0")


def error(problem: RedshiftError) -> bytes:
    """The ErrorResponse of an error, without the fields that Redshift does not have."""
    if isinstance(problem, BackendError):
        kept = {key: text for key, text in problem.fields.items() if key in "SCMDHPWFLR"}
        return report(b"E", kept)
    found = {"S": "ERROR", "C": problem.sqlstate, "M": problem.message}
    if problem.detail is not None:
        found["D"] = problem.detail
    if problem.hint is not None:
        found["H"] = problem.hint
    return report(b"E", found)


def info(text: str) -> bytes:
    """A NoticeResponse of severity INFO."""
    return report(b"N", {"S": "INFO", "C": "00000", "M": text})


def complete(tag: str) -> bytes:
    """A CommandComplete."""
    return message(b"C", tag.encode() + b"\0")


def parameter(name: str, value: str) -> bytes:
    """A ParameterStatus."""
    return message(b"S", f"{name}\0{value}\0".encode())


def row_fields(payload: bytes) -> list[tuple[str, int, int]]:
    """The columns of a RowDescription: name, type OID, type modifier."""
    (count,) = struct.unpack_from("!h", payload)
    at, columns = 2, []
    for _ in range(count):
        name, at = cstring(payload, at)
        _, _, oid, _, modifier, _ = struct.unpack_from("!ihihih", payload, at)
        columns.append((name, oid, modifier))
        at += 18
    return columns


def replace_oids(payload: bytes, replacements: dict[int, int]) -> bytes:
    """A RowDescription with type OIDs replaced."""
    body = bytearray(payload)
    (count,) = struct.unpack_from("!h", payload)
    at = 2
    for _ in range(count):
        at = payload.index(0, at) + 1
        (oid,) = struct.unpack_from("!i", body, at + 6)
        if oid in replacements:
            struct.pack_into("!i", body, at + 6, replacements[oid])
        at += 18
    return bytes(body)


def row_values(payload: bytes) -> list[bytes | None]:
    """The values of a DataRow."""
    (count,) = struct.unpack_from("!h", payload)
    at, values = 2, []
    for _ in range(count):
        (length,) = struct.unpack_from("!i", payload, at)
        at += 4
        if length < 0:
            values.append(None)
        else:
            values.append(payload[at : at + length])
            at += length
    return values


def data_row(values: Sequence[bytes | None]) -> bytes:
    """A DataRow."""
    parts = [struct.pack("!h", len(values))]
    for value in values:
        parts.append(struct.pack("!i", -1) if value is None else struct.pack("!i", len(value)) + value)
    return message(b"D", b"".join(parts))
