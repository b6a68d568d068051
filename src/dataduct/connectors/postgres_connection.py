"""Connecting to PostgreSQL, and to servers that speak its protocol."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import AliasChoices, ConfigDict, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from dataduct.connectors.connecting import ConnectingOptions, connect_with_retries
from dataduct.connectors.postgres_errors import connection_failure, translated
from dataduct.errors import MissingDependencyError, UserError

if TYPE_CHECKING:  # settings are checked while compiling, which needs no driver
    import psycopg

SslMode = Literal["disable", "allow", "prefer", "require", "verify-ca", "verify-full"]

SESSION: Mapping[str, str] = {
    "timezone": "UTC",
    "datestyle": "ISO, YMD",
    "intervalstyle": "postgres",
    "extra_float_digits": "1",
    "bytea_output": "hex",
}
"""Settings of a session under which every value is printed in one exact way."""

_DEFAULT_PORT = 5432
_SCHEMES = ("postgresql", "postgres")
_KEEPALIVES = {"keepalives": 1, "keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 6}
_SHORTEST_TIMEOUT = 2


class PostgresSettings(ConnectingOptions):
    """A connection of type `postgres`: a `url`, or `host`, `user` and what else differs from the defaults."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        coerce_numbers_to_str=True,
        hide_input_in_errors=True,
        populate_by_name=True,
    )

    type: Literal["postgres", "postgresql"] = Field("postgres", description="Kind of connection.")
    url: str | None = Field(
        None,
        description="The whole address, in place of `host`, `port`, `user`, `password` and `database`.",
        examples=["postgresql://reader@db.example.com:5432/shop?sslmode=verify-full"],
        repr=False,
    )
    host: str | None = Field(
        None, min_length=1, description="Name or address of the server. By default `localhost`."
    )
    port: int | None = Field(
        None, ge=1, le=65_535, description=f"Port of the server. By default {_DEFAULT_PORT}."
    )
    user: str | None = Field(
        None,
        min_length=1,
        validation_alias=AliasChoices("user", "username"),
        validate_default=True,
        description="User to log in as.",
    )
    password: str | None = Field(
        None,
        description="The user's password, such as `${env:SHOP_PASSWORD}`. By default what PGPASSWORD or ~/.pgpass say.",
        repr=False,
    )
    database: str | None = Field(
        None, min_length=1, description="Database on that server. By default the one called like the user."
    )
    sslmode: SslMode | None = Field(
        None,
        description="Whether the connection is encrypted and the server's certificate checked. By default `prefer`: "
        "encrypted where the server can, not checked.",
    )
    sslrootcert: str | None = Field(
        None,
        description="File of the authorities to check the server's certificate with, or `system` for this machine's.",
    )
    sslcert: str | None = Field(None, description="File of the client's certificate.")
    sslkey: str | None = Field(None, description="File of the client's private key.")
    statement_timeout: float | None = Field(
        None,
        gt=0,
        description="Seconds that one statement may take on the server. By default there is no limit.",
    )

    @field_validator("url")
    @classmethod
    def _is_url(cls, url: str | None) -> str | None:
        if url is not None and not _is_postgres_url(url):
            raise PydanticCustomError("url", "write it like postgresql://user@host:5432/database")
        return url

    @field_validator(
        "host", "port", "user", "password", "database", "sslmode", "sslrootcert", "sslcert", "sslkey"
    )
    @classmethod
    def _is_said_once(cls, value: object, info: ValidationInfo) -> object:
        url = info.data.get("url")
        if value is not None and url and _says(url, info.field_name or ""):
            raise PydanticCustomError("twice", "it cannot stand beside `url`, which says it too")
        if info.field_name == "user" and value is None and "url" in info.data and not url:
            raise PydanticCustomError("missing", "the user is missing")
        return value

    def below(self, directory: Path) -> Self:
        """Return the settings with relative paths of certificate files taken to be below `directory`."""
        paths = {
            name: str(directory / Path(path).expanduser())
            for name in ("sslrootcert", "sslcert", "sslkey")
            if (path := getattr(self, name)) is not None and (name, path) != ("sslrootcert", "system")
        }
        return self.model_copy(update=paths)

    def server(self, database: str | None = None) -> str:
        """Return what messages call the server: host, port and database, without user or password."""
        parameters = self.parameters(database)
        host = parameters.get("host") or "localhost"
        port = parameters.get("port") or _DEFAULT_PORT
        name = parameters.get("dbname")
        return f"{host}:{port}" + (f"/{name}" if name else "")

    def parameters(self, database: str | None = None) -> dict[str, Any]:
        """Return libpq's connection parameters, the password among them.

        Raises:
            UserError: The `url` holds something that libpq does not know.
            MissingDependencyError: The driver is not installed.
        """
        if self.url is not None:
            said = _url_parameters(self.url)
        else:
            said = {
                "host": self.host or "localhost",
                "port": self.port or _DEFAULT_PORT,
                "user": self.user,
                "password": self.password,
                "dbname": self.database,
            }
        said |= {name: getattr(self, name) for name in ("sslrootcert", "sslcert", "sslkey")}
        said = {"sslmode": "prefer", "gssencmode": "disable"} | said_only(said)
        if self.sslmode is not None:
            said["sslmode"] = self.sslmode
        if database is not None:
            said["dbname"] = database
        return said


