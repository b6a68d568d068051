"""Every deliberate difference from the first Dataduct, as data: the report, its documentation and its tests read it."""

from dataduct.migration import difference_places as places
from dataduct.migration.difference import Difference
from dataduct.migration.project_differences import COMMANDS, SETTINGS

_CHECKS = ("primary-key-check", "count-check", "column-check", "qa-transform", "load-reload-pk")

_PIPELINES = (
    Difference(
        id="order-by-table",
        scope="pipelines",
        title="A step waits for the latest earlier step that writes a table it reads or writes",
        before="Checks and SQL steps ran beside the step that filled their table, unless depends_on said otherwise.",
        in_pipeline=places.table_edges,
    ),
    Difference(
        id="order-in-file",
        scope="pipelines",
        title="A step that would take the output of the step before it waits for that one, output or not",
        before="Behind sql-command, pipeline-dependencies, emr-step and the loads it ran beside them.",
        in_pipeline=places.chained_edges,
    ),
    Difference(
        id="variables-are-used",
        scope="pipelines",
        title="`variables` of a pipeline are values for its templates",
        before="They were dropped.",
        in_pipeline=lambda pipeline: pipeline.header("variables"),
    ),
    Difference(
        id="no-default-teardown",
        scope="pipelines",
        title="A pipeline without a teardown has none",
        before="Every pipeline ended with `echo Finished Pipeline` on an instance of its own.",
    ),
    Difference(
        id="default-names",
        scope="pipelines",
        title="A step without a name is called by its type and what it works on",
        before="It was called by its class and a number that counted subclasses, such as TransformStep8.",
    ),
    Difference(
        id="load-time-as-written",
        scope="pipelines",
        title="load_time is a time of day such as 10:30; anything else is an error",
        before="`5` meant five minutes past midnight, and unreadable values meant DAILY_LOAD_TIME, in silence.",
        in_pipeline=places.odd_load_times,
    ),
    Difference(
        id="values-as-written",
        scope="pipelines",
        title="Arguments reach scripts and SQL as they are written",
        before="010 became 8, true became True, null became None; numbers in a mapping were an error.",
        in_pipeline=places.odd_arguments,
    ),
    Difference(
        id="unicode",
        scope="pipelines",
        title="Any text may hold any character",
        before="Characters beyond ASCII ended in an error, or split a name into letters.",
    ),
    Difference(
        id="aliases-copy",
        scope="pipelines",
        title="A YAML alias is a copy: steps that share one do not share what is added later",
        before="Two load steps with the same aliased list both got the arguments of both.",
        in_pipeline=places.aliases,
    ),
    Difference(
        id="resources-aws-only",
        scope="pipelines",
        title="ec2_resource_config and emr_cluster_config are for AWS Data Pipeline; runs here do not look at them",
        before="They described the instances that steps ran on.",
        in_pipeline=lambda pipeline: pipeline.header("ec2_resource_config", "emr_cluster_config"),
    ),
    Difference(
        id="retries",
        scope="pipelines",
        title="max_retries does not repeat wrong SQL, bad data or a failed check; pauses grow",
        before="Every failure was repeated, at equal pauses.",
        in_pipeline=places.retries,
    ),
    Difference(
        id="bootstrap-per-resource",
        scope="pipelines",
        title="Bootstrap steps of emr run only if a step runs on a cluster; a failed one skips the rest",
        before="The same, save that an instance was started for the teardown alone.",
    ),
)

