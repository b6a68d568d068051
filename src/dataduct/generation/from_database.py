"""A project that loads the tables of a source database, made from the source's catalog."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from dataduct.connectors.base import Reader
from dataduct.connectors.catalog import Catalog, CatalogName, CatalogTable, UnreadableTable
from dataduct.errors import UserError
from dataduct.generation.column_types import column_type
from dataduct.generation.definitions import (
    PRODUCTION,
    STAGING,
    Warehouse,
    production_definition,
    staging_definition,
)
from dataduct.generation.extension import GoneTable, extended_pipeline, gone_tables
from dataduct.generation.files import FileState, GeneratedFile, existing_text, generated_file
from dataduct.generation.naming import is_plain_in_source, warehouse_names, wrong_column_name
from dataduct.generation.pipelines import (
    DEFINITIONS,
    PATTERN_OF,
    LoadedTable,
    PipelineHead,
    Source,
    Write,
    pattern,
    patterned_pipeline,
    table_pipeline,
)
from dataduct.generation.selection import chosen_tables
from dataduct.model.cancellation import Cancellation
from dataduct.registry import CATALOGS
from dataduct.sql.dialect import Dialect

_WITHOUT_LENGTHS = ("sqlite",)


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationRequest:
    """What is to be generated.

    Attributes:
        source: The connection that is read.
        output: The directory to write to, the project's or one below it.
        patterns: The directory of patterns, absolute.
        tables: Names and glob patterns of the tables meant; none means all.
        exclude: Names and glob patterns of those not meant.
        frequency: How often the pipelines run.
        pipeline_per_table: Whether each table gets a pipeline of its own.
        always_reload: Whether tables with a primary key are reloaded too, so that rows deleted in the source go.
    """

    source: Source
    output: Path
    patterns: Path
    tables: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    frequency: str = "daily"
    pipeline_per_table: bool = False
    always_reload: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneratedTable:
    """A table that the generated project loads.

    Attributes:
        name: Its name in the warehouse.
        notes: What is worth knowing of it.
    """

    listed: CatalogName
    name: str
    columns: int
    primary_key: tuple[str, ...]
    write: Write
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LeftOutTable:
    """A table that was meant and is not loaded, and why."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """What was generated; nothing of it is written yet.

    Attributes:
        pipelines: The pipeline files by the name of the table in the warehouse; one file for all, or one for each.
        gone: Tables that the pipeline of all lists and the source no longer has.
    """

    tables: tuple[GeneratedTable, ...]
    left_out: tuple[LeftOutTable, ...]
    files: tuple[GeneratedFile, ...]
    pipelines: Mapping[str, Path]
    gone: tuple[GoneTable, ...] = ()


def require_catalog(source: Source) -> None:
    """Raise UserError if the system behind a connection has no catalog (DD885)."""
    if source.kind and source.kind not in CATALOGS:
        raise UserError(
            f"connection `{source.alias}` is of type `{source.kind}`, which has no tables to generate from",
            code="DD885",
            hint=f"name a connection of type {', '.join(f'`{name}`' for name in CATALOGS.names())}",
        )


def catalog_of(source: Source, reader: Reader, schema: str | None) -> Catalog:
    """Return the catalog behind an open reader."""
    catalog: Catalog = CATALOGS.load(source.kind)(reader, schema)
    return catalog


def generate(
    request: GenerationRequest, catalog: Catalog, dialect: Dialect, cancellation: Cancellation
) -> Generation:
    """Return the definitions, patterns and pipelines of a source's tables, compared with the files that are there.

    Raises:
        UserError: A name fits no table (DD880), or there is none (DD881).
        SourceError: The source cannot be asked.
        StorageError: A file that is there cannot be read (DD883).
    """
    names = sorted(catalog.names(cancellation), key=lambda each: (each.name.casefold(), each.name))
    chosen, views = chosen_tables(names, tables=request.tables, exclude=request.exclude)
    called = warehouse_names((each.name for each in names), dialect)
    left_out = [LeftOutTable(view.name, "a view is loaded only if `--tables` names it") for view in views]
    read: list[CatalogTable] = []
    for found in catalog.read(chosen, cancellation):
        if isinstance(found, UnreadableTable):
            left_out.append(LeftOutTable(found.listed.name, _reason(found)))
        elif (wrong := _wrong(found, dialect)) is not None:
            left_out.append(LeftOutTable(found.listed.name, wrong))
        else:
            read.append(found)
    present = {
        name: new
        for name, new in called.items()
        if any(table.listed.name == name for table in read)
        or (request.output / DEFINITIONS / f"{PRODUCTION}.{new}.sql").exists()
    }
    warehouse = Warehouse(
        dialect=dialect, tables=present, lengths_hold=request.source.kind not in _WITHOUT_LENGTHS
    )
    generation = _generation(request, catalog, read, left_out, warehouse)
    if catalog.schema is not None or request.pipeline_per_table:
        return generation
    return replace(generation, gone=_gone(request, generation.files, frozenset(called.values())))


def _gone(
    request: GenerationRequest, files: Iterable[GeneratedFile], present: Collection[str]
) -> tuple[GoneTable, ...]:
    """Return the listed tables that are not `present`, at their places in the file as it will be."""
    path = _pipeline_path(request)
    text = next((file.text for file in files if file.path == path), None)
    return tuple(gone_tables(text, str(path), present, request.source)) if text else ()


def _pipeline_path(request: GenerationRequest) -> Path:
    return request.output / "pipelines" / f"{request.source.alias}.yaml"


def _generation(
    request: GenerationRequest,
    catalog: Catalog,
    read: Sequence[CatalogTable],
    left_out: Sequence[LeftOutTable],
    warehouse: Warehouse,
) -> Generation:
    tables, loaded, files = [], [], []
    for table in read:
        name = warehouse.tables[table.listed.name]
        write: Write = "upsert" if table.primary_key and not request.always_reload else "reload"
        source = _source_name(table.listed, catalog, request.source.kind)
        loaded.append(LoadedTable(name=name, source=source, write=write, has_key=bool(table.primary_key)))
        tables.append(_generated_table(table, name, write))
        directory = request.output / DEFINITIONS
        staging, production = staging_definition(table, warehouse), production_definition(table, warehouse)
        files.append(generated_file(directory / f"{STAGING}.{name}.sql", staging))
        files.append(generated_file(directory / f"{PRODUCTION}.{name}.sql", production))
    pipelines: dict[str, Path] = {}
    if loaded:
        made = (
            _own_pipelines(request, loaded) if request.pipeline_per_table else _one_pipeline(request, loaded)
        )
        files += made
        paths = [file.path for file in made if file.path.parent.name == "pipelines"]
        pipelines = {
            table.name: paths[number if request.pipeline_per_table else 0]
            for number, table in enumerate(loaded)
        }
    return Generation(tables=tuple(tables), left_out=tuple(left_out), files=tuple(files), pipelines=pipelines)


def _own_pipelines(request: GenerationRequest, loaded: Sequence[LoadedTable]) -> list[GeneratedFile]:
    alias, directory = request.source.alias, request.output / "pipelines"
    made = []
    for table in loaded:
        head = PipelineHead(
            name=f"{alias}_{table.name}",
            description=f"Loads the table {table.name} of {alias}.",
            frequency=request.frequency,
        )
        text = table_pipeline(head, table, request.source)
        made.append(generated_file(directory / f"{alias}_{table.name}.yaml", text))
    return made


def _one_pipeline(request: GenerationRequest, loaded: Sequence[LoadedTable]) -> list[GeneratedFile]:
    alias = request.source.alias
    path = _pipeline_path(request)
    head = PipelineHead(name=alias, description=f"Loads the tables of {alias}.", frequency=request.frequency)
    before = existing_text(path)
    extended = extended_pipeline(before, str(path), loaded, request.source) if before is not None else None
    if before is not None and extended is not None:
        state: FileState = "unchanged" if before == extended else "extended"
        pipeline = GeneratedFile(path=path, text=extended, state=state)
    else:
        pipeline = generated_file(path, patterned_pipeline(head, loaded, request.source))
    writes = sorted({table.write for table in loaded}, reverse=True)
    patterns = [
        generated_file(request.patterns / f"{PATTERN_OF[write]}.yaml", pattern(write)) for write in writes
    ]
    return [*patterns, pipeline]


def definitions_directory(root: Path, output: Path) -> str:
    """Return the directory of table definitions as steps name it, from the project's directory."""
    inside = output.resolve().is_relative_to(root.resolve())
    directory = output.resolve().relative_to(root.resolve()) if inside else Path()
    return (directory / DEFINITIONS).as_posix()


