"""The sample schema of university.sql, in the words of MariaDB and of PostgreSQL."""

import re
from collections.abc import Callable
from pathlib import Path

FILE = Path(__file__).parent / "university.sql"
TABLES = 30
WITHOUT_KEY = "audit_log"

Words = dict[str, Callable[[str], str]]


def _mariadb_uuid(number: str) -> str:
    return f"concat('00000000-0000-4000-8000-', lpad(hex({number}), 12, '0'))"


_MARIADB: Words = {
    "q": lambda _: "`",
    "rows": lambda count: f"FROM seq_1_to_{count}",
    "day": lambda number: f"DATE '2020-01-01' + INTERVAL ({number}) DAY" if number else "DATE",
    "moment": lambda number: (
        f"TIMESTAMP '2020-01-01 10:00:00.123456' + INTERVAL ({number}) HOUR" if number else "DATETIME(6)"
    ),
    "zoned": lambda _: "TIMESTAMP(6) NULL",
    "uuid": lambda number: _mariadb_uuid(number) if number else "UUID",
    "char": lambda code: f"char({code})",
    "blob": lambda _: "BLOB",
    "float": lambda _: "FLOAT",
    "json": lambda _: "JSON",
    "as": lambda _: "",
    "enum": lambda _: "ENUM('new', 'worn', 'lost')",
    "measured": lambda _: (
        "tiny TINYINT UNSIGNED, medium MEDIUMINT, wide BIGINT UNSIGNED, flag BIT(1), mask BIT(12), in_year YEAR, "
        "code BINARY(4), raw VARBINARY(20), span TIME(3), kinds SET('a', 'b'), exact DECIMAL(38,10), "
        "huge DECIMAL(50,5), doc LONGTEXT"
    ),
    "measures": lambda _: (
        "255, -8388608, 18446744073709551615, b'1', b'101', 2024, 'abcd', X'00ff10', '-100:20:30.5', 'a,b', "
        "1234567890123456789012345678.0123456789, 123456789012345678901234567890123456789012345.12345, repeat('x', 300)"
    ),
}
_POSTGRES: Words = {
    "q": lambda _: '"',
    "rows": lambda count: f"FROM generate_series(1, {count}) AS numbers(seq)",
    "day": lambda number: f"DATE '2020-01-01' + ({number})" if number else "DATE",
    "moment": lambda number: (
        f"TIMESTAMP '2020-01-01 10:00:00.123456' + ({number}) * INTERVAL '1 hour'" if number else "TIMESTAMP"
    ),
    "zoned": lambda _: "TIMESTAMP WITH TIME ZONE",
    "uuid": lambda number: (
        f"('00000000-0000-4000-8000-' || lpad(to_hex({number}), 12, '0'))::uuid" if number else "UUID"
    ),
    "char": lambda code: f"chr({code})",
    "blob": lambda _: "BYTEA",
    "float": lambda _: "REAL",
    "json": lambda _: "JSONB",
    "as": lambda kind: f"::{kind}b",
    "enum": lambda _: "VARCHAR(10)",
    "measured": lambda _: (
        "exact NUMERIC(38,10), huge NUMERIC, amount MONEY, span INTERVAL, clock TIME WITH TIME ZONE, "
        "net INET, numbers INTEGER[], parts INT4RANGE, bits BIT(4), words TSVECTOR, raw BYTEA, doc XML"
    ),
    "measures": lambda _: (
        "1234567890123456789012345678.0123456789, 1e50, 12.5, INTERVAL '1 month -2 days', '10:00:00+02', '10.0.0.1', "
        "ARRAY[1, NULL, 3], '[1,10)', B'1010', to_tsvector('a b'), '\\x00ff10', '<a/>'"
    ),
}
_WORDS = {"mariadb": _MARIADB, "postgres": _POSTGRES}
_WORD = re.compile(r"<(\w+)(?::([^<>]*))?>")


def statements(kind: str) -> list[str]:
    """Return the statements that make the schema and its rows on that kind of server."""
    words = _WORDS[kind]
    text = "".join(
        line for line in FILE.read_text(encoding="utf-8").splitlines(True) if not line.startswith("--")
    )
    filled = _WORD.sub(lambda match: words[match[1]](match[2] or ""), text)
    return [statement.strip() for statement in re.split(r";\n", filled) if statement.strip()]
