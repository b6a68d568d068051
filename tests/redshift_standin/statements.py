"""A client's statement: what it is, whether Redshift runs it, and what PostgreSQL is told."""

from dataclasses import dataclass
from enum import Enum, auto

from redshift_standin import refusals, session_parameters
from redshift_standin.column_types import column_type
from redshift_standin.create_table import Table, table_constraint, table_name, translate_create_table
from redshift_standin.errors import RedshiftError, syntax_error
from redshift_standin.expressions import translate_expressions
from redshift_standin.tokens import (
    Kind,
    Token,
    join,
    meaningful,
    name_value,
    quoted,
    split_statements,
    tokenize,
)


class Action(Enum):
    """Who runs a statement."""

    FORWARD = auto()
    COPY = auto()
    UNLOAD = auto()
    TRUNCATE = auto()
    APPEND = auto()
    OUTSIDE = auto()
    COMMIT = auto()


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement.

    Attributes:
        action: Who runs it.
        text: As the client sent it.
        sql: What PostgreSQL is told.
        tokens: The meaningful tokens of `text`.
    """

    action: Action
    text: str
    sql: str
    tokens: tuple[Token, ...]

    @property
    def first_word(self) -> str:
        return self.tokens[0].word if self.tokens else ""


def read_statements(sql: str) -> list[Statement]:
    """The statements of a query string. Raises `RedshiftError` for one that Redshift does not run."""
    return [_read(tokens) for tokens in split_statements(tokenize(sql))]


def _read(tokens: list[Token]) -> Statement:
    text, core = join(tokens).strip(), meaningful(tokens)
    first = core[0].word
    words = [token.word for token in core]
    if first == "copy" and "from" in words and "stdin" not in words and "program" not in words:
        return Statement(Action.COPY, text, "", tuple(core))
    if first == "unload":
        return Statement(Action.UNLOAD, text, "", tuple(core))
    if first == "copy":
        raise RedshiftError("0A000", "COPY FROM STDIN and COPY TO STDOUT are not supported")
    refusals.check(core)
    action, translated = _translate(core, words)
    if translated is None:
        return Statement(action, text, _keep_layout(tokens, core), tuple(core))
    return Statement(action, text, translated, tuple(core))


def _keep_layout(tokens: list[Token], core: list[Token]) -> str:
    """The statement itself where no expression changes, so that error positions stay true."""
    changed = translate_expressions(core)
    return join(tokens) if changed == core else " ".join(token.text for token in changed)


def _translate(core: list[Token], words: list[str]) -> tuple[Action, str | None]:
    first = words[0]
    if first == "create" and "table" in words[:4] and words[1] != "external":
        return Action.FORWARD, translate_create_table(core)
    if first == "create" and words[1:2] == ["external"]:
        raise RedshiftError("0A000", "external tables are not supported by the stand-in")
    if first == "create" and words[-5:] == ["with", "no", "schema", "binding"][-5:]:
        return Action.FORWARD, _text(translate_expressions(core[:-4]))
    if first == "alter" and words[1:2] == ["table"]:
        return _alter_table(core, words)
    if first == "truncate":
        at = 2 if words[1:2] == ["table"] else 1
        name, _, end = table_name(core, at)
        if end < len(core):
            raise syntax_error(core[end].text)
        return Action.TRUNCATE, f"TRUNCATE TABLE {name}"
    if first == "vacuum":
        return Action.OUTSIDE, _vacuum(core, words)
    if first == "analyze" and len(core) > 1:
        at = 2 if words[1] == "compression" else 1
        name, _, _ = table_name(core, at)
        return Action.FORWARD, f"ANALYZE {name}"
    if first in ("commit", "end"):
        return Action.COMMIT, "COMMIT"
    if first in ("set", "show", "reset"):
        return Action.FORWARD, session_parameters.translate(core, words)
    if first in ("create", "drop") and words[1:2] == ["database"]:
        return Action.OUTSIDE, None
    if first == "merge" and words[-2:] == ["remove", "duplicates"]:
        raise RedshiftError("0A000", "MERGE ... REMOVE DUPLICATES is not supported by the stand-in")
    return Action.FORWARD, None


def _text(tokens: list[Token]) -> str:
    return " ".join(token.text for token in tokens)


def _vacuum(core: list[Token], words: list[str]) -> str:
    at = 1
    while at < len(words) and words[at] in ("full", "sort", "delete", "only", "reindex", "recluster"):
        at += 1
    if at >= len(words):
        return "VACUUM"
    name, _, _ = table_name(core, at)
    return f"VACUUM {name}"


def _alter_table(core: list[Token], words: list[str]) -> tuple[Action, str | None]:
    name, bare, at = table_name(core, 2)
    rest = words[at:]
    head = f"ALTER TABLE {name} "
    if rest[:2] == ["append", "from"]:
        source, _, _ = table_name(core, at + 2)
        return Action.APPEND, f"{name}\0{source}"
    if rest[:1] == ["add"] and rest[1:2] in (["constraint"], ["primary"], ["unique"], ["foreign"]):
        table = Table(name, bare)
        table_constraint(core[at + 1 :], table)
        return Action.FORWARD, head + "ADD " + table.keys[0]
    if rest[:1] == ["add"]:
        return Action.FORWARD, head + _added_column(core, at, words, bare)
    if rest[:1] == ["alter"] and "type" in rest:
        column = core[at + 1] if rest[1] != "column" else core[at + 2]
        kind, _ = column_type(core[at + rest.index("type") + 1 :], f"{bare}.{name_value(column)}")
        if not kind.startswith("varchar"):
            raise RedshiftError(
                "0A000", f'cannot alter type of column "{name_value(column)}" to type "{kind}"'
            )
        return Action.OUTSIDE, head + f"ALTER COLUMN {quoted(name_value(column))} TYPE {kind}"
    if rest[:1] == ["alter"] and rest[1:2] != ["column"]:
        return Action.FORWARD, "SELECT 1 WHERE false"
    if rest[:1] == ["alter"] and ("encode" in rest or "default" in rest or "null" in rest):
        raise RedshiftError("0A000", "ALTER COLUMN of this kind is not supported")
    if rest[:1] == ["drop"] and rest[1:2] not in (["column"], ["constraint"]):
        return Action.FORWARD, head + "DROP COLUMN " + _text(translate_expressions(core[at + 1 :]))
    return Action.FORWARD, None


def _added_column(core: list[Token], at: int, words: list[str], bare: str) -> str:
    start = at + (2 if words[at + 1] == "column" else 1)
    if words[start : start + 1] == ["if"] and core[start].kind is Kind.WORD:
        raise syntax_error(core[start + 1].text)
    column = name_value(core[start])
    kind, taken = column_type(core[start + 1 :], f"{bare}.{column}")
    tail = core[start + 1 + taken :]
    said = [token.word for token in tail]
    for forbidden in ("unique", "primary", "references", "identity", "generated", "check"):
        if forbidden in said:
            raise RedshiftError("0A000", f"ALTER TABLE ADD COLUMN with {forbidden.upper()} is not supported")
    if "not" in said and "default" not in said:
        raise RedshiftError(
            "0A000", "ALTER TABLE ADD COLUMN defined as NOT NULL must have a non-null default expression"
        )
    if "encode" in said:
        place = said.index("encode")
        tail = tail[:place] + tail[place + 2 :]
    return f"ADD COLUMN {quoted(column)} {kind} {_text(translate_expressions(tail))}"
