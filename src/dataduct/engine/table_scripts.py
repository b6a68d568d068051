"""Scripts on tables and views, made from what the warehouse has and executed there in one transaction."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from dataduct.config.settings import Permission
from dataduct.database.existing import Existing, RelationKind, WarehouseState, conflicts
from dataduct.database.ordering import Ordering
from dataduct.database.recreation import (
    Conversion,
    conversions,
    copied_table,
    limits,
    recreate_script,
    unfilled_columns,
    without_beside_names,
)
from dataduct.database.relations import Relation, View
from dataduct.database.scripts import create_script, drop_script, grant_script
from dataduct.engine.same_tables import is_same
from dataduct.engine.workbench import Workbench
from dataduct.errors import DataError, SchemaMismatchError, SqlError, UserError
from dataduct.model.cancellation import Cancellation
from dataduct.model.counting import counted
from dataduct.model.operations import SqlStatement
from dataduct.model.table import TableDefinition, TableName
from dataduct.sql.dialect import DIALECTS, Dialect
from dataduct.warehouses.base import Transaction

TableAction = Literal["create", "drop", "grant", "recreate"]

_KINDS: dict[str, RelationKind] = {"BASE TABLE": "table", "VIEW": "view"}
_UNCHANGED = "nothing was changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class TableScript:
    """What is to be done with tables and views.

    Attributes:
        state: What the warehouse had when the statements were made; None if it was not asked.
        empty: Whether `recreate` drops the rows.
        same: The tables that `recreate` leaves alone, as they are what their files say.
    """

    action: TableAction
    ordering: Ordering
    dialect: Dialect
    statements: tuple[SqlStatement, ...]
    permissions: tuple[Permission, ...] = ()
    state: WarehouseState | None = None
    empty: bool = False
    same: frozenset[TableName] = frozenset()

    @property
    def existing(self) -> tuple[Existing, ...]:
        """The relations that exist and that the script is about, in its order."""
        found = self.state.relations if self.state else {}
        return tuple(found[each.name] for each in self.subjects if each.name in found)

    @property
    def subjects(self) -> tuple[Relation, ...]:
        """The relations that are not left alone."""
        return tuple(each for each in self.ordering.relations if each.name not in self.same)


def written_script(
    action: TableAction,
    ordering: Ordering,
    dialect: str,
    *,
    permissions: Sequence[Permission] = (),
    state: WarehouseState | None = None,
    empty: bool = False,
    same: frozenset[TableName] = frozenset(),
) -> TableScript:
    """Return the script of an action; without `state` for a warehouse nobody asked.

    Raises UserError for a permission that cannot be granted (DD445, DD446) and a type too wide (DD416).
    """
    written = DIALECTS[dialect]
    match action:
        case "create":
            statements = create_script(ordering, written, permissions=permissions, state=state)
        case "drop":
            statements = drop_script(ordering, written, state=state)
        case "grant":
            statements = grant_script(ordering, written, permissions)
        case "recreate":
            others = tuple(each for each in ordering.relations if each.name not in same)
            statements = recreate_script(
                replace(ordering, relations=others),
                written,
                permissions=permissions,
                state=state,
                empty=empty,
            )
    return TableScript(
        action=action,
        ordering=ordering,
        dialect=written,
        statements=tuple(statements),
        permissions=tuple(permissions),
        state=state,
        empty=empty,
        same=same,
    )


def looked_up_script(workbench: Workbench, script: TableScript) -> TableScript:
    """Return the script for what the warehouse has; nothing is changed.

    Raises:
        SchemaMismatchError: A table to create exists with another definition (DD450).
        UserError: A relation exists as another kind (DD451) or is missing where it is needed (DD452), or rows cannot
            be kept (DD453, DD454).
        DataductError: The warehouse cannot be used.
    """
    with workbench.warehouse.transaction(Cancellation()) as transaction:
        return _for_now(transaction, script)


def execute_script(workbench: Workbench, script: TableScript) -> None:
    """Execute a script in one transaction.

    Raises what `looked_up_script` raises, UserError if the tables have changed since (DD455), and what the warehouse
    refuses.
    """
    with workbench.warehouse.transaction(Cancellation()) as transaction:
        locks = [each for each in script.statements if each.text.startswith("LOCK ")]
        _execute(transaction, script, locks)
        now = _for_now(transaction, script)
        _refuse_changed(script, now)
        _execute(transaction, now, [each for each in now.statements if each not in locks])


def _for_now(transaction: Transaction, script: TableScript) -> TableScript:
    state = _look(transaction, script)
    _refuse_conflicts(script, state)
    same: frozenset[TableName] = frozenset()
    if script.action == "recreate" and not script.empty:
        _refuse_lost_values(transaction, script, state)
        same = frozenset(
            table.name
            for table in script.ordering.tables
            if table.name in state.relations
            and is_same(transaction, table, state.relations[table.name], script.dialect)
        )
    return written_script(
        script.action,
        script.ordering,
        script.dialect.name,
        permissions=script.permissions,
        state=state,
        empty=script.empty,
        same=same,
    )


def _look(transaction: Transaction, script: TableScript) -> WarehouseState:
    names = [each.name for each in script.ordering.relations]
    dialect = script.dialect
    kinds = _kinds(transaction, names, dialect)
    identities = {
        table.name: [column.name for column in table.columns if column.identity]
        for table in script.ordering.tables
    }
    found: dict[TableName, Existing] = {}
    for name in names:
        columns = transaction.columns(name)
        if columns is None:
            continue
        kind = kinds.get(name, "other")
        existing = Existing(name=name, kind=kind, columns=columns)
        if kind == "table" and script.action in ("drop", "recreate"):
            [(rows,)] = transaction.fetch(f"SELECT count(*) FROM {dialect.table(name)}")
            existing = replace(existing, rows=int(str(rows)))
        if kind == "table" and script.action == "recreate":
            present = {column.name for column in columns} & set(identities.get(name, ()))
            existing = replace(existing, next_values=_next_values(transaction, script, name, present))
        found[name] = existing
    schemas = {name.schema for name in names if name.schema}
    return WarehouseState(
        relations=found,
        schemas=frozenset(_present_schemas(transaction, schemas, dialect)),
        has_loads=transaction.columns(TableName("loads", "dataduct")) is not None,
    )


def _kinds(
    transaction: Transaction, names: Sequence[TableName], dialect: Dialect
) -> dict[TableName, RelationKind]:
    """Return what each name is; one without a schema is looked up in the current schema before all others."""
    listed = ", ".join(dialect.literal(name.name.lower()) for name in names)
    rows = transaction.fetch(
        "SELECT lower(table_schema), lower(table_name), table_type, table_schema = current_schema() "
        f"FROM information_schema.tables WHERE lower(table_name) IN ({listed})"
    )
    found: dict[tuple[str | None, str], RelationKind] = {}
    for schema, table, kind, is_current in sorted(rows, key=lambda row: bool(row[3])):
        found[str(schema), str(table)] = _KINDS.get(str(kind), "other")
        if is_current or (None, str(table)) not in found:
            found[None, str(table)] = _KINDS.get(str(kind), "other")
    keys = {name: (name.schema and name.schema.lower(), name.name.lower()) for name in names}
    return {name: found[key] for name, key in keys.items() if key in found}


def _present_schemas(transaction: Transaction, schemas: Iterable[str], dialect: Dialect) -> list[str]:
    wanted = sorted(schemas)
    if not wanted:
        return []
    listed = ", ".join(map(dialect.literal, wanted))
    rows = transaction.fetch(
        f"SELECT schema_name FROM information_schema.schemata WHERE schema_name IN ({listed})"
    )
    present = {str(row[0]) for row in rows}
    return [schema for schema in wanted if schema in present]


def _next_values(
    transaction: Transaction, script: TableScript, name: TableName, columns: Iterable[str]
) -> dict[str, int]:
    """Return the value behind the last one of each IDENTITY column that has rows."""
    [table] = [each for each in script.ordering.tables if each.name == name]
    steps = {column.name: column.identity[1] for column in table.columns if column.identity}
    following = {}
    for column in columns:
        last = "max" if steps[column] > 0 else "min"
        quoted = script.dialect.quote(column)
        [(value,)] = transaction.fetch(f"SELECT {last}({quoted}) FROM {script.dialect.table(name)}")
        if value is not None:
            following[column] = int(str(value)) + steps[column]
    return following


def _refuse_conflicts(script: TableScript, state: WarehouseState) -> None:
    """Refuse what exists as something else, what has another definition, and what is missing for a grant."""
    mismatches: list[str] = []
    for relation in script.ordering.relations:
        existing = state.relations.get(relation.name)
        if existing is None:
            if script.action == "grant":
                raise UserError(
                    f"`{relation.name}` does not exist, so no right on it can be granted",
                    code="DD452",
                    hint=f"dataduct database create -e {relation.source}",
                )
            continue
        sentences = conflicts(relation, existing, script.dialect)
        if sentences and existing.kind != ("view" if isinstance(relation, View) else "table"):
            raise UserError(
                f"`{relation.name}` exists, but {sentences[0]}", code="DD451", hint="rename one of them"
            )
        if sentences and script.action == "create":
            mismatches += (f"{relation.name}: {sentence}" for sentence in sentences)
    if mismatches:
        raise SchemaMismatchError(
            "tables exist with another definition, so nothing was created",
            code="DD450",
            details=mismatches,
            hint="`dataduct database recreate` makes them anew and keeps their rows",
        )


def _refuse_lost_values(transaction: Transaction, script: TableScript, state: WarehouseState) -> None:
    """Refuse to make a table anew whose rows do not fit its definition."""
    for table in script.ordering.tables:
        existing = state.relations.get(table.name)
        if existing is None or not existing.rows:
            continue
        _refuse_unfilled(table, existing)
        _refuse_misfits(transaction, table, existing, script.dialect)
        for conversion in conversions(table, existing, script.dialect):
            reason = _misfit(transaction, conversion)
            if reason:
                raise DataError(
                    f"column `{conversion.column}` of {table.name} cannot go from {conversion.before} to "
                    f"{conversion.after}: {reason}; {_UNCHANGED}",
                    code="DD454",
                    hint="keep a type that holds the values, or correct them first",
                )


def _refuse_misfits(
    transaction: Transaction, table: TableDefinition, existing: Existing, dialect: Dialect
) -> None:
    for limit in limits(table, existing, dialect):
        [(number,)] = transaction.fetch(limit.query)
        if number:
            raise _does_not_fit(table.name, f"{limit.broken} ({counted(int(str(number)), 'row')})")


def _does_not_fit(table: TableName, what: str, details: tuple[str, ...] = ()) -> DataError:
    return DataError(
        f"{table}: {what}; {_UNCHANGED}",
        code="DD454",
        hint="keep a definition that holds the rows, or correct them first",
        details=details,
    )


def _misfit(transaction: Transaction, conversion: Conversion) -> str | None:
    """Return why a column's values cannot take its new type; None if they can."""
    try:
        [(changed,)] = transaction.fetch(conversion.query)
    except (DataError, SqlError) as error:
        return error.message
    number = int(str(changed))
    return f"that would change {counted(number, 'value')}" if number else None


