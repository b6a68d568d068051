"""The valid name nearest to a mistyped one."""

from collections.abc import Iterable
from difflib import get_close_matches


def nearest_name(name: str, valid: Iterable[str]) -> str | None:
    """Return the valid name closest to `name`, compared without case, or None if none is close."""
    by_folded = {candidate.casefold().replace("_", "-"): candidate for candidate in valid}
    matches = get_close_matches(name.casefold().replace("_", "-"), by_folded, n=1, cutoff=0.6)
    return by_folded[matches[0]] if matches else None


def did_you_mean(name: str, valid: Iterable[str]) -> str | None:
    """Return a hint naming the closest valid name, or None if none is close."""
    nearest = nearest_name(name, valid)
    return f"did you mean `{nearest}`?" if nearest else None
