"""How a dataset's values become a DuckDB column's, and which of them cannot without being changed.

DuckDB rounds `1.5` into an INTEGER, drops the time of a timestamp that goes into a DATE and reads `1e-05` as
`0.00` into a DECIMAL(10,2). A conversion here says, as SQL over the source value, which values would be changed.
"""

import re
from dataclasses import dataclass

_INTEGER_BITS = {
    "TINYINT": 7,
    "SMALLINT": 15,
    "INTEGER": 31,
    "BIGINT": 63,
    "HUGEINT": 127,
    "UTINYINT": 8,
    "USMALLINT": 16,
    "UINTEGER": 32,
    "UBIGINT": 64,
    "UHUGEINT": 128,
}
_FLOAT_BITS = {"FLOAT": 24, "DOUBLE": 53}
_TIMESTAMPS = {
    "TIMESTAMP_S": 0,
    "TIMESTAMP_MS": 3,
    "TIMESTAMP": 6,
    "TIMESTAMP WITH TIME ZONE": 6,
    "TIMESTAMP_NS": 9,
}
_DECIMAL = re.compile(r"DECIMAL\((\d+),(\d+)\)")
_SHORT_DIGITS = 18
_PRECISION = {"FLOAT": "1e-6", "DOUBLE": "1e-15"}
"""Relative difference within which two numbers of a type are the same to its last digit but one."""

_PLAIN_TIMESTAMP = r"[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9:]{5,8}(\.[0-9]{0,6})?)?"
_FINER_THAN_MICROSECONDS = r"\.[0-9]{6}[0-9]*[1-9]"
_OFFSET = r":[0-9.]+\s*[+-][0-9:]*[1-9][0-9:]*\s*$"
_ZONE_NAME = r":.*[A-Za-z]{2}"


@dataclass(frozen=True, slots=True)
class Conversion:
    """A conversion of one column, as SQL.

    Attributes:
        cast: The value in the target's type; fails if the value is not one.
        attempt: The same, but NULL if the value is not one.
        changes: A condition, true where the converted value says something else than the source's; None if it
            never does.
    """

    cast: str
    attempt: str
    changes: str | None = None

    @property
    def strict(self) -> str:
        """The value in the target's type; fails if the value is not one or would be changed."""
        if self.changes is None:
            return self.cast
        return f"CASE WHEN {self.changes} THEN error('changed by the conversion') ELSE {self.cast} END"


def conversion(value: str, source: str, target: str) -> Conversion:
    """Return how the SQL expression `value` of DuckDB type `source` becomes one of type `target`."""
    if source == target:
        return Conversion(value, value)
    if source == "VARCHAR":
        return _from_text(value, target)
    if target == "VARCHAR":
        if source == "BLOB":
            return Conversion(f"decode({value})", f"TRY(decode({value}))")
        return Conversion(f"CAST({value} AS VARCHAR)", f"CAST({value} AS VARCHAR)")
    cast, attempt = f"CAST({value} AS {target})", f"TRY_CAST({value} AS {target})"
    if _is_exact(source, target):
        return Conversion(cast, attempt)
    if source in _FLOAT_BITS and _DECIMAL.fullmatch(target):
        digits = f"CAST({value} AS VARCHAR)"  # DuckDB's own cast gives 1234567.89 as 1234567.8899999998
        cast, attempt = _decimal_casts(digits, target)
        difference = f"abs(TRY_CAST({attempt} AS {source}) - {value})"
        return Conversion(cast, attempt, f"{difference} > abs({value}) * {_PRECISION[source]}")
    if _casts_back(source, target):
        return Conversion(cast, attempt, _differs(f"TRY_CAST({attempt} AS {source})", value, attempt))
    return Conversion(
        cast, attempt, _differs(f"CAST({attempt} AS VARCHAR)", f"CAST({value} AS VARCHAR)", attempt)
    )


def _differs(back: str, value: str, attempt: str) -> str:
    return f"({attempt} IS NOT NULL AND {back} IS DISTINCT FROM {value})"


def _is_exact(source: str, target: str) -> bool:
    """Whether every value of `source` is either the same in `target` or refused by DuckDB itself."""
    to_decimal, from_decimal = _DECIMAL.fullmatch(target), _DECIMAL.fullmatch(source)
    if source in _INTEGER_BITS:
        return (
            target in _INTEGER_BITS
            or to_decimal is not None
            or (target in _FLOAT_BITS and _INTEGER_BITS[source] <= _FLOAT_BITS[target])
        )
    if from_decimal:
        scale = int(from_decimal[2])
        return (to_decimal is not None and int(to_decimal[2]) >= scale) or (
            scale == 0 and target in _INTEGER_BITS
        )
    if source in _TIMESTAMPS:
        return target in _TIMESTAMPS and _TIMESTAMPS[target] >= _TIMESTAMPS[source]
    return (
        (source == "FLOAT" and target == "DOUBLE")
        or (source == "DATE" and target in _TIMESTAMPS)
        or (
            source == "BOOLEAN"
            and (target in _INTEGER_BITS or target in _FLOAT_BITS or to_decimal is not None)
        )
    )


