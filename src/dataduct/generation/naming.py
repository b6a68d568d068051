"""What tables of a source are called in the warehouse, in files and in pipelines."""

import re
from collections.abc import Iterable

from dataduct.definition.templates import has_template
from dataduct.sql.dialect import Dialect

_NOT_IN_NAMES = re.compile(r"\W+")
_PLAIN_IN_SOURCE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_FOLDING_DIALECT = "redshift"
_LONGEST_NAME = {"postgres": 63, "redshift": 127}


def warehouse_names(names: Iterable[str], dialect: Dialect) -> dict[str, str]:
    """Return the name in the warehouse of each table of a source.

    It is the source's with an underscore for what is neither letter, digit nor underscore, so that it is the name of
    a file too. Names that are then equal, but for case, get `_2`, `_3`, ... in the order of `names`.
    """
    found: dict[str, str] = {}
    taken: set[str] = set()
    for name in names:
        base = _NOT_IN_NAMES.sub("_", name).strip("_") or "table"
        base = _shortened(folded(base, dialect), dialect)
        unique, number = base, 1
        while unique.casefold() in taken:
            number += 1
            unique = f"{base}_{number}"
        taken.add(unique.casefold())
        found[name] = unique
    return found


def folded(name: str, dialect: Dialect) -> str:
    """Return a name as the warehouse keeps it: Amazon Redshift keeps lower case only."""
    return name.lower() if dialect.name == _FOLDING_DIALECT else name


def wrong_column_name(name: str, dialect: Dialect) -> str | None:
    """Return why no table definition can have a column of that name, or None."""
    if has_template(name):
        return f"its column `{name}` has a name that reads as a template"
    if not name.isprintable():
        return f"its column {name!r} has a control character in its name"
    longest = _LONGEST_NAME.get(dialect.name)
    if longest is not None and len(name.encode()) > longest:
        return f"the name of its column `{name}` has more than {longest} bytes"
    return None


def is_plain_in_source(name: str, kind: str) -> bool:
    """Whether steps can name a table of a source of that kind without quotes; PostgreSQL folds to lower case."""
    return _PLAIN_IN_SOURCE.fullmatch(name) is not None and (kind != "postgres" or name == name.lower())


def _shortened(name: str, dialect: Dialect) -> str:
    longest = _LONGEST_NAME.get(dialect.name, 200) - 3
    return name.encode()[:longest].decode("utf-8", "ignore")
