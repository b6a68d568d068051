"""Error codes of object storage and of the formats of files: DD850 to DD869."""

from dataduct.codes.entry import CodeEntry

ENTRIES: tuple[CodeEntry, ...] = ()
