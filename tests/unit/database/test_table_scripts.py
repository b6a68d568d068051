"""Scripts on tables and views: definitions in, statements out. The texts are golden files."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from dataduct.config.settings import Permission
from dataduct.database.existing import Existing, WarehouseState, conflicts
from dataduct.database.grants import grant_statements
from dataduct.database.ordering import Ordering, ordered
from dataduct.database.recreation import conversions, lost_columns, recreate_script, unfilled_columns
from dataduct.database.relations import read_relation
from dataduct.database.scripts import create_script, drop_script, grant_script
from dataduct.errors import UserError
from dataduct.model.operations import SqlStatement
from dataduct.model.table import Column, ColumnType, TableDefinition, TableName
from dataduct.sql.dialect import DIALECTS

Golden = Callable[[str, str], None]

FILES = (
    "CREATE VIEW crm.named (person) AS SELECT name FROM crm.people;",
    "CREATE TABLE crm.orders (id INTEGER, person INTEGER NOT NULL REFERENCES crm.people(id), PRIMARY KEY (id)) "
    "DISTKEY (person) SORTKEY (id);",
    "CREATE TABLE crm.people (id BIGINT IDENTITY(1,1), name VARCHAR(40) NOT NULL, team INTEGER REFERENCES crm.teams, "
    "boss BIGINT REFERENCES crm.people(id), PRIMARY KEY (id));",
    "CREATE TABLE crm.teams (id INTEGER PRIMARY KEY, lead BIGINT UNIQUE REFERENCES crm.people(id));",
)
PERMISSIONS = (
    Permission(user="admin", permission="all"),
    Permission(group="Analysts", permission="select, insert"),
    Permission(user="PUBLIC", permission="select"),
)
PEOPLE = TableName("people", "crm")


def ordering(*texts: str) -> Ordering:
    read = [read_relation(text, f"{number}.sql", "postgres") for number, text in enumerate(texts or FILES)]
    return ordered(read)


def script(statements: Iterable[SqlStatement]) -> str:
    return "".join(f"{statement.text};\n" for statement in statements)


def existing(text: str, **values: Any) -> Existing:
    definition = read_relation(text, "t.sql", "postgres")
    assert isinstance(definition, TableDefinition)
    return Existing(name=definition.name, kind="table", columns=definition.columns, **values)


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("action", ["create", "drop", "grant", "recreate", "empty"])
def test_scripts_for_a_warehouse_nobody_asked(action: str, dialect: str, golden: Golden) -> None:
    written, chosen = ordering(), DIALECTS[dialect]
    statements = {
        "create": lambda: create_script(written, chosen, permissions=PERMISSIONS),
        "drop": lambda: drop_script(written, chosen),
        "grant": lambda: grant_script(written, chosen, PERMISSIONS),
        "recreate": lambda: recreate_script(written, chosen, permissions=PERMISSIONS),
        "empty": lambda: recreate_script(written, chosen, empty=True),
    }[action]()

    golden(f"database/{action}.{dialect}.sql", script(statements))


@pytest.mark.parametrize("dialect", DIALECTS)
def test_nothing_is_dropped_that_is_not_named(dialect: str) -> None:
    for statements in (
        drop_script(ordering(), DIALECTS[dialect]),
        recreate_script(ordering(), DIALECTS[dialect]),
    ):
        assert "CASCADE" not in script(statements).upper()


def test_only_what_is_missing_is_created_and_granted() -> None:
    state = WarehouseState(
        relations={PEOPLE: existing("CREATE TABLE crm.people (id BIGINT)")}, schemas=frozenset({"crm"})
    )

    told = script(create_script(ordering(), DIALECTS["postgres"], permissions=PERMISSIONS, state=state))

    assert "CREATE SCHEMA" not in told
    assert "CREATE TABLE crm.people" not in told
    assert "GRANT ALL ON crm.people" not in told
    assert "GRANT ALL ON crm.teams" in told


def test_an_existing_view_is_replaced_only_if_its_file_says_so() -> None:
    state = WarehouseState(relations={TableName("v"): Existing(name=TableName("v"), kind="view", columns=())})

    kept = create_script(ordering("CREATE VIEW v AS SELECT 1"), DIALECTS["postgres"], state=state)
    replaced = create_script(
        ordering("CREATE OR REPLACE VIEW v AS SELECT 1"), DIALECTS["postgres"], state=state
    )

    assert script(kept) == ""
    assert script(replaced) == "CREATE OR REPLACE VIEW v AS\nSELECT 1;\n"


def test_loads_of_dropped_tables_are_forgotten_where_there_are_any() -> None:
    found = {PEOPLE: existing("CREATE TABLE crm.people (id BIGINT)")}

    told = script(
        drop_script(ordering(), DIALECTS["duckdb"], state=WarehouseState(relations=found, has_loads=True))
    )

    assert told.startswith("DROP TABLE IF EXISTS crm.people;\n")
    assert "DELETE FROM dataduct.loads WHERE table_name IN ('crm.people')" in told
    assert "orders" not in told


def test_rows_are_copied_by_name_and_converted_in_the_open() -> None:
    before = existing("CREATE TABLE t (gone INTEGER, b INTEGER, a VARCHAR(9))", rows=3)
    written = ordering("CREATE TABLE t (a VARCHAR(9), b BIGINT, added INTEGER)")
    state = WarehouseState(relations={before.name: before})

    told = script(recreate_script(written, DIALECTS["postgres"], state=state))

    assert "INSERT INTO t__new (a, b)\nSELECT a, CAST(b AS BIGINT)\nFROM t;" in told
    assert lost_columns(written.tables[0], before) == ["gone"]


def test_identities_begin_behind_the_kept_rows() -> None:
    before = existing("CREATE TABLE crm.people (id BIGINT)", rows=3, next_values={"id": 42})
    state = WarehouseState(relations={PEOPLE: before})

    told = script(recreate_script(ordering(), DIALECTS["redshift"], state=state))

    assert "id BIGINT GENERATED BY DEFAULT AS IDENTITY(42,1) NOT NULL" in told


def test_a_column_that_every_row_needs_and_none_has_is_told() -> None:
    [table] = ordering(
        "CREATE TABLE t (a INT NOT NULL, b INT NOT NULL, c INT NOT NULL DEFAULT 1, d INT, e INT IDENTITY(1,1))"
    ).tables

    assert unfilled_columns(table, existing("CREATE TABLE t (a INT)", rows=1)) == ["b"]


@pytest.mark.parametrize(
    ("dialect", "changes"),
    [("duckdb", ["n"]), ("postgres", ["text", "n"]), ("redshift", ["text", "n"])],
)
def test_values_that_another_type_would_change_are_counted(dialect: str, changes: list[str]) -> None:
    [table] = ordering("CREATE TABLE t (text VARCHAR(5), n INTEGER, same DATE)").tables
    before = existing("CREATE TABLE t (text VARCHAR(9), n NUMERIC(8,2), same DATE)")

    found = list(conversions(table, before, DIALECTS[dialect]))

    assert [each.column for each in found] == changes
    assert all(each.query.startswith("SELECT count(*) FROM t WHERE ") for each in found)


@pytest.mark.parametrize(
    ("kind", "text", "sentence"),
    [
        (
            "table",
            "CREATE TABLE t (a INT NOT NULL)",
            "column `a` may be NULL, and the definition says NOT NULL",
        ),
        ("table", "CREATE TABLE t (a INT, b INT)", "column `b` INTEGER is missing"),
        ("view", "CREATE TABLE t (a INT)", "it is a view, and its file defines a table"),
        ("table", "CREATE VIEW t AS SELECT 1", "it is a table, and its file defines a view"),
        (
            "other",
            "CREATE VIEW t AS SELECT 1",
            "it is neither a table nor a view, and its file defines a view",
        ),
    ],
)
def test_what_exists_as_something_else_is_told(kind: Any, text: str, sentence: str) -> None:
    columns = (Column(name="a", type=ColumnType("INTEGER")),)
    found = Existing(name=TableName("t"), kind=kind, columns=columns)

    assert conflicts(read_relation(text, "t.sql", "postgres"), found, DIALECTS["postgres"]) == (sentence,)


def test_the_same_table_has_no_conflicts() -> None:
    found = existing("CREATE TABLE t (a INT PRIMARY KEY, b VARCHAR(3))")
    wanted = read_relation("CREATE TABLE t (a INTEGER NOT NULL, b VARCHAR(3))", "t.sql", "postgres")

    assert conflicts(wanted, found, DIALECTS["postgres"]) == ()


@pytest.mark.parametrize(
    ("permission", "code", "message"),
    [
        ({"permission": "select"}, "DD445", "says neither `user` nor `group`"),
        ({"user": "a", "permission": "selct"}, "DD446", "`selct` is no right on a table"),
        ({"user": "a", "permission": "select; DROP TABLE t"}, "DD446", "is no right on a table"),
    ],
)
def test_permissions_that_cannot_be_granted(permission: dict[str, str], code: str, message: str) -> None:
    with pytest.raises(UserError, match=message) as raised:
        grant_statements([TableName("t")], [Permission(**permission)], DIALECTS["postgres"])

    assert raised.value.code == code


def test_user_and_group_of_one_permission_both_get_it() -> None:
    permission = Permission(user="u", group="g", permission="select, insert")

    told = script(grant_statements([TableName("t", "s")], [permission], DIALECTS["redshift"]))

    assert (
        told
        == "GRANT SELECT, INSERT ON s.t TO u WITH GRANT OPTION;\nGRANT SELECT, INSERT ON s.t TO GROUP g;\n"
    )
