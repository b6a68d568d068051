"""The step type `emr-streaming`."""

from typing import ClassVar

from pydantic import Field

from dataduct.definition.templates import has_template
from dataduct.model.dataset import DatasetRef
from dataduct.model.operations import StreamingJob, SubmitJob
from dataduct.model.streaming_options import parse_streaming_options
from dataduct.steps.amazon import AmazonProperties
from dataduct.steps.base import Chaining, Step, Text
from dataduct.steps.commands import stem
from dataduct.steps.context import LoweringContext
from dataduct.steps.streaming_programs import streaming_program

_FILE_OPTIONS = ("-file", "-files", "-cacheFile")


class EmrStreamingProperties(AmazonProperties):
    """The programs of a streaming job, and its options."""

    mapper: Text = Field(
        description="Path of the script that reads lines and writes lines `key<tab>value`, or a command such as "
        "`cat`.",
        examples=["scripts/word_mapper.py", "cat", "cut -f 2"],
    )
    reducer: Text | None = Field(
        None,
        description="Path of the script, or the command, that reads the mappers' lines sorted by key; `aggregate` is "
        "Hadoop's own. Without one the mappers' output is the result.",
        examples=["scripts/word_reducer.py", "uniq -c", "aggregate"],
    )
    hadoop_params: list[str | int | float] = Field(
        [],
        description="Options of Hadoop streaming, in the order of its command line.",
        examples=[["-D", "mapreduce.job.reduces=4", "-combiner", "scripts/word_reducer.py"]],
    )
    output_path: str | None = Field(
        None,
        description="Path or S3 URI that the output is copied to as well.",
        examples=["s3://bucket/words/"],
    )


