"""A load brings every value as it is, or refuses and says which rows do not fit."""

import datetime as dt
import math
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dataduct.errors import DataductError, DataError, StorageError
from dataduct.model.operations import FileFormat

COLUMNS = {
    "whole": ("BIGINT", pa.int64(), st.integers(-(2**63), 2**63 - 1)),
    "small": ("SMALLINT", pa.int16(), st.integers(-(2**15), 2**15 - 1)),
    "name": ("TEXT", pa.string(), st.text(st.characters(codec="utf-8"), max_size=20)),
    "price": (
        "NUMERIC(38,10)",
        pa.decimal128(38, 10),
        st.decimals(-(10**27), 10**27, places=10, allow_nan=False, allow_infinity=False),
    ),
    "ratio": ("DOUBLE PRECISION", pa.float64(), st.floats(width=64)),
    "single": ("REAL", pa.float32(), st.floats(width=32)),
    "flag": ("BOOLEAN", pa.bool_(), st.booleans()),
    "day": ("DATE", pa.date32(), st.dates()),
    "at": ("TIMESTAMP", pa.timestamp("us"), st.datetimes()),
    "zoned": ("TIMESTAMP WITH TIME ZONE", pa.timestamp("us", "UTC"), st.datetimes(timezones=st.just(dt.UTC))),
    "raw": ("VARBYTE", pa.binary(), st.binary(max_size=20)),
}
ROWS = st.lists(
    st.fixed_dictionaries({name: st.none() | values for name, (_, _, values) in COLUMNS.items()}), max_size=30
)
SCHEMA = pa.schema([(name, kind) for name, (_, kind, _) in COLUMNS.items()])


def same(left, right):
    if isinstance(left, float) and isinstance(right, float):
        return left == right or (math.isnan(left) and math.isnan(right))
    return left == right


def holdable(value, bench):
    return value.replace("\0", "") if isinstance(value, str) and not bench.kind.keeps_nul else value


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS)
def test_what_is_loaded_is_what_is_streamed(bench, rows):
    rows = [{name: holdable(value, bench) for name, value in row.items()} for row in rows]
    bench.run("DROP TABLE IF EXISTS loaded")
    table = bench.create("loaded", **{name: kind for name, (kind, _, _) in COLUMNS.items()})

    loaded = bench.load(table, bench.parquet(pa.Table.from_pylist(rows, SCHEMA)))
    streamed = bench.stream("SELECT * FROM loaded").to_pylist()

    assert loaded.rows == len(rows)
    assert len(streamed) == len(rows)
    for expected, actual in zip(rows, streamed, strict=True):
        for name, value in expected.items():
            assert same(value, actual[name]), name


TSV_ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "whole": st.integers(-(2**63), 2**63 - 1),
            "price": st.decimals(-(10**17), 10**17, places=2, allow_nan=False),
            "ratio": st.floats(allow_nan=False),
            "at": st.datetimes(),
            "flag": st.booleans(),
            "name": st.text(st.characters(codec="utf-8", exclude_characters="\t\n\r\\"), max_size=10).filter(
                lambda text: text != "NULL"
            ),
        }
    ),
    min_size=1,
    max_size=20,
)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=TSV_ROWS)
def test_text_becomes_the_values_it_says(bench, rows):
    bench.run("DROP TABLE IF EXISTS loaded")
    types = {"whole": "BIGINT", "price": "NUMERIC(20,2)", "ratio": "DOUBLE PRECISION", "at": "TIMESTAMP"}
    table = bench.create("loaded", **types, flag="BOOLEAN", name="TEXT")
    names = table.column_names
    text = "".join("\t".join(str(row[name]) for name in names) + "\n" for row in rows)

    bench.load(table, bench.text_files("tsv", text if bench.kind.keeps_nul else text.replace("\0", "")))

    expected = [{name: holdable(value, bench) for name, value in row.items()} for row in rows]
    assert bench.stream("SELECT * FROM loaded").to_pylist() == expected


def test_the_character_nul_is_kept_or_refused(bench):
    table = bench.create("loaded", value="TEXT")
    files = bench.parquet(pa.table({"value": ["a", "b\0c"]}))

    if bench.kind.keeps_nul:
        bench.load(table, files)
        assert bench.rows("SELECT value FROM loaded") == [("a",), ("b\0c",)]
        return
    with pytest.raises(DataError, match="1 row does not fit loaded") as refused:
        bench.load(table, files)
    assert refused.value.details == (
        f"row 2, column value: 'b\\x00c' holds the character NUL, which {bench.kind.text} has no place for",
    )


