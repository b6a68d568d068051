"""Every type of MariaDB with the values at its edges: how each is written in SQL, and what must be read."""

import json
import struct
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

Case = tuple[str, Any]
"""An SQL expression, and the value that is to be read; dates and timestamps as Arrow prints them."""


@dataclass(frozen=True)
class Column:
    """A column of the table of all types.

    Attributes:
        type: What CREATE TABLE says.
        source_type: What `describe` says.
        arrow: The Arrow type.
        edges: Values worth trying in every run.
        others: Any values of the type.
    """

    name: str
    type: str
    source_type: str
    arrow: str
    edges: tuple[Case, ...]
    others: st.SearchStrategy[Case]

    @property
    def cases(self) -> st.SearchStrategy[Case]:
        return st.one_of(st.sampled_from([*self.edges, ("NULL", None)]), self.others)


def text(value: str) -> str:
    return f"_utf8mb4 X'{value.encode().hex()}'"


def binary(value: bytes) -> str:
    return f"X'{value.hex()}'"


def _same(*values: Any) -> tuple[Case, ...]:
    return tuple((str(value), value) for value in values)


def _integers(name: str, sql: str, low: int, high: int, arrow: str) -> Column:
    bounds = (low, low + 1, -1, 0, 1, high - 1, high)
    edges = _same(*(value for value in dict.fromkeys(bounds) if low <= value <= high))
    return Column(name, sql, sql, arrow, edges, st.integers(low, high).map(lambda value: (str(value), value)))


def _decimals(
    name: str,
    precision: int,
    scale: int,
    *,
    unsigned: bool = False,
    as_text: bool = False,
    zerofill: bool = False,
) -> Column:
    top = 10**precision - 1
    sql = f"decimal({precision},{scale})" + (" unsigned" if unsigned or zerofill else "")

    def case(units: int) -> Case:
        sign, digits = "-" if units < 0 else "", str(abs(units)).rjust(scale + 1, "0")
        whole = digits[: len(digits) - scale] + (f".{digits[-scale:]}" if scale else "")
        return f"{sign}{whole}", sign + whole if as_text else Decimal(f"{sign}{whole}")

    low = 0 if unsigned or zerofill else -top
    edges = tuple(case(units) for units in dict.fromkeys((low, 0, 1, min(10**scale, top), top)))
    arrow = "string" if as_text else f"decimal128({precision}, {scale})"
    declared = sql + (" zerofill" if zerofill else "")
    return Column(name, declared, sql, arrow, edges, st.integers(low, top).map(case))


def _texts(
    name: str,
    sql: str,
    source_type: str,
    *values: str,
    kept: Callable[[str], str] = str,
    alphabet: st.SearchStrategy[str] | None = None,
    longest: int = 20,
) -> Column:
    characters = st.characters(exclude_categories=("Cs",)) if alphabet is None else alphabet
    edges = tuple((text(value), kept(value)) for value in values)
    others = st.text(characters, max_size=longest).map(lambda value: (text(value), kept(value)))
    return Column(name, sql, source_type, "string", edges, others)


def _binaries(name: str, sql: str, source_type: str, *values: bytes, size: int = 0) -> Column:
    edges = tuple((binary(value), value.ljust(size, b"\0")) for value in values)
    others = st.binary(max_size=size or 20).map(lambda value: (binary(value), value.ljust(size, b"\0")))
    return Column(name, sql, source_type, "binary", edges, others)


def _times(digits: int) -> Column:
    unit = 10**digits
    top = (838 * 3600 + 59 * 60 + 60) * unit - 1

    def case(units: int) -> Case:
        seconds, fraction = divmod(abs(units), unit)
        clock = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
        shown = ("-" if units < 0 else "") + clock + (f".{fraction:0{digits}d}" if digits else "")
        return f"'{shown}'", shown

    edges = tuple(map(case, (-top, -24 * 3600 * unit, -1, 0, 1, 24 * 3600 * unit - 1, 24 * 3600 * unit, top)))
    sql = f"time({digits})" if digits else "time"
    return Column(f"time{digits}", sql, sql, "string", edges, st.integers(-top, top).map(case))


def _moments(kind: str, digits: int, years: tuple[int, int], edges: tuple[str, ...]) -> Column:
    zone = "Z" if kind == "timestamp" else ""

    def case(shown: str) -> Case:
        whole, _, fraction = shown.partition(".")
        return f"'{shown}'", f"{whole}.{fraction.ljust(6, '0')}{zone}"

    parts = st.tuples(
        st.integers(*years),
        st.integers(1, 12),
        st.integers(1, 28),
        st.integers(0, 86_399),
        st.integers(0, 10**digits - 1),
    )

    def shown(year: int, month: int, day: int, second: int, fraction: int) -> str:
        clock = f"{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}"
        return f"{year:04d}-{month:02d}-{day:02d} {clock}" + (f".{fraction:0{digits}d}" if digits else "")

    sql = f"{kind}({digits})" if digits else kind
    arrow = "timestamp[us, tz=UTC]" if zone else "timestamp[us]"
    return Column(
        f"{kind}{digits}",
        f"{sql} NULL",
        sql,
        arrow,
        tuple(map(case, edges)),
        parts.map(lambda values: case(shown(*values))),
    )


