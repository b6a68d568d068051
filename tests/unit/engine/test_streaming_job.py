"""Streaming jobs: lines through mappers, a sort by key, and reducers."""

import bz2
import gzip
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from zlib import crc32

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dataduct.engine.process import ProcessGroups
from dataduct.engine.streaming import job as streaming_job
from dataduct.engine.streaming.job import JobResult, run_job
from dataduct.engine.streaming.place import JobPlace
from dataduct.engine.streaming.splits import input_splits
from dataduct.errors import CommandFailedError, Interrupted, StorageError
from dataduct.model.cancellation import Cancellation
from dataduct.model.operations import StreamingJob
from dataduct.model.streaming_options import parse_streaming_options

COUNT_WORDS = """\
import sys
for line in sys.stdin:
    for word in line.split():
        print(f"{word}\\t1")
"""
SUM = """\
import sys
from itertools import groupby
pairs = (line.rstrip("\\n").split("\\t") for line in sys.stdin)
for word, group in groupby(pairs, key=lambda pair: pair[0]):
    print(f"{word}\\t{sum(int(count) for _, count in group)}")
"""


class Job:
    """A job over files of a directory; gives its result, the lines it wrote and what it told."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.cancellation = Cancellation()
        self.log: list[str] = []
        self.bytes: list[int] = []
        self._jobs = 0

    def file(self, name: str, content: bytes | str) -> str:
        path = self.root / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return str(path)

    def run(
        self,
        mapper: str,
        reducer: str | None = None,
        *options: str,
        inputs: Sequence[str] = (),
        workers: int = 2,
    ) -> JobResult:
        self._jobs += 1
        self.directory = self.root / f"job-{self._jobs}"
        self.directory.mkdir()
        place = JobPlace(
            directory=self.directory,
            processes=ProcessGroups(),
            cancellation=self.cancellation,
            environment=os.environ,
            job_id="job_20260101T010000_0001",
            workers=workers,
            log=self.log.append,
            progress=self.bytes.append,
        )
        job = StreamingJob(mapper=mapper, reducer=reducer, options=options)
        self.result = run_job(job, parse_streaming_options(options), inputs, "words", place)
        return self.result

    def files(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in sorted(self.result.output.iterdir())}

    def output(self) -> bytes:
        return b"".join(self.files().values())


@pytest.fixture
def job(tmp_path: Path) -> Job:
    return Job(tmp_path)


LINES = st.lists(st.binary(max_size=12).map(lambda line: line.replace(b"\n", b"")), max_size=30)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files=st.lists(LINES, min_size=1, max_size=3), reduces=st.integers(1, 3), last=st.booleans())
def test_any_lines_come_out_sorted_by_key(
    tmp_path_factory: pytest.TempPathFactory, files: list[list[bytes]], reduces: int, last: bool
) -> None:
    job = Job(tmp_path_factory.mktemp("lines"))
    paths = []
    for number, lines in enumerate(files):
        text = b"\n".join(lines) + (b"\n" if last and lines else b"")
        files[number] = text.split(b"\n")[: -1 if text.endswith(b"\n") or not text else None]
        paths.append(job.file(f"{number}.txt", text))
    job.run("cat", "cat", "-numReduceTasks", str(reduces), inputs=paths)
    written = list(job.files().values())
    assert len(written) == reduces
    found = [part.split(b"\n")[:-1] for part in written]
    expected = [line for lines in files for line in lines]
    assert Counter(line for part in found for line in part) == Counter(expected)
    for number, part in enumerate(found):
        keys = [line.partition(b"\t")[0] for line in part]
        assert keys == sorted(keys)
        assert reduces == 1 or {crc32(key) % reduces for key in keys} <= {number}


def test_words_are_counted(job: Job) -> None:
    mapper, reducer = job.file("mapper.py", COUNT_WORDS), job.file("reducer.py", SUM)
    inputs = [job.file("a.txt", "to be or not\nto be"), job.file("b.txt", "be quick\n")]
    job.run(mapper, reducer, inputs=inputs)
    assert job.files() == {"part-00000": b"be\t3\nnot\t1\nor\t1\nquick\t1\nto\t2\n"}
    assert (job.result.maps, job.result.reduces) == (2, 1)
    assert sum(job.bytes) == len("to be or not\nto be" + "be quick\n")


def test_a_large_file_is_cut_at_line_ends(job: Job) -> None:
    lines = [f"line {number}" * (number % 7 + 1) for number in range(1000)]
    path = job.file("a.txt", "\n".join(lines))
    splits = list(input_splits([path], 1000))
    assert len(splits) > 30
    assert [split.start for split in splits[1:]] == [
        split.start + (split.length or 0) for split in splits[:-1]
    ]
    job.run(
        "cat", "cat", "-D", "mapreduce.input.fileinputformat.split.maxsize=1000", inputs=[path], workers=3
    )
    assert job.output().decode().splitlines() == sorted(lines)
    assert job.result.maps == len(splits)


def test_a_line_longer_than_a_piece_stays_whole(job: Job) -> None:
    path = job.file("a.txt", "x" * 200_000 + "\n" + "y\n" * 10)
    assert [split.length for split in input_splits([path], 100_000)] == [200_001, 20]


@pytest.mark.parametrize("ending", ["gz", "bz2", "zst"])
def test_compressed_files_are_decompressed(job: Job, ending: str) -> None:
    text = b"b\na\n" * 1000 + b"c"
    if ending == "zst":
        packed = pa.compress(text, codec="zstd", asbytes=True)
    else:
        packed = (gzip if ending == "gz" else bz2).compress(text)
    job.run("cat", "uniq -c", inputs=[job.file(f"a.txt.{ending}", packed)])
    assert job.output().split() == [b"1000", b"a", b"1000", b"b", b"1", b"c"]


def test_a_damaged_file_is_named(job: Job) -> None:
    path = job.file("a.gz", gzip.compress(b"a\n" * 100_000)[:-20])
    with pytest.raises(StorageError, match=r"map 0 could not read its input: cannot read .*a\.gz") as raised:
        job.run("cat", "cat", inputs=[path])
    assert raised.value.code == "DD873"


def test_a_file_of_unknown_compression_is_refused(job: Job) -> None:
    with pytest.raises(StorageError, match=r"compressed as \.lzo"):
        job.run("cat", inputs=[job.file("a.lzo", b"?")])


def test_without_a_reducer_the_mappers_output_is_the_result(job: Job) -> None:
    inputs = [job.file("a.txt", "b\na"), job.file("b.txt", ""), job.file("c.txt", "c\n")]
    job.run("tr a-z A-Z", inputs=inputs)
    assert job.files() == {"part-00000": b"B\nA\n", "part-00001": b"", "part-00002": b"C\n"}
    job.run("tr a-z A-Z", "sort", "-D", "mapred.reduce.tasks=0", inputs=inputs)
    assert job.files()["part-00000"] == b"B\nA\n"


def test_no_input_gives_empty_files(job: Job) -> None:
    job.run("cat", "cat", "-numReduceTasks", "2")
    assert job.files() == {"part-00000": b"", "part-00001": b""}


def test_the_number_of_reduce_tasks_follows_from_the_input(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming_job, "REDUCE_BYTES", 10)
    path = job.file("a.txt", "1234567\n" * 4)
    assert job.run("cat", "cat", inputs=[path]).reduces == 4
    assert job.run("cat", "cat", inputs=[path] * 9).reduces == streaming_job.MOST_REDUCES


def test_several_fields_are_the_key(job: Job) -> None:
    path = job.file("a.txt", "b.2.x\na.10.y\na.1.z\nb.2.a\nb\n")
    options = ["-D", "stream.map.output.field.separator=.", "-D", "stream.num.map.output.key.fields=2"]
    job.run("cat", "cat", *options, inputs=[path])
    assert job.output() == b"a.1\tz\na.10\ty\nb\nb.2\ta\nb.2\tx\n"
    job.run("cat", "cat", *options, "-D", "stream.reduce.input.field.separator=.", inputs=[path])
    assert job.output() == b"a.1.z\na.10.y\nb\nb.2.a\nb.2.x\n"


def test_the_separator_of_the_result_can_be_chosen(job: Job) -> None:
    path = job.file("a.txt", "a\t1\t2\nb\n")
    options = ["-D", "mapreduce.output.textoutputformat.separator=,"]
    job.run("cat", "cat", *options, inputs=[path])
    assert job.output() == b"a,1\t2\nb\n"
    job.run("cat", None, *options, inputs=[path])
    assert job.output() == b"a,1\t2\nb\n"


def test_lines_can_be_given_to_reduce_tasks_by_some_fields_of_the_key(job: Job) -> None:
    lines = [f"{first}\t{second}\tx" for first in "abcdef" for second in range(20)]
    path = job.file("a.txt", "\n".join(lines))
    by_first = ["-partitioner", "org.apache.hadoop.mapred.lib.KeyFieldBasedPartitioner"]
    by_first += ["-D", "mapreduce.partition.keypartitioner.options=-k1,1"]
    fields = ["-D", "stream.num.map.output.key.fields=2", "-numReduceTasks", "3"]
    job.run("cat", "cut -f 1", *fields, *by_first, inputs=[path])
    parts = [set(part.split()) for part in job.files().values()]
    assert sum(map(len, parts)) == len(set.union(*parts)) == 6


def test_lines_can_be_sorted_by_a_number(job: Job) -> None:
    path = job.file("a.txt", "a\t9\t.\na\t10\t.\nb\t1\t.\n")
    options = ["-D", "stream.num.map.output.key.fields=2"]
    options += ["-D", "mapreduce.job.output.key.comparator.class=x.y.KeyFieldBasedComparator"]
    options += ["-D", "mapreduce.partition.keycomparator.options=-k1,1 -k2nr"]
    job.run("cat", "cat", *options, inputs=[path])
    assert job.output() == b"a\t10\t.\na\t9\t.\nb\t1\t.\n"


def test_a_combiner_reduces_the_output_of_each_map_task(job: Job) -> None:
    mapper, reducer = job.file("mapper.py", COUNT_WORDS), job.file("reducer.py", SUM)
    combiner = job.file("combiner.py", SUM + "    print('reporter:counter:c,words,1', file=sys.stderr)\n")
    inputs = [job.file("a.txt", "b a b\n"), job.file("b.txt", "b\n")]
    for reduces in ("1", "2"):
        job.run(mapper, reducer, "-combiner", combiner, "-numReduceTasks", reduces, inputs=inputs)
        assert sorted(job.output().splitlines()) == [b"a\t1", b"b\t3"]
        assert job.result.counters == ("c.words = 3",)


def test_hadoop_s_aggregate(job: Job) -> None:
    lines = "LongValueSum:a\t2\nLongValueMax:b\t7\nLongValueSum:a\t3\nLongValueMax:b\t10\n"
    lines += "UniqValueCount:c\tx\nUniqValueCount:c\ty\nUniqValueCount:c\tx\n"
    job.run("cat", "aggregate", inputs=[job.file("a.txt", lines)])
    assert sorted(job.output().splitlines()) == [b"a\t5", b"b\t10", b"c\t2"]


def test_aggregate_names_a_key_it_does_not_know(job: Job) -> None:
    with pytest.raises(CommandFailedError) as raised:
        job.run("cat", "aggregate", inputs=[job.file("a.txt", "a\t2\n")])
    assert "the key `a` does not begin with one of LongValueSum" in raised.value.details[-1]


def test_a_script_may_have_arguments_and_a_blank_in_its_path(job: Job) -> None:
    (job.root / "my scripts").mkdir()
    script = job.file("my scripts/map.py", "import sys\nprint(*sys.argv[1:], sys.stdin.read().strip())")
    inputs = [job.file("a.txt", "x\n")]
    job.run(f"'{script}' --a 'b c' | tr a-z A-Z", inputs=inputs)
    assert job.output() == b"--A B C X\n"
    job.run(script, inputs=inputs)
    assert job.output() == b"x\n" or job.output() == b" x\n"


def test_tasks_know_what_they_are(job: Job) -> None:
    path = job.file("a.txt", "1\n2\n")
    names = ["map_input_file", "mapreduce_map_input_file", "mapreduce_task_partition", "mapred_task_id"]
    names += ["mapreduce_task_attempt_id", "mapreduce_job_reduces", "a_b_c", "COLOUR", "mapreduce_job_name"]
    names += ["mapreduce_map_input_start", "mapreduce_map_input_length", "mapreduce_task_ismap"]
    echo = "cat > /dev/null; for name in " + " ".join(names) + '; do echo "${!name}"; done'
    job.run(echo, None, "-D", "a.b-c=d", "-cmdenv", "COLOUR=red", inputs=[path, path])
    attempt = "attempt_20260101T010000_0001_m_000001_0"
    assert job.files()["part-00001"].decode().splitlines() == [
        *[path, path, "1", attempt, attempt, "0", "d", "red", "words", "0", "4", "true"]
    ]


def test_a_task_finds_its_files_in_a_directory_of_its_own(job: Job) -> None:
    names = job.file("names.txt", "known\n")
    script = job.file("mapper.sh", "grep -f lookup -; ls; touch left\n")
    job.run(script, "cat", "-files", f"{names}#lookup", inputs=[job.file("a.txt", "known\nother\n")] * 2)
    assert sorted(job.output().split()) == [b"known"] * 2 + [b"lookup"] * 2 + [b"mapper.sh"] * 2
    assert list((job.directory / "tasks").iterdir()) == []


def test_what_tasks_report(job: Job) -> None:
    report = "cat; echo note >&2; echo reporter:status:half >&2; echo reporter:counter:rows,bad,2 >&2"
    job.run(report, report, inputs=[job.file("a.txt", "a\n")] * 2)
    assert job.result.counters == ("rows.bad = 6",)
    assert {"map 0: note", "map 1: note", "reduce 0: note", "map 0: status: half"} <= set(job.log)
    assert not any("reporter" in line for line in job.log)


@pytest.mark.parametrize(
    ("mapper", "reducer", "task"), [("exit 3", "cat", "map"), ("cat", "exit 3", "reduce")]
)
def test_a_failing_program_fails_the_job(job: Job, mapper: str, reducer: str, task: str) -> None:
    role = f"{task}per" if task == "map" else "reducer"
    script = {"exit 3": "echo broken >&2; exit 3"}
    with pytest.raises(CommandFailedError) as raised:
        job.run(script.get(mapper, mapper), script.get(reducer, reducer), inputs=[job.file("a.txt", "a\n")])
    assert raised.value.message == f"the {role} of {task} 0 ended with exit code 3"
    assert (raised.value.code, raised.value.details) == ("DD871", ("broken",))


def test_the_number_of_counters_is_bounded(job: Job) -> None:
    report = "for n in $(seq 200); do echo reporter:counter:words,$n,1 >&2; done"
    job.run(report, inputs=[job.file("a.txt", "a\n")])
    assert len(job.result.counters) == 120
    assert job.log[-1] == "counters over Hadoop's limit, not kept: 80 reports"


def test_a_program_ended_by_a_signal_fails_the_job(job: Job) -> None:
    with pytest.raises(CommandFailedError, match="the mapper of map 0 ended by signal SIGKILL"):
        job.run("kill -9 $$", inputs=[job.file("a.txt", "a\n")])


def test_exit_codes_can_be_let_pass(job: Job) -> None:
    job.run(
        "cat; exit 1", "cat", "-D", "stream.non.zero.exit.is.failure=false", inputs=[job.file("a.txt", "a\n")]
    )
    assert job.output() == b"a\n"
    assert "map 0: its mapper ended with exit code 1, which does not count" in job.log


def test_a_script_that_cannot_be_started_is_told_of(job: Job) -> None:
    with pytest.raises(CommandFailedError, match="the mapper of map 0 could not be started") as raised:
        job.run("/nowhere/mapper.pl", inputs=[job.file("a.txt", "a\n")])
    assert raised.value.code == "DD872"


def test_the_other_tasks_are_stopped_when_one_fails(job: Job) -> None:
    inputs = [job.file("a.txt", "a\n"), job.file("b.txt", "b\n")]
    began = time.monotonic()
    with pytest.raises(CommandFailedError, match="the mapper of map 1 ended with exit code 7"):
        job.run("if [ $mapreduce_task_partition = 0 ]; then sleep 60; else exit 7; fi", inputs=inputs)
    assert time.monotonic() - began < 10


def test_a_job_that_is_cancelled_ends_at_once(job: Job) -> None:
    threading.Timer(0.5, job.cancellation.request, ("enough",)).start()
    began = time.monotonic()
    with pytest.raises(Interrupted):
        job.run("sleep 60", "cat", inputs=[job.file("a.txt", "a\n")] * 3)
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("reduces", ["0", "1", "3"])
def test_programs_that_do_not_read_everything_are_no_failure(job: Job, reduces: str) -> None:
    path = job.file("a.txt", "some line of text\n" * 200_000)
    job.run("head -n 2", "head -n 1", "-numReduceTasks", reduces, inputs=[path])
    assert set(job.output().splitlines()) == {b"some line of text"}
    job.run("cat", "true", "-numReduceTasks", reduces, inputs=[path])
    assert job.output() == b"" or reduces == "0"


def test_a_mapper_that_writes_before_it_reads_does_not_block(job: Job) -> None:
    path = job.file("a.txt.gz", gzip.compress(b"x\n" * 500_000))
    mapper = "head -c 3000000 /dev/zero | tr '\\0' z; echo; head -c 500000 /dev/zero | tr '\\0' e >&2; cat"
    job.run(mapper, "wc -l", "-numReduceTasks", "2", inputs=[path])
    assert sum(map(int, job.output().split())) == 500_001


MEASURED = """\
import os, resource, sys
from pathlib import Path
from dataduct.engine.process import ProcessGroups
from dataduct.engine.streaming.job import run_job
from dataduct.engine.streaming.place import JobPlace
from dataduct.model.cancellation import Cancellation
from dataduct.model.operations import StreamingJob
from dataduct.model.streaming_options import parse_streaming_options

