"""Which source column goes into which table column."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

from dataduct.errors import DataError, UserError
from dataduct.model.operations import MatchColumns
from dataduct.model.table import Column


def match_columns(
    source_names: Sequence[str | None],
    destination: Sequence[Column],
    rule: MatchColumns = "auto",
    *,
    error: type[DataError] | type[UserError] = DataError,
    remedy: str | None = None,
    remedy_for_new: str | None = None,
) -> list[tuple[str | int, Column]]:
    """Pair each source column with the table column it fills, in the source's order.

    Names are compared without case. `auto` goes by name if every source column has a name that is a column of the
    table; else by position if there are no more source columns than table columns and no source column is named as
    a table column that stands elsewhere. Table columns that are left over need a DEFAULT or IDENTITY.

    Args:
        source_names: The source's column names in order; None for a column without one.
        destination: The table's columns in order.
        rule: How they match.
        error: The class of the errors raised: DataError while loading, UserError while compiling.
        remedy: The hint of DD421; None for adding the column to the source.
        remedy_for_new: The hint where the source only has columns that the table lacks; None for adding them.

    Returns:
        For each source column its name (by name) or its position from 0 (by position), and its table column.

    Raises:
        DataError: Or `error`: the columns do not match (DD420), or a table column has no source (DD421).
    """
    advice = _Advice(
        for_unfilled=remedy or "add it to the source",
        for_new=remedy_for_new or "add it to the table and its definition, or leave it out of the source",
        for_others="name the source's columns as the table's"
        + (", or set `match_columns`" if rule == "auto" else ""),
    )
    matching = _Matching(source_names, destination, error, advice)
    if rule == "name" or (rule == "auto" and matching.names_are_columns()):
        return matching.by_name()
    return matching.by_position(names_must_agree=rule == "auto")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Advice:
    """What helps where a table's column has no source, where the source has a new one, and otherwise."""

    for_unfilled: str
    for_new: str
    for_others: str


class _Matching:
    def __init__(
        self,
        source_names: Sequence[str | None],
        destination: Sequence[Column],
        error: type[DataError] | type[UserError],
        advice: _Advice,
    ) -> None:
        self._names = tuple(source_names)
        self._columns = tuple(destination)
        self._by_name = {column.name.casefold(): column for column in destination}
        self._error = error
        self._advice = advice

    def names_are_columns(self) -> bool:
        folded = [name.casefold() for name in self._names if name is not None]
        return (
            len(folded) == len(self._names)
            and len(set(folded)) == len(folded)
            and all(name in self._by_name for name in folded)
        )

    def by_name(self) -> list[tuple[str | int, Column]]:
        matches: list[tuple[str | int, Column]] = []
        seen: set[str] = set()
        for position, name in enumerate(self._names, start=1):
            if name is None:
                self._fail(f"source column {position} has no name to match a table column by")
            column = self._by_name.get(name.casefold())
            if column is None:
                self._refuse_new()
                self._fail(f"source column `{name}` is no column of the table")
            if column.name in seen:
                self._fail(f"the source has two columns named `{name}`")
            seen.add(column.name)
            matches.append((name, column))
        self._require_rest([column for column in self._columns if column.name not in seen])
        return matches

    def by_position(self, *, names_must_agree: bool) -> list[tuple[str | int, Column]]:
        if len(self._names) > len(self._columns):
            if names_must_agree:
                self._refuse_new()
            self._fail(f"the source has {len(self._names)} columns and the table has {len(self._columns)}")
        for position, name in enumerate(self._names):
            column = self._by_name.get(name.casefold()) if name is not None else None
            if names_must_agree and column is not None and column != self._columns[position]:
                stands = self._columns.index(column) + 1
                self._fail(
                    f"source column {position + 1} is named `{name}`, which is column {stands} of the table, "
                    "and not every source column has a table column's name"
                )
        self._require_rest(self._columns[len(self._names) :])
        return list(enumerate(self._columns[: len(self._names)]))

    def _require_rest(self, left_over: Sequence[Column]) -> None:
        missing = [column.name for column in left_over if column.default is None and column.identity is None]
        if missing:
            names = ", ".join(f"`{name}`" for name in missing)
            what = f"columns {names} have" if len(missing) > 1 else f"column {names} has"
            self._raise(f"table {what} no source column and no DEFAULT", "DD421", self._advice.for_unfilled)

    def _refuse_new(self) -> None:
        """Raise if every column of the table that needs a source has one of its name, and the source has more."""
        found = {name.casefold() for name in self._names if name is not None}
        needed = {
            name
            for name, column in self._by_name.items()
            if column.default is None and column.identity is None
        }
        new = [name for name in self._names if name is not None and name.casefold() not in self._by_name]
        if needed <= found and new:
            names = ", ".join(f"`{name}`" for name in new)
            verb = "is no column" if len(new) == 1 else "are no columns"
            self._raise(
                f"new in the source: {names}, which {verb} of the table", "DD420", self._advice.for_new
            )

    def _fail(self, message: str) -> NoReturn:
        self._raise(message, "DD420", self._advice.for_others)

    def _raise(self, message: str, code: str, hint: str) -> NoReturn:
        shown = ", ".join(name or "(no name)" for name in self._names)
        table = ", ".join(column.name for column in self._columns)
        raise self._error(message, code=code, hint=hint, details=(f"source: {shown}", f"table:  {table}"))
