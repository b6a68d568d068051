"""Column types: their synonyms, and the arguments each may have."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from dataduct.model.table import ColumnType

VARCHAR_MAX = 65535
"""What `VARCHAR(MAX)` means: Amazon Redshift's widest VARCHAR, in bytes."""


@dataclass(frozen=True, slots=True)
class TypeRule:
    """What a folded type name may have as arguments.

    Attributes:
        arguments: Most arguments it takes.
        lowest: Least value of the first argument.
        highest: Greatest value of the first argument.
        default: The arguments it has when none is written, or an empty tuple.
    """

    arguments: int = 0
    lowest: int = 1
    highest: int = 10_485_760
    default: tuple[int, ...] = ()


_PRECISION = TypeRule(1, 0, 9)

RULES: Mapping[str, TypeRule] = MappingProxyType(
    {
        "CHAR": TypeRule(1, default=(1,)),
        "VARCHAR": TypeRule(1),
        "BPCHAR": TypeRule(1),
        "BIT": TypeRule(1, default=(1,)),
        "BIT VARYING": TypeRule(1),
        "VARBYTE": TypeRule(1, highest=16_777_216),
        "NUMERIC": TypeRule(2, highest=1000),
        "FLOAT": TypeRule(1, highest=53),
        "TIME": _PRECISION,
        "TIME WITH TIME ZONE": _PRECISION,
        "TIMESTAMP": _PRECISION,
        "TIMESTAMP WITH TIME ZONE": _PRECISION,
    }
)
"""Rules of the types that take arguments, by folded name."""

_POSTGRES_ONLY = (
    *(
        "BOX",
        "CIDR",
        "CIRCLE",
        "CITEXT",
        "INET",
        "LINE",
        "LSEG",
        "MACADDR",
        "MACADDR8",
        "MONEY",
        "NAME",
        "OID",
        "PATH",
    ),
    *("PG_LSN", "POINT", "POLYGON", "TSQUERY", "TSVECTOR", "XML"),
)

_SPELLINGS: Mapping[str, str] = MappingProxyType(
    {
        "BIGINT": "INT8 | LONG",
        "BIT": "",
        "BIT VARYING": "VARBIT",
        "BOOLEAN": "BOOL | LOGICAL",
        "BPCHAR": "",
        "CHAR": "CHARACTER | NCHAR | NATIONAL CHARACTER | NATIONAL CHAR",
        "DATE": "",
        "DOUBLE PRECISION": "DOUBLE | FLOAT8",
        "FLOAT": "",
        "GEOGRAPHY": "",
        "GEOMETRY": "",
        "HLLSKETCH": "",
        "HUGEINT": "INT128",
        "INTEGER": "INT | INT4",
        "INTERVAL": "",
        "JSON": "",
        "JSONB": "",
        "NUMERIC": "DECIMAL | DEC",
        "REAL": "FLOAT4",
        "SMALLINT": "INT2 | SHORT",
        "SUPER": "",
        "TEXT": "STRING",
        "TIME": "TIME WITHOUT TIME ZONE",
        "TIME WITH TIME ZONE": "TIMETZ",
        "TIMESTAMP": "TIMESTAMP WITHOUT TIME ZONE | DATETIME",
        "TIMESTAMP WITH TIME ZONE": "TIMESTAMPTZ",
        "TIMESTAMP_MS": "",
        "TIMESTAMP_NS": "",
        "TIMESTAMP_S": "",
        "TINYINT": "INT1",
        "UBIGINT": "UINT64",
        "UHUGEINT": "UINT128",
        "UINTEGER": "UINT32",
        "USMALLINT": "UINT16",
        "UTINYINT": "UINT8",
        "UUID": "",
        "VARBYTE": "VARBINARY | BINARY VARYING | BYTEA | BLOB | BINARY",
        "VARCHAR": "CHARACTER VARYING | CHAR VARYING | NVARCHAR | NATIONAL CHARACTER VARYING | NATIONAL CHAR VARYING",
        **dict.fromkeys(_POSTGRES_ONLY, ""),
    }
)

SYNONYMS: Mapping[str, str] = MappingProxyType(
    {
        **{folded: folded for folded in _SPELLINGS},
        **{
            spelling.strip(): folded
            for folded, spellings in _SPELLINGS.items()
            for spelling in spellings.split("|")
            if spelling
        },
    }
)
"""Every spelling of a type (words joined by one space, upper case) → its folded name."""

SERIALS: Mapping[str, str] = MappingProxyType(
    {
        "SERIAL": "INTEGER",
        "SERIAL4": "INTEGER",
        "BIGSERIAL": "BIGINT",
        "SERIAL8": "BIGINT",
        "SMALLSERIAL": "SMALLINT",
        "SERIAL2": "SMALLINT",
    }
)
"""PostgreSQL's serial types → the type of the identity column they mean."""

INTERVAL_FIELDS = ("YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND")


def type_problem(name: str, arguments: tuple[int, ...]) -> str | None:
    """Return what is wrong with the arguments of a folded type, or None."""
    rule = RULES.get(name, TypeRule())
    if len(arguments) > rule.arguments:
        most = {0: "no argument", 1: "one argument"}.get(
            rule.arguments, f"at most {rule.arguments} arguments"
        )
        return f"{name} takes {most}, not {len(arguments)}"
    if arguments and not rule.lowest <= arguments[0] <= rule.highest:
        return f"{ColumnType(name, arguments)} is out of range: {rule.lowest} to {rule.highest}"
    if name == "NUMERIC" and len(arguments) == 2 and not 0 <= arguments[1] <= arguments[0]:
        return f"{ColumnType(name, arguments)} has a scale that is not between 0 and its precision"
    return None


def folded_type(name: str, arguments: tuple[int, ...]) -> ColumnType:
    """Return the column type for a folded name with its arguments in one standard form.

    `FLOAT(24)` and less is REAL, every other FLOAT is DOUBLE PRECISION; `NUMERIC(9)` is `NUMERIC(9,0)`; `CHAR` is
    `CHAR(1)` and `BPCHAR(9)` is `CHAR(9)`; a time with the usual precision of 6 digits has no argument.
    """
    if name == "FLOAT":
        return ColumnType("REAL" if arguments and arguments[0] <= 24 else "DOUBLE PRECISION")
    if name == "BPCHAR" and arguments:
        name = "CHAR"
    if name == "NUMERIC" and len(arguments) == 1:
        arguments = (arguments[0], 0)
    if name.startswith("TIME") and arguments == (6,):
        arguments = ()
    return ColumnType(name, arguments or RULES.get(name, TypeRule()).default)
