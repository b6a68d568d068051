"""Codes DD520 to DD559: patterns, their parameters and `for_each`."""

from dataduct.codes.entry import CodeEntry

ENTRIES: tuple[CodeEntry, ...] = ()
