"""Texts as the values they say: exactly, or not at all.

Texts in the usual form are converted all at once; every other one is read by `fitting_readings`, which says the same.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from dataduct.warehouses import fitting_readings as readings
from dataduct.warehouses.fitting_numbers import fit_number
from dataduct.warehouses.fitting_targets import (
    FitTarget,
    Fitted,
    each,
    fit_rest,
    true_positions,
    where,
)
from dataduct.warehouses.misfits import Reason

_WHOLE = r"^-?[0-9]{1,18}$"
_FLOAT = r"^-?[0-9]{1,17}(\.[0-9]{1,17})?([eE][+-]?[0-9]{1,2})?$"
_SHORT_FLOAT = r"^-?[0-9]{1,17}(\.[0-9]{1,17})?$"
_DAY = r"(?:[1-9][0-9]{3}|0[1-9][0-9]{2}|00[1-9][0-9]|000[1-9])-[0-9]{2}-[0-9]{2}"
_CLOCK = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,6})?"
_UTC = r"(Z|\+00(:?00)?)$"
_UUID = r"^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$"
_SPACE = " \t\n\r\f\v"


def fit_text(values: pa.Array, target: FitTarget) -> Fitted:
    """Return strings as what they say in the target's type."""
    kind = target.type
    if target.reading == "numeric":
        return each(
            values.to_pylist(),
            lambda text: readings.numeric_text_of(text, target.digits),
            kind,
        )
    if target.reading == "uuid":
        return _uuids(values, kind)
    for holds, fit in _KINDS.items():
        if holds(kind):
            return fit(values, kind)
    return each(values.to_pylist(), lambda _: Reason.TYPE, kind)


def _integers(values: pa.Array, kind: pa.DataType) -> Fitted:
    easy = pc.match_substring_regex(values, _WHOLE)
    numbers = fit_number(
        pc.cast(where(easy, values), pa.int64()), FitTarget(type=kind, shown="", nullable=True)
    )
    rest = fit_rest(values, easy, numbers.values, lambda others: _each(others, kind, readings.integer, kind))
    return Fitted(rest.values, dict(sorted({**numbers.misfits, **rest.misfits}.items())))


def _decimals(values: pa.Array, kind: pa.DataType) -> Fitted:
    precision, scale = kind.precision, kind.scale
    whole = precision - scale
    if scale < 0 or whole < 0:
        return _each(values, kind, readings.decimal, precision, scale)
    digits = f"(0|[1-9][0-9]{{0,{whole - 1}}})" if whole else "0"
    point = f"(\\.[0-9]{{1,{scale}}})?" if scale else ""
    easy = pc.match_substring_regex(values, f"^-?{digits}{point}$")
    converted = pc.cast(where(easy, values), kind)
    return fit_rest(
        values, easy, converted, lambda others: _each(others, kind, readings.decimal, precision, scale)
    )


def _floats(values: pa.Array, kind: pa.DataType) -> Fitted:
    pattern = _FLOAT if kind.bit_width == 64 else _SHORT_FLOAT
    easy = pc.match_substring_regex(values, pattern)
    return fit_rest(
        values,
        easy,
        pc.cast(where(easy, values), kind),
        lambda others: _each(others, kind, readings.floating, kind),
    )


def _booleans(values: pa.Array, kind: pa.DataType) -> Fitted:
    words = pc.ascii_lower(pc.ascii_trim(values, _SPACE))
    true = pc.is_in(words, pa.array(sorted(readings.TRUE_WORDS)))
    false = pc.is_in(words, pa.array(sorted(readings.FALSE_WORDS)))
    converted = pc.if_else(pc.or_(true, false), true, pa.scalar(None, kind))
    unread = pc.and_(pc.is_valid(values), pc.invert(pc.or_(true, false)))
    return Fitted(converted, dict.fromkeys(true_positions(unread), Reason.TYPE))


def _dates(values: pa.Array, kind: pa.DataType) -> Fitted:
    easy = pc.match_substring_regex(values, f"^{_DAY}$")
    return _calendar(values, values, easy, kind, lambda others: _each(others, kind, readings.date_of))


def _timestamps(values: pa.Array, kind: pa.DataType) -> Fitted:
    plain = pc.replace_substring_regex(values, _UTC, "")
    easy = pc.match_substring_regex(plain, f"^{_DAY}[ T]{_CLOCK}$")
    return _calendar(
        values,
        plain,
        easy,
        kind,
        lambda others: _each(others, kind, readings.timestamp, kind.tz is not None),
    )


def _times(values: pa.Array, kind: pa.DataType) -> Fitted:
    easy = pc.match_substring_regex(values, f"^{_CLOCK}$")
    moments = pc.cast(pc.binary_join_element_wise("1970-01-01 ", where(easy, values), ""), pa.timestamp("us"))
    converted = pc.cast(pc.cast(moments, pa.int64()), kind)
    return fit_rest(values, easy, converted, lambda others: _each(others, kind, readings.time_of_day))


def _calendar(
    values: pa.Array,
    texts: pa.Array,
    easy: pa.Array,
    kind: pa.DataType,
    rest: Callable[[pa.Array], Fitted],
) -> Fitted:
    """Return dates or timestamps; Arrow refuses the whole batch for one day that no month has."""
    plain = pa.timestamp(kind.unit) if pa.types.is_timestamp(kind) else kind
    try:
        converted = pc.cast(where(easy, texts), plain)
    except pa.ArrowInvalid:
        return rest(values)
    if pa.types.is_timestamp(kind):
        converted = pc.cast(pc.cast(converted, pa.int64()), kind)
    return fit_rest(values, easy, converted, rest)


def _uuids(values: pa.Array, kind: pa.DataType) -> Fitted:
    easy = pc.match_substring_regex(values, _UUID)
    texts = where(easy, values)
    zero = "00000000-0000-0000-0000-000000000000"
    digits = "".join(pc.fill_null(texts, zero).to_pylist()).replace("-", "")
    raw = pa.Array.from_buffers(kind, len(values), [None, pa.py_buffer(bytes.fromhex(digits))])
    converted = pc.if_else(pc.fill_null(easy, False), raw, pa.scalar(None, kind))
    return fit_rest(values, easy, converted, lambda others: _each(others, kind, readings.uuid_bytes))


def _binaries(values: pa.Array, kind: pa.DataType) -> Fitted:
    return Fitted(pc.cast(values, kind))


def _each(values: pa.Array, kind: pa.DataType, reading: Callable[..., Any], *arguments: Any) -> Fitted:
    return each(values.to_pylist(), lambda text: reading(text, *arguments), kind)


_KINDS: Mapping[Callable[[pa.DataType], bool], Callable[[pa.Array, pa.DataType], Fitted]] = MappingProxyType(
    {
        pa.types.is_boolean: _booleans,
        pa.types.is_integer: _integers,
        pa.types.is_decimal: _decimals,
        pa.types.is_floating: _floats,
        pa.types.is_date32: _dates,
        pa.types.is_timestamp: _timestamps,
        pa.types.is_time: _times,
        pa.types.is_binary: _binaries,
    }
)
