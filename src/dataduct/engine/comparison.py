"""Measures compared with a tolerance: pure functions that end in a verdict."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation

from dataduct.model.counting import counted
from dataduct.model.verdict import CheckVerdict

Row = tuple[object, ...]

MAX_EXAMPLES = 10
_FLOAT_TOLERANCE = 1e-9
_TRUTHS = {"true": Decimal(1), "t": Decimal(1), "false": Decimal(0), "f": Decimal(0)}


def values_equal(left: object, right: object) -> bool:
    """Return whether two systems mean the same value, each in its own type.

    Numbers are compared by value whatever their types, a time stamp with its ISO text, a truth value with 0, 1 and
    its text, an aware time stamp with a naive one as UTC. Two texts are equal only when they are the same text.
    """
    if left is None or right is None:
        return left is right
    if isinstance(left, str) and isinstance(right, str):
        return left == right
    if isinstance(left, float) or isinstance(right, float):
        return _floats_equal(left, right)
    return _canonical(left) == _canonical(right)


def _floats_equal(left: object, right: object) -> bool:
    first, second = _number(left), _number(right)
    if first is None or second is None:
        return False
    if first.is_nan() or second.is_nan():
        return first.is_nan() and second.is_nan()
    return math.isclose(float(first), float(second), rel_tol=_FLOAT_TOLERANCE)


def _number(value: object) -> Decimal | None:
    """Return the number that a value is or spells, or None."""
    if isinstance(value, bool | int):
        return Decimal(int(value))
    if isinstance(value, Decimal):
        return value
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, str):
        text = value.strip()
        if text.casefold() in _TRUTHS:
            return _TRUTHS[text.casefold()]
        try:
            return Decimal(text)
        except InvalidOperation:
            return None
    return None


def _moment(text: str) -> datetime | None:
    try:
        return _naive(datetime.fromisoformat(text.strip()))
    except ValueError:
        return None


def _naive(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def _clock(value: time) -> timedelta:
    return timedelta(
        hours=value.hour, minutes=value.minute, seconds=value.second, microseconds=value.microsecond
    )


def _canonical(value: object) -> object:
    """Return a hashable form that is equal for equal values of different types."""
    match value:
        case None:
            return None
        case datetime():
            return _naive(value)
        case date():
            return datetime(value.year, value.month, value.day)
        case time():
            return _clock(value)
        case bytes():
            return _canonical(value.decode()) if _is_utf8(value) else value
        case str():
            return _canonical_text(value)
    number = _number(value)
    if number is not None:
        return _plain(number)
    try:
        hash(value)
    except TypeError:
        return str(value)
    return value if isinstance(value, timedelta) else str(value)


def _is_utf8(value: bytes) -> bool:
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True


def _canonical_text(text: str) -> object:
    number = _number(text)
    if number is not None:
        return _plain(number)
    moment = _moment(text)
    if moment is not None:
        return moment
    try:
        return _clock(time.fromisoformat(text.strip()))
    except ValueError:
        return text


def _plain(number: Decimal) -> object:
    return "NaN" if number.is_nan() else number


def _key_form(columns: Sequence[Iterable[object]]) -> Callable[[object], object]:
    """Return how values of one key column are brought to one form: texts stand for themselves among texts."""
    if all(isinstance(value, str) for values in columns for value in values if value is not None):
        return lambda value: value
    return _canonical


def as_text(value: object) -> str | None:
    """Return a value as a person reads it in an example; None for NULL."""
    if value is None:
        return None
    if isinstance(value, bytes):
        return value.decode() if _is_utf8(value) else f"0x{value.hex()}"
    if isinstance(value, Decimal):
        return format(value, "f")
    return str(value)


def count_verdict(source: int, destination: int, tolerance: float) -> CheckVerdict:
    """Return whether `destination` rows differ from `source` rows by at most `tolerance` percent of the source."""
    difference = abs(source - destination)
    percent = 100.0 * difference / source if source else (0.0 if not difference else None)
    passed = percent is not None and percent <= tolerance
    apart = "no percentage of an empty source" if percent is None else f"{_percent(percent)} apart"
    return CheckVerdict(
        check="count",
        passed=passed,
        summary=f"the source has {counted(source, 'row')} and the warehouse {destination:,}: "
        f"{apart}, tolerance {_percent(tolerance)}",
        figures={
            "source_rows": source,
            "warehouse_rows": destination,
            "difference": difference,
            "difference_percent": percent,
            "tolerance_percent": tolerance,
        },
    )


def primary_key_verdict(
    *,
    table: str,
    key: Sequence[str],
    duplicates: int,
    null_keys: int,
    duplicate_examples: Sequence[Mapping[str, object]] = (),
    null_examples: Sequence[Mapping[str, object]] = (),
) -> CheckVerdict:
    """Return whether no key stands twice (`duplicates` keys do) and no key column is NULL (`null_keys` rows)."""
    columns = ", ".join(key)
    found = []
    if duplicates:
        found.append(f"{duplicates:,} {_plural(duplicates, 'value stands', 'values stand')} more than once")
    if null_keys:
        found.append(f"{null_keys:,} {_plural(null_keys, 'row has', 'rows have')} no key")
    summary = (
        f"primary key ({columns}) of {table}: {' and '.join(found)}"
        if found
        else f"primary key ({columns}) of {table}: every row has one and none stands twice"
    )
    examples = [*duplicate_examples, *null_examples][:MAX_EXAMPLES]
    return CheckVerdict(
        check="primary-key",
        passed=not found,
        summary=summary,
        figures={"duplicates": duplicates, "null_keys": null_keys},
        examples=tuple({name: as_text(value) for name, value in row.items()} for row in examples),
    )


@dataclass(frozen=True, slots=True)
class RowDifference:
    """One sampled row that the warehouse has not or has otherwise; column None: there is no such row."""

    key: tuple[object, ...]
    column: str | None = None
    source: object = None
    warehouse: object = None


@dataclass(frozen=True, slots=True)
class SampleComparison:
    """How sampled source rows compare with the warehouse's rows of the same keys."""

    sampled: int
    missing: int
    different: int
    examples: tuple[RowDifference, ...]

    @property
    def matched(self) -> int:
        """Number of sampled rows that the warehouse has in every column."""
        return self.sampled - self.missing - self.different

    @property
    def percent(self) -> float:
        """Sampled rows that are missing or different, in percent of the sample; 0 for an empty one."""
        return 100.0 * (self.missing + self.different) / self.sampled if self.sampled else 0.0


