"""Project files written from the catalog of a source database."""
