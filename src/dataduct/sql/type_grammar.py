"""Reading a column's type."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NoReturn

from dataduct.errors import ProblemsError
from dataduct.model.nearest import nearest_name
from dataduct.model.position import Position
from dataduct.model.table import ColumnType
from dataduct.model.template import TemplateSource
from dataduct.sql.column_types import (
    INTERVAL_FIELDS,
    RULES,
    SERIALS,
    SYNONYMS,
    VARCHAR_MAX,
    folded_type,
    type_problem,
)
from dataduct.sql.cursor import Cursor, GrammarError
from dataduct.sql.tokens import Token, tokenize

_LONGEST_SPELLING = 4
_ELSEWHERE: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("TINYTEXT", "MEDIUMTEXT", "LONGTEXT", "CLOB", "NTEXT", "NCLOB"), "TEXT"),
        **dict.fromkeys(("VARCHAR2", "NVARCHAR2"), "VARCHAR"),
        **dict.fromkeys(("TINYBLOB", "MEDIUMBLOB", "LONGBLOB", "BYTES"), "VARBYTE"),
        **dict.fromkeys(("DATETIME2", "SMALLDATETIME"), "TIMESTAMP"),
        **dict.fromkeys(("ENUM", "SET"), "VARCHAR"),
        "DATETIMEOFFSET": "TIMESTAMPTZ",
        "MEDIUMINT": "INTEGER",
        "NUMBER": "NUMERIC",
        "YEAR": "SMALLINT",
        "UNIQUEIDENTIFIER": "UUID",
        "VARIANT": "SUPER",
    }
)
_NESTED = frozenset({"ARRAY", "STRUCT", "MAP", "LIST", "UNION", "ROW"})


def parse_column_type(text: str) -> ColumnType:
    """Return the column type that a text such as `character varying(20)` or `DECIMAL(9,2)` names.

    Raises:
        ProblemsError: It is no type that a table definition may have (DD403 to DD405, DD412).
    """
    source = TemplateSource(text, Position("<type>"))
    cursor = Cursor([token for token in tokenize(text, source) if token.is_significant], source, len(text))
    try:
        column_type = read_type(cursor)
        if not cursor.done:
            cursor.unexpected("the end of the type")
    except GrammarError as error:
        raise ProblemsError([error.problem]) from None
    return column_type


def read_type(cursor: Cursor) -> ColumnType:
    """Step over a type and return it folded. Raises GrammarError."""
    first = cursor.peek()
    if first is not None and first.kind == "template":
        cursor.template("a column type")
    cursor.take("PG_CATALOG", ".")
    first = cursor.peek()
    name = _take_spelling(cursor)
    if first is None or name is None:
        _fail_unknown(cursor)
    if name == "INTERVAL":
        name = _interval(cursor)
    arguments = _arguments(cursor)
    if name in ("TIME", "TIMESTAMP"):
        zoned = cursor.take("WITH", "TIME", "ZONE")
        if not zoned:
            cursor.take("WITHOUT", "TIME", "ZONE")
        name = f"{name} WITH TIME ZONE" if zoned else name
    if cursor.at("[") or cursor.at("ARRAY"):
        _fail_nested(cursor, first)
    if problem := type_problem(name, arguments):
        hint = None if name in RULES else "leave the parentheses out"
        cursor.fail("DD405", problem, token=first, hint=hint)
    return folded_type(name, arguments)


def skip_type(cursor: Cursor) -> None:
    """Step over a type as it stands in a cast, whatever it is. Raises GrammarError."""
    if _take_spelling(cursor) is None:
        cursor.name("a type")
        while cursor.take("."):
            cursor.name("a type")
    if cursor.at("("):
        cursor.skip_group()
    if not cursor.take("WITH", "TIME", "ZONE"):
        cursor.take("WITHOUT", "TIME", "ZONE")
    while cursor.at("["):
        cursor.skip_group()


def is_type_word(token: Token | None) -> bool:
    """Whether a type can begin with this token."""
    return token is not None and (
        token.upper in SYNONYMS or token.upper in SERIALS or token.upper == "NATIONAL"
    )


def _take_spelling(cursor: Cursor) -> str | None:
    """Step over the longest spelling of a type that comes next; return its folded name."""
    words: list[str] = []
    while len(words) < _LONGEST_SPELLING and (token := cursor.peek(len(words))) is not None and token.upper:
        words.append(token.upper)
    for count in range(len(words), 0, -1):
        folded = SYNONYMS.get(" ".join(words[:count]))
        if folded is not None:
            cursor.index += count
            return folded
    return None


def _interval(cursor: Cursor) -> str:
    first = cursor.take_any(INTERVAL_FIELDS)
    if first is None:
        return "INTERVAL"
    if not cursor.take("TO"):
        return f"INTERVAL {first}"
    last = cursor.take_any(INTERVAL_FIELDS)
    if last is None:
        cursor.unexpected("a field such as `SECOND`")
    return f"INTERVAL {first} TO {last}"


def _arguments(cursor: Cursor) -> tuple[int, ...]:
    if not cursor.take("("):
        return ()
    arguments: list[int] = []
    while True:
        arguments.append(VARCHAR_MAX if cursor.take("MAX") else cursor.integer("a number"))
        if not cursor.take(","):
            break
    cursor.require(")")
    return tuple(arguments)


def _fail_unknown(cursor: Cursor) -> NoReturn:
    token = cursor.next("a column type")
    if token.kind not in ("word", "quoted"):
        cursor.index -= 1
        cursor.unexpected("a column type")
    word = token.name.upper()
    if word in _NESTED:
        _fail_nested(cursor, token)
    nearest = _ELSEWHERE.get(word) or nearest_name(word, [*SYNONYMS, *SERIALS])
    hint = f"did you mean `{nearest}`?" if nearest else None
    cursor.fail("DD404", f"`{token.text}` is no column type", token=token, hint=hint)


def _fail_nested(cursor: Cursor, token: Token) -> NoReturn:
    cursor.fail(
        "DD412",
        "array and nested columns are not supported",
        token=token,
        hint="use JSON, or SUPER on Amazon Redshift",
    )
