"""Where a difference applies: each function gives the places of a pipeline or of the settings that it changes."""

import re
from collections.abc import Iterator, Mapping, Sequence

from dataduct.definition.tree import MappingNode, ScalarNode, scalars
from dataduct.migration.facts import PipelineFacts, SettingsFacts, is_empty
from dataduct.model.operations import LoadTable, RunSql, tables_written
from dataduct.model.position import Position
from dataduct.plan.plan import PlanStep

_SECTIONS = (
    "etl", "ec2", "emr", "redshift", "mysql", "postgres", "logging", "database", "bootstrap", "teardown",
    "custom_steps",
)  # fmt: skip
_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d")
_ALIAS = re.compile(r"(?<=[\s:\[,-])\*\w+")
_QUOTED_MARK = re.compile(r"'[^'\n]*(?:--|/\*|;)[^'\n]*'")
_TRANSACTION_COLUMN = re.compile(r"(?:[,(.]\s*|\bselect\s+)\"?(?:begin|commit)\b", re.IGNORECASE)
_OCTAL = re.compile(r"0[0-7]+")
_CHAINING = (
    "transform", "create-load-redshift", "load-redshift", "load-postgres", "load-reload-pk", "emr-step",
    "emr-streaming", "create-update-sql", "upsert", "reload", "delta-load",
)  # fmt: skip
"""Step types that waited for the step before them."""
_BREAKING = (
    "sql-command", "emr-step", "load-reload-pk", "pipeline-dependencies", "load-redshift", "load-postgres",
)  # fmt: skip
"""Step types that the next step did not wait for."""
_COMMANDS = ("command", "mapper", "reducer", "step_string")
_PLAIN_TYPES = re.compile(
    r"SMALLINT|INTEGER|BIGINT|DECIMAL|REAL|DOUBLE PRECISION|BOOLEAN|CHAR|VARCHAR|DATE|TIMESTAMP"
)


def overlapping_modes(settings: SettingsFacts) -> Iterator[Position]:
    """Yield the modes that change a part of a host or another nested value."""
    for name, mode in settings.tree.entries.items():
        if name in _SECTIONS or not isinstance(mode, MappingNode):
            continue
        for section, changes in mode.entries.items():
            base = settings.tree.entries.get(section)
            if not isinstance(changes, MappingNode) or not isinstance(base, MappingNode):
                continue
            shared = changes.entries.keys() & base.entries.keys()
            if any(isinstance(changes.entries[key], MappingNode) for key in shared):
                yield changes.position


def dotted_base_path(settings: SettingsFacts) -> Iterator[Position]:
    """Yield S3_BASE_PATH if it holds a dot."""
    for key, node in settings.entries("etl"):
        if key == "S3_BASE_PATH" and isinstance(node, ScalarNode) and "." in node.text:
            yield node.position


def home_paths(settings: SettingsFacts) -> Iterator[Position]:
    """Yield the paths that begin with `~`."""
    for key, node in settings.entries("etl"):
        if key.endswith("_PATH") and isinstance(node, ScalarNode) and node.text.startswith("~"):
            yield node.position


def unknown_regions(settings: SettingsFacts) -> Iterator[Position]:
    """Yield what is no name of a region."""
    for section in ("etl", "postgres"):
        for key, node in settings.entries(section):
            if key == "REGION" and isinstance(node, ScalarNode) and not _REGION.fullmatch(node.text):
                yield node.position


def passwords(settings: SettingsFacts) -> Iterator[Position]:
    """Yield the passwords that are written out."""
    for section in ("redshift", "postgres", "mysql"):
        for key, node in settings.entries(section):
            if key == "PASSWORD" and not is_empty(node):
                yield node.position
            elif isinstance(node, MappingNode):
                for name, value in node.entries.items():
                    if name.upper() == "PASSWORD" and not is_empty(value):
                        yield value.position


def table_edges(pipeline: PipelineFacts) -> Iterator[Position]:
    """Yield the steps that wait for the writer of a table, where the first Dataduct did not make them wait for it."""
    steps = pipeline.plan.steps if pipeline.plan is not None else ()
    waits = {step.name: _waits_of_original(step, steps) for step in steps}
    for step in steps:
        writers = [edge.step for edge in step.depends_on if edge.reason == "table"]
        if step.position and not set(writers) <= _reached(step.name, waits):
            yield step.position


def chained_edges(pipeline: PipelineFacts) -> Iterator[Position]:
    """Yield the steps that wait for the step before them, though it broke the chain of the first Dataduct."""
    steps = pipeline.plan.steps if pipeline.plan is not None else ()
    types = {step.name: step.step_type for step in steps}
    breaking = {
        step.name
        for step in steps
        if step.step_type in _BREAKING or (step.parent is not None and step.parent not in types)
    }
    for step in steps:
        chained = {edge.step for edge in step.depends_on if edge.reason == "chain"}
        if step.position and chained & breaking:
            yield step.position


def _waits_of_original(step: PlanStep, steps: Sequence[PlanStep]) -> set[str]:
    """Return the steps that it waited for: those it names or reads, its own parts, and by chaining the one before."""
    before = [other for other in steps if other.position and step.position and other.position < step.position]
    previous = max(before, key=lambda other: other.position or Position(""), default=None)
    waits = {edge.step for edge in step.depends_on if edge.reason != "table"}
    waits |= {
        other.name for other in steps if step.parent and other.parent == step.parent and other is not step
    }
    if previous and step.step_type in _CHAINING and previous.step_type not in _BREAKING:
        waits.add(previous.name)
    return waits


