"""In which order tables and views are created."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataduct.database.ordering import Ordering, ordered
from dataduct.database.relations import View, read_relation
from dataduct.errors import UserError
from dataduct.model.table import Column, ColumnType, ForeignKey, TableDefinition, TableName


def order(*texts: str) -> Ordering:
    return ordered([read_relation(text, f"{number}.sql", "postgres") for number, text in enumerate(texts)])


def names(ordering: Ordering) -> list[str]:
    return [str(each.name) for each in ordering.relations]


def table(name: str, *parents: str) -> TableDefinition:
    keys = tuple(ForeignKey(("id",), TableName(parent)) for parent in parents)
    column = Column(name="id", type=ColumnType("INTEGER"))
    return TableDefinition(name=TableName(name), columns=(column,), foreign_keys=keys)


def test_what_is_referred_to_comes_first() -> None:
    ordering = order(
        "CREATE TABLE d (x INT REFERENCES b(x), y INT REFERENCES c(x))",
        "CREATE TABLE b (x INT REFERENCES a(x))",
        "CREATE TABLE c (x INT REFERENCES a(x))",
        "CREATE TABLE a (x INT)",
    )

    assert names(ordering) == ["a", "b", "c", "d"]
    assert ordering.deferred == {}


def test_a_view_comes_after_what_it_reads() -> None:
    ordering = order(
        "CREATE VIEW s.v2 AS SELECT id FROM s.v1",
        "CREATE VIEW s.v1 AS SELECT id FROM s.t1",
        "CREATE TABLE s.t1 (id INT)",
    )

    assert names(ordering) == ["s.t1", "s.v1", "s.v2"]


def test_otherwise_the_order_given_is_kept() -> None:
    assert names(order("CREATE TABLE b (x INT)", "CREATE TABLE a (x INT)")) == ["b", "a"]


def test_a_table_that_refers_to_itself_is_no_circle() -> None:
    ordering = order("CREATE TABLE a (x INT PRIMARY KEY, y INT REFERENCES a(x))")

    assert ordering.deferred == {}


def test_a_circle_is_opened_at_one_foreign_key() -> None:
    ordering = order(
        "CREATE TABLE outside (x INT REFERENCES a(x))",
        "CREATE TABLE a (x INT PRIMARY KEY, y INT REFERENCES b(x), z INT REFERENCES a(x))",
        "CREATE TABLE b (x INT PRIMARY KEY, y INT REFERENCES a(x))",
    )

    assert names(ordering) == ["a", "outside", "b"]
    assert {str(name): [str(key.table) for key in keys] for name, keys in ordering.deferred.items()} == {
        "a": ["b"]
    }


def test_views_in_a_circle_are_refused() -> None:
    with pytest.raises(UserError, match="views read one another in a circle: `a`, `b`") as raised:
        order(
            "CREATE VIEW a AS SELECT * FROM b",
            "CREATE VIEW b AS SELECT * FROM a",
            "CREATE VIEW c AS SELECT * FROM a",
        )

    assert raised.value.code == "DD444"


@given(st.lists(st.lists(st.integers(0, 9), max_size=4), min_size=1, max_size=10))
def test_every_foreign_key_leads_back_or_is_deferred(parents: list[list[int]]) -> None:
    tables = [table(f"t{number}", *(f"t{parent}" for parent in each)) for number, each in enumerate(parents)]

    ordering = ordered(tables)

    assert sorted(names(ordering)) == sorted(str(each.name) for each in tables)
    place = {each.name: number for number, each in enumerate(ordering.relations)}
    for each in ordering.tables:
        for key in each.foreign_keys:
            later = key.table in place and place[key.table] > place[each.name]
            assert later == (key in ordering.deferred.get(each.name, ()))


def test_tables_and_views_are_told_apart() -> None:
    ordering = order("CREATE TABLE a (x INT)", "CREATE VIEW v AS SELECT 1")

    assert [str(each.name) for each in ordering.tables] == ["a"]
    assert all(isinstance(each, View) for each in ordering.views)
