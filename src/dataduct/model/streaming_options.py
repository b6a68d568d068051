"""The options of a Hadoop streaming job, read from the command line that they are written as."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from dataduct.model.nearest import did_you_mean

SORT_MEGABYTES = 64
SPLIT_BYTES = 16 * 1024 * 1024

_RENAMED = {
    "mapred.reduce.tasks": "mapreduce.job.reduces",
    "mapred.max.split.size": "mapreduce.input.fileinputformat.split.maxsize",
    "mapred.textoutputformat.separator": "mapreduce.output.textoutputformat.separator",
    "mapred.text.key.partitioner.options": "mapreduce.partition.keypartitioner.options",
    "mapred.text.key.comparator.options": "mapreduce.partition.keycomparator.options",
    "mapred.output.key.comparator.class": "mapreduce.job.output.key.comparator.class",
    "mapred.partitioner.class": "mapreduce.job.partitioner.class",
    "map.output.key.field.separator": "mapreduce.map.output.key.field.separator",
    "io.sort.mb": "mapreduce.task.io.sort.mb",
}
"""Properties of Hadoop 1 and what they are called since."""

_FLAGS = frozenset({"-verbose", "-lazyOutput", "-background", "-debug", "-info"})
_OWN = {"-mapper": "mapper", "-reducer": "reducer", "-input": "input_node", "-output": "output_path"}
_NEEDS_CLUSTER = frozenset({"-libjars", "-archives", "-cacheArchive"})
_WITHOUT_EFFECT = frozenset(
    {"-mapdebug", "-reducedebug", "-dfs", "-jt", "-fs", "-conf", "-additionalconfspec"}
)
_FORMATS = {
    "-inputformat": ("TextInputFormat", "KeyValueTextInputFormat"),
    "-outputformat": ("TextOutputFormat",),
    "-io": ("text",),
    "-inputreader": (),
}
_WITH_VALUE = frozenset(
    {
        "-D",
        "-jobconf",
        "-numReduceTasks",
        "-combiner",
        "-partitioner",
        "-cmdenv",
        "-file",
        "-files",
        "-cacheFile",
    }
)
_KNOWN = frozenset({*_FLAGS, *_OWN, *_NEEDS_CLUSTER, *_WITHOUT_EFFECT, *_FORMATS, *_WITH_VALUE})

_SORT_KEY = re.compile(r"-k\d+(\.\d+)?[nr]*(,\d+(\.\d+)?[nr]*)?|-[nr]{1,2}")
_PARTITION_KEY = re.compile(r"-k(\d+)(?:,(\d+))?")
_JAVA_CLASS = re.compile(r"(?:[a-z]\w*\.){2,}[A-Z]\w*")
_FIRST_BYTE_OF_SEVERAL = 0x80


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamingOptions:
    """What the options of a streaming job say.

    Attributes:
        properties: Every property given with `-D` or `-jobconf`, as written.
        reduces: Number of reduce tasks; None leaves it to the size of the input.
        combiner: Program that reduces the output of each map task, or None.
        files: Files that each task finds in its working directory: a path, or `path#name`.
        environment: Variables for the tasks (`-cmdenv`).
        map_separator: Byte after which a field of a mapper's output ends.
        map_key_fields: Fields at the beginning of a mapper's line that are its key.
        reduce_input_separator: Byte put between key and value for the reducer.
        reduce_separator: Byte after which a field of a reducer's output ends.
        reduce_key_fields: Fields at the beginning of a reducer's line that are its key.
        output_separator: Byte put between key and value of the result.
        partition_fields: First and last field, from 1, by which lines are given to reduce tasks; None means the key.
        sort_keys: Keys of the order in the syntax of `sort`; empty means the bytes of the key.
        sort_megabytes: Memory of each sort.
        split_bytes: Size at which a file is cut into map tasks.
        exit_code_counts: Whether a task with a non-zero exit code has failed.
        without_effect: Options that mean nothing on one machine.
    """

    properties: Mapping[str, str] = field(default_factory=dict)
    reduces: int | None = None
    combiner: str | None = None
    files: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    map_separator: str = "\t"
    map_key_fields: int = 1
    reduce_input_separator: str = "\t"
    reduce_separator: str = "\t"
    reduce_key_fields: int = 1
    output_separator: str = "\t"
    partition_fields: tuple[int, int | None] | None = None
    sort_keys: tuple[str, ...] = ()
    sort_megabytes: int = SORT_MEGABYTES
    split_bytes: int = SPLIT_BYTES
    exit_code_counts: bool = True
    without_effect: tuple[str, ...] = ()


def is_java_class(program: str) -> bool:
    """Return whether `program` is the full name of a Java class (`org.apache.hadoop.mapred.lib.IdentityMapper`)."""
    return _JAVA_CLASS.fullmatch(program) is not None


def parse_streaming_options(words: Iterable[str]) -> StreamingOptions:
    """Return what the options say; one word may hold an option and its value (`-D name=value`).

    Raises:
        ValueError: An option is unknown, has no valid value or needs a cluster; the message is for users.
    """
    properties: dict[str, str] = {}
    environment: dict[str, str] = {}
    files: list[str] = []
    ignored: list[str] = []
    combiner = None
    for option, value in _pairs(words):
        match option:
            case "-D" | "-jobconf":
                name, text = _assignment(option, value)
                properties[name] = text
            case "-numReduceTasks":
                properties["mapreduce.job.reduces"] = value
            case "-partitioner":
                properties["mapreduce.job.partitioner.class"] = value
            case "-combiner":
                combiner = value
            case "-cmdenv":
                name, text = _assignment(option, value)
                environment[name] = text
            case "-file" | "-files" | "-cacheFile":
                files += value.split(",")
            case _:
                ignored.append(f"{option} {value}".strip())
    if combiner is not None and is_java_class(combiner):
        raise ValueError(f"the combiner {combiner} is a Java class, which runs on a cluster only")
    return _from_properties(properties, environment, tuple(files), combiner, ignored)


def _pairs(words: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield each option with its value, an empty text for a flag, after a look at whether it can be honoured."""
    rest = iter([part for word in words for part in _parts(word)])
    for option in rest:
        if option not in _KNOWN:
            hint = did_you_mean(option, _KNOWN) if option.startswith("-") else "write `-D` before a property"
            raise ValueError(f"`{option}` is no option of Hadoop streaming" + (f"; {hint}" if hint else ""))
        if option in _OWN:
            raise ValueError(f"`{option}` is what the property `{_OWN[option]}` says")
        if option in _NEEDS_CLUSTER:
            raise ValueError(f"`{option}` needs a cluster; name files with `-files`")
        if option in _FLAGS:
            yield option, ""
            continue
        value = next(rest, None)
        if value is None:
            raise ValueError(f"`{option}` has no value after it")
        if option in _FORMATS and value.rpartition(".")[2] not in _FORMATS[option]:
            raise ValueError(
                f"`{option} {value}` needs a cluster; a job on this machine reads and writes lines"
            )
        yield option, value


