"""Word count by `emr-streaming`, against `cat | mapper | LC_ALL=C sort | reducer` in the shell."""

import random
import shutil
import sys
from pathlib import Path

from benchmarks.measure import Usage, in_turn, line, run

MAPPER = """\
import sys
for line in sys.stdin:
    for word in line.split():
        sys.stdout.write(word + "\\t1\\n")
"""
REDUCER = """\
import sys
from itertools import groupby
pairs = (line.split("\\t") for line in sys.stdin)
for word, group in groupby(pairs, key=lambda pair: pair[0]):
    print(word, sum(int(count) for _, count in group), sep="\\t")
"""
PIPELINE = """
name: words
frequency: daily
steps:
  - {{step_type: extract-local, path: data/words.txt}}
  - step_type: emr-streaming
    mapper: scripts/mapper.py
    reducer: scripts/reducer.py
    hadoop_params: [-numReduceTasks, {reduces}]
"""
IN_THE_SHELL = (
    "cat data/words.txt | {python} scripts/mapper.py | LC_ALL=C sort | {python} scripts/reducer.py > counts"
)
WORDS = 50_000
WORDS_OF_A_LINE = 12


def main(work: Path, runs: int, megabytes: int) -> None:
    """Print the job with one reduce task and with two."""
    project = work / "streaming"
    for directory in ("pipelines", "scripts", "data"):
        (project / directory).mkdir(parents=True)
    (project / "dataduct.yml").write_text("project: streaming\n")
    (project / "scripts" / "mapper.py").write_text(MAPPER)
    (project / "scripts" / "reducer.py").write_text(REDUCER)
    _write_text(project / "data" / "words.txt", megabytes)
    dataduct = str(Path(sys.executable).with_name("dataduct"))

    def ours() -> Usage:
        shutil.rmtree(project / ".dataduct", ignore_errors=True)
        return run([dataduct, "run", "pipelines/words.yaml", "--run-date", "2026-01-01"], project)

    def in_the_shell() -> Usage:
        return run(["bash", "-c", IN_THE_SHELL.format(python=sys.executable)], project)

    for reduces in (1, 2):
        (project / "pipelines" / "words.yaml").write_text(PIPELINE.format(reduces=reduces))
        used, reference = in_turn(ours, in_the_shell, runs)
        _compare(project)
        rate = megabytes / used.seconds
        what = f"word count, {megabytes} MB, {reduces} reduce task{'s' if reduces > 1 else ''}"
        processor = used.cpu_seconds / reference.cpu_seconds
        print(line(what, used, reference, f"({rate:.1f} MB/s; processor time {processor:.2f})"), flush=True)
    shutil.rmtree(project)


def _write_text(path: Path, megabytes: int) -> None:
    """Write lines of words of which a few are frequent and most are rare; the same ones each time."""
    choose = random.Random(1)
    words = [
        "".join(choose.choices("abcdefghijklmnopqrstuvwxyz", k=choose.randint(2, 10))) for _ in range(WORDS)
    ]
    weights = [1 / rank for rank in range(1, WORDS + 1)]
    size = 0
    with path.open("w") as file:
        while size < megabytes * 1_000_000:
            chosen = choose.choices(words, weights, k=WORDS_OF_A_LINE * 10_000)
            block = "".join(
                " ".join(chosen[start : start + WORDS_OF_A_LINE]) + "\n"
                for start in range(0, len(chosen), WORDS_OF_A_LINE)
            )
            size += file.write(block)


def _compare(project: Path) -> None:
    """End the programme if the job's counts are not those of the shell."""
    parts = (project / ".dataduct").rglob("part-*")
    counts = sorted(line for part in parts for line in part.read_bytes().splitlines())
    if counts != sorted((project / "counts").read_bytes().splitlines()):
        sys.exit("the word counts of the job differ from those of the shell")
