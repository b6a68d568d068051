"""Hadoop's reducer `aggregate`: lines `FUNCTION:name<tab>value`, sorted, become one line `name<tab>result` each."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from operator import itemgetter

Pair = tuple[str, str]


def _unique(values: Iterable[str]) -> int:
    """Return the number of different values, which come sorted."""
    return sum(1 for _ in groupby(values))


def _whole(reduce: Callable[[Iterable[int]], int]) -> Callable[[Iterable[str]], object]:
    return lambda values: reduce(int(value) for value in values)


FUNCTIONS: dict[str, Callable[[Iterable[str]], object]] = {
    "LongValueSum": _whole(sum),
    "LongValueMax": _whole(max),
    "LongValueMin": _whole(min),
    "DoubleValueSum": lambda values: sum(float(value) for value in values),
    "StringValueMax": max,
    "StringValueMin": min,
    "UniqValueCount": _unique,
}


def main() -> int:
    """Aggregate the standard input; return the exit code."""
    sys.stdin.reconfigure(encoding="utf-8", errors="surrogateescape")  # type: ignore[union-attr]
    sys.stdout.reconfigure(encoding="utf-8", errors="surrogateescape")  # type: ignore[union-attr]
    try:
        for key, pairs in groupby(_pairs(sys.stdin), key=itemgetter(0)):
            sys.stdout.write(_result(key, (value for _, value in pairs)))
        sys.stdout.flush()
    except ValueError as error:
        sys.stderr.write(f"aggregate: {error}\n")
        return 1
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return 0


def _pairs(lines: Iterable[str]) -> Iterator[Pair]:
    for line in lines:
        key, _, value = line.rstrip("\n").partition("\t")
        yield key, value


def _result(key: str, values: Iterable[str]) -> str:
    function, found, name = key.partition(":")
    if not found or function not in FUNCTIONS:
        raise ValueError(f"the key `{key}` does not begin with one of {', '.join(FUNCTIONS)} and a colon")
    return f"{name}\t{FUNCTIONS[function](values)}\n"


if __name__ == "__main__":
    sys.exit(main())
