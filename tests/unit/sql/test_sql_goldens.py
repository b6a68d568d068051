"""Every script in every dialect: `golden/sql/<script>.<dialect>.sql`."""

from collections.abc import Callable, Iterable

import pytest
from tables import COURSES, ENROLLMENTS, HISTORY, STAGING_COURSES

from dataduct.model.operations import SqlStatement
from dataduct.sql.create import create_table
from dataduct.sql.deduplicate import dedupe
from dataduct.sql.dialect import DIALECTS, Dialect
from dataduct.sql.history import history
from dataduct.sql.queries import analyze, count_query, duplicates_query, null_keys_query
from dataduct.sql.source_rows import SourceRows
from dataduct.sql.upsert import delta_load, reload, upsert

STAGED = SourceRows(rows=STAGING_COURSES)
FILTERED = SourceRows(rows=STAGING_COURSES, filter_clause="WHERE id > 100")
SELECTED = SourceRows(rows="SELECT u.pk, c.pk, 3.5, n -- note\nFROM u, c;", filter_clause="WHERE n <> ''")
UNKNOWN = SourceRows(rows="SELECT * FROM staging.courses")
ENROLLED = SourceRows(rows="SELECT user_id, course, \"order\", note, 'ab' AS code FROM staging.enrollments")

SCRIPTS: dict[str, Callable[[Dialect], Iterable[SqlStatement]]] = {
    "create_courses": lambda d: create_table(COURSES, d),
    "create_enrollments": lambda d: create_table(ENROLLMENTS, d, if_missing=False),
    "upsert": lambda d: upsert(COURSES, STAGED, d),
    "upsert_dedupe_by": lambda d: upsert(COURSES, FILTERED, d, dedupe_by="updated"),
    "upsert_as_is": lambda d: upsert(COURSES, UNKNOWN, d, enforce_primary_key=False),
    "upsert_composite": lambda d: upsert(ENROLLMENTS, ENROLLED, d),
    "reload_select": lambda d: reload(STAGING_COURSES, SELECTED, d),
    "delta_load": lambda d: delta_load(COURSES, STAGED, d, date_column="updated", window=3),
    "history": lambda d: history(HISTORY, COURSES, d, at="2026-01-02 00:00:00"),
    "dedupe": lambda d: dedupe(ENROLLMENTS, d, by="loaded_at"),
    "queries": lambda d: [
        SqlStatement(text=count_query(COURSES.name, d), purpose="count a table"),
        SqlStatement(text=count_query("SELECT a FROM t;", d), purpose="count a query"),
        SqlStatement(
            text=duplicates_query(ENROLLMENTS.name, ENROLLMENTS.primary_key, d), purpose="duplicates"
        ),
        SqlStatement(text=null_keys_query(ENROLLMENTS.name, ENROLLMENTS.primary_key, d), purpose="null keys"),
        *analyze(COURSES.name, d),
    ],
}


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("script", SCRIPTS)
def test_script(script: str, dialect: str, golden: Callable[[str, str], None]) -> None:
    statements = tuple(SCRIPTS[script](DIALECTS[dialect]))
    assert all(statement.purpose for statement in statements)
    text = "\n\n".join(f"-- {statement.purpose}\n{statement.text};" for statement in statements)
    golden(f"sql/{script}.{dialect}.sql", text + "\n")
