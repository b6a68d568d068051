"""The settings of a PostgreSQL connection, and the text of a query before the server reads it."""

import pytest

from dataduct.codes import catalogue
from dataduct.config.options import check_options
from dataduct.connectors.postgres_connection import PostgresSettings
from dataduct.connectors.postgres_errors import ServerReport, translated
from dataduct.connectors.postgres_query import array, literal, one_select, whole_table
from dataduct.connectors.postgres_types import PostgresType, postgres_column
from dataduct.errors import Interrupted, SourceError, SqlError, TransientError, UserError
from dataduct.model.cancellation import Cancellation
from dataduct.sql.dialect import quoted

SECRET = "pw-that-must-not-show"


def checked(**options: object) -> PostgresSettings:
    return check_options(PostgresSettings, options, owner="the connection `shop`", code="DD820")


def test_defaults_and_other_names() -> None:
    settings = checked(type="postgresql", username="reader", password=12345, database="shop", port="6543")
    parameters = settings.parameters()
    assert parameters["host"] == "localhost"
    assert parameters["port"] == 6543
    assert parameters["user"] == "reader"
    assert parameters["password"] == "12345"
    assert parameters["sslmode"] == "prefer"
    assert settings.parameters("other")["dbname"] == "other"
    assert settings.server() == "localhost:6543/shop"


def test_a_url_says_everything() -> None:
    settings = checked(
        url=f"postgresql://reader:{SECRET}%40@db:6543/shop?sslmode=verify-full&sslrootcert=system"
    )
    parameters = settings.parameters()
    assert parameters["password"] == f"{SECRET}@"
    assert parameters["sslmode"] == "verify-full"
    assert settings.server("other") == "db:6543/other"
    assert SECRET not in repr(settings)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "lacks the option `user`"),
        ({"user": "a", "hots": "b"}, "no option `hots`"),
        ({"user": "a", "port": 0}, "`port`"),
        ({"user": "a", "sslmode": "on"}, "`sslmode`"),
        ({"user": "a", "statement_timeout": 0}, "`statement_timeout`"),
        ({"url": f"mysql://a:{SECRET}@b/c"}, "write it like postgresql://"),
        ({"url": f"postgresql://[a:{SECRET}"}, "write it like postgresql://"),
        ({"url": f"postgresql://a:{SECRET}@b/c", "password": SECRET}, "cannot stand beside `url`"),
        ({"url": f"postgresql://a:{SECRET}@b/c", "database": "d"}, "cannot stand beside `url`"),
        (
            {"url": f"postgresql://a:{SECRET}@b/c?sslmode=require", "sslmode": "disable"},
            "cannot stand beside `url`",
        ),
    ],
)
def test_wrong_settings_are_named_and_no_secret_is(options: dict[str, object], words: str) -> None:
    with pytest.raises(UserError) as caught:
        checked(**options)
    assert caught.value.code == "DD820"
    assert words in caught.value.message
    assert SECRET not in f"{caught.value.message} {caught.value.hint} {caught.value.details}"


@pytest.mark.parametrize(
    "url", [f"postgresql://a:{SECRET}%zz@b/c", f"postgresql://a:{SECRET}@b/c?nonsense=1"]
)
def test_a_url_that_libpq_cannot_read(url: str) -> None:
    with pytest.raises(UserError) as caught:
        checked(url=url).parameters()
    assert caught.value.code == "DD820"
    assert SECRET not in f"{caught.value.message} {caught.value.hint} {caught.value.__cause__}"


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ("SELECT 1", "SELECT 1"),
        ("SELECT 1 ; ;\n", "SELECT 1 "),
        ("SELECT ';' -- ;", "SELECT ';' -- ;"),
        ("select 1; -- done; really", "select 1"),
        ("/* a /* nested */ one */ WITH a AS (SELECT $$;$$) TABLE a;", None),
        ("((SELECT 1))", "((SELECT 1))"),
        ("VALUES (E'\\';')", "VALUES (E'\\';')"),
    ],
)
def test_a_semicolon_at_the_end_goes(query: str, kept: str | None) -> None:
    assert one_select(query) == (query[:-1] if kept is None else kept)


