"""The step type `load-postgres`."""

from collections.abc import Callable
from typing import Any

import pytest

from dataduct.model.dataset import DatasetRef
from dataduct.model.operations import LoadTable
from dataduct.model.table import TableName

Lower = Callable[..., Any]
INPUTS = {"rows": None}
LOADED = LoadTable(
    inputs=(DatasetRef("rows", "rows"),),
    table=TableName("courses", "shop"),
    mode="append",
    connection="catalog",
)


@pytest.mark.parametrize("written", ["host_name: catalog", "connection: catalog", ""])
def test_it_loads_over_the_connection_named_or_the_only_one(written: str, lower: Lower) -> None:
    lowered = lower("load-postgres", f"{written}\ntable: shop.courses", inputs=INPUTS)
    assert lowered.problems == []
    assert lowered.operation == LOADED


def test_a_table_may_stand_on_the_search_path(lower: Lower) -> None:
    assert lower("load-postgres", "table: Courses", inputs=INPUTS).operation.table == TableName("courses")


@pytest.mark.parametrize(
    ("query", "columns"),
    [
        ("INSERT INTO shop.courses (id, slug) VALUES (?,?);", ("id", "slug")),
        ('insert into "shop"."courses" ("Id") values ( ? )', ("Id",)),
        ("INSERT INTO shop.courses VALUES (?, ?)", None),
    ],
)
def test_the_insert_query_says_the_columns(query: str, columns: object, lower: Lower) -> None:
    lowered = lower("load-postgres", f"table: shop.courses\ninsert_query: '{query}'", inputs=INPUTS)
    assert lowered.problems == []
    assert lowered.operation.columns == columns


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("UPDATE shop.courses SET id = ?", "it is no INSERT"),
        ("INSERT INTO courses (id) VALUES (?)", "it fills courses, and `table` is shop.courses"),
        ("INSERT INTO shop.courses (id, slug) VALUES (?)", "it names 2 columns and has 1 `?`"),
        ("INSERT INTO shop.courses (id) VALUES (lower(?))", "its values are not a list of `?`"),
        (
            "INSERT INTO shop.courses (id) VALUES (?) ON CONFLICT DO NOTHING",
            "its values are not a list of `?`",
        ),
        ("INSERT INTO shop.courses (id) SELECT 1", "it has no plain list of columns and `VALUES`"),
    ],
)
def test_an_insert_query_that_is_no_plain_insert_is_refused(query: str, why: str, lower: Lower) -> None:
    problem = lower(
        "load-postgres", f"table: shop.courses\ninsert_query: '{query}'", inputs=INPUTS
    ).only_problem
    assert (problem.code, problem.message) == ("DD226", f"`insert_query` cannot be read: {why}")


@pytest.mark.parametrize(
    ("yaml", "code"),
    [
        ("table: a.b.c", "DD213"),
        ("host_name: legacy\ntable: t", "DD225"),
        ("host_name: x\ntable: t", "DD601"),
    ],
)
def test_it_refuses(yaml: str, code: str, lower: Lower) -> None:
    lowered = lower("load-postgres", yaml, inputs=INPUTS)
    assert lowered.operation is None
    assert lowered.only_problem.code == code
