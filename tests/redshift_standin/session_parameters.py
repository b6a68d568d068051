"""SET, SHOW and RESET: Redshift's parameters, those that PostgreSQL has and those it has not."""

from redshift_standin.errors import RedshiftError
from redshift_standin.tokens import Token

_SHARED = frozenset(
    [
        "search_path",
        "statement_timeout",
        "datestyle",
        "timezone",
        "client_encoding",
        "extra_float_digits",
        "application_name",
        "session_authorization",
        "server_version",
        "transaction_isolation",
    ]
)
_OWN = frozenset(
    [
        "query_group",
        "wlm_query_slot_count",
        "enable_result_cache_for_session",
        "enable_case_sensitive_identifier",
        "analyze_threshold_percent",
        "json_parse_truncate_strings",
        "json_serialization_enable",
        "describe_field_name_in_uppercase",
        "error_on_nondeterministic_update",
        "max_cursor_result_set_size",
        "autocommit",
        "enable_vacuum_boost",
        "cast_super_null_on_error",
        "json_serialization_parse_nested_strings",
        "json_parse_dedup_attributes",
        "use_fips_ssl",
        "require_ssl",
        "navigate_super_null_on_error",
        "auto_analyze",
        "wlm_json_configuration",
        "enable_numeric_rounding",
        "interval_forbid_composite_literals",
        "downcase_delimited_identifier",
        "spectrum_enable_pseudo_columns",
    ]
)


def translate(core: list[Token], words: list[str]) -> str | None:
    """Translate SET, SHOW or RESET; None where PostgreSQL takes it as it is.

    Raises `RedshiftError` for a parameter that Redshift does not have.
    """
    at = 2 if words[1:2] and words[1] in ("session", "local") and words[2:3] != ["authorization"] else 1
    name = words[at] if at < len(words) else ""
    if words[0] == "show" and name in ("tables", "schemas", "columns", "databases"):
        raise RedshiftError("0A000", f"SHOW {name.upper()} is not supported by the stand-in")
    if name in ("transaction", "characteristics", "all", "session", "time", "role", "names"):
        return None
    if name in _SHARED:
        return (
            "SELECT '8.0.2'::text AS server_version"
            if (words[0], name) == ("show", "server_version")
            else None
        )
    if name in _OWN:
        if words[0] == "show":
            return f"SELECT coalesce(current_setting('redshift.{name}', true), 'default') AS {name}"
        if name == "enable_case_sensitive_identifier" and core[-1].text.lower().strip("'") in ("true", "on"):
            raise RedshiftError("0A000", "case-sensitive identifiers are not supported by the stand-in")
        return " ".join(f"redshift.{name}" if place == at else token.text for place, token in enumerate(core))
    if "." in words[at : at + 2] or (at < len(core) and core[at].word == ""):
        return None
    raise RedshiftError("42704", f'unrecognized configuration parameter "{name}"')
