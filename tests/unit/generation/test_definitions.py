"""Table definitions, names and pipelines of a source's tables."""

from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataduct.connectors.base import SourceColumn, SourceType
from dataduct.connectors.catalog import CatalogColumn, CatalogForeignKey, CatalogName, CatalogTable
from dataduct.definition.tree import plain
from dataduct.definition.yaml import parse_yaml
from dataduct.errors import UserError
from dataduct.generation.column_types import column_type
from dataduct.generation.definitions import Warehouse, production_definition, staging_definition
from dataduct.generation.extension import extended_pipeline, listed_tables
from dataduct.generation.files import generated_file, refuse_changes, write_files
from dataduct.generation.naming import warehouse_names, wrong_column_name
from dataduct.generation.pipelines import LoadedTable, PipelineHead, Source, patterned_pipeline, scalar
from dataduct.generation.selection import chosen_tables
from dataduct.sql.arrow_types import folded_type
from dataduct.sql.dialect import DIALECTS, DUCKDB, POSTGRES, REDSHIFT
from dataduct.sql.table_definition import parse_table_definition
from dataduct.sql.type_grammar import parse_column_type

ARROW = [
    *(pa.bool_(), pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64()),
    *(pa.float32(), pa.float64(), pa.string(), pa.binary(), pa.date32(), pa.time64("us"), pa.timestamp("us")),
    *(pa.timestamp("us", "UTC"), pa.decimal128(38, 10), pa.decimal128(1, 0), pa.decimal128(8, 8)),
]  # fmt: skip
INT = pa.int32()
NAMES = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=12)
HEAD = PipelineHead(name="shop", description="Loads the tables of shop.", frequency="daily")
SHOP = Source(alias="shop", kind="mysql")


def column(name: str, kind: pa.DataType = INT, source: str = "int", **facts: bool) -> CatalogColumn:
    return CatalogColumn(name, SourceColumn(name, source, kind, SourceType(source, str(kind))), **facts)


def table(name: str, *columns: CatalogColumn, key: tuple[str, ...] = (), **more: object) -> CatalogTable:
    return CatalogTable(listed=CatalogName(name), columns=columns, primary_key=key, **more)  # type: ignore[arg-type]


def loaded(name: str, *, source: str | None = None, key: bool = True) -> LoadedTable:
    return LoadedTable(name=name, source=source or name, write="upsert" if key else "reload", has_key=key)


@st.composite
def tables(draw: st.DrawFn) -> CatalogTable:
    names = draw(st.lists(NAMES, min_size=1, max_size=8, unique_by=str.casefold))
    columns = [
        CatalogColumn(
            name,
            SourceColumn(
                name, "x", kind := draw(st.sampled_from(ARROW)), SourceType("x", str(kind), draw(NAMES))
            ),
            nullable=draw(st.booleans()),
            generated=draw(st.booleans()),
            comment=draw(st.text(max_size=20)),
        )
        for name in names
    ]
    key = tuple(draw(st.lists(st.sampled_from(names), max_size=3, unique=True)))
    listed = CatalogName(draw(NAMES), comment=draw(st.text(max_size=200)))
    return CatalogTable(listed=listed, columns=tuple(columns), primary_key=key)


@given(tables(), st.sampled_from([DUCKDB, POSTGRES]))
def test_a_definition_parses_back_to_the_same_columns_and_key(source: CatalogTable, dialect: object) -> None:
    warehouse = Warehouse(dialect=dialect, tables=warehouse_names([source.listed.name], dialect))  # type: ignore[arg-type]
    if any(wrong_column_name(each.name, warehouse.dialect) for each in source.columns):
        return
    for make, schema in ((staging_definition, "staging"), (production_definition, "prod")):
        read = parse_table_definition(make(source, warehouse), "x.sql")
        assert (read.name.schema, read.name.name) == (schema, warehouse.tables[source.listed.name])
        assert read.column_names == tuple(each.name for each in source.columns)
        assert [each.nullable for each in read.columns] == [
            each.nullable and each.name not in source.primary_key for each in source.columns
        ]
        for mine, theirs in zip(read.columns, source.columns, strict=True):
            wanted = folded_type(str(theirs.described.type))
            assert wanted is not None
            assert warehouse.dialect.stored_type(mine.type) == warehouse.dialect.stored_type(wanted)
        assert read.primary_key == (source.primary_key if schema == "prod" else ())


