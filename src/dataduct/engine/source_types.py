"""The types of a pipeline's rows on their way: in the source, in the dataset, in the warehouse."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dataduct.connectors.base import SourceColumn
from dataduct.engine.workbench import Workbench
from dataduct.errors import DataductError, DataError
from dataduct.model.cancellation import Cancellation
from dataduct.model.operations import Extract, LoadTable
from dataduct.plan.plan import BoundPlan, PlanStep
from dataduct.sql.arrow_types import column_of, narrower_than
from dataduct.sql.columns import match_columns
from dataduct.sql.dialect import DIALECTS, Dialect


@dataclass(frozen=True, slots=True)
class ColumnTypes:
    """One column on its way.

    Attributes:
        source: Its type in the source.
        dataset: Its Arrow type.
        reading: How its values are represented where that is not plain, or empty.
        warehouse: The warehouse's column type that holds all of them; None if there is none.
        table: The type that the table definition of the step that loads it gives it, or None.
        refused: The values that have no place; they are an error.
        becomes_null: Whether the step reads those as NULL instead.
    """

    name: str
    source: str
    dataset: str
    reading: str
    warehouse: str | None
    table: str | None
    refused: str
    becomes_null: bool


@dataclass(frozen=True, slots=True)
class StepTypes:
    """The columns that an extract reads, or the failure to ask the source for them.

    Attributes:
        where: The connection asked.
        loaded_into: The table that the columns' `table` types are of, or None.
    """

    step: str
    where: str
    columns: tuple[ColumnTypes, ...] = ()
    loaded_into: str | None = None
    failure: DataductError | None = None


def source_types(bound: BoundPlan, workbench: Workbench, *, step: str | None = None) -> Iterator[StepTypes]:
    """Ask the sources for the types of every extract of the plan, or of `step`. Reads no rows and changes nothing."""
    dialect = DIALECTS[bound.plan.dialect]
    for each in bound.steps:
        if isinstance(each.operation, Extract) and step in (None, each.name):
            yield _step_types(each, each.operation, bound, workbench, dialect)


def _step_types(
    step: PlanStep, extract: Extract, bound: BoundPlan, workbench: Workbench, dialect: Dialect
) -> StepTypes:
    try:
        with workbench.reader(extract.connection, extract.database) as reader:
            described = reader.describe(extract.query, Cancellation())
    except DataductError as error:
        return StepTypes(step.name, extract.connection, failure=error)
    load = next(
        (
            other.operation
            for other in bound.steps
            if isinstance(other.operation, LoadTable) and extract.output in other.operation.inputs
        ),
        None,
    )
    table = _table_types([column.name for column in described], load, dialect)
    columns = tuple(_column(column, extract, table.get(column.name), dialect) for column in described)
    return StepTypes(step.name, extract.connection, columns, str(load.table) if load and table else None)


def _column(column: SourceColumn, extract: Extract, table: str | None, dialect: Dialect) -> ColumnTypes:
    arrow = str(column.type)
    too_much = narrower_than(arrow, dialect) if table is None else ""
    return ColumnTypes(
        name=column.name,
        source=column.source_type,
        dataset=arrow,
        reading=column.rule.reading,
        warehouse=column_of(arrow, dialect),
        table=table,
        refused="; ".join(filter(None, (column.rule.refused, too_much))),
        becomes_null=column.name in extract.allow_lossy,
    )


def _table_types(names: Sequence[str], load: LoadTable | None, dialect: Dialect) -> dict[str, str]:
    """Return the types that the loaded table's definition gives the columns; empty if they do not match."""
    if load is None or load.definition is None or load.connection is not None:
        return {}
    try:
        pairs = match_columns(names, load.definition.columns, load.match_columns)
    except DataError:
        return {}
    return {
        names[source] if isinstance(source, int) else source: dialect.column_type(target.type)
        for source, target in pairs
    }
