"""The composition root: what a command or a page asks for, wired from the floors below.

Every function imports what it needs when it is called, so that a command pays only for what it does.
"""

from dataduct.api.catalogs import (
    pattern_catalog,
    pattern_schema,
    pipeline_schema,
    settings_schema,
    step_catalog,
    step_type,
    step_types,
)
from dataduct.api.pipelines import (
    bind,
    compile_pipeline,
    draw,
    load_plan,
    plan_json,
    source_types,
    validate,
    with_frequency,
)
from dataduct.api.projects import (
    connections,
    effective_settings,
    fetch_settings,
    open_project,
    probe_connections,
    send_settings,
)
from dataduct.api.runs import (
    execute,
    open_store,
    queries,
    run,
)
from dataduct.api.tables import (
    draw_tables,
    execute_table_script,
    look_up_tables,
    native_client,
    table_script,
)
from dataduct.api.validation import validate_code, validate_patterns
from dataduct.api.writing import (
    generate_from_database,
    migrate,
    write_migrated_settings,
)

__all__ = [
    "bind",
    "compile_pipeline",
    "connections",
    "draw",
    "draw_tables",
    "effective_settings",
    "execute",
    "execute_table_script",
    "fetch_settings",
    "generate_from_database",
    "load_plan",
    "look_up_tables",
    "migrate",
    "native_client",
    "open_project",
    "open_store",
    "pattern_catalog",
    "pattern_schema",
    "pipeline_schema",
    "plan_json",
    "probe_connections",
    "queries",
    "run",
    "send_settings",
    "settings_schema",
    "source_types",
    "step_catalog",
    "step_type",
    "step_types",
    "table_script",
    "validate",
    "validate_code",
    "validate_patterns",
    "with_frequency",
    "write_migrated_settings",
]