directory, source, megabytes = sys.argv[1:]
place = JobPlace(
    directory=Path(directory), processes=ProcessGroups(), cancellation=Cancellation(), environment=os.environ,
    job_id="job_1_1", workers=2, log=print, progress=print,
)
options = parse_streaming_options(["-D", f"mapreduce.task.io.sort.mb={megabytes}", "-numReduceTasks", "1"])
run_job(StreamingJob(mapper="cat", reducer="wc -l"), options, [source], "job", place)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024)
"""


def test_memory_is_bounded(job: Job) -> None:
    """The largest process of a job uses what its sort may use, not what the input would take."""
    path = job.root / "large.txt"
    with path.open("wb") as file:
        for number in range(100):
            file.write(
                b"".join(b"%08d\t%0200d\n" % (n * 7919 % 10**8, n) for n in range(number, 300_000, 100))
            )
    used = {}
    for megabytes in (2, 400):
        directory = job.root / f"measured-{megabytes}"
        directory.mkdir()
        command = [sys.executable, "-c", MEASURED, str(directory), str(path), str(megabytes)]
        told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        used[megabytes] = int(told.splitlines()[-1])
        assert (directory / "output" / "part-00000").read_bytes().split() == [b"300000"]
    size = path.stat().st_size
    assert size > 60_000_000
    assert used[400] > size
    assert used[2] < size


def test_python_2_runs_what_only_it_can_read(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    from dataduct.engine import programs

    script = job.file("mapper.py", "import sys\nfor line in sys.stdin:\n    print 'seen'\n")
    monkeypatch.setattr(programs, "_installed_python2", lambda: None)
    with pytest.raises(CommandFailedError, match=r"mapper\.py is written for Python 2 \(line 3\)") as raised:
        job.run(script, inputs=[job.file("a.txt", "a\n")])
    assert raised.value.code == "DD870"
    stand_in = Path(job.file("python2", f"#!{sys.executable}\nprint('by python 2')\n"))
    stand_in.chmod(0o755)
    monkeypatch.setattr(programs, "_installed_python2", lambda: str(stand_in))
    job.run(script, inputs=[job.file("a.txt", "a\n")])
    assert job.output() == b"by python 2\n"


def test_without_sort_the_job_is_refused(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    find: Callable[[str], str | None] = lambda name: None  # noqa: E731
    monkeypatch.setattr(streaming_job.shutil, "which", find)
    with pytest.raises(StorageError) as raised:
        job.run("cat", "cat")
    assert raised.value.code == "DD874"
