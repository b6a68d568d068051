"""Plain values: what Arrow converts is what DuckDB's exact conversion gives, and everything else is left to it."""

import json
import subprocess
import sys
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dataduct.warehouses.duckdb_conversions import conversion
from dataduct.warehouses.plain_values import plain_type, plain_values

TARGETS = (
    "TINYINT",
    "INTEGER",
    "BIGINT",
    "UBIGINT",
    "DECIMAL(5,2)",
    "DECIMAL(18,0)",
    "DECIMAL(38,10)",
    "FLOAT",
    "DOUBLE",
    "DATE",
    "TIMESTAMP",
    "BOOLEAN",
)
days = st.from_regex(r"[0-9]{4}-[01][0-9]-[0-3][0-9]", fullmatch=True)
texts = st.one_of(
    st.text("0123456789-+.eE", max_size=12),
    st.text("0123456789", min_size=1, max_size=22),
    st.floats().map(repr),
    st.integers().map(str),
    st.decimals(allow_nan=False, allow_infinity=False, places=2).map(str),
    days,
    st.tuples(days, st.sampled_from(" T"), st.text("0123456789:.-", min_size=1, max_size=15)).map("".join),
    st.datetimes().map(str),
    st.sampled_from(
        ["t", "f", "true", "FALSE", "True", "1", "0", "yes", "NULL", "0x1f", "inf", "nan", " 1", "1_000"]
    ),
)


@pytest.mark.parametrize("target", TARGETS)
@given(values=st.lists(st.none() | texts, min_size=1, max_size=4))
@example(values=["0000-01-01 00:00:00"])
@example(values=["2024-02-30", "2024-02-29"])
@example(values=["2024-01-01 24:00:00"])
@example(values=["2024-01-01 23:59:60"])
@example(values=["2024-01-01 23:59-05:00"])
@example(values=["2024-01-01 23:59:59."])
@example(values=["1e400", "4e-324"])
@example(values=["1.", ".5", "-0", "0001"])
@example(values=["-0.0"])
@example(values=["1.500", "1.501"])
@example(values=[None, None])
def test_plain_values_are_what_the_exact_conversion_gives(target: str, values: list[str | None]) -> None:
    kind = plain_type(target)
    assert kind is not None
    text = pa.array(values, pa.string())
    plain = plain_values(text, kind)
    if plain is not None:
        assert plain.type == kind
        table = pa.table({"v": text, "plain": plain})
        exact = conversion("v", "VARCHAR", target).strict
        with duckdb.connect() as warehouse:
            warehouse.register("given", table)
            different = warehouse.execute(
                f"SELECT v, {exact}, plain FROM given WHERE ({exact}) IS DISTINCT FROM plain"
            ).fetchall()
        assert different == []


@pytest.mark.parametrize(
    ("target", "values"),
    [
        ("INTEGER", ["1", "-2", None]),
        ("DECIMAL(12,2)", ["1.50", "-3", None]),
        ("DOUBLE", ["0.1", "-1e-05"]),
        ("DATE", ["2026-01-31"]),
        ("TIMESTAMP", ["2026-01-31 23:59:59", "2026-01-31T23:59:59.123456"]),
        ("BOOLEAN", ["true", "false", None]),
        ("BOOLEAN", ["t", "f", None]),
    ],
)
def test_what_databases_write_is_plain(target: str, values: list[str | None]) -> None:
    kind = plain_type(target)
    assert kind is not None
    assert plain_values(pa.array(values, pa.string()), kind) is not None


@pytest.mark.parametrize(
    ("target", "value"),
    [
        ("INTEGER", "0x1f"),
        ("INTEGER", "3000000000"),
        ("INTEGER", ""),
        ("DECIMAL(5,2)", "1.005"),
        ("DECIMAL(5,2)", "1e2"),
        ("DOUBLE", "1e999"),
        ("DOUBLE", "inf"),
        ("DATE", "2026-02-30"),
        ("TIMESTAMP", "2026-01-31 10"),
        ("TIMESTAMP", "2026-01-31 10:00:00Z"),
        ("BOOLEAN", "y"),
    ],
)
def test_one_value_that_is_not_plain_leaves_the_column_as_text(target: str, value: str) -> None:
    kind = plain_type(target)
    assert kind is not None
    assert plain_values(pa.array([value], pa.string()), kind) is None


def test_a_slice_is_judged_by_its_own_values() -> None:
    column = pa.array(["x", "1", "2"], pa.string()).slice(1)
    values = plain_values(column, pa.int64())
    assert values is not None
    assert values.to_pylist() == [1, 2]


@pytest.mark.parametrize("target", ["VARCHAR", "BLOB", "HUGEINT", "TIMESTAMP WITH TIME ZONE", "TIME"])
def test_other_types_have_no_plain_values(target: str) -> None:
    assert plain_type(target) is None


READ_PLAIN_TEXT = """
import sys
from dataduct.model.operations import FileFormat
from dataduct.storage.rows import open_rows
from dataduct.warehouses.plain_values import plain_type, plain_values

kinds = [plain_type(name) for name in ("BIGINT", "DECIMAL(5,2)", "DOUBLE", "DATE", "TIMESTAMP", "BOOLEAN", "BOOLEAN")]
for path in sys.argv[1:]:
    for batch in open_rows([path], path.rpartition(".")[2], FileFormat()):
        for column, kind in zip(batch.columns, kinds, strict=True):
            assert plain_values(column, kind) is not None, (path, kind)
assert "pandas" not in sys.modules
"""


def test_plain_text_is_read_without_pandas_which_takes_45_mb(tmp_path: Path) -> None:
    """Arrow imports it, where it is installed, as soon as a list or a Python value becomes an array."""
    values = ["1", "1.50", "1e-05", "2026-01-31", "2026-01-31 23:59:59", "true", "t"]
    (tmp_path / "x.tsv").write_text("\t".join(values) + "\n" + "\t".join(["\\N"] * 7) + "\n")
    (tmp_path / "x.csv").write_text("a,b,c,d,e,f,g\n" + ",".join(values) + "\n")
    (tmp_path / "x.jsonl").write_text(json.dumps(dict(zip("abcdefg", values, strict=True))) + "\n")
    paths = [str(tmp_path / name) for name in ("x.tsv", "x.csv", "x.jsonl")]
    subprocess.run([sys.executable, "-c", READ_PLAIN_TEXT, *paths], check=True)
