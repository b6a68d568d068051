"""The filter `quoted`: names of columns and tables as the SQL of a connection or of the warehouse writes them."""

from collections.abc import Mapping
from typing import Any, Final

from jinja2 import pass_context
from jinja2.runtime import Context

from dataduct.model.nearest import did_you_mean

SYSTEMS: Final = "__systems__"
"""The name under which expressions hold the type of each connection, and of the warehouse."""

_BACKTICK_TYPES: Final = ("mysql", "mariadb", "sqlite")
"""Those that may take a name in double quotes for a text."""


@pass_context
def quoted(context: Context, value: Any, system: object = None) -> str:
    """Return a name, or a list of names with commas between them, quoted for a system.

    Args:
        context: What the expression reads.
        value: A name or a list of names.
        system: Alias of a connection, or `warehouse`.

    Raises:
        ValueError: The system or the value is something else.
    """
    systems: Mapping[str, str] = context.get(SYSTEMS, {})
    if system is None:
        raise ValueError(
            "`quoted` needs the connection whose SQL the names stand in, as in `quoted(param.host)`; for the "
            "warehouse write `quoted('warehouse')`"
        )
    alias = str(system)
    if alias not in systems:
        near = did_you_mean(alias, systems)
        raise ValueError(f"no connection is called `{alias}`" + (f"; {near}" if near else ""))
    mark = "`" if systems[alias] in _BACKTICK_TYPES else '"'
    names = value if isinstance(value, list) else [value]
    if not all(isinstance(name, str) for name in names):
        raise ValueError("`quoted` takes a name or a list of names, such as `param.table.columns`")
    return ", ".join(f"{mark}{name.replace(mark, mark * 2)}{mark}" for name in names)
