"""Statements that PostgreSQL would run and Redshift refuses."""

from redshift_standin.errors import RedshiftError, syntax_error, unsupported
from redshift_standin.tokens import Kind, Token

# PostgreSQL's functions that Redshift's compute nodes do not have, or that came after PostgreSQL 8.0.
_MISSING_FUNCTIONS = frozenset(
    [
        "array_agg",
        "string_agg",
        "json_agg",
        "jsonb_agg",
        "json_object_agg",
        "jsonb_object_agg",
        "to_json",
        "to_jsonb",
        "row_to_json",
        "json_build_object",
        "jsonb_build_object",
        "json_each",
        "jsonb_each",
        "json_array_elements",
        "jsonb_array_elements",
        "jsonb_set",
        "gen_random_uuid",
        "uuid_generate_v4",
        "make_date",
        "make_time",
        "make_timestamp",
        "make_interval",
        "format",
        "regexp_matches",
        "regexp_split_to_table",
        "regexp_split_to_array",
        "string_to_array",
        "array_to_string",
        "unnest",
        "array_length",
        "cardinality",
        "clock_timestamp",
        "statement_timestamp",
        "transaction_timestamp",
        "pg_advisory_lock",
        "pg_advisory_xact_lock",
        "pg_try_advisory_lock",
        "pg_advisory_unlock",
        "txid_current",
        "pg_current_xact_id",
        "nextval",
        "setval",
        "currval",
        "lastval",
        "pg_get_serial_sequence",
        "pg_export_snapshot",
        "hashtext",
        "num_nulls",
        "num_nonnulls",
        "pg_size_pretty",
        "pg_total_relation_size",
        "pg_relation_size",
        "to_regclass",
        "starts_with",
        "parse_ident",
        "concat_ws",
        "width_bucket",
        "pg_notify",
        "lo_import",
        "lo_export",
        "pg_read_file",
        "dblink",
        "xmlagg",
        "quote_nullable",
        "encode",
        "convert_from",
        "convert_to",
        "jsonb_pretty",
        "jsonb_typeof",
        "json_typeof",
        "isfinite",
        "justify_days",
        "justify_hours",
        "percentile_disc_within",
        "pg_current_wal_lsn",
        "pg_terminate_self",
    ]
)
_OPERATORS = {"->": "->", "->>": "->>", "@>": "@>", "<@": "<@", "#>": "#>", "#>>": "#>>"}
_CREATABLE_ELSEWHERE = frozenset(
    [
        "index",
        "sequence",
        "trigger",
        "domain",
        "type",
        "extension",
        "rule",
        "aggregate",
        "operator",
        "cast",
        "collation",
        "conversion",
        "event",
        "foreign",
        "publication",
        "subscription",
        "statistics",
        "tablespace",
        "text",
        "transform",
        "access",
        "policy",
        "server",
    ]
)
_CAST_TYPES = frozenset(
    [
        "uuid",
        "json",
        "jsonb",
        "bytea",
        "xml",
        "inet",
        "cidr",
        "macaddr",
        "money",
        "hstore",
        "tsvector",
        "tsquery",
        "bit",
        "serial",
        "bigserial",
        "point",
    ]
)
_FIRST_WORDS = {
    "savepoint": "SAVEPOINT is not supported",
    "release": "RELEASE SAVEPOINT is not supported",
    "listen": "LISTEN is not supported",
    "notify": "NOTIFY is not supported",
    "unlisten": "UNLISTEN is not supported",
    "do": "DO is not supported",
    "cluster": "CLUSTER is not supported",
    "reindex": "REINDEX is not supported",
    "checkpoint": "CHECKPOINT is not supported",
    "load": "LOAD is not supported",
    "import": "IMPORT FOREIGN SCHEMA is not supported",
    "discard": "DISCARD is not supported",
}


def check(tokens: list[Token]) -> None:
    """Raise `RedshiftError` for a statement that Redshift does not run. `tokens` are meaningful ones."""
    words = [token.word for token in tokens]
    first = words[0]
    if first in _FIRST_WORDS:
        raise unsupported(_FIRST_WORDS[first])
    if first in ("values", "table"):
        raise syntax_error(tokens[0].text)
    if first == "rollback" and "to" in words:
        raise unsupported("ROLLBACK TO SAVEPOINT is not supported")
    if first == "create":
        _check_create(tokens, words)
    if first == "alter":
        _check_alter(tokens, words)
    if first == "truncate":
        _check_truncate(tokens, words)
    if first == "explain" and "analyze" in words[:3]:
        raise syntax_error("ANALYZE")
    if first == "copy" and any(word in ("stdin", "stdout", "program") for word in words):
        raise unsupported("COPY FROM STDIN and COPY TO STDOUT are not supported")
    if first == "with" and "insert" in words and _main_verb(words) == "insert":
        raise syntax_error("INSERT")
    _check_expressions(tokens, words)
    _check_leader_functions(words, tokens)


def _main_verb(words: list[str]) -> str:
    depth = 0
    for word in words:
        depth += {"(": 1, ")": -1}.get(word, 0)
        if depth == 0 and word in ("select", "insert", "update", "delete", "merge"):
            return word
    return ""


def _check_create(tokens: list[Token], words: list[str]) -> None:
    kinds = [word for word in words[1:4] if word not in ("or", "replace")]
    if "unlogged" in kinds:
        raise syntax_error("UNLOGGED")
    if kinds and (kinds[0] in _CREATABLE_ELSEWHERE or kinds[:2] == ["unique", "index"]):
        what = "INDEX" if "index" in kinds else kinds[0].upper()
        message = {"INDEX": 'SQL command "CREATE INDEX" not supported on Redshift tables.'}
        raise unsupported(message.get(what, f"CREATE {what} is not supported."))
    for word in ("inherits", "tablespace", "partition"):
        if word in words and "table" in kinds:
            place = words.index(word)
            if word != "partition" or (words[place + 1 : place + 2] == ["by"] and "over" not in words):
                raise syntax_error(tokens[place].text)