def _parts(word: str) -> list[str]:
    """Return an option and its value where one word holds both, else the word alone."""
    if word.startswith("-D") and len(word) > len("-D") and not word[2].isspace():
        return ["-D", word[2:]]
    option, *value = word.split(maxsplit=1) if word.startswith("-") else [word]
    return [option, *value] if option in _KNOWN else [word]


def _assignment(option: str, value: str) -> tuple[str, str]:
    name, found, text = value.partition("=")
    if not found or not name.strip():
        raise ValueError(f"`{option} {value}` is not of the form `{option} name=value`")
    return name.strip(), text


def _from_properties(
    properties: Mapping[str, str],
    environment: Mapping[str, str],
    files: tuple[str, ...],
    combiner: str | None,
    ignored: list[str],
) -> StreamingOptions:
    named = _Properties(properties)
    by_fields = named.class_name(
        "mapreduce.job.partitioner.class", ("HashPartitioner", "KeyFieldBasedPartitioner")
    ).endswith("KeyFieldBasedPartitioner")
    by_keys = named.class_name("mapreduce.job.output.key.comparator.class", ("KeyFieldBasedComparator",))
    separator = named.byte("stream.map.output.field.separator", "\t")
    key_separator = named.byte("mapreduce.map.output.key.field.separator", separator)
    if (by_fields or by_keys) and key_separator != separator:
        raise ValueError(
            "`mapreduce.map.output.key.field.separator` and `stream.map.output.field.separator` differ, "
            "which a job on this machine does not support"
        )
    fields = named.number("stream.num.map.output.key.fields", 1)
    return StreamingOptions(
        properties=properties,
        reduces=named.optional_number("mapreduce.job.reduces"),
        combiner=combiner,
        files=files,
        environment=environment,
        map_separator=separator,
        map_key_fields=fields,
        reduce_input_separator=named.byte("stream.reduce.input.field.separator", "\t"),
        reduce_separator=named.byte("stream.reduce.output.field.separator", "\t"),
        reduce_key_fields=named.number("stream.num.reduce.output.key.fields", 1),
        output_separator=named.byte("mapreduce.output.textoutputformat.separator", "\t"),
        partition_fields=named.partition_fields() if by_fields else None,
        sort_keys=named.sort_keys(fields) if by_keys else (),
        sort_megabytes=named.number("mapreduce.task.io.sort.mb", SORT_MEGABYTES),
        split_bytes=named.number("mapreduce.input.fileinputformat.split.maxsize", SPLIT_BYTES),
        exit_code_counts=named.flag("stream.non.zero.exit.is.failure", default=True),
        without_effect=(*ignored, *named.left()),
    )


