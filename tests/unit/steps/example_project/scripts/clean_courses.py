"""Copy the input's files to the output, without blank lines."""

import argparse
import os
from pathlib import Path

parser = argparse.ArgumentParser()
parser.add_argument("--input", required=True)
parser.add_argument("--output", required=True)
arguments = parser.parse_args()
for path in Path(os.environ[arguments.input]).iterdir():
    lines = [line for line in path.read_text().splitlines() if line.strip()]
    (Path(os.environ[arguments.output]) / path.name).write_text("\n".join(lines) + "\n")
