"""Error codes of SQL texts and table definitions (DD4xx)."""

from dataduct.codes.entry import CodeEntry

ENTRIES: tuple[CodeEntry, ...] = (
    CodeEntry(
        code="DD401",
        title="SQL text that never ends",
        meaning="A string, a quoted name, a comment, a `$$` text or a template is opened and never closed, so the "
        "statements after it cannot be told apart.",
        remedy="Close it where it should end. A quote inside a string is written twice.",
        example="WHERE name = 'it's'    -- write 'it''s'",
    ),
    CodeEntry(
        code="DD402",
        title="not a CREATE TABLE statement",
        meaning="A table definition file holds something else than one CREATE TABLE with a list of columns.",
        remedy="Write CREATE TABLE name (column type, ...). A table made from a query needs its columns "
        "written out; the query goes into the step that fills the table.",
        example="CREATE TABLE t AS SELECT 1    -- write CREATE TABLE t (a INTEGER)",
    ),
    CodeEntry(
        code="DD403",
        title="syntax of a table definition",
        meaning="Something stands in the CREATE TABLE statement where it cannot stand, or something is "
        "missing.",
        remedy="Mend the place the caret shows; the message says what was expected there.",
        example="a INTEGER b INTEGER    -- write a INTEGER, b INTEGER",
    ),
    CodeEntry(
        code="DD404",
        title="unknown column type",
        meaning="A column has a type that is none of Amazon Redshift's, PostgreSQL's or DuckDB's scalar "
        "types.",
        remedy="Write the type the message proposes, or one of the documented types.",
        example="a INTEGR    -- write a INTEGER",
    ),
    CodeEntry(
        code="DD405",
        title="wrong arguments of a column type",
        meaning="A type has a length, precision or scale that it does not take or that is out of its range.",
        remedy="Write the arguments the message names.",
        example="price NUMERIC(5,9)    -- the scale is at most the precision",
    ),
    CodeEntry(
        code="DD406",
        title="column defined twice",
        meaning="Two columns of a table have the same name. Names are compared without case, as DuckDB and "
        "Amazon Redshift do.",
        remedy="Rename or remove one of them.",
    ),
    CodeEntry(
        code="DD407",
        title="key names an unknown column",
        meaning="A PRIMARY KEY, UNIQUE, FOREIGN KEY, DISTKEY or SORTKEY names a column that the table does "
        "not have.",
        remedy="Write the name of a column of the table.",
        example="PRIMARY KEY (cuorse_id)    -- write PRIMARY KEY (course_id)",
    ),
    CodeEntry(
        code="DD408",
        title="more than one primary key",
        meaning="A table has at most one primary key, which may have several columns.",
        remedy="For a key of several columns write one PRIMARY KEY (a, b) after the columns.",
        example="a INT PRIMARY KEY, b INT PRIMARY KEY    -- write a INT, b INT, PRIMARY KEY (a, b)",
    ),
    CodeEntry(
        code="DD409",
        title="contradicting or repeated attributes",
        meaning="A column or table says something twice, or two things that exclude each other.",
        remedy="Keep the one you mean.",
        example="a INT NULL NOT NULL    -- keep NOT NULL",
    ),
    CodeEntry(
        code="DD410",
        title="table name with a database part",
        meaning="A table name has three parts. The database is that of the warehouse connection and cannot be "
        "chosen by a table.",
        remedy="Write schema.table.",
        example="CREATE TABLE main.dev.t (...)    -- write CREATE TABLE dev.t (...)",
    ),
    CodeEntry(
        code="DD411",
        title="more than one statement",
        meaning="A table definition file holds a statement beside its CREATE TABLE, or a query holds several."
        "A table definition file holds a statement beside its CREATE TABLE, or a query holds several.",
        remedy="Keep one CREATE TABLE in a file. Put grants and other statements into a `sql-command` step.",
    ),
    CodeEntry(
        code="DD412",
        title="unsupported feature of a table definition",
        meaning="The CREATE TABLE uses something that not every warehouse has or that Dataduct cannot keep right "
        "(arrays, computed columns, inheritance, partitions, external tables).",
        remedy="Do what the message proposes, such as a JSON column in place of an array.",
    ),
    CodeEntry(
        code="DD413",
        title="foreign key of unequal sizes",
        meaning="A FOREIGN KEY names a different number of columns than it refers to.",
        remedy="Name as many columns on both sides.",
    ),
    CodeEntry(
        code="DD414",
        title="template in a table definition",
        meaning="A name or type in a CREATE TABLE holds a template; the table's shape must be known before a "
        "run.",
        remedy="Write the name itself. A template may stand inside a string of a DEFAULT.",
    ),
    CodeEntry(
        code="DD416",
        title="type too wide for the warehouse",
        meaning="A column's type holds values that the warehouse's widest type of that kind cannot hold.",
        remedy="Use a narrower type, or TEXT.",
    ),
    CodeEntry(
        code="DD420",
        title="columns that do not match",
        meaning="The columns of a source cannot be matched with the columns of a table: neither all their names are "
        "columns of the table, nor can they go by position. Or the source has a column that is new.",
        remedy="Add a new column to the table's definition, then `dataduct database recreate -e FILE` gives it to the "
        "table. Rename other columns of the source, or say how they match with `match_columns`.",
    ),
    CodeEntry(
        code="DD421",
        title="columns without a source",
        meaning="A table has columns that no source column fills and that have neither DEFAULT nor IDENTITY.",
        remedy="Add the columns to the source, or give them a DEFAULT.",
    ),
    CodeEntry(
        code="DD422",
        title="no primary key",
        meaning="Rows are to be replaced or compared by primary key and the table definition has none.",
        remedy="Add PRIMARY KEY (...) to the table definition.",
    ),
    CodeEntry(
        code="DD423",
        title="unknown column to choose rows by",
        meaning="Duplicates are to be dropped by a column that the table does not have or the source does not"
        " fill.",
        remedy="Name a column of the table that the source fills.",
    ),
    CodeEntry(
        code="DD424",
        title="history table without its two timestamps",
        meaning="A history table needs one TIMESTAMP column for the time a version begins (`effective_ts`) and one for "
        "the time it ends (`expiration_ts`).",
        remedy="Add both columns to the history table's definition.",
    ),
    CodeEntry(
        code="DD425",
        title="history table that does not follow its source",
        meaning="A history table has columns its source has not, or lacks columns of the source's primary "
        "key.",
        remedy="Give the history table the source's columns under the same names.",
    ),
    CodeEntry(
        code="DD426",
        title="date column that cannot be used",
        meaning="A delta load needs a DATE or TIMESTAMP column of the destination that the source fills, and a window "
        "of zero or more days.",
        remedy="Name such a column as `date_column`.",
    ),
    CodeEntry(
        code="DD430",
        title="wrong number of SQL parameters",
        meaning="A script has more or fewer `%s` than there are parameters.",
        remedy="Give one parameter for each `%s`, in order over the whole script. A literal % is written %% when "
        "there are parameters.",
    ),
    CodeEntry(
        code="DD431",
        title="placeholder that is not %s",
        meaning="A script with parameters holds a % that is neither `%s` nor `%%`, or a parameter has no SQL "
        "literal.",
        remedy="Write %% for a literal percent sign.",
        example="LIKE 'a%'    -- write LIKE 'a%%'",
    ),
    CodeEntry(
        code="DD440",
        title="relation defined twice",
        meaning="Two of the SQL files given to `dataduct database` define a table or view of the same name.",
        remedy="Leave one of the files out, or rename one of the tables.",
    ),
    CodeEntry(
        code="DD441",
        title="SQL file that cannot be read",
        meaning="A file given to `dataduct database` is closed to you, is no text, or is not UTF-8.",
        remedy="Give a readable file in UTF-8 with one CREATE TABLE or CREATE VIEW.",
    ),
    CodeEntry(
        code="DD442",
        title="unsupported kind of view",
        meaning="A file defines a temporary, recursive or materialized view.",
        remedy="Define a plain view, or create it in a `sql-command` step.",
    ),
    CodeEntry(
        code="DD443",
        title="temporary table in a file",
        meaning="A file given to `dataduct database` defines a temporary table, which ends with the "
        "connection that made it.",
        remedy="Leave out TEMPORARY, or create the table in the step that needs it.",
    ),
    CodeEntry(
        code="DD444",
        title="views in a circle",
        meaning="Views read one another so that none of them can be created first.",
        remedy="Let one of them read the tables behind the other.",
        example="CREATE VIEW a AS SELECT * FROM b    -- and b reads a",
    ),
    CodeEntry(
        code="DD445",
        title="permission for nobody",
        meaning="A permission of the settings names neither a user nor a group.",
        remedy="Add `user` or `group` to it.",
        example="permissions: [{group: analysts, permission: select}]",
    ),
    CodeEntry(
        code="DD446",
        title="unknown right",
        meaning="A permission of the settings grants something that is no right on a table.",
        remedy="Write one of the rights, or several with commas between them: select, insert, update, "
        "delete, references, all.",
        example="permission: select, insert",
    ),
    CodeEntry(
        code="DD450",
        title="table with another definition",
        meaning="`dataduct database create` found a table whose columns, types or NOT NULL are not those of "
        "its file. Nothing was created.",
        remedy="Change the file, or run `dataduct database recreate`, which makes the table anew and keeps "
        "its rows.",
    ),
    CodeEntry(
        code="DD451",
        title="relation of another kind",
        meaning="A table stands where the file defines a view, or a view where it defines a table.",
        remedy="Rename one of them, or drop the one that is not needed.",
    ),
    CodeEntry(
        code="DD452",
        title="rights on a missing relation",
        meaning="`dataduct database grant -e` was given a table or view that does not exist.",
        remedy="Create it with `dataduct database create -e`, which grants the rights too.",
    ),
    CodeEntry(
        code="DD453",
        title="new column without values",
        meaning="`dataduct database recreate` keeps the rows, and a new column is NOT NULL without DEFAULT, "
        "so they have no value for it.",
        remedy="Give the column a DEFAULT, or let it be NULL.",
    ),
    CodeEntry(
        code="DD454",
        title="rows that do not fit the new definition",
        meaning="`dataduct database recreate` keeps the rows, and values of a column would be changed by its "
        "new type, are too long, are NULL where none may be, or break a CHECK. Nothing was changed.",
        remedy="Keep a type that holds the values, or correct them first.",
        example="price INTEGER    -- while rows hold 1.5",
    ),
    CodeEntry(
        code="DD455",
        title="tables changed meanwhile",
        meaning="Between the look at the tables and the transaction somebody else created, dropped or altered"
        " one of them. Nothing was changed.",
        remedy="Run the command again.",
    ),
    CodeEntry(
        code="DD456",
        title="table still used",
        meaning="Something that was not named depends on a table that is to be dropped: a foreign key of "
        "another table, or a view. Nothing was dropped.",
        remedy="Name the dependent tables and views too, or drop them first.",
    ),
)
