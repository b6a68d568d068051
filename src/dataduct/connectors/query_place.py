"""A place in a query, as messages show it."""

import re

_CHARACTERS_SHOWN = 160
_NAME = re.compile(r'`(?:[^`]|``)*`|"(?:[^"]|"")*"|[\w$]+(?:\.[\w$]+)*')


def place_in_query(query: str, at: int | None) -> tuple[str, tuple[str, ...]]:
    """Return ` (line 1, column 8)` for an index in `query`, and the line with a caret below unless it is long.

    Both are empty where the index is unknown.
    """
    if at is None or at < 0:
        return "", ()
    start = query.rfind("\n", 0, at) + 1
    number, column = query.count("\n", 0, at) + 1, at - start
    line = query[start:].partition("\n")[0]
    name = _NAME.match(query, at)
    width = min(len(name.group()) if name else 1, len(line) - column)
    place = f" (line {number}, column {column + 1})"
    if len(line) > _CHARACTERS_SHOWN:
        return place, ()
    margin = " " * len(str(number))
    return place, (f"{number} | {line}", f"{margin} | {' ' * column}{'^' * max(1, width)}")
