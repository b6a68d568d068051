"""Codes DD880 to DD889: project files generated from a database."""

from dataduct.codes.entry import CodeEntry

ENTRIES: tuple[CodeEntry, ...] = ()
