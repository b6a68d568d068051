"""The options of Hadoop streaming."""

import pytest

from dataduct.model.streaming_options import StreamingOptions, is_java_class, parse_streaming_options


def test_no_option_leaves_the_defaults() -> None:
    assert parse_streaming_options([]) == StreamingOptions()


@pytest.mark.parametrize(
    "words",
    [
        ["-D", "mapreduce.job.reduces=4"],
        ["-D mapreduce.job.reduces=4"],
        ["-Dmapreduce.job.reduces=4"],
        ["-jobconf", "mapred.reduce.tasks=4"],
        ["-numReduceTasks", "4"],
        ["-verbose", "-numReduceTasks 4"],
    ],
)
def test_the_ways_to_write_the_number_of_reduce_tasks(words: list[str]) -> None:
    assert parse_streaming_options(words).reduces == 4


def test_the_last_of_two_names_of_a_property_counts() -> None:
    words = ["-D", "mapreduce.job.reduces=4", "-D", "mapred.reduce.tasks=5"]
    assert parse_streaming_options(words).reduces == 5


def test_separators_and_fields() -> None:
    options = parse_streaming_options(
        [
            *("-D", "stream.map.output.field.separator=\\t", "-D", "stream.num.map.output.key.fields=3"),
            *("-D", "stream.reduce.output.field.separator=,", "-D", "stream.num.reduce.output.key.fields=2"),
        ]
    )
    assert (options.map_separator, options.map_key_fields) == ("\t", 3)
    assert (options.reduce_separator, options.reduce_key_fields) == (",", 2)


def test_partitioning_by_fields_needs_the_partitioner() -> None:
    fields = ["-D", "mapred.text.key.partitioner.options=-k1,2"]
    assert parse_streaming_options(fields).partition_fields is None
    assert parse_streaming_options(fields).without_effect == ("-D mapred.text.key.partitioner.options=-k1,2",)
    by_fields = [*fields, "-partitioner", "org.apache.hadoop.mapred.lib.KeyFieldBasedPartitioner"]
    assert parse_streaming_options(by_fields).partition_fields == (1, 2)


def test_a_sort_key_ends_with_the_key() -> None:
    options = parse_streaming_options(
        [
            *("-D", "stream.num.map.output.key.fields=3"),
            *("-D", "mapred.output.key.comparator.class=a.b.KeyFieldBasedComparator"),
            *("-D", "mapred.text.key.comparator.options=-k2nr -k1,1"),
        ]
    )
    assert options.sort_keys == ("-k2,3nr", "-k1,1")


def test_other_properties_are_told_as_without_effect() -> None:
    options = parse_streaming_options(["-D", "mapreduce.map.memory.mb=2048", "-mapdebug", "debug.sh"])
    assert options.without_effect == ("-mapdebug debug.sh", "-D mapreduce.map.memory.mb=2048")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["-reduces", "4"], "`-reduces` is no option of Hadoop streaming; did you mean `-reducer`?"),
        (["mapred.reduce.tasks=4"], "is no option of Hadoop streaming; write `-D` before a property"),
        (["-numReduceTasks"], "`-numReduceTasks` has no value after it"),
        (["-numReduceTasks", "many"], "`mapreduce.job.reduces` is `many`, not a whole number"),
        (["-D", "mapred.reduce.tasks=-1"], "`mapred.reduce.tasks` is `-1`, not a whole number"),
        (["-D", "reduces"], "`-D reduces` is not of the form `-D name=value`"),
        (["-mapper", "cat"], "`-mapper` is what the property `mapper` says"),
        (["-libjars", "x.jar"], "`-libjars` needs a cluster"),
        (["-inputformat", "a.SequenceFileInputFormat"], "needs a cluster; a job on this machine reads"),
        (["-partitioner", "a.b.TotalOrderPartitioner"], "runs on a cluster only"),
        (["-combiner", "org.apache.hadoop.mapred.lib.LongSumReducer"], "is a Java class"),
        (["-D", "stream.map.output.field.separator=::"], "is `::`, not one ASCII character"),
        (["-D", "stream.num.map.output.key.fields=0"], "is 0, and at least 1 is needed"),
        (["-D", "stream.non.zero.exit.is.failure=no"], "is `no`, not `true` or `false`"),
    ],
)
def test_what_cannot_be_honoured_is_refused(words: list[str], message: str) -> None:
    with pytest.raises(ValueError) as raised:
        parse_streaming_options(words)
    assert message in str(raised.value)


def test_java_classes() -> None:
    assert is_java_class("org.apache.hadoop.mapred.lib.IdentityMapper")
    assert not is_java_class("scripts/word.mapper.py")
    assert not is_java_class("word.mapper.py")
