"""The rows that a COPY of text files left out, as Redshift's system tables tell them."""

from dataduct.warehouses.misfits import shown_value
from dataduct.warehouses.postgres_session import Session

_LINES = 1000
_QUERY = """
SELECT filename, line_number, colname, type, raw_field_value, err_reason
FROM stl_load_errors WHERE {condition} ORDER BY filename, line_number LIMIT {limit}
"""


def read_load_errors(session: Session, condition: str) -> tuple[str, ...]:
    """Return a line for each row of stl_load_errors that a condition chooses, at most a thousand."""
    lines = []
    for row in session.fetch(_QUERY.format(condition=condition, limit=_LINES)):
        file, number, column, kind, value, reason = (
            "" if part is None else str(part).strip() for part in row
        )
        name = file.rpartition("/")[2]
        where = f"{name}, line {number}" + (f", column {column}" if column else "")
        what = f"{shown_value(value, quoted=True)} ({kind})" if column else shown_value(value, quoted=True)
        lines.append(f"{where}: {what}: {reason}")
    return tuple(lines)
