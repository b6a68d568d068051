"""Entity diagrams: tables, their keys, and how they refer to each other."""

import re
from collections.abc import Callable

import pytest

from dataduct.database.entity_diagram import draw_relations, outside, relationships, tables_of
from dataduct.database.ordering import ordered
from dataduct.database.relations import Relation, read_relation

FILES = (
    'CREATE TABLE hr.people (id INTEGER PRIMARY KEY, "Odd name" NUMERIC(8,2), boss INTEGER REFERENCES hr.people(id), '
    "badge INTEGER NOT NULL UNIQUE REFERENCES hr.badges(id), team INTEGER REFERENCES other.teams(id));",
    "CREATE TABLE hr.badges (id INTEGER PRIMARY KEY, owner INTEGER REFERENCES hr.people);",
    "CREATE TABLE sales.orders (a INTEGER, b INTEGER, taken_by INTEGER NOT NULL REFERENCES hr.people(id), "
    "PRIMARY KEY (a, b));",
    "CREATE TABLE sales.lines (a INTEGER, b INTEGER, n INTEGER, PRIMARY KEY (a, b, n), "
    "FOREIGN KEY (a, b) REFERENCES sales.orders (a, b));",
    "CREATE VIEW sales.totals AS SELECT a, b, count(*) FROM sales.lines GROUP BY a, b;",
)


@pytest.fixture
def relations() -> tuple[Relation, ...]:
    return ordered([read_relation(text, "t.sql", "postgres") for text in FILES]).relations


def test_a_foreign_key_says_how_many_rows_stand_on_each_side(relations: tuple[Relation, ...]) -> None:
    found = {f"{each.child} {each.column}": each for each in relationships(tables_of(relations))}

    assert {name: (each.optional, each.unique) for name, each in found.items()} == {
        "hr.people boss": (True, False),
        "hr.people badge": (False, True),
        "hr.people team": (True, False),
        "hr.badges owner": (True, False),
        "sales.orders taken_by": (False, False),
        "sales.lines a": (False, False),
    }


def test_a_foreign_key_without_columns_leads_to_the_primary_key(relations: tuple[Relation, ...]) -> None:
    [owner] = [each for each in relationships(tables_of(relations)) if each.column == "owner"]

    assert owner.target == "id"


def test_tables_without_a_file_are_drawn_too(relations: tuple[Relation, ...]) -> None:
    assert [str(name) for name in outside(relations)] == ["other.teams"]


def test_mermaid(relations: tuple[Relation, ...], golden: Callable[[str, str], None]) -> None:
    golden("database/entities.mmd", draw_relations(relations, "mermaid").decode())


def test_svg_holds_every_table_column_and_line(relations: tuple[Relation, ...]) -> None:
    drawn = draw_relations(relations, "svg").decode()

    texts = re.findall(r">([^<>]+)</text>", drawn)
    for text in (
        "hr.people",
        "hr.badges",
        "sales.orders",
        "sales.lines",
        "sales.totals",
        "other.teams",
        "Odd name",
    ):
        assert text in texts
    assert "INTEGER not null" in texts
    assert "FK UK" in texts
    assert drawn.count('class="edge"') == 7


def test_png_is_a_picture(relations: tuple[Relation, ...]) -> None:
    assert draw_relations(relations, "png").startswith(b"\x89PNG")


def test_names_are_escaped() -> None:
    relation = read_relation('CREATE TABLE "a<b" ("x&y" INTEGER)', "t.sql", "postgres")

    drawn = draw_relations([relation], "svg").decode()

    assert "a&lt;b" in drawn
    assert "x&amp;y" in drawn
