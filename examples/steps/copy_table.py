"""The step type `copy-table`: a table of a connection, as it is, in the warehouse."""

from dataduct.steps import Field, Step, StepProperties, SubStep


class CopyTableProperties(StepProperties):
    host_name: str = Field(description="Alias of the connection.")
    table: str = Field(description="Name of the table.", examples=["books"])


class CopyTable(Step[CopyTableProperties]):
    step_type = "copy-table"
    summary = "Copy a table of a connection into the warehouse's staging schema."
    properties = CopyTableProperties

    @classmethod
    def expand(cls, properties: CopyTableProperties):
        yield SubStep(
            "_extract", "extract-rds", {"host_name": properties.host_name, "table": properties.table}
        )
        yield SubStep("_load", "create-load", {"table_definition": f"tables/staging.{properties.table}.sql"})
