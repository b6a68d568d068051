"""Codes DD890 to DD899: hooks."""

from dataduct.codes.entry import CodeEntry

ENTRIES: tuple[CodeEntry, ...] = ()
