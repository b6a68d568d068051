"""Which tables of a source are meant."""

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from dataduct.connectors.catalog import CatalogName
from dataduct.errors import UserError
from dataduct.model.nearest import did_you_mean

_WILDCARDS = frozenset("*?[")


def chosen_tables(
    names: Sequence[CatalogName], *, tables: Iterable[str] = (), exclude: Iterable[str] = ()
) -> tuple[list[CatalogName], list[CatalogName]]:
    """Return the tables that are meant, and the views that are left out because none of them is named.

    Args:
        names: What the source has.
        tables: Names and glob patterns of the tables meant; none means every table. A view has to be named itself.
        exclude: Names and glob patterns of those not meant.

    Raises:
        UserError: A name or pattern fits nothing (DD880), or nothing is left (DD881).
    """
    wanted, unwanted = tuple(tables), tuple(exclude)
    for pattern in (*wanted, *unwanted):
        _refuse_unknown(pattern, names)
    named = set(wanted)
    remaining = [
        each for each in names if (not wanted or _fits(each.name, wanted)) and not _fits(each.name, unwanted)
    ]
    chosen = [each for each in remaining if each.kind == "table" or each.name in named]
    if not chosen:
        what = "no table is left" if names else "the source has no tables"
        views = any(each.kind == "view" for each in remaining)
        raise UserError(
            f"{what}, so there is nothing to generate",
            code="DD881",
            hint="name the views that are meant in `--tables`" if views else _where_to_look(bool(names)),
        )
    return chosen, [each for each in remaining if each.kind == "view" and each.name not in named]


def _where_to_look(has_tables: bool) -> str:
    return "exclude fewer tables" if has_tables else "name another `--database` or `--schema`"


def _fits(name: str, patterns: Iterable[str]) -> bool:
    return any(name == pattern or fnmatchcase(name.casefold(), pattern.casefold()) for pattern in patterns)


def _refuse_unknown(pattern: str, names: Sequence[CatalogName]) -> None:
    if not names or any(_fits(each.name, (pattern,)) for each in names):
        return
    known = [each.name for each in names]
    what = "a table that fits" if _WILDCARDS & set(pattern) else "a table"
    raise UserError(
        f"the source has no {what.removeprefix('a ')} `{pattern}`",
        code="DD880",
        hint=did_you_mean(pattern, known) or f"there are {', '.join(f'`{name}`' for name in known[:8])}",
    )
