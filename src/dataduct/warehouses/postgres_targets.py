"""What the columns of a PostgreSQL table store, and how their values are sent."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import pyarrow as pa

from dataduct.warehouses.fitting_targets import FitTarget
from dataduct.warehouses.postgres_catalog import CatalogColumn, model_type

_HEADER = 4
"""What a type's modifier is greater by than the length or the digits that it keeps."""
_NAME_BYTES = 63
_MOST_DIGITS = 38
_MONEY_DIGITS = (19, 2)
_DAYS = (-2_440_588, 2_145_031_948)
_MICROSECONDS = (-210_866_803_200_000_000, 2**63 - 1)

_STORED: Mapping[str, pa.DataType] = MappingProxyType(
    {
        "bool": pa.bool_(),
        "int2": pa.int16(),
        "int4": pa.int32(),
        "int8": pa.int64(),
        "float4": pa.float32(),
        "float8": pa.float64(),
        "text": pa.string(),
        "varchar": pa.string(),
        "bpchar": pa.string(),
        "name": pa.string(),
        "xml": pa.string(),
        "json": pa.string(),
        "jsonb": pa.string(),
        "bytea": pa.binary(),
        "date": pa.date32(),
        "time": pa.time64("us"),
        "timestamp": pa.timestamp("us"),
        "timestamptz": pa.timestamp("us", "UTC"),
        "uuid": pa.binary(16),
    }
)
"""Types that the client encodes itself, by their name in the catalog."""

_JUDGED_BY_SERVER = frozenset({"xml", "json", "jsonb"})


@dataclass(frozen=True, slots=True)
class Target:
    """How values of one type go into one column.

    Attributes:
        fit: What they are fitted to.
        is_binary: Whether the client knows the binary format of the fitted values.
    """

    fit: FitTarget
    is_binary: bool = True


def target_of(column: CatalogColumn, source: pa.DataType) -> Target:
    """Return how values of an Arrow type go into a column."""
    shown = str(model_type(column.type))
    base = column.base if column.built_in else ""
    if base == "numeric":
        return _numeric(column, source, shown)
    if base == "money":
        return _text(column, shown, digits=_MONEY_DIGITS)
    stored = _STORED.get(base)
    if stored is None:
        readable = column.is_enum or column.base == "citext"
        return Target(
            FitTarget(type=pa.string(), shown=shown, nullable=column.nullable, reading="server"),
            is_binary=readable,
        )
    bounds = {"date": _DAYS, "timestamp": _MICROSECONDS, "timestamptz": _MICROSECONDS}.get(base)
    length = column.modifier - _HEADER if base in ("varchar", "bpchar") and column.modifier >= 0 else None
    timed = base in ("time", "timestamp", "timestamptz") and column.modifier >= 0
    return Target(
        FitTarget(
            type=stored,
            shown=shown,
            nullable=column.nullable,
            reading="uuid" if base == "uuid" else "server" if base in _JUDGED_BY_SERVER else "plain",
            length=_NAME_BYTES if base == "name" else length,
            counts_bytes=base == "name",
            fraction=column.modifier if timed else 6,
            bounds=bounds,
        )
    )


def _numeric(column: CatalogColumn, source: pa.DataType, shown: str) -> Target:
    digits = None
    if column.modifier >= _HEADER:
        precision, scale = divmod(column.modifier - _HEADER, 1 << 16)
        scale = (scale & 0x7FF) - 0x800 if scale & 0x400 else scale & 0x7FF
        digits = (precision, scale)
    if digits and digits[0] <= _MOST_DIGITS and 0 <= digits[1] <= digits[0]:
        stored = pa.decimal128(*digits)
        return Target(FitTarget(type=stored, shown=shown, nullable=column.nullable))
    if pa.types.is_integer(source) and digits is None:
        source = pa.decimal128(20, 0)
    if pa.types.is_decimal128(source) and source.scale >= 0 and _holds(digits, source):
        return Target(FitTarget(type=source, shown=shown, nullable=column.nullable))
    return _text(column, shown, digits=digits)


def _holds(digits: tuple[int, int] | None, source: pa.DataType) -> bool:
    """Whether every decimal of a type is one of a NUMERIC with these digits."""
    if digits is None:
        return True
    precision, scale = digits
    return bool(source.scale <= scale and source.precision - source.scale <= precision - scale)


def _text(column: CatalogColumn, shown: str, digits: tuple[int, int] | None) -> Target:
    return Target(
        FitTarget(
            type=pa.string(),
            shown=shown,
            nullable=column.nullable,
            reading="numeric",
            digits=digits,
        ),
        is_binary=False,
    )
