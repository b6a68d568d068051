"""The error for values of a source that have no exact form in a dataset."""

from collections.abc import Callable, Sequence

from dataduct.connectors.decoding import Refused
from dataduct.errors import DataError

_SHOWN = 60


def refused_values(
    refused: Sequence[Refused], *, as_text: Callable[[str], str], partition: str = ""
) -> DataError:
    """Return the error (DD826) for the values refused so far; the column whose value came first is named first.

    Args:
        refused: One entry for each column, at least one.
        as_text: Gives the SQL expression that reads a column as text.
        partition: The condition of the partition that the rows are counted in, if the extract is split.
    """
    first, *others = sorted(refused, key=lambda each: each.first_row)
    columns = ", ".join(each.column for each in (first, *others))
    return DataError(
        f"column {_said(first, partition)} has no exact form in a dataset"
        + (f"; {first.count:,} such values so far" if first.count > 1 else ""),
        code="DD826",
        hint=f"write `allow_lossy: [{columns}]` in the step to read such values as NULL, or select "
        f"{as_text(first.column)}",
        details=tuple(f"so has column {_said(other, partition)}" for other in others),
    )


def _said(refused: Refused, partition: str) -> str:
    value = refused.value if len(refused.value) <= _SHOWN else f"{refused.value[:_SHOWN]}..."
    place = f"row {refused.first_row:,}" + (f" of those with {partition}" if partition else "")
    return f"`{refused.column}`: `{value}` in {place}"
