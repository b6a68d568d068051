"""What every Catalog does. A new implementation adds a class to IMPLEMENTATIONS that prepares a source for it."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest

from dataduct.connectors.base import Reader
from dataduct.connectors.catalog import Catalog, CatalogTable, UnreadableTable
from dataduct.errors import SourceError
from dataduct.model.cancellation import Cancellation
from dataduct.registry import CATALOGS, CONNECTORS


class Source(Protocol):
    """A source system for the suite, empty at first.

    Attributes:
        kind: Its name in the registries.
        quote: The sign around names.
        case: Whether two columns may be equal but for case.
    """

    kind: str
    quote: str
    case: bool

    def __init__(self, request: pytest.FixtureRequest) -> None: ...

    def open(self) -> Reader: ...

    def execute(self, *statements: str) -> None: ...


class MariadbSource:
    kind, quote, case = "mysql", "`", False

    def __init__(self, request: pytest.FixtureRequest) -> None:
        self._server: Any = request.getfixturevalue("mariadb_server")
        self.database = self._server.fresh_database("catalog")

    def open(self) -> Reader:
        reader: Reader = CONNECTORS.load("mysql")(
            self._server.root_settings(), database=self.database, project_directory=Path()
        )
        return reader

    def execute(self, *statements: str) -> None:
        self._server.execute(*statements, database=self.database)


class PostgresSource:
    kind, quote, case = "postgres", '"', True

    def __init__(self, request: pytest.FixtureRequest) -> None:
        self._server: Any = request.getfixturevalue("postgres_server")
        self.database = self._server.fresh_database("catalog")

    def open(self) -> Reader:
        reader: Reader = CONNECTORS.load("postgres")(
            self._server.root_settings(), database=self.database, project_directory=Path()
        )
        return reader

    def execute(self, *statements: str) -> None:
        self._server.execute(*statements, database=self.database)


class SqliteSource:
    kind, quote, case = "sqlite", '"', False

    def __init__(self, request: pytest.FixtureRequest) -> None:
        self._directory: Path = request.getfixturevalue("tmp_path")
        self.execute("SELECT 1")

    def open(self) -> Reader:
        reader: Reader = CONNECTORS.load("sqlite")(
            {"path": "s.db"}, database=None, project_directory=self._directory
        )
        return reader

    def execute(self, *statements: str) -> None:
        connection = sqlite3.connect(self._directory / "s.db", isolation_level=None)
        connection.execute("PRAGMA user_version = 1")
        for statement in statements:
            connection.execute(statement)
        connection.close()


IMPLEMENTATIONS: dict[str, type[Source]] = {
    "mariadb": MariadbSource,
    "postgres": PostgresSource,
    "sqlite": SqliteSource,
}


@pytest.fixture(params=IMPLEMENTATIONS)
def source(request: pytest.FixtureRequest) -> Source:
    return IMPLEMENTATIONS[request.param](request)


@pytest.fixture
def reader(source: Source) -> Iterator[Reader]:
    reader = source.open()
    yield reader
    reader.close()


@pytest.fixture
def catalog(source: Source, reader: Reader) -> Catalog:
    found: Catalog = CATALOGS.load(source.kind)(reader)
    return found


def read(catalog: Catalog, *names: str) -> list[CatalogTable]:
    listed = {each.name: each for each in catalog.names(Cancellation())}
    tables = list(catalog.read([listed[name] for name in names or listed], Cancellation()))
    assert all(isinstance(table, CatalogTable) for table in tables)
    return [table for table in tables if isinstance(table, CatalogTable)]


def test_every_connector_that_reads_rows_of_tables_has_a_catalog() -> None:
    assert set(CATALOGS.names()) == {implementation.kind for implementation in IMPLEMENTATIONS.values()}


def test_an_empty_source_has_no_tables(catalog: Catalog) -> None:
    assert catalog.names(Cancellation()) == ()
    assert list(catalog.read((), Cancellation())) == []


def test_tables_and_views_are_listed_by_name(catalog: Catalog, source: Source) -> None:
    source.execute(
        "CREATE TABLE b (id INTEGER PRIMARY KEY)",
        "CREATE TABLE a (id INTEGER PRIMARY KEY)",
        "CREATE VIEW c AS SELECT id FROM a",
    )
    assert [(each.name, each.kind) for each in catalog.names(Cancellation())] == [
        ("a", "table"),
        ("b", "table"),
        ("c", "view"),
    ]


def test_columns_have_the_types_of_an_extract_and_say_whether_they_may_be_null(
    catalog: Catalog, source: Source, reader: Reader
) -> None:
    source.execute(
        "CREATE TABLE goods (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(20) NOT NULL, price DECIMAL(8,2), "
        "at TIMESTAMP NULL)"
    )
    [goods] = read(catalog)
    assert tuple(column.described for column in goods.columns) == reader.describe(
        "SELECT * FROM goods", Cancellation()
    )
    assert [(column.name, column.nullable) for column in goods.columns] == [
        ("id", False),
        ("name", False),
        ("price", True),
        ("at", True),
    ]
    assert goods.primary_key == ("id",)
    assert str(goods.columns[2].described.type) == "decimal128(8, 2)"


def test_a_composite_key_has_the_order_of_its_declaration(catalog: Catalog, source: Source) -> None:
    source.execute(
        "CREATE TABLE parts (a INTEGER NOT NULL, b INTEGER NOT NULL, c INTEGER, PRIMARY KEY (b, a))"
    )
    [parts] = read(catalog)
    assert parts.primary_key == ("b", "a")


def test_a_table_without_a_key_has_none(catalog: Catalog, source: Source) -> None:
    source.execute("CREATE TABLE log (at INTEGER, what VARCHAR(20))")
    [log] = read(catalog)
    assert log.primary_key == ()
    assert log.foreign_keys == ()


def test_foreign_keys_say_what_they_refer_to(catalog: Catalog, source: Source) -> None:
    source.execute(
        "CREATE TABLE parents (a INTEGER NOT NULL, b INTEGER NOT NULL, PRIMARY KEY (a, b))",
        "CREATE TABLE children (id INTEGER NOT NULL PRIMARY KEY, x INTEGER, y INTEGER, boss INTEGER, "
        "FOREIGN KEY (x, y) REFERENCES parents (a, b), FOREIGN KEY (boss) REFERENCES children (id))",
    )
    [children] = read(catalog, "children")
    assert sorted((key.columns, key.table, key.references) for key in children.foreign_keys) == [
        (("boss",), "children", ("id",)),
        (("x", "y"), "parents", ("a", "b")),
    ]


def test_names_that_are_no_identifiers_are_read(catalog: Catalog, source: Source) -> None:
    q = source.quote
    source.execute(
        f"CREATE TABLE {q}order lines{q} ({q}the id{q} INTEGER NOT NULL PRIMARY KEY, {q}select{q} INTEGER)",
        f"CREATE TABLE {q}Größe.1{q} (id INTEGER NOT NULL PRIMARY KEY)",
        f"CREATE TABLE {q}it's{q} (id INTEGER NOT NULL PRIMARY KEY)",
    )
    by_name = {table.listed.name: table for table in read(catalog)}
    assert set(by_name) == {"order lines", "Größe.1", "it's"}
    assert [column.name for column in by_name["order lines"].columns] == ["the id", "select"]
    assert by_name["order lines"].primary_key == ("the id",)


def test_columns_equal_but_for_case_are_named_as_an_extract_names_them(
    catalog: Catalog, source: Source
) -> None:
    if not source.case:
        with pytest.raises(Exception, match=r"(?i)duplicate column"):
            source.execute("CREATE TABLE t (id INTEGER, ID INTEGER)")
        return
    source.execute('CREATE TABLE t (id INTEGER NOT NULL, "ID" INTEGER NOT NULL PRIMARY KEY)')
    [table] = read(catalog)
    assert [column.name for column in table.columns] == ["id", "ID_1"]
    assert table.primary_key == ("ID_1",)
    assert not table.columns[1].nullable


def test_generated_columns_are_told(catalog: Catalog, source: Source) -> None:
    stored = "GENERATED ALWAYS AS (price * 2) STORED"
    source.execute(f"CREATE TABLE g (id INTEGER NOT NULL PRIMARY KEY, price INTEGER, twice INTEGER {stored})")
    [table] = read(catalog)
    assert [(column.name, column.generated) for column in table.columns] == [
        ("id", False),
        ("price", False),
        ("twice", True),
    ]


def test_a_table_of_a_thousand_columns_is_read(catalog: Catalog, source: Source) -> None:
    columns = ", ".join(f"c{number} INTEGER" for number in range(1000))
    source.execute(f"CREATE TABLE wide (id INTEGER NOT NULL PRIMARY KEY, {columns})")
    [wide] = read(catalog)
    assert [column.name for column in wide.columns] == ["id", *(f"c{number}" for number in range(1000))]


def test_a_view_has_columns_and_no_key(catalog: Catalog, source: Source) -> None:
    source.execute(
        "CREATE TABLE a (id INTEGER NOT NULL PRIMARY KEY)",
        "CREATE VIEW v AS SELECT id, id + 1 AS more FROM a",
    )
    [view] = read(catalog, "v")
    assert [column.name for column in view.columns] == ["id", "more"]
    assert view.primary_key == ()


def test_a_view_of_a_table_that_is_gone_is_unreadable_and_the_others_are_read(
    catalog: Catalog, source: Source
) -> None:
    if source.kind == "postgres":
        with pytest.raises(Exception, match="does not exist"):
            source.execute("CREATE VIEW v AS SELECT * FROM nothing")
        return
    source.execute(
        "CREATE TABLE gone (id INTEGER)",
        "CREATE VIEW broken AS SELECT id FROM gone",
        "CREATE TABLE whole (id INTEGER)",
        "DROP TABLE gone",
    )
    broken, whole = catalog.read(catalog.names(Cancellation()), Cancellation())
    assert isinstance(broken, UnreadableTable)
    assert isinstance(broken.reason, SourceError)
    assert isinstance(whole, CatalogTable)


def test_a_schema_that_does_not_exist_is_an_error(source: Source, reader: Reader) -> None:
    with pytest.raises(SourceError) as caught:
        CATALOGS.load(source.kind)(reader, "nowhere").names(Cancellation())
    assert caught.value.code == "DD887"