@pytest.mark.parametrize(
    "query", ["", " ; ", "-- SELECT", "DELETE FROM a", "EXPLAIN SELECT 1", '"select" 1', "''"]
)
def test_what_does_not_begin_like_a_query_is_refused(query: str) -> None:
    with pytest.raises(SourceError) as caught:
        one_select(query)
    assert caught.value.code == "DD829"


@pytest.mark.parametrize(
    ("query", "table"),
    [
        ("SELECT * FROM a", "a"),
        ('select "x y", a.b AS "from" from s . "T"', 's."T"'),
        ("SELECT a b FROM t", None),
        ("SELECT count(*) FROM t", None),
        ("SELECT DISTINCT a FROM t", None),
        ("SELECT * FROM t WHERE a", None),
        ("SELECT * FROM t x", None),
        ("SELECT * FROM t, u", None),
        ("SELECT * FROM ONLY t", None),
        ("SELECT * FROM f()", None),
        ("SELECT a FROM t UNION SELECT a FROM u", None),
        ("SELECT current_date FROM t", None),
        ("SELECT FROM t", None),
        ("TABLE t", None),
    ],
)
def test_only_plain_columns_of_one_table_are_a_whole_table(query: str, table: str | None) -> None:
    assert whole_table(query) == table


def test_texts_in_statements_are_quoted() -> None:
    assert quoted('a"b') == '"a""b"'
    assert literal("it's") == "'it''s'"
    assert literal("a\\'b") == " E'a\\\\''b'"
    assert array(['a"b', "c\\d", ""]) == '{"a\\"b","c\\\\d",""}'


@pytest.mark.parametrize(
    ("state", "error", "code"),
    [
        (None, TransientError, "DD824"),
        ("08006", TransientError, "DD824"),
        ("57P01", TransientError, "DD830"),
        ("57014", TransientError, "DD830"),
        ("40001", TransientError, "DD830"),
        ("53200", TransientError, "DD830"),
        ("53300", TransientError, "DD821"),
        ("28P01", SourceError, "DD822"),
        ("42501", SourceError, "DD822"),
        ("3D000", SourceError, "DD823"),
        ("25006", SourceError, "DD829"),
        ("22012", SourceError, "DD825"),
    ],
)
def test_sqlstates_become_errors(state: str | None, error: type[Exception], code: str) -> None:
    found = translated(ServerReport(state, "the words"), server="db:5432/shop")
    assert type(found) is error
    assert found.code == code
    assert code in catalogue()


def test_a_refusal_shows_its_place_and_the_nearest_name() -> None:
    query = "SELECT é,\n  carier FROM flights"
    report = ServerReport("42703", 'column "carier" does not exist', position=query.index("carier") + 1 + 6)
    found = translated(report, server="db", query=query, offset=6, names=lambda: ["carrier", "id"])
    assert "(line 2, column 3)" in found.message
    assert found.hint == "did you mean `carrier`?"
    assert found.details == ("2 |   carier FROM flights", "  |   ^^^^^^")


def test_the_caller_chooses_what_a_refusal_is() -> None:
    found = translated(ServerReport("42601", "no"), server="db", refusal=SqlError, code="DD705")
    assert type(found) is SqlError
    assert found.code == "DD705"


def test_what_was_asked_to_stop_is_interrupted() -> None:
    cancellation = Cancellation()
    cancellation.request("timeout")
    found = translated(ServerReport("57014", "canceled"), server="db", cancellation=cancellation)
    assert type(found) is Interrupted


@pytest.mark.parametrize(
    ("precision", "scale", "arrow"),
    [
        (38, 10, "decimal128(38, 10)"),
        (39, 0, "string"),
        (2, -3, "decimal128(5, 0)"),
        (3, 5, "decimal128(5, 5)"),
    ],
)
def test_a_numeric_is_read_by_its_digits(precision: int, scale: int, arrow: str) -> None:
    modifier = ((precision << 16) | (scale & 0x7FF)) + 4
    type_ = PostgresType(1700, modifier, "numeric", "numeric", "b", "N")
    assert str(postgres_column("n", type_, None).wire.type) == arrow