def _check_alter(tokens: list[Token], words: list[str]) -> None:
    if words[1:2] != ["table"]:
        return
    depth = 0
    for place, word in enumerate(words):
        depth += {"(": 1, ")": -1}.get(word, 0)
        if word == "," and depth == 0:
            raise RedshiftError("0A000", "ALTER TABLE with more than one action is not supported", None)
        if word == "if" and words[place - 1] in ("column", "add", "drop"):
            raise syntax_error(tokens[place + 1].text)
    if words[2:3] == ["if"]:
        raise syntax_error(tokens[3].text)
    for forbidden in ("inherit", "trigger", "replica", "logged", "unlogged", "validate", "cluster"):
        if forbidden in words[3:]:
            raise syntax_error(tokens[words.index(forbidden, 3)].text)
    if "using" in words and "type" in words:
        raise syntax_error("USING")


def _check_truncate(tokens: list[Token], words: list[str]) -> None:
    for forbidden in ("cascade", "restrict", "restart", "continue", "only", ","):
        if forbidden in words[1:]:
            raise syntax_error(tokens[words.index(forbidden, 1)].text)


def _check_expressions(tokens: list[Token], words: list[str]) -> None:
    for place, word in enumerate(words):
        after = words[place + 1 : place + 4]
        if word == "on" and after[:1] == ["conflict"]:
            raise syntax_error("ON")
        if word == "returning":
            raise syntax_error("RETURNING")
        if word == "is" and (after[:2] == ["distinct", "from"] or after == ["not", "distinct", "from"]):
            raise RedshiftError("XX000", "Not implemented", "IS DISTINCT FROM is not supported")
        if word == "distinct" and after[:2] == ["on", "("]:
            raise unsupported("SELECT DISTINCT ON is not supported")
        if word == "lateral":
            raise syntax_error("LATERAL")
        if word == "filter" and after[:2] == ["(", "where"]:
            raise syntax_error("(")
        if word == "tablesample":
            raise syntax_error("TABLESAMPLE")
        if word in ("except", "intersect") and after[:1] == ["all"]:
            raise unsupported(f"{word.upper()} ALL is not supported")
        if (
            word == "for"
            and after[:1]
            and after[0] in ("update", "share", "no", "key")
            and words[0] == "select"
        ):
            raise unsupported("SELECT FOR UPDATE/SHARE is not supported")
        if word == "within" and after[:1] == ["group"] and words[place - 1] != ")":
            raise syntax_error("WITHIN")
        if word in ("from", "join") and after[:2] == ["(", "values"]:
            raise syntax_error("VALUES")
        if word == "skip" and after[:1] == ["locked"]:
            raise syntax_error("SKIP")
        if word == "array" and after[:1] == ["["]:
            raise unsupported("ARRAY constructors are not supported; use the function ARRAY()")
        if word == "[" and after[:1] == ["]"]:
            raise unsupported("Array types are not supported.")
        if word in _OPERATORS:
            raise RedshiftError("42883", f"operator does not exist: {word}")
        if (
            word in ("::", "as")
            and after[:1]
            and after[0] in _CAST_TYPES
            and (word == "::" or _in_cast(words, place))
        ):
            raise RedshiftError("42704", f'type "{after[0]}" does not exist')
        if after[:1] == ["("] and word in _MISSING_FUNCTIONS and tokens[place].kind is Kind.WORD:
            if words[place - 1] in ("table", "into", "view", "exists", ".") or (
                words[0] == "create" and place < 6
            ):
                continue
            raise RedshiftError("42883", f"function {word}() does not exist")
        if word == "concat" and after[:1] == ["("] and _arguments(words, place + 1) != 2:
            raise RedshiftError("42883", "function concat() with other than two arguments does not exist")


def _in_cast(words: list[str], place: int) -> bool:
    depth = 0
    for back in range(place, -1, -1):
        depth += {")": 1, "(": -1}.get(words[back], 0)
        if depth < 0:
            return back > 0 and words[back - 1] == "cast"
    return False


def _arguments(words: list[str], opening: int) -> int:
    depth, commas = 0, 0
    for word in words[opening:]:
        depth += {"(": 1, ")": -1}.get(word, 0)
        commas += word == "," and depth == 1
        if depth == 0:
            break
    return commas + 1


def _check_leader_functions(words: list[str], tokens: list[Token]) -> None:
    """GENERATE_SERIES and NOW run on the leader node: no user table may be in the same statement."""
    leader = {"generate_series", "now"}
    used = any(word in leader and words[place + 1 : place + 2] == ["("] for place, word in enumerate(words))
    if not used:
        return
    for place, word in enumerate(words):
        if word in ("insert", "create", "update", "delete", "merge", "unload"):
            raise _leader_only()
        if word in ("from", "join", ","):
            follows = tokens[place + 1 : place + 3]
            named = follows and follows[0].kind in (Kind.WORD, Kind.QUOTED) and follows[0].word != "select"
            is_call = len(follows) > 1 and follows[1].word == "("
            if named and not is_call and word in ("from", "join") and not follows[0].word.startswith("pg_"):
                raise _leader_only()


def _leader_only() -> RedshiftError:
    return unsupported(
        "Specified types or functions (one per INFO message) not supported on Redshift tables."
    )
