"""`dataduct sql_shell`."""

import os

import click

from dataduct.cli.completions import complete_connections
from dataduct.cli.invocation import Invocation, pass_invocation, with_global_options


@with_global_options
@click.command("sql_shell")
@click.argument("kind", type=click.Choice(["redshift", "mysql", "postgres", "sqlite", "warehouse"]))
@click.argument("alias", metavar="[HOST_ALIAS]", required=False, shell_complete=complete_connections)
@pass_invocation
def command(invocation: Invocation, kind: str, alias: str | None) -> None:
    """Open a database's own shell.

    HOST_ALIAS is a connection of the settings; it may be left out where only one is of that kind. `redshift` and
    `warehouse` open the warehouse. The shell is the database's client (psql, mysql, sqlite3, duckdb), which has to be
    installed. It gets the password in its environment.
    """
    from dataduct import api

    client = api.native_client(invocation.project(), kind, alias)
    invocation.console.flush()
    os.execve(client.program, [client.program, *client.arguments], {**os.environ, **client.environment})