def _reached(name: str, waits: Mapping[str, set[str]]) -> set[str]:
    reached: set[str] = set()
    todo = [name]
    while todo:
        for other in waits.get(todo.pop(), set()) - reached:
            reached.add(other)
            todo.append(other)
    return reached


def odd_load_times(pipeline: PipelineFacts) -> Iterator[Position]:
    """Yield a load_time that is no time of day."""
    node = pipeline.definition.header.entries.get("load_time")
    if isinstance(node, ScalarNode) and node.value is not None and ":" not in node.text:
        yield node.position


def odd_arguments(pipeline: PipelineFacts) -> Iterator[Position]:
    """Yield the arguments that YAML does not take as the text they look like."""
    for node in pipeline.values("script_arguments"):
        for scalar in scalars(node):
            if scalar.quoted:
                continue
            if scalar.value is None or isinstance(scalar.value, bool) or _OCTAL.fullmatch(scalar.text):
                yield scalar.position


def aliases(pipeline: PipelineFacts) -> Iterator[Position]:
    """Yield where a list of arguments is given by an alias."""
    for number, text in enumerate(pipeline.definition.text.splitlines(), start=1):
        found = _ALIAS.search(text.partition("#")[0]) if "script_arguments" in text else None
        if found:
            yield Position(pipeline.definition.file, number, found.start() + 1, found.end() + 1)


def retries(pipeline: PipelineFacts) -> Iterator[Position]:
    """Yield where retries are asked for."""
    yield from pipeline.header("max_retries")
    yield from pipeline.written("max_retries")


def cluster_steps(pipeline: PipelineFacts) -> Iterator[Position]:
    """Yield the steps that ran on a cluster."""
    yield from pipeline.places_of("emr-streaming")
    yield from pipeline.written("resource_type")


def doubled_backslashes(pipeline: PipelineFacts) -> Iterator[Position]:
    """Yield the commands that hold two backslashes in a row."""
    for node in pipeline.values(*_COMMANDS, "script_arguments"):
        for scalar in scalars(node):
            if isinstance(scalar.value, str) and "\\\\" in scalar.value:
                yield scalar.position


def single_output_nodes(pipeline: PipelineFacts) -> Iterator[Position]:
    """Yield the output_node that is one text."""
    return (node.position for node in pipeline.values("output_node") if isinstance(node, ScalarNode))


def mapped_inputs(pipeline: PipelineFacts) -> Iterator[Position]:
    """Yield the input_node that is a mapping, where a file of S3 is extracted."""
    if any(pipeline.written("file_uri", types=("extract-s3",))):
        for node in pipeline.values("input_node"):
            if isinstance(node, MappingNode):
                yield node.position


def loads(pipeline: PipelineFacts) -> Iterator[Position]:
    """Yield the steps that write a table."""
    for step, operation in pipeline.planned(LoadTable, RunSql):
        if step.position and tables_written(operation):
            yield step.position


def custom_steps(pipeline: PipelineFacts) -> Iterator[Position]:
    """Yield the steps whose type the settings' `custom_steps` define."""
    node = pipeline.settings.tree.entries.get("custom_steps")
    known = {scalar.text for scalar in scalars(node)} if node is not None else set()
    return (step.position for step in pipeline.steps if step.step_type in known)


def arguments_with(pipeline: PipelineFacts, beginning: str) -> Iterator[Position]:
    """Yield the arguments that begin like that."""
    for node in pipeline.values("script_arguments"):
        for scalar in scalars(node):
            if scalar.text.startswith(beginning):
                yield scalar.position


def quoted_marks(pipeline: PipelineFacts) -> Iterator[Position]:
    """Yield the steps whose SQL quotes what begins a comment or ends a statement."""
    return (place for text, place in pipeline.scripts() if _QUOTED_MARK.search(text))


def transaction_words(pipeline: PipelineFacts) -> Iterator[Position]:
    """Yield the steps whose SQL names a column begin or commit."""
    return (place for text, place in pipeline.scripts() if _TRANSACTION_COLUMN.search(text))


def rich_definitions(pipeline: PipelineFacts) -> Iterator[Position]:
    """Yield the steps with table definitions that the original did not read whole."""
    for table, place in pipeline.tables():
        if (
            table.checks
            or table.sort_style in ("COMPOUND", "INTERLEAVED")
            or any(column.default is not None for column in table.columns)
            or any(not _PLAIN_TYPES.fullmatch(column.type.name) for column in table.columns)
        ):
            yield place


def unique_columns(pipeline: PipelineFacts) -> Iterator[Position]:
    """Yield the steps with tables that have UNIQUE columns."""
    for table, place in pipeline.tables():
        if table.unique or any(column.unique for column in table.columns):
            yield place


def tables_without_schema(pipeline: PipelineFacts) -> Iterator[Position]:
    """Yield the steps with tables without a schema."""
    return (place for table, place in pipeline.tables() if table.name.schema is None)


def warning_topics(pipeline: PipelineFacts) -> Iterator[Position]:
    """Yield the checks that only warned."""
    yield from pipeline.written("sns_topic_arn")
    if any(pipeline.settings.written("etl", "SNS_TOPIC_ARN_WARNING")):
        yield from pipeline.places_of("primary-key-check", "count-check", "column-check", "qa-transform")
