"""The rows of a dataset that do not fit a table: which, where and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import pyarrow as pa

from dataduct.sql.dialect import quoted
from dataduct.warehouses.duckdb_catalog import CatalogTable
from dataduct.warehouses.duckdb_conversions import Conversion
from dataduct.warehouses.duckdb_session import Session
from dataduct.warehouses.duckdb_sources import Source
from dataduct.warehouses.misfits import Misfits, Reason, misfit_line, shown_value

_QUOTED_TYPES = frozenset({"VARCHAR", "BLOB"})


@dataclass(frozen=True, slots=True)
class LoadedColumn:
    """One column of a load: where it comes from, how it is converted and what the table asks of it.

    Attributes:
        position: Position of the source's column.
        type: The target's type in DuckDB's spelling; `shown_type` is how messages say it.
        plain: The Arrow type in which plain values come, or None.
    """

    position: int
    source_type: str
    target: str
    type: str
    shown_type: str
    nullable: bool
    conversion: Conversion
    plain: pa.DataType | None


def fitting_rows(relation: str, columns: Sequence[LoadedColumn], catalog: CatalogTable) -> str:
    """Return a query for the converted values of those rows of `relation` that fit the table."""
    targets = ", ".join(quoted(column.target) for column in columns)
    return (
        f"SELECT {targets} FROM ({_judged(relation, columns, catalog)}) WHERE NOT {_misfit(columns, catalog)}"
    )


def find_misfits(
    session: Session, source: Source, columns: Sequence[LoadedColumn], catalog: CatalogTable, *, shown: int
) -> Misfits:
    """Return the rows of `source` that do not fit the table. Reads the source once more."""
    positions = [column.position for column in columns]
    count, lines = 0, []
    for piece in source.pieces():
        with piece.relation(session, positions, numbered=True) as relation:
            found, rows = session.fetch(_misfit_query(relation, columns, catalog, shown))[0]
        count += cast(int, found)
        for row in cast("list[Mapping[str, object]]", rows or []):
            lines.append(_line(row, columns, catalog))
    return Misfits(count, tuple(lines[:shown]))


def _misfit_query(relation: str, columns: Sequence[LoadedColumn], catalog: CatalogTable, shown: int) -> str:
    problems = ", ".join(f"dataduct_problem_{n}" for n in range(len(columns)))
    values = ", ".join(f"CAST(dataduct_{n} AS VARCHAR)" for n in range(len(columns)))
    checks = ", ".join(f"dataduct_check_{n}" for n in range(len(catalog.checks)))
    row = (
        f"{{'row': dataduct_row, 'problems': [{problems}]::VARCHAR[], 'values': [{values}]::VARCHAR[], "
        f"'checks': [{checks}]::BOOLEAN[]}}"
    )
    return (
        f"SELECT count(*), min_by({row}, dataduct_row, {shown}) FROM ({_judged(relation, columns, catalog)}) "
        f"WHERE {_misfit(columns, catalog)}"
    )


def _judged(relation: str, columns: Sequence[LoadedColumn], catalog: CatalogTable) -> str:
    """Return a query adding to each row its converted values, what is wrong with each, and each CHECK's outcome."""
    given = {column.target for column in columns}
    checked = {name for check in catalog.checks for name in check.columns}
    converted = [f"{column.conversion.attempt} AS {quoted(column.target)}" for column in columns]
    defaults = [
        f"CAST({column.default or 'NULL'} AS {column.type}) AS {quoted(column.name)}"
        for column in catalog.columns
        if column.name in checked - given
    ]
    problems = [f"{_problem(n, column)} AS dataduct_problem_{n}" for n, column in enumerate(columns)]
    checks = [f"{check.expression} AS dataduct_check_{n}" for n, check in enumerate(catalog.checks)]
    inner = f"SELECT *, {', '.join([*converted, *defaults, *problems])} FROM ({relation})"
    return f"SELECT *, {', '.join(checks)} FROM ({inner})" if checks else inner


def _problem(number: int, column: LoadedColumn) -> str:
    value = f"dataduct_{number}"
    cases = [f"WHEN {value} IS NULL THEN {'NULL' if column.nullable else repr('null')}"]
    if column.conversion.attempt != value:
        cases.append(f"WHEN ({column.conversion.attempt}) IS NULL THEN 'type'")
    if column.conversion.changes is not None:
        cases.append(f"WHEN {column.conversion.changes} THEN 'changed'")
    return f"CASE {' '.join(cases)} END"


def _misfit(columns: Sequence[LoadedColumn], catalog: CatalogTable) -> str:
    conditions = [f"dataduct_problem_{n} IS NOT NULL" for n in range(len(columns))]
    conditions += [f"dataduct_check_{n} IS NOT DISTINCT FROM false" for n in range(len(catalog.checks))]
    return f"({' OR '.join(conditions)})"


def _line(row: Mapping[str, object], columns: Sequence[LoadedColumn], catalog: CatalogTable) -> str:
    """Return what is wrong with a row, said of the first column that does not fit."""
    number = cast(int, row["row"])
    values = cast("list[str | None]", row["values"])
    for column, problem, value in zip(
        columns, cast("list[str | None]", row["problems"]), values, strict=True
    ):
        if problem:
            return _line_of(number, column, Reason(problem), value)
    by_name = {column.target: (column, value) for column, value in zip(columns, values, strict=True)}
    for check, holds in zip(catalog.checks, cast("list[bool | None]", row["checks"]), strict=True):
        if holds is False:
            if check.length is not None and check.columns[0] in by_name:
                column, value = by_name[check.columns[0]]
                return _line_of(number, column, Reason.LENGTH, value)
            return f"row {number}: breaks CHECK {check.expression}"
    return f"row {number}: does not fit"


def _line_of(row: int, column: LoadedColumn, reason: Reason, value: str | None) -> str:
    shown = shown_value(value, quoted=column.source_type in _QUOTED_TYPES)
    return misfit_line(row, column.target, reason, shown, column.shown_type)
