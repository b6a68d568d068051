"""Redshift's expressions as PostgreSQL's: functions by rewriting where they have a syntax of their own.

What is an ordinary function in Redshift (GETDATE, LEN, CHARINDEX, ...) is created in the database by the set-up.
"""

from redshift_standin.column_types import column_type
from redshift_standin.errors import RedshiftError
from redshift_standin.tokens import Kind, Token, closing, literal, split_commas, tokenize

_RENAMED = {"nvl": "COALESCE", "isnull": "COALESCE", "minus": "EXCEPT"}
_DATE_FUNCTIONS = {"dateadd", "datediff", "date_add", "date_diff"}
_CATALOG = {"pg_constraint": "pg_internal.redshift_constraint"}


def translate_expressions(tokens: list[Token]) -> list[Token]:
    """Translate the expressions of a statement. Takes and gives meaningful tokens."""
    done: list[Token] = []
    at = 0
    while at < len(tokens):
        produced, at = _step(tokens, at)
        done += produced
    return done


def _step(tokens: list[Token], at: int) -> tuple[list[Token], int]:
    token = tokens[at]
    word = token.word
    following = tokens[at + 1].word if at + 1 < len(tokens) else ""
    before = tokens[at - 1].word if at else ""
    if token.kind is Kind.QUOTED:
        return [Token(Kind.QUOTED, token.text.lower())], at + 1
    if token.kind is not Kind.WORD:
        if word == "::":
            return _cast_type(tokens, at)
        return [token], at + 1
    if word in _CATALOG:
        return [Token(Kind.WORD, _CATALOG[word])], at + 1
    if word == "pg_catalog" and following == "." and at + 2 < len(tokens) and tokens[at + 2].word in _CATALOG:
        return [Token(Kind.WORD, _CATALOG[tokens[at + 2].word])], at + 3
    if word == "sysdate" and before != ".":
        return tokenize("pg_catalog.redshift_sysdate()"), at + 1
    if word == "approximate" and following in ("count", "percentile_disc"):
        return [], at + 1
    if word == "minus" and following in ("select", "(") and before not in ("", ",", "(", "select"):
        return [Token(Kind.WORD, "EXCEPT")], at + 1
    if before == "." or following != "(":
        return [token], at + 1
    return _call(tokens, at, word)


def _call(tokens: list[Token], at: int, word: str) -> tuple[list[Token], int]:
    end = closing(tokens, at + 1)
    arguments = split_commas(tokens[at + 2 : end])
    if word in ("nvl", "isnull"):
        return [Token(Kind.WORD, _RENAMED[word])], at + 1
    if word in _DATE_FUNCTIONS and arguments and len(arguments[0]) == 1 and arguments[0][0].kind is Kind.WORD:
        part = Token(Kind.STRING, literal(arguments[0][0].text.lower()))
        rest = translate_expressions(tokens[at + 3 : end])
        return [tokens[at], tokens[at + 1], part, *rest, tokens[end]], end + 1
    if word == "listagg":
        return _listagg(tokens, at, end)
    if word == "decode":
        return _decode(arguments), end + 1
    if word == "convert" and len(arguments) == 2:
        kind, _ = column_type(arguments[0], "expression")
        return [*tokenize("CAST("), *translate_expressions(arguments[1]), *tokenize(f" AS {kind})")], end + 1
    if word == "cast":
        return _cast(tokens, at, end), end + 1
    return [tokens[at]], at + 1


def _cast_type(tokens: list[Token], at: int) -> tuple[list[Token], int]:
    """Translate the types whose spelling or default PostgreSQL does not share, in `expression::type`."""
    kind, taken = _expression_type(tokens[at + 1 :])
    return [tokens[at], *kind], at + 1 + taken


def _cast(tokens: list[Token], at: int, end: int) -> list[Token]:
    depth, place = 0, None
    for here in range(at + 2, end):
        depth += {"(": 1, ")": -1}.get(tokens[here].word, 0)
        if depth == 0 and tokens[here].word == "as":
            place = here
    if place is None:
        raise RedshiftError("42601", f'syntax error at or near "{tokens[end].text}"')
    kind, taken = _expression_type(tokens[place + 1 : end])
    inner = translate_expressions(tokens[at + 2 : place])
    return [
        tokens[at],
        tokens[at + 1],
        *inner,
        tokens[place],
        *kind,
        *tokens[place + 1 + taken : end],
        tokens[end],
    ]


def _expression_type(tokens: list[Token]) -> tuple[list[Token], int]:
    words = [token.word or token.text.lower() for token in tokens[:4]]
    translated = {
        "varchar",
        "nvarchar",
        "char",
        "character",
        "nchar",
        "decimal",
        "numeric",
        "varbyte",
        "varbinary",
    }
    if words and words[0] in translated:
        kind, taken = column_type(tokens, "expression")
        if words[0] in ("varchar", "nvarchar") and taken == 1:
            kind = "varchar"
        return tokenize(kind), taken
    return tokens[:1], min(1, len(tokens))


def _listagg(tokens: list[Token], at: int, end: int) -> tuple[list[Token], int]:
    inside = tokens[at + 2 : end]
    distinct = bool(inside) and inside[0].word == "distinct"
    parts = split_commas(inside[1:] if distinct else inside)
    value = translate_expressions(parts[0])
    delimiter = translate_expressions(parts[1]) if len(parts) > 1 else tokenize("''")
    order: list[Token] = []
    after = end + 1
    if [token.word for token in tokens[after : after + 3]] == ["within", "group", "("]:
        group_end = closing(tokens, after + 2)
        order = translate_expressions(tokens[after + 3 : group_end])
        after = group_end + 1
    head = tokenize("string_agg(" + ("DISTINCT " if distinct else ""))
    return [*head, *tokenize("("), *value, *tokenize(")::text,"), *delimiter, *order, *tokenize(")")], after


def _decode(arguments: list[list[Token]]) -> list[Token]:
    if len(arguments) < 3:
        raise RedshiftError("42883", "function decode() with less than three arguments does not exist")
    subject = translate_expressions(arguments[0])
    made = tokenize("CASE ")
    pairs = len(arguments) - 1
    for place in range(1, pairs - pairs % 2 + 1, 2):
        search, result = (translate_expressions(arguments[place + step]) for step in (0, 1))
        made += [*tokenize("WHEN (("), *subject, *tokenize(")=("), *search, *tokenize(") OR (("), *subject]
        made += [*tokenize(") IS NULL AND ("), *search, *tokenize(") IS NULL)) THEN "), *result]
    if pairs % 2:
        made += [*tokenize(" ELSE "), *translate_expressions(arguments[-1])]
    return [*made, *tokenize(" END")]
