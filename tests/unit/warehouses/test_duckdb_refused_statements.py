"""Where a refused statement is wrong: the line, and carets below the whole name."""

import duckdb
import pytest

from dataduct.errors import SqlError
from dataduct.warehouses.duckdb_errors import translated


def refusal(message: str, statement: str) -> SqlError:
    error = translated(duckdb.Error(message), statement)
    assert isinstance(error, SqlError)
    return error


@pytest.mark.parametrize("carets", ["^", "^^^^^^^"])
def test_carets_stand_below_the_whole_name(carets):
    message = f'Binder Error: Referenced column "c.tilte" not found\n\nLINE 2: WHERE c.tilte = 1\n{" " * 14}{carets}'
    assert refusal(message, "DELETE FROM t\nWHERE c.tilte = 1").details == (
        "2 | WHERE c.tilte = 1",
        "  |       ^^^^^^^",
    )


MISSING = 'Catalog Error: Table with name course does not exist!\nDid you mean "courses"?'


@pytest.mark.parametrize("named", ["prod.course", "course", '"prod"."course"', "PROD.COURSE"])
def test_a_missing_table_is_found_in_the_statement(named):
    error = refusal(MISSING, f"DELETE\nFROM {named} WHERE id = 1")
    assert error.details == (f"2 | FROM {named} WHERE id = 1", "  |      " + "^" * len(named))
    assert error.hint == "did you mean `courses`?"


@pytest.mark.parametrize(
    "statement",
    ["SELECT course FROM prod.course", "SELECT * FROM courses", f"SELECT {'x, ' * 60} 1 FROM course"],
    ids=["named twice", "not named", "a long line"],
)
def test_the_statement_is_shown_where_the_place_is_not_sure(statement):
    [shown] = refusal(MISSING, statement).details
    assert "^" not in shown
    assert shown.startswith(statement[:20])
    assert len(shown) <= 160
