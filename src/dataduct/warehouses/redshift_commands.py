"""COPY and UNLOAD: their text, and the same text without credentials."""

from collections.abc import Sequence
from dataclasses import dataclass

from dataduct.model.operations import FileFormat
from dataduct.model.table import TableName
from dataduct.sql.dialect import quoted
from dataduct.warehouses.redshift import RedshiftSettings

_MASK = "'***'"
_COMPRESSIONS = {".gz": "GZIP", ".bz2": "BZIP2", ".zst": "ZSTD"}
_UNLOADED_FILE = "256 MB"
_OWN_NULL = "\\N"


@dataclass(frozen=True, slots=True)
class Command:
    """A statement with credentials in it.

    Attributes:
        text: What the server is sent.
        shown: What messages and logs may show.
    """

    text: str
    shown: str


class Commands:
    """Writes the commands of one warehouse."""

    def __init__(self, settings: RedshiftSettings) -> None:
        self._region = settings.region
        if settings.iam_role is not None:
            role = settings.iam_role
            self._rights = f"IAM_ROLE {'default' if role == 'default' else text(role)}"
            self._shown = self._rights
            return
        keys = {
            "ACCESS_KEY_ID": settings.access_key_id,
            "SECRET_ACCESS_KEY": settings.secret_access_key,
            "SESSION_TOKEN": settings.session_token,
        }
        given = {name: value for name, value in keys.items() if value is not None}
        self._rights = " ".join(f"{name} {text(value)}" for name, value in given.items())
        self._shown = " ".join(f"{name} {_MASK}" for name in given)

    def copy_parquet(
        self, table: TableName, columns: Sequence[str], manifest: str, *, explicit_ids: bool
    ) -> Command:
        """Return the COPY of the Parquet files that the manifest at that URI names."""
        options = "FORMAT AS PARQUET MANIFEST" + (" EXPLICIT_IDS" if explicit_ids else "")
        return self._with_rights(f"{_copy(table, columns)} FROM {text(manifest)}", options)

    def copy_text(
        self,
        table: TableName,
        columns: Sequence[str],
        manifest: str,
        *,
        is_csv: bool,
        ending: str,
        file_format: FileFormat,
        more: str,
    ) -> Command:
        """Return the COPY of TSV or CSV files that the cluster reads itself.

        Args:
            ending: The ending of the files' names, which says how they are compressed.
            more: The user's options, put last.
        """
        options = ["MANIFEST", *self._region_option()]
        if is_csv:
            options += ["FORMAT AS CSV", "IGNOREHEADER 1"]
        else:
            options.append(f"DELIMITER {text(file_format.delimiter)}")
            options += ["ESCAPE"] if file_format.escape else []
        # An own NULL of the server (\N) always counts beside the one that is named.
        nulls = [value for value in file_format.null_values if value != _OWN_NULL]
        if nulls:
            options.append(f"NULL AS {text(nulls[0])}")
        if ending in _COMPRESSIONS:
            options.append(_COMPRESSIONS[ending])
        if file_format.max_errors:
            options.append(f"MAXERROR {file_format.max_errors}")
        if file_format.replace_invalid_char is not None:
            options.append(f"ACCEPTINVCHARS AS {text(file_format.replace_invalid_char)}")
        return self._with_rights(
            f"{_copy(table, columns)} FROM {text(manifest)}", " ".join((*options, more.strip()))
        )

    def unload(self, query: str, prefix: str) -> Command:
        """Return the UNLOAD of a query's rows into Parquet files whose URIs begin with `prefix`."""
        options = " ".join((f"FORMAT AS PARQUET MAXFILESIZE {_UNLOADED_FILE}", *self._region_option()))
        return self._with_rights(f"UNLOAD ({text(query)}) TO {text(prefix)}", options)

    def _region_option(self) -> tuple[str, ...]:
        return (f"REGION {text(self._region)}",) if self._region is not None else ()

    def _with_rights(self, beginning: str, options: str) -> Command:
        return Command(f"{beginning} {self._rights} {options}", f"{beginning} {self._shown} {options}")


def text(value: str) -> str:
    """Return a text as a literal of Redshift, in which a backslash escapes the next character."""
    doubled = value.replace("\\", "\\\\").replace("'", "''")
    return f"'{doubled}'"


def _copy(table: TableName, columns: Sequence[str]) -> str:
    return f"COPY {quoted(table.schema, table.name)} ({', '.join(quoted(name) for name in columns)})"
