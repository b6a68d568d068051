"""GRANT statements from the permissions of the settings."""

from collections.abc import Iterator, Sequence

from dataduct.config.settings import Permission
from dataduct.errors import UserError
from dataduct.model.nearest import did_you_mean
from dataduct.model.operations import SqlStatement
from dataduct.model.table import TableName
from dataduct.sql.dialect import Dialect

RIGHTS = ("select", "insert", "update", "delete", "truncate", "drop", "alter", "references", "trigger", "all")
_EVERYBODY = "public"


def has_users(dialect: Dialect) -> bool:
    """Return whether the warehouse has users to grant anything to; DuckDB has none."""
    return dialect.name != "duckdb"


def grant_statements(
    names: Sequence[TableName], permissions: Sequence[Permission], dialect: Dialect
) -> list[SqlStatement]:
    """Return the statements that grant the permissions on each table or view.

    A user may pass its rights on, as in the first Dataduct; a group, and everybody (`public`), may not.

    Raises:
        UserError: A permission names neither user nor group (DD445), or no right (DD446).
    """
    if not has_users(dialect):
        return []
    return [
        SqlStatement(text=f"GRANT {rights} ON {dialect.table(name)} TO {grantee}", purpose="grant rights")
        for name in names
        for permission in permissions
        for rights, grantee in _granted(permission, dialect)
    ]


def _granted(permission: Permission, dialect: Dialect) -> Iterator[tuple[str, str]]:
    rights = _rights(permission.permission)
    if not permission.user and not permission.group:
        raise UserError(
            f"the permission `{permission.permission}` under `database:` says neither `user` nor `group`",
            code="DD445",
            hint="add `user: NAME` or `group: NAME`",
        )
    if permission.user and permission.user.lower() == _EVERYBODY:
        yield rights, "PUBLIC"
    elif permission.user:
        yield rights, f"{dialect.quote(permission.user)} WITH GRANT OPTION"
    if permission.group:
        yield rights, f"GROUP {dialect.quote(permission.group)}"


def _rights(written: str) -> str:
    rights = [" ".join(right.lower().split()) for right in written.split(",")]
    for right in rights:
        if right.removesuffix(" privileges") not in RIGHTS:
            raise UserError(
                f"`{right}` is no right on a table",
                code="DD446",
                hint=did_you_mean(right, RIGHTS) or f"rights: {', '.join(RIGHTS)}",
            )
    return ", ".join(right.upper() for right in rights)
