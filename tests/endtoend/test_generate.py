"""`dataduct generate from-database` and `dataduct schema --write` in a project with a SQLite source."""

import json
from collections.abc import Callable

import pytest

from projects import Project

SETTINGS = "connections:\n  shop: {type: sqlite, path: shop.sqlite}\n  files: {type: s3}\n"
SOURCE = """\
CREATE TABLE customers (id INTEGER PRIMARY KEY, name VARCHAR(40) NOT NULL, joined DATE, vip BOOLEAN);
INSERT INTO customers VALUES (1, 'Ada', '2024-01-31', 1), (2, 'Bob', NULL, 0);
CREATE TABLE orders (
    id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers (id), total DECIMAL(8,2)
);
INSERT INTO orders VALUES (1, 1, 9.5), (2, 2, 12);
CREATE TABLE log (at TEXT, what TEXT);
INSERT INTO log VALUES ('now', 'x'), ('now', 'x');
CREATE TABLE mixed (id INTEGER PRIMARY KEY, anything);
INSERT INTO mixed VALUES (1, 'a'), (2, 2);
CREATE VIEW big AS SELECT * FROM orders WHERE total > 10;
"""


@pytest.fixture
def shop(empty: Project) -> Project:
    empty.write({"dataduct.yml": SETTINGS})
    empty.change_source(SOURCE, "shop.sqlite")
    return empty


def test_what_is_generated_and_told(shop: Project, golden: Callable[[str, str], None]) -> None:
    told = shop("generate", "from-database", "shop")
    golden("generation/from_database.txt", shop.transcript(told))
    for name in ("pipelines/shop.yaml", "patterns/load_table.yaml", "tables/prod.orders.sql"):
        golden(f"generation/{name.replace('/', '.')}.txt", (shop.root / name).read_text())


def test_a_pipeline_per_table(shop: Project, golden: Callable[[str, str], None]) -> None:
    told = shop("generate", "from-database", "shop", "--tables", "orders,log", "--pipeline-per-table")
    assert told.exit_code == 0, told.text
    golden(
        "generation/pipelines.shop_orders.yaml.txt", (shop.root / "pipelines/shop_orders.yaml").read_text()
    )
    assert not (shop.root / "patterns").exists()
    assert shop("validate", "pipelines/shop_orders.yaml", "pipelines/shop_log.yaml").exit_code == 0


def test_a_new_table_is_in_production_with_one_command(shop: Project) -> None:
    ended = shop("generate", "from-database", "shop", "--tables", "orders", "--run")
    assert ended.exit_code == 0, ended.text
    assert shop.rows("SELECT id, total FROM prod.orders ORDER BY id") == [(1, 9.5), (2, 12)]


def test_a_named_view_is_loaded(shop: Project) -> None:
    ended = shop("generate", "from-database", "shop", "--tables", "big", "--run")
    assert ended.exit_code == 0, ended.text
    assert shop.rows("SELECT id FROM prod.big") == [(2,)]


def test_a_reload_takes_rows_that_are_deleted_in_the_source(shop: Project) -> None:
    options = ("generate", "from-database", "shop", "--tables", "orders", "--reload", "--pipeline-per-table")
    assert shop(*options, "--run").exit_code == 0
    shop.change_source("DELETE FROM orders WHERE id = 1", "shop.sqlite")
    ended = shop("run", "shop_orders", "--run-date", "2026-01-02")
    assert ended.exit_code == 0, ended.text
    assert shop.rows("SELECT id FROM prod.orders") == [(2,)]
    assert "primary-key-check" in (shop.root / "pipelines/shop_orders.yaml").read_text()


def test_a_dry_run_writes_nothing(shop: Project) -> None:
    before = sorted(shop.root.rglob("*"))
    told = shop("generate", "from-database", "shop", "--dry-run")
    assert told.exit_code == 0, told.text
    assert "would be written: pipelines/shop.yaml" in told.stdout
    assert sorted(shop.root.rglob("*")) == before


def test_a_directory_of_its_own_is_named_by_its_steps(shop: Project) -> None:
    told = shop("generate", "from-database", "shop", "--output", "sources/shop", "--tables", "orders")
    assert told.exit_code == 0, told.text
    assert (shop.root / "sources/shop/tables/prod.orders.sql").exists()
    assert shop("validate", "sources/shop/pipelines/shop.yaml").exit_code == 0


def test_an_edited_file_is_kept(shop: Project) -> None:
    assert shop("generate", "from-database", "shop", "--tables", "orders").exit_code == 0
    edited = shop.root / "tables" / "prod.orders.sql"
    edited.write_text(edited.read_text().replace("total NUMERIC(8,2)", "total NUMERIC(12,2)"))
    told = shop("generate", "from-database", "shop", "--tables", "orders,log")
    assert told.exit_code == 2
    assert "column `total` is NUMERIC(8,2), and was NUMERIC(12,2)" in told.stderr
    assert "NUMERIC(12,2)" in edited.read_text()
    forced = shop("generate", "from-database", "shop", "--tables", "orders", "--force")
    assert forced.exit_code == 0
    assert "next:\n  dataduct database recreate -e tables/prod.orders.sql\n" in forced.stdout
    assert "NUMERIC(8,2)" in edited.read_text()


def test_one_changed_table_does_not_stop_a_new_one(shop: Project) -> None:
    assert shop("generate", "from-database", "shop", "--tables", "orders").exit_code == 0
    shop.change_source("ALTER TABLE orders ADD COLUMN country TEXT", "shop.sqlite")
    told = shop("generate", "from-database", "shop", "--tables", "orders,customers")
    assert told.exit_code == 2
    assert "2 of the files to write exist and say something else, and were left as they are; all others" in (
        told.stderr
    )
    assert "extended: pipelines/shop.yaml" in told.stdout
    assert "country" not in (shop.root / "tables/prod.orders.sql").read_text()
    assert (shop.root / "tables/prod.customers.sql").exists()
    assert "- customers\n" in (shop.root / "pipelines/shop.yaml").read_text()


