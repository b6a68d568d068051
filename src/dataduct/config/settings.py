"""What `dataduct.yml` may hold, with a description of every setting. Everything has a default."""

from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, WithJsonSchema

from dataduct.config.aws_data_pipeline import AwsDataPipelineSettings
from dataduct.config.original_keys import ORIGINAL_KEYS, ORIGINAL_SYSTEM_KEYS
from dataduct.config.section import Section
from dataduct.definition.durations import parse_duration
from dataduct.definition.header import parse_frequency, parse_load_time
from dataduct.definition.properties import PropertyError
from dataduct.model.schedule import FREQUENCIES

DEFAULT_WAREHOUSE: dict[str, Any] = {"type": "duckdb", "path": "warehouse.duckdb"}
DEFAULT_STORAGE: dict[str, Any] = {"type": "local"}

_DURATION = "a number and a unit, such as `5 minutes`"


def _seconds(value: object) -> float:
    if not isinstance(value, bool) and isinstance(value, str | int | float):
        try:
            return parse_duration(str(value))
        except ValueError as error:
            raise PropertyError(None, str(error), code="DD617", expected=_DURATION) from None
    raise PropertyError(None, "this is no duration", code="DD617", expected=_DURATION)


def _text_or_number(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise PropertyError(
            None,
            "a variable is neither text nor a number",
            "put quotes around the value to make it text",
            code="DD618",
            expected="text or a number",
        )
    return value


def _load_time(value: str) -> str:
    parse_load_time(value)
    return value


def _one_or_many(value: object) -> object:
    return (value,) if isinstance(value, str) else value


def _typed(options: dict[str, Any]) -> dict[str, Any]:
    if "type" not in options:
        raise PropertyError(
            None,
            "the connection does not say what kind it is",
            code="DD619",
            expected="`type: ...`, or a URL that begins with its type",
        )
    if not isinstance(options["type"], str):
        raise PropertyError("type", "`type` is not a text", code="DD619", expected="the name of a type")
    return options


def _typed_or(default: str) -> AfterValidator:
    return AfterValidator(lambda options: _typed({"type": default, **options}))


def _system_schema(example: str, **type_schema: object) -> WithJsonSchema:
    described = {"type": "string", "description": "The kind of system. The other options depend on it."}
    url = {"type": "string", "description": "Its address, in place of host, user and the like."}
    fields = {"type": "object", "properties": {"type": {**described, **type_schema}, "url": url}}
    return WithJsonSchema({"anyOf": [fields, {"type": "string", "format": "uri"}], "examples": [example]})


def _of_the_original(section: str, description: str) -> dict[str, Any]:
    keys = {**ORIGINAL_KEYS, **ORIGINAL_SYSTEM_KEYS}[section]
    properties = {key: {"description": f"Here `{setting}`."} for key, setting in keys.items()}
    options: dict[str, Any] = {"type": "object", "properties": properties}
    by_alias = section in ("mysql", "postgres")
    schema = {"type": "object", "additionalProperties": options} if by_alias else options
    return {
        **schema,
        "description": f"{description} As in the settings of the first Dataduct; keys in any case.",
    }


_ORIGINAL_SECTIONS = {
    "etl": "How and where pipelines run.",
    "ec2": "The EC2 instances of AWS Data Pipeline.",
    "emr": "The EMR clusters of AWS Data Pipeline.",
    "logging": "Where logs are kept.",
    "mysql": "Connections to MySQL by alias.",
    "postgres": "Connections to PostgreSQL by alias.",
    "redshift": "The warehouse, where `warehouse` is not written.",
}
"""The sections of the first Dataduct whose content has another form here."""

Duration = Annotated[
    float,
    BeforeValidator(_seconds),
    WithJsonSchema({"type": ["string", "number"], "examples": ["30 seconds", "5 minutes", "2 hours"]}),
]
"""A length of time: a number and a unit in the file (a bare number is seconds), seconds here."""

Connection = Annotated[
    dict[str, Any],
    AfterValidator(_typed),
    _system_schema("mysql://reader:${env:SHOP_PASSWORD}@db.example.com/shop"),
]
"""`type` and the options of that type, which its own settings model checks."""

Variable = Annotated[
    str | int | float,
    BeforeValidator(_text_or_number),
    WithJsonSchema({"type": ["string", "number"]}),
]


class RunsSettings(Section):
    """Where the history of runs is kept."""

    path: str = Field(
        ".dataduct/runs.sqlite",
        description="SQLite file that holds the history of runs, relative to the project's directory, or the URL of a "
        "PostgreSQL database.",
        examples=["postgresql://dataduct:${env:RUNS_PASSWORD}@db.example.com/runs"],
    )


class LogsSettings(Section):
    """Where the logs of steps are kept."""

    path: str = Field(
        ".dataduct/logs", description="Directory of the steps' logs, relative to the project's directory."
    )
    file: str | None = Field(None, description="Kept from the first Dataduct; it has no effect.")
    console_debug_level: str | None = Field(
        None, description="Kept from the first Dataduct; it has no effect."
    )
    file_debug_level: str | None = Field(None, description="Kept from the first Dataduct; it has no effect.")


class EngineSettings(Section):
    """How runs are executed here."""

    workers: int = Field(4, ge=1, le=256, description="Steps that may run at the same time.")
    max_retries: int = Field(
        2,
        ge=0,
        description="Times a step is tried again after a failure that may pass, such as a lost connection.",
    )
    retry_delay: Duration = Field(
        5.0,
        description="Pause before the first retry; each later pause is twice as long.",
        json_schema_extra={"default": "5 seconds"},
    )
    retry_delay_limit: Duration = Field(
        300.0, description="Longest pause between two attempts.", json_schema_extra={"default": "5 minutes"}
    )
    step_timeout: Duration | None = Field(
        None, description="Longest time one attempt of a step may take. By default there is no limit."
    )
    run_timeout: Duration | None = Field(
        None, description="Longest time a run may take. By default there is no limit."
    )
    lock_timeout: Duration = Field(
        600.0,
        description="Longest time to wait for a lock that another process holds.",
        json_schema_extra={"default": "10 minutes"},
    )


class AwsSettings(Section):
    """How Amazon Web Services are reached, and where files are there."""

    s3_etl_bucket: str | None = Field(
        None,
        min_length=1,
        description="Bucket of the storage, with `s3_base_path` as its prefix, where `storage` is not written.",
        examples=["my-bucket"],
    )
    s3_base_path: str = Field(
        "", description="What `{S3_BASE_PATH}` in arguments and URIs stands for.", examples=["production"]
    )
    region: str | None = Field(
        None,
        min_length=1,
        description="Region. By default what AWS_REGION, AWS_DEFAULT_REGION or the profile say.",
        examples=["eu-west-1"],
    )
    profile: str | None = Field(
        None, min_length=1, description="Profile in ~/.aws. By default what AWS_PROFILE says, or `default`."
    )
    endpoint_url: str | None = Field(
        None,
        pattern=r"^https?://",
        description="Address of a service that stands in for AWS. By default what AWS_ENDPOINT_URL says.",
        examples=["http://localhost:4566"],
    )


class PipelinesSettings(Section):
    """What holds for every pipeline that does not say otherwise."""

    name_prefix: str = Field("", description="Put before the name of every pipeline.", examples=["dev_"])
    load_time: Annotated[str, AfterValidator(_load_time)] = Field(
        "01:00",
        description="Time of day of the runs of pipelines that name none, in UTC.",
        examples=["10:30"],
    )
    frequency: Annotated[str, AfterValidator(parse_frequency)] | None = Field(
        None,
        description="How often every pipeline runs, in place of what its file says.",
        json_schema_extra={"enum": [*FREQUENCIES, None]},
    )
    dependency_override: bool = Field(
        False, description="Whether steps that wait for other pipelines go on at once."
    )


class ChecksSettings(Section):
    """Where checks log their results."""

    log_path: str = Field(
        "qa", description="Path in the storage below which checks with `log_to_s3` log their results."
    )


class HooksSettings(Section):
    """Python files that are called at points of a run."""

    path: str = Field(
        "hooks", description="Directory of the hooks' files, relative to the project's directory."
    )
    timeout: Duration = Field(
        30.0, description="Longest time one hook may take.", json_schema_extra={"default": "30 seconds"}
    )


class CustomStep(Section):
    """A step type of the project's own."""

    step_type: str = Field(
        description="Name of the step type in pipelines.", examples=["custom-extract-local"]
    )
    class_name: str = Field(description="Name of its class.", examples=["CustomExtractLocalStep"])
    file_path: str = Field(
        description="The Python file that holds the class, relative to one of `steps` or to the project's directory.",
        examples=["custom_extract_local.py"],
    )


class Permission(Section):
    """A right on tables, for `dataduct database grant`."""

    user: str | None = Field(None, description="Name of the user.", examples=["analyst"])
    group: str | None = Field(None, description="Name of the group.", examples=["analysts"])
    permission: str = Field(description="What is granted.", examples=["select", "all"])


class DatabaseSettings(Section):
    """How the tables of the project are made."""

    permissions: list[Permission] = Field(
        default_factory=list, description="Rights that are granted on every table that is created."
    )


class Settings(Section):
    """The settings of a project: `dataduct.yml`."""

    model_config = ConfigDict(
        json_schema_extra=lambda schema: schema["properties"].update(
            {
                section: _of_the_original(section, description)
                for section, description in _ORIGINAL_SECTIONS.items()
            }
        )
    )

    project: str | None = Field(
        None, description="Name of the project. By default the name of its directory."
    )
    warehouse: Annotated[
        dict[str, Any],
        _typed_or("duckdb"),
        _system_schema("postgresql://loader:${env:DWH_PASSWORD}@dwh/prod", default="duckdb"),
    ] = Field(
        default_factory=lambda: dict(DEFAULT_WAREHOUSE),
        description="The warehouse that tables are loaded into: a URL, or its `type` and the options of that type.",
    )
    storage: Annotated[
        dict[str, Any], _typed_or("local"), _system_schema("s3://my-bucket/dataduct", default="local")
    ] = Field(
        default_factory=lambda: dict(DEFAULT_STORAGE),
        description="Where datasets rest between steps: a URL, or its `type` and the options of that type.",
    )
    runs: RunsSettings = Field(default_factory=RunsSettings, description="The history of runs.")
    logs: LogsSettings = Field(default_factory=LogsSettings, description="The logs of steps.")
    connections: dict[str, Connection] = Field(
        default_factory=dict,
        description="The source systems by alias: each is a URL, or its `type` and the options of that type. "
        "References such as `${env:NAME}` stand for values that are read when the connection is opened.",
    )
    aws: AwsSettings = Field(
        default_factory=AwsSettings, description="How AWS is reached, and where files are there."
    )
    resources: Annotated[tuple[str, ...], BeforeValidator(_one_or_many)] = Field(
        (".",),
        description="Directories in which the files that pipelines name are looked up, relative to the project's.",
        min_length=1,
    )
    steps: Annotated[tuple[str, ...], BeforeValidator(_one_or_many)] = Field(
        ("steps",),
        description="Directories whose Python files define step types, relative to the project's.",
    )
    patterns: Annotated[tuple[str, ...], BeforeValidator(_one_or_many)] = Field(
        ("patterns",), description="Directories whose YAML files are patterns, relative to the project's."
    )
    custom_steps: list[CustomStep] = Field(
        default_factory=list, description="Step types by name, class and file, beside those in `steps`."
    )
    hooks: HooksSettings = Field(
        default_factory=HooksSettings, description="Python of your own that is called at points of a run."
    )
    pipelines: PipelinesSettings = Field(
        default_factory=PipelinesSettings,
        description="Names, times and frequencies of all pipelines.",
    )
    checks: ChecksSettings = Field(default_factory=ChecksSettings, description="The log of checks.")
    database: DatabaseSettings = Field(
        default_factory=DatabaseSettings, description="Rights on the tables of the project."
    )
    bootstrap: dict[str, Any] | None = Field(
        None,
        description="Steps that run before all others, by resource, in pipelines without a `bootstrap` of their own.",
    )
    teardown: dict[str, Any] | None = Field(
        None,
        description="One step that runs after all others, in pipelines without a `teardown` of their own.",
    )
    aws_data_pipeline: AwsDataPipelineSettings = Field(
        default_factory=AwsDataPipelineSettings,
        description="What AWS Data Pipeline needs to know. It has no effect on runs here.",
    )
    engine: EngineSettings = Field(
        default_factory=EngineSettings, description="How runs are executed: steps at once, retries, timeouts."
    )
    variables: dict[str, Variable] = Field(
        default_factory=dict, description="Variables that every pipeline's templates may use."
    )
    modes: dict[str, dict[str, Any]] = Field(
        default_factory=dict,
        description="Settings by mode: what a mode says is merged over the rest of the file when it is chosen.",
    )
