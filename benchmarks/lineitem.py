"""The rows of the measurements with real servers: TPC-H-like order lines, with the edges that real text has.

20 columns: four integers, four decimals, three dates, a timestamp, a double and seven texts; NULLs, and one row in a
hundred with each of a tab, a newline, a backslash, quotes, characters of four bytes and an empty text.
"""

from pathlib import Path

import duckdb

ROWS = 6_001_215
KEY = "id"
_LINES_A_BATCH = 100_000
COLUMNS = {
    "id": "BIGINT",
    "part_key": "INTEGER",
    "supplier_key": "INTEGER",
    "line_number": "INTEGER",
    "quantity": "DECIMAL(15,2)",
    "price": "DECIMAL(15,2)",
    "discount": "DECIMAL(15,2)",
    "tax": "DECIMAL(15,2)",
    "ship_date": "DATE",
    "commit_date": "DATE",
    "receipt_date": "DATE",
    "changed_at": "TIMESTAMP",
    "score": "DOUBLE PRECISION",
    "return_flag": "VARCHAR(1)",
    "line_status": "VARCHAR(1)",
    "ship_instruction": "VARCHAR(25)",
    "ship_mode": "VARCHAR(10)",
    "clerk": "VARCHAR(20)",
    "comment": "VARCHAR(80)",
    "note": "VARCHAR(1000)",
}
_MYSQL = {"TIMESTAMP": "DATETIME(6)", "DOUBLE PRECISION": "DOUBLE", "VARCHAR(1000)": "TEXT"}
_EDGES = """
    CASE i % 100 WHEN 7 THEN 'tab' || chr(9) || 'here' WHEN 13 THEN 'line' || chr(10) || 'break' WHEN 29 THEN ''
        WHEN 31 THEN 'back' || chr(92) || 'slash' WHEN 37 THEN '"quoted" ''twice''' WHEN 41 THEN '🚀 launch'
        WHEN 43 THEN '注文 明細' WHEN 47 THEN NULL ELSE 'carefully final deposits ' || hash(i) % 1000000 END
"""
_GENERATED = f"""
    SELECT i + 1 AS id, CAST(hash(i, 1) % 200000 AS INTEGER) AS part_key,
        CAST(hash(i, 2) % 10000 AS INTEGER) AS supplier_key, CAST(i % 7 + 1 AS INTEGER) AS line_number,
        CAST(hash(i, 3) % 50 + 1 AS DECIMAL(15,2)) AS quantity,
        CAST(hash(i, 4) % 10500000 / 100.0 AS DECIMAL(15,2)) AS price,
        CAST(hash(i, 5) % 11 / 100.0 AS DECIMAL(15,2)) AS discount,
        CASE WHEN i % 50 = 0 THEN NULL ELSE CAST(hash(i, 6) % 9 / 100.0 AS DECIMAL(15,2)) END AS tax,
        DATE '1992-01-02' + CAST(hash(i, 7) % 2500 AS INTEGER) AS ship_date,
        DATE '1992-01-31' + CAST(hash(i, 8) % 2500 AS INTEGER) AS commit_date,
        CASE WHEN i % 40 = 0 THEN NULL ELSE DATE '1992-02-10' + CAST(hash(i, 9) % 2500 AS INTEGER) END AS receipt_date,
        TIMESTAMP '2020-01-01' + to_microseconds(CAST(hash(i, 10) % 100000000000000 AS BIGINT)) AS changed_at,
        sin(i) AS score, substr('ANR', CAST(hash(i, 11) % 3 AS INTEGER) + 1, 1) AS return_flag,
        CASE WHEN i % 2 = 0 THEN 'O' ELSE 'F' END AS line_status,
        ['DELIVER IN PERSON', 'COLLECT COD', 'NONE', 'TAKE BACK RETURN'][CAST(hash(i, 12) % 4 AS BIGINT) + 1]
            AS ship_instruction,
        ['AIR', 'FOB', 'MAIL', 'RAIL', 'REG AIR', 'SHIP', 'TRUCK'][CAST(hash(i, 13) % 7 AS BIGINT) + 1] AS ship_mode,
        'Clerk#' || lpad(CAST(hash(i, 14) % 100000 AS VARCHAR), 9, '0') AS clerk, {_EDGES} AS comment,
        CASE WHEN i % 10 = 0 THEN repeat('pending requests sleep furiously ', 6) || hash(i, 15) END AS note
    FROM range({{rows}}) AS t(i)
"""


def definition(table: str, *, dialect: str = "postgres", key: bool = True) -> str:
    """Return the CREATE TABLE statement for a MySQL (`mysql`) or any other database."""
    kinds = {name: _MYSQL.get(kind, kind) if dialect == "mysql" else kind for name, kind in COLUMNS.items()}
    lines = [f"    {name} {kind}{' NOT NULL' if name == KEY else ''}" for name, kind in kinds.items()]
    if key:
        lines.append(f"    PRIMARY KEY ({KEY})")
    return f"CREATE TABLE {table} (\n" + ",\n".join(lines) + "\n)"


def write_parquet(path: Path, rows: int = ROWS) -> None:
    """Write the rows as one Parquet file."""
    with duckdb.connect() as generator:
        generator.execute(
            f"COPY ({_GENERATED.format(rows=rows)}) TO '{path}' (FORMAT parquet, COMPRESSION zstd)"
        )


def write_text(path: Path, rows: int = ROWS) -> None:
    r"""Write the rows as text that MySQL's LOAD DATA and PostgreSQL's COPY both read: tabs, `\N`, backslash escapes."""

    def escaped(column: str) -> str:
        text = f"CAST({column} AS VARCHAR)"
        for character, letter in (("chr(92)", "chr(92) || chr(92)"), ("chr(9)", "chr(92) || 't'")):
            text = f"replace({text}, {character}, {letter})"
        return f"coalesce(replace({text}, chr(10), chr(92) || 'n'), chr(92) || 'N')"

    fields = ", ".join(escaped(name) for name in COLUMNS)
    query = f"SELECT concat_ws(chr(9), {fields}) FROM ({_GENERATED.format(rows=rows)})"
    with duckdb.connect() as generator, path.open("w", encoding="utf-8", newline="") as text:
        for batch in generator.sql(query).to_arrow_reader(_LINES_A_BATCH):
            text.writelines(f"{line}\n" for line in batch.column(0).to_pylist())