def test_every_part_is_loaded_and_other_columns_take_their_defaults(bench):
    bench.run("CREATE TABLE courses (id INTEGER, source VARCHAR(10) DEFAULT 'dataduct')")
    files = bench.parquet(
        pa.table({"id": [1, 2]}), pa.table({"id": [3]}), pa.table({"id": pa.array([4], pa.int16())})
    )
    table = bench.create("other", id="INTEGER")
    courses = type(table)(name=type(table.name)("courses"), columns=table.columns)

    assert bench.load(courses, files).rows == 4
    assert bench.rows("SELECT * FROM courses ORDER BY id") == [
        (number, "dataduct") for number in (1, 2, 3, 4)
    ]


def test_columns_are_found_by_name(bench):
    table = bench.create("courses", id="INTEGER", slug="VARCHAR(5)")
    files = bench.parquet(pa.table({"slug": ["a"], "row_number": [0], "filename": [0], 'Odd "name"': [7]}))

    bench.load(table, files, sources=['Odd "name"', "slug"])

    assert bench.rows("SELECT id, slug FROM courses") == [(7, "a")]


def test_a_dataset_of_no_parts_loads_nothing(bench):
    table = bench.create("courses", id="INTEGER")

    assert bench.load(table, bench.parquet()).rows == 0
    assert bench.load(table, bench.text_files("tsv", "")).rows == 0


def test_the_names_of_a_datasets_columns(bench):
    with bench.transaction() as transaction:
        names = [
            transaction.dataset_columns(files, FileFormat())
            for files in (
                bench.parquet(pa.table({"id": [1], "Name": ["a"]})),
                bench.text_files("csv", "id,Name\n1,a\n"),
                bench.text_files("tsv", "1\ta\n"),
            )
        ]

    assert names == [("id", "Name"), ("id", "Name"), (None, None)]


LOSSY = [
    ("INTEGER", pa.float64(), 1.5),
    ("INTEGER", pa.float64(), math.nan),
    ("INTEGER", pa.int64(), 2**40),
    ("BIGINT", pa.uint64(), 2**63),
    ("SMALLINT", pa.decimal128(10, 2), Decimal("7.25")),
    ("BOOLEAN", pa.int32(), 2),
    ("DATE", pa.timestamp("us"), dt.datetime(2026, 1, 1, 0, 0, 0, 1)),
    ("TIMESTAMP", pa.timestamp("ns"), 1_700_000_000_000_000_001),
    ("TIME", pa.timestamp("us"), dt.datetime(2026, 1, 1, 10, 0)),
    ("NUMERIC(10,1)", pa.decimal128(10, 2), Decimal("1.25")),
    ("NUMERIC(10,2)", pa.float64(), 1.005),
    ("NUMERIC(4,2)", pa.int32(), 100),
    ("NUMERIC(18,2)", pa.float64(), math.inf),
    ("REAL", pa.float64(), 0.1),
    ("DOUBLE PRECISION", pa.int64(), 2**53 + 1),
    ("DOUBLE PRECISION", pa.decimal128(38, 10), Decimal("1234567890123456789.0123456789")),
    ("INTEGER", pa.string(), "1.5"),
    ("INTEGER", pa.string(), "1_000"),
    ("INTEGER", pa.string(), ""),
    ("NUMERIC(10,2)", pa.string(), "1.005"),
    ("NUMERIC(10,2)", pa.string(), "1e-05"),
    ("DOUBLE PRECISION", pa.string(), "1e400"),
    ("DATE", pa.string(), "2026-01-01 10:00:00"),
    ("TIMESTAMP", pa.string(), "2026-01-01 10:00:00.1234567"),
    ("TIMESTAMP", pa.string(), "2026-01-01 10:00:00+02:00"),
    ("TIMESTAMP", pa.string(), "2026-01-01 10:00:00 Europe/Paris"),
    ("BOOLEAN", pa.string(), "maybe"),
    ("VARCHAR(3)", pa.string(), "abcd"),
    ("VARCHAR(3)", pa.int64(), 12345),
    ("TEXT", pa.binary(), b"\xff\xfe"),
]


@pytest.mark.parametrize(("kind", "arrow_type", "value"), LOSSY, ids=str)
def test_a_value_that_would_be_changed_is_refused(bench, kind, arrow_type, value):
    table = bench.create("loaded", value=kind)
    good = pa.table({"value": pa.array([None], arrow_type)})

    with pytest.raises(DataError, match="1 row does not fit loaded") as refused:
        bench.load(table, bench.parquet(good, pa.table({"value": pa.array([value], arrow_type)})))

    assert refused.value.code == "DD707"
    assert refused.value.details[0].startswith("row 2, column value: ")
    assert bench.rows("SELECT count(*) FROM loaded") == [(0,)]


