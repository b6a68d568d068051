"""Reading one column of a CREATE TABLE's list."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import NoReturn

from dataduct.model.nearest import did_you_mean
from dataduct.model.table import Column, ColumnType
from dataduct.sql.column_types import SERIALS
from dataduct.sql.constraint_grammar import (
    is_table_constraint,
    read_check,
    read_reference,
    read_seed_and_step,
    skip_deferral,
)
from dataduct.sql.cursor import Cursor, GrammarError, shown_text
from dataduct.sql.expressions import expression_text, skip_expression
from dataduct.sql.table_draft import KeyDraft, TableDraft
from dataduct.sql.tokens import Token
from dataduct.sql.type_grammar import is_type_word, read_type

_FOREIGN_HINTS: Mapping[str, str] = MappingProxyType(
    {
        "AUTO_INCREMENT": "write IDENTITY(1,1)",
        "AUTOINCREMENT": "write IDENTITY(1,1)",
        "UNSIGNED": "leave it out; for large values use the next wider type",
        "ZEROFILL": "leave it out",
        "COMMENT": "write the comment after --",
        "CHARACTER": "leave the character set out; texts are UTF-8",
        "CHARSET": "leave the character set out; texts are UTF-8",
        "ON": "leave it out",
    }
)


def read_column(cursor: Cursor, draft: TableDraft) -> None:
    """Step over a column with its attributes and keep it in `draft`. Raises GrammarError."""
    place = cursor.name("a column name")
    if cursor.done or any(cursor.at(*words) for words in _WORDS.values()):
        cursor.fail(
            "DD403", f"column `{place.name}` has no type", token=place, expected="a type after the name"
        )
    serial = SERIALS.get(token.upper) if (token := cursor.peek()) else None
    try:
        if serial:
            cursor.index += 1
        column_type = ColumnType(serial) if serial else read_type(cursor)
    except GrammarError:
        draft.columns.append(Column(name=place.name, type=ColumnType("TEXT")))
        draft.places.append(place)
        raise
    column = Column(
        name=place.name, type=column_type, nullable=not serial, identity=(1, 1) if serial else None
    )
    reader = _ColumnReader(cursor, draft, place, column)
    try:
        reader.read()
    finally:
        draft.columns.append(reader.column)
        draft.places.append(place)


@dataclass(slots=True)
class _ColumnReader:
    """Reads the attributes of one column, in any order."""

    cursor: Cursor
    draft: TableDraft
    place: Token
    column: Column
    null_said: bool = False

    def read(self) -> None:
        while not self.cursor.done:
            start = self.cursor.peek()
            words = next((name for name, words in _WORDS.items() if self.cursor.take(*words)), None)
            if words is None or start is None:
                self._fail_unknown()
            _HANDLERS[words](self, start)

    def not_null(self, start: Token) -> None:
        self._contradiction(self.null_said, "NOT NULL and NULL", start)
        self.column = replace(self.column, nullable=False)

    def null(self, start: Token) -> None:
        identity = self.column.identity is not None
        self._contradiction(not self.column.nullable and not identity, "NOT NULL and NULL", start)
        self.null_said = True

    def default(self, start: Token) -> None:
        self._contradiction(self.column.default is not None, "two DEFAULTs", start)
        self._contradiction(self.column.identity is not None, "IDENTITY and DEFAULT", start)
        self.column = replace(self.column, default=expression_text(skip_expression(self.cursor)))

    def primary_key(self, start: Token) -> None:
        self.draft.primary_keys.append(KeyDraft("PRIMARY KEY", start, (self.place,)))

    def unique(self, start: Token) -> None:
        self.column = replace(self.column, unique=True)

    def check(self, start: Token) -> None:
        read_check(self.cursor, self.draft)

    def references(self, start: Token) -> None:
        key = KeyDraft("REFERENCES", start, (self.place,))
        self.draft.foreign_keys.append(read_reference(self.cursor, key))

    def constraint(self, start: Token) -> None:
        self.cursor.name("the constraint's name")

    def identity(self, start: Token) -> None:
        self._keep_identity(read_seed_and_step(self.cursor), start)

    def generated(self, start: Token) -> None:
        if not self.cursor.take("ALWAYS"):
            self.cursor.require("BY", "DEFAULT", expected="ALWAYS or BY DEFAULT")
        self.cursor.require("AS")
        if self.cursor.at("("):
            self.cursor.fail(
                "DD412",
                "computed columns are not supported",
                token=start,
                hint="compute it in the step's SQL",
            )
        self.cursor.require("IDENTITY")
        self._keep_identity(read_seed_and_step(self.cursor), start)

    def collate(self, start: Token) -> None:
        self.cursor.name("a collation")
        while self.cursor.take("."):
            self.cursor.name("a collation")

    def encode(self, start: Token) -> None:
        self._contradiction(self.column.encoding is not None, "two ENCODEs", start)
        self.column = replace(self.column, encoding=self.cursor.name("an encoding").name)

    def distribution_key(self, start: Token) -> None:
        self.draft.distribution_keys.append(KeyDraft("DISTKEY", start, (self.place,)))

    def sort_key(self, start: Token) -> None:
        self.draft.sort_keys.append(KeyDraft("SORTKEY", start, (self.place,)))

    def ignored_setting(self, start: Token) -> None:
        self.cursor.name("a word")

    def deferral(self, start: Token) -> None:
        self.cursor.index = self.cursor.tokens.index(start)
        skip_deferral(self.cursor)

    def _keep_identity(self, identity: tuple[int, int], start: Token) -> None:
        self._contradiction(self.column.identity is not None, "two IDENTITYs", start)
        self._contradiction(self.column.default is not None, "IDENTITY and DEFAULT", start)
        self.column = replace(self.column, identity=identity, nullable=False)

    def _contradiction(self, found: bool, what: str, start: Token) -> None:
        if found:
            message = f"column `{self.column.name}` has {what}"
            self.draft.problems.append(
                self.cursor.problem("DD409", message, token=start, hint="keep one of them")
            )

    def _fail_unknown(self) -> NoReturn:
        cursor = self.cursor
        token = cursor.next("an attribute")
        cursor.index -= 1
        if token.kind in ("word", "quoted") and (is_type_word(cursor.peek(1)) or token.kind == "quoted"):
            raise MissingCommaError(cursor.problem("DD403", f"a comma is missing before `{token.text}`"))
        if is_table_constraint(cursor):
            raise MissingCommaError(cursor.problem("DD403", f"a comma is missing before `{token.upper}`"))
        if cursor.at("[") or cursor.at("ARRAY"):
            cursor.fail(
                "DD412", "array columns are not supported", hint="use JSON, or SUPER on Amazon Redshift"
            )
        hint = _FOREIGN_HINTS.get(token.upper) or _nearest_attribute(cursor) or cursor.comma_hint()
        cursor.fail(
            "DD403",
            f"`{shown_text(token)}` is no attribute of a column",
            expected="an attribute such as NOT NULL, or a comma",
            hint=hint,
        )


def _nearest_attribute(cursor: Cursor) -> str | None:
    """Return the hint naming the attribute most like the next two words, or the next one."""
    texts = [token.text for token in (cursor.peek(), cursor.peek(1)) if token is not None]
    return did_you_mean(" ".join(texts), _HANDLERS) or did_you_mean(texts[0], _HANDLERS)


class MissingCommaError(GrammarError):
    """A column or constraint ends where a comma should stand; the next one begins at the cursor."""


_HANDLERS: Mapping[str, Callable[[_ColumnReader, Token], None]] = MappingProxyType(
    {
        "NOT NULL": _ColumnReader.not_null,
        "NULL": _ColumnReader.null,
        "DEFAULT": _ColumnReader.default,
        "PRIMARY KEY": _ColumnReader.primary_key,
        "UNIQUE": _ColumnReader.unique,
        "CHECK": _ColumnReader.check,
        "REFERENCES": _ColumnReader.references,
        "CONSTRAINT": _ColumnReader.constraint,
        "IDENTITY": _ColumnReader.identity,
        "GENERATED": _ColumnReader.generated,
        "COLLATE": _ColumnReader.collate,
        "ENCODE": _ColumnReader.encode,
        "DISTKEY": _ColumnReader.distribution_key,
        "SORTKEY": _ColumnReader.sort_key,
        "STORAGE": _ColumnReader.ignored_setting,
        "COMPRESSION": _ColumnReader.ignored_setting,
        "NOT DEFERRABLE": _ColumnReader.deferral,
        "DEFERRABLE": _ColumnReader.deferral,
        "INITIALLY": _ColumnReader.deferral,
    }
)

_WORDS: Mapping[str, tuple[str, ...]] = MappingProxyType({name: tuple(name.split()) for name in _HANDLERS})