def _source_name(listed: CatalogName, catalog: Catalog, kind: str) -> str:
    """Return a table as a step's `table` names it: without quotes where none are needed."""
    parts = [part for part in (catalog.schema, listed.name) if part is not None]
    is_plain = all(is_plain_in_source(part, kind) for part in parts)
    return ".".join(parts) if is_plain else catalog.quoted(*parts)


def _generated_table(table: CatalogTable, name: str, write: Write) -> GeneratedTable:
    notes = []
    if not table.primary_key:
        notes.append("no primary key: reloaded, and not checked for one")
    if name != table.listed.name:
        notes.append(f"called {name} in the warehouse")
    generated = [column.name for column in table.columns if column.generated]
    if generated:
        notes.append(f"computed by the source: {', '.join(generated)}")
    return GeneratedTable(
        listed=table.listed,
        name=name,
        columns=len(table.columns),
        primary_key=table.primary_key,
        write=write,
        notes=tuple(notes),
    )


def _wrong(table: CatalogTable, dialect: Dialect) -> str | None:
    """Return why the warehouse cannot have a table, or None."""
    for column in table.columns:
        if (wrong := wrong_column_name(column.name, dialect)) is not None:
            return wrong
        if column_type(column, dialect) is None:
            return f"the warehouse has no type for its column `{column.name}`, {column.described.source_type}"
    return None if table.columns else "it has no columns"


def _reason(table: UnreadableTable) -> str:
    error = table.reason
    return f"{error.message}; {error.hint}" if error.hint else error.message