EXACT = [
    ("INTEGER", pa.float64(), 3.0, 3),
    ("INTEGER", pa.string(), " 12 ", 12),
    ("INTEGER", pa.string(), "12.0", 12),
    ("NUMERIC(10,2)", pa.float64(), 19.99, Decimal("19.99")),
    ("NUMERIC(10,2)", pa.float64(), 0.1 + 0.2, Decimal("0.30")),
    ("NUMERIC(38,10)", pa.float64(), 1234567.89, Decimal("1234567.8900000000")),
    ("NUMERIC(10,2)", pa.decimal128(10, 4), Decimal("1.2500"), Decimal("1.25")),
    ("NUMERIC(10,2)", pa.string(), "1.5e2", Decimal("150.00")),
    ("NUMERIC(10,2)", pa.string(), "-.5", Decimal("-0.50")),
    ("DATE", pa.timestamp("us"), dt.datetime(2026, 1, 1), dt.date(2026, 1, 1)),
    ("DATE", pa.string(), "2026-01-01 00:00:00", dt.date(2026, 1, 1)),
    ("TIMESTAMP", pa.date32(), dt.date(2026, 1, 1), dt.datetime(2026, 1, 1)),
    ("TIMESTAMP", pa.timestamp("ns"), 1_700_000_000_000_001_000, dt.datetime(2023, 11, 14, 22, 13, 20, 1)),
    ("TIMESTAMP", pa.timestamp("us", "America/New_York"), 0, dt.datetime(1970, 1, 1)),
    ("TIMESTAMP", pa.string(), "2026-01-01T10:00:00Z", dt.datetime(2026, 1, 1, 10)),
    ("TIMESTAMP", pa.string(), "2026-01-01 10:00:00.1200000", dt.datetime(2026, 1, 1, 10, 0, 0, 120000)),
    ("BOOLEAN", pa.string(), "on", True),
    ("BOOLEAN", pa.string(), "F", False),
    ("BOOLEAN", pa.int8(), 1, True),
    ("DOUBLE PRECISION", pa.float32(), 0.5, 0.5),
    ("DOUBLE PRECISION", pa.string(), "-inf", -math.inf),
    ("BIGINT", pa.bool_(), True, 1),
    ("TEXT", pa.int64(), -7, "-7"),
    ("TEXT", pa.binary(), "é".encode(), "é"),
    ("VARBYTE", pa.string(), r"a\x41é", r"a\x41é".encode()),
]


@pytest.mark.parametrize(("kind", "arrow_type", "value", "expected"), EXACT, ids=str)
def test_a_conversion_that_changes_nothing_is_made(bench, kind, arrow_type, value, expected):
    table = bench.create("loaded", value=kind)

    bench.load(table, bench.parquet(pa.table({"value": pa.array([value, None], arrow_type)})))

    assert [row["value"] for row in bench.stream("SELECT value FROM loaded").to_pylist()] == [expected, None]


def test_a_length_is_one_in_characters_or_in_bytes(bench):
    table = bench.create("loaded", value="VARCHAR(3)")
    files = bench.parquet(pa.table({"value": ["日本語"]}))

    if bench.kind.counts_bytes:
        with pytest.raises(DataError) as refused:
            bench.load(table, files)
        assert refused.value.details == ("row 1, column value: '日本語' is longer than VARCHAR(3)",)
        return
    bench.load(table, files)
    assert bench.rows("SELECT value FROM loaded") == [("日本語",)]


def test_a_decimal_of_more_digits_than_the_warehouse_holds_is_refused(bench):
    table = bench.create("loaded", value="NUMERIC(38,2)")
    files = bench.parquet(pa.table({"value": pa.array([Decimal(1)], pa.decimal256(50, 2))}))

    if bench.kind.most_digits is None:
        bench.load(table, files)
        assert bench.rows("SELECT value FROM loaded") == [(Decimal(1),)]
        return
    with pytest.raises(DataError, match="column value is decimal256"):
        bench.load(table, files)


def courses(bench):
    return bench.create("courses", id="!INTEGER", slug="VARCHAR(5)", price="NUMERIC(8,2)")


def told(error: DataductError) -> str:
    return "\n".join([f"{error.code} {error.message}", *(f"  {detail}" for detail in error.details), ""])


def refusal(bench, *arguments, **options):
    with pytest.raises(DataError) as refused:
        bench.load(*arguments, **options)
    return told(refused.value)


