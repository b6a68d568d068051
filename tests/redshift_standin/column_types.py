"""Redshift's column types and what stands for them in PostgreSQL."""

from redshift_standin.errors import RedshiftError
from redshift_standin.tokens import Kind, Token

MAX_VARCHAR = 65535
MAX_CHAR = 4096

_PLAIN = {
    "smallint": "smallint", "int2": "smallint", "integer": "integer", "int": "integer", "int4": "integer",
    "bigint": "bigint", "int8": "bigint", "real": "real", "float4": "real", "float": "double precision",
    "float8": "double precision", "bool": "boolean", "boolean": "boolean", "date": "date", "super": "super",
    "timestamptz": "timestamp with time zone", "timetz": "time with time zone", "timestamp": "timestamp",
    "time": "time", "interval": "interval",
}  # fmt: skip
_VARCHAR = {"varchar", "nvarchar", "text"}
_CHAR = {"char", "character", "nchar", "bpchar"}
_DECIMAL = {"decimal", "numeric"}
_BYTES = {"varbyte", "varbinary", "binary"}
_KNOWN_UNSUPPORTED = frozenset(
    [
        "bytea",
        "json",
        "jsonb",
        "xml",
        "money",
        "bit",
        "varbit",
        "inet",
        "cidr",
        "macaddr",
        "point",
        "line",
        "lseg",
        "box",
        "path",
        "polygon",
        "circle",
        "serial",
        "bigserial",
        "serial4",
        "serial8",
        "name",
        "uuid",
        "oid",
        "tsvector",
        "tsquery",
        "hstore",
        "int4range",
    ]
)


def column_type(tokens: list[Token], column: str) -> tuple[str, int]:
    """Translate the type that `tokens` begin with; return it and how many tokens it takes.

    Raises `RedshiftError` for a type that a Redshift column cannot have.
    """
    if not tokens or tokens[0].kind is not Kind.WORD:
        raise RedshiftError("42601", f'syntax error at or near "{tokens[0].text if tokens else column}"')
    words = [token.word for token in tokens[:8]]
    first = words[0]
    arguments, end = _arguments(tokens, 1)
    if first in ("character", "char", "nchar", "national") and words[1:2] == ["varying"]:
        arguments, end = _arguments(tokens, 2)
        return _array(_varchar(arguments), tokens, end, column)
    if first == "double" and words[1:2] == ["precision"]:
        return _array("double precision", tokens, 2, column)
    if first == "binary" and words[1:2] == ["varying"]:
        return _array("varbyte", tokens, _arguments(tokens, 2)[1], column)
    if first in _VARCHAR:
        return _array(_varchar(arguments), tokens, end, column)
    if first in _CHAR:
        return _array(_char(first, arguments), tokens, end, column)
    if first in _DECIMAL:
        return _array(_decimal(arguments), tokens, end, column)
    if first in _BYTES:
        return _array("varbyte", tokens, end, column)
    if first in ("timestamp", "time") and words[end : end + 3] in (
        ["with", "time", "zone"],
        ["without", "time", "zone"],
    ):
        return _array(f"{first} {words[end]} time zone", tokens, end + 3, column)
    if first in _PLAIN:
        if arguments and first not in ("float", "interval"):
            raise RedshiftError("42601", 'syntax error at or near "("')
        if first == "float" and arguments and int(arguments[0]) < 25:
            return _array("real", tokens, end, column)
        return _array(_PLAIN[first], tokens, end, column)
    if first in _KNOWN_UNSUPPORTED:
        raise RedshiftError("0A000", f'Column "{column}" has unsupported type "{first}".')
    raise RedshiftError("42704", f'type "{first}" does not exist')


def _arguments(tokens: list[Token], at: int) -> tuple[list[str], int]:
    if len(tokens) <= at or tokens[at].word != "(":
        return [], at
    arguments: list[str] = []
    for place in range(at + 1, len(tokens)):
        if tokens[place].word == ")":
            return arguments, place + 1
        if tokens[place].word != ",":
            arguments.append(tokens[place].text.lower())
    raise RedshiftError("42601", "syntax error at end of input")


def _array(name: str, tokens: list[Token], end: int, column: str) -> tuple[str, int]:
    if tokens[end : end + 1] and tokens[end].word in ("[", "array"):
        raise RedshiftError("0A000", f'Column "{column}" has unsupported type "{name}[]".')
    return name, end


def _varchar(arguments: list[str]) -> str:
    if not arguments:
        return "varchar(256)"
    if arguments[0] == "max":
        return f"varchar({MAX_VARCHAR})"
    if int(arguments[0]) > MAX_VARCHAR:
        raise RedshiftError("22023", f"length for type character varying cannot exceed {MAX_VARCHAR}")
    return f"varchar({int(arguments[0])})"


def _char(first: str, arguments: list[str]) -> str:
    if not arguments:
        return "char(256)" if first == "bpchar" else "char(1)"
    if arguments[0] == "max" or int(arguments[0]) > MAX_CHAR:
        raise RedshiftError("22023", f"length for type character cannot exceed {MAX_CHAR}")
    return f"char({int(arguments[0])})"


def _decimal(arguments: list[str]) -> str:
    precision = int(arguments[0]) if arguments else 18
    scale = int(arguments[1]) if len(arguments) > 1 else 0
    if not 1 <= precision <= 38:
        raise RedshiftError("22023", f"DECIMAL precision {precision} must be between 1 and 38")
    if not 0 <= scale <= min(precision, 37):
        raise RedshiftError("22023", f"DECIMAL scale {scale} must be between 0 and precision {precision}")
    return f"numeric({precision},{scale})"
