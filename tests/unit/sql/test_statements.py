import pytest

from dataduct.errors import ProblemsError
from dataduct.sql.statements import single_statement, split_statements, strip_transaction


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT 1; SELECT 2;", ("SELECT 1", "SELECT 2")),
        (";;;SELECT 1;;;;SELECT 2;;", ("SELECT 1", "SELECT 2")),
        ("SELECT 'a;b'; SELECT 2", ("SELECT 'a;b'", "SELECT 2")),
        ("SELECT 'it''s; ok'; SELECT 2", ("SELECT 'it''s; ok'", "SELECT 2")),
        ("SELECT 'a;;b'", ("SELECT 'a;;b'",)),
        (
            "SELECT a -- c1\nFROM b -- c2; not split\nWHERE c",
            ("SELECT a -- c1\nFROM b -- c2; not split\nWHERE c",),
        ),
        ("SELECT '--x' FROM t\nWHERE 1=1", ("SELECT '--x' FROM t\nWHERE 1=1",)),
        ("WHERE title = 'a;b -- c?'; SELECT 2", ("WHERE title = 'a;b -- c?'", "SELECT 2")),
        ("SELECT '/* not a comment */' FROM t", ("SELECT '/* not a comment */' FROM t",)),
        ('SELECT "dq ; semi" FROM t', ('SELECT "dq ; semi" FROM t',)),
        ("SELECT $$a;b$$", ("SELECT $$a;b$$",)),
        ("SELECT E'\\'' || 'x'; SELECT 2", ("SELECT E'\\'' || 'x'", "SELECT 2")),
        ("  \n\t ", ()),
        ("", ()),
        ("-- only comment", ()),
        ("CREATE TABLE x (a INT); -- done", ("CREATE TABLE x (a INT)",)),
        ("SELECT 1 -- no newline at end", ("SELECT 1",)),
        ("SELECT a; -- c; d\nSELECT b;", ("SELECT a", "SELECT b")),
        ("SELECT a\r\nFROM b", ("SELECT a\r\nFROM b",)),
        ("SELECT '#{format(@x,';')}'; SELECT 2", ("SELECT '#{format(@x,';')}'", "SELECT 2")),
        ("{% if a %}SELECT 1; SELECT 2;{% endif %}", ("{% if a %}SELECT 1; SELECT 2;{% endif %}",)),
        ("DELETE FROM {{ t }}; SELECT 2", ("DELETE FROM {{ t }}", "SELECT 2")),
    ],
)
def test_statements_are_split_at_semicolons_that_are_code(text: str, expected: tuple[str, ...]) -> None:
    assert split_statements(text) == expected


@pytest.mark.parametrize("text", ["SELECT a /* unterminated FROM t", "SELECT it's broken"])
def test_an_open_end_is_a_problem_and_not_guessed_at(text: str) -> None:
    with pytest.raises(ProblemsError):
        split_statements(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("BEGIN; DELETE FROM a; COMMIT;", ("DELETE FROM a",)),
        ("begin transaction; DELETE FROM a; commit work;", ("DELETE FROM a",)),
        (
            "START TRANSACTION ISOLATION LEVEL SERIALIZABLE, READ ONLY; SELECT 1; end transaction",
            ("SELECT 1",),
        ),
        ("SELECT begin, commit FROM t", ("SELECT begin, commit FROM t",)),
        ("END; ROLLBACK; SELECT 1", ("ROLLBACK", "SELECT 1")),
        ("BEGIN; SELECT 'BEGIN' x; COMMIT", ("SELECT 'BEGIN' x",)),
        ("COMMIT PREPARED 'a'", ("COMMIT PREPARED 'a'",)),
    ],
)
def test_only_whole_begin_and_commit_statements_are_dropped(text: str, expected: tuple[str, ...]) -> None:
    assert strip_transaction(split_statements(text)) == expected


def test_a_query_is_one_statement() -> None:
    assert single_statement("SELECT 1; -- that is all") == "SELECT 1"
    for text, message in (
        ("", "the query is empty"),
        ("SELECT 1;\nSELECT 2", "the query holds 2 statements"),
    ):
        with pytest.raises(ProblemsError) as caught:
            single_statement(text)
        assert caught.value.problems[0].message == message
    assert str(caught.value.problems[0].position) == "<sql>:2:1"
