"""Every kind of PostgreSQL column with edge values, for the tests of what is read."""

from dataclasses import dataclass

SETUP = (
    "CREATE TYPE mood AS ENUM ('sad', 'it''s ok', 'glücklich')",
    "CREATE TYPE place AS (name text, at point, tags text[])",
    "CREATE DOMAIN amount AS numeric(12, 3) CHECK (VALUE > -1000000)",
    "CREATE DOMAIN small_amount AS amount",
    "CREATE DOMAIN words AS text[]",
)


@dataclass(frozen=True)
class Kind:
    """A type with values as texts that PostgreSQL reads, and the Arrow type that they become.

    `refused` are values that the Arrow type has no place for.
    """

    type: str
    arrow: str
    values: tuple[str, ...]
    refused: tuple[str, ...] = ()


_NINES = "9" * 38
_TEXTS = ("", " ", "a\tb\nc\\d\r", "'\"`", "NULL", "\\N", "é 漢字 🎈 \U0010ffff", "x" * 100_000)
_NOT_FINITE = ("NaN", "Infinity", "-Infinity")
_INFINITE = ("infinity", "-infinity")

KINDS: tuple[Kind, ...] = (
    Kind("boolean", "bool", ("true", "false")),
    Kind("smallint", "int16", ("-32768", "0", "32767")),
    Kind("integer", "int32", ("-2147483648", "-1", "2147483647")),
    Kind("bigint", "int64", ("-9223372036854775808", "1", "9223372036854775807")),
    Kind("real", "float", ("-3.4028235e38", "1e-45", "0.1", "-0", "NaN", "Infinity", "-Infinity")),
    Kind("double precision", "double", ("1.7976931348623157e308", "5e-324", "0.1", "-0", *_NOT_FINITE)),
    Kind(
        "numeric(38,10)",
        "decimal128(38, 10)",
        (
            f"-{_NINES[:28]}.{_NINES[:10]}",
            f"{_NINES[:28]}.{_NINES[:10]}",
            "0",
            "-0.0000000001",
            "10000",
            "0.0001",
        ),
        ("NaN",),
    ),
    Kind("numeric(38,0)", "decimal128(38, 0)", (_NINES, f"-{_NINES}", "0", "100000000")),
    Kind("numeric(38,38)", "decimal128(38, 38)", (f"0.{_NINES}", f"-0.{_NINES}", "0")),
    Kind("numeric(1,0)", "decimal128(1, 0)", ("-9", "0", "9")),
    Kind("numeric(5,-3)", "decimal128(8, 0)", ("99999000", "-1000", "0")),
    Kind("numeric(3,5)", "decimal128(5, 5)", ("0.00999", "-0.00001", "0")),
    Kind("numeric(39,2)", "string", (f"{_NINES[:37]}.99", "NaN", "-0.01", "0.00")),
    Kind("numeric(1000,999)", "string", (f"9.{'9' * 999}", f"-0.{'0' * 998}1", "0")),
    Kind(
        "numeric",
        "string",
        ("9" * 1000, f"1e{-16_000}", "1e131000", "0", "0.00", "-1.50", "100000000", "1e-5", *_NOT_FINITE),
    ),
    Kind("amount", "decimal128(12, 3)", ("-999999.999", "0.001"), ("NaN",)),
    Kind("small_amount", "decimal128(12, 3)", ("1.000",), ("NaN",)),
    Kind("money", "string", ("-92233720368547758.08", "92233720368547758.07", "0.10")),
    Kind("oid", "int64", ("0", "2147483648", "4294967295")),
    Kind("text", "string", _TEXTS),
    Kind("varchar", "string", _TEXTS),
    Kind("varchar(5)", "string", ("", "a  ", "éééé漢")),
    Kind("char(5)", "string", ("", "a", "  é", "12345")),
    Kind("bpchar", "string", ("", "a  ")),
    Kind("name", "string", ("", "pg_class", "x" * 63)),
    Kind('"char"', "string", ("", "a", "\\001")),
    Kind("mood", "string", ("sad", "it's ok", "glücklich")),
    Kind("json", "string", ('{"b": 1,  "a": [1, 2e400, null], "b": 2}', '"\\u00e9"', " null ", "1.10")),
    Kind("jsonb", "string", ('{"b": 1, "a": [1, 2e400, null], "b": 2}', '"\\u00e9"', "null", "1.10", "{}")),
    Kind("xml", "string", ("<a b='1'>é</a>", "text", '<?xml version="1.0"?><a/>')),
    Kind(
        "uuid",
        "string",
        ("00000000-0000-0000-0000-000000000000", "{A0EEBC99-9C0B4EF8-BB6D6BB9BD380A11}", "f" * 32),
    ),
    Kind("bytea", "binary", ("", "\\x00", "\\x0001feff27225c", "\\x" + "00ff" * 50_000)),
    Kind(
        "date",
        "date32[day]",
        ("1970-01-01", "2000-02-29", "0001-01-01", "0044-03-15 BC", "4714-11-24 BC", "5874897-12-31"),
        _INFINITE,
    ),
    Kind("time", "time64[us]", ("00:00", "23:59:59.999999", "12:34:56.000001"), ("24:00",)),
    Kind("time(0)", "time64[us]", ("00:00", "23:59:59.4"), ("24:00",)),
    Kind("timetz", "string", ("00:00+15:59", "24:00-15:59", "12:34:56.789+05:30:15", "23:59:59.999999Z")),
    Kind(
        "timestamp",
        "timestamp[us]",
        ("1970-01-01", "1969-12-31 23:59:59.999999", "4714-11-24 00:00 BC", "294246-12-31 23:59:59.999999"),
        (*_INFINITE, "294276-12-31 23:59:59.999999"),
    ),
    Kind("timestamp(3)", "timestamp[us]", ("2024-02-29 12:00:00.1235",), _INFINITE),
    Kind(
        "timestamptz",
        "timestamp[us, tz=UTC]",
        (
            "1970-01-01 05:30+05:30",
            "2024-03-31 02:30 Europe/Berlin",
            "0001-01-01 00:00 UTC",
            "0044-03-15 12:00Z BC",
        ),
        _INFINITE,
    ),
    Kind(
        "interval",
        "string",
        (
            "0",
            "1 year -2 mons 3 days -04:05:06.789",
            "-178000000 years",
            "178000000 years",
            "-0.000001s",
            "1 mon 1us",
        ),
    ),
    Kind("interval day to second(2)", "string", ("3 days 04:05:06.789",)),
    Kind(
        "inet",
        "string",
        ("10.0.0.1", "10.0.0.1/8", "0.0.0.0/0", "::1", "2001:db8::/32", "::ffff:1.2.3.4/128"),
    ),
    Kind("cidr", "string", ("10.0.0.0/8", "10.0.0.1/32", "2001:db8::/32", "::/0")),
    Kind("macaddr", "string", ("08:00:2b:01:02:03", "ff-ff-ff-ff-ff-ff")),
    Kind("macaddr8", "string", ("08:00:2b:01:02:03:04:05",)),
    Kind("bit(3)", "string", ("101", "000")),
    Kind("bit varying", "string", ("", "1", "01" * 500)),
    Kind("bit varying(7)", "string", ("", "0101010")),
    Kind("integer[]", "string", ("{}", "{1,NULL,-3}", "{{1,2},{3,NULL}}", "[0:1]={5,6}")),
    Kind("text[]", "string", ("{}", '{"",NULL,"NULL","a,b","{}","\\"\\\\",é}', "{{{a}}}")),
    Kind("words", "string", ("{a,b}",)),
    Kind("numeric(10,2)[]", "string", ("{1.50,NaN,NULL}",)),
    Kind("float8[]", "string", ("{0.1,1e300,-0,Infinity}",)),
    Kind("timestamptz[]", "string", ("{2024-01-01 00:00+02,infinity,NULL}",)),
    Kind("bytea[]", "string", ('{"\\\\x00ff",""}',)),
    Kind("mood[]", "string", ('{sad,"it\'s ok",NULL}',)),
    Kind("place[]", "string", ('{"(a,\\"(1,2)\\",{x})"}',)),
    Kind("int4range", "string", ("empty", "[1,10)", "(,5]", "[5,)", "(,)")),
    Kind("numrange", "string", ("[1.50,2.00]", "(,NaN]")),
    Kind("tstzrange", "string", ("[2024-01-01 00:00+02,infinity)",)),
    Kind("int8multirange", "string", ("{}", "{[1,3),[5,9)}", "{(,)}")),
    Kind("place", "string", ('(a,"(1,2)","{x,NULL}")', "(,,)", '("a ""b"", (c)",,)')),
    Kind("point", "string", ("(1.5,-2)", "(0.1,1e300)")),
    Kind("box", "string", ("(1,2),(0,0)",)),
    Kind("polygon", "string", ("((0,0),(1,1),(1,0))",)),
    Kind("circle", "string", ("<(0,0),1.5>",)),
    Kind("tsvector", "string", ("", "'a':1A 'it''s':2,3B")),
    Kind("tsquery", "string", ("'a' & ( 'b' | !'c' )",)),
    Kind("jsonpath", "string", ("$.a[*] ? (@ > 1)",)),
    Kind("regclass", "string", ("pg_catalog.pg_class",)),
    Kind("pg_lsn", "string", ("16/B374D848",)),
    Kind("xid", "string", ("4294967295",)),
    Kind("tid", "string", ("(4294967295,65535)",)),
    Kind("int2vector", "string", ("", "1 -2 3")),
)
"""All of them; hstore and citext are extensions and tested where the server has them."""

EXTENSIONS: tuple[Kind, ...] = (
    Kind("citext", "string", _TEXTS),
    Kind("hstore", "string", ("", '"a"=>"1", "b"=>NULL, "c, d"=>"=>\\""')),
)