class _Properties:
    """Properties by their present names; remembers which were asked for.

    Args:
        written: The properties under any of their names. Where two names of one stand, the later one counts.
    """

    def __init__(self, written: Mapping[str, str]) -> None:
        self._names = {_RENAMED.get(name, name): name for name in written}
        self._values = {_RENAMED.get(name, name): value for name, value in written.items()}
        self._used: set[str] = set()

    def left(self) -> tuple[str, ...]:
        """Return the properties that nobody asked for, as `-D name=value`."""
        return tuple(
            f"-D {self._names[name]}={value}"
            for name, value in self._values.items()
            if name not in self._used
        )

    def text(self, name: str) -> str | None:
        """Return the value of a property, or None."""
        self._used.add(name)
        return self._values.get(name)

    def optional_number(self, name: str) -> int | None:
        """Return a whole number from 0, or None. Raises ValueError."""
        value = self.text(name)
        if value is None:
            return None
        if not value.strip().isdecimal():
            raise ValueError(f"`{self._names[name]}` is `{value}`, not a whole number")
        return int(value)

    def number(self, name: str, default: int) -> int:
        """Return a whole number from 1. Raises ValueError."""
        value = self.optional_number(name)
        if value == 0:
            raise ValueError(f"`{self._names[name]}` is 0, and at least 1 is needed")
        return default if value is None else value

    def flag(self, name: str, *, default: bool) -> bool:
        """Return a truth value. Raises ValueError."""
        value = self.text(name)
        if value is None:
            return default
        if value.strip() not in ("true", "false"):
            raise ValueError(f"`{self._names[name]}` is `{value}`, not `true` or `false`")
        return value.strip() == "true"

    def byte(self, name: str, default: str) -> str:
        r"""Return a separator of one byte; `\t` stands for a tab. Raises ValueError."""
        value = (self.text(name) or default).replace("\\t", "\t")
        if len(value) != 1 or ord(value) >= _FIRST_BYTE_OF_SEVERAL or value == "\n":
            raise ValueError(f"`{self._names[name]}` is `{value}`, not one ASCII character")
        return value

    def class_name(self, name: str, known: tuple[str, ...]) -> str:
        """Return the name of a Java class that this machine has an equal of, or an empty text. Raises ValueError."""
        value = (self.text(name) or "").strip()
        if value and value.rpartition(".")[2] not in known:
            raise ValueError(
                f"the class {value} runs on a cluster only; a job on this machine knows {' and '.join(known)}"
            )
        return value

    def partition_fields(self) -> tuple[int, int | None] | None:
        """Return the fields that KeyFieldBasedPartitioner is told to use. Raises ValueError."""
        count = self.number("num.key.fields.for.partition", 0)
        options = self.text("mapreduce.partition.keypartitioner.options")
        if options is None:
            return (1, count) if count else None
        match = _PARTITION_KEY.fullmatch(options.strip())
        if match is None or match[1] == "0":
            raise ValueError(
                f"the partitioner's options `{options}` are not of the form `-k1` or `-k1,2`, "
                "which is what a job on this machine knows"
            )
        return int(match[1]), int(match[2]) if match[2] else None

    def sort_keys(self, key_fields: int) -> tuple[str, ...]:
        """Return the keys that KeyFieldBasedComparator is told to sort by, each within the key. Raises ValueError."""
        options = (self.text("mapreduce.partition.keycomparator.options") or "").split()
        for option in options:
            if not _SORT_KEY.fullmatch(option):
                raise ValueError(f"`{option}` is no key of the form `-k1,2nr` for KeyFieldBasedComparator")
        keys = [
            option if "," in option or not option.startswith("-k") else _closed(option, key_fields)
            for option in options
        ]
        return tuple(keys)


def _closed(key: str, fields: int) -> str:
    """Return a sort key that has no last field with the last one of the key: `-k2nr` is `-k2,3nr`."""
    bare = key.rstrip("nr")
    return f"{bare},{fields}{key[len(bare) :]}"
