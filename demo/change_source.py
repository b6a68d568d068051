"""A day passes at the source: flights are rescheduled and added, a plane and a carrier are new."""

import sqlite3
import sys
from pathlib import Path

CHANGES = (
    (
        "500 flights get a new arrival delay",
        "UPDATE flights SET arr_delay = COALESCE(arr_delay, 0) + 7 WHERE rowid % 673 = 0",
    ),
    (
        "1,000 flights are added",
        """
        INSERT INTO flights
        SELECT 2014, month, day, dep_time, sched_dep_time, dep_delay, arr_time, sched_arr_time, arr_delay, carrier,
               flight, tailnum, origin, dest, air_time, distance, hour, minute, datetime(time_hour, '+365 days')
        FROM flights WHERE month = 1 ORDER BY time_hour, carrier, flight LIMIT 1000
        """,
    ),
    ("an airline is renamed", "UPDATE airlines SET name = 'AirTran Airways' WHERE carrier = 'FL'"),
    ("an airline is new", "INSERT INTO airlines VALUES ('ZZ', 'Zebra Air')"),
    (
        "a plane is new",
        "INSERT INTO planes VALUES ('N1ZEBR', 2014, 'Fixed wing multi engine', NULL, NULL, 2, 189, NULL, NULL)",
    ),
)


def change(path: Path) -> list[tuple[str, int]]:
    """Apply the changes in one transaction and return what each did and to how many rows."""
    with sqlite3.connect(path) as database:
        done = [(what, database.execute(statement).rowcount) for what, statement in CHANGES]
    database.close()
    return done


if __name__ == "__main__":
    for what, count in change(Path(sys.argv[1])):
        print(f"  {what} ({count:,} rows)")