@pytest.mark.parametrize("name", DIALECTS)
@pytest.mark.parametrize("kind", ARROW, ids=str)
def test_every_type_of_an_extract_has_a_column(name: str, kind: pa.DataType) -> None:
    written = column_type(column("x", kind), DIALECTS[name])
    assert written is not None
    DIALECTS[name].column_type(parse_column_type(written))


@pytest.mark.parametrize(
    ("source", "written"),
    [
        ("varchar(20)", "VARCHAR(80)"),
        ("character varying(20)", "VARCHAR(80)"),
        ("char(3)", "VARCHAR(12)"),
        ("varchar(20000)", "VARCHAR(65535)"),
        ("text", "VARCHAR(65535)"),
        ("uuid", "VARCHAR(36)"),
    ],
)
def test_redshift_gets_four_bytes_for_each_character(source: str, written: str) -> None:
    each = column("x", pa.string(), source)
    assert column_type(each, REDSHIFT) == written
    assert column_type(each, REDSHIFT, lengths_hold=False) == "VARCHAR(65535)"
    assert column_type(each, DUCKDB) == column_type(each, POSTGRES) == "TEXT"


def test_foreign_keys_are_declared_on_duckdb_and_told_elsewhere() -> None:
    orders = table(
        "orders",
        column("id"),
        column("customer_id"),
        column("shop_id"),
        key=("id",),
        foreign_keys=(
            CatalogForeignKey(("customer_id",), "Customers", None, ("id",)),
            CatalogForeignKey(("shop_id",), "shops"),
        ),
    )
    names = {"orders": "orders", "Customers": "Customers"}
    text = production_definition(orders, Warehouse(dialect=DUCKDB, tables=names))
    assert text.endswith('    FOREIGN KEY (customer_id) REFERENCES prod."Customers" (id)\n);\n')
    assert "shops" not in text
    text = production_definition(orders, Warehouse(dialect=POSTGRES, tables=names))
    assert text.endswith(');\n-- FOREIGN KEY (customer_id) REFERENCES prod."Customers" (id)\n')
    assert parse_table_definition(text, "x").foreign_keys == ()


@given(st.lists(st.text(min_size=1, max_size=10), max_size=8, unique=True), st.sampled_from(list(DIALECTS)))
def test_names_in_the_warehouse_are_names_of_files_and_differ(names: list[str], dialect: str) -> None:
    found = warehouse_names(names, DIALECTS[dialect])
    assert list(found) == names
    assert len({name.casefold() for name in found.values()}) == len(names)
    assert all(name and not set(name) & set("/\\. {}\"'") and name.isprintable() for name in found.values())


def test_names_equal_but_for_case_get_a_number() -> None:
    assert warehouse_names(["Users", "users", "order lines", "order.lines"], DUCKDB) == {
        "Users": "Users",
        "users": "users_2",
        "order lines": "order_lines",
        "order.lines": "order_lines_2",
    }


def test_columns_whose_names_read_as_templates_are_refused() -> None:
    assert wrong_column_name("{{ x }}", DUCKDB) == "its column `{{ x }}` has a name that reads as a template"
    assert wrong_column_name("x" * 64, POSTGRES) is not None
    assert wrong_column_name("x" * 64, DUCKDB) is None


@given(st.text(st.characters(exclude_categories=("Cs",)), max_size=20))
def test_a_value_is_read_back_from_yaml(value: str) -> None:
    if not value.isprintable():
        return
    assert plain(parse_yaml(f"a: {scalar(value)}\n", "x")) == {"a": value}


SOURCE_TABLES = (CatalogName("customers"), CatalogName("cust_log"), CatalogName("v", kind="view"))


def test_all_tables_are_meant_where_none_is_named() -> None:
    chosen, views = chosen_tables(SOURCE_TABLES)
    assert [each.name for each in chosen] == ["customers", "cust_log"]
    assert [each.name for each in views] == ["v"]


