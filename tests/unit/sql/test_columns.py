import pytest
from tables import define

from dataduct.errors import DataductError, DataError, UserError
from dataduct.model.operations import MatchColumns
from dataduct.sql.columns import match_columns

TABLE = define("CREATE TABLE t (id INT, name TEXT, extra INT DEFAULT 0)").columns


@pytest.mark.parametrize(
    ("names", "rule", "expected"),
    [
        (["id", "name", "extra"], "auto", [("id", "id"), ("name", "name"), ("extra", "extra")]),
        (["NAME", "Id"], "auto", [("NAME", "name"), ("Id", "id")]),
        ([None, None], "auto", [(0, "id"), (1, "name")]),
        (["s0", "s1", "s2"], "auto", [(0, "id"), (1, "name"), (2, "extra")]),
        (["id", "title"], "auto", [(0, "id"), (1, "name")]),
        (["name", "id"], "position", [(0, "id"), (1, "name")]),
        (["name", "id"], "name", [("name", "name"), ("id", "id")]),
        (["x", "x"], "auto", [(0, "id"), (1, "name")]),
    ],
)
def test_matches(names: list[str | None], rule: MatchColumns, expected: list[tuple[str | int, str]]) -> None:
    assert [(source, column.name) for source, column in match_columns(names, TABLE, rule)] == expected


@pytest.mark.parametrize(
    ("names", "rule", "code", "message"),
    [
        (["name", "x"], "auto", "DD420", "source column 1 is named `name`, which is column 2 of the table"),
        (["a", "b", "c", "d"], "auto", "DD420", "the source has 4 columns and the table has 3"),
        (["id"], "auto", "DD421", "table column `name` has no source column and no DEFAULT"),
        (["id", "nam"], "name", "DD420", "source column `nam` is no column of the table"),
        (["id", None], "name", "DD420", "source column 2 has no name to match a table column by"),
        (["id", "ID", "name"], "name", "DD420", "the source has two columns named `ID`"),
        ([], "auto", "DD421", "table columns `id`, `name` have no source column and no DEFAULT"),
    ],
)
def test_mismatches_are_explained_with_both_lists(
    names: list[str | None], rule: MatchColumns, code: str, message: str
) -> None:
    with pytest.raises(DataError) as caught:
        match_columns(names, TABLE, rule)
    assert caught.value.code == code
    assert caught.value.message.startswith(message)
    assert caught.value.details[1] == "table:  id, name, extra"


@pytest.mark.parametrize("rule", ["auto", "name"])
def test_a_new_column_of_the_source_is_told_as_new(rule: MatchColumns) -> None:
    with pytest.raises(DataError) as caught:
        match_columns(
            ["id", "name", "country", "age", "extra"], TABLE, rule, remedy_for_new="add it to t.sql"
        )
    assert caught.value.code == "DD420"
    assert caught.value.message == "new in the source: `country`, `age`, which are no columns of the table"
    assert caught.value.hint == "add it to t.sql"


@pytest.mark.parametrize(("rule", "advised"), [("auto", True), ("name", False), ("position", False)])
def test_match_columns_is_not_advised_where_it_is_set(rule: MatchColumns, advised: bool) -> None:
    with pytest.raises(DataError) as caught:
        match_columns(["a", "b", "c", "d"], TABLE, rule)
    assert ("match_columns" in (caught.value.hint or "")) == advised


def test_the_caller_chooses_the_class_of_the_error() -> None:
    with pytest.raises(UserError) as caught:
        match_columns(["id"], TABLE, error=UserError)
    assert isinstance(caught.value, DataductError)
