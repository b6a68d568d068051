"""The step classes of the first Dataduct: the step type that each stands for, and the order of its arguments."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OriginalClass:
    """A class of the original.

    Attributes:
        step_type: The step type of today.
        parameters: The arguments of its constructor by position.
    """

    step_type: str
    parameters: tuple[str, ...] = ()


_UPSERT = ("destination", "sql", "script", "source", "enforce_primary_key", "delete_existing", "history")

ORIGINAL_CLASSES = {
    "ColumnCheckStep": OriginalClass("column-check", ("id", "source_sql", "source_host")),
    "CountCheckStep": OriginalClass("count-check", ("id", "source_host", "source_sql", "source_table_name")),
    "CreateAndLoadStep": OriginalClass("create-load-redshift", ("id", "table_definition", "input_node")),
    "CreateUpdateSqlStep": OriginalClass("create-update-sql", ("table_definition", "script", "command")),
    "DeltaLoadStep": OriginalClass("delta-load", ("destination", "date_column", "window")),
    "EMRJobStep": OriginalClass("emr-step", ("step_string",)),
    "EMRStreamingStep": OriginalClass("emr-streaming", ("mapper", "reducer", "hadoop_params", "output_path")),
    "ExtractLocalStep": OriginalClass("extract-local", ("path", "output_path")),
    "ExtractPostgresStep": OriginalClass("extract-postgres", ("table", "sql", "output_path")),
    "ExtractRdsStep": OriginalClass("extract-rds", ("table", "sql", "host_name", "database", "output_path")),
    "ExtractRedshiftStep": OriginalClass("extract-redshift", ("schema", "table", "redshift_database")),
    "ExtractS3Step": OriginalClass("extract-s3", ("directory_uri", "file_uri")),
    "LoadPostgresStep": OriginalClass("load-postgres", ("table", "postgres_database", "insert_query")),
    "LoadRedshiftStep": OriginalClass("load-redshift", ("schema", "table", "redshift_database")),
    "LoadReloadAndPrimaryKeyStep": OriginalClass(
        "load-reload-pk", ("id", "input_node", "staging_table_definition", "production_table_definition")
    ),
    "PipelineDependenciesStep": OriginalClass("pipeline-dependencies", ("id", "pipeline_name")),
    "PrimaryKeyCheckStep": OriginalClass("primary-key-check", ("id", "table_definition")),
    "QATransformStep": OriginalClass("qa-transform", ("id", "pipeline_name")),
    "ReloadStep": OriginalClass("reload", _UPSERT),
    "SqlCommandStep": OriginalClass("sql-command", ("redshift_database", "script", "script_arguments")),
    "TransformStep": OriginalClass(
        "transform", ("command", "script", "script_uri", "script_directory", "script_name")
    ),
    "UpsertStep": OriginalClass("upsert", _UPSERT),
}
