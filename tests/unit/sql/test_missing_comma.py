"""A comma that is missing between the lines of a CREATE TABLE."""

import pytest

from dataduct.errors import ProblemsError
from dataduct.sql.table_definition import parse_table_definition


@pytest.mark.parametrize(
    ("lines", "hint"),
    [
        (["id INTEGER NOT NULL", "PRIMARY KEY (id)"], "is a comma missing at the end of line 2?"),
        (["id INTEGER", "", "-- the key", "UNIQUE (id)"], "is a comma missing at the end of line 2?"),
        (["id INTEGER,", "d VARCHAR", "name strang(10)"], "is a comma missing at the end of line 3?"),
        (["id INTEGER,", "PRIMARY KEY (id)", "name TEXT"], "is a comma missing at the end of line 3?"),
        (["id INTEGER xyzzy"], None),
    ],
)
def test_the_line_is_named(lines: list[str], hint: str | None) -> None:
    text = "\n".join(["CREATE TABLE t (", *lines, ");"])
    with pytest.raises(ProblemsError) as raised:
        parse_table_definition(text, "t.sql")
    problem = raised.value.problems[0]
    assert (problem.code, problem.hint) == ("DD403", hint)
