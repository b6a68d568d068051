"""Dates, times and timestamps as one another: exactly, or not at all. A timestamp with a zone counts as UTC."""

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from dataduct.warehouses.fitting_targets import FitTarget, Fitted, each, refused, true_positions, where
from dataduct.warehouses.misfits import Reason

_PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
_DAY_SECONDS = 86_400
_INT64 = 2**63
_INT32 = 2**31


def fit_time(values: pa.Array, target: FitTarget) -> Fitted:
    """Return dates, times of day or timestamps in another of these types."""
    source, kind = values.type, target.type
    if pa.types.is_time(source) and pa.types.is_time(kind):
        return _fit_unit(values, kind)
    if pa.types.is_timestamp(source) and pa.types.is_time(kind):
        return refused(values, kind, Reason.CHANGED)
    if pa.types.is_time(source) or pa.types.is_time(kind):
        return refused(values, kind, Reason.TYPE)
    if pa.types.is_date(source) and pa.types.is_timestamp(kind):
        return _days_to_timestamp(values, kind)
    if pa.types.is_date(kind):
        return _to_date(values, kind)
    naive = pc.cast(pc.cast(values, pa.int64()), pa.timestamp(source.unit))
    return _fit_unit(naive, kind)


def within(fitted: Fitted, bounds: tuple[int, int]) -> Fitted:
    """Return what was fitted, with values outside of `bounds` as misfits."""
    width = pa.int32() if pa.types.is_date32(fitted.values.type) else pa.int64()
    numbers = pc.cast(fitted.values, width)
    extremes = pc.min_max(numbers).as_py()
    low, high = bounds
    if extremes["min"] is None or (low <= extremes["min"] and extremes["max"] <= high):
        return fitted
    misfits = dict(fitted.misfits)
    kept: list[int | None] = numbers.to_pylist()
    for position, number in enumerate(kept):
        if number is not None and not low <= number <= high:
            misfits[position] = Reason.TYPE
            kept[position] = None
    return Fitted(pa.array(kept, width).cast(fitted.values.type), dict(sorted(misfits.items())))


def with_fraction(fitted: Fitted, digits: int) -> Fitted:
    """Return what was fitted, with times of more than `digits` digits of a second as misfits."""
    step = 10 ** (6 - digits)
    numbers = pc.cast(fitted.values, pa.int64())
    whole = pc.multiply(pc.divide(numbers, step), step)
    if pc.all(pc.equal(whole, numbers), min_count=0).as_py():
        return fitted
    finer = dict.fromkeys(true_positions(pc.fill_null(pc.not_equal(whole, numbers), False)), Reason.CHANGED)
    kept = where(pc.equal(whole, numbers), fitted.values)
    return Fitted(kept, dict(sorted({**fitted.misfits, **finer}.items())))


def _fit_unit(values: pa.Array, kind: pa.DataType) -> Fitted:
    """Return times or naive timestamps in another unit."""
    plain = kind if pa.types.is_time(kind) else pa.timestamp(kind.unit)
    try:
        converted = pc.cast(values, plain)
    except pa.ArrowInvalid:
        return _numbers(
            values, kind, _PER_SECOND[values.type.unit], _PER_SECOND[kind.unit], _INT64, Reason.CHANGED
        )
    return Fitted(pc.cast(pc.cast(converted, pa.int64()), kind))


def _to_date(values: pa.Array, kind: pa.DataType) -> Fitted:
    if pa.types.is_date32(values.type):
        return Fitted(values)
    unit = "ms" if pa.types.is_date64(values.type) else values.type.unit
    return _numbers(values, kind, _PER_SECOND[unit] * _DAY_SECONDS, 1, _INT32, Reason.CHANGED)


def _days_to_timestamp(values: pa.Array, kind: pa.DataType) -> Fitted:
    dates = values if pa.types.is_date32(values.type) else pc.cast(values, pa.date32())
    try:
        converted = pc.cast(dates, pa.timestamp(kind.unit))
    except pa.ArrowInvalid:
        return _numbers(dates, kind, 1, _DAY_SECONDS * _PER_SECOND[kind.unit], _INT64, Reason.TYPE)
    numbers = pc.cast(converted, pa.int64())
    days = pc.cast(pc.cast(dates, pa.int32()), pa.int64())
    per_day = pa.scalar(_DAY_SECONDS * _PER_SECOND[kind.unit], pa.int64())
    if not pc.all(pc.equal(pc.divide(numbers, per_day), days), min_count=0).as_py():  # it wrapped around
        return _numbers(dates, kind, 1, _DAY_SECONDS * _PER_SECOND[kind.unit], _INT64, Reason.TYPE)
    return Fitted(pc.cast(numbers, kind))


def _numbers(
    values: pa.Array, kind: pa.DataType, divisor: int, factor: int, limit: int, inexact: Reason
) -> Fitted:
    """Return each value's number times `factor` by `divisor` as a value of `kind`."""

    def convert(number: int) -> Any:
        whole, rest = divmod(number * factor, divisor)
        if rest:
            return inexact
        return whole if -limit <= whole < limit else Reason.TYPE

    width = pa.int32() if values.type.bit_width == 32 else pa.int64()
    if divisor > 1 and factor == 1:
        numbers = pc.cast(pc.cast(values, width), pa.int64())
        whole = pc.divide(numbers, pa.scalar(divisor, pa.int64()))
        exact = pc.equal(pc.multiply(whole, pa.scalar(divisor, pa.int64())), numbers)
        if pc.all(exact, min_count=0).as_py():
            try:
                small = pc.cast(whole, pa.int32() if limit == _INT32 else pa.int64())
                return Fitted(pc.cast(small, kind))
            except pa.ArrowInvalid:
                pass
    return each(pc.cast(values, width).to_pylist(), convert, kind)
