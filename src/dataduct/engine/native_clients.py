"""The call of a database's own shell, with the password in the environment and never in an argument."""

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dataduct.config.options import check_options
from dataduct.engine.workbench import Workbench
from dataduct.errors import UserError
from dataduct.model.nearest import did_you_mean

_TYPES: Mapping[str, tuple[str, ...]] = {
    "mysql": ("mysql", "mariadb"),
    "postgres": ("postgres", "postgresql"),
    "sqlite": ("sqlite",),
}
_MARIADB_TLS: Mapping[str, tuple[str, ...]] = {
    "disabled": ("--skip-ssl",),
    "preferred": (),
    "required": ("--ssl",),
    "verify-ca": ("--ssl-verify-server-cert",),
    "verify-identity": ("--ssl-verify-server-cert",),
}


@dataclass(frozen=True, slots=True)
class NativeClient:
    """A program to be executed.

    Attributes:
        program: Its path.
        arguments: Its arguments; none holds a secret.
        environment: What its environment holds beside this process's: the password.
    """

    program: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)


def native_client(workbench: Workbench, kind: str, alias: str | None) -> NativeClient:
    """Return the call of the shell of a connection, or of the warehouse.

    Args:
        workbench: Knows the connections.
        kind: `mysql`, `postgres` or `sqlite` for a connection; `redshift` or `warehouse` for the warehouse.
        alias: The connection's alias; None for the only one of its kind.

    Raises:
        UserError: The program is not installed (DD966), there is no such connection (DD932) or it is of another kind
            (DD967), or the settings are wrong.
    """
    options, type_name = _options(workbench, kind, alias)
    root = workbench.project.root
    builders: Mapping[str, Callable[[dict[str, Any], Path], NativeClient]] = {
        "mysql": _mysql,
        "mariadb": _mysql,
        "postgres": _psql_to_warehouse if kind == "warehouse" else _psql,
        "postgresql": _psql,
        "redshift": _psql_to_redshift,
        "sqlite": _sqlite,
        "duckdb": _duckdb,
    }
    if type_name not in builders:
        raise UserError(f"no shell is known for connections of type `{type_name}`", code="DD967")
    return builders[type_name](options, root)


def _options(workbench: Workbench, kind: str, alias: str | None) -> tuple[dict[str, Any], str]:
    settings = workbench.project.settings
    if kind in ("warehouse", "redshift"):
        if alias is not None and alias != "warehouse":
            raise UserError(f"`{kind}` is the warehouse and takes no alias", code="DD967")
        written = str(settings.warehouse["type"])
        if kind == "redshift" and written != "redshift":
            hint = "`dataduct sql_shell warehouse` opens the shell of any warehouse"
            raise UserError(f"the warehouse is of type `{written}`", code="DD967", hint=hint)
        return workbench.warehouse_connection(), written
    chosen = alias or _only_connection(settings.connections, kind)
    options = workbench.connection(chosen)
    type_name = str(options["type"])
    if type_name not in _TYPES[kind]:
        raise UserError(
            f"connection `{chosen}` is of type `{type_name}`, not `{kind}`",
            code="DD967",
            hint=did_you_mean(chosen, _of_kind(settings.connections, kind)),
        )
    return options, type_name


def _of_kind(connections: Mapping[str, Mapping[str, Any]], kind: str) -> list[str]:
    return [alias for alias, options in connections.items() if options["type"] in _TYPES[kind]]


def _only_connection(connections: Mapping[str, Mapping[str, Any]], kind: str) -> str:
    found = _of_kind(connections, kind)
    if len(found) == 1:
        return found[0]
    if not found:
        raise UserError(f"there is no connection of type `{kind}`", code="DD967")
    raise UserError(
        f"there are {len(found)} connections of type `{kind}`: name one",
        code="DD967",
        hint=f"dataduct sql_shell {kind} {found[0]}; there are {', '.join(f'`{each}`' for each in found)}",
    )


