"""Error codes of settings, connections, plugins and the run store; see the package's docstring for the ranges."""

from dataduct.codes.entry import CodeEntry

ENTRIES: tuple[CodeEntry, ...] = (
    CodeEntry(
        code="DD601",
        title="Unknown connection",
        meaning="A step names a connection that the settings do not define.",
        remedy="Correct the name, or define the connection under `connections:` in dataduct.yml.",
        example="connections:\n  shop:\n    type: sqlite\n    path: shop.sqlite",
    ),
    CodeEntry(
        code="DD602",
        title="Unknown name of a plugin",
        meaning="No installed distribution provides a step, connection, warehouse or storage type of this name.",
        remedy="Correct the name, or install the distribution that provides it.",
    ),
    CodeEntry(
        code="DD603",
        title="Plugin that cannot be imported",
        meaning="A distribution registers this name, and importing what stands behind it fails.",
        remedy="Read the import error in the message; mend, upgrade or remove the distribution.",
    ),
    CodeEntry(
        code="DD604",
        title="Name claimed twice",
        meaning="Two installed distributions register different things under one name, so the choice would be "
        "by chance.",
        remedy="Uninstall one of the two distributions.",
    ),
    CodeEntry(
        code="DD610",
        title="Unknown type in the settings",
        meaning="The `type` of the warehouse, the storage or a connection is none that is installed.",
        remedy="Correct the type, or install the distribution that provides it.",
        example="warehouse: {type: dukdb}   # wrong\nwarehouse: {type: duckdb}",
    ),
    CodeEntry(
        code="DD611",
        title="Unknown mode",
        meaning="The mode asked for by `--mode` or `DATADUCT_MODE` is not among the `modes:` of dataduct.yml.",
        remedy="Correct the mode's name, or define it under `modes:`.",
        example="modes:\n  production:\n    warehouse: {path: /data/production.duckdb}",
    ),
    CodeEntry(
        code="DD612",
        title="Environment variable that leads to no setting",
        meaning="A variable that begins with `DATADUCT__` names keys of the settings, joined by two underscores. "
        "This one leads to no single setting.",
        remedy="Correct the variable's name or unset it.",
        example="DATADUCT__ENGINE__WORKERS=8\nDATADUCT__WAREHOUSE__PATH=/data/warehouse.duckdb",
    ),
    CodeEntry(
        code="DD613",
        title="Modes inside a mode",
        meaning="A mode holds settings that are merged over the file's; it cannot hold modes.",
        remedy="Move the inner mode to `modes:` at the top of the file.",
    ),
    CodeEntry(
        code="DD614",
        title="No such project directory",
        meaning="The directory given as the project does not exist or is a file.",
        remedy="Correct the path.",
    ),
    CodeEntry(
        code="DD615",
        title="Two settings files",
        meaning="A directory holds both dataduct.yml and dataduct.yaml; it would be unclear which one counts.",
        remedy="Keep one of them.",
    ),
    CodeEntry(
        code="DD616",
        title="Secret written out in the settings",
        meaning="An option that usually holds a secret has its value in dataduct.yml, where everybody who reads the "
        "repository sees it. This is a warning. Other settings files are not warned about.",
        remedy="Refer to an environment variable or to a file that is not in the repository.",
        example="password: hunter2        # warned\npassword: ${env:SHOP_PASSWORD}",
    ),
    CodeEntry(
        code="DD617",
        title="Not a duration",
        meaning="A setting that is a length of time has a value that cannot be read as one.",
        remedy="Write a number and a unit.",
        example="step_timeout: 2 hours",
    ),
    CodeEntry(
        code="DD618",
        title="Variable of a wrong kind",
        meaning="A variable is text or a number, because templates put it into SQL and commands as it is written.",
        remedy="Put the value in quotes to make it text.",
        example='variables:\n  full_reload: "yes"',
    ),
    CodeEntry(
        code="DD619",
        title="Connection without a type",
        meaning="The `type` of a connection says what kind of system it leads to; it is missing or not a text.",
        remedy="Add `type:`, or give a URL that begins with it. Where all of a URL is a secret, it needs `type:`.",
        example="connections:\n  shop: {type: sqlite, path: shop.sqlite}\n"
        "  school: {type: mysql, url: '${env:SCHOOL_URL}'}",
    ),
    CodeEntry(
        code="DD620",
        title="Environment variable of a secret is not set",
        meaning="An option refers to an environment variable that this process does not have.",
        remedy="Set the variable, or correct its name in the settings.",
    ),
    CodeEntry(
        code="DD621",
        title="Secret file that cannot be read",
        meaning="An option refers to a file that is missing, may not be read, is not UTF-8 text or is too large.",
        remedy="Correct the path or the file. Relative paths start at the project's directory.",
    ),
    CodeEntry(
        code="DD622",
        title="Reference of an unknown kind",
        meaning="A reference to a secret is `${env:NAME}`, `${file:PATH}`, `${aws-secretsmanager:NAME#KEY}` or "
        "`${aws-ssm:NAME}`; this one begins otherwise.",
        remedy="Use one of the four kinds.",
    ),
    CodeEntry(
        code="DD640",
        title="Run store of a newer Dataduct",
        meaning="A newer Dataduct has changed the tables of the run store; this one would misread them.",
        remedy="Upgrade Dataduct, or name another store under `runs: path:`.",
    ),
    CodeEntry(
        code="DD641",
        title="Run store that cannot be opened",
        meaning="The file or database that holds the history of runs cannot be opened or is not a run store.",
        remedy="Check the path under `runs: path:`, its permissions and the disk's free space.",
    ),
    CodeEntry(
        code="DD642",
        title="Run store that cannot be written",
        meaning="The database refused to store what happened: a full disk, a read-only file, a damaged file.",
        remedy="Make room or mend the permissions, then run again with `--resume`.",
    ),
    CodeEntry(
        code="DD643",
        title="Run store locked by another process",
        meaning="Another process held the run store's write lock for longer than a write takes.",
        remedy="Find and stop the process that hangs, then run again with `--resume`.",
    ),
    CodeEntry(
        code="DD644",
        title="Unknown run",
        meaning="No run in the store has this id, and none begins with it.",
        remedy="Look the id up in the list of runs.",
    ),
    CodeEntry(
        code="DD645",
        title="Run that is still running",
        meaning="A run can be resumed when the process that ran it is over; this one's is alive, or runs on "
        "another host and cannot be looked at.",
        remedy="Wait until the run ends, or stop its process.",
    ),
    CodeEntry(
        code="DD646",
        title="Run store in an unsupported database",
        meaning="A run store is an SQLite file or a PostgreSQL database; the URL names neither.",
        remedy="Give the path of a file, or a URL that begins with `postgresql://`.",
    ),
    CodeEntry(
        code="DD647",
        title="Run store that cannot be read",
        meaning="The database failed while it answered: a damaged file, or a lost connection.",
        remedy="Check the file or the database named in the message.",
    ),
    CodeEntry(
        code="DD648",
        title="Ambiguous run",
        meaning="The beginning of an id fits several runs.",
        remedy="Give more characters of the id.",
    ),
    CodeEntry(
        code="DD650",
        title="Log that cannot be written",
        meaning="The log of a step's attempt cannot be made or added to: a full disk or missing permissions.",
        remedy="Make room or mend the permissions of the directory under `logs: path:`.",
    ),
    CodeEntry(
        code="DD651",
        title="Log that cannot be read",
        meaning="The log of this attempt is missing or may not be read; it may have been deleted.",
        remedy="Check the directory under `logs: path:`.",
    ),
    CodeEntry(
        code="DD660",
        title="Unknown key in a section of the first Dataduct",
        meaning="The sections `etl`, `ec2`, `emr` and `logging` hold the keys of the first Dataduct, in any case; "
        "this one is none of them.",
        remedy="Correct the key. A new setting has its place in a section of dataduct.yml.",
        example="etl: {S3_BASE_PAHT: dev}   # wrong\netl: {S3_BASE_PATH: dev}",
    ),
    CodeEntry(
        code="DD661",
        title="Setting said twice",
        meaning="A key of the first Dataduct and the setting that it stands for are in one file, or a key stands "
        "there in two cases, so it would be unclear which one counts.",
        remedy="Leave one of the two out.",
        example="engine: {max_retries: 3}\netl: {MAX_RETRIES: 0}   # the same setting",
    ),
    CodeEntry(
        code="DD662",
        title="Section that is no mapping",
        meaning="A section of the first Dataduct holds keys and values; this one is a single value or a list.",
        remedy="Write the section's keys below it.",
        example="ec2:\n  INSTANCE_TYPE: m1.large",
    ),
    CodeEntry(
        code="DD663",
        title="Settings file that does not exist",
        meaning="DATADUCT_CONFIG_PATH names a file that is not there. Without it the settings would be others than "
        "meant, so nothing is done.",
        remedy="Correct the path, or unset the variable.",
        example="DATADUCT_CONFIG_PATH=/etc/team.cfg:settings/production.yml",
    ),
    CodeEntry(
        code="DD664",
        title="Settings copied without S3",
        meaning="`config sync_to_s3` and `config sync_from_s3` keep the settings in the project's bucket, and the "
        "storage is not in S3.",
        remedy="Put the storage into S3, or choose the mode in which it is there.",
        example="storage: s3://my-bucket/dataduct",
    ),
    CodeEntry(
        code="DD665",
        title="Secret in the settings to copy",
        meaning="The copy in the bucket would hold secrets that are written out in the settings, for everybody who "
        "may read the bucket.",
        remedy="Write references such as `${env:NAME}`, or add `--with-secrets`.",
    ),
    CodeEntry(
        code="DD666",
        title="File that would be written over",
        meaning="`config sync_from_s3` was given a file that exists.",
        remedy="Give another file, or add `--force`.",
    ),
    CodeEntry(
        code="DD667",
        title="No settings in the bucket",
        meaning="The bucket holds no copy of settings below the storage's prefix.",
        remedy="Write it with `dataduct config sync_to_s3`, or correct the storage.",
    ),
)