def _floats(name: str, sql: str, width: int, *values: float) -> Column:
    def case(value: float) -> Case:
        return f"{value!r}e0" if "e" not in repr(value) else repr(value), value

    # MariaDB has neither NaN nor infinity, and its parser makes the negative zero a positive one.
    others = st.floats(width=width, allow_nan=False, allow_infinity=False).map(
        lambda value: case(value + 0.0)
    )
    return Column(name, sql, sql, sql, tuple(map(case, values)), others)


def _single(value: str) -> float:
    return float(struct.unpack(">f", bytes.fromhex(value))[0])


_LATIN1 = st.characters(codec="latin-1", exclude_characters=[chr(code) for code in range(0x80, 0xA0)])
_EMOJI = "\U0001f600\U0001f1e9\U0001f1ea"
_ESCAPES = "a\tb\nc\\d'e\"f`g\0h\r\x1a"
_POINT = struct.pack("<IBIdd", 4326, 1, 1, 1.5, -2.5)
_LINE = struct.pack("<IBIIdddd", 0, 1, 2, 2, 0.0, 0.0, 1.0, 1.0)

COLUMNS: tuple[Column, ...] = (
    _integers("tiny", "tinyint", -128, 127, "int8"),
    _integers("tiny_one", "tinyint(1)", -128, 127, "int8"),
    _integers("tiny_unsigned", "tinyint unsigned", 0, 255, "uint8"),
    _integers("small", "smallint", -(2**15), 2**15 - 1, "int16"),
    _integers("small_unsigned", "smallint unsigned", 0, 2**16 - 1, "uint16"),
    _integers("medium", "mediumint", -(2**23), 2**23 - 1, "int32"),
    _integers("medium_unsigned", "mediumint unsigned", 0, 2**24 - 1, "uint32"),
    _integers("whole", "int", -(2**31), 2**31 - 1, "int32"),
    _integers("whole_unsigned", "int unsigned", 0, 2**32 - 1, "uint32"),
    _integers("big", "bigint", -(2**63), 2**63 - 1, "int64"),
    _integers("big_unsigned", "bigint unsigned", 0, 2**64 - 1, "uint64"),
    Column(
        "zerofilled",
        "int(8) unsigned zerofill",
        "int unsigned",
        "uint32",
        _same(0, 7, 2**32 - 1),
        st.just(("42", 42)),
    ),
    _decimals("money", 15, 2),
    _decimals("money_unsigned", 15, 2, unsigned=True),
    _decimals("money_zerofilled", 9, 3, zerofill=True),
    _decimals("whole_decimal", 20, 0),
    _decimals("one_digit", 1, 0),
    _decimals("widest_decimal", 38, 10),
    _decimals("all_fraction", 38, 38),
    _decimals("too_wide", 39, 2, as_text=True),
    _decimals("far_too_wide", 65, 30, as_text=True),
    _floats(
        "single",
        "float",
        32,
        *(0.0, 1.0, -1.5, _single("7f7fffff"), _single("ff7fffff"), _single("00800000"), _single("3dcccccd")),
        _single("40490fdb"),
    ),
    _floats(
        "double_", "double", 64, 0.0, 0.1, -1e308, 1.7976931348623157e308, 2.2250738585072014e-308, 1 / 3
    ),
    Column("bit_one", "bit(1)", "bit(1)", "bool", (("b'0'", False), ("b'1'", True)), st.just(("1", True))),
    Column(
        "bit_nine",
        "bit(9)",
        "bit(9)",
        "uint64",
        (("b'0'", 0), ("b'1'", 1), ("b'111111111'", 511)),
        st.integers(0, 511).map(lambda value: (f"b'{value:b}'", value)),
    ),
    Column(
        "bit_sixty_four",
        "bit(64)",
        "bit(64)",
        "uint64",
        (("b'0'", 0), ("b'" + "1" * 64 + "'", 2**64 - 1), ("b'1" + "0" * 63 + "'", 2**63)),
        st.integers(0, 2**64 - 1).map(lambda value: (f"b'{value:b}'", value)),
    ),
    Column(
        "year_",
        "year",
        "year",
        "int16",
        (("'0000'", 0), ("1901", 1901), ("2155", 2155)),
        st.integers(1901, 2155).map(lambda value: (str(value), value)),
    ),
    Column(
        "date_",
        "date",
        "date",
        "date32[day]",
        tuple(
            (f"'{day}'", day)
            for day in (
                "0001-01-01",
                "1000-01-01",
                "1582-10-15",
                "1969-12-31",
                "1970-01-01",
                "2024-02-29",
                "9999-12-31",
            )
        ),
        st.dates().map(lambda day: (f"'{day.isoformat()}'", day.isoformat())),
    ),
    _moments("datetime", 0, (1, 9999), ("0001-01-01 00:00:00", "1969-12-31 23:59:59", "9999-12-31 23:59:59")),
    _moments("datetime", 3, (1, 9999), ("1000-01-01 00:00:00.001", "9999-12-31 23:59:59.999")),
    _moments(
        "datetime",
        6,
        (1, 9999),
        ("1000-01-01 00:00:00.000000", "1969-12-31 23:59:59.999999", "9999-12-31 23:59:59.999999"),
    ),
    _moments(
        "timestamp", 0, (1971, 2037), ("1970-01-01 00:00:01", "2038-01-19 03:14:07", "2024-03-31 02:30:00")
    ),
    _moments("timestamp", 6, (1971, 2037), ("1970-01-01 00:00:01.000000", "2038-01-19 03:14:07.999999")),
    _times(0),
    _times(1),
    _times(6),
    _texts(
        "char_", "char(20)", "char(20)", "", " a", "a  ", "é", _EMOJI, kept=lambda value: value.rstrip(" ")
    ),
    _texts(
        "varchar_",
        "varchar(40)",
        "varchar(40)",
        "",
        "a  ",
        "NULL",
        "\\N",
        _ESCAPES,
        _EMOJI,
        "日本語",
        longest=40,
    ),
    _texts(
        "latin",
        "varchar(40) CHARACTER SET latin1",
        "varchar(40)",
        "",
        "é",
        "ÿ",
        "Füße",
        alphabet=_LATIN1,
        longest=40,
    ),
    _texts("utf16", "varchar(40) CHARACTER SET utf16", "varchar(40)", "", "é", _EMOJI, longest=40),
    _texts("tinytext_", "tinytext", "tinytext", "", "x" * 255, _ESCAPES),
    _texts("text_", "text", "text", "", "x" * 65_535, "é" * 32_767, _EMOJI),
    _texts("mediumtext_", "mediumtext", "mediumtext", "", "x" * 65_536, _ESCAPES),
    _texts("longtext_", "longtext", "longtext", "", "x" * 250, "x" * 251, "x" * 65_535, "x" * 65_536),
    _binaries("binary_", "binary(5)", "binary(5)", b"", b"a", b"\0\0", b"\xff" * 5, size=5),
    _binaries(
        "varbinary_", "varbinary(20)", "varbinary(20)", b"", b"a ", b"\0", b"\xff\xfe\xfb\0", bytes(range(20))
    ),
    _binaries("tinyblob_", "tinyblob", "tinyblob", b"", b"\0", bytes(range(255))),
    _binaries("blob_", "blob", "blob", b"", b"\xfb\xfc\xfd\xfe\xff", b"x" * 251),
    _binaries("mediumblob_", "mediumblob", "mediumblob", b"", b"x" * 65_536),
    _binaries("longblob_", "longblob", "longblob", b"", b"x" * 70_000),
    Column(
        "enum_",
        "enum('a','B','','é,\\'')",
        "enum",
        "string",
        (("'a'", "a"), ("'b'", "B"), ("3", ""), ("'no such'", ""), ("4", "é,'")),
        st.sampled_from((("1", "a"), ("2", "B"))),
    ),
    Column(
        "set_",
        "set('x','y','z')",
        "set",
        "string",
        (("''", ""), ("'x'", "x"), ("'z,x'", "x,z"), ("7", "x,y,z"), ("'no such'", "")),
        st.sampled_from((("2", "y"), ("5", "x,z"))),
    ),
    Column(
        "json_",
        "json",
        "longtext",
        "string",
        tuple((text(value), value) for value in ("{}", "null", '{"a": [1, 2.50, "é"]}', '"\\ud83d\\ude00"')),
        st.dictionaries(st.text("abé'\\", max_size=3), st.none() | st.integers(), max_size=3).map(
            lambda value: (text(json.dumps(value)), json.dumps(value))
        ),
    ),
    Column(
        "uuid_",
        "uuid",
        "char(36)",
        "string",
        (("'00000000-0000-0000-0000-000000000000'", "00000000-0000-0000-0000-000000000000"),),
        st.uuids(version=4).map(lambda value: (f"'{value}'", str(value))),
    ),
    Column(
        "inet",
        "inet6",
        "char(39)",
        "string",
        (("'::1'", "::1"), ("'2001:db8::ff'", "2001:db8::ff")),
        st.just(("'::'", "::")),
    ),
    Column(
        "geometry_",
        "geometry",
        "geometry",
        "binary",
        (
            ("ST_GeomFromText('POINT(1.5 -2.5)', 4326)", _POINT),
            ("ST_GeomFromText('LINESTRING(0 0, 1 1)')", _LINE),
        ),
        st.just(("ST_GeomFromText('POINT(1.5 -2.5)', 4326)", _POINT)),
    ),
    Column(
        "point_",
        "point",
        "geometry",
        "binary",
        (("ST_GeomFromText('POINT(1.5 -2.5)', 4326)", _POINT),),
        st.just(("NULL", None)),
    ),
)


COVERED = {"types": len(COLUMNS), "edge values": sum(len(column.edges) for column in COLUMNS)}
"""How many types of MariaDB the suite covers, each with NULL, and how many values at their edges."""
