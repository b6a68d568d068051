"""The connection that a step names, or the only one it can mean."""

from dataclasses import dataclass

from dataduct.steps.choices import listed
from dataduct.steps.context import LoweringContext

MYSQL_TYPES = ("mysql",)
POSTGRES_TYPES = ("postgres",)


@dataclass(frozen=True, slots=True)
class ChosenConnection:
    """A connection of the settings: its alias and its type."""

    alias: str
    type: str


def chosen_connection(
    host_name: str | None, connection: str | None, *, types: tuple[str, ...], context: LoweringContext
) -> ChosenConnection | None:
    """Return the connection that one of the two properties names.

    Where neither is written it is the only connection of one of `types`. DD210 reports that both are written or that
    there is no telling which is meant, DD601 an unknown alias, DD225 one of another type than `types`.
    """
    if host_name is not None and connection is not None:
        context.report(
            "DD210",
            "give exactly one of `host_name` and `connection`; both are given",
            of="connection",
            hint="remove `connection`",
        )
        return None
    alias = host_name or connection
    if alias is None:
        return _only_connection(types, context)
    of = "host_name" if host_name is not None else "connection"
    kind = context.connection(alias, of=of)
    if kind is None:
        return None
    if types and kind not in types:
        context.report(
            "DD225",
            f"connection `{alias}` is of type `{kind}`",
            of=of,
            expected=f"a connection of type {listed(types, 'or')}",
            hint="`extract-rds` reads every kind of database" if types else None,
        )
        return None
    return ChosenConnection(alias, kind)


def _only_connection(types: tuple[str, ...], context: LoweringContext) -> ChosenConnection | None:
    fitting = {alias: kind for alias, kind in context.connections.items() if kind in types}
    if len(fitting) == 1:
        alias, kind = fitting.popitem()
        return ChosenConnection(alias, kind)
    which = f"the settings have {listed(tuple(sorted(fitting)))}" if fitting else "none is given"
    context.report(
        "DD210",
        f"give exactly one of `host_name` and `connection`; {which}",
        hint="`host_name` is the alias of a connection in the settings",
    )
    return None
