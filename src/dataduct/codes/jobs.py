"""Codes DD280 to DD284 and DD870 to DD879: jobs on cluster engines."""

from dataduct.codes.entry import CodeEntry

ENTRIES: tuple[CodeEntry, ...] = ()
