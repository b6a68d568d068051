"""The scripts that the original Dataduct made for its tables, and ours: the same rows at the end.

Each recorded upsert runs on one copy of the tables and ours on another, on DuckDB and on PostgreSQL.
"""

import json
import re
from collections.abc import Iterator

import pytest
from original_database import DuckDbDatabase, OriginalDatabase, PostgresDatabase
from original_record import ORIGINAL

from dataduct.model.table import TableDefinition
from dataduct.sql.dialect import DIALECTS
from dataduct.sql.source_rows import SourceRows
from dataduct.sql.table_definition import parse_table_definition
from dataduct.sql.upsert import upsert

pytestmark = pytest.mark.skipif(not ORIGINAL.is_dir(), reason="the record of the original is not at hand")

_NAME = re.compile(r"upsert_from_(table|select)__pk_(\w+)__delete_existing_(\w+)__filter_(\w+)")
_SELECT = re.compile(r"\(SELECT \* FROM \((SELECT [^()]*)\)")
_FILTER = re.compile(r"(WHERE s0 [=>] \d+)\)")
_LEFT_OUT = {
    "t02_composite_pk_columns",  # two PRIMARY KEY in one table, which Redshift itself refuses
    "t23_unique_column_and_constraint",  # the original took UNIQUE for the primary key
    *(f"example_{table}" for table in ("categories", "customers", "employees", "shippers", "suppliers")),
}
"""Tables that differ on purpose, and such as are like another one."""
_VALUES = {"CHAR": "'{}'", "TEXT": "'{}'", "DATE": "'2026-01-0{}'", "TIME": "'2026-01-0{} 00:00:00'"}


def recorded_tables() -> list[str]:
    """Return the tables whose scripts can run: the original read all of them, and their keys are numbers."""
    names = []
    for path in sorted((ORIGINAL / "expected" / "sql").glob("*.json")):
        record = json.loads(path.read_text(encoding="utf-8"))
        columns = record.get("parsed", {}).get("columns", []) if isinstance(record, dict) else []
        keyed = [column for column in columns if column.get("is_primarykey")]
        if len(columns) > 1 and keyed and "INT" in columns[0]["column_type"] and path.stem not in _LEFT_OUT:
            names.append(path.stem)
    return names


@pytest.fixture(params=["duckdb", "postgres"])
def databases(
    request: pytest.FixtureRequest,
) -> Iterator[tuple[str, OriginalDatabase, OriginalDatabase]]:
    """The dialect, and two databases: for ours and for the original's."""
    pair: tuple[OriginalDatabase, OriginalDatabase]
    if request.param == "duckdb":
        pair = DuckDbDatabase(), DuckDbDatabase()
    else:
        server = request.getfixturevalue("postgres_server")
        pair = (
            PostgresDatabase(server, server.fresh_database("ours")),
            PostgresDatabase(server, server.fresh_database("original")),
        )
    yield request.param, *pair
    for database in pair:
        database.close()


@pytest.mark.parametrize("name", recorded_tables() or ["none"])
def test_upserts_leave_the_same_rows(name, databases):
    dialect_name, ours, theirs = databases
    record = json.loads((ORIGINAL / "expected" / "sql" / f"{name}.json").read_text(encoding="utf-8"))
    definition = parse_table_definition(record["ddl"].split(";")[0], name)
    ran = 0
    for script, recorded in record["scripts"].items():
        matched = _NAME.fullmatch(script)
        if matched is None or "sql" not in recorded:
            continue
        kind, enforce, replace_all, filtered = matched.groups()
        for database in (ours, theirs):
            database.new_session()
            fill(database, definition, unique=enforce == "False")
        theirs.run(recorded["sql"])
        source = source_of(recorded["sql"], kind, definition, filtered=filtered == "True")
        statements = upsert(
            definition,
            source,
            DIALECTS[dialect_name],
            enforce_primary_key=enforce == "True",
            delete_existing=replace_all == "True",
        )
        for statement in statements:
            ours.execute(statement.text)
        assert ours.tables() == theirs.tables(), script
        ran += 1
    assert ran == 16


def source_of(sql: str, kind: str, definition: TableDefinition, *, filtered: bool) -> SourceRows:
    """Return what the recorded script takes its rows from."""
    clause = _FILTER.findall(sql)[-1] if filtered else None
    if kind == "select":
        select = _SELECT.search(sql)
        assert select is not None
        return SourceRows(rows=select[1], filter_clause=clause, match_columns="position")
    columns = ", ".join(f"s{number} {column.type}" for number, column in enumerate(definition.columns))
    table = parse_table_definition(f"CREATE TABLE staging.src ({columns})", "src.sql")
    return SourceRows(rows=table, filter_clause=clause, match_columns="position")


def fill(database: OriginalDatabase, definition: TableDefinition, *, unique: bool) -> None:
    """Make the table and its source anew; some keys stand in both, and twice in the source unless `unique`."""
    types = [str(column.type).replace("(MAX)", "(65535)") for column in definition.columns]
    names = [column.name for column in definition.columns]
    database.execute("CREATE SCHEMA IF NOT EXISTS staging")
    schema = definition.name.schema
    if schema:
        database.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
    for table, columns in (
        (str(definition.name), names),
        ("staging.src", [f"s{number}" for number in range(len(types))]),
    ):
        database.execute(f"DROP TABLE IF EXISTS {table}")
        listed = ", ".join(f"{column} {type_}" for column, type_ in zip(columns, types, strict=True))
        database.execute(f"CREATE TABLE {table} ({listed})")
    insert(database, str(definition.name), types, (1, 6, 101, 7), shift=1)
    insert(database, "staging.src", types, (6, 7, 101, 102, 200, 3) + (() if unique else (7, 101)), shift=0)


def insert(
    database: OriginalDatabase, table: str, types: list[str], keys: tuple[int, ...], *, shift: int
) -> None:
    """Insert a row for each key: its numbers are the key, its other values depend on the key and `shift`."""
    for key in keys:
        values = [_value(type_, key, (key + shift) % 9 + 1) for type_ in types]
        database.execute(f"INSERT INTO {table} VALUES ({', '.join(values)})")


def _value(type_: str, key: int, other: int) -> str:
    for word, form in _VALUES.items():
        if word in type_.upper():
            return form.format(other)
    return ("true" if other % 2 else "false") if "BOOL" in type_.upper() else str(key)


def test_the_record_holds_as_many_tables_as_it_did():
    assert len(recorded_tables()) >= 15
