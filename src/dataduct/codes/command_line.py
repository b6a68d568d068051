"""Error codes of the command line; see the package's docstring for the ranges."""

from dataduct.codes.entry import CodeEntry

ENTRIES: tuple[CodeEntry, ...] = (
    CodeEntry(
        code="DD950",
        title="no such pipeline file",
        meaning="A command was given a pipeline that is no file. A bare name such as `flights` is looked for as "
        "`flights.yaml` and `pipelines/flights.yaml`, from the working directory and from the project's.",
        remedy="Give the path of a file, or the name of one in `pipelines/`.",
        example="dataduct run flights",
    ),
    CodeEntry(
        code="DD951",
        title="nothing recorded yet",
        meaning="The project's run store holds no run of that pipeline, or none at all.",
        remedy="Run a pipeline, or look into another project with `--project DIR`.",
    ),
    CodeEntry(
        code="DD952",
        title="no such step",
        meaning="The plan or the run has no step of that name. Names are compared as they are written.",
        remedy="`dataduct plan PIPELINE` shows the names of a pipeline's steps, `dataduct history RUN_ID` a "
        "run's.",
    ),
    CodeEntry(
        code="DD953",
        title="files in the way",
        meaning="`dataduct init` would have to write over files that exist. It has written nothing.",
        remedy="Choose another directory, or move the files away.",
    ),
    CodeEntry(
        code="DD954",
        title="no such error code",
        meaning="`dataduct explain` was given a code that is not in the catalogue.",
        remedy="`dataduct explain` without a code lists them all.",
    ),
    CodeEntry(
        code="DD955",
        title="no log",
        meaning="The step or attempt wrote no log, or the run has no such attempt.",
        remedy="`dataduct history RUN_ID` shows the steps and their attempts.",
    ),
    CodeEntry(
        code="DD956",
        title="output file cannot be written",
        meaning="The file given with `-o` is in a directory that is missing or closed to you, or the disk is "
        "full.",
        remedy="Give a path in a directory that you may write to.",
    ),
    CodeEntry(
        code="DD957",
        title="unknown picture format",
        meaning="The ending of the file given with `-o` says in which format a pipeline is drawn, and it is not one "
        "of `.svg`, `.png`, `.mmd` and `.txt`.",
        remedy="Give a file name with one of these endings.",
        example="dataduct visualize flights -o flights.svg",
    ),
    CodeEntry(
        code="DD960",
        title="unknown frequency",
        meaning="`--frequency` was given something that is no frequency.",
        remedy="Write one of the frequencies that a pipeline's `frequency` takes.",
        example="dataduct pipeline activate --frequency daily flights",
    ),
    CodeEntry(
        code="DD961",
        title="plan in the way",
        meaning="`dataduct pipeline create` found another plan of the same pipeline in `.dataduct/plans`, and"
        " nobody was there to ask. Nothing was written.",
        remedy="Add `--force` to replace it.",
    ),
    CodeEntry(
        code="DD962",
        title="no such SQL file",
        meaning="A command was given an SQL file, directory or pattern that leads to no file.",
        remedy="Give a file with one CREATE TABLE or CREATE VIEW, a directory of them, or a pattern in "
        "quotes.",
        example="dataduct database create 'tables/*.sql'",
    ),
    CodeEntry(
        code="DD963",
        title="nobody to ask",
        meaning="A command that can lose rows asks before it does anything, and it does not run on a "
        "terminal. Nothing was done.",
        remedy="Add `--yes` where nobody is there to answer.",
    ),
    CodeEntry(
        code="DD964",
        title="warehouse without users",
        meaning="DuckDB has no users and groups, so no rights can be granted.",
        remedy="Grant rights on a PostgreSQL or Amazon Redshift warehouse.",
    ),
    CodeEntry(
        code="DD965",
        title="no permissions",
        meaning="`dataduct database grant` grants what the settings say, and they say nothing.",
        remedy="Add permissions under `database:` in dataduct.yml.",
        example="database:\n  permissions:\n  - {group: analysts, permission: select}",
    ),
    CodeEntry(
        code="DD966",
        title="client not installed",
        meaning="`dataduct sql_shell` executes the database's own client, and it is not on the PATH.",
        remedy="Install the package that the message names.",
    ),
    CodeEntry(
        code="DD967",
        title="no shell for this",
        meaning="`dataduct sql_shell` was given a connection of another kind, or several fit.",
        remedy="Name a connection of that kind, or `warehouse`.",
        example="dataduct sql_shell mysql shop",
    ),
    CodeEntry(
        code="DD968",
        title="no database file",
        meaning="The database of the connection is a file, and there is none.",
        remedy="Check the path of the connection; a run makes the file of a DuckDB warehouse.",
    ),
)
