"""What the columns of an Amazon Redshift table store, and how values come into them through Parquet."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import pyarrow as pa

from dataduct.model.table import Column
from dataduct.warehouses.fitting_targets import FitTarget

_DEFAULT_DIGITS = (18, 0)
_DAYS = (-2_440_588, 2_145_031_948)
_MICROSECONDS = (-210_866_803_200_000_000, 2**63 - 1)
_LONGEST_TEXT = 65_535
_DEFAULT_LENGTHS: Mapping[str, int] = MappingProxyType(
    {"VARCHAR": 256, "TEXT": 256, "CHAR": 1, "BPCHAR": 256}
)

_STORED: Mapping[str, pa.DataType] = MappingProxyType(
    {
        "SMALLINT": pa.int16(),
        "INTEGER": pa.int32(),
        "BIGINT": pa.int64(),
        "REAL": pa.float32(),
        "DOUBLE PRECISION": pa.float64(),
        "BOOLEAN": pa.bool_(),
        "DATE": pa.date32(),
        "TIMESTAMP": pa.timestamp("us"),
        "TIMESTAMP WITH TIME ZONE": pa.timestamp("us", "UTC"),
        "VARBYTE": pa.binary(),
    }
)
"""Types that COPY takes from Parquet, and the Arrow type whose Parquet type is theirs."""


@dataclass(frozen=True, slots=True)
class Target:
    """How values come into one column.

    Attributes:
        name: The column's name.
        fit: What values are fitted to.
        conversion: Template of the expression that makes the value of a text, for a type that COPY does not take from
            Parquet; None for the others.
        explicit_id: Whether the column is an IDENTITY one.
    """

    name: str
    fit: FitTarget
    conversion: str | None = None
    explicit_id: bool = False

    def takes(self, kind: pa.DataType) -> bool:
        """Whether COPY loads values of a file's type as they are, or refuses them."""
        if self.conversion is not None:
            return False
        stored = self.fit.type
        if pa.types.is_timestamp(stored) and pa.types.is_timestamp(kind):
            return bool(kind.unit == stored.unit and (kind.tz is None) == (stored.tz is None))
        if pa.types.is_string(stored):
            return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))
        return bool(kind == stored)


def target_of(column: Column) -> Target:
    """Return how values come into a column."""
    name, arguments = column.type.name, column.type.arguments
    shown, nullable = str(column.type), column.nullable
    explicit = column.identity is not None
    if name == "NUMERIC":
        stored = pa.decimal128(*((*arguments, 0)[:2] if arguments else _DEFAULT_DIGITS))
        return Target(column.name, FitTarget(type=stored, shown=shown, nullable=nullable))
    if name in _DEFAULT_LENGTHS:
        length = arguments[0] if arguments else _DEFAULT_LENGTHS[name]
        fit = FitTarget(type=pa.string(), shown=shown, nullable=nullable, length=length, counts_bytes=True)
        return Target(column.name, fit)
    if name in _STORED:
        bounds = {"DATE": _DAYS, "TIMESTAMP": _MICROSECONDS, "TIMESTAMP WITH TIME ZONE": _MICROSECONDS}
        most = arguments[0] if name == "VARBYTE" and arguments else None
        fit = FitTarget(
            type=_STORED[name], shown=shown, nullable=nullable, length=most, bounds=bounds.get(name)
        )
        return Target(column.name, fit, explicit_id=explicit)
    if name == "TIME":
        fit = FitTarget(type=pa.time64("us"), shown=shown, nullable=nullable)
        return Target(column.name, fit, "CAST({} AS TIME)")
    fit = FitTarget(
        type=pa.string(),
        shown=shown,
        nullable=nullable,
        reading="server",
        length=_LONGEST_TEXT,
        counts_bytes=True,
    )
    return Target(column.name, fit, "JSON_PARSE({})" if name == "SUPER" else f"CAST({{}} AS {shown})")
