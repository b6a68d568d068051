"""CREATE TABLE of Redshift as CREATE TABLE of PostgreSQL.

Keys are declared and not enforced: each becomes a CHECK constraint that is always true and that names its columns,
so that it is renamed, dropped and rolled back with the table. The set-up's views read it back as a key.
"""

import json
from dataclasses import dataclass, field

from redshift_standin.column_types import column_type
from redshift_standin.errors import RedshiftError, syntax_error
from redshift_standin.expressions import translate_expressions
from redshift_standin.tokens import (
    Kind,
    Token,
    closing,
    literal,
    name_value,
    quoted,
    split_commas,
)

_STARTS = {"not", "null", "default", "identity", "generated", "encode", "distkey", "sortkey", "collate", "unique",
           "primary", "references", "constraint", "check"}  # fmt: skip
_ENCODINGS = frozenset(
    [
        "auto",
        "raw",
        "az64",
        "bytedict",
        "delta",
        "delta32k",
        "lzo",
        "mostly8",
        "mostly16",
        "mostly32",
        "runlength",
        "text255",
        "text32k",
        "zstd",
    ]
)


@dataclass
class Table:
    """What a CREATE TABLE says.

    Attributes:
        name: As it is written to PostgreSQL.
        columns: Column definitions of PostgreSQL, by column name, without NOT NULL.
    """

    name: str
    bare_name: str
    columns: dict[str, str] = field(default_factory=dict)
    not_null: set[str] = field(default_factory=set)
    likes: list[str] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    encodings: dict[str, str] = field(default_factory=dict)
    distkey: str | None = None
    sortkey: list[str] = field(default_factory=list)
    diststyle: str = "AUTO"
    primary: bool = False


def key_check(kind: str, columns: list[str], extra: str = "") -> str:
    """A CHECK that is always true, names the columns in order and carries what it stands for."""
    tests = " OR ".join(f"{quoted(column)} IS NULL" for column in columns)
    return f"CHECK ({tests} OR {literal('redshift:' + kind)} IS NOT NULL{extra})"


def translate_create_table(tokens: list[Token]) -> str:
    """Translate CREATE TABLE (also AS and LIKE). `tokens` are meaningful ones."""
    words = [token.word for token in tokens]
    at = words.index("table") + 1
    temporary = any(word in ("temp", "temporary") for word in words[:at])
    head = "CREATE TEMPORARY TABLE " if temporary else "CREATE TABLE "
    if words[at : at + 3] == ["if", "not", "exists"]:
        head, at = head + "IF NOT EXISTS ", at + 3
    name, bare, at = table_name(tokens, at)
    if bare.startswith("#"):
        head = head.replace("CREATE TABLE", "CREATE TEMPORARY TABLE")
    table = Table(name, bare)
    body: list[Token] = []
    if words[at : at + 1] == ["("]:
        end = closing(tokens, at)
        body, at = tokens[at + 1 : end], end + 1
    at = _table_attributes(tokens, at, table)
    if at < len(tokens):
        if tokens[at].word != "as":
            raise syntax_error(tokens[at].text)
        listed = f" ({', '.join(quoted(name_value(part[0])) for part in split_commas(body))})" if body else ""
        return f"{head}{name}{listed} AS {_spaced(translate_expressions(tokens[at + 1 :]))}"
    if not body:
        raise syntax_error(tokens[-1].text)
    for item in split_commas(body):
        _item(item, table)
    return head + name + " (" + ", ".join(_definitions(table)) + ")"


def table_name(tokens: list[Token], at: int) -> tuple[str, str, int]:
    """A possibly qualified name as PostgreSQL takes it, its last part, and the place behind it."""
    parts = [name_value(tokens[at])]
    at += 1
    while at + 1 < len(tokens) and tokens[at].word == ".":
        parts.append(name_value(tokens[at + 1]))
        at += 2
    if len(parts) == 3:
        parts = parts[1:]
    return ".".join(quoted(part) for part in parts), parts[-1], at


