"""Codes DD560 to DD579: step types of the project's own."""

from dataduct.codes.entry import CodeEntry

ENTRIES: tuple[CodeEntry, ...] = ()
