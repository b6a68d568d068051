"""Put the visits of adults and of children into a file each."""

import argparse
import os
from pathlib import Path

parser = argparse.ArgumentParser()
parser.add_argument("--input", required=True, help="the variable that holds the input directory")
parser.add_argument("--output", required=True, help="the variable that holds the output directory")
parser.add_argument("--adult_age", type=int, required=True)
parser.add_argument("--until", required=True)
options = parser.parse_args()

source = Path(os.environ[options.input])
target = Path(os.environ[options.output])
lines = (source / "visits" / "visits.tsv").read_text(encoding="utf-8").splitlines(keepends=True)
for name, adult in (("adults", True), ("children", False)):
    chosen = [line for line in lines if (int(line.split("\t")[2]) >= options.adult_age) == adult]
    (target / name / "visits.tsv").write_text("".join(chosen), encoding="utf-8")
print(f"{len(lines)} visits until {options.until}; {len(list((source / 'notes').iterdir()))} notes")
