"""Codes DD880 to DD889: project files generated from a database."""

from dataduct.codes.entry import CodeEntry

ENTRIES: tuple[CodeEntry, ...] = (
    CodeEntry(
        code="DD880",
        title="no such table in the source",
        meaning="A name or pattern of `--tables` or `--exclude` fits none of the source's tables and views.",
        remedy="Write one of the names that the message lists; leave `--tables` out for all of them.",
        example="dataduct generate from-database shop --tables orders,'cust*'",
    ),
    CodeEntry(
        code="DD881",
        title="nothing to generate",
        meaning="The source has no tables, all of them are excluded, or those meant are views, which are generated "
        "only where they are named.",
        remedy="Name the tables with `--tables`, or the place to look in with `--database` or `--schema`.",
    ),
    CodeEntry(
        code="DD882",
        title="a generated file exists and says something else",
        meaning="The source has changed since the file was generated, or somebody edited it. It was left as it is, so "
        "that no edit is lost; files that are new, and new tables in the pipeline's lists, were written.",
        remedy="Read the differences. `--force` writes the files as they are generated now; `dataduct database "
        "recreate -e FILE` then makes a table anew that is there already in the warehouse, with its rows.",
        example="dataduct generate from-database shop --tables orders --force",
    ),
    CodeEntry(
        code="DD883",
        title="a file in the way cannot be read",
        meaning="A file that would be written exists, and what it says cannot be compared.",
        remedy="Move it away, or write to another directory with `--output`.",
    ),
    CodeEntry(
        code="DD884",
        title="a generated file cannot be written",
        meaning="The operating system refused to write a file, for the reason the message gives.",
        remedy="Mend the cause, then generate again: files that are written already are left alone.",
    ),
    CodeEntry(
        code="DD885",
        title="a connection without a catalog",
        meaning="The connection leads to a system that has no tables to generate from, such as a bucket.",
        remedy="Name a connection to a database.",
    ),
    CodeEntry(
        code="DD886",
        title="a file cannot be given a first line for editors",
        meaning="`dataduct schema --modeline` could not read or write a file, for the reason the message gives.",
        remedy="Check the file's path and permissions, and that it is UTF-8.",
    ),
    CodeEntry(
        code="DD887",
        title="no such schema in the source",
        meaning="The database or schema whose tables are asked for does not exist, or the connection names none.",
        remedy="Write one that exists with `--schema` or `--database`, or in the connection.",
    ),
)
