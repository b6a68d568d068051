"""Codes DD980 to DD989: projects of the first Dataduct."""

from dataduct.codes.entry import CodeEntry

ENTRIES: tuple[CodeEntry, ...] = ()
