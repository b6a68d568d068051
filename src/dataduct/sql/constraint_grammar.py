"""Reading constraints, and the names and lists they are made of."""

from dataduct.model.table import TableName
from dataduct.sql.cursor import Cursor
from dataduct.sql.expressions import expression_text
from dataduct.sql.table_draft import ForeignKeyDraft, KeyDraft, TableDraft
from dataduct.sql.tokens import Token

_ACTIONS = (("CASCADE",), ("RESTRICT",), ("SET", "NULL"), ("SET", "DEFAULT"), ("NO", "ACTION"))


def is_table_constraint(cursor: Cursor) -> bool:
    """Whether a table constraint comes next, and not a column."""
    if any(
        cursor.at(*words)
        for words in (("PRIMARY", "KEY"), ("FOREIGN", "KEY"), ("CHECK", "("), ("UNIQUE", "("))
    ):
        return True
    return cursor.at("CONSTRAINT") or cursor.at("EXCLUDE", "USING")


def read_table_constraint(cursor: Cursor, draft: TableDraft) -> None:
    """Step over a table constraint and keep it in `draft`. Raises GrammarError."""
    if cursor.take("CONSTRAINT"):
        cursor.name("the constraint's name")
    place = cursor.next("a constraint")
    cursor.index -= 1
    if cursor.take("PRIMARY", "KEY"):
        draft.primary_keys.append(KeyDraft("PRIMARY KEY", place, column_list(cursor)))
    elif cursor.take("UNIQUE"):
        draft.unique.append(KeyDraft("UNIQUE", place, column_list(cursor)))
    elif cursor.take("FOREIGN", "KEY"):
        key = KeyDraft("FOREIGN KEY", place, column_list(cursor))
        cursor.require("REFERENCES")
        draft.foreign_keys.append(read_reference(cursor, key))
    elif cursor.take("CHECK"):
        read_check(cursor, draft)
    elif cursor.at("EXCLUDE"):
        cursor.fail("DD412", "EXCLUDE constraints are not supported", hint="leave it out")
    else:
        cursor.unexpected("PRIMARY KEY, UNIQUE, FOREIGN KEY or CHECK")
    skip_deferral(cursor)


def column_list(cursor: Cursor) -> tuple[Token, ...]:
    """Step over `(a, b)` and return the tokens of the names. Raises GrammarError."""
    cursor.require("(", expected="column names in parentheses")
    names = [cursor.name("a column name")]
    while cursor.take(","):
        names.append(cursor.name("a column name"))
    cursor.require(")", expected="`,` or `)`")
    return tuple(names)


def read_table_name(cursor: Cursor) -> TableName:
    """Step over a table's name, perhaps with its schema. Raises GrammarError."""
    parts = [cursor.name("a table name")]
    while cursor.take("."):
        parts.append(cursor.name("a table name"))
    if len(parts) > 2:
        kept = ".".join(part.text for part in parts[-2:])
        cursor.fail(
            "DD410",
            f"`{'.'.join(part.text for part in parts)}` has a database part; the connection chooses the database",
            token=parts[0],
            hint=f"write {kept}",
        )
    return TableName(parts[-1].name, parts[0].name if len(parts) == 2 else None)


def read_reference(cursor: Cursor, key: KeyDraft) -> ForeignKeyDraft:
    """Step over what stands after REFERENCES; actions and deferral are left out. Raises GrammarError."""
    table = read_table_name(cursor)
    references = tuple(token.name for token in column_list(cursor)) if cursor.at("(") else ()
    while True:
        if cursor.take("ON"):
            if cursor.take_any(("DELETE", "UPDATE")) is None:
                cursor.unexpected("DELETE or UPDATE")
            if not any(cursor.take(*words) for words in _ACTIONS):
                cursor.unexpected("an action such as CASCADE")
        elif cursor.take("MATCH"):
            cursor.name("FULL, PARTIAL or SIMPLE")
        else:
            break
    skip_deferral(cursor)
    return ForeignKeyDraft(key, table, references)


def skip_deferral(cursor: Cursor) -> None:
    """Step over DEFERRABLE and INITIALLY. Raises GrammarError."""
    while True:
        if cursor.take("INITIALLY"):
            if cursor.take_any(("DEFERRED", "IMMEDIATE")) is None:
                cursor.unexpected("DEFERRED or IMMEDIATE")
        elif not (cursor.take("DEFERRABLE") or cursor.take("NOT", "DEFERRABLE")):
            return


def read_check(cursor: Cursor, draft: TableDraft) -> None:
    """Step over `(expression)` of a CHECK and keep the expression. Raises GrammarError."""
    if not cursor.at("("):
        cursor.unexpected("a condition in parentheses")
    tokens = cursor.skip_group()
    if not tokens:
        cursor.fail("DD403", "the CHECK has no condition", token=cursor.tokens[cursor.index - 1])
    draft.checks.append(expression_text(tokens))
    cursor.take("NO", "INHERIT")


def read_seed_and_step(cursor: Cursor) -> tuple[int, int]:
    """Step over the numbers of an identity column, `(1, 1)` or sequence options. Raises GrammarError."""
    seed, step = 1, 1
    if not cursor.take("("):
        return seed, step
    place = cursor.peek()
    if place is not None and place.kind in ("number", "operator"):
        seed = cursor.integer("the first number")
        if cursor.take(","):
            step = cursor.integer("the step")
        cursor.require(")")
    else:
        seed, step = _sequence_options(cursor)
    if step == 0:
        cursor.fail("DD405", "the step of an IDENTITY cannot be 0", token=place)
    return seed, step


def _sequence_options(cursor: Cursor) -> tuple[int, int]:
    seed, step = 1, 1
    while not cursor.take(")"):
        if cursor.take("START"):
            cursor.take("WITH")
            seed = cursor.integer("the first number")
        elif cursor.take("INCREMENT"):
            cursor.take("BY")
            step = cursor.integer("the step")
        elif cursor.take_any(("MINVALUE", "MAXVALUE", "CACHE")):
            cursor.integer("a number")
        elif cursor.take("NO"):
            cursor.name("MINVALUE, MAXVALUE or CYCLE")
        elif not cursor.take("CYCLE"):
            cursor.unexpected("a sequence option such as START WITH 1")
    return seed, step
