"""What differs between the SQL of the warehouses, as data."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from dataduct.errors import UserError
from dataduct.model.table import ColumnType, TableName
from dataduct.sql.reserved import RESERVED_WORDS

_PLAIN_NAME = re.compile(r"[a-z_][a-z0-9_]*")


def quoted(*names: str | None) -> str:
    """Return a name as identifiers in double quotes, its schema before it where one is given."""
    return ".".join('"' + name.replace('"', '""') + '"' for name in names if name is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How one warehouse writes SQL.

    Attributes:
        name: sqlglot's name of it.
        reserved: Words that are quoted when they are names.
        types: Folded type name → its name here; one that is missing keeps its name. A name with parentheses takes
            no arguments of the column's.
        without_arguments: Folded types whose arguments this warehouse cannot keep (it holds at least as much).
        bare_types: Folded type → what it is called here when it is written without arguments.
        assumed: Folded type → the type this warehouse itself makes of it when it is written without arguments.
        numeric_digits: Most digits of a NUMERIC, or None if there is no limit.
        current_timestamp: Expression for now, as a TIMESTAMP in UTC.
        now_expressions: DEFAULT expressions, in lower case and without spaces, that stand for `current_timestamp`.
        comparable: Folded type → template of an expression that can be compared and sorted, `{}` for the column.
        checks_lengths: CREATE TABLE adds a CHECK for the length of VARCHAR(n) and CHAR(n).
        keeps_keys: CREATE TABLE declares PRIMARY KEY, UNIQUE and FOREIGN KEY.
        keeps_checks: CREATE TABLE keeps CHECK constraints.
        keeps_storage: CREATE TABLE keeps ENCODE, DISTKEY, SORTKEY and their like.
        identity: Template of an identity column's clause, or None where a sequence stands for it.
        distinct_from: Whether `IS DISTINCT FROM` exists.
        analyzes_temporary: Whether a large temporary table should be analyzed before it is joined.
        escapes_backslashes: Whether a string with a backslash is written as `E''`.
    """

    name: str
    reserved: frozenset[str]
    types: Mapping[str, str]
    current_timestamp: str
    now_expressions: frozenset[str]
    without_arguments: frozenset[str] = frozenset()
    bare_types: Mapping[str, str] = field(default_factory=dict)
    assumed: Mapping[str, ColumnType] = field(default_factory=dict)
    numeric_digits: int | None = None
    comparable: Mapping[str, str] = field(default_factory=dict)
    checks_lengths: bool = False
    keeps_keys: bool = True
    keeps_checks: bool = True
    keeps_storage: bool = False
    identity: str | None = None
    distinct_from: bool = True
    analyzes_temporary: bool = False
    escapes_backslashes: bool = True

    def quote(self, name: str) -> str:
        """Return `name` as SQL writes it: quoted only if it is reserved or not plain lower case."""
        if _PLAIN_NAME.fullmatch(name) and name not in self.reserved:
            return name
        return quoted(name)

    def names(self, names: tuple[str, ...], table: str | None = None) -> str:
        """Return the names as a list with commas, each with `table` (already SQL) before it if one is given."""
        prefix = f"{table}." if table else ""
        return ", ".join(prefix + self.quote(name) for name in names)

    def table(self, table: TableName) -> str:
        """Return a table's name as SQL writes it, with its schema if it has one."""
        return (
            f"{self.quote(table.schema)}.{self.quote(table.name)}" if table.schema else self.quote(table.name)
        )

    def literal(self, text: str) -> str:
        """Return `text` as a string literal."""
        doubled = text.replace("'", "''")
        if self.escapes_backslashes and "\\" in text:
            doubled = doubled.replace("\\", "\\\\")
            return f"E'{doubled}'"
        return f"'{doubled}'"

    def column_type(self, column_type: ColumnType) -> str:
        """Return the type this warehouse gives a column of that type.

        Raises:
            UserError: It holds more digits than this warehouse can keep (DD416).
        """
        folded, arguments = column_type.name, column_type.arguments
        name = self.types.get(folded, folded)
        if folded in self.without_arguments or "(" in name:
            return name
        limit = self.numeric_digits
        if folded == "NUMERIC" and arguments and limit is not None and arguments[0] > limit:
            raise UserError(
                f"{column_type} has more digits than {self.name} keeps, which is {limit}",
                code="DD416",
                hint=f"use NUMERIC({limit},{min(arguments[-1], limit)}) or TEXT",
            )
        if not arguments:
            return self.bare_types.get(folded, name)
        written = f"({','.join(map(str, arguments))})"
        first, zone, rest = name.partition(" WITH TIME ZONE")
        return f"{first}{written}{zone}{rest}"

    def stored_type(self, column_type: ColumnType) -> str:
        """Return the type as this warehouse shows it for an existing column; what equal types have in common."""
        assumed = column_type if column_type.arguments else self.assumed.get(column_type.name, column_type)
        return self.column_type(assumed)

    def comparable_column(self, column: str, column_type: ColumnType) -> str:
        """Return an expression for `column` (already SQL) that can be compared and sorted."""
        return self.comparable.get(column_type.name, "{}").format(column)

    def distinct(self, left: str, right: str) -> str:
        """Return a condition that holds if two expressions differ, where NULL equals NULL."""
        if self.distinct_from:
            return f"{left} IS DISTINCT FROM {right}"
        one_null = f"{left} IS NULL AND {right} IS NOT NULL"
        other_null = f"{left} IS NOT NULL AND {right} IS NULL"
        return f"({left} <> {right} OR ({one_null}) OR ({other_null}))"


