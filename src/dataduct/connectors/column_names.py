"""Names for the columns of a query's result."""

from collections.abc import Sequence


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
