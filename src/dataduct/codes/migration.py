"""Codes DD980 to DD989: projects of the first Dataduct."""

from dataduct.codes.entry import CodeEntry

ENTRIES: tuple[CodeEntry, ...] = (
    CodeEntry(
        code="DD980",
        title="Nothing to migrate there",
        meaning="`dataduct migrate` was given a directory or a settings file that does not exist.",
        remedy="Correct the path.",
        example="dataduct migrate ~/etl --config ~/.dataduct/dataduct.cfg",
    ),
    CodeEntry(
        code="DD981",
        title="Settings that are there already",
        meaning="`dataduct migrate --write` makes a dataduct.yml, and never overwrites one.",
        remedy="Move the file away, or merge the two by hand.",
    ),
    CodeEntry(
        code="DD982",
        title="Settings that cannot be written",
        meaning="The dataduct.yml that `dataduct migrate --write` makes cannot be written: missing permissions or a "
        "full disk.",
        remedy="Make room or mend the permissions of the project's directory.",
    ),
    CodeEntry(
        code="DD983",
        title="No settings to write",
        meaning="`dataduct migrate --write` found no settings file of the first Dataduct, so there is nothing to turn "
        "into a dataduct.yml.",
        remedy="Name the file with `--config`.",
    ),
)
