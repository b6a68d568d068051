"""Error codes of the warehouses: DD700 to DD739."""

from dataduct.codes.entry import CodeEntry

ENTRIES: tuple[CodeEntry, ...] = (
    CodeEntry(
        code="DD700",
        title="Wrong warehouse settings",
        meaning="A setting under `warehouse:` is unknown, missing or has a value that it cannot have.",
        remedy="Correct the setting that the message names.",
        example="warehouse:\n  type: duckdb\n  path: warehouse.duckdb\n  memory_limit: 2GB",
    ),
    CodeEntry(
        code="DD701",
        title="Warehouse in use by another process",
        meaning="A DuckDB file is open in one process at a time. Another one held it for longer than `lock_timeout`.",
        remedy="Wait until the process the message names has ended, or stop it, and run again. A database browser "
        "that has the file open counts as one.",
    ),
    CodeEntry(
        code="DD702",
        title="Warehouse written by a newer DuckDB",
        meaning="The file's format is newer than the installed DuckDB can read.",
        remedy="Upgrade DuckDB (`pip install --upgrade duckdb`), or open the file with the newer version and copy "
        "its tables to a file attached with STORAGE_VERSION 'v1.5.0'.",
    ),
    CodeEntry(
        code="DD703",
        title="Not a DuckDB file, or a damaged one",
        meaning="The file at the setting `path` is not a DuckDB database, or its content is not what DuckDB wrote.",
        remedy="Name another file, or restore this one from a copy.",
    ),
    CodeEntry(
        code="DD704",
        title="Warehouse cannot be opened",
        meaning="The path is a directory, cannot be written, or is open in this process with other settings.",
        remedy="Check the setting `path` and the permissions of the file and of its directory, which must be "
        "writable too.",
    ),
    CodeEntry(
        code="DD705",
        title="Statement refused by the warehouse",
        meaning="The warehouse could not parse a statement, or it names a table, column or function that is not "
        "there, or it failed while running.",
        remedy="Correct the statement at the place that the message points at.",
    ),
    CodeEntry(
        code="DD706",
        title="Conflict with another transaction",
        meaning="Another transaction changed the same rows or tables first; this one was rolled back.",
        remedy="Nothing: it is tried again.",
    ),
    CodeEntry(
        code="DD707",
        title="Rows that do not fit the table",
        meaning="A value is of another type than its column, longer than it allows, NULL where that is not allowed, "
        "or would be changed by the conversion: digits rounded away, the time of a day dropped. Nothing was loaded.",
        remedy="Mend the values where they come from, give the column a type that holds them, or set `max_errors` "
        "to leave some rows out.",
    ),
    CodeEntry(
        code="DD708",
        title="Out of memory in the warehouse",
        meaning="A statement needs more memory than `memory_limit` allows, even with data put on disk.",
        remedy="Raise `memory_limit` in the warehouse's settings, or make the statement sort and join less at once.",
        example="warehouse:\n  type: duckdb\n  path: warehouse.duckdb\n  memory_limit: 2GB",
    ),
    CodeEntry(
        code="DD709",
        title="Disk of the warehouse full",
        meaning="The warehouse's file, its log or its temporary files could not grow. The transaction was rolled back.",
        remedy="Free some space, or set `temp_directory` to a larger disk, and run again.",
    ),
    CodeEntry(
        code="DD710",
        title="Interrupted",
        meaning="The work was asked to stop. The transaction under way was rolled back.",
        remedy="Run again; what was committed is not done twice.",
    ),
    CodeEntry(
        code="DD711",
        title="Table differs from its definition",
        meaning="The table exists with other columns or types than its definition file says.",
        remedy="`dataduct database recreate -e FILE` makes the table as its definition says and keeps its rows. Or "
        "change the definition.",
        example="dataduct database recreate -e tables/prod.orders.sql",
    ),
    CodeEntry(
        code="DD712",
        title="Load committed by another run meanwhile",
        meaning="Two runs did the same load at the same time and the other one was first; this one was rolled back.",
        remedy="Nothing: trying again finds that load.",
    ),
    CodeEntry(
        code="DD713",
        title="Dataset file that cannot be read",
        meaning="A file of a dataset is missing, damaged or not readable.",
        remedy="Run the step that writes the dataset again (`--force`).",
    ),
    CodeEntry(
        code="DD714",
        title="Warehouse cannot go on",
        meaning="DuckDB met an error that leaves its connection unusable.",
        remedy="Run again; what was committed is kept. If it happens again, check the disk.",
    ),
    CodeEntry(
        code="DD715",
        title="Values a statement cannot use",
        meaning="A statement converts a value that does not fit, or writes a row that breaks a constraint.",
        remedy="Correct the statement or the rows it reads.",
    ),
    CodeEntry(
        code="DD716",
        title="Not one statement",
        meaning="A text holds several statements or none where one is expected, is not a query where one is "
        "expected, or begins or ends a transaction inside one.",
        remedy="Remove BEGIN, COMMIT and ROLLBACK: Dataduct runs a script in one transaction.",
    ),
    CodeEntry(
        code="DD717",
        title="Dataset format that cannot be loaded",
        meaning="Only Parquet, TSV and CSV datasets can be loaded into a table.",
        remedy="Give the dataset its format, or write it in one of these.",
    ),
    CodeEntry(
        code="DD718",
        title="Column missing in a load",
        meaning="A dataset or a table does not have a column that the load names.",
        remedy="Correct the name; the message gives the nearest one.",
    ),
    CodeEntry(
        code="DD719",
        title="Lock held by another session for too long",
        meaning="A statement waited longer than `lock_timeout` for a lock that another session of the server holds.",
        remedy="Run again when the session that the message names has ended, or raise `lock_timeout`.",
    ),
    CodeEntry(
        code="DD720",
        title="Connection lost during COMMIT",
        meaning="COMMIT was sent and its answer did not come, so that the transaction may be committed or not.",
        remedy="Nothing: it is tried again, and a load that was committed is found and not done twice.",
    ),
    CodeEntry(
        code="DD721",
        title="No way for rows to Amazon Redshift",
        meaning="Rows come to and go from Redshift through S3. The settings name no bucket for them, or no rights with "
        "which the cluster may use it.",
        remedy="Name both under `warehouse:`. A project whose storage is S3 needs no `staging`.",
        example="warehouse:\n  type: redshift\n  host: cluster.example.com\n  user: loader\n  database: analytics\n"
        "  iam_role: arn:aws:iam::123456789012:role/redshift-copy\n  staging: s3://my-bucket/staging",
    ),
    CodeEntry(
        code="DD722",
        title="Statement that a transaction cannot hold",
        meaning="On Amazon Redshift TRUNCATE commits the transaction that it stands in, and VACUUM runs outside any. "
        "Dataduct runs a script in one transaction, so that all of it is done or nothing.",
        remedy="Write DELETE FROM in place of TRUNCATE; leave VACUUM out.",
    ),
    CodeEntry(
        code="DD723",
        title="Amazon Redshift and its staging bucket",
        meaning="The cluster could not read from or write to the bucket in S3 through which rows come and go.",
        remedy="Check that the cluster may assume `iam_role`, that the role may list, read and write in the bucket, "
        "and that `region` is the bucket's.",
    ),
)
