"""Values of a dataset in the types of a table's columns: each as it is, or named as one that does not fit.

A server rounds `1.5` into an INTEGER, drops the time of a timestamp that goes into a DATE and cuts the blanks that make
a text too long. So a column is converted here, before it is sent, and what would be changed is a misfit.
"""

import pyarrow as pa
import pyarrow.compute as pc

from dataduct.warehouses.fitting_numbers import fit_number, is_number
from dataduct.warehouses.fitting_targets import FitTarget, Fitted, each, refused, true_positions, where
from dataduct.warehouses.fitting_texts import fit_text
from dataduct.warehouses.fitting_times import fit_time, with_fraction, within
from dataduct.warehouses.fitting_words import to_text
from dataduct.warehouses.misfits import Reason

__all__ = ["FitTarget", "Fitted", "fit"]

_NUL = b"\0"


def fit(values: pa.Array | pa.ChunkedArray, target: FitTarget) -> Fitted:
    """Return `values` in the type that the column stores, and those that do not fit.

    Nothing is converted where the types are the same already.
    """
    array = plain(values)
    nulls = {} if target.nullable else dict.fromkeys(true_positions(pc.is_null(array)), Reason.NULL)
    fitted = _convert(array, target)
    if target.bounds is not None:
        fitted = within(fitted, target.bounds)
    if target.fraction < 6:
        fitted = with_fraction(fitted, target.fraction)
    if _is_text(target.type) or pa.types.is_binary(target.type):
        fitted = _within_length(fitted, target)
    if not nulls:
        return fitted
    return Fitted(fitted.values, dict(sorted({**fitted.misfits, **nulls}.items())))


def plain(values: pa.Array | pa.ChunkedArray) -> pa.Array:
    """Return one array of a type that a column may be converted from: no dictionary, no view, no half float."""
    array = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    if isinstance(array, pa.ChunkedArray):  # combining nothing, or more than an array holds, leaves chunks
        array = pa.concat_arrays(array.chunks) if array.chunks else pa.nulls(0, array.type)
    kind = array.type
    if isinstance(kind, pa.BaseExtensionType):
        array, kind = array.storage, kind.storage_type
    if pa.types.is_dictionary(kind):
        return plain(array.dictionary_decode())
    wanted = _PLAIN.get(kind)
    if wanted is not None:
        return pc.cast(array, wanted)
    if pa.types.is_fixed_size_binary(kind):
        return array if kind.byte_width == 16 else pc.cast(array, pa.binary())
    if pa.types.is_decimal(kind) and kind.bit_width < 128:
        return pc.cast(array, pa.decimal128(kind.precision, kind.scale))
    return array


_PLAIN = {
    pa.large_string(): pa.string(),
    pa.string_view(): pa.string(),
    pa.large_binary(): pa.binary(),
    pa.binary_view(): pa.binary(),
    pa.float16(): pa.float32(),
}


def _convert(values: pa.Array, target: FitTarget) -> Fitted:
    source, kind = values.type, target.type
    if source == kind and target.reading in ("plain", "server", "uuid"):
        return Fitted(values)
    if pa.types.is_null(source):
        return Fitted(pa.nulls(len(values), kind))
    if pa.types.is_fixed_size_binary(source):
        values = pc.cast(values, pa.binary())
        source = values.type
    if pa.types.is_string(source):
        return fit_text(values, target)
    if target.reading == "uuid":
        return refused(values, kind, Reason.TYPE)
    if is_number(source) and (is_number(kind) or target.reading == "numeric"):
        return fit_number(values, target)
    if pa.types.is_nested(source):
        return refused(values, kind, Reason.TYPE)
    if _is_text(kind) and target.reading != "numeric":
        return _texts(values, target)
    if pa.types.is_temporal(source) and pa.types.is_temporal(kind) and not pa.types.is_duration(source):
        return fit_time(values, target)
    if pa.types.is_binary(source) and pa.types.is_binary(kind):
        return Fitted(pc.cast(values, kind))
    return refused(values, kind, Reason.TYPE)


def _texts(values: pa.Array, target: FitTarget) -> Fitted:
    try:
        return Fitted(to_text(values))
    except pa.ArrowInvalid:
        return each(values.to_pylist(), _decoded, target.type)


def _decoded(value: bytes) -> str | Reason:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return Reason.TYPE


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind))


def _within_length(fitted: Fitted, target: FitTarget) -> Fitted:
    """Return what was fitted, with texts that are too long, or that hold the character NUL, as misfits."""
    values, misfits = fitted.values, dict(fitted.misfits)
    wrong: dict[int, Reason] = {}
    if _is_text(values.type) and _may_hold_nul(values):
        holds = pc.match_substring(values, "\0")
        wrong |= dict.fromkeys(true_positions(pc.fill_null(holds, False)), Reason.NUL)
    if target.length is not None:
        lengths = pc.binary_length(values)
        longest = pc.max(lengths).as_py()
        if longest is not None and longest > target.length:
            if _is_text(values.type) and not target.counts_bytes:
                lengths = pc.utf8_length(values)
            long = pc.fill_null(pc.greater(lengths, target.length), False)
            wrong |= dict.fromkeys(true_positions(long), Reason.LENGTH)
    if not wrong:
        return fitted
    good = [position not in wrong for position in range(len(values))]
    return Fitted(where(pa.array(good, pa.bool_()), values), dict(sorted({**misfits, **wrong}.items())))


def _may_hold_nul(values: pa.Array) -> bool:
    """Whether there is a NUL anywhere in the buffer of the characters."""
    characters = values.buffers()[2]
    return characters is not None and _NUL in characters.to_pybytes()
