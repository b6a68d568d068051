"""Error codes of steps while they run (DD780 to DD799), of checks (DD8xx) and of the engine (DD900 to DD932)."""

from dataduct.codes.entry import CodeEntry

ENTRIES: tuple[CodeEntry, ...] = (
    CodeEntry(
        code="DD780",
        title="dataset not published",
        meaning="A step reads a dataset that the run has not published: the step that writes it was left out by "
        "`--select`, belongs to another run, or its files were deleted.",
        remedy="Run the step that the message names first, in the same run.",
        example="dataduct run sales.yaml --select upsert    -- use --select +upsert",
    ),
    CodeEntry(
        code="DD781",
        title="no files to copy",
        meaning="The path or pattern of a step that copies files names no file at the time the step runs.",
        remedy="Check the spelling of the path, and that whoever writes the file has done so.",
    ),
    CodeEntry(
        code="DD782",
        title="command that cannot be started",
        meaning="The system refused to start a script: it is missing, not executable, or its first line names an "
        "interpreter that is not installed.",
        remedy="Make the script executable and give it a first line such as `#!/usr/bin/env bash`. Scripts that end "
        "in `.py` and `.sh` need neither.",
    ),
    CodeEntry(
        code="DD783",
        title="command that failed",
        meaning="A command or script ended with an exit code other than 0, or a signal ended it. Nothing it wrote "
        "to its output directories was published.",
        remedy="Read its last lines below the message, and all of its output with `dataduct logs`. SIGKILL often "
        "means that the system ran out of memory.",
    ),
    CodeEntry(
        code="DD784",
        title="no room for a command to work in",
        meaning="The temporary directory that a command works in could not be made or filled.",
        remedy="Free space in the temporary directory, or name another one in the environment variable TMPDIR.",
    ),
    CodeEntry(
        code="DD785",
        title="table to load does not exist",
        meaning="A load step without a table definition loads a table that exists, and there is none of that name.",
        remedy="Create the table first, or use `create-load` with the file of its CREATE TABLE statement.",
    ),
    CodeEntry(
        code="DD786",
        title="load mode without a primary key",
        meaning="`overwrite-existing` and `keep-existing` find rows by their primary key, and the table has none or "
        "the dataset does not fill it.",
        remedy="Declare PRIMARY KEY in the table definition or, for `load-postgres`, in the database; or use the mode "
        "`append` or `replace`.",
    ),
    CodeEntry(
        code="DD787",
        title="rows loaded differ from rows extracted",
        meaning="The warehouse took in another number of rows than the dataset's manifest counts. The load was "
        "rolled back.",
        remedy="Run the step again. If it happens again, report it with the step's log.",
    ),
    CodeEntry(
        code="DD788",
        title="primary key more than once in the rows to load",
        meaning="A load by primary key cannot tell which of several rows with the same key is the right one.",
        remedy="Load them with `append` or `replace` into a staging table, and upsert from there, which keeps one row "
        "of each key.",
    ),
    CodeEntry(
        code="DD789",
        title="staging table overwritten by another run",
        meaning="The script reads a table that this run date loaded before, and another run has loaded it since. "
        "Going on would write the other run's rows under this run date.",
        remedy="Run again with `--resume` and the same run date: the table is loaded again first. Runs of different "
        "dates that share a staging table are best run one after the other.",
    ),
    CodeEntry(
        code="DD790",
        title="awaited run that ended badly",
        meaning="The latest run of a pipeline that `pipeline-dependencies` waits for has failed or was interrupted, or "
        "its process died. The lines below the message say what was seen of each pipeline.",
        remedy="Mend what failed there and resume that run, then resume this one. A pipeline whose failure does not "
        "matter belongs under `dependent_pipelines_ok_to_fail`.",
    ),
    CodeEntry(
        code="DD791",
        title="waited long enough",
        meaning="`give_up_after` has passed, and a pipeline that is waited for has no run for the date, or one "
        "that has not ended. The lines below the message say what was seen of each pipeline.",
        remedy="Run those pipelines for that date and resume this run, or raise `give_up_after`.",
    ),
    CodeEntry(
        code="DD792",
        title="template that gives no date",
        meaning="The template in `start_date` was rendered for this run and did not give a date.",
        remedy="Let it give YYYY-MM-DD, or YYYY-MM-DDTHH:MM.",
    ),
    CodeEntry(
        code="DD793",
        title="one file for several",
        meaning="`output_path` names one file, and the step's dataset consists of several files, or of none.",
        remedy="Name a directory, with a slash at its end, or let the step write one file.",
    ),
    CodeEntry(
        code="DD794",
        title="two files of one name in a working directory",
        meaning="A script or file that is fetched from S3 would take the place of another file in the working "
        "directory of the command.",
        remedy="Rename one of the two.",
    ),
    CodeEntry(
        code="DD801",
        title="failed check",
        meaning="A check measured something beyond its tolerance. The message has the figures, and the lines below "
        "it up to ten examples.",
        remedy="Look at the examples and mend the data or the step that wrote it; or, if the difference is all right, "
        "raise `tolerance`.",
    ),
    CodeEntry(
        code="DD802",
        title="count query that gives no count",
        meaning="A count check compares two numbers, and one of its queries gives something else than one row with "
        "one whole number.",
        remedy="Write the query as `SELECT COUNT(*) ...`, or give the rows' own query as `source_sql`.",
    ),
    CodeEntry(
        code="DD803",
        title="column check with different columns",
        meaning="A column check compares the columns of two queries by position, and they have different numbers.",
        remedy="Select the same columns in the same order on both sides.",
    ),
    CodeEntry(
        code="DD901",
        title="unexpected failure",
        meaning="Something failed in a way that Dataduct did not foresee. This is a mistake in Dataduct or in a "
        "plugin.",
        remedy="Report it with the log that the message names; the log holds the traceback.",
    ),
    CodeEntry(
        code="DD902",
        title="package not installed",
        meaning="What the pipeline or the settings ask for needs a package that is not installed.",
        remedy="Install it with the command in the hint.",
        example="pip install 'dataduct[postgres]'",
    ),
    CodeEntry(
        code="DD910",
        title="interrupted",
        meaning="SIGINT (Ctrl-C) or SIGTERM stopped the run. Steps under way were rolled back or stopped, and the "
        "teardown ran.",
        remedy="Go on with `dataduct run PIPELINE --resume`; what is done is not repeated.",
    ),
    CodeEntry(
        code="DD911",
        title="step timeout",
        meaning="One attempt of a step took longer than its `timeout`, or than `step_timeout` in the settings, and was "
        "stopped.",
        remedy="Find out in the step's log what took the time, or raise the timeout.",
    ),
    CodeEntry(
        code="DD912",
        title="run timeout",
        meaning="The run took longer than the pipeline's `timeout`, or than `run_timeout` in the settings. Steps under "
        "way were stopped, and the teardown ran.",
        remedy="Raise the timeout, and go on with `--resume`.",
    ),
    CodeEntry(
        code="DD920",
        title="run in progress",
        meaning="Another process runs the same pipeline for the same run date and did not end within `lock_timeout`.",
        remedy="Wait until it ends or stop it. The lock of a process that died is free at once.",
    ),
    CodeEntry(
        code="DD921",
        title="lock file that cannot be written",
        meaning="The directory `.dataduct/locks` of the project cannot be made or written.",
        remedy="Give the user that runs Dataduct permission to write there, or free space on the disk.",
    ),
    CodeEntry(
        code="DD930",
        title="run of another plan",
        meaning="The run to go on with belongs to another pipeline, run date or mode, or the pipeline's steps have "
        "changed since it began, so that what it did cannot be matched with what there is to do.",
        remedy="Start a new run without `--resume`. Loads that are committed are not repeated.",
    ),
    CodeEntry(
        code="DD931",
        title="step that the plan does not have",
        meaning="`dataduct execute` was asked for a step that the plan document does not hold.",
        remedy="Use a name that `dataduct plan` shows, and make the plan document again if the pipeline has changed.",
    ),
    CodeEntry(
        code="DD932",
        title="connection that the settings do not have",
        meaning="The plan names a connection that is not in the settings of this project, or of this mode.",
        remedy="Add it under `connections:` in dataduct.yml, or choose the mode that has it.",
    ),
)