def connect(
    settings: PostgresSettings,
    *,
    database: str | None = None,
    autocommit: bool = True,
    application_name: str = "dataduct",
    session: Mapping[str, str] = SESSION,
) -> "psycopg.Connection":
    """Open a connection whose session prints every value exactly, trying again while the server cannot be reached.

    Args:
        settings: Where and as whom.
        database: Database to use in place of the settings' own.
        autocommit: Whether each statement commits by itself.
        application_name: What the server's list of sessions shows.
        session: Settings of the session; a server that lacks some of PostgreSQL's is given fewer.

    Raises:
        MissingDependencyError: The driver is not installed.
        UserError: The settings are wrong (DD820).
        TransientError: The server cannot be reached (DD821).
        SourceError: Access is denied (DD822), there is no such database (DD823) or TLS failed (DD831).
    """
    parameters = settings.parameters(database)
    parameters = _KEEPALIVES | {"application_name": application_name} | parameters
    parameters["client_encoding"] = "UTF8"
    parameters["connect_timeout"] = max(_SHORTEST_TIMEOUT, math.ceil(settings.connect_timeout))
    server = settings.server(database)
    return connect_with_retries(
        lambda: _connect_once(parameters, server, autocommit, _session_statement(settings, session)),
        retries=settings.connect_retries,
    )


def _connect_once(
    parameters: Mapping[str, Any], server: str, autocommit: bool, prologue: str
) -> "psycopg.Connection":
    driver = _driver()
    try:
        connection: psycopg.Connection = driver.Connection.connect(
            "", autocommit=True, prepare_threshold=None, **parameters
        )
    except driver.ProgrammingError:
        raise _wrong_url() from None
    except driver.Error as error:
        raise connection_failure(error, server=server) from None
    except UnicodeError:
        raise UserError(
            f"`{parameters['host']}` is not a host's name", code="DD820", hint="mend the connection's `host`"
        ) from None
    try:
        connection.execute(prologue.encode())
        connection.autocommit = autocommit
    except driver.Error as error:
        connection.close()
        raise translated(error, server=server) from error
    except BaseException:
        connection.close()
        raise
    return connection


def _session_statement(settings: PostgresSettings, session: Mapping[str, str]) -> str:
    milliseconds = math.ceil((settings.statement_timeout or 0) * 1000)
    values = {**session, "statement_timeout": str(milliseconds)}
    return "; ".join(f"SET {name} = '{value}'" for name, value in values.items())


def said_only(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters that have a value."""
    return {name: value for name, value in parameters.items() if value is not None}


def _driver() -> Any:
    try:
        import psycopg  # the driver is optional, and slow to import
    except ImportError as error:
        raise MissingDependencyError("psycopg", "postgres") from error
    return psycopg


def _is_postgres_url(url: str) -> bool:
    try:
        return urlsplit(url).scheme in _SCHEMES and "://" in url
    except ValueError:
        return False


def _says(url: str, name: str) -> bool:
    """Return whether `url` says what the option `name` would; the parts of the address it always says."""
    return not name.startswith("ssl") or f"{name}=" in urlsplit(url).query


def _url_parameters(url: str) -> dict[str, Any]:
    psycopg = _driver()
    try:
        parameters: dict[str, Any] = psycopg.conninfo.conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        raise _wrong_url() from None
    return parameters


def _wrong_url() -> UserError:
    return UserError(
        "the option `url` of the connection is wrong",
        code="DD820",
        hint="write it like postgresql://user@host:5432/database, with %40 for an @ inside the user or password",
    )
