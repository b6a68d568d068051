"""PostgreSQL's type ledger: what its types become, and how their values travel."""

from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa

from dataduct.connectors.base import SourceColumn, SourceType
from dataduct.connectors.decoding import Target, WireColumn

_MODIFIER_OFFSET = 4
_MOST_DIGITS = 38
_OUTSIDE_64_BITS = "infinity, -infinity, and moments after the year 294246"

_BOOL = SourceType("boolean", "bool")
_INT2 = SourceType("smallint", "int16")
_INT4 = SourceType("integer", "int32")
_INT8 = SourceType("bigint", "int64")
_FLOAT4 = SourceType("real", "float")
_FLOAT8 = SourceType("double precision", "double")
_DECIMAL = SourceType(
    "numeric(p,s), p <= 38",
    "decimal128(p, s)",
    "with a negative scale as decimal128(p - s, 0), with s > p as decimal128(s, s)",
    "NaN, Infinity and -Infinity",
)
_NUMERIC = SourceType("numeric without p and s, or of more than 38 digits", "string", "as text: every digit")
_TEXT = SourceType("text, character varying(n), name, citext, enums", "string")
_BPCHAR = SourceType("character(n)", "string", "with the blanks it is padded with")
_JSON = SourceType("json", "string", "as text, as it was stored")
_XML = SourceType("xml", "string", "as text, as it was stored")
_JSONB = SourceType("jsonb", "string", "as text, as PostgreSQL prints it")
_UUID = SourceType("uuid", "string", "as 36 characters in lower case")
_BYTEA = SourceType("bytea", "binary")
_DATE = SourceType("date", "date32[day]", refused="infinity and -infinity")
_TIME = SourceType("time(p) without time zone", "time64[us]", refused="24:00:00")
_TIMESTAMP = SourceType("timestamp(p) without time zone", "timestamp[us]", refused=_OUTSIDE_64_BITS)
_TIMESTAMPTZ = SourceType(
    "timestamp(p) with time zone", "timestamp[us, tz=UTC]", "as the moment in UTC", _OUTSIDE_64_BITS
)
_OID = SourceType("oid", "int64")
_MONEY = SourceType("money", "string", "as text of the number, without currency sign and separators")
_TIMETZ = SourceType("time(p) with time zone", "string", "as text, such as 13:30:00+02")
_INTERVAL = SourceType("interval", "string", "as text, such as 1 mon -2 days +03:00:00")
_NETWORK = SourceType("inet, cidr, macaddr, macaddr8", "string", "as text")
_BITS = SourceType("bit(n), bit varying(n)", "string", "as text of zeros and ones")
_ARRAY = SourceType("arrays of any type", "string", "as text, such as {1,NULL,3}")
_RANGE = SourceType("ranges and multiranges", "string", "as text, such as [1,10)")
_COMPOSITE = SourceType("composite types and records", "string", "as text, such as (1,abc,)")
_OTHER = SourceType(
    "every other type (tsvector, point, hstore, regclass, ...)",
    "string",
    "as text, as PostgreSQL prints it",
)

LEDGER: tuple[SourceType, ...] = (
    _BOOL,
    _INT2,
    _INT4,
    _INT8,
    _FLOAT4,
    _FLOAT8,
    _DECIMAL,
    _NUMERIC,
    _MONEY,
    _OID,
    _TEXT,
    _BPCHAR,
    _JSON,
    _JSONB,
    _XML,
    _UUID,
    _BYTEA,
    _DATE,
    _TIME,
    _TIMETZ,
    _TIMESTAMP,
    _TIMESTAMPTZ,
    _INTERVAL,
    _NETWORK,
    _BITS,
    _ARRAY,
    _RANGE,
    _COMPOSITE,
    _OTHER,
)
"""What PostgreSQL's types become, in the order of the documentation. A domain is read as its base type."""

_NUMERIC_OID = 1700
_PLAIN: dict[int, tuple[SourceType, Target, pa.DataType]] = {
    16: (_BOOL, Target.BOOL, pa.bool_()),
    17: (_BYTEA, Target.BINARY, pa.binary()),
    19: (_TEXT, Target.UTF8, pa.string()),
    20: (_INT8, Target.INT64, pa.int64()),
    21: (_INT2, Target.INT16, pa.int16()),
    23: (_INT4, Target.INT32, pa.int32()),
    25: (_TEXT, Target.UTF8, pa.string()),
    26: (_OID, Target.OID, pa.int64()),
    114: (_JSON, Target.UTF8, pa.string()),
    700: (_FLOAT4, Target.FLOAT32, pa.float32()),
    701: (_FLOAT8, Target.FLOAT64, pa.float64()),
    1042: (_BPCHAR, Target.UTF8, pa.string()),
    1043: (_TEXT, Target.UTF8, pa.string()),
    1082: (_DATE, Target.DATE32, pa.date32()),
    1083: (_TIME, Target.TIME64, pa.time64("us")),
    1114: (_TIMESTAMP, Target.TIMESTAMP, pa.timestamp("us")),
    1184: (_TIMESTAMPTZ, Target.TIMESTAMP, pa.timestamp("us", "UTC")),
    2950: (_UUID, Target.UUID_TEXT, pa.string()),
    3802: (_JSONB, Target.JSONB_TEXT, pa.string()),
}
"""Types whose binary form the decoder reads, by their oid."""