@pytest.mark.parametrize(
    ("wanted", "unwanted", "found"),
    [
        (("cust*",), (), ["cust_log", "customers"]),
        (("CUST*",), ("*_log",), ["customers"]),
        (("v", "cust_log"), (), ["cust_log", "v"]),
        ((), ("customers",), ["cust_log"]),
    ],
)
def test_names_and_patterns_choose(
    wanted: tuple[str, ...], unwanted: tuple[str, ...], found: list[str]
) -> None:
    chosen, _ = chosen_tables(SOURCE_TABLES, tables=wanted, exclude=unwanted)
    assert sorted(each.name for each in chosen) == found


@pytest.mark.parametrize(
    ("wanted", "unwanted", "code", "hint"),
    [
        (("custmers",), (), "DD880", "did you mean `customers`?"),
        ((), ("custmers",), "DD880", "did you mean `customers`?"),
        (("x*",), (), "DD880", "there are `customers`, `cust_log`, `v`"),
        ((), ("*",), "DD881", "exclude fewer tables"),
        (("v*",), (), "DD881", "name the views that are meant in `--tables`"),
    ],
)
def test_what_fits_nothing_is_an_error(
    wanted: tuple[str, ...], unwanted: tuple[str, ...], code: str, hint: str
) -> None:
    with pytest.raises(UserError) as caught:
        chosen_tables(SOURCE_TABLES, tables=wanted, exclude=unwanted)
    assert (caught.value.code, caught.value.hint) == (code, hint)


def test_an_empty_source_is_an_error() -> None:
    with pytest.raises(UserError, match="the source has no tables"):
        chosen_tables(())


def test_tables_are_added_to_a_pipeline_and_everything_else_of_it_stays() -> None:
    before = patterned_pipeline(HEAD, [loaded("a"), loaded("b"), loaded("log", key=False)], SHOP)
    before = before.replace("frequency: daily", "frequency: hourly  # as agreed") + "\n# the end\n"
    more = [loaded("b"), loaded("c"), loaded("other", key=False), loaded("Odd", source="`Odd`")]
    after = extended_pipeline(before, "x.yaml", more, SHOP)
    assert after is not None
    assert listed_tables(after, "x.yaml") == {"a", "b", "c", "log", "other", "Odd"}
    kept = iter(after.splitlines())
    assert all(line in kept for line in before.splitlines())
    assert "    - b\n    - c\n" in after
    assert extended_pipeline(after, "x.yaml", more, SHOP) == after


def test_steps_are_added_before_what_follows_them() -> None:
    before = "steps:\n-   step_type: load_table\n    name: a\n    host: other\n    table: a\n    source: a\nname: x\n"
    after = extended_pipeline(before, "x.yaml", [loaded("b")], SHOP)
    assert after is not None
    assert after.endswith('    source: "{{ item }}"\n\nname: x\n')


@pytest.mark.parametrize(
    "before", ["name: [", "name: x\n", "name: x\nsteps: [{step_type: a}]\n", "name: x\nsteps: y\n"]
)
def test_a_pipeline_that_cannot_be_added_to_is_none(before: str) -> None:
    assert extended_pipeline(before, "x.yaml", [loaded("b")], SHOP) is None


def test_a_changed_file_is_told_and_kept(tmp_path: Path) -> None:
    orders = table("orders", column("id"), column("total"), key=("id",))
    warehouse = Warehouse(dialect=DUCKDB, tables={"orders": "orders"})
    path = tmp_path / "tables" / "prod.orders.sql"
    first = generated_file(path, production_definition(orders, warehouse))
    assert first.state == "new"
    write_files([first])
    assert generated_file(path, first.text).state == "unchanged"
    changed = replace(
        orders, columns=(column("id", nullable=False), column("total", pa.int64()), column("more"))
    )
    again = generated_file(path, production_definition(changed, warehouse))
    assert again.state == "changed"
    assert again.changes == ("new column `more` INTEGER", "column `total` is BIGINT, and was INTEGER")
    with pytest.raises(UserError) as caught:
        refuse_changes([again])
    assert caught.value.code == "DD882"
    assert caught.value.details == (str(path), *(f"    {change}" for change in again.changes))


def test_a_file_that_is_no_definition_any_more_is_compared_by_lines(tmp_path: Path) -> None:
    path = tmp_path / "prod.orders.sql"
    path.write_text("-- mine\n")
    assert generated_file(path, "CREATE TABLE prod.orders (id INTEGER);\n").changes == (
        "--- mine",
        "+CREATE TABLE prod.orders (id INTEGER);",
    )