def test_a_listed_table_that_the_source_no_longer_has_is_told(shop: Project) -> None:
    assert shop("generate", "from-database", "shop", "--tables", "orders,customers").exit_code == 0
    shop.change_source("DROP VIEW big; DROP TABLE orders", "shop.sqlite")
    told = shop("generate", "from-database", "shop", "--tables", "customers")
    assert told.exit_code == 0, told.text
    assert "warning: pipelines/shop.yaml:9: the source has no table `orders` any more\n" in told.stdout
    document = shop("generate", "from-database", "shop", "--tables", "customers", "--json").document()
    assert document["gone"] == [{"name": "orders", "line": 9}]


def test_a_new_column_goes_from_the_source_into_the_warehouse_by_what_each_message_says(
    shop: Project,
) -> None:
    assert shop("generate", "from-database", "shop", "--tables", "orders", "--run").exit_code == 0
    shop.change_source("ALTER TABLE orders ADD COLUMN country TEXT", "shop.sqlite")
    failed = shop("run", "shop", "--run-date", "2026-01-02")
    assert "error[DD420]: new in the source: `country`, which is no column of the table\n" in failed.stderr
    assert (
        "hint: add it to tables/staging.orders.sql, or run `dataduct generate from-database shop`"
        in failed.stderr
    )
    assert shop("generate", "from-database", "shop", "--tables", "orders", "--force").exit_code == 0
    failed = shop("run", "shop", "--run-date", "2026-01-02")
    assert (
        "hint: `dataduct database recreate -e tables/staging.orders.sql` makes it as the file says and keeps its "
        "rows" in failed.stderr
    )
    definitions = ("tables/staging.orders.sql", "tables/prod.orders.sql")
    assert shop("database", "recreate", "-e", "--yes", *definitions).exit_code == 0
    ended = shop("run", "shop", "--run-date", "2026-01-02")
    assert ended.exit_code == 0, ended.text
    assert shop.rows("SELECT id, country FROM prod.orders ORDER BY id") == [(1, None), (2, None)]


def test_one_document_for_programs(shop: Project) -> None:
    document = shop("generate", "from-database", "shop", "--json", "--dry-run").document()
    assert [table["name"] for table in document["tables"]] == ["customers", "log", "orders"]
    assert [each["name"] for each in document["left_out"]] == ["big", "mixed"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nothing"], "error[DD932]: there is no connection `nothing`"),
        (["files"], "error[DD885]: connection `files` is of type `s3`, which has no tables to generate from"),
        (["shop", "--tables", "oders"], "error[DD880]: the source has no table `oders`"),
        (["shop", "--schema", "x"], "error[DD887]: a SQLite file has no schemas"),
        (["shop", "--exclude", "*"], "error[DD881]: no table is left"),
        (["shop", "--schedule", "dayly"], "dayly"),
    ],
)
def test_what_cannot_be_is_one_sentence(shop: Project, arguments: list[str], message: str) -> None:
    told = shop("generate", "from-database", *arguments)
    assert told.exit_code in (1, 2)
    assert message in told.stderr
    assert "Traceback" not in told.text


def test_schemas_are_put_where_editors_find_them(shop: Project) -> None:
    assert shop("generate", "from-database", "shop", "--tables", "orders").exit_code == 0
    (shop.root / ".vscode").mkdir()
    (shop.root / ".vscode" / "settings.json").write_text('{\n    "b": 1,\n    "a": 2\n}\n')
    told = shop("schema", "--write")
    assert told.exit_code == 0, told.text
    settings = json.loads((shop.root / ".vscode" / "settings.json").read_text())
    assert list(settings) == ["b", "a", "yaml.schemas"]
    for path in settings["yaml.schemas"]:
        json.loads((shop.root / path).read_text())
    schema = json.loads((shop.root / ".dataduct/schemas/pipeline.json").read_text())
    assert "load_table" in schema["$defs"]["step"]["properties"]["step_type"]["enum"]
    again = shop("schema", "--write").stdout
    assert again.count("unchanged") == 4


def test_settings_with_comments_are_left_alone(shop: Project) -> None:
    text = '{\n    // mine\n    "a": 1\n}\n'
    shop.write({".vscode/settings.json": text})
    told = shop("schema", "--write")
    assert told.exit_code == 0, told.text
    assert "left alone: .vscode/settings.json, which is no plain JSON object; add this to it:" in told.stdout
    assert '".dataduct/schemas/pipeline.json": [' in told.stdout
    assert (shop.root / ".vscode" / "settings.json").read_text() == text


def test_a_first_line_names_the_schema_and_the_pipeline_runs_as_before(shop: Project) -> None:
    assert shop("generate", "from-database", "shop", "--tables", "orders").exit_code == 0
    told = shop("schema", "--modeline", "pipelines/shop.yaml", "patterns/load_table.yaml")
    assert told.exit_code == 0, told.text
    first = (shop.root / "pipelines/shop.yaml").read_text().splitlines()[0]
    assert first == "# yaml-language-server: $schema=../.dataduct/schemas/pipeline.json"
    assert "pattern.json" in (shop.root / "patterns/load_table.yaml").read_text().splitlines()[0]
    assert shop("validate", "pipelines/shop.yaml").exit_code == 0
    assert not (shop.root / ".vscode").exists()
    assert shop("schema", "--modeline").exit_code == 2
