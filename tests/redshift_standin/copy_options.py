"""The grammar of COPY and UNLOAD behind their table, query and location."""

from dataclasses import dataclass, field

from redshift_standin.create_table import table_name
from redshift_standin.errors import RedshiftError, syntax_error
from redshift_standin.object_store import Authorization
from redshift_standin.tokens import Kind, Token, closing, name_value, split_commas, string_value

# Options and what follows each: `flag` nothing, `text` a literal, `number`, `switch` ON/OFF or nothing.
_COPY = {
    "gzip": "flag", "bzip2": "flag", "zstd": "flag", "manifest": "flag", "escape": "flag", "removequotes": "flag",
    "acceptanydate": "flag", "blanksasnull": "flag", "emptyasnull": "flag", "truncatecolumns": "flag",
    "trimblanks": "flag", "ignoreblanklines": "flag", "fillrecord": "flag", "explicit_ids": "flag", "noload": "flag",
    "roundec": "flag", "ignoreallerrors": "flag", "delimiter": "text", "quote": "text", "null": "text",
    "dateformat": "text", "timeformat": "text", "region": "text", "encoding": "word", "ignoreheader": "number",
    "maxerror": "number", "comprows": "number", "acceptinvchars": "optional", "compupdate": "switch",
    "statupdate": "switch", "serializetojson": "flag",
}  # fmt: skip
_UNLOAD = {
    "gzip": "flag", "bzip2": "flag", "zstd": "flag", "header": "flag", "addquotes": "flag", "escape": "flag",
    "allowoverwrite": "flag", "cleanpath": "flag", "delimiter": "text", "null": "text", "region": "text",
    "parallel": "switch", "encrypted": "flag",
}  # fmt: skip
_REFUSED = frozenset(
    [
        "orc",
        "avro",
        "fixedwidth",
        "shapefile",
        "readratio",
        "ssh",
        "lzop",
        "kms_key_id",
        "master_symmetric_key",
    ]
)
_COLUMNAR = frozenset(
    ["acceptinvchars", "fillrecord", "statupdate", "manifest", "explicit_ids", "serializetojson", "format"]
)


@dataclass
class Options:
    """The options of a COPY or UNLOAD; a flag's value is True."""

    authorization: Authorization | None = None
    format: str = "delimited"
    values: dict[str, str | int | bool] = field(default_factory=dict)

    def flag(self, name: str) -> bool:
        return bool(self.values.get(name))

    def text(self, name: str, default: str) -> str:
        return str(self.values.get(name, default))

    def number(self, name: str, default: int) -> int:
        return int(self.values.get(name, default))

    @property
    def region(self) -> str | None:
        return str(self.values["region"]) if "region" in self.values else None


@dataclass
class CopyCommand:
    """A COPY: the table as PostgreSQL takes it, its bare name, the columns named, the location."""

    table: str
    bare: str
    columns: list[str] | None
    location: str
    options: Options


@dataclass
class UnloadCommand:
    """An UNLOAD: the query and the location's prefix."""

    query: str
    location: str
    options: Options


def read_copy(tokens: list[Token]) -> CopyCommand:
    """Parse a COPY. Raises `RedshiftError` for options that Redshift does not have, or not together."""
    table, bare, at = table_name(tokens, 1)
    columns = None
    if tokens[at].word == "(":
        end = closing(tokens, at)
        columns = [name_value(part[0]) for part in split_commas(tokens[at + 1 : end])]
        at = end + 1
    if at + 1 >= len(tokens) or tokens[at].word != "from":
        raise syntax_error(tokens[min(at, len(tokens) - 1)].text)
    location = string_value(tokens[at + 1])
    options = _read_options(tokens, at + 2, _COPY, "COPY")
    _check_copy(options)
    return CopyCommand(table, bare, columns, location, options)


def read_unload(tokens: list[Token]) -> UnloadCommand:
    """Parse an UNLOAD. Raises `RedshiftError` as `read_copy` does."""
    words = [token.word for token in tokens]
    if words[1:2] != ["("] or words[3:5] != [")", "to"] or len(tokens) < 6:
        raise syntax_error(tokens[min(1, len(tokens) - 1)].text)
    query, location = string_value(tokens[2]), string_value(tokens[5])
    options = _read_options(tokens, 6, _UNLOAD, "UNLOAD")
    _check_unload(options)
    return UnloadCommand(query, location, options)


