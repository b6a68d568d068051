"""Run the benchmarks: `python -m benchmarks [startup] [overhead] [rows] [--runs 5] [--million 1 10]`."""

import argparse
import tempfile
from pathlib import Path

from benchmarks import overhead, rows, startup


def main() -> None:
    """Run the benchmarks named, or all of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="startup, overhead, rows; all by default")
    parser.add_argument("--runs", type=int, default=5, help="runs of which the median is taken")
    parser.add_argument("--million", type=int, nargs="*", default=[1, 10], help="millions of rows")
    options = parser.parse_args()
    names = options.names or ["startup", "overhead", "rows"]
    with tempfile.TemporaryDirectory(prefix="dataduct-bench-") as directory:
        work = Path(directory)
        if "startup" in names:
            startup.main(work, options.runs)
        if "overhead" in names:
            overhead.main(work, options.runs)
        if "rows" in names:
            rows.main(work, options.runs, options.million)


main()
