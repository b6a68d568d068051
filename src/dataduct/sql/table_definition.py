"""CREATE TABLE as people write it for Amazon Redshift and PostgreSQL, read into a table definition."""

from collections.abc import Sequence
from typing import NoReturn

from dataduct.errors import ProblemsError
from dataduct.model.nearest import did_you_mean
from dataduct.model.position import Position
from dataduct.model.table import TableDefinition, TableName
from dataduct.model.template import TemplateSource
from dataduct.sql.column_grammar import MissingCommaError, read_column
from dataduct.sql.constraint_grammar import (
    column_list,
    is_table_constraint,
    read_table_constraint,
    read_table_name,
)
from dataduct.sql.cursor import Cursor, GrammarError, shown_text
from dataduct.sql.table_draft import DraftCheck, KeyDraft, TableDraft
from dataduct.sql.tokens import Token, tokenize

_TABLE_ATTRIBUTES = (
    "DISTSTYLE",
    "DISTKEY",
    "SORTKEY",
    "COMPOUND SORTKEY",
    "INTERLEAVED SORTKEY",
    "ENCODE AUTO",
    "BACKUP",
)
_UNSUPPORTED_TAILS = {
    "INHERITS": "inherited tables are not supported",
    "PARTITION": "partitioned tables are not supported",
    "PARTITIONED": "partitioned tables are not supported",
    "LIKE": "CREATE TABLE ... LIKE is not supported",
    "WITH": "storage parameters are not supported",
    "TABLESPACE": "tablespaces are not supported",
    "ON": "ON COMMIT is not supported",
    "ENGINE": "storage engines are not supported",
}


def parse_table_definition(text: str, file: str) -> TableDefinition:
    """Read one CREATE TABLE statement.

    Unquoted names fold to lower case. Columns of the primary key and IDENTITY columns are not nullable. UNIQUE is not
    a primary key. Names of constraints, actions of foreign keys, deferral, collations and `ENCODE AUTO` are read and
    left out.

    Args:
        text: The whole file.
        file: Its name, for positions and the definition's `source`.

    Raises:
        ProblemsError: All the problems of the text that can be told apart, in the order of their places.
    """
    source = TemplateSource(text, Position(file))
    tokens = [token for token in tokenize(text, source) if token.is_significant]
    return _TableReader(tokens, source, file).definition()


