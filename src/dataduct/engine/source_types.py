"""The types of a pipeline's rows on their way: in the source, in the dataset, in the warehouse."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from dataduct.connectors.base import SourceColumn
from dataduct.engine.sampled_files import sampled_files
from dataduct.engine.workbench import Workbench
from dataduct.errors import DataductError, DataError
from dataduct.model.cancellation import Cancellation
from dataduct.model.dataset import DatasetRef
from dataduct.model.operations import CopyDataset, Extract, FileFormat, LoadTable
from dataduct.model.paths import path_below
from dataduct.plan.plan import BoundPlan, PlanStep
from dataduct.sql.arrow_types import column_of, narrower_than
from dataduct.sql.columns import match_columns
from dataduct.sql.dialect import DIALECTS, Dialect


@dataclass(frozen=True, slots=True)
class ColumnTypes:
    """One column on its way.

    Attributes:
        source: Its type in the source; empty for files, which have no other type than the dataset's.
        dataset: Its Arrow type; of a text file the one that fits the sampled values.
        reading: How its values are represented where that is not plain, or empty.
        warehouse: The warehouse's column type that holds all of them; None if there is none.
        table: The type that the table definition of the step that loads it gives it, or None.
        refused: The values that have no place; they are an error.
        becomes_null: Whether the step reads those as NULL instead.
        example: The first value of a sample, as text.
    """

    name: str
    source: str
    dataset: str
    reading: str
    warehouse: str | None
    table: str | None
    refused: str
    becomes_null: bool
    example: str | None = None


@dataclass(frozen=True, slots=True)
class StepTypes:
    """The columns that a step brings into the run, or the failure to ask the source for them.

    Attributes:
        where: The connection asked, or the files.
        loaded_into: The table that the columns' `table` types are of, or None.
        kind: Whether a database was asked, or files were sampled.
    """

    step: str
    where: str
    columns: tuple[ColumnTypes, ...] = ()
    loaded_into: str | None = None
    failure: DataductError | None = None
    kind: Literal["database", "files"] = "database"


def source_types(bound: BoundPlan, workbench: Workbench, *, step: str | None = None) -> Iterator[StepTypes]:
    """Ask the sources for the types of what every step of the plan, or `step`, brings into the run.

    Databases describe their queries; of files the first rows are read. Changes nothing.
    """
    dialect = DIALECTS[bound.plan.dialect]
    for each in bound.steps:
        if step not in (None, each.name):
            continue
        match each.operation:
            case Extract():
                yield _step_types(each, each.operation, bound, workbench, dialect)
            case CopyDataset():
                yield _file_types(each, each.operation, bound, workbench, dialect)


def _step_types(
    step: PlanStep, extract: Extract, bound: BoundPlan, workbench: Workbench, dialect: Dialect
) -> StepTypes:
    try:
        with workbench.reader(extract.connection, extract.database) as reader:
            described = reader.describe(extract.query, Cancellation())
    except DataductError as error:
        return StepTypes(step.name, extract.connection, failure=error)
    load = _load_of(extract.output, bound)
    table = _table_types([column.name for column in described], load, dialect)
    columns = tuple(_column(column, extract, table.get(column.name), dialect) for column in described)
    return StepTypes(step.name, extract.connection, columns, str(load.table) if load and table else None)


def _load_of(dataset: DatasetRef, bound: BoundPlan) -> LoadTable | None:
    return next(
        (
            other.operation
            for other in bound.steps
            if isinstance(other.operation, LoadTable) and dataset in other.operation.inputs
        ),
        None,
    )


def _file_types(
    step: PlanStep, copy: CopyDataset, bound: BoundPlan, workbench: Workbench, dialect: Dialect
) -> StepTypes:
    load = _load_of(copy.output, bound)
    where = path_below(Path(copy.source), workbench.project.root.absolute())
    try:
        format, sampled = sampled_files(copy, load.file_format if load else FileFormat(), workbench)
    except DataductError as error:
        return StepTypes(step.name, where, failure=error, kind="files")
    names = [column.name for column in sampled]
    table = _table_types(names, load, dialect, named=format != "tsv")
    columns = tuple(
        ColumnTypes(
            name=column.name,
            source="",
            dataset=column.type,
            reading="",
            warehouse=column_of(column.type, dialect),
            table=table.get(column.name),
            refused="",
            becomes_null=False,
            example=column.example,
        )
        for column in sampled
    )
    loaded_into = str(load.table) if load and table else None
    return StepTypes(step.name, where, columns, loaded_into, kind="files")


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


def _table_types(
    names: Sequence[str], load: LoadTable | None, dialect: Dialect, *, named: bool = True
) -> dict[str, str]:
    """Return the types that the loaded table's definition gives the columns; empty if they do not match.

    `named` is whether the names are the source's own, by which columns can match.
    """
    if load is None or load.definition is None or load.connection is not None:
        return {}
    try:
        pairs = match_columns(
            names if named else [None] * len(names), load.definition.columns, load.match_columns
        )
    except DataError:
        return {}
    return {
        names[source] if isinstance(source, int) else source: dialect.column_type(target.type)
        for source, target in pairs
    }