_STEPS = (
    Difference(
        id="runs-here",
        scope="steps",
        title="The step runs on this machine",
        before="It ran on an EC2 instance or an EMR cluster.",
        in_pipeline=places.cluster_steps,
    ),
    Difference(
        id="commands-as-written",
        scope="steps",
        title="Commands run as they are written; a backslash is one backslash",
        before="AWS took one of each pair of backslashes, so commands had to double them.",
        in_pipeline=places.doubled_backslashes,
    ),
    Difference(
        id="one-output-name",
        scope="steps",
        title="output_node with one name is one dataset",
        before="A text gave one dataset for each of its letters.",
        in_pipeline=places.single_output_nodes,
    ),
    Difference(
        id="no-output-no-input",
        scope="steps",
        title="A step with no_output has no dataset: the step behind it waits for it and has no input",
        before="The step behind it got an input directory in which nothing was ever written.",
        in_pipeline=lambda pipeline: pipeline.written("no_output"),
    ),
    Difference(
        id="named-inputs",
        scope="steps",
        title="A mapping as input_node copies exactly the files of each dataset",
        before="For a single file of extract-s3 the whole directory around it was copied.",
        in_pipeline=places.mapped_inputs,
    ),
    Difference(
        id="exact-types",
        scope="steps",
        title="Extracts keep types and values exactly, and are checked against the table when they are loaded",
        before="Values travelled as text; tabs, NULL and backslashes in them could change.",
    ),
    Difference(
        id="existing-table",
        scope="steps",
        title="An existing table that differs from its definition is refused, with the columns that differ",
        before="Only the sorted names of its columns were compared.",
    ),
    Difference(
        id="known-compressions",
        scope="steps",
        title="`compression` is gzip, bzip2 or zstd; lzo and words that are none are an error",
        before="lzo was handed on to the database, and a word that is none was ignored.",
    ),
    Difference(
        id="exactly-once",
        scope="steps",
        title="A run date is loaded once: a second run says `already loaded`, and --force loads again",
        before="Every run loaded again.",
        in_pipeline=places.loads,
    ),
    Difference(
        id="waiting-ends",
        scope="steps",
        title="pipeline-dependencies looks at the runs kept here, gives up after a day, and names every failed one",
        before="It asked AWS, waited forever for a pipeline without a run, and named the last failure only.",
        in_pipeline=lambda pipeline: pipeline.places_of("pipeline-dependencies"),
    ),
    Difference(
        id="custom-step-type",
        scope="steps",
        title="A custom step that changes the arguments of a built-in one runs as that built-in step",
        before="It made objects of AWS Data Pipeline itself.",
        in_pipeline=places.custom_steps,
    ),
    Difference(
        id="output-path-copies",
        scope="steps",
        title="output_path gets a copy of the dataset; rows in a directory are TSV, in a file what its ending says",
        before="The step wrote there, and later steps read from there.",
        in_pipeline=lambda pipeline: pipeline.written("output_path"),
    ),
    Difference(
        id="python-2",
        scope="steps",
        title="A script that only Python 2 can read needs a `python2` on this machine; `validate` says so",
        before="`python` was Python 2.",
    ),
    Difference(
        id="streaming-here",
        scope="steps",
        title="emr-streaming maps, sorts and reduces on this machine; the values of a key come sorted too",
        before="Hadoop ran it on a cluster, tried single tasks again and spread keys by Java's hash.",
        in_pipeline=lambda pipeline: pipeline.places_of("emr-streaming"),
    ),
    Difference(
        id="emr-step-refused",
        scope="steps",
        title="emr-step is refused where there is no cluster, before anything runs",
        before="A cluster was started for it.",
    ),
    Difference(
        id="force-drop-table",
        scope="steps",
        title="--force_drop_table has no effect: a table is never dropped by a load",
        before="The argument was read and never used.",
        in_pipeline=lambda pipeline: places.arguments_with(pipeline, "--force_drop_table"),
    ),
)

_SQL = (
    Difference(
        id="sql-is-parsed",
        scope="SQL",
        title="Quotes, comments and semicolons in SQL mean what they mean to the database",
        before="`--`, `/*` and `;` were cut out of quoted texts too.",
        in_pipeline=places.quoted_marks,
    ),
    Difference(
        id="transaction-words",
        scope="SQL",
        title="BEGIN and COMMIT are left out as statements only, and refused with `wrap_transaction: false`",
        before="The words were removed wherever they stood, also as names of columns.",
        in_pipeline=places.transaction_words,
    ),
    Difference(
        id="definitions-are-read-whole",
        scope="SQL",
        title="CREATE TABLE is understood whole: every type, default, constraint and sort key",
        before="Reading a column stopped at the first unknown word and dropped its primary key.",
        in_pipeline=places.rich_definitions,
    ),
    Difference(
        id="unique-is-no-key",
        scope="SQL",
        title="UNIQUE is no primary key",
        before="It was taken for one.",
        in_pipeline=places.unique_columns,
    ),
    Difference(
        id="table-without-schema",
        scope="SQL",
        title="A table without a schema is in the database's default one",
        before="It was looked for in a schema called None, and created again.",
        in_pipeline=places.tables_without_schema,
    ),
    Difference(
        id="columns-by-name",
        scope="SQL",
        title="Columns are matched by name where the names are known, else by position",
        before="Always by position.",
    ),
    Difference(
        id="deduplication-is-stable",
        scope="SQL",
        title="Of several rows with one key the same row is kept in every run",
        before="Any of them was kept.",
    ),
)

_CHECKS_LIST = (
    Difference(
        id="failed-check-fails",
        scope="checks",
        title="A failed check fails its step and the run",
        before="With a topic for warnings it only sent a message, and the step succeeded.",
        in_pipeline=places.warning_topics,
    ),
    Difference(
        id="empty-sources",
        scope="checks",
        title="Empty sources and rows without a counterpart are measured like any others",
        before="A count of 0, an empty sample or no common key crashed the check, and missing rows were ignored.",
    ),
    Difference(
        id="check-logs",
        scope="checks",
        title="log_to_s3 writes the result to the project's storage, as a line of JSON",
        before="It wrote TSV to the bucket of the settings, and failed for tables without a schema.",
        in_pipeline=lambda pipeline: pipeline.written("log_to_s3", types=_CHECKS),
    ),
    Difference(
        id="check-needs-key",
        scope="checks",
        title="primary-key-check of a table without a primary key is an error before anything runs",
        before="It sent SQL that the database refused.",
    ),
)

DIFFERENCES: tuple[Difference, ...] = (
    *SETTINGS, *COMMANDS, *_PIPELINES, *_STEPS, *_SQL, *_CHECKS_LIST,
)  # fmt: skip
