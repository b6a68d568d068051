"""Run the benchmarks: `python -m benchmarks [startup] [overhead] [rows] [streaming] [systems] [tables] [--runs 5]`."""

import argparse
import tempfile
from pathlib import Path

from benchmarks import lineitem, overhead, rows, startup, streaming, systems, tables

NAMES = ("startup", "overhead", "rows", "streaming", "systems", "tables")


def main() -> None:
    """Run the benchmarks named, or all of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help=f"{', '.join(NAMES)}; all by default")
    parser.add_argument("--runs", type=int, default=5, help="runs of which the median is taken")
    parser.add_argument("--million", type=int, nargs="*", default=[1, 10], help="millions of rows of `rows`")
    parser.add_argument("--megabytes", type=int, default=16, help="size of the text of `streaming`")
    parser.add_argument("--rows", type=int, default=lineitem.ROWS, help="rows of `systems`")
    parser.add_argument("--peers", type=Path, help="directory that benchmarks/peers.py made, for `systems`")
    parser.add_argument("--tables", type=int, default=tables.TABLES, help="tables of `tables`")
    options = parser.parse_args()
    names = options.names or NAMES
    with tempfile.TemporaryDirectory(prefix="dataduct-bench-") as directory:
        work = Path(directory)
        if "startup" in names:
            startup.main(work, options.runs)
        if "overhead" in names:
            overhead.main(work, options.runs)
        if "rows" in names:
            rows.main(work, options.runs, options.million)
        if "streaming" in names:
            streaming.main(work, options.runs, options.megabytes)
        if "systems" in names:
            systems.main(work, options.runs, rows=options.rows, peers_directory=options.peers)
        if "tables" in names:
            tables.main(work, options.runs, options.tables)


main()