class _TableReader:
    def __init__(self, tokens: Sequence[Token], source: TemplateSource, file: str) -> None:
        self._source = source
        self._file = file
        self._cursor = Cursor(tokens, source, len(source.text.rstrip()))
        self._draft = TableDraft()

    def definition(self) -> TableDefinition:
        try:
            name = self._read()
        except GrammarError as error:
            self._draft.problems.append(error.problem)
            raise self._problems() from None
        definition = DraftCheck(self._draft, self._cursor).definition(name, self._file)
        if self._draft.problems:
            raise self._problems()
        return definition

    def _problems(self) -> ProblemsError:
        return ProblemsError(
            sorted(self._draft.problems, key=lambda problem: problem.position or Position(self._file))
        )

    def _read(self) -> TableName:
        cursor = self._cursor
        while cursor.take(";"):
            pass
        self._head()
        name = read_table_name(cursor)
        while cursor.take("BACKUP"):
            self._backup()
        if cursor.at("AS"):
            self._fail_query()
        if cursor.at("LIKE") or cursor.at("(", "LIKE"):
            self._fail_like()
        for element in self._elements():
            self._element(element)
        if not self._draft.columns and not self._draft.problems:
            cursor.index -= 1
            cursor.fail("DD403", f"table `{name}` has no columns", expected="a column")
        try:
            self._tail()
        except GrammarError as error:
            self._draft.problems.append(error.problem)
        return name

    def _head(self) -> None:
        cursor = self._cursor
        first = cursor.peek()
        if first is None:
            cursor.fail("DD402", "the file is empty", expected="CREATE TABLE")
        if not cursor.take("CREATE"):
            message = f"the file begins with `{shown_text(first)}`, not with CREATE TABLE"
            cursor.fail("DD402", message, hint=did_you_mean(first.text, ["CREATE"]))
        cursor.take("OR", "REPLACE")
        self._draft.temporary = self._temporary()
        if not cursor.take("TABLE"):
            self._fail_kind()
        if cursor.take("IF"):
            cursor.require("NOT", "EXISTS", expected="IF NOT EXISTS")

    def _temporary(self) -> bool:
        cursor = self._cursor
        if cursor.take_any(("LOCAL", "GLOBAL")) is not None and not (
            cursor.at("TEMP") or cursor.at("TEMPORARY")
        ):
            cursor.unexpected("TEMPORARY")
        temporary = cursor.take_any(("TEMP", "TEMPORARY")) is not None
        cursor.take("UNLOGGED")
        return temporary

    def _fail_kind(self) -> NoReturn:
        cursor = self._cursor
        token = cursor.peek()
        if token is None:
            cursor.unexpected("TABLE")
        kind = token.upper
        if kind in ("VIEW", "MATERIALIZED", "RECURSIVE"):
            hint = "create the view in a `sql-command` step"
            cursor.fail("DD402", "a view is not a table definition", expected="TABLE", hint=hint)
        if kind in ("EXTERNAL", "FOREIGN"):
            cursor.fail("DD412", f"{kind} tables are not supported", expected="TABLE")
        message = f"CREATE {shown_text(token)} is not a table definition"
        cursor.fail("DD402", message, expected="TABLE", hint=did_you_mean(token.text, ["TABLE"]))

    def _fail_query(self) -> NoReturn:
        self._cursor.fail(
            "DD402",
            "a table made from a query has no column types to read",
            expected="a list of columns with types",
            hint="write out the columns, and put the query into a `create-update-sql` step",
        )

    def _fail_like(self) -> NoReturn:
        cursor = self._cursor
        cursor.take("(")
        cursor.fail(
            "DD412",
            "a table LIKE another cannot be read without the other",
            expected="a list of columns with types",
            hint="write out the columns",
        )

    def _elements(self) -> list[Cursor]:
        """Step over the list in parentheses; return a cursor over each of its elements."""
        cursor = self._cursor
        opening = cursor.peek()
        if opening is None or not cursor.at("("):
            cursor.unexpected("the list of columns in parentheses")
        try:
            cursor.skip_group()
        except GrammarError:
            cursor.fail(
                "DD403", "this parenthesis is never closed", token=opening, expected="`)` after the columns"
            )
        first = cursor.tokens.index(opening) + 1
        elements: list[Cursor] = []
        current: list[Token] = []
        depth = 0
        for token in cursor.tokens[first : cursor.index]:
            depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(token.upper, 0)
            if (token.upper == "," and depth == 0) or depth < 0:
                elements.append(Cursor(current, self._source, token.start))
                current = []
            else:
                current.append(token)
        return elements if len(elements) > 1 or elements[0].tokens else []

    def _element(self, cursor: Cursor) -> None:
        draft = self._draft
        if cursor.done:
            draft.problems.append(cursor.problem("DD403", "there is a comma too many", expected="a column"))
        while not cursor.done:
            try:
                if is_table_constraint(cursor):
                    read_table_constraint(cursor, draft)
                    if not cursor.done:
                        cursor.unexpected("`,` or `)`", hint=cursor.comma_hint())
                elif cursor.at("LIKE"):
                    self._fail_like()
                else:
                    read_column(cursor, draft)
            except MissingCommaError as error:
                draft.problems.append(error.problem)
            except GrammarError as error:
                draft.problems.append(error.problem)
                return

    def _tail(self) -> None:
        cursor = self._cursor
        while not cursor.done and not cursor.at(";"):
            self._attribute()
        while cursor.take(";"):
            pass
        following = cursor.peek()
        if following is not None:
            verb = shown_text(following).upper()
            hint = (
                "give each table its own file"
                if verb == "CREATE"
                else f"put {verb} into a `sql-command` step"
            )
            cursor.fail(
                "DD411",
                f"another statement follows the CREATE TABLE: `{verb}`",
                expected="the end of the file",
                hint=hint,
            )

    def _attribute(self) -> None:
        cursor, draft = self._cursor, self._draft
        start = cursor.peek()
        if start is None:
            return
        if cursor.take("DISTSTYLE"):
            style = cursor.take_any(("AUTO", "EVEN", "KEY", "ALL"))
            if style is None:
                cursor.unexpected("AUTO, EVEN, KEY or ALL")
            self._once(draft.distribution_style is not None, "DISTSTYLE", start)
            draft.distribution_style = style
        elif cursor.take("DISTKEY"):
            columns = column_list(cursor)
            if len(columns) > 1:
                cursor.fail("DD409", "DISTKEY takes one column", token=columns[1])
            draft.distribution_keys.append(KeyDraft("DISTKEY", start, columns))
        elif cursor.at("SORTKEY") or cursor.at("COMPOUND") or cursor.at("INTERLEAVED"):
            self._sort_key(start)
        elif cursor.take("ENCODE"):
            cursor.require("AUTO")
        elif cursor.take("BACKUP"):
            self._backup()
        elif cursor.at("AS"):
            self._fail_query()
        elif start.upper in _UNSUPPORTED_TAILS:
            cursor.fail("DD412", _UNSUPPORTED_TAILS[start.upper], hint="leave it out")
        else:
            cursor.unexpected(
                "a table attribute such as SORTKEY, or `;`", did_you_mean(start.text, _TABLE_ATTRIBUTES)
            )

    def _sort_key(self, start: Token) -> None:
        cursor, draft = self._cursor, self._draft
        style = cursor.take_any(("COMPOUND", "INTERLEAVED"))
        cursor.require("SORTKEY")
        self._once(bool(draft.sort_keys) or draft.sort_style is not None, "SORTKEY", start)
        if style is None and cursor.take("AUTO"):
            draft.sort_style = "AUTO"
            return
        draft.sort_style = style
        draft.sort_keys.append(KeyDraft("SORTKEY", start, column_list(cursor)))

    def _backup(self) -> None:
        answer = self._cursor.take_any(("YES", "NO"))
        if answer is None:
            self._cursor.unexpected("YES or NO")
        self._draft.backup = answer == "YES"

    def _once(self, again: bool, what: str, start: Token) -> None:
        if again:
            self._draft.problems.append(
                self._cursor.problem("DD409", f"the table has more than one {what}", token=start)
            )