def _spaced(tokens: list[Token]) -> str:
    return " ".join(token.text for token in tokens)


def _item(item: list[Token], table: Table) -> None:
    if not item:
        raise syntax_error(")")
    first = item[0].word
    if first == "like":
        name, _, at = table_name(item, 1)
        table.likes.append(f"LIKE {name} {' '.join(token.text for token in item[at:])}")
    elif first in ("primary", "unique", "foreign", "constraint", "check") and item[0].kind is Kind.WORD:
        table_constraint(item, table)
    else:
        _column(item, table)


def table_constraint(item: list[Token], table: Table) -> None:
    """Take a table constraint of CREATE TABLE or of ALTER TABLE ADD into the table."""
    given, at = None, 0
    if item[0].word == "constraint":
        given, at = name_value(item[1]), 2
    kind = item[at].word
    if kind == "check":
        raise RedshiftError("0A000", "CHECK constraints are not supported")
    at = next((place for place, token in enumerate(item) if token.word == "(" and place > at), len(item))
    if at == len(item):
        raise syntax_error(item[-1].text)
    end = closing(item, at)
    columns = [name_value(part[0]) for part in split_commas(item[at + 1 : end])]
    if kind == "foreign":
        if [token.word for token in item[end + 1 : end + 2]] != ["references"]:
            raise syntax_error(item[end].text)
        _foreign_key(table, columns, item[end + 2 :], given)
    elif end + 1 < len(item):
        raise syntax_error(item[end + 1].text)
    elif kind == "primary":
        _primary_key(table, columns, given)
    else:
        _add_key(table, "u", columns, given or f"{table.bare_name}_{'_'.join(columns)}_key")


def _column(item: list[Token], table: Table) -> None:
    name = name_value(item[0])
    if name in table.columns:
        raise RedshiftError("42701", f'column "{name}" duplicated')
    kind, taken = column_type(item[1:], f"{table.bare_name}.{name}")
    definition, at = f"{quoted(name)} {kind}", 1 + taken
    while at < len(item):
        added, at = _attribute(item, at, name, table)
        definition += added
    table.columns[name] = definition


def _attribute(item: list[Token], at: int, column: str, table: Table) -> tuple[str, int]:
    """One attribute of a column: what PostgreSQL is told, and the place behind it."""
    word = item[at].word
    following = item[at + 1].word if at + 1 < len(item) else ""
    if word == "not" and following == "null":
        table.not_null.add(column)
        return "", at + 2
    if word == "null":
        return "", at + 1
    if word == "default":
        end = at + 1
        depth = 0
        while end < len(item) and not (depth == 0 and end > at + 1 and item[end].word in _STARTS):
            depth += {"(": 1, ")": -1}.get(item[end].word, 0)
            end += 1
        return " DEFAULT " + _spaced(translate_expressions(item[at + 1 : end])), end
    if word == "identity" or word == "generated":
        opening = next(place for place in range(at, len(item)) if item[place].word == "(")
        end = closing(item, opening)
        seed, step = (_spaced(part) for part in split_commas(item[opening + 1 : end]))
        table.not_null.add(column)
        always = "BY DEFAULT" if word == "generated" else "ALWAYS"
        return f" GENERATED {always} AS IDENTITY (START WITH {seed} INCREMENT BY {step})".replace(
            "- ", "-"
        ), end + 1
    if word == "encode":
        if following not in _ENCODINGS:
            raise RedshiftError("42601", f'invalid encoding type "{following}" for column "{column}"')
        table.encodings[column] = following
        return "", at + 2
    if word == "distkey":
        _set_distkey(table, column)
        return "", at + 1
    if word == "sortkey":
        table.sortkey.append(column)
        return "", at + 1
    if word == "collate":
        return "", at + 2
    if word == "unique":
        _add_key(table, "u", [column], f"{table.bare_name}_{column}_key")
        return "", at + 1
    if word == "primary" and following == "key":
        _primary_key(table, [column], None)
        return "", at + 2
    if word == "references":
        return "", at + 1 + _foreign_key(table, [column], item[at + 1 :], None)
    if word == "check":
        raise RedshiftError("0A000", "CHECK constraints are not supported")
    raise syntax_error(item[at].text)


