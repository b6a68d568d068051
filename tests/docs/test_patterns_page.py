"""The page about patterns: its files compile together, and its errors are those that are printed."""

import re
from pathlib import Path

import pytest

from dataduct import api
from dataduct.cli.problems import problem_lines
from dataduct.cli.text import plain_text
from projects import Project

PAGE = (Path(__file__).parents[2] / "docs" / "patterns.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r"^`([\w/]+\.yaml)`\n\n```yaml\n(.*?)```", PAGE, flags=re.DOTALL | re.MULTILINE))
ERRORS = re.findall(r"```text\n(.*?)```", PAGE, flags=re.DOTALL)


@pytest.fixture
def shop(empty: Project) -> Project:
    tables = {
        f"tables/{schema}.{name}.sql": f"CREATE TABLE {schema}.{name} (id INTEGER{key}, amount INTEGER);\n"
        for schema, key in (("staging", ""), ("prod", " PRIMARY KEY"))
        for name in ("orders", "customers")
    }
    empty.write(
        {"dataduct.yml": "connections: {shop: {type: sqlite, path: shop.sqlite}}\n", **tables, **FILES}
    )
    return empty


def printed(shop: Project, file: str) -> str:
    return plain_text(problem_lines(api.validate(api.open_project(shop.root), [Path(file)])))


def test_the_pipelines_compile(shop: Project) -> None:
    names = {
        file: [step.name for step in api.compile_pipeline(api.open_project(shop.root), Path(file)).steps]
        for file in FILES
        if file.startswith("pipelines/")
    }
    assert names["pipelines/orders.yaml"][:2] == ["orders.extract", "orders.load"]
    named = {name for name in names["pipelines/everything.yaml"] if f"`{name}`" in PAGE}
    assert named == {"load_table-orders.extract", "analyze-orders", "counts-orders.empty"}


def test_a_missing_file_is_shown_as_it_is_printed(shop: Project) -> None:
    (shop.root / "tables" / "prod.customers.sql").unlink()
    assert ERRORS[0] in printed(shop, "pipelines/everything.yaml")


def test_a_missing_parameter_is_shown_as_it_is_printed(shop: Project) -> None:
    text = FILES["pipelines/orders.yaml"].replace("  table: tables/staging.orders.sql\n", "")
    shop.write({"pipelines/orders.yaml": text})
    assert ERRORS[1] in printed(shop, "pipelines/orders.yaml")
