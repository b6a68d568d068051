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
        remedy="`dataduct plan PIPELINE` shows the names of a pipeline's steps, `dataduct history RUN_ID` a run's.",
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
        meaning="The file given with `-o` is in a directory that is missing or closed to you, or the disk is full.",
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
)