def _read_options(tokens: list[Token], at: int, known: dict[str, str], command: str) -> Options:
    options = Options()
    keys: dict[str, str] = {}
    while at < len(tokens):
        word = tokens[at].word
        if word in ("iam_role", "credentials", "access_key_id", "secret_access_key", "session_token"):
            place = at + 2 if tokens[at + 1 : at + 2] and tokens[at + 1].word in ("as",) else at + 1
            keys[word] = (
                "default" if _word(tokens, place) == "default" else string_value(_token(tokens, place))
            )
            at = place + 1
        elif word == "with" and _word(tokens, at + 1) == "credentials":
            at += 1
        elif word in ("format", "csv", "json", "parquet") or word in _REFUSED:
            at = _read_format(tokens, at, options, command)
        elif word == "maxfilesize" and command == "UNLOAD":
            at = _read_size(tokens, at, options)
        elif word == "partition" and command == "UNLOAD":
            raise RedshiftError("0A000", "UNLOAD ... PARTITION BY is not supported by the stand-in")
        elif word == "manifest":
            _once(options, "manifest", True)
            verbose = _word(tokens, at + 1) == "verbose" and command == "UNLOAD"
            options.values["verbose"] = verbose
            at += 2 if verbose else 1
        elif word in known:
            at = _read_value(tokens, at, known[word], options)
        else:
            raise syntax_error(tokens[at].text)
    options.authorization = _authorization(keys)
    return options


def _token(tokens: list[Token], at: int) -> Token:
    if at >= len(tokens):
        raise RedshiftError("42601", "syntax error at end of input")
    return tokens[at]


def _word(tokens: list[Token], at: int) -> str:
    return tokens[at].word if at < len(tokens) else ""


def _once(options: Options, name: str, value: str | int | bool) -> None:
    if name in options.values:
        raise RedshiftError("42601", f"conflicting or redundant options: {name.upper()}")
    options.values[name] = value


def _read_format(tokens: list[Token], at: int, options: Options, command: str) -> int:
    if tokens[at].word == "format":
        at += 2 if _word(tokens, at + 1) == "as" else 1
    name = _word(tokens, at)
    if name in _REFUSED:
        raise RedshiftError("0A000", f"{command} ... {name.upper()} is not supported by the stand-in")
    if options.format != "delimited":
        raise RedshiftError("42601", "conflicting or redundant options: FORMAT")
    if name not in ("csv", "json", "parquet"):
        raise syntax_error(_token(tokens, at).text)
    options.format = name
    if name == "json" and command == "COPY":
        place = at + 2 if _word(tokens, at + 1) == "as" else at + 1
        options.values["json"] = "auto"
        if place < len(tokens) and tokens[place].kind is Kind.STRING:
            options.values["json"] = string_value(tokens[place])
            return place + 1
    return at + 1


def _read_value(tokens: list[Token], at: int, kind: str, options: Options) -> int:
    name = tokens[at].word
    if kind == "flag":
        _once(options, name, True)
        return at + 1
    if kind == "switch":
        said = _word(tokens, at + 1)
        if said in ("on", "true", "off", "false", "preset"):
            _once(options, name, said in ("on", "true"))
            return at + 2
        _once(options, name, True)
        return at + 1
    place = at + 2 if _word(tokens, at + 1) == "as" else at + 1
    if kind == "optional":
        if place < len(tokens) and tokens[place].kind is Kind.STRING:
            _once(options, name, string_value(tokens[place]))
            return place + 1
        _once(options, name, "?")
        return at + 1
    if kind == "number":
        if _token(tokens, place).kind is not Kind.NUMBER:
            raise syntax_error(tokens[place].text)
        _once(options, name, int(tokens[place].text))
    elif kind == "word":
        _once(options, name, _token(tokens, place).text.lower())
    else:
        _once(options, name, string_value(_token(tokens, place)))
    return place + 1


def _read_size(tokens: list[Token], at: int, options: Options) -> int:
    place = at + 2 if _word(tokens, at + 1) == "as" else at + 1
    size = float(_token(tokens, place).text)
    unit = _word(tokens, place + 1)
    factor = {"mb": 1 << 20, "gb": 1 << 30}.get(unit)
    taken = place + (2 if factor else 1)
    count = int(size * (factor or 1 << 20))
    if not 5 << 20 <= count <= int(6.2 * (1 << 30)):
        raise RedshiftError("42601", "MAXFILESIZE must be between 5 MB and 6.2 GB")
    _once(options, "maxfilesize", count)
    return taken