class EmrStreaming(Step[EmrStreamingProperties]):
    """Map, sort and reduce lines by the contract of Hadoop streaming."""

    step_type: ClassVar[str] = "emr-streaming"
    aliases: ClassVar[tuple[str, ...]] = ("hadoop-streaming",)
    summary: ClassVar[str] = "Run a mapper and a reducer of Hadoop streaming, in parallel on this machine."
    documentation: ClassVar[str] = """\
Gives the lines of its input to a mapper, sorts what it writes by key, and gives the sorted lines to a reducer. Both are
scripts or commands that read lines from the standard input and write lines to the standard output, as with Hadoop
streaming. No cluster is needed: tasks run as processes of this machine, as many at a time as it has cores, and the sort
keeps to bounded memory, whatever the size of the input.

Without `reducer`, or with `mapreduce.job.reduces=0`, what the mappers write is the result. The dataset has one file
for each reduce task (`part-00000`, `part-00001`, ...), or for each map task if there is no reducer.

- **Input.** Files of the input dataset, one map task for each; a file of more than 16 MB is cut into several at line
  ends. Names that end in `.gz`, `.bz2` and `.zst` are decompressed. Rows of an extract come as TSV: tabs, no header,
  `\\N` for NULL.
- **Key.** The text of a line up to its first tab, or all of it if it has none. Lines are sorted by the bytes of the
  key, and those of one key by the bytes that follow.
- **Reduce tasks.** All lines of a key go to one reduce task. There is one for each 32 MB of input, at most 16, unless
  `mapreduce.job.reduces` says how many.
- **Scripts.** One ending in `.py` runs with Dataduct's Python, or with `python2` if only that can read it; one ending
  in `.sh` with bash; any other must be executable. Each task has a working directory of its own, in which it finds the
  scripts and the files of `-files`.
- **Environment.** As in Hadoop: `mapreduce_map_input_file`, `mapreduce_task_partition`,
  `mapreduce_task_attempt_id`, the older names `map_input_file` and `mapred_task_id`, and every property given with
  `-D`, its dots as underscores.
- **Standard error.** Goes to the step's log. A line `reporter:counter:group,name,1` adds to a counter, whose sum is
  told at the end; `reporter:status:text` is logged.

A program that ends with an exit code other than 0 fails the step; the other tasks are stopped and nothing is published.

| option in `hadoop_params` | effect |
|---|---|
| `-D mapreduce.job.reduces=N`, `-numReduceTasks N` | number of reduce tasks |
| `-D stream.num.map.output.key.fields=N` | fields of a line that are its key |
| `-D stream.map.output.field.separator=,` | what separates fields; also `stream.reduce.input`, `stream.reduce.output` |
| `-D mapreduce.output.textoutputformat.separator=,` | what separates key and value in the result |
| `-partitioner org.apache.hadoop.mapred.lib.KeyFieldBasedPartitioner` | with `-D \
mapreduce.partition.keypartitioner.options=-k1,1`: lines with equal fields go to one reduce task |
| `-D mapreduce.job.output.key.comparator.class=org.apache.hadoop.mapred.lib.KeyFieldBasedComparator` | with `-D \
mapreduce.partition.keycomparator.options=-k2,2nr`: the order of the lines |
| `-D mapreduce.input.fileinputformat.split.maxsize=N` | bytes at which a file is cut |
| `-D mapreduce.task.io.sort.mb=N` | memory of each sort in megabytes, 64 by default |
| `-D stream.non.zero.exit.is.failure=false` | exit codes do not count |
| `-combiner PROGRAM` | reduces the output of each map task first |
| `-files PATH#NAME` | a file of the project for the tasks' working directory |
| `-cmdenv NAME=VALUE` | a variable of the environment |

The names that Hadoop 1 had for properties (`mapred.reduce.tasks`) do the same. Other properties are told in the log as
without effect; options that need a cluster are refused.

```yaml
name: word_count
frequency: one-time

steps:
-   step_type: extract-local
    path: data/words.txt

-   step_type: emr-streaming
    mapper: scripts/word_mapper.py
    reducer: scripts/word_reducer.py
    hadoop_params:
    -   -D
    -   mapreduce.job.reduces=2
```
"""
    properties: ClassVar[type[EmrStreamingProperties]] = EmrStreamingProperties
    chaining: ClassVar[Chaining] = Chaining.INPUT

    @classmethod
    def subject(cls, properties: EmrStreamingProperties) -> str | None:
        """Return the mapper's name without its ending."""
        return stem(properties.mapper.split()[0]) if properties.mapper.strip() else None

    @classmethod
    def output_nodes(cls, properties: EmrStreamingProperties, step: str) -> tuple[str, ...]:
        """Return the step's name."""
        return (step,)

    @classmethod
    def lower(cls, properties: EmrStreamingProperties, context: LoweringContext) -> SubmitJob | None:
        """Return the job over the step's inputs."""
        mapper = streaming_program(properties.mapper, context, of="mapper")
        reducer = properties.reducer
        if reducer is not None and reducer != "NONE":
            reducer = streaming_program(reducer, context, of="reducer")
        options = _options(properties, context)
        if not context.inputs:
            context.report(
                "DD284",
                f"`{context.step}` has no dataset whose lines it could map",
                expected="`input_node` with the name of an earlier step that writes a dataset, or `input_path`",
            )
        missing = mapper is None or options is None or (reducer is None and properties.reducer is not None)
        if missing or not context.inputs:
            return None
        assert mapper is not None and options is not None
        if properties.reducer == "NONE":
            reducer, options = None, (*options, "-D", "mapreduce.job.reduces=0")
        return SubmitJob(
            job=StreamingJob(mapper=mapper, reducer=reducer, options=options),
            inputs=tuple(dict.fromkeys(dataset for dataset, _ in context.inputs)),
            output=DatasetRef(context.step, context.step),
        )


def _options(properties: EmrStreamingProperties, context: LoweringContext) -> tuple[str, ...] | None:
    """Return the options with the project's files found; None after reporting a problem."""
    written = [context.with_base_path(str(word), of="hadoop_params") for word in properties.hadoop_params]
    if any(map(has_template, written)):
        return tuple(written)
    try:
        parsed = parse_streaming_options(written)
    except ValueError as error:
        context.report("DD281", str(error), of="hadoop_params")
        return None
    replaced: dict[str, str] = {}
    if parsed.combiner is not None:
        combiner = streaming_program(parsed.combiner, context, of="hadoop_params")
        if combiner is None:
            return None
        replaced[parsed.combiner] = combiner
    for file in parsed.files:
        path, mark, name = file.partition("#")
        found = context.file(path, of="hadoop_params")
        if found is None:
            return None
        replaced[file] = f"{found}{mark}{name or ''}"
    return tuple(_replaced(written, replaced))


def _replaced(words: list[str], replaced: dict[str, str]) -> list[str]:
    """Return the options with programs and files put in place of the names written for them."""
    result: list[str] = []
    for word in words:
        option, *value = word.split(maxsplit=1) if word.startswith("-") else [word]
        if value and option in (*_FILE_OPTIONS, "-combiner"):
            result.append(option)
            word = value[0]
        previous = result[-1] if result else ""
        if previous in _FILE_OPTIONS:
            word = ",".join(replaced[file] for file in word.split(","))
        elif previous == "-combiner":
            word = replaced[word]
        result.append(word)
    return result
