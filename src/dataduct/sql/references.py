"""Which tables a script reads and writes: best effort, for ordering steps."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from dataduct.errors import ProblemsError
from dataduct.model.table import TableName
from dataduct.sql.plain_statements import is_plain
from dataduct.sql.statements import split_statements
from dataduct.sql.syntax_trees import TEMPLATE_NAME, parse_statement, without_templates
from dataduct.sql.tokens import Token, tokenize

if TYPE_CHECKING:
    from sqlglot import exp

_READ_WORDS = frozenset({"FROM", "JOIN", "USING"})
_WRITE_WORDS = frozenset({"INTO", "UPDATE", "TABLE", "COPY", "TRUNCATE"})
_BETWEEN = frozenset({"ONLY", "TABLE", "IF", "NOT", "EXISTS", "LATERAL"})
_NO_TABLE = frozenset({"SELECT", "VALUES", "SET", "WITH", "UNNEST", "DUPLICATES"})


@dataclass(slots=True)
class _References:
    """The tables a script names; `temporary` are those it makes for itself."""

    read: list[TableName] = field(default_factory=list)
    written: list[TableName] = field(default_factory=list)
    temporary: set[TableName] = field(default_factory=set)

    def lasting(self, tables: list[TableName]) -> tuple[TableName, ...]:
        """Return those of `tables` that are neither temporary nor named by a template, sorted by name."""
        known = {table for table in tables if table not in self.temporary and TEMPLATE_NAME not in str(table)}
        return tuple(sorted(known, key=str))


def tables_read(sql: str, dialect: str) -> tuple[TableName, ...]:
    """Return the tables that a script reads, sorted by name.

    Names of common table expressions and of temporary tables the script makes are left out, as are names with a
    template in them. What sqlglot cannot read is searched for names after FROM, JOIN and USING.
    """
    return _read_and_written(sql, dialect)[0]


def tables_written(sql: str, dialect: str) -> tuple[TableName, ...]:
    """Return the tables that a script changes, creates or drops; see `tables_read` for what is left out."""
    return _read_and_written(sql, dialect)[1]


@lru_cache(maxsize=8)
def _read_and_written(sql: str, dialect: str) -> tuple[tuple[TableName, ...], tuple[TableName, ...]]:
    """Return the tables read and the tables written, kept for the next question about the same text."""
    references = _References()
    try:
        statements = split_statements(sql)
    except ProblemsError:
        return (), ()
    for statement in statements:
        if is_plain(statement):
            _search(statement, references)
            continue
        tree = parse_statement(statement, dialect)
        if tree is None:
            _search(statement, references)
        else:
            _walk(tree, references)
    return references.lasting(references.read), references.lasting(references.written)


def _walk(tree: "exp.Expr", references: _References) -> None:
    from sqlglot import exp

    targets = {id(table) for table in _targets(tree)}
    for table in tree.find_all(exp.Table):
        name = _table_name(table)
        if name is None or (name.schema is None and name.name in _visible_expressions(table)):
            continue
        if id(table) not in targets:
            references.read.append(name)
        elif isinstance(tree, exp.Create) and tree.find(exp.TemporaryProperty):
            references.temporary.add(name)
        else:
            references.written.append(name)


def _targets(tree: "exp.Expr") -> Iterator["exp.Table"]:
    """Yield the tables that a statement writes."""
    from sqlglot import exp

    written = (
        exp.Insert,
        exp.Update,
        exp.Delete,
        exp.Merge,
        exp.Create,
        exp.Drop,
        exp.Alter,
        exp.Copy,
        exp.Into,
    )
    for node in tree.find_all(*written):
        target = node.this.this if isinstance(node.this, exp.Schema) else node.this
        if isinstance(target, exp.Table):
            yield target
    for node in tree.find_all(exp.TruncateTable, exp.Drop):
        yield from (table for table in node.iter_expressions() if isinstance(table, exp.Table))


def _visible_expressions(table: "exp.Table") -> set[str]:
    """Return the names of the common table expressions that a table's name may mean."""
    from sqlglot import exp

    names: set[str] = set()
    node: exp.Expr | None = table
    while node is not None:
        names.update(_fold(expression.args["alias"].this) for expression in getattr(node, "ctes", ()))
        node = node.parent
    return names


def _table_name(table: "exp.Table") -> TableName | None:
    from sqlglot import exp

    if not isinstance(table.this, exp.Identifier):
        return None
    schema = table.args.get("db")
    return TableName(_fold(table.this), _fold(schema) if isinstance(schema, exp.Identifier) else None)


def _fold(identifier: "exp.Identifier") -> str:
    return identifier.name if identifier.quoted else identifier.name.lower()


def _search(statement: str, references: _References) -> None:
    """Find names after the words that tables stand after."""
    tokens = [token for token in tokenize(without_templates(statement)) if token.is_significant]
    names = {
        token.name
        for token, following, opening in zip(tokens, tokens[1:], tokens[2:], strict=False)
        if token.kind in ("word", "quoted") and following.upper == "AS" and opening.text == "("
    }
    deletes = bool(tokens) and tokens[0].upper == "DELETE"
    for index, token in enumerate(tokens):
        if token.upper not in _READ_WORDS | _WRITE_WORDS:
            continue
        table = _name_after(tokens, index + 1)
        if table is None or (table.schema is None and table.name in names):
            continue
        if token.upper in _WRITE_WORDS or (deletes and index == 1):
            temporary = token.upper == "TABLE" and tokens[max(0, index - 1)].upper in ("TEMP", "TEMPORARY")
            if temporary:
                references.temporary.add(table)
            else:
                references.written.append(table)
        else:
            references.read.append(table)


def _name_after(tokens: list[Token], index: int) -> TableName | None:
    while index < len(tokens) and tokens[index].upper in _BETWEEN:
        index += 1
    parts: list[str] = []
    while index < len(tokens) and tokens[index].kind in ("word", "quoted"):
        if not parts and tokens[index].upper in _NO_TABLE:
            return None
        parts.append(tokens[index].name)
        if index + 1 >= len(tokens) or tokens[index + 1].text != ".":
            break
        index += 2
    following = tokens[index + 1].text if index + 1 < len(tokens) else ""
    if not parts or (
        len(parts) == 1 and following == "(" and tokens[index].kind == "word" and _is_call(tokens, index)
    ):
        return None
    return TableName(parts[-1], parts[-2] if len(parts) > 1 else None)


def _is_call(tokens: list[Token], index: int) -> bool:
    """Whether the name at `index`, with a parenthesis after it, is a function: it does not follow INTO or TABLE."""
    return tokens[index - 1].upper in _READ_WORDS
