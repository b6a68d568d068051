"""Table definitions that several tests share."""

from dataduct.model.table import TableDefinition
from dataduct.sql.table_definition import parse_table_definition


def define(text: str) -> TableDefinition:
    return parse_table_definition(text, "t.sql")


COURSES = define(
    "CREATE TABLE prod.courses (id BIGINT PRIMARY KEY, name VARCHAR(20) NOT NULL, price NUMERIC(9,2), "
    "updated TIMESTAMP) DISTKEY (id) SORTKEY (updated)"
)
STAGING_COURSES = define(
    "CREATE TABLE staging.courses (id BIGINT, name VARCHAR(20), price NUMERIC(9,2), updated TIMESTAMP)"
)
ENROLLMENTS = define(
    'CREATE TABLE enrollments (user_id INT, "Course" INT, "order" JSON, loaded_at TIMESTAMP DEFAULT sysdate, '
    'row_id BIGINT IDENTITY(1,1), note TEXT UNIQUE, code CHAR(2) ENCODE zstd, PRIMARY KEY (user_id, "Course"), '
    'FOREIGN KEY ("Course") REFERENCES prod.courses (id), CHECK (user_id > 0)) DISTSTYLE ALL BACKUP NO SORTKEY AUTO'
)
HISTORY = define(
    "CREATE TABLE hist.courses_history (effective_ts TIMESTAMP, expiration_ts TIMESTAMP, id BIGINT, "
    "name VARCHAR(20), price NUMERIC(9,2))"
)
