import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dataduct.errors import ProblemsError
from dataduct.model.position import Position
from dataduct.model.template import TemplateSource
from dataduct.sql.tokens import tokenize

PIECES = st.sampled_from(
    [
        *(
            "'",
            "''",
            '"',
            "`",
            "--",
            "\n",
            "/*",
            "*/",
            "$$",
            "$a$",
            "E'",
            "\\",
            "{{",
            "}}",
            "{%",
            "%}",
            "#{",
            "}",
            ";",
        ),
        *("a", "_b1", "1", "1.5e3", ".", ",", "::", " ", "é", "%s", "(", ")", "ſ", "²", "\x00", "1..2"),
    ]
)


def kinds(text: str) -> list[tuple[str, str]]:
    return [(token.kind, token.text) for token in tokenize(text) if token.kind != "space"]


@settings(deadline=None)
@given(st.lists(PIECES, max_size=12).map("".join) | st.text(max_size=30))
@example("a.5 b")
@example("'{{ x['a'] }}'")
def test_the_tokens_join_to_the_text_or_a_problem_names_a_place_in_it(text: str) -> None:
    try:
        tokens = tokenize(text)
    except ProblemsError as error:
        assert {problem.code for problem in error.problems} == {"DD401"}
        assert all(problem.position is not None for problem in error.problems)
        return
    assert "".join(token.text for token in tokens) == text
    assert all(text[token.start : token.end] == token.text for token in tokens)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("'it''s; ok'", [("string", "'it''s; ok'")]),
        ("E'\\'' || x", [("string", "E'\\''"), ("operator", "||"), ("word", "x")]),
        ("$$a;'b$$", [("string", "$$a;'b$$")]),
        ("$f$ $$ $f$", [("string", "$f$ $$ $f$")]),
        ('"a""b".`c`', [("quoted", '"a""b"'), ("operator", "."), ("quoted", "`c`")]),
        ("5--3", [("number", "5"), ("comment", "--3")]),
        ("/* a /* b */ c */ d", [("comment", "/* a /* b */ c */"), ("word", "d")]),
        ("a::int", [("word", "a"), ("operator", "::"), ("word", "int")]),
        ("{{ a['}}'] }}.t", [("template", "{{ a['}}'] }}"), ("operator", "."), ("word", "t")]),
        ("#{format(@x,'YYYY')}", [("template", "#{format(@x,'YYYY')}")]),
        ("'#{format(@x,'YYYY')}'", [("string", "'#{format(@x,'YYYY')}'")]),
        ("'{{ not closed'", [("string", "'{{ not closed'")]),
        ("t.5", [("word", "t"), ("operator", "."), ("number", "5")]),
        ("1.5e-3", [("number", "1.5e-3")]),
    ],
)
def test_kinds_of_tokens(text: str, expected: list[tuple[str, str]]) -> None:
    assert kinds(text) == expected


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("SELECT 'abc", "f.yaml:7:12", "the string is never closed"),
        ('SELECT\n  "abc', "f.yaml:8:7", 'the quoted name " is never closed'),
        ("SELECT /* a", "f.yaml:7:12", "the comment `/*` is never closed"),
        ("SELECT $a$ x", "f.yaml:7:12", "the text `$a$` is never closed"),
        ("SELECT {{ a", "f.yaml:7:12", "the template `{{` is never closed"),
    ],
)
def test_what_is_never_closed_is_reported_where_it_opens(text: str, place: str, message: str) -> None:
    source = TemplateSource(text, Position("f.yaml", 7, 5), indent=4)
    with pytest.raises(ProblemsError) as caught:
        tokenize(text, source)
    (problem,) = caught.value.problems
    assert (str(problem.position), problem.message) == (place, message)
