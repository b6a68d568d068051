"""Error codes of storage, delimited files and source systems (DD740 to DD779)."""

from dataduct.codes.entry import CodeEntry

ENTRIES: tuple[CodeEntry, ...] = (
    CodeEntry(
        code="DD740",
        title="wrong storage settings",
        meaning="The `storage` section of the settings holds a name or a value that the storage does not know.",
        remedy="Mend the setting that the message names.",
        example="storage:\n  type: local\n  path: .dataduct/data",
    ),
    CodeEntry(
        code="DD741",
        title="disk full",
        meaning="The disk had no room left for a file of a dataset. Nothing was published.",
        remedy="Free space or set `storage.path` to a larger disk, then run again.",
    ),
    CodeEntry(
        code="DD742",
        title="directory or file may not be written or read",
        meaning="The file system is read-only, or the user that runs Dataduct lacks a permission.",
        remedy="Give the permission, or set `storage.path` to a directory of that user's.",
    ),
    CodeEntry(
        code="DD743",
        title="file cannot be read or written",
        meaning="The operating system refused to read or write a file, for the reason the message gives.",
        remedy="Check that the path exists and that its disk works; then run again.",
    ),
    CodeEntry(
        code="DD744",
        title="dataset part missing or cut short",
        meaning="The dataset's manifest names a file that is not there or has another size: something other than "
        "Dataduct deleted or changed it.",
        remedy="Run the step that writes the dataset again.",
    ),
    CodeEntry(
        code="DD745",
        title="damaged manifest",
        meaning="The file that says what a dataset consists of cannot be understood.",
        remedy="Run the step that writes the dataset again.",
    ),
    CodeEntry(
        code="DD746",
        title="manifest of a newer release",
        meaning="A newer release of Dataduct wrote the dataset, in a form this release does not know.",
        remedy="Upgrade Dataduct, or run the step that writes the dataset again with this release.",
    ),
    CodeEntry(
        code="DD747",
        title="two attempts wrote one dataset",
        meaning="Another attempt published the same dataset meanwhile and deleted the files of this one, or held its "
        "lock for too long. What it published is whole.",
        remedy="Nothing, as a rule: the step is tried again. Make sure that one run is not started twice.",
    ),
    CodeEntry(
        code="DD748",
        title="dataset not in the storage",
        meaning="A step reads a dataset that no step of this run has published, or whose files were cleaned up.",
        remedy="Run the step that writes it first.",
    ),
    CodeEntry(
        code="DD749",
        title="name that cannot be used in a dataset",
        meaning="A file's name leads out of the dataset or is hidden, or two files have the same name.",
        remedy="Rename the file, or copy the files in two steps.",
    ),
    CodeEntry(
        code="DD750",
        title="row with too many or too few fields",
        meaning="A row of a delimited file has another number of fields than the first row. Often a delimiter or a "
        "newline inside a value was not escaped or quoted.",
        remedy="Mend the row, or allow some to be left out with `max_errors`.",
    ),
    CodeEntry(
        code="DD751",
        title="bytes that are not UTF-8",
        meaning="A delimited file holds bytes that are no UTF-8 text; it was probably written in another encoding.",
        remedy="Write the file as UTF-8, or set `replace_invalid_char` to put a character in their place.",
        example="script_arguments: ['--replace_invalid_char=?']",
    ),
    CodeEntry(
        code="DD752",
        title="wrong header of a CSV file",
        meaning="The first row of a CSV file names its columns. A name is missing or stands twice, or the files of "
        "one dataset do not have the same header.",
        remedy="Give every column a name of its own and all files the same header.",
    ),
    CodeEntry(
        code="DD753",
        title="row without an end",
        meaning="No end of a row was found within 64 MB, so that a quote or a backslash is probably never closed.",
        remedy="Look at the row the message names, and close the quote.",
    ),
    CodeEntry(
        code="DD754",
        title="compressed file cannot be read",
        meaning="A file whose name ends in `.gz`, `.bz2` or `.zst` is cut short or is not compressed that way.",
        remedy="Write the file again, or rename it.",
    ),
    CodeEntry(
        code="DD755",
        title="damaged quoted field",
        meaning="In a CSV file a quoted field is never closed, or text follows its closing quote.",
        remedy='Write a quote inside a quoted field twice, as in "5"" disk".',
        example='"5" disk"  ->  "5"" disk"',
    ),
    CodeEntry(
        code="DD756",
        title="column that has no text form",
        meaning="A script reads datasets as tab-separated text, and a list or a struct cannot be written as that.",
        remedy="Turn the column into text in the query that extracts it.",
    ),
    CodeEntry(
        code="DD760",
        title="wrong settings of a sqlite connection",
        meaning="A connection of type `sqlite` has one setting, `path`.",
        remedy="Mend the setting that the message names.",
        example="shop:\n  type: sqlite\n  path: data/shop.db",
    ),
    CodeEntry(
        code="DD761",
        title="SQLite file missing",
        meaning="The connection's `path` names no file, or a directory. A relative one is below the project directory.",
        remedy="Mend the connection's `path`.",
    ),
    CodeEntry(
        code="DD762",
        title="not a SQLite database",
        meaning="The file is no SQLite database, is encrypted, or is damaged.",
        remedy="Check the connection's `path`; check the file with `PRAGMA integrity_check`.",
    ),
    CodeEntry(
        code="DD763",
        title="SQLite file locked",
        meaning="Another process held the database locked for longer than five seconds.",
        remedy="Let the other process finish; the step is tried again. In WAL mode readers do not wait for writers.",
    ),
    CodeEntry(
        code="DD764",
        title="no such table in the source",
        meaning="The query names a table or view that the source database does not have.",
        remedy="Mend the name; the message names the nearest one.",
    ),
    CodeEntry(
        code="DD765",
        title="no such column in the source",
        meaning="The query names a column that none of its tables has.",
        remedy="Mend the name; the message names the nearest one.",
    ),
    CodeEntry(
        code="DD766",
        title="query the source refuses",
        meaning="The source database cannot read the query, for the reason the message gives.",
        remedy="Mend the query; try it in the database's own shell. A column or table called like a word of SQL, or "
        "with a space, needs quotes: `group` in backquotes for MySQL and SQLite, in double quotes for PostgreSQL; in a "
        "pattern the filter `quoted` writes them.",
        example="SELECT {{ param.table.columns | quoted(param.host) }} FROM orders",
    ),
    CodeEntry(
        code="DD767",
        title="query that is not one SELECT",
        meaning="An extract runs exactly one SELECT, and changes nothing in the source.",
        remedy="Write one SELECT; it may begin with WITH.",
    ),
    CodeEntry(
        code="DD768",
        title="value that does not fit its column's declared type",
        meaning="SQLite keeps any value in any column. A value was found that is not of the type its column is "
        "declared as, such as 'NA' in an INTEGER column, and nothing was extracted.",
        remedy="Mend the value in the source, or select the column as text with CAST(column AS TEXT).",
        example="query: SELECT id, CAST(dep_time AS TEXT) AS dep_time FROM flights",
    ),
    CodeEntry(
        code="DD769",
        title="expression without one type",
        meaning="A column of the query has no declared type, and its values are of kinds that no one type holds.",
        remedy="Give the expression a type with CAST.",
        example="query: SELECT CAST(coalesce(delay, 'none') AS TEXT) AS delay FROM flights",
    ),
    CodeEntry(
        code="DD770",
        title="timestamps with and without a zone in one column",
        meaning="A DATETIME or TIMESTAMP column is read with a zone (and brought to UTC) if its first value names "
        "one, and without a zone otherwise. Here some values name a zone and others do not.",
        remedy="Bring all values to one form in the query, or declare the column TIMESTAMPTZ, where a value "
        "without a zone is UTC.",
        example="query: SELECT id, strftime('%Y-%m-%d %H:%M:%f', seen_at) AS seen_at FROM visits",
    ),
    CodeEntry(
        code="DD771",
        title="text in the source is not UTF-8",
        meaning="A TEXT value of the SQLite file holds bytes that are no UTF-8 text.",
        remedy="Mend the value, or extract the column as bytes with CAST(column AS BLOB).",
    ),
    CodeEntry(
        code="DD772",
        title="SQLite file cannot be opened",
        meaning="The file may not be read, or was left in the middle of a transaction and needs write access once.",
        remedy="Give the permission, or open the file once with the sqlite3 shell so that SQLite recovers it.",
    ),
    CodeEntry(
        code="DD779",
        title="stopped on request",
        meaning="The run was interrupted or timed out while rows or files were moved. Nothing was published.",
        remedy="Run again; what had not finished starts from its beginning.",
    ),
)