def _casts_back(source: str, target: str) -> bool:
    """Whether DuckDB knows a cast from `target` back to `source`."""

    def is_number(kind: str) -> bool:
        return (
            kind in _INTEGER_BITS
            or kind in _FLOAT_BITS
            or kind == "BOOLEAN"
            or _DECIMAL.fullmatch(kind) is not None
        )

    def is_day(kind: str) -> bool:
        return kind in _TIMESTAMPS or kind == "DATE"

    return (is_number(source) and is_number(target)) or (is_day(source) and is_day(target))


def _from_text(value: str, target: str) -> Conversion:
    cast, attempt = f"CAST({value} AS {target})", f"TRY_CAST({value} AS {target})"
    decimal = _DECIMAL.fullmatch(target)
    if target == "BLOB":
        return Conversion(f"encode({value})", f"encode({value})")
    if target == "BOOLEAN":
        return _boolean_from_text(value)
    if target in _INTEGER_BITS:
        return Conversion(cast, attempt, f"NOT regexp_full_match({value}, '\\s*[+-]?[0-9]+(\\.0*)?\\s*')")
    if decimal:
        cast, attempt = _decimal_casts(value, target)
        plain = f"regexp_full_match({value}, '\\s*[+-]?[0-9]*(\\.[0-9]{{0,{decimal[2]}}}0*)?\\s*')"
        number = f"TRY_CAST({value} AS DOUBLE)"
        scientific = (
            f"(regexp_matches({value}, '[eE]') AND "
            f"abs(CAST({attempt} AS DOUBLE) - {number}) <= abs({number}) * {_PRECISION['DOUBLE']})"
        )
        return Conversion(cast, attempt, f"NOT ({plain} OR {scientific})")
    if target in _FLOAT_BITS:
        return Conversion(
            cast, attempt, f"(isinf({attempt}) AND NOT regexp_matches({value}, '[iI][nN][fF]'))"
        )
    finer = f"regexp_matches({value}, '{_FINER_THAN_MICROSECONDS}')"
    zoned = (
        f"regexp_matches({value}, '{_OFFSET}') OR "
        f"(regexp_matches({value}, '{_ZONE_NAME}') AND NOT regexp_matches({value}, '(?i)utc\\s*$'))"
    )
    if target == "DATE":
        moment = f"TRY_CAST({value} AS TIMESTAMP)"
        return Conversion(
            cast, attempt, f"({_differs(f'CAST({attempt} AS TIMESTAMP)', moment, attempt)} OR {zoned})"
        )
    if target == "TIMESTAMP":
        plain = f"regexp_full_match({value}, '{_PLAIN_TIMESTAMP}')"
        return Conversion(cast, attempt, f"(NOT {plain} AND ({finer} OR {zoned}))")
    if target in {"TIMESTAMP WITH TIME ZONE", "TIME"}:
        return Conversion(cast, attempt, finer)
    return Conversion(cast, attempt)


def _decimal_casts(text: str, target: str) -> tuple[str, str]:
    """Return the cast of a text to a DECIMAL type, and the attempt at it.

    DuckDB 1.5 takes a hundred times longer for more than 18 digits, so that is left to the values that need it.
    """
    cast, attempt = f"CAST({text} AS {target})", f"TRY_CAST({text} AS {target})"
    decimal = _DECIMAL.fullmatch(target)
    if decimal is None or int(decimal[1]) <= _SHORT_DIGITS or int(decimal[2]) > _SHORT_DIGITS:
        return cast, attempt
    short = f"CAST(TRY_CAST({text} AS DECIMAL({_SHORT_DIGITS},{decimal[2]})) AS {target})"
    return f"coalesce({short}, {cast})", f"coalesce({short}, {attempt})"


def _boolean_from_text(value: str) -> Conversion:
    word = f"lower(trim({value}))"
    known = (
        f"CASE WHEN {word} IN ('true', 't', 'yes', 'y', 'on', '1') THEN true "
        f"WHEN {word} IN ('false', 'f', 'no', 'n', 'off', '0') THEN false"
    )
    return Conversion(f"{known} ELSE CAST({value} AS BOOLEAN) END", f"{known} END")
