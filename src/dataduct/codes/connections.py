"""Error codes of connections and of secrets kept elsewhere: DD640 to DD659."""

from dataduct.codes.entry import CodeEntry

ENTRIES: tuple[CodeEntry, ...] = ()
