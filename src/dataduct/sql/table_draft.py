"""A table definition while it is read, and the checks that need all of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from dataduct.model.counting import counted
from dataduct.model.nearest import did_you_mean
from dataduct.model.problem import Problem
from dataduct.model.table import Column, ForeignKey, TableDefinition, TableName
from dataduct.sql.cursor import Cursor
from dataduct.sql.tokens import Token


@dataclass(slots=True)
class KeyDraft:
    """Columns that a key names: the token the key begins with, and those of the column names."""

    what: str
    place: Token
    columns: tuple[Token, ...]


@dataclass(slots=True)
class ForeignKeyDraft:
    """A foreign key whose columns are still tokens."""

    key: KeyDraft
    table: TableName
    references: tuple[str, ...]


@dataclass(slots=True)
class TableDraft:
    """Everything read so far of one CREATE TABLE statement."""

    temporary: bool = False
    columns: list[Column] = field(default_factory=list)
    places: list[Token] = field(default_factory=list)
    primary_keys: list[KeyDraft] = field(default_factory=list)
    unique: list[KeyDraft] = field(default_factory=list)
    foreign_keys: list[ForeignKeyDraft] = field(default_factory=list)
    checks: list[str] = field(default_factory=list)
    distribution_style: str | None = None
    distribution_keys: list[KeyDraft] = field(default_factory=list)
    sort_keys: list[KeyDraft] = field(default_factory=list)
    sort_style: str | None = None
    backup: bool = True
    problems: list[Problem] = field(default_factory=list)


class DraftCheck:
    """The checks that need the whole table, and the finished definition.

    Args:
        draft: What was read; the problems found are added to it.
        cursor: For the positions of problems.
    """

    def __init__(self, draft: TableDraft, cursor: Cursor) -> None:
        self._draft = draft
        self._cursor = cursor

    def definition(self, name: TableName, source: str) -> TableDefinition:
        """Return the definition; it is only right if the draft has no problems afterwards."""
        draft = self._draft
        self._duplicates()
        primary_key = self._primary_key()
        unique = tuple(self._names(key) for key in draft.unique)
        self._one(draft.distribution_keys, "DISTKEY")
        distribution_key = self._names(draft.distribution_keys[0])[:1] if draft.distribution_keys else ()
        return TableDefinition(
            name=name,
            columns=tuple(
                replace(column, nullable=False) if column.name in primary_key else column
                for column in draft.columns
            ),
            primary_key=primary_key,
            unique=unique,
            foreign_keys=tuple(self._foreign_key(key) for key in draft.foreign_keys),
            checks=tuple(draft.checks),
            temporary=draft.temporary,
            distribution_style=draft.distribution_style,
            distribution_key=distribution_key[0] if distribution_key else None,
            sort_key=tuple(name for key in draft.sort_keys for name in self._names(key)),
            sort_style=draft.sort_style,
            backup=draft.backup,
            source=source,
        )

    def _problem(self, code: str, message: str, token: Token, hint: str | None = None) -> None:
        self._draft.problems.append(self._cursor.problem(code, message, token=token, hint=hint))

    def _duplicates(self) -> None:
        seen: set[str] = set()
        for column, place in zip(self._draft.columns, self._draft.places, strict=True):
            if column.name.casefold() in seen:
                self._problem("DD406", f"column `{column.name}` is defined twice", place)
            seen.add(column.name.casefold())

    def _primary_key(self) -> tuple[str, ...]:
        keys = self._draft.primary_keys
        if len(keys) > 1:
            together = ", ".join(dict.fromkeys(token.text for key in keys for token in key.columns))
            hint = f"for one key of several columns write PRIMARY KEY ({together}) after the columns"
            for key in keys[1:]:
                self._problem("DD408", "the table has more than one PRIMARY KEY", key.place, hint)
        names = [self._names(key) for key in keys]
        return names[0] if names else ()

    def _one(self, keys: Sequence[KeyDraft], what: str) -> None:
        for key in keys[1:]:
            self._problem("DD409", f"the table has more than one {what}", key.place)

    def _foreign_key(self, draft: ForeignKeyDraft) -> ForeignKey:
        columns = self._names(draft.key)
        if draft.references and len(draft.references) != len(draft.key.columns):
            self._problem(
                "DD413",
                f"the foreign key has {_columns(len(draft.key.columns))} and refers to {len(draft.references)} "
                f"of {draft.table}",
                draft.key.place,
            )
        return ForeignKey(columns, draft.table, draft.references)

    def _names(self, key: KeyDraft) -> tuple[str, ...]:
        """Return the columns' own names for the names a key uses, adding a problem for each unknown one."""
        names: list[str] = []
        for token in key.columns:
            column = _find(token.name, self._draft.columns)
            if column is None:
                valid = [column.name for column in self._draft.columns]
                message = f"{key.what} names `{token.text}`, which is not a column of the table"
                self._problem("DD407", message, token, did_you_mean(token.name, valid))
            elif column.name in names:
                self._problem("DD409", f"{key.what} names `{token.text}` twice", token)
            else:
                names.append(column.name)
        return tuple(names)


def _find(name: str, columns: Iterable[Column]) -> Column | None:
    """Return the column of that name, or else the one that differs in case only."""
    folded = [column for column in columns if column.name.casefold() == name.casefold()]
    return next((column for column in folded if column.name == name), folded[0] if folded else None)


def _columns(count: int) -> str:
    return counted(count, "column")
