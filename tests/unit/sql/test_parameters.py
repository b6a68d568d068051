import pytest

from dataduct.errors import UserError
from dataduct.model.operations import SqlParameter, SqlStatement
from dataduct.sql.dialect import DUCKDB, REDSHIFT
from dataduct.sql.parameters import substitute


def statements(*texts: str) -> tuple[SqlStatement, ...]:
    return tuple(SqlStatement(text=text, purpose="test") for text in texts)


def test_parameters_are_put_in_order_over_the_whole_script() -> None:
    script = statements("DELETE FROM t WHERE a = %s AND b LIKE '%%z'", "SELECT %s, %s, %s, %s")
    assert substitute(script, ["it's", 5, -1.5, None, "%s"], DUCKDB) == statements(
        "DELETE FROM t WHERE a = 'it''s' AND b LIKE '%z'", "SELECT 5, (-1.5), NULL, '%s'"
    )


def test_backslashes_mean_themselves_in_every_dialect() -> None:
    assert substitute(statements("SELECT %s"), ["a\\b"], DUCKDB)[0].text == "SELECT 'a\\b'"
    assert substitute(statements("SELECT %s"), ["a\\b"], REDSHIFT)[0].text == "SELECT E'a\\\\b'"


def test_without_parameters_a_percent_sign_stands_for_itself() -> None:
    script = statements("SELECT 1 WHERE a LIKE 'a%' OR b = '%s'")
    assert substitute(script, [], DUCKDB) == script


@pytest.mark.parametrize(
    ("text", "parameters", "code", "message"),
    [
        ("SELECT %s", [1, 2], "DD430", "the script has 1 %s and there are 2 parameters"),
        ("SELECT %s, %s", [1], "DD430", "the script has 2 %s and there is 1 parameter"),
        ("SELECT 'a%'", [1], "DD431", "`%'` is no placeholder; a script with parameters takes %s only"),
        (
            "SELECT %(name)s",
            [1],
            "DD431",
            "`%(name)s` is no placeholder; a script with parameters takes %s only",
        ),
        ("SELECT 1 %", [1], "DD431", "`%` is no placeholder; a script with parameters takes %s only"),
        ("SELECT %s", [float("inf")], "DD431", "parameter inf has no SQL literal"),
    ],
)
def test_wrong_parameters_are_explained(
    text: str, parameters: list[SqlParameter], code: str, message: str
) -> None:
    with pytest.raises(UserError) as caught:
        substitute(statements(text), parameters, DUCKDB)
    assert (caught.value.code, caught.value.message) == (code, message)
