"""Streaming jobs from the command line, and jobs that need a cluster."""

import os
import signal
import time

import pytest

COUNT = """\
name: words
frequency: daily
steps:
  - {step_type: extract-local, name: text, path: "data/*.txt"}
  - step_type: hadoop-streaming
    name: words
    mapper: tr ' ' '\\n'
    reducer: uniq -c
    output_path: shared/
    hadoop_params: [-D, "mapreduce.job.reduces={{ var.reduces }}"]
variables: {reduces: 1}
"""
CLUSTER = """\
name: cluster
frequency: daily
emr_cluster_config: {num_instances: 1}
steps:
  - {step_type: emr-step, name: clean, step_string: "s3://bucket/clean.jar,--all"}
"""
ENDLESS = """\
name: endless
frequency: daily
steps:
  - step_type: emr-streaming
    mapper: echo $$ > $DATADUCT_PROJECT_DIRECTORY/started; sleep 99
    input_path: data/a.txt
"""


@pytest.fixture
def words(empty):
    empty.write(
        {"data/a.txt": "to be or not\nto be\n", "data/b.txt": "be quick", "pipelines/words.yaml": COUNT}
    )
    return empty


@pytest.mark.parametrize("reduces", [1, 3])
def test_word_count_with_commands(words, reduces):
    (words.root / "shared").mkdir()
    ended = words("run", "pipelines/words.yaml", "--var", f"reduces={reduces}")
    assert ended.exit_code == 0, ended.text
    parts = words.files("words")
    assert list(parts) == [f"part-{number:05}" for number in range(reduces)]
    counts = dict(reversed(line.split()) for part in parts.values() for line in part.splitlines())
    assert counts == {"be": "3", "not": "1", "or": "1", "quick": "1", "to": "2"}
    copied = {path.name: path.read_text() for path in (words.root / "shared").rglob("part-*")}
    assert copied == parts


def test_a_job_for_a_cluster_is_refused(empty):
    empty.write({"pipelines/cluster.yaml": CLUSTER})
    checked = empty("validate", "pipelines/cluster.yaml")
    assert checked.exit_code == 2
    assert "error[DD280]: `clean` submits a job to an EMR cluster, and this engine has none" in checked.text
    assert "--> pipelines/cluster.yaml:5:5" in checked.text
    assert "use `emr-streaming` for a mapper" in checked.text
    assert empty("run", "pipelines/cluster.yaml").exit_code == 2


def test_an_interrupted_job_leaves_no_process(words):
    words.write({"pipelines/endless.yaml": ENDLESS})
    begun = words.begin("run", "pipelines/endless.yaml")
    started = words.root / "started"
    deadline = time.monotonic() + 60
    while not (started.exists() and started.read_text().strip()) and time.monotonic() < deadline:
        time.sleep(0.05)
    mapper = int(started.read_text())
    begun.send_signal(signal.SIGINT)
    begun.communicate(timeout=60)
    assert begun.returncode == 130
    with pytest.raises(ProcessLookupError):
        os.kill(mapper, 0)
