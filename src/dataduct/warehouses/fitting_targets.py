"""What a value is fitted to, and what comes of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc

from dataduct.warehouses.misfits import Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class FitTarget:
    """A column that values go into, as the client sees it.

    Attributes:
        type: The Arrow type that the column stores; string for a value that the server itself reads from a text.
        shown: The column's type as messages say it (`NUMERIC(8,2)`).
        reading: `numeric`: the text is that of a number without a fixed Arrow type; `uuid`: 16 bytes of a UUID;
            `server`: the text is one that only the server can judge.
        digits: Precision and scale where `reading` is `numeric`; None for a number of any digits.
        length: Greatest length of a text or a binary, or None.
        counts_bytes: Whether `length` counts bytes; it counts characters otherwise.
        fraction: Digits of a second that a time or timestamp keeps, at most 6.
        bounds: Least and greatest value of a date in days or of a timestamp in microseconds since 1970, or None.
    """

    type: pa.DataType
    shown: str
    nullable: bool = True
    reading: Literal["plain", "numeric", "uuid", "server"] = "plain"
    digits: tuple[int, int] | None = None
    length: int | None = None
    counts_bytes: bool = False
    bounds: tuple[int, int] | None = None
    fraction: int = 6


@dataclass(frozen=True, slots=True)
class Fitted:
    """Values in the type that the column stores.

    Attributes:
        values: As many values as there were; NULL where one does not fit.
        misfits: Position of each value that does not fit, from 0, and why.
    """

    values: pa.Array
    misfits: Mapping[int, Reason] = field(default_factory=dict)


def each(values: list[Any], convert: Callable[[Any], Any], target: pa.DataType) -> Fitted:
    """Return the values that `convert` gives for those that are not NULL; a `Reason` it returns is a misfit."""
    misfits: dict[int, Reason] = {}
    converted: list[Any] = []
    for position, value in enumerate(values):
        result = None if value is None else convert(value)
        if isinstance(result, Reason):
            misfits[position] = result
            result = None
        converted.append(result)
    return Fitted(stored(converted, target), misfits)


def stored(values: list[Any], target: pa.DataType) -> pa.Array:
    """Return an array of values; dates, times and timestamps are given as their numbers."""
    if pa.types.is_date32(target):
        return pa.array(values, pa.int32()).cast(target)
    if pa.types.is_temporal(target):
        return pa.array(values, pa.int64()).cast(target)
    return pa.array(values, target)


def refused(values: pa.Array, target: pa.DataType, reason: Reason) -> Fitted:
    """Return what comes of values none of which fits."""
    return Fitted(pa.nulls(len(values), target), dict.fromkeys(true_positions(pc.is_valid(values)), reason))


def true_positions(mask: pa.Array) -> list[int]:
    """Return the positions at which `mask` is true."""
    positions: list[int] = pc.indices_nonzero(mask).to_pylist()
    return positions


def where(condition: pa.Array, values: pa.Array) -> pa.Array:
    """Return `values` with NULL where `condition` is not true."""
    return pc.if_else(pc.fill_null(condition, False), values, pa.scalar(None, values.type))


def fit_rest(
    values: pa.Array, easy: pa.Array, converted: pa.Array, rest: Callable[[pa.Array], Fitted]
) -> Fitted:
    """Return `converted` where `easy` is true, and what `rest` makes of the other values that are not NULL.

    Args:
        converted: As many values as `values`, NULL where `easy` is not true.
    """
    hard = pc.and_(pc.invert(pc.fill_null(easy, False)), pc.is_valid(values))
    positions = true_positions(hard)
    if not positions:
        return Fitted(converted)
    others = rest(values.take(pa.array(positions, pa.int64())))
    misfits = {positions[position]: reason for position, reason in others.misfits.items()}
    return Fitted(pc.replace_with_mask(converted, hard, others.values), misfits)
