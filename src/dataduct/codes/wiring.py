"""Codes DD5xx: how the steps of a pipeline hang together."""

from dataduct.codes.entry import CodeEntry

ENTRIES: tuple[CodeEntry, ...] = (
    CodeEntry(
        code="DD501",
        title="unknown step type",
        meaning="`step_type` names no step type that is built in, installed or defined in the project.",
        remedy="Correct the name; `dataduct steps` lists the step types there are.",
        example="step_type: extract_rds   # wrong\nstep_type: extract-rds   # right",
    ),
    CodeEntry(
        code="DD502",
        title="two steps of one name",
        meaning="A step's name is how other steps, `--select` and the run history refer to it, so it stands once "
        "in a pipeline.",
        remedy="Give one of the steps another `name`.",
    ),
    CodeEntry(
        code="DD503",
        title="unknown step or output node",
        meaning="`depends_on` or `input_node` names neither a step of this pipeline nor an output node of one.",
        remedy="Correct the name. A step without `name` is called by its type and what it works on, as "
        "`dataduct plan` shows.",
        example="depends_on: upsert_course    # wrong\ndepends_on: upsert_courses   # right",
    ),
    CodeEntry(
        code="DD504",
        title="steps that wait for each other",
        meaning="Following what each step waits for leads back to where it began, so none of them could start.",
        remedy="Take one `depends_on` or `input_node` out of the cycle that the message prints.",
    ),
    CodeEntry(
        code="DD505",
        title="input_node is a list",
        meaning="Several inputs need a subdirectory each, so that their files do not overwrite each other.",
        remedy="Write a mapping of node names to subdirectories.",
        example="input_node: [a, b]              # wrong\ninput_node: {a: first, b: second}   # right",
    ),
    CodeEntry(
        code="DD506",
        title="a step without the input it needs",
        meaning="The step reads a dataset, names none, and the step before it writes none (or several).",
        remedy="Name the dataset with `input_node`, or files with `input_path`.",
    ),
    CodeEntry(
        code="DD507",
        title="both input_node and input_path",
        meaning="A step reads either an earlier step's output or files at a path.",
        remedy="Keep one of the two.",
    ),
    CodeEntry(
        code="DD508",
        title="a step that writes no dataset is named as input",
        meaning="`input_node` names a step whose output is a table or a verdict. Only datasets can be inputs.",
        remedy="Name the step that writes the dataset; to wait for a step use `depends_on`.",
    ),
    CodeEntry(
        code="DD509",
        title="two output nodes of one name",
        meaning="An output node's name is how a later step refers to the dataset, so it stands once in a pipeline.",
        remedy="Rename one of the output nodes.",
    ),
    CodeEntry(
        code="DD510",
        title="a phase that cannot wait for another",
        meaning="Bootstrap steps run before all others and the teardown after all others, so a bootstrap step "
        "waits for bootstrap steps only, and nothing waits for the teardown.",
        remedy="Remove the dependency, or move the step.",
    ),
    CodeEntry(
        code="DD511",
        title="wrong selection",
        meaning="`--select` takes step names, each with a `+` before it (and all it waits for) or after it (and "
        "all that waits for it).",
        remedy="Correct the name; `dataduct plan` shows the steps.",
        example="--select upsert_courses+",
    ),
    CodeEntry(
        code="DD512",
        title="wrong run date",
        meaning="A run date is a date, or a date and time for a pipeline that runs more often than daily.",
        remedy="Write it as YYYY-MM-DD or YYYY-MM-DDTHH:MM.",
    ),
    CodeEntry(
        code="DD513",
        title="wrong variable",
        meaning="`--var` sets a variable that the pipeline or the settings declare under `variables`.",
        remedy="Declare the variable with a default value, or correct its name.",
        example="--var region=eu",
    ),
    CodeEntry(
        code="DD514",
        title="a plan that cannot be read",
        meaning="The plan file is not one that this version of Dataduct wrote.",
        remedy="Make it again with `dataduct plan PIPELINE -o FILE`.",
    ),
    CodeEntry(
        code="DD515",
        title="pipeline files with the same name",
        meaning="Runs and loads are kept by the pipeline's name; two files with one name would share them.",
        remedy="Give one of the pipelines another `name`.",
    ),
    CodeEntry(
        code="DD516",
        title="nothing to resume",
        meaning="`--resume` goes on with the pipeline's last run if that failed or was interrupted.",
        remedy="Run without `--resume`, or name the run date with `--run-date`.",
    ),
    CodeEntry(
        code="DD517",
        title="a variable is not kept",
        meaning="The run to resume was started with a variable that held a secret. Secrets are never stored.",
        remedy="Give the variable again with `--var`.",
    ),
)