def _psql(options: dict[str, Any], root: Path) -> NativeClient:
    from dataduct.connectors.postgres_connection import PostgresSettings

    program = _installed(("psql",), "the PostgreSQL client: install postgresql-client")
    settings = check_options(PostgresSettings, options, owner="the postgres connection", code="DD820")
    return _psql_call(program, settings.below(root).parameters())


def _psql_to_warehouse(options: dict[str, Any], root: Path) -> NativeClient:
    from dataduct.warehouses.postgres import PostgresWarehouseSettings

    program = _installed(("psql",), "the PostgreSQL client: install postgresql-client")
    settings = check_options(PostgresWarehouseSettings, options, owner="the postgres warehouse", code="DD700")
    return _psql_call(program, settings.below(root).parameters())


def _psql_to_redshift(options: dict[str, Any], root: Path) -> NativeClient:
    from dataduct.warehouses.redshift import RedshiftSettings

    program = _installed(("psql",), "the PostgreSQL client: install postgresql-client")
    settings = check_options(RedshiftSettings, options, owner="the redshift warehouse", code="DD700")
    return _psql_call(program, settings.below(root).parameters())


def _psql_call(program: str, parameters: Mapping[str, Any]) -> NativeClient:
    said = {name: value for name, value in parameters.items() if name not in ("password", "sslpassword")}
    written = " ".join(f"{name}={_libpq_value(str(value))}" for name, value in said.items())
    environment = {"PGPASSWORD": str(parameters["password"])} if parameters.get("password") else {}
    return NativeClient(program, ("--dbname", written), environment)


def _libpq_value(value: str) -> str:
    if value and not any(character in " '\\" for character in value):
        return value
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _mysql(options: dict[str, Any], root: Path) -> NativeClient:
    from dataduct.connectors.mysql_settings import checked_settings

    program = _installed(("mysql", "mariadb"), "the MySQL client: install default-mysql-client")
    settings = checked_settings(options, database=None, project_directory=root)
    if settings.unix_socket:
        arguments = ["--socket", settings.unix_socket]
    else:
        arguments = ["--protocol", "TCP", "--host", settings.host, "--port", str(settings.port)]
    arguments += ["--user", settings.user, "--default-character-set", settings.charset]
    is_mariadb = "mariadb" in Path(program).resolve().name
    if is_mariadb:
        arguments += _MARIADB_TLS[settings.tls]
    else:
        arguments += ["--ssl-mode", settings.tls.replace("-", "_").upper()]
    for name in ("ca", "cert", "key"):
        path = getattr(settings, f"tls_{name}")
        arguments += [f"--ssl-{name}", str(path)] if path else []
    arguments += ["--database", settings.database] if settings.database else []
    password = settings.password.get_secret_value()
    return NativeClient(program, tuple(arguments), {"MYSQL_PWD": password} if password else {})


def _sqlite(options: dict[str, Any], root: Path) -> NativeClient:
    program = _installed(("sqlite3",), "the SQLite shell: install sqlite3")
    path = root / Path(str(options["path"])).expanduser()
    if not path.is_file():
        raise UserError(f"there is no database file {path}", code="DD968")
    return NativeClient(program, (str(path),))


def _duckdb(options: dict[str, Any], root: Path) -> NativeClient:
    path = root / Path(str(options["path"])).expanduser()
    hint = f"without it: python -c \"import duckdb; duckdb.connect('{path}').sql('SELECT 1').show()\""
    program = _installed(("duckdb",), "the DuckDB shell: install it from duckdb.org", hint)
    if not path.is_file():
        raise UserError(f"there is no database file {path}", code="DD968", hint="a run makes it")
    return NativeClient(program, (str(path),))


def _installed(programs: tuple[str, ...], package: str, hint: str | None = None) -> str:
    """Return the path of the first of these programs that is there. Raises UserError (DD966) naming the package."""
    for program in programs:
        path = shutil.which(program)
        if path is not None:
            return path
    raise UserError(f"`{programs[0]}` is not installed; it is {package}", code="DD966", hint=hint)