def _set_distkey(table: Table, column: str) -> None:
    if table.distkey:
        raise RedshiftError("42601", "cannot specify multiple DISTKEYs")
    table.distkey = column


def _add_key(table: Table, kind: str, columns: list[str], name: str) -> None:
    table.keys.append(f"CONSTRAINT {quoted(name)} {key_check(kind, columns)}")


def _primary_key(table: Table, columns: list[str], given: str | None) -> None:
    if table.primary:
        raise RedshiftError("42P16", f'multiple primary keys for table "{table.bare_name}" are not allowed')
    table.primary = True
    table.not_null.update(columns)
    _add_key(table, "p", columns, given or f"{table.bare_name}_pkey")


def _foreign_key(table: Table, columns: list[str], rest: list[Token], given: str | None) -> int:
    """Take `REFERENCES` onwards; return how many tokens it took."""
    name, bare, at = table_name(rest, 0)
    referenced: list[str] = []
    if at < len(rest) and rest[at].word == "(":
        end = closing(rest, at)
        referenced = [name_value(part[0]) for part in split_commas(rest[at + 1 : end])]
        at = end + 1
    itself = bare == table.bare_name
    extra = "" if itself else f" OR {literal(name)}::regclass IS NOT NULL"
    kind = "f:" + json.dumps({"itself": itself, "columns": referenced})
    constraint = given or f"{table.bare_name}_{'_'.join(columns)}_fkey"
    table.keys.append(f"CONSTRAINT {quoted(constraint)} {key_check(kind, columns, extra)}")
    return at


def _table_attributes(tokens: list[Token], at: int, table: Table) -> int:
    """Read the attributes behind the columns; return the place behind them."""
    while at < len(tokens) and tokens[at].word != "as":
        word = tokens[at].word
        following = tokens[at + 1].word if at + 1 < len(tokens) else ""
        if (word == "backup" and following in ("yes", "no")) or (word == "encode" and following == "auto"):
            at += 2
        elif word == "diststyle" and following in ("auto", "even", "key", "all"):
            table.diststyle = following.upper()
            at += 2
        elif word in ("compound", "interleaved") and following == "sortkey":
            at += 1
        elif word == "sortkey" and following == "auto":
            at += 2
        elif word in ("distkey", "sortkey") and following == "(":
            end = closing(tokens, at + 1)
            names = [name_value(part[0]) for part in split_commas(tokens[at + 2 : end])]
            if word == "sortkey":
                table.sortkey = names
            else:
                _set_distkey(table, names[0])
            at = end + 1
        else:
            raise syntax_error(tokens[at].text)
    return at


def _definitions(table: Table) -> list[str]:
    for column in [
        *table.not_null,
        *table.sortkey,
        *([table.distkey] if table.distkey else []),
        *table.encodings,
    ]:
        if column not in table.columns and not table.likes:
            raise RedshiftError("42703", f'column "{column}" named in key does not exist')
    if table.distkey and table.diststyle in ("ALL", "EVEN"):
        raise RedshiftError("42601", "cannot specify DISTKEY with this DISTSTYLE")
    definitions = [
        text + (" NOT NULL" if column in table.not_null else "") for column, text in table.columns.items()
    ]
    attributes = {"diststyle": table.diststyle, "encodings": table.encodings}
    definitions += table.likes + table.keys
    if table.distkey:
        definitions.append(f'CONSTRAINT "redshift$distkey" {key_check("distkey", [table.distkey])}')
    if table.sortkey:
        definitions.append(f'CONSTRAINT "redshift$sortkey" {key_check("sortkey", table.sortkey)}')
    carried = literal("redshift:attributes:" + json.dumps(attributes))
    definitions.append(f'CONSTRAINT "redshift$attributes" CHECK ({carried} IS NOT NULL)')
    return definitions
