"""Error codes of this group; see the package's docstring for the ranges."""

from dataduct.codes.entry import CodeEntry

ENTRIES: tuple[CodeEntry, ...] = ()
