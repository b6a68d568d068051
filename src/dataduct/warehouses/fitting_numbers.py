"""Numbers and truth values as numbers of another type: exactly, or not at all.

A cast of Arrow is used where it is exact or refuses; the values of a batch that it refuses are looked at one by one.
"""

from decimal import Decimal, InvalidOperation, localcontext
from math import isfinite, isnan
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from dataduct.warehouses.fitting_targets import FitTarget, Fitted, each, fit_rest, refused
from dataduct.warehouses.misfits import Reason

_DOUBLE_DIGITS = 15
_EXACT_WHOLE = 2**51
"""Below this a double times a power of ten is rounded to the right whole number."""
_EXACT_SCALE = 22
_MOST_DIGITS = 38
_CONTEXT_DIGITS = 2000
_MOST_PLACES = 16_000
"""Places after the point that a NUMERIC without a scale keeps, about."""
_TOLERANCE = {32: Decimal("1e-6"), 64: Decimal("1e-15")}
"""Relative difference within which two numbers of a float type are the same to its last digit but one."""


def is_number(kind: pa.DataType) -> bool:
    """Whether a type is one of numbers or truth values."""
    return bool(
        pa.types.is_integer(kind)
        or pa.types.is_floating(kind)
        or pa.types.is_decimal(kind)
        or pa.types.is_boolean(kind)
    )


def fit_number(values: pa.Array, target: FitTarget) -> Fitted:
    """Return integers, floats, decimals or booleans in another of these types."""
    source, kind = values.type, target.type
    if target.reading == "numeric":
        return each(_exact_values(values), lambda value: numeric_text(value, target.digits), kind)
    if pa.types.is_floating(source) and pa.types.is_decimal(kind):
        return _float_to_decimal(values, kind)
    if pa.types.is_decimal(source) and pa.types.is_floating(kind):
        return _decimal_to_float(values, kind)
    converted = _cast(values, kind)
    if converted is not None:
        return Fitted(converted)
    numbers = _exact_values(values) if pa.types.is_decimal(kind) else values.to_pylist()
    return each(numbers, lambda value: as_type(value, kind), kind)


def as_type(value: int | float | Decimal, kind: pa.DataType) -> Any:
    """Return one number as a value of an Arrow type of numbers, or why it has none. A decimal is exact."""
    if pa.types.is_boolean(kind):
        return bool(value) if value in (0, 1) else Reason.CHANGED
    if pa.types.is_integer(kind):
        return _as_integer(value, kind)
    if pa.types.is_decimal(kind):
        return as_decimal(value, kind.precision, kind.scale)
    return _as_float(value, kind)


def as_decimal(
    value: int | float | Decimal, precision: int, scale: int, tolerance: Decimal | None = None
) -> Decimal | Reason:
    """Return one number with `scale` digits after the point, or why there is none.

    A float stands for the shortest decimal that names it; the last digit of a sum such as 0.1 + 0.2 is forgiven, as are
    differences up to `tolerance`, relative to the value.
    """
    with localcontext(prec=_CONTEXT_DIGITS):
        if isinstance(value, float):
            tolerance = tolerance or _TOLERANCE[64]
        exact = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
        if not exact.is_finite() or exact.adjusted() > _CONTEXT_DIGITS // 2:
            return Reason.TYPE
        rounded = exact.quantize(Decimal(1).scaleb(-scale))
        if abs(rounded) >= Decimal(1).scaleb(precision - scale):
            return Reason.TYPE
        if rounded != exact and (tolerance is None or abs(rounded - exact) > abs(exact) * tolerance):
            return Reason.CHANGED
        return rounded


def numeric_text(value: int | float | Decimal, digits: tuple[int, int] | None) -> str | Reason:
    """Return one number as the text of a NUMERIC of that precision and scale, or of any digits if None."""
    if isinstance(value, float):
        if not isfinite(value):
            return (
                Reason.TYPE if digits else ("NaN" if isnan(value) else str(value).replace("inf", "Infinity"))
            )
        value = Decimal(repr(value)) if digits is None else value
    if digits is None:
        if not isinstance(value, Decimal):
            return str(int(value))
        return format(value, "f") if abs(value.adjusted()) < _MOST_PLACES else Reason.TYPE
    fitted = as_decimal(value, *digits)
    return fitted if isinstance(fitted, Reason) else format(fitted, "f")


def _exact_values(values: pa.Array) -> list[Any]:
    """Return what names the numbers in decimal: a single-precision float has fewer digits than the double it equals."""
    if pa.types.is_float32(values.type):
        return [None if text is None else _named(text) for text in pc.cast(values, pa.string()).to_pylist()]
    listed: list[Any] = values.to_pylist()
    return listed


def _named(text: str) -> Decimal | float:
    number = Decimal(text)
    return number if number.is_finite() else float(text)


def _as_integer(value: int | float | Decimal, kind: pa.DataType) -> int | Reason:
    if not isinstance(value, int) and not isfinite(value):
        return Reason.TYPE
    lowest = -(1 << (kind.bit_width - 1)) if pa.types.is_signed_integer(kind) else 0
    highest = lowest + (1 << kind.bit_width) - 1
    whole = int(value)
    if not lowest <= whole <= highest:
        return Reason.TYPE
    return whole if whole == value else Reason.CHANGED


