"""The settings of a connection to MySQL or MariaDB."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qsl, unquote, urlsplit

from pydantic import AliasChoices, ConfigDict, Field, SecretStr

from dataduct.config.options import check_options
from dataduct.connectors.connecting import ConnectingOptions
from dataduct.errors import UserError
from dataduct.model.nearest import did_you_mean

_DEFAULT_PORT = 3306
_SCHEMES = ("mysql", "mariadb")
_BESIDE_URL = ("type", "url", "connect_timeout", "connect_retries", "silence_timeout")

VERIFYING = ("verify-ca", "verify-identity")
"""The TLS modes that check the server's certificate."""

TlsMode = Literal["disabled", "preferred", "required", "verify-ca", "verify-identity"]


class MysqlSettings(ConnectingOptions):
    """A connection of type `mysql` or `mariadb`: a `url`, or `host`, `user` and what else differs from the defaults."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, populate_by_name=True)

    type: Literal["mysql", "mariadb"] = Field("mysql", description="Kind of connection.")
    host: str = Field("localhost", min_length=1, description="Name or address of the server.")
    port: int = Field(_DEFAULT_PORT, ge=1, le=65_535, description="Port of the server.")
    unix_socket: str | None = Field(
        None, min_length=1, description="Path of the server's Unix socket, in place of host and port."
    )
    user: str = Field(
        min_length=1, validation_alias=AliasChoices("user", "username"), description="User to log in as."
    )
    password: SecretStr = Field(
        SecretStr(""), description="The user's password, such as `${env:SHOP_PASSWORD}`."
    )
    database: str | None = Field(None, min_length=1, description="Database that the queries' tables are in.")
    charset: Literal["utf8mb4"] = Field("utf8mb4", description="Character set of the connection.")
    tls: TlsMode = Field(
        "preferred",
        description="Whether the connection is encrypted and the server's certificate checked. `preferred` encrypts "
        "where the server can; `verify-ca` checks who signed the certificate, `verify-identity` the host's name too.",
    )
    tls_ca: Path | None = Field(
        None,
        description="File of the authorities to check the server's certificate with; this machine's by default.",
    )
    tls_cert: Path | None = Field(None, description="File of the client's certificate.")
    tls_key: Path | None = Field(None, description="File of the client's private key.")

    @property
    def server(self) -> str:
        """What messages call the server: where it is and the database, without user and password."""
        place = self.unix_socket or f"{self.host}:{self.port}"
        return f"{place}/{self.database}" if self.database else place


def checked_settings(
    settings: Mapping[str, object], *, database: str | None, project_directory: Path
) -> MysqlSettings:
    """Return the settings of a connection, those of its `url` among them.

    Args:
        database: Database to use in place of the settings' own.
        project_directory: Directory that relative paths of certificates are below.

    Raises:
        UserError: An option is unknown, missing or wrong (DD820).
    """
    options = _from_url(settings) if settings.get("url") is not None else dict(settings)
    options.pop("url", None)
    if database is not None:
        options["database"] = database
    for name in ("tls_ca", "tls_cert", "tls_key"):
        if isinstance(path := options.get(name), str):
            options[name] = project_directory / Path(path).expanduser()
    checked = check_options(MysqlSettings, options, owner="the mysql connection", code="DD820")
    if checked.tls_ca and checked.tls not in VERIFYING:
        raise wrong_option("tls_ca", "it is used only to check a certificate", "write `tls: verify-identity`")
    if checked.tls_key and not checked.tls_cert:
        raise wrong_option(
            "tls_key", "it goes with a `tls_cert`", "name the file of the client's certificate"
        )
    if checked.tls == "verify-identity" and checked.unix_socket:
        raise wrong_option("tls", "a Unix socket has no host's name to check", "leave `tls` out")
    return checked


def wrong_option(option: str, reason: str, hint: str) -> UserError:
    """Return the error for an option of the connection that cannot be right."""
    return UserError(
        f"the option `{option}` of the mysql connection is wrong: {reason}", code="DD820", hint=hint
    )


def _from_url(settings: Mapping[str, object]) -> dict[str, object]:
    if beside := next((name for name in settings if name not in _BESIDE_URL), None):
        raise wrong_option(beside, "it cannot stand beside `url`, which says it too", "keep one of the two")
    example = "write it like mysql://user:password@host:3306/database?tls=required"
    try:
        url = urlsplit(str(settings["url"]))
        port = url.port
    except ValueError:
        raise wrong_option("url", "it is no URL", example) from None
    if url.scheme not in _SCHEMES or not url.hostname or not url.username or url.path.count("/") > 1:
        raise wrong_option("url", "it lacks a host, a user or the scheme `mysql`", example)
    said: dict[str, object] = {"host": url.hostname, "user": unquote(url.username)}
    if port is not None:
        said["port"] = port
    if url.password is not None:
        said["password"] = unquote(url.password)
    if database := unquote(url.path.removeprefix("/")):
        said["database"] = database
    known = [
        name for name in MysqlSettings.model_fields if name not in {*said, "type", "database", "password"}
    ]
    for name, value in parse_qsl(url.query, keep_blank_values=True):
        if name not in known:
            raise wrong_option("url", f"it has no parameter `{name}`", did_you_mean(name, known) or example)
        said[name] = value
    return said | {name: value for name, value in settings.items() if name != "url"}