def test_rows_that_do_not_fit_are_named(bench, golden):
    table = courses(bench)
    first = pa.table({"id": [1, 2], "slug": ["ok", "much\ttoo long " * 9], "price": pa.array([1.25, None])})
    second = pa.table({"id": pa.array([None, 4, 5]), "slug": ["a", "b", "c"], "price": [1.0, 2.005, 1e9]})
    texts = bench.text_files("tsv", "1\tab\t1.5\n", "two\t\\N\t2\n3\tabcdef\t\n")

    shown = [
        refusal(bench, table, bench.parquet(first)),
        refusal(bench, table, bench.parquet(first, second)),
        refusal(bench, table, texts),
        refusal(bench, table, bench.parquet(first, second), FileFormat(max_errors=2)),
        refusal(bench, table, bench.parquet(first), sources=["id", "slog", "price"]),
        refusal(bench, table, bench.parquet(first), sources=["id", "slug", 3]),
    ]

    named = "\n".join(shown).replace(f"{bench.kind.numeric}(", "NUMERIC(")
    golden("warehouses/rows_that_do_not_fit.txt", named)
    assert bench.rows("SELECT count(*) FROM courses") == [(0,)]


def test_max_errors_lets_that_many_rows_be_left_out(bench):
    table = courses(bench)
    files = bench.text_files("tsv", "1\tab\t1.5\n2\tabcdef\t2\n3\n4\tx\tmany\n5\t\\N\tNULL\n")

    result = bench.load(table, files, FileFormat(max_errors=3))

    assert result.rows == 2
    assert [line.split(", ", 1)[1] for line in result.rejected] == [
        "row 3: 1 field found, 3 expected",
        "column slug: 'abcdef' is longer than VARCHAR(5)",
        f"column price: 'many' is not {bench.kind.numeric}(8,2)",
    ]
    assert bench.rows("SELECT id FROM courses ORDER BY id") == [(1,), (5,)]
    with pytest.raises(DataError, match="3 rows do not fit courses; `max_errors` allows 2"):
        bench.load(table, files, FileFormat(max_errors=2))


def test_an_empty_text_is_null_only_where_that_is_said(bench):
    table = courses(bench)
    files = bench.text_files("tsv", "1\tab\t\n")

    with pytest.raises(DataError):
        bench.load(table, files)
    bench.load(table, files, FileFormat(null_values=("",)))

    assert bench.rows("SELECT price FROM courses") == [(None,)]


def test_a_row_that_cannot_be_read_is_the_readers_error(bench):
    table = courses(bench)
    good = "1\tab\t1\n" * 100_000

    with pytest.raises(DataError, match="row 100001: 1 field found, 3 expected"):
        bench.load(table, bench.text_files("tsv", good + "2\n"))


def test_a_duplicate_key_is_an_error_where_the_table_enforces_it(bench):
    table = bench.create("plain", id="INTEGER")
    bench.run("CREATE TABLE keyed (id INTEGER PRIMARY KEY)")
    keyed = type(table)(name=type(table.name)("keyed"), columns=table.columns)

    files = bench.parquet(pa.table({"id": [1, 1]}))

    if bench.kind.keeps_duplicate_keys:
        assert bench.load(keyed, files).rows == 2
        return
    with pytest.raises(DataError, match=r"cannot be loaded into keyed: .*duplicate key"):
        bench.load(keyed, files)


def test_files_that_are_missing_or_damaged_are_named(bench):
    table = courses(bench)
    missing = bench.parquet(pa.table({"id": [1], "slug": ["a"], "price": [1.0]}))
    damaged = bench.text_files("parquet", "not Parquet at all")
    (bench.project / "part-0.parquet").unlink()

    for files, message in ((missing, "part-0.parquet is missing"), (damaged, "is not a Parquet file")):
        with pytest.raises(StorageError, match=message):
            bench.load(table, files)


def test_opaque_files_cannot_be_loaded(bench):
    with pytest.raises(DataError, match="a dataset of format files cannot be loaded"):
        bench.load(courses(bench), bench.text_files("files", "x"))


def test_paths_are_not_patterns(bench):
    table = bench.create("loaded", id="INTEGER")
    files = bench.parquet(pa.table({"id": [1]}), pa.table({"id": [2]}))
    odd = bench.project / "part-[01]*?'.parquet"
    (bench.project / "part-0.parquet").rename(odd)

    bench.load(table, type(files)(files.manifest, (str(odd),)))

    assert bench.rows("SELECT id FROM loaded") == [(1,)]