def _refuse_unfilled(table: TableDefinition, existing: Existing) -> None:
    unfilled = unfilled_columns(table, existing)
    if unfilled:
        raise UserError(
            f"{table.name}: the new column `{unfilled[0]}` is NOT NULL, and nothing gives the rows that are there a "
            "value for it",
            code="DD453",
            hint="give it a DEFAULT, or let it be NULL",
        )


def _refuse_changed(before: TableScript, now: TableScript) -> None:
    assert before.state is not None and now.state is not None
    shapes = [
        {name: existing.shape for name, existing in state.relations.items()}
        for state in (before.state, now.state)
    ]
    if shapes[0] != shapes[1]:
        raise UserError(
            f"the tables have changed while the command was running, so {_UNCHANGED}",
            code="DD455",
            hint="run the command again",
        )


def _execute(transaction: Transaction, script: TableScript, statements: Iterable[SqlStatement]) -> None:
    for statement in statements:
        try:
            transaction.execute(statement.text)
        except SqlError as error:
            if statement.text.startswith("DROP "):
                raise _still_used(error) from error
            error.details = (*error.details, _UNCHANGED)
            raise
        except DataError as error:
            copied = copied_table(statement, script.ordering, script.dialect)
            if copied is None:
                raise
            own = (without_beside_names(text) for text in (error.message, *error.details))
            details = tuple(text for text in own if "INSERT INTO" not in text)
            raise _does_not_fit(copied, "its rows do not fit the new definition", details) from error


def _still_used(error: SqlError) -> SqlError:
    return SqlError(
        error.message,
        code="DD456" if "depend" in str(error.details) + error.message else error.code,
        hint=f"{_UNCHANGED}; name what depends on it too, or drop that first",
        details=error.details,
    )