_NOW = frozenset(
    {"sysdate", "getdate()", "now()", "current_timestamp", "localtimestamp", "timezone('utc',now())"}
)
_TEXT_LIKE = (
    *("CITEXT", "INET", "CIDR", "MACADDR", "MACADDR8", "NAME", "PG_LSN", "TSQUERY", "TSVECTOR", "XML"),
    *("POINT", "LINE", "LSEG", "BOX", "PATH", "POLYGON", "CIRCLE"),
)
_WIDER_INTEGERS = {
    "TINYINT": "SMALLINT",
    "UTINYINT": "SMALLINT",
    "USMALLINT": "INTEGER",
    "UINTEGER": "BIGINT",
    "UBIGINT": "NUMERIC(20,0)",
    "HUGEINT": "NUMERIC(38,0)",
    "UHUGEINT": "NUMERIC(38,0)",
    "TIMESTAMP_S": "TIMESTAMP",
    "TIMESTAMP_MS": "TIMESTAMP",
    "TIMESTAMP_NS": "TIMESTAMP",
}
_INTERVALS = tuple(
    f"INTERVAL {fields}"
    for fields in (
        *(
            "YEAR",
            "MONTH",
            "DAY",
            "HOUR",
            "MINUTE",
            "SECOND",
            "YEAR TO MONTH",
            "DAY TO HOUR",
            "DAY TO MINUTE",
        ),
        *("DAY TO SECOND", "HOUR TO MINUTE", "HOUR TO SECOND", "MINUTE TO SECOND"),
    )
)

DUCKDB = Dialect(
    name="duckdb",
    reserved=RESERVED_WORDS["duckdb"],
    types=MappingProxyType(
        {
            "NUMERIC": "DECIMAL",
            "REAL": "FLOAT",
            "DOUBLE PRECISION": "DOUBLE",
            "BPCHAR": "VARCHAR",
            "CHAR": "VARCHAR",
            "TEXT": "VARCHAR",
            "VARBYTE": "BLOB",
            "HLLSKETCH": "BLOB",
            "BIT VARYING": "BIT",
            "SUPER": "JSON",
            "JSONB": "JSON",
            "MONEY": "DECIMAL(19,2)",
            "OID": "UINTEGER",
            "GEOGRAPHY": "GEOMETRY",
            **dict.fromkeys(_TEXT_LIKE, "VARCHAR"),
            **dict.fromkeys(_INTERVALS, "INTERVAL"),
        }
    ),
    without_arguments=frozenset(
        {
            *("CHAR", "VARCHAR", "BIT", "BIT VARYING", "VARBYTE", "TIME", "TIME WITH TIME ZONE"),
            *("TIMESTAMP", "TIMESTAMP WITH TIME ZONE"),
        }
    ),
    bare_types=MappingProxyType({"NUMERIC": "DECIMAL(38,10)"}),
    numeric_digits=38,
    current_timestamp="timezone('UTC', now())",
    now_expressions=_NOW,
    checks_lengths=True,
    keeps_keys=False,
    escapes_backslashes=False,
)
"""DuckDB. NUMERIC without arguments is DECIMAL(38,10); lengths of texts are kept by CHECK constraints."""

