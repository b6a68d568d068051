"""In which order tables and views are created: what is referred to, or read, comes first."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from dataduct.database.relations import Relation, View
from dataduct.errors import UserError
from dataduct.model.table import ForeignKey, TableDefinition, TableName


@dataclass(frozen=True, slots=True)
class Ordering:
    """Relations in the order in which they are created.

    Attributes:
        deferred: Foreign keys to tables that are created later, because tables refer to each other in a circle: they
            are added when all tables are there.
    """

    relations: tuple[Relation, ...]
    deferred: Mapping[TableName, tuple[ForeignKey, ...]] = field(default_factory=dict)

    @property
    def tables(self) -> tuple[TableDefinition, ...]:
        """The tables alone."""
        return tuple(each for each in self.relations if isinstance(each, TableDefinition))

    @property
    def views(self) -> tuple[View, ...]:
        """The views alone."""
        return tuple(each for each in self.relations if isinstance(each, View))


def ordered(relations: Sequence[Relation]) -> Ordering:
    """Return the relations so that each comes after those it refers to or reads, else in the order given.

    A table that refers to itself is no circle. Relations that are not among `relations` count as being there.

    Raises:
        UserError: Views read one another in a circle (DD444).
    """
    needs = {each.name: _needs(each) & {other.name for other in relations} for each in relations}
    waiting = {each.name: each for each in relations}
    done: list[Relation] = []
    deferred: dict[TableName, tuple[ForeignKey, ...]] = {}
    while waiting:
        ready = next((name for name in waiting if not needs[name] & waiting.keys()), None)
        if ready is None:
            ready = _to_break(waiting, needs)
            table = waiting[ready]
            assert isinstance(table, TableDefinition)
            deferred[ready] = tuple(
                key for key in table.foreign_keys if key.table in waiting and key.table != ready
            )
        done.append(waiting.pop(ready))
    return Ordering(tuple(done), deferred)


def _needs(relation: Relation) -> set[TableName]:
    if isinstance(relation, View):
        return set(relation.reads)
    return {key.table for key in relation.foreign_keys} - {relation.name}


def _to_break(waiting: Mapping[TableName, Relation], needs: Mapping[TableName, set[TableName]]) -> TableName:
    """Return the first table that refers to itself by way of others. Raises UserError (DD444) for views."""
    for name, relation in waiting.items():
        if isinstance(relation, TableDefinition) and name in _reached(needs[name], waiting, needs):
            return name
    circle = [str(name) for name in waiting if name in _reached(needs[name], waiting, needs)]
    raise UserError(
        f"views read one another in a circle: {', '.join(f'`{name}`' for name in circle)}",
        code="DD444",
        hint="a view can read only views that exist before it",
    )


def _reached(
    start: Iterable[TableName],
    waiting: Mapping[TableName, Relation],
    needs: Mapping[TableName, set[TableName]],
) -> set[TableName]:
    reached: set[TableName] = set()
    pending = [name for name in start if name in waiting]
    while pending:
        name = pending.pop()
        if name not in reached:
            reached.add(name)
            pending += [each for each in needs[name] if each in waiting]
    return reached
