"""What Redshift says when it refuses."""


class RedshiftError(Exception):
    """An error as it goes over the wire.

    Attributes:
        sqlstate: Five characters; `XX000` is what Redshift gives for its own errors.
        message: The M field.
        detail: The D field, or None.
        hint: The H field, or None.
    """

    def __init__(
        self, sqlstate: str, message: str, detail: str | None = None, hint: str | None = None
    ) -> None:
        super().__init__(message)
        self.sqlstate = sqlstate
        self.message = message
        self.detail = detail
        self.hint = hint


class BackendError(RedshiftError):
    """An error that PostgreSQL itself gave; its fields are kept to be passed on."""

    def __init__(self, fields: dict[str, str]) -> None:
        super().__init__(
            fields.get("C", "XX000"), fields.get("M", ""), fields.get("D") or None, fields.get("H") or None
        )
        self.fields = fields


class ConnectionDroppedError(Exception):
    """The connection to the client is to be dropped without a word."""


def syntax_error(near: str) -> RedshiftError:
    """A syntax error at a word."""
    return RedshiftError("42601", f'syntax error at or near "{near}"')


def unsupported(message: str) -> RedshiftError:
    """A feature that Redshift does not have."""
    return RedshiftError("0A000", message)


def block(message: str, code: int, context: str, query: int, location: str = "") -> RedshiftError:
    """An internal error with the framed detail that Redshift's engine writes."""
    line = "-----------------------------------------------"
    detail = (
        f"\n  {line}\n  error:  {message}\n  code:      {code}\n  context:   {context}\n"
        f"  query:     {query}\n  location:  {location or 'padb.cpp:1'}\n  process:   padbmaster [pid=1]\n  {line}\n"
    )
    return RedshiftError("XX000", message, detail)


def serialization_failure(table: str) -> RedshiftError:
    """The error of a transaction that would not be serializable."""
    return RedshiftError(
        "XX000",
        "1023",
        f"Serializable isolation violation on table - {table}, "
        "transactions forming the cycle are: 7001, 7002 (pid:101)",
    )
