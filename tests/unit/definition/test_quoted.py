"""The filter `quoted`: names as the SQL of a system writes them."""

from collections.abc import Collection

import pytest

from dataduct.definition.filling import Values, fill
from dataduct.definition.templates import check
from dataduct.definition.tree import at_position, plain
from dataduct.model.position import Position
from dataduct.model.problem import Problem
from dataduct.model.template import TemplateSource

PLACE = Position("x.yaml", 1, 1)
VALUES = Values(
    parameters={
        "columns": at_position(["id", "group", "first name"], PLACE),
        "host": at_position("pg", PLACE),
    },
    systems={"my": "mysql", "lite": "sqlite", "pg": "postgres", "warehouse": "duckdb"},
)


def filled(text: str) -> tuple[object, list[str]]:
    problems: list[Problem] = []
    node = fill(at_position(f"SELECT {text}", PLACE), VALUES, problems)
    return plain(node), [problem.message for problem in problems]


@pytest.mark.parametrize(
    ("written", "names"),
    [
        ("{{ param.columns | quoted('pg') }}", '"id", "group", "first name"'),
        ("{{ param.columns | quoted(param.host) }}", '"id", "group", "first name"'),
        ("{{ param.columns | quoted('my') }}", "`id`, `group`, `first name`"),
        ("{{ param.columns | quoted('lite') }}", "`id`, `group`, `first name`"),
        ("{{ param.columns | quoted('warehouse') }}", '"id", "group", "first name"'),
        ("{{ param.columns | last | quoted('my') }}", "`first name`"),
        ("{{ 'a\"b' ~ param.host | quoted('pg') }}", 'a"b"pg"'),
        ("{{ (param.host ~ '\"') | quoted('pg') }}", '"pg"""'),
    ],
)
def test_names_are_quoted_as_the_system_does(written: str, names: str) -> None:
    assert filled(written) == (f"SELECT {names}", [])


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("{{ param.columns | quoted }}", "needs the connection"),
        ("{{ param.columns | quoted('light') }}", "no connection is called `light`; did you mean `lite`?"),
        ("{{ param | quoted('pg') }}", "takes a name or a list of names"),
    ],
)
def test_what_cannot_be_quoted_is_told(written: str, told: str) -> None:
    _, [message] = filled(written)
    assert told in message


def names(problems: Collection[Problem]) -> list[tuple[str, str | None]]:
    return [(problem.code, problem.hint) for problem in problems]


def test_it_is_no_filter_of_the_run() -> None:
    source = TemplateSource("{{ var.column | quoted('pg') }}", PLACE)
    assert names(check(source, ["column"])) == [("DD304", "`quoted` is for `param` and `item`")]
