"""What a task is told of itself, in the environment variables of Hadoop streaming."""

import re
from collections.abc import Mapping

from dataduct.engine.streaming.splits import Split
from dataduct.model.streaming_options import StreamingOptions

_HADOOP_1 = {
    "mapreduce.job.id": "mapred.job.id",
    "mapreduce.job.name": "mapred.job.name",
    "mapreduce.job.maps": "mapred.map.tasks",
    "mapreduce.job.reduces": "mapred.reduce.tasks",
    "mapreduce.task.id": "mapred.tip.id",
    "mapreduce.task.attempt.id": "mapred.task.id",
    "mapreduce.task.partition": "mapred.task.partition",
    "mapreduce.task.ismap": "mapred.task.is.map",
    "mapreduce.map.input.file": "map.input.file",
    "mapreduce.map.input.start": "map.input.start",
    "mapreduce.map.input.length": "map.input.length",
}
"""Properties that tasks look for, and what they were called before Hadoop 2."""


def job_variables(
    options: StreamingOptions, *, job_id: str, name: str, maps: int, reduces: int
) -> dict[str, str]:
    """Return the variables that all tasks of a job have."""
    properties = {
        **options.properties,
        "mapreduce.job.id": job_id,
        "mapreduce.job.maps": str(maps),
        "mapreduce.job.reduces": str(reduces),
    }
    properties.setdefault("mapreduce.job.name", options.properties.get("mapred.job.name", name))
    return {**_variables(properties), **options.environment}


def map_variables(job_id: str, number: int, split: Split) -> dict[str, str]:
    """Return the variables of one map task."""
    return _variables(
        {
            **_task(job_id, "m", number),
            "mapreduce.map.input.file": split.path,
            "mapreduce.map.input.start": str(split.start),
            "mapreduce.map.input.length": str(-1 if split.length is None else split.length),
        }
    )


def reduce_variables(job_id: str, number: int) -> dict[str, str]:
    """Return the variables of one reduce task."""
    return _variables(_task(job_id, "r", number))


def _task(job_id: str, kind: str, number: int) -> dict[str, str]:
    task = f"{job_id.removeprefix('job_')}_{kind}_{number:06}"
    return {
        "mapreduce.task.id": f"task_{task}",
        "mapreduce.task.attempt.id": f"attempt_{task}_0",
        "mapreduce.task.partition": str(number),
        "mapreduce.task.ismap": "true" if kind == "m" else "false",
    }


def _variables(properties: Mapping[str, str]) -> dict[str, str]:
    older = {_HADOOP_1[name]: value for name, value in properties.items() if name in _HADOOP_1}
    return {re.sub(r"[^A-Za-z0-9]", "_", name): value for name, value in {**older, **properties}.items()}
