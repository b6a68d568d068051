"""Codes DD205 to DD239 and DD260 to DD279: what step types find in their properties and in the files these name."""

from dataduct.codes.entry import CodeEntry

ENTRIES: tuple[CodeEntry, ...] = (
    CodeEntry(
        code="DD205",
        title="file not found",
        meaning="A property names a file or directory that is in none of the places looked at: the directory of the "
        "pipeline file, the project directory and the resource directories of the settings.",
        remedy="Correct the path, or put the file where the message says it was looked for.",
        example="table_definition: tables/course.sql    # wrong\ntable_definition: tables/courses.sql   # right",
    ),
    CodeEntry(
        code="DD206",
        title="file that cannot be read",
        meaning="The file exists and is a directory, is not readable, or is not UTF-8 text.",
        remedy="Give the path of a readable file; save it as UTF-8.",
    ),
    CodeEntry(
        code="DD207",
        title="template where it cannot be rendered",
        meaning="Templates are rendered for each run. Table definitions, and the paths of files that are read when the "
        "pipeline is compiled, must be known before.",
        remedy="Write the path or definition without `{{ }}` and `#{ }`.",
    ),
    CodeEntry(
        code="DD208",
        title="property that this engine cannot honour",
        meaning="The property asks for something that only Amazon's services can do, such as reading files "
        "compressed with lzo, or for something too dangerous to do in passing.",
        remedy="Use what the message names instead.",
    ),
    CodeEntry(
        code="DD209",
        title="property without effect",
        meaning="Files written for Amazon Data Pipeline have the property, so it is accepted. It does nothing here.",
        remedy="Remove it, or leave it if the file still runs elsewhere.",
    ),
    CodeEntry(
        code="DD210",
        title="not exactly one of several properties",
        meaning="The properties are different ways to say the same thing, so one of them is needed and only one.",
        remedy="Keep one of the properties that the message lists.",
        example="command: SELECT 1\nscript: sql/one.sql    # wrong: two scripts",
    ),
    CodeEntry(
        code="DD211",
        title="properties that do not go together",
        meaning="One property makes sense only with another one, or never together with it.",
        remedy="Add or remove the property that the message names.",
    ),
    CodeEntry(
        code="DD212",
        title="wrong script argument",
        meaning="`script_arguments` holds something that is no argument, or an option that the step does not know.",
        remedy="Write a list of texts, or a mapping of option names to values.",
        example="script_arguments: 5                # wrong\nscript_arguments: [--limit=5]       # right",
    ),
    CodeEntry(
        code="DD213",
        title="schema within the table name",
        meaning="The step takes the schema and the table's name as two properties.",
        remedy="Write the schema in `schema` and the name alone in `table`.",
        example="table: dev.categories              # wrong\nschema: dev\ntable: categories                  # right",
    ),
    CodeEntry(
        code="DD214",
        title="not one SELECT statement",
        meaning="The property holds the query whose rows the step works on: one SELECT, and nothing else.",
        remedy="Keep one SELECT statement. Statements that change something belong in a `sql-command` step.",
    ),
    CodeEntry(
        code="DD215",
        title="script without a statement",
        meaning="The script is empty, or holds nothing but comments and BEGIN or COMMIT.",
        remedy="Write at least one statement, or remove the step.",
    ),
    CodeEntry(
        code="DD217",
        title="wrong name of a staging subdirectory",
        meaning="The files of an input or output node are put into a subdirectory of the staging directory, which must "
        "lie inside it and belong to one node.",
        remedy="Use different names that are relative paths without `..`.",
    ),
    CodeEntry(
        code="DD218",
        title="transaction statements in a script that manages its own",
        meaning="With `wrap_transaction: false` each statement runs on its own, so BEGIN and COMMIT within the script "
        "would not enclose what they seem to enclose.",
        remedy="Remove BEGIN and COMMIT, or leave `wrap_transaction` out and split the script into steps.",
    ),
    CodeEntry(
        code="DD220",
        title="table without a primary key",
        meaning="The step finds rows again by the table's primary key, and the definition declares none.",
        remedy="Declare PRIMARY KEY in the table definition.",
        example="CREATE TABLE prod.courses (id INTEGER PRIMARY KEY, name VARCHAR(255));",
    ),
    CodeEntry(
        code="DD221",
        title="source and destination of a check differ in columns",
        meaning="A column check compares the columns of both sides in order, so both have as many.",
        remedy="Select the destination's columns, in its order, from the source.",
    ),
    CodeEntry(
        code="DD222",
        title="unknown column",
        meaning="A property names a column that the table or query does not have.",
        remedy="Correct the name; the message lists the columns.",
    ),
    CodeEntry(
        code="DD224",
        title="check without a key or a column to compare",
        meaning="A column check finds each sampled row again by its key and compares the other columns, so there must "
        "be both.",
        remedy="Name the key columns with `key`, and select at least one column more.",
    ),
    CodeEntry(
        code="DD225",
        title="connection of another type",
        meaning="The step type works on one kind of database, and the connection that it names leads to another.",
        remedy="Name another connection, or use `extract-rds`, which reads every kind of database.",
    ),
    CodeEntry(
        code="DD226",
        title="insert query that cannot be read",
        meaning="`load-postgres` loads rows in bulk. From `insert_query` it takes the columns to fill, so the query "
        "has to be a plain `INSERT INTO table (columns) VALUES (?, ...)` into the step's table, with a `?` for each "
        "column.",
        remedy="Write it like that, or remove `insert_query`: columns are then found by name or by position.",
    ),
    CodeEntry(
        code="DD260",
        title="base path that the settings do not have",
        meaning="A property holds `{S3_BASE_PATH}`, and the settings have nothing to put in its place, so it is taken "
        "out.",
        remedy="Set `s3_base_path` under `aws:` in dataduct.yml (`S3_BASE_PATH` under `etl:` in the original's "
        "settings), or write the path without it.",
    ),
    CodeEntry(
        code="DD261",
        title="no place to copy files to",
        meaning="`output_path` is a directory or a file, in S3 or on this machine. It holds no pattern, and one file "
        "cannot take several datasets.",
        remedy="Write a directory with a slash at its end, or a file whose ending says its format.",
        example="output_path: s3://bucket/courses/*.csv    # wrong\noutput_path: s3://bucket/courses.csv      # right",
    ),
    CodeEntry(
        code="DD262",
        title="no time to wait",
        meaning="`refresh_rate` and `give_up_after` are a number of seconds, or a number and a unit, more than zero.",
        remedy="Write a duration such as `300` or `5 minutes`.",
    ),
    CodeEntry(
        code="DD263",
        title="no date to wait for",
        meaning="`start_date` is the run date of the runs that are waited for.",
        remedy="Write a date, a date and time, or a template that gives one; or leave it out for the run's own date.",
        example="start_date: yesterday                          # wrong\n"
        'start_date: "{{ run_date | add_days(-1) }}"    # right',
    ),
    CodeEntry(
        code="DD264",
        title="pipeline that waits for itself",
        meaning="`pipeline-dependencies` names the pipeline it stands in, whose run cannot end before the step has.",
        remedy="Name other pipelines. To wait for another step of the same pipeline use `depends_on`.",
    ),
    CodeEntry(
        code="DD265",
        title="unknown kind of machine",
        meaning="`resource_type` is `ec2` or `emr`. The original took any other text for `ec2`; here the step runs on "
        "this machine whatever it says.",
        remedy="Correct the word, or remove the property.",
    ),
    CodeEntry(
        code="DD266",
        title="one place for the files of two steps",
        meaning="Two steps have the same `output_path`, and one would overwrite the other's files: the path is a "
        "file, or a directory for rows, whose files are numbered.",
        remedy="Give each step a directory or file of its own.",
    ),
    CodeEntry(
        code="DD267",
        title="query that counts by itself",
        meaning="`count-check` counts the rows of `source_sql` and `destination_sql`. A query such as "
        "`SELECT COUNT(*) FROM courses` gives one row, whatever the table holds, so the check would compare 1 with 1.",
        remedy="Give a count as `source_count_sql`, or select the rows themselves.",
        example="source_sql: SELECT COUNT(*) FROM courses          # wrong\n"
        "source_count_sql: SELECT COUNT(*) FROM courses    # right",
    ),
    CodeEntry(
        code="DD268",
        title="filter without WHERE",
        meaning="`filter_clause` is put after the FROM of the query that reads the source, as it is written.",
        remedy="Begin it with WHERE.",
        example="filter_clause: course_id > 1          # wrong\nfilter_clause: WHERE course_id > 1    # right",
    ),
)
