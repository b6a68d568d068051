"""SQL files as tables and views."""

from pathlib import Path

import pytest

from dataduct.database.relations import View, read_relation, read_relations
from dataduct.errors import ProblemsError, UserError
from dataduct.model.table import TableDefinition, TableName


def view(text: str) -> View:
    relation = read_relation(text, "v.sql", "redshift")
    assert isinstance(relation, View)
    return relation


@pytest.mark.parametrize(
    ("text", "query", "reads"),
    [
        ("CREATE VIEW dev.v AS (SELECT id FROM dev.com);", "(SELECT id FROM dev.com)", {"dev.com"}),
        (
            "CREATE VIEW dev.v AS SELECT id FROM dev.com WHERE id > 1",
            "SELECT id FROM dev.com WHERE id > 1",
            {"dev.com"},
        ),
        (
            "CREATE OR REPLACE VIEW dev.v AS SELECT a.id FROM dev.a a JOIN dev.b AS b ON a.id = b.id;",
            "SELECT a.id FROM dev.a a JOIN dev.b AS b ON a.id = b.id",
            {"dev.a", "dev.b"},
        ),
        (
            "CREATE VIEW dev.v AS SELECT id, COUNT(name) cnt FROM dev.com GROUP BY (id);",
            "SELECT id, COUNT(name) cnt FROM dev.com GROUP BY (id)",
            {"dev.com"},
        ),
        (
            "CREATE VIEW dev.v AS (SELECT x.id FROM (SELECT id FROM dev.com) x LEFT JOIN dev.b ON b.id = x.id);",
            "(SELECT x.id FROM (SELECT id FROM dev.com) x LEFT JOIN dev.b ON b.id = x.id)",
            {"dev.com", "dev.b"},
        ),
        (
            "-- names\nCREATE VIEW dev.v AS SELECT 'a  b; c' AS s FROM dev.com;\n",
            "SELECT 'a  b; c' AS s FROM dev.com",
            {"dev.com"},
        ),
        (
            "CREATE VIEW dev.v AS WITH c AS (SELECT 1 FROM dev.com) SELECT * FROM c WITH NO SCHEMA BINDING;",
            "WITH c AS (SELECT 1 FROM dev.com) SELECT * FROM c WITH NO SCHEMA BINDING",
            {"dev.com"},
        ),
    ],
)
def test_the_query_of_a_view_stays_as_it_is_written(text: str, query: str, reads: set[str]) -> None:
    read = view(text)

    assert read.name == TableName("v", "dev")
    assert read.query == query
    assert {str(name) for name in read.reads} == reads


def test_a_view_may_name_its_columns() -> None:
    assert view("create view v (a, b) as select 1, 2").columns == "a, b"


def test_or_replace_is_kept() -> None:
    assert view("CREATE OR REPLACE VIEW v AS SELECT 1").replaces
    assert not view("CREATE VIEW v AS SELECT 1").replaces


def test_everything_else_is_a_table_definition() -> None:
    relation = read_relation("CREATE TABLE view (id INTEGER);", "t.sql", "duckdb")

    assert isinstance(relation, TableDefinition)
    assert relation.name == TableName("view")


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ("CREATE TEMP VIEW v AS SELECT 1", "DD442", (1, 8)),
        ("CREATE MATERIALIZED VIEW v AS SELECT 1", "DD442", (1, 8)),
        ("CREATE VIEW v SELECT 1", "DD403", (1, 15)),
        ("CREATE VIEW v AS", "DD403", (1, 17)),
        ("CREATE VIEW v AS SELECT 1;\nSELECT 2;", "DD411", (2, 1)),
        ("CREATE VIEW v AS SELECT 'a", "DD401", (1, 25)),
    ],
)
def test_what_is_wrong_is_told_with_its_place(text: str, code: str, place: tuple[int, int]) -> None:
    with pytest.raises(ProblemsError) as raised:
        read_relation(text, "v.sql", "duckdb")

    [problem] = raised.value.problems
    assert problem.position is not None
    assert (problem.code, problem.position.line, problem.position.column) == (code, *place)


def test_all_problems_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    texts = [
        "CREATE TABLE a (id INT);",
        "CREATE TABLE a (x INT);",
        "CREATE TEMP TABLE b (x INT);",
        "CREATE TABLE (",
    ]
    files = [tmp_path / f"{number}.sql" for number in range(len(texts))]
    for file, text in zip(files, texts, strict=True):
        file.write_text(text)

    with pytest.raises(ProblemsError) as raised:
        read_relations(files, "duckdb")

    assert [problem.code for problem in raised.value.problems][:2] == ["DD440", "DD443"]
    assert len(raised.value.problems) == 3


def test_a_file_given_twice_is_read_once(tmp_path: Path) -> None:
    (tmp_path / "a.sql").write_text("CREATE TABLE a (id INT);")

    assert len(read_relations([tmp_path / "a.sql", tmp_path / "a.sql"], "duckdb")) == 1


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.sql").write_bytes(b"\xff\xfe\x00")

    with pytest.raises(UserError, match="it is not UTF-8") as raised:
        read_relations([tmp_path / "a.sql"], "duckdb")

    assert raised.value.code == "DD441"
