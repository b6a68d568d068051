"""Where the rows of a script come from."""

from collections.abc import Sequence
from dataclasses import dataclass

from dataduct.errors import UserError
from dataduct.model.operations import MatchColumns
from dataduct.model.table import Column, TableDefinition
from dataduct.sql.columns import match_columns
from dataduct.sql.dialect import Dialect
from dataduct.sql.plain_statements import plain_columns, selects_everything
from dataduct.sql.statements import single_statement
from dataduct.sql.syntax_trees import TEMPLATE_NAME, parse_statement

_ALIAS = "source_rows"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRows:
    """The rows of a table or of a SELECT, perhaps not all of them.

    Attributes:
        rows: The definition of the source table, or the text of one SELECT statement.
        filter_clause: SQL put after the FROM, such as `WHERE id > 5`, or None.
        match_columns: How the source's columns find the destination's; see `dataduct.sql.columns.match_columns`.
    """

    rows: TableDefinition | str
    filter_clause: str | None = None
    match_columns: MatchColumns = "auto"


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchedSource:
    """A SELECT that gives the values of some destination columns.

    Attributes:
        columns: The destination columns, in the order of the SELECT's values.
        select: The values' expressions, in SQL.
        relation: What stands after FROM, in SQL.
        filter_clause: SQL after that, or an empty text.
    """

    columns: tuple[Column, ...]
    select: tuple[str, ...]
    relation: str
    filter_clause: str = ""

    def query(self, condition: str | None = None) -> str:
        """Return the SELECT, with one more condition if one is given."""
        filters = f"\n{self.filter_clause}" if self.filter_clause else ""
        if condition is None:
            return f"SELECT {', '.join(self.select)}\nFROM {self.relation}{filters}"
        return f"SELECT {', '.join(self.select)}\nFROM {self.relation}{filters}\nWHERE {condition}"

    def expression(self, column: Column) -> str:
        """Return the SQL of the value that goes into `column`."""
        for mine, expression in zip(self.columns, self.select, strict=False):
            if mine == column:
                return expression
        raise KeyError(column.name)


def select_columns(sql: str, dialect: Dialect) -> tuple[str | None, ...] | None:
    """Return the names of a SELECT's columns, None for each one without a name of its own.

    Names are folded as the database folds them. Returns None if the columns cannot be known from the text: `*`, a
    template among them, or a statement sqlglot cannot read.
    """
    if selects_everything(sql):
        return None
    plain = plain_columns(sql, dialect.reserved)
    if plain is not None:
        return plain
    from sqlglot import exp

    tree = parse_statement(sql, dialect.name)
    if not isinstance(tree, exp.Query):
        return None
    names: list[str | None] = []
    for projection in tree.selects:
        if projection.is_star or TEMPLATE_NAME in projection.sql():
            return None
        identifier = projection.args.get("alias") if isinstance(projection, exp.Alias) else projection.this
        if not isinstance(projection, exp.Alias | exp.Column) or not isinstance(identifier, exp.Identifier):
            names.append(None)
        else:
            names.append(identifier.name if identifier.quoted else identifier.name.lower())
    return tuple(names) or None


def match_source(source: SourceRows, destination: Sequence[Column], dialect: Dialect) -> MatchedSource:
    """Return the SELECT of a source's values for a destination's columns.

    If the columns of a SELECT cannot be known, they go by position into all the destination's columns, and the
    database refuses another number of them.

    Raises:
        UserError: The columns do not match (DD420, DD421).
        ProblemsError: The source's SELECT is not one statement (DD411, DD401).
    """
    filter_clause = (source.filter_clause or "").strip().rstrip(";").rstrip()
    if isinstance(source.rows, TableDefinition):
        names: tuple[str | None, ...] | None = source.rows.column_names
        relation = dialect.table(source.rows.name)
        aliases = source.rows.column_names
    else:
        query = single_statement(source.rows)
        names = select_columns(query, dialect)
        aliases = _aliases(names or ())
        listed = f" ({dialect.names(aliases)})" if names is not None and aliases != names else ""
        relation = f"(\n{query}\n) AS {_ALIAS}{listed}"
    if names is None:
        columns = tuple(column for column in destination if column.identity is None)
        return MatchedSource(columns=columns, select=("*",), relation=relation, filter_clause=filter_clause)
    matches = match_columns(names, destination, source.match_columns, error=UserError)
    return MatchedSource(
        columns=tuple(column for _, column in matches),
        select=tuple(dialect.quote(alias) for alias in aliases),
        relation=relation,
        filter_clause=filter_clause,
    )


def _aliases(names: Sequence[str | None]) -> tuple[str, ...]:
    """Return the names, made up where there is none and numbered where one stands twice."""
    aliases: list[str] = []
    for position, name in enumerate(names, start=1):
        alias = name or f"column_{position}"
        aliases.append(f"{alias}_{position}" if alias in aliases else alias)
    return tuple(aliases)