def _as_text(expression: str) -> str:
    return f"{expression}::pg_catalog.text"


def _amount(expression: str) -> str:
    return f"{expression}::pg_catalog.numeric::pg_catalog.text"


def _printed_inet(expression: str) -> str:
    """The cast of an inet adds `/32`, which its output has not."""
    return f"pg_catalog.inet_out({expression})::pg_catalog.text"


Cast = Callable[[str], str]
"""Gives the expression that reads a column's expression in the form that the decoder expects."""

_CAST: dict[int, tuple[SourceType, Cast]] = {
    142: (_XML, _as_text),
    790: (_MONEY, _amount),
    869: (_NETWORK, _printed_inet),
    650: (_NETWORK, _as_text),
    774: (_NETWORK, _as_text),
    829: (_NETWORK, _as_text),
    1186: (_INTERVAL, _as_text),
    1266: (_TIMETZ, _as_text),
    1560: (_BITS, _as_text),
    1562: (_BITS, _as_text),
}
"""Types read as text that have a row of their own in the ledger, by their oid."""

_RULE_OF_KIND = {"r": _RANGE, "m": _RANGE, "c": _COMPOSITE}
_RECORD = 2249


@dataclass(frozen=True, slots=True)
class PostgresType:
    """A type as the server's catalogue describes it.

    Attributes:
        oid: Its number.
        modifier: Its arguments, as the server packs them; -1 for none.
        printed: Its name with its arguments (`numeric(15,2)`).
        name: Its name in the catalogue (`numeric`).
        kind: `b` base, `c` composite, `e` enum, `r` range, `m` multirange, `p` pseudo.
        category: `A` for arrays; other letters do not matter here.
    """

    oid: int
    modifier: int
    printed: str
    name: str
    kind: str
    category: str


@dataclass(frozen=True, slots=True)
class PostgresColumn:
    """One column of a query's result.

    Attributes:
        wire: How its values are decoded.
        rule: The row of the ledger.
        type: Its type on the server.
        cast: What the query must read instead of the column itself, or None.
        table: The table that it comes from and its number in that table, or None for an expression.
    """

    wire: WireColumn
    rule: SourceType
    type: PostgresType
    cast: Cast | None
    table: tuple[int, int] | None

    def described(self) -> SourceColumn:
        """Return the column as the port describes it."""
        return SourceColumn(self.wire.name, self.type.printed, self.wire.type, self.rule)


def postgres_column(name: str, type_: PostgresType, table: tuple[int, int] | None) -> PostgresColumn:
    """Return how a column of `type_` is read."""
    if type_.oid == _NUMERIC_OID:
        rule, target, arrow = _numeric(type_.modifier)
        return PostgresColumn(WireColumn(name, target, arrow), rule, type_, None, table)
    if type_.oid in _PLAIN:
        rule, target, arrow = _PLAIN[type_.oid]
        return PostgresColumn(WireColumn(name, target, arrow), rule, type_, None, table)
    text = WireColumn(name, Target.UTF8, pa.string())
    if type_.kind == "e" or type_.name == "citext":
        return PostgresColumn(text, _TEXT, type_, None, table)
    rule, cast = _CAST.get(type_.oid) or (_rule(type_), _as_text)
    return PostgresColumn(text, rule, type_, cast, table)


def _rule(type_: PostgresType) -> SourceType:
    if type_.category == "A":
        return _ARRAY
    if type_.oid == _RECORD:
        return _COMPOSITE
    return _RULE_OF_KIND.get(type_.kind, _OTHER)


def _numeric(modifier: int) -> tuple[SourceType, Target, pa.DataType]:
    """Return how a numeric is read: precision and scale, which may be negative or above it, are in `modifier`."""
    if modifier >= _MODIFIER_OFFSET:
        packed = modifier - _MODIFIER_OFFSET
        precision = packed >> 16
        scale = ((packed & 0x7FF) ^ 0x400) - 0x400
        digits = max(precision, scale) if scale >= 0 else precision - scale
        if digits <= _MOST_DIGITS:
            return _DECIMAL, Target.DECIMAL, pa.decimal128(digits, max(scale, 0))
    return _NUMERIC, Target.NUMERIC_TEXT, pa.string()
