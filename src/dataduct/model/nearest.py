"""The valid name nearest to a mistyped one."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final

_SHORTEST_PREFIX: Final = 3


def nearest_name(name: str, valid: Iterable[str]) -> str | None:
    """Return the valid name closest to `name`, compared without case, or None if none is close.

    The one name that begins with `name` is close too, however long it is.
    """
    by_folded = {candidate.casefold().replace("_", "-"): candidate for candidate in valid}
    folded = name.casefold().replace("_", "-")
    matches = get_close_matches(folded, by_folded, n=1, cutoff=0.6)
    if not matches and len(folded) >= _SHORTEST_PREFIX:
        longer = [candidate for candidate in by_folded if candidate.startswith(folded)]
        matches = longer if len(longer) == 1 else []
    return by_folded[matches[0]] if matches else None


def did_you_mean(name: str, valid: Iterable[str]) -> str | None:
    """Return a hint naming the closest valid name, or None if none is close."""
    nearest = nearest_name(name, valid)
    return f"did you mean `{nearest}`?" if nearest else None