def _as_float(value: int | float | Decimal, kind: pa.DataType) -> float | Reason:
    if isinstance(value, float) and not isfinite(value):
        return value
    try:
        nearest = float(value)
    except OverflowError:
        return Reason.TYPE
    if kind.bit_width < 64:
        stored = pa.scalar(nearest, pa.float64()).cast(kind, safe=False).as_py()
        if not isfinite(stored):
            return Reason.TYPE
        nearest = stored
    return nearest if nearest == value else Reason.CHANGED


def _cast(values: pa.Array, kind: pa.DataType) -> pa.Array | None:
    """Return the values in another type if each is the same there, or None."""
    source = values.type
    try:
        if pa.types.is_boolean(kind) or (pa.types.is_floating(source) and pa.types.is_floating(kind)):
            return _cast_there_and_back(values, kind)
        if pa.types.is_boolean(source):
            values = pc.cast(values, pa.int8())
        if pa.types.is_integer(values.type) and pa.types.is_decimal(kind):
            values = pc.cast(values, pa.decimal128(20 if values.type.bit_width == 64 else 10, 0))
        if pa.types.is_floating(source) and not _is_within(values, kind):
            return None
        return pc.cast(values, kind)
    except pa.ArrowInvalid:
        return None


def _cast_there_and_back(values: pa.Array, kind: pa.DataType) -> pa.Array | None:
    converted = pc.cast(values, kind, safe=False)
    if pa.types.is_decimal(values.type):
        return None
    same = pc.equal(pc.cast(converted, values.type, safe=False), values)
    if pa.types.is_floating(values.type) and pa.types.is_floating(kind):
        same = pc.or_(same, pc.is_nan(values))
    return converted if pc.all(same, min_count=0).as_py() else None


def _is_within(values: pa.Array, kind: pa.DataType) -> bool:
    """Whether floats are in the range of an integer type, where a cast of them is defined."""
    extremes = pc.min_max(values).as_py()
    if extremes["min"] is None:
        return True
    low = -(2.0 ** (kind.bit_width - 1)) if pa.types.is_signed_integer(kind) else 0.0
    return bool(extremes["min"] >= low and extremes["max"] < low + 2.0**kind.bit_width)


def _float_to_decimal(values: pa.Array, kind: pa.DataType) -> Fitted:
    """Return floats as decimals; most by way of their whole number of last digits, the others one by one."""
    bits = values.type.bit_width

    def rest(others: pa.Array) -> Fitted:
        numbers = _exact_values(others)
        return each(
            numbers, lambda value: as_decimal(value, kind.precision, kind.scale, _TOLERANCE[bits]), kind
        )

    if bits != 64 or kind.scale > _EXACT_SCALE or kind.scale < 0:
        return rest(values)
    factor = 10.0**kind.scale
    whole = pc.round(pc.multiply(values, factor))
    limit = float(min(_EXACT_WHOLE, 10**kind.precision))
    named = pc.equal(pc.divide(whole, factor), values)
    easy = pc.fill_null(pc.and_(named, pc.less(pc.abs(whole), limit)), False)
    digits = pc.cast(pc.if_else(easy, whole, pa.scalar(None, pa.float64())), pa.int64())
    unscaled = pc.cast(digits, pa.decimal128(_MOST_DIGITS - 1, 0))
    narrow = pa.decimal128(kind.precision, kind.scale) if pa.types.is_decimal128(kind) else None
    if narrow is None:
        return rest(values)
    buffers = unscaled.buffers()
    converted = pa.Array.from_buffers(narrow, len(unscaled), buffers, offset=unscaled.offset)
    return fit_rest(values, easy, converted, rest)


def _decimal_to_float(values: pa.Array, kind: pa.DataType) -> Fitted:
    """Return decimals as floats that name them: that give the same decimal again."""
    scale = values.type.scale
    converted = pc.cast(pc.cast(values, pa.string()), kind)
    if values.type.precision <= _DOUBLE_DIGITS and kind.bit_width == 64:
        return Fitted(converted)
    short = pa.scalar(Decimal(10) ** min(_DOUBLE_DIGITS, values.type.precision - 1) - 1)
    easy = pa.array([False] * len(values), pa.bool_())
    if kind.bit_width == 64 and pa.types.is_decimal128(values.type):
        try:
            bound = pa.scalar(Decimal(short.as_py()).scaleb(-scale), values.type)
            easy = pc.less_equal(pc.abs(values), bound)
        except pa.ArrowInvalid:
            pass

    def rest(others: pa.Array) -> Fitted:
        return each(others.to_pylist(), lambda value: _float_naming(value, scale, kind), kind)

    only_easy = pc.if_else(pc.fill_null(easy, False), converted, pa.scalar(None, kind))
    return fit_rest(values, easy, only_easy, rest)


def _float_naming(value: Decimal, scale: int, kind: pa.DataType) -> float | Reason:
    nearest = pa.array([str(value)]).cast(kind)
    if not isfinite(nearest[0].as_py()):
        return Reason.TYPE
    with localcontext(prec=_CONTEXT_DIGITS):
        try:
            named = Decimal(nearest.cast(pa.string())[0].as_py()).quantize(Decimal(1).scaleb(-scale))
        except InvalidOperation:
            return Reason.CHANGED
    number: float = nearest[0].as_py()
    return number if named == value else Reason.CHANGED


def refuse_number(values: pa.Array, target: FitTarget) -> Fitted:
    """Return what comes of numbers for a column that holds none."""
    return refused(values, target.type, Reason.TYPE)