def compare_rows(
    sample: Sequence[Row],
    destination: Iterable[Row],
    *,
    key_positions: Sequence[int],
    columns: Sequence[str],
) -> SampleComparison:
    """Compare each sampled row with the destination rows of the same key, column by column in order.

    A sampled row matches if any destination row of its key equals it.
    """
    rows = list(destination)
    forms = [_key_form([[row[at] for row in sample], [row[at] for row in rows]]) for at in key_positions]

    def key_of(row: Row) -> tuple[object, ...]:
        return tuple(form(row[at]) for form, at in zip(forms, key_positions, strict=True))

    by_key: dict[tuple[object, ...], list[Row]] = {}
    for row in rows:
        by_key.setdefault(key_of(row), []).append(row)
    missing = different = 0
    examples: list[RowDifference] = []
    for row in sample:
        shown = tuple(row[at] for at in key_positions)
        candidates = by_key.get(key_of(row), [])
        if not candidates:
            missing += 1
            example = RowDifference(shown)
        else:
            found = _difference(row, candidates, columns, shown)
            if found is None:
                continue
            different += 1
            example = found
        if len(examples) < MAX_EXAMPLES:
            examples.append(example)
    return SampleComparison(len(sample), missing, different, tuple(examples))


def _difference(
    row: Row, candidates: Sequence[Row], columns: Sequence[str], key: tuple[object, ...]
) -> RowDifference | None:
    """Return the first column in which `row` differs from the nearest candidate, or None if one equals it."""
    first: RowDifference | None = None
    for candidate in candidates:
        for name, ours, theirs in zip(columns, row, candidate, strict=True):
            if not values_equal(ours, theirs):
                first = first or RowDifference(key, name, ours, theirs)
                break
        else:
            return None
    return first


def column_verdict(compared: SampleComparison, *, key: Sequence[str], tolerance: float) -> CheckVerdict:
    """Return whether at most `tolerance` percent of the sampled rows are missing or different."""
    if compared.sampled:
        summary = (
            f"{compared.matched:,} of {compared.sampled:,} sampled rows match, "
            f"{compared.missing:,} {_plural(compared.missing, 'is', 'are')} missing and "
            f"{compared.different:,} {_plural(compared.different, 'differs', 'differ')}: "
            f"{_percent(compared.percent)}, tolerance {_percent(tolerance)}"
        )
    else:
        summary = "the source query gives no rows, so there is nothing to compare"
    return CheckVerdict(
        check="column",
        passed=compared.percent <= tolerance,
        summary=summary,
        figures={
            "sampled": compared.sampled,
            "matched": compared.matched,
            "missing": compared.missing,
            "different": compared.different,
            "percent": compared.percent,
            "tolerance_percent": tolerance,
        },
        examples=tuple(_example(difference, key) for difference in compared.examples),
    )


def _example(difference: RowDifference, key: Sequence[str]) -> dict[str, str | None]:
    shown = {name: as_text(value) for name, value in zip(key, difference.key, strict=True)}
    if difference.column is None:
        return {**shown, "column": "-", "source": "row present", "warehouse": "no such row"}
    return {
        **shown,
        "column": difference.column,
        "source": as_text(difference.source),
        "warehouse": as_text(difference.warehouse),
    }


def _percent(number: float) -> str:
    """Return a percentage with as many digits as tell it from zero, at most four."""
    return f"{number:.4f}".rstrip("0").rstrip(".") + " %"


def _plural(number: int, one: str, many: str) -> str:
    return one if number == 1 else many
