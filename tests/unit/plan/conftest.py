"""A small plan by hand."""

import pytest

from dataduct.model.dataset import DatasetRef
from dataduct.model.operations import (
    Check,
    CountComparison,
    Extract,
    LoadTable,
    Measure,
    RunSql,
    SqlStatement,
)
from dataduct.model.position import Position
from dataduct.model.schedule import Schedule
from dataduct.model.table import Column, ColumnType, TableDefinition, TableName
from dataduct.model.template import TemplateSource
from dataduct.plan.plan import Dependency, Plan, PlanStep

STAGING = TableName("courses", "staging")
PRODUCTION = TableName("courses", "prod")
COURSES = DatasetRef("extract", "extract")


@pytest.fixture
def plan() -> Plan:
    """extract → load → upsert → check, the extract's query with a template."""
    query = "SELECT * FROM courses WHERE day = '{{ run_date }}' AND region = '{{ var.region }}'"
    return Plan(
        pipeline="courses",
        file="courses.yaml",
        schedule=Schedule("daily"),
        dialect="duckdb",
        variables={"region": "eu"},
        steps=(
            PlanStep(
                name="extract",
                step_type="extract-rds",
                operation=Extract(connection="school", query=query, output=COURSES),
                templates=(TemplateSource(query, Position("courses.yaml", 6, 10)),),
            ),
            PlanStep(
                name="load",
                step_type="create-load",
                operation=LoadTable(
                    inputs=(COURSES,),
                    table=STAGING,
                    definition=TableDefinition(
                        name=STAGING, columns=(Column(name="id", type=ColumnType("INTEGER"), nullable=False),)
                    ),
                ),
                depends_on=(Dependency("extract", "input", "extract"),),
            ),
            PlanStep(
                name="upsert",
                step_type="upsert",
                operation=RunSql(
                    statements=(
                        SqlStatement(text="DELETE FROM prod.courses", purpose="delete replaced rows"),
                    ),
                    table=PRODUCTION,
                    reads=(STAGING,),
                    writes=(PRODUCTION,),
                ),
                depends_on=(Dependency("load", "table", "staging.courses"),),
            ),
            PlanStep(
                name="check",
                step_type="count-check",
                operation=Check(
                    comparison=CountComparison(
                        source=Measure(query="SELECT COUNT(*) FROM courses", connection="school"),
                        destination=Measure(query="SELECT COUNT(*) FROM prod.courses"),
                    ),
                    reads=(PRODUCTION,),
                ),
                depends_on=(
                    Dependency("upsert", "table", "prod.courses"),
                    Dependency("extract", "depends_on"),
                ),
            ),
        ),
    )
