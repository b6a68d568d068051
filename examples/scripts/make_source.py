"""Make the library's database from data/library.sql, if it is not there."""

import os
import sqlite3
from pathlib import Path

project = Path(os.environ["DATADUCT_PROJECT_DIRECTORY"])
database = project / "library.sqlite"
if not database.exists():
    new = database.with_suffix(".new")
    new.unlink(missing_ok=True)
    with sqlite3.connect(new) as connection:
        connection.executescript((project / "data" / "library.sql").read_text(encoding="utf-8"))
    connection.close()
    new.rename(database)
