"""The deliberate differences from the first Dataduct in settings and commands."""

from dataduct.migration import difference_places as places
from dataduct.migration.difference import Difference

SETTINGS = (
    Difference(
        id="settings-order",
        scope="settings",
        title="Files are merged: system, user, project, then those of DATADUCT_CONFIG_PATH, which must exist and win",
        before="The first file that existed was the only one read, and those of the variable came last.",
    ),
    Difference(
        id="settings-needed",
        scope="settings",
        title="Nothing is mandatory: what is not used need not be there, and nothing is read at import",
        before="Without the sections logging, redshift, mysql and postgres no command ran.",
    ),
    Difference(
        id="unknown-settings",
        scope="settings",
        title="A key that no section has is an error, with the nearest one that it has",
        before="Nobody looked at it.",
    ),
    Difference(
        id="modes-merge",
        scope="settings",
        title="A mode is merged key by key, at every depth",
        before="A mode replaced what it named whole: one key of a host dropped the host's other keys.",
        in_settings=places.overlapping_modes,
    ),
    Difference(
        id="base-path-dots",
        scope="settings",
        title="Dots in S3_BASE_PATH and in names stay as they are written",
        before="Some paths had an underscore in place of each dot, and others did not.",
        in_settings=places.dotted_base_path,
    ),
    Difference(
        id="home-directory",
        scope="settings",
        title="`~` in a path is the home directory",
        before="`~` in resource paths was taken as the name of a directory.",
        in_settings=places.home_paths,
    ),
    Difference(
        id="worker-group",
        scope="settings",
        title="WORKER_GROUP and all of ec2 and emr are for AWS Data Pipeline; runs here do not look at them",
        before="Steps ran on instances and clusters that these keys described.",
        in_settings=lambda settings: settings.key_places("ec2", "emr"),
    ),
    Difference(
        id="sns-topics",
        scope="settings",
        title="SNS topics are for AWS Data Pipeline; a failed run says so by its exit code, its log and hooks",
        before="Failures were published to a topic.",
        in_settings=lambda settings: settings.written(
            "etl", "SNS_TOPIC_ARN_FAILURE", "SNS_TOPIC_ARN_WARNING", "DEFAULT_TOPIC_ARN"
        ),
        in_pipeline=lambda pipeline: pipeline.header("topic_arn"),
    ),
    Difference(
        id="aws-credentials",
        scope="settings",
        title="Credentials are found as every AWS tool finds them: environment, profile, role",
        before="Only the first of three files was read, in a form of its own; environment variables were not.",
    ),
    Difference(
        id="region-as-written",
        scope="settings",
        title="A region is used as it is written",
        before="An unknown region meant us-east-1, in silence.",
        in_settings=places.unknown_regions,
    ),
    Difference(
        id="passwords-hidden",
        scope="settings",
        title="Passwords stand in no log, plan or message, and may be references such as ${env:NAME}",
        before="Passwords were copied in clear into pipeline definitions on S3 and into the log.",
        in_settings=places.passwords,
    ),
    Difference(
        id="rds-instance",
        scope="settings",
        title="The address of RDS_INSTANCE_ID is asked of AWS when the connection is opened; HOST may name it",
        before="RDS_INSTANCE_ID was passed on to AWS, and a direct connection never worked.",
        in_settings=lambda settings: settings.written("postgres", "RDS_INSTANCE_ID"),
    ),
    Difference(
        id="default-retries",
        scope="settings",
        title="Without MAX_RETRIES a failure that may pass is tried again twice",
        before="MAX_RETRIES was 0 by default.",
    ),
    Difference(
        id="datasets-in-the-bucket",
        scope="settings",
        title="S3_ETL_BUCKET is the storage where `storage` is not written; datasets lie below S3_BASE_PATH",
        before="Files lay in data/, src/ and logs/ below S3_BASE_PATH.",
        in_settings=lambda settings: settings.written("etl", "S3_ETL_BUCKET"),
    ),
    Difference(
        id="custom-steps-found",
        scope="settings",
        title="Step types in `steps/` need not be listed; none may have the name of a built-in one",
        before="Each was listed, all were imported at start, and one could replace a built-in step in silence.",
    ),
    Difference(
        id="hooks-return",
        scope="settings",
        title="A hook gets options by name only; what after_hook returns is not used",
        before="before_hook got the function's own arguments, and after_hook's result took the connection's place.",
        in_settings=lambda settings: settings.written("etl", "HOOKS_BASE_PATH"),
    ),
)

COMMANDS = (
    Difference(
        id="validate-changes-nothing",
        scope="commands",
        title="`pipeline validate` checks files here and changes nothing anywhere; it fails if there are errors",
        before="It deleted the live pipeline of the same name, and exited with 0 in spite of errors.",
    ),
    Difference(
        id="no-force",
        scope="commands",
        title="`--no-force` leaves alone what is done already",
        before="It did nothing: force was always on.",
    ),
    Difference(
        id="create-is-local",
        scope="commands",
        title="`pipeline create` needs no access to AWS and uploads nothing",
        before="Constructing a step uploaded files.",
    ),
    Difference(
        id="database-asks",
        scope="commands",
        title="`database drop` and `recreate` say what is lost and ask before they run anything",
        before="`recreate -e` dropped with CASCADE at once and copied no data.",
    ),
    Difference(
        id="foreign-key-cycles",
        scope="commands",
        title="Tables that refer to each other are created, their constraints added after",
        before="A cycle of foreign keys stopped `database create`.",
    ),
    Difference(
        id="recreate-keeps-rows",
        scope="commands",
        title="`database recreate` keeps the rows; `--empty` drops them",
        before="It dropped the table and its rows.",
    ),
    Difference(
        id="one-picture-each",
        scope="commands",
        title="`pipeline visualize` of several pipelines writes one picture for each",
        before="All were written over one file.",
    ),
    Difference(
        id="sync-without-secrets",
        scope="commands",
        title="`config sync_to_s3` sends no password unless told to, and `sync_from_s3` overwrites nothing",
        before="The file was copied as it was, passwords included.",
    ),
    Difference(
        id="errors-at-once",
        scope="commands",
        title="Every problem of every file is told at once, with line and nearest name",
        before="The first one ended the command, often as a bare KeyError.",
    ),
    Difference(
        id="activation-here",
        scope="commands",
        title="`pipeline activate` runs here what is due; whatever calls it keeps the time",
        before="Activating created the pipeline in AWS, which ran it, its first run often in the past.",
        in_pipeline=lambda pipeline: pipeline.header("time_delta"),
    ),
)
