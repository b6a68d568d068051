"""Every value of every type of MariaDB comes as it is, or is refused by name."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from mariadb_columns import COLUMNS, COVERED, Case, Column

from dataduct.connectors.decoding import compiled_is_built
from dataduct.connectors.mysql import open_reader
from dataduct.connectors.mysql_types import LEDGER
from dataduct.errors import DataError
from dataduct.model.cancellation import Cancellation

LARGEST_PACKET = 0xFFFFFF


class Table:
    """A table with a column of every type, and a reader of its database."""

    def __init__(self, server: Any, directory: Path) -> None:
        database = server.fresh_database("values")
        self.reader = open_reader(server.root_settings(), database=database, project_directory=directory)
        self._connection = server.connect(database, init_command="SET sql_mode = '', time_zone = '+00:00'")
        columns = ", ".join(f"`{column.name}` {column.type}" for column in COLUMNS)
        self.execute(
            f"CREATE TABLE every_type (id INT AUTO_INCREMENT PRIMARY KEY, {columns}) ROW_FORMAT=DYNAMIC"
        )

    def execute(self, statement: str) -> None:
        with self._connection.cursor() as cursor:
            cursor.execute(statement)

    def fill(self, columns: Sequence[Column], rows: Sequence[Sequence[Case]]) -> None:
        self.execute("DELETE FROM every_type")
        names = ", ".join(f"`{column.name}`" for column in columns)
        for row in rows:
            values = ", ".join(written for written, _ in row)
            self.execute(f"INSERT INTO every_type ({names}) VALUES ({values})")

    def close(self) -> None:
        self._connection.close()
        self.reader.close()


@pytest.fixture(scope="module")
def table(mariadb_server: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Table]:
    table = Table(mariadb_server, tmp_path_factory.mktemp("values"))
    yield table
    table.close()


@pytest.fixture(scope="module", params=["python", "compiled"])
def decoder(request: pytest.FixtureRequest) -> Iterator[str]:
    if request.param == "compiled" and not compiled_is_built():
        pytest.skip("the compiled decoder is not built")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(os.environ, "DATADUCT_PYTHON_DECODERS", "1" if request.param == "python" else "0")
        yield request.param


def select(columns: Sequence[Column]) -> str:
    return f"SELECT {', '.join(f'`{column.name}`' for column in columns)} FROM every_type ORDER BY id"


def shown(array: pa.ChunkedArray) -> list[Any]:
    """Return the values; dates and timestamps as Arrow prints them, as Python has none before the year 1."""
    temporal = pa.types.is_date(array.type) or pa.types.is_timestamp(array.type)
    values: list[Any] = (array.cast(pa.string()) if temporal else array).to_pylist()
    return values


def test_the_suite_covers_every_type_and_these_many_edges() -> None:
    assert COVERED == {"types": 57, "edge values": 247}
    ruled = {column.arrow for column in COLUMNS}
    assert {rule.arrow for rule in LEDGER} - {"decimal128(p, s)", "string", "binary"} <= ruled


@pytest.mark.parametrize("column", COLUMNS, ids=lambda column: column.name)
def test_edge_values_come_as_they_are(column: Column, table: Table, decoder: str) -> None:
    cases = [*column.edges, ("NULL", None), *column.edges[:1]]
    table.fill([column], [[case] for case in cases])
    found = table.reader.read(select([column]), Cancellation()).read_all()
    assert str(found.schema.field(0).type) == column.arrow
    assert shown(found.column(0)) == [expected for _, expected in cases]


def test_types_are_described_as_mysql_writes_them(table: Table) -> None:
    described = table.reader.describe(select(COLUMNS), Cancellation())
    assert [(column.name, column.source_type, str(column.type)) for column in described] == [
        (column.name, column.source_type, column.arrow) for column in COLUMNS
    ]
    assert {column.rule for column in described} <= set(LEDGER)


@settings(
    max_examples=25,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(rows=st.lists(st.tuples(*(column.cases for column in COLUMNS)), min_size=1, max_size=4))
def test_rows_of_any_values_come_as_they_are(
    table: Table, decoder: str, rows: list[tuple[Case, ...]]
) -> None:
    table.fill(COLUMNS, rows)
    found = table.reader.read(select(COLUMNS), Cancellation(), batch_rows=3).read_all()
    for position, column in enumerate(COLUMNS):
        assert shown(found.column(position)) == [row[position][1] for row in rows], column.name


@pytest.mark.parametrize("size", [2**20, 40_000_000])
def test_rows_larger_than_the_buffer_come_whole(table: Table, decoder: str, size: int) -> None:
    query = (
        f"SELECT REPEAT('x', {size}) AS t UNION ALL SELECT 'after' UNION ALL SELECT REPEAT('y', {size // 2})"
    )
    values = table.reader.read(query, Cancellation()).read_all()["t"].to_pylist()
    assert values == ["x" * size, "after", "y" * (size // 2)]


@pytest.mark.parametrize(
    "packet", [LARGEST_PACKET - 1, LARGEST_PACKET, LARGEST_PACKET + 1, 2 * LARGEST_PACKET]
)
def test_rows_around_the_largest_packet_come_whole(table: Table, decoder: str, packet: int) -> None:
    prefix = 4 if packet < 2**24 else 9
    length = packet - 2 - prefix - 4
    query = f"SELECT REPEAT('x', {length}) AS t, 7 AS n UNION ALL SELECT 'after', 8"
    rows = table.reader.read(query, Cancellation()).read_all()
    assert [len(value) for value in rows["t"].to_pylist()] == [length, 5]
    assert rows["n"].to_pylist() == [7, 8]


def test_generated_columns_and_expressions(table: Table, decoder: str) -> None:
    table.execute(
        "CREATE OR REPLACE TABLE derived (a INT, b BIGINT AS (a * 2) VIRTUAL, c VARCHAR(9) AS (CONCAT('c', a)) STORED)"
    )
    table.execute("INSERT INTO derived (a) VALUES (1), (2)")
    query = (
        "SELECT b, c, NULL AS nothing, SUM(a) AS total, AVG(a) AS mean, COUNT(*) AS n, MAX(a) > 1 AS more, "
        "1/3 AS third, 'x?' AS mark /* ? */ FROM derived WHERE a > 0 GROUP BY b, c ORDER BY b -- why?"
    )
    rows = table.reader.read(query, Cancellation()).read_all()
    assert str(rows.schema.field("nothing").type) == "string"
    assert [tuple(map(str, row.values())) for row in rows.to_pylist()] == [
        ("2", "c1", "None", "1", "1.0000", "1", "0", "0.3333", "x?"),
        ("4", "c2", "None", "2", "2.0000", "1", "1", "0.3333", "x?"),
    ]


REFUSED = [
    ("date_", "'0000-00-00'", "0000-00-00"),
    ("date_", "'2024-02-00'", "2024-02-00"),
    ("date_", "'2024-00-15'", "2024-00-15"),
    ("datetime0", "'0000-00-00 00:00:00'", "0000-00-00 00:00:00"),
    ("datetime6", "'2024-00-00 10:00:00.5'", "2024-00-00 10:00:00.500000"),
    ("timestamp0", "0", "0000-00-00 00:00:00"),
]


@pytest.mark.parametrize(("name", "written", "printed"), REFUSED)
def test_a_date_that_is_none_is_refused_by_name(
    table: Table, decoder: str, name: str, written: str, printed: str
) -> None:
    column = next(column for column in COLUMNS if column.name == name)
    table.fill([column], [[column.edges[0]], [(written, None)], [("NULL", None)], [(written, None)]])
    with pytest.raises(DataError) as caught:
        table.reader.read(select([column]), Cancellation()).read_all()
    assert caught.value.code == "DD826"
    assert caught.value.message == (
        f"column `{name}`: `{printed}` in row 2 has no exact form in a dataset; 2 such values so far"
    )
    assert f"allow_lossy: [{name}]" in (caught.value.hint or "")
    rows = table.reader.read(select([column]), Cancellation(), allow_lossy={name}).read_all()
    assert shown(rows.column(0)) == [column.edges[0][1], None, None, None]


def test_the_31st_of_february_is_refused(table: Table, decoder: str) -> None:
    table.execute("CREATE OR REPLACE TABLE odd (d DATE)")
    table.execute("SET sql_mode = 'ALLOW_INVALID_DATES'")
    table.execute("INSERT INTO odd VALUES ('2024-02-29'), ('2024-02-31')")
    table.execute("SET sql_mode = ''")
    with pytest.raises(DataError, match="column `d`: `2024-02-31` in row 2 has no exact form"):
        table.reader.read("SELECT d FROM odd", Cancellation()).read_all()


def test_equal_names_are_numbered(table: Table) -> None:
    rows = table.reader.read("SELECT 1 AS a, 2 AS A, 3 AS a_1, 4 AS a", Cancellation()).read_all()
    assert rows.schema.names == ["a", "A_2", "a_1", "a_3"]