def _authorization(keys: dict[str, str]) -> Authorization:
    ways = [way for way in ("iam_role", "credentials", "access_key_id") if way in keys]
    if not ways:
        raise RedshiftError("42601", "CREDENTIALS argument is required for loading from S3")
    if len(ways) > 1:
        raise RedshiftError("42601", "conflicting or redundant options: credentials are given more than once")
    if ways == ["iam_role"]:
        return Authorization(roles=tuple(role.strip() for role in keys["iam_role"].split(",")))
    if ways == ["access_key_id"]:
        if "secret_access_key" not in keys:
            raise RedshiftError("42601", "SECRET_ACCESS_KEY is required with ACCESS_KEY_ID")
        return Authorization((), keys["access_key_id"], keys["secret_access_key"], keys.get("session_token"))
    parts = dict(part.split("=", 1) for part in keys["credentials"].split(";") if "=" in part)
    if "aws_iam_role" in parts:
        return Authorization(roles=tuple(parts["aws_iam_role"].split(",")))
    if "aws_access_key_id" not in parts or "aws_secret_access_key" not in parts:
        raise RedshiftError("42601", "Invalid credentials. Must be of the format: credentials 'aws_iam_role=...' "
                            "or 'aws_access_key_id=...;aws_secret_access_key=...'")  # fmt: skip
    return Authorization((), parts["aws_access_key_id"], parts["aws_secret_access_key"], parts.get("token"))


def _check_copy(options: Options) -> None:
    values = options.values
    if options.format == "parquet":
        for name in values:
            if name not in _COLUMNAR and name != "verbose":
                raise RedshiftError(
                    "0A000", f"{name.upper()} argument is not supported for PARQUET based COPY"
                )
    elif "serializetojson" in values:
        raise RedshiftError("0A000", "SERIALIZETOJSON is supported only with columnar formats")
    if options.format == "csv":
        for name in ("escape", "removequotes", "fixedwidth"):
            if name in values:
                raise RedshiftError("0A000", f"CSV is not supported with {name.upper()}")
    elif "quote" in values:
        raise RedshiftError("0A000", "QUOTE is supported only with CSV")
    if options.format == "json":
        for name in ("delimiter", "escape", "removequotes", "ignoreheader", "fillrecord", "null"):
            if name in values and name != "null":
                raise RedshiftError("0A000", f"{name.upper()} is not supported with JSON")
        if str(values["json"]).lower() not in ("auto", "auto ignorecase"):
            raise RedshiftError("0A000", "JSON paths files and noshred are not supported by the stand-in")
    if len([name for name in ("gzip", "bzip2", "zstd") if name in values]) > 1:
        raise RedshiftError("42601", "conflicting or redundant options: compression")
    if not 0 <= options.number("maxerror", 0) <= 100_000:
        raise RedshiftError("22023", "MAXERROR must be between 0 and 100000")
    if str(values.get("encoding", "utf8")) not in ("utf8", "'utf8'"):
        raise RedshiftError("0A000", "encodings other than UTF8 are not supported by the stand-in")
    _one_character(options, "delimiter")
    _one_character(options, "quote")


def _one_character(options: Options, name: str) -> None:
    if name in options.values and (len(options.text(name, "")) != 1 or not options.text(name, "").isascii()):
        raise RedshiftError("22023", f"COPY {name} must be a single ASCII character")


def _check_unload(options: Options) -> None:
    values = options.values
    if options.format == "parquet":
        for name in ("delimiter", "addquotes", "escape", "null", "header", "gzip", "bzip2", "zstd"):
            if name in values:
                raise RedshiftError("0A000", f"{name.upper()} is not supported for UNLOAD to PARQUET")
    if options.format == "csv":
        for name in ("escape", "addquotes"):
            if name in values:
                raise RedshiftError("0A000", f"CSV is not supported with {name.upper()}")
    if options.format == "json":
        raise RedshiftError("0A000", "UNLOAD to JSON is not supported by the stand-in")
    if "allowoverwrite" in values and "cleanpath" in values:
        raise RedshiftError("42601", "conflicting or redundant options: ALLOWOVERWRITE and CLEANPATH")
    _one_character(options, "delimiter")
