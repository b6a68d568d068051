"""Names for the columns of a query's result."""

from collections.abc import Sequence, Set

from dataduct.errors import SourceError
from dataduct.model.nearest import did_you_mean


def unique_names(names: Sequence[str]) -> list[str]:
    """Return `names`, those that stand before already (in any case) with a number added: `id`, `id_1`, `id_2`."""
    taken = {name.casefold() for name in names}
    seen: set[str] = set()
    result = []
    for name in names:
        unique, number = name, 0
        while unique.casefold() in seen or (number and unique.casefold() in taken):
            number += 1
            unique = f"{name}_{number}"
        seen.add(unique.casefold())
        result.append(unique)
    return result


def refuse_unknown_columns(allow_lossy: Set[str], names: Sequence[str]) -> None:
    """Raise SourceError (DD825) for a name in `allow_lossy` that no column has: the loss meant is not allowed then."""
    for unknown in sorted(allow_lossy - set(names)):
        raise SourceError(
            f"`allow_lossy` names `{unknown}`, and the query gives no such column",
            code="DD825",
            hint=did_you_mean(unknown, names) or f"it gives {', '.join(f'`{name}`' for name in names)}",
        )