POSTGRES = Dialect(
    name="postgres",
    reserved=RESERVED_WORDS["postgres"],
    types=MappingProxyType(
        {
            "VARBYTE": "BYTEA",
            "HLLSKETCH": "BYTEA",
            "SUPER": "JSONB",
            **_WIDER_INTEGERS,
            "UHUGEINT": "NUMERIC(39,0)",
            "HUGEINT": "NUMERIC(39,0)",
        }
    ),
    without_arguments=frozenset({"VARBYTE"}),
    numeric_digits=1000,
    current_timestamp="timezone('UTC', now())",
    now_expressions=_NOW,
    comparable=MappingProxyType(
        dict.fromkeys(
            (
                "JSON",
                "XML",
                "POINT",
                "LINE",
                "LSEG",
                "BOX",
                "PATH",
                "POLYGON",
                "CIRCLE",
                "GEOMETRY",
                "GEOGRAPHY",
            ),
            "CAST({} AS TEXT)",
        )
    ),
    identity="GENERATED BY DEFAULT AS IDENTITY (START WITH {} INCREMENT BY {})",
    analyzes_temporary=True,
)
"""PostgreSQL."""

REDSHIFT = Dialect(
    name="redshift",
    reserved=RESERVED_WORDS["redshift"],
    types=MappingProxyType(
        {
            "JSON": "SUPER",
            "JSONB": "SUPER",
            "UUID": "VARCHAR(36)",
            "MONEY": "NUMERIC(19,2)",
            "OID": "BIGINT",
            "BIT": "VARCHAR(65535)",
            "BIT VARYING": "VARCHAR(65535)",
            **_WIDER_INTEGERS,
            **dict.fromkeys(_TEXT_LIKE, "VARCHAR(65535)"),
            **dict.fromkeys(_INTERVALS, "INTERVAL DAY TO SECOND"),
            "INTERVAL": "INTERVAL DAY TO SECOND",
            "INTERVAL YEAR": "INTERVAL YEAR TO MONTH",
            "INTERVAL MONTH": "INTERVAL YEAR TO MONTH",
            "INTERVAL YEAR TO MONTH": "INTERVAL YEAR TO MONTH",
        }
    ),
    without_arguments=frozenset({"TIME", "TIME WITH TIME ZONE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE"}),
    assumed=MappingProxyType(
        {
            "VARCHAR": ColumnType("VARCHAR", (256,)),
            "TEXT": ColumnType("VARCHAR", (256,)),
            "BPCHAR": ColumnType("CHAR", (256,)),
            "NUMERIC": ColumnType("NUMERIC", (18, 0)),
            "VARBYTE": ColumnType("VARBYTE", (64000,)),
        }
    ),
    numeric_digits=38,
    current_timestamp="SYSDATE",
    now_expressions=_NOW - {"sysdate", "getdate()"},
    comparable=MappingProxyType(
        {
            "SUPER": "JSON_SERIALIZE({})",
            "JSON": "JSON_SERIALIZE({})",
            "JSONB": "JSON_SERIALIZE({})",
            "GEOMETRY": "ST_AsText({})",
            "GEOGRAPHY": "ST_AsText({})",
            "HLLSKETCH": "HLL_CARDINALITY({})",
        }
    ),
    keeps_checks=False,
    keeps_storage=True,
    identity="GENERATED BY DEFAULT AS IDENTITY({},{})",
    distinct_from=False,
)
"""Amazon Redshift."""

DIALECTS: Mapping[str, Dialect] = MappingProxyType(
    {dialect.name: dialect for dialect in (DUCKDB, POSTGRES, REDSHIFT)}
)
"""The dialects by name."""
