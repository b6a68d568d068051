"""What is said of a query for MySQL before the server reads it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataduct.connectors.mysql_query import one_select, parameter_error, quoted, text_literal, tokens
from dataduct.errors import SourceError


@pytest.mark.parametrize(
    "query",
    [
        "SELECT 1",
        "  select 'a;b' /* ; */ -- ; select\n, \"?;\" # ;\n",
        "(SELECT 1) UNION (SELECT 2)",
        "WITH a AS (SELECT 1) SELECT * FROM a",
        "VALUES (1), (2)",
        "TABLE orders",
        "-- first\nSELECT `a;b` FROM t WHERE c = 'it''s \\'quoted\\''",
        "SELECT 1 - -1",
    ],
)
def test_one_select_stays_as_it_is(query: str) -> None:
    assert one_select(query) == query


@pytest.mark.parametrize("query", ["SELECT 1;", "SELECT 1 ; ", "SELECT 1;;-- done"])
def test_a_semicolon_at_the_end_is_dropped(query: str) -> None:
    assert one_select(query).rstrip() == "SELECT 1"


@pytest.mark.parametrize(
    ("query", "message", "hint"),
    [
        ("", "an empty query cannot be extracted", "write one SELECT; it may begin with WITH"),
        ("-- nothing", "an empty query cannot be extracted", "write one SELECT; it may begin with WITH"),
        ("SELEC 1", "a query that begins with SELEC cannot be extracted", "did you mean `SELECT`?"),
        (
            "UPDATE t SET a = 1",
            "a query that begins with UPDATE cannot be extracted",
            "write one SELECT; it may begin with WITH",
        ),
        (
            "SELECT 1;\nDELETE FROM t",
            "the query holds more than one statement (line 1, column 9), and an extract runs one SELECT",
            "keep the SELECT and drop what follows the semicolon",
        ),
    ],
)
def test_what_is_not_one_select_is_refused(query: str, message: str, hint: str) -> None:
    with pytest.raises(SourceError) as caught:
        one_select(query)
    assert (caught.value.code, caught.value.message, caught.value.hint) == ("DD829", message, hint)


def test_a_placeholder_is_shown_where_it_stands() -> None:
    error = parameter_error("SELECT '?' -- ?\nFROM t WHERE a = ?")
    assert error.message.startswith("the query holds a `?` (line 2, column 18)")
    assert error.details == ("2 | FROM t WHERE a = ?", "  |                  ^")


@given(st.text(max_size=30))
def test_names_between_backticks_are_one_token_with_that_name(name: str) -> None:
    [token] = tokens(quoted(name))
    assert (token.kind, token.name) == ("quoted", name)


@given(st.text(st.characters(exclude_categories=("Cs",)), max_size=30))
def test_a_text_literal_has_nothing_to_escape(text: str) -> None:
    literal = text_literal(text)
    assert literal.startswith("_utf8mb4 X'")
    assert bytes.fromhex(literal[len("_utf8mb4 X'") : -1]).decode() == text


@given(st.text(max_size=60))
def test_any_text_is_cut_into_tokens_that_stand_in_it(query: str) -> None:
    for token in tokens(query):
        assert query[token.offset : token.offset + len(token.text)] == token.text
