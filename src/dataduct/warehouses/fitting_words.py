"""Values as the texts that say them, one way each: ISO dates, plain decimals, `true` and `false`."""

import pyarrow as pa
import pyarrow.compute as pc

_ALL_ZERO = r"\.0+$"
_LAST_ZEROS = r"(\.[0-9]*?)0+$"


def to_text(values: pa.Array) -> pa.Array:
    """Return the values as strings. Raises `pa.ArrowInvalid` for binaries that are not UTF-8."""
    kind = values.type
    if pa.types.is_timestamp(kind):
        naive = pc.cast(pc.cast(values, pa.int64()), pa.timestamp(kind.unit))
        text = _short_fraction(_plain_times(naive))
        return pc.binary_join_element_wise(text, "+00", "") if kind.tz else text
    if pa.types.is_time(kind):
        return _short_fraction(pc.cast(values, pa.string()))
    if pa.types.is_decimal(kind):
        return _plain_decimals(values)
    if pa.types.is_date64(kind):
        return pc.cast(pc.cast(values, pa.date32()), pa.string())
    return pc.cast(values, pa.string())


def shown_text(value: pa.Scalar) -> str:
    """Return one value as a message shows it: bytes in hexadecimal where they are no plain characters."""
    if not value.is_valid:
        return ""
    if pa.types.is_binary(value.type) or pa.types.is_fixed_size_binary(value.type):
        return "".join(chr(byte) if 32 <= byte < 127 else f"\\x{byte:02X}" for byte in value.as_py())
    if pa.types.is_nested(value.type):
        return str(value.as_py())
    text: str = to_text(pa.array([value.as_py()], value.type) if not _is_fine(value) else _one(value))[
        0
    ].as_py()
    return text


def _is_fine(value: pa.Scalar) -> bool:
    """Whether a value has digits that Python's own types drop."""
    return bool(pa.types.is_temporal(value.type))


def _one(value: pa.Scalar) -> pa.Array:
    width = pa.int32() if value.type.bit_width == 32 else pa.int64()
    return pa.array([value.cast(width).as_py()], width).cast(value.type)


def _plain_times(values: pa.Array) -> pa.Array:
    return pc.cast(values, pa.string())


def _short_fraction(texts: pa.Array) -> pa.Array:
    without = pc.replace_substring_regex(texts, _ALL_ZERO, "")
    return pc.replace_substring_regex(without, _LAST_ZEROS, r"\1")


def _plain_decimals(values: pa.Array) -> pa.Array:
    texts = pc.cast(values, pa.string())
    scientific = pc.fill_null(pc.match_substring(texts, "E"), False)
    if not pc.any(scientific, min_count=0).as_py():
        return texts
    plain = [None if value is None else format(value, "f") for value in values.to_pylist()]
    return pa.array(plain, pa.string())
