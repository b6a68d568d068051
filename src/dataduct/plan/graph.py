"""A directed acyclic graph of names."""

from collections.abc import Iterable, Mapping
from heapq import heapify, heappop, heappush


class CycleError(ValueError):
    """The names in `cycle` wait for each other; its first name stands again at its end."""

    def __init__(self, cycle: tuple[str, ...]) -> None:
        super().__init__(" → ".join(cycle))
        self.cycle = cycle


class Graph:
    """Names and what each waits for. The order in which names are given breaks every tie."""

    def __init__(self, parents: Mapping[str, Iterable[str]]) -> None:
        self._parents = {name: tuple(dict.fromkeys(waits_for)) for name, waits_for in parents.items()}
        self._children: dict[str, list[str]] = {name: [] for name in self._parents}
        for name, waits_for in self._parents.items():
            for parent in waits_for:
                self._children[parent].append(name)

    def parents(self, name: str) -> tuple[str, ...]:
        """Return what `name` waits for."""
        return self._parents[name]

    def children(self, name: str) -> tuple[str, ...]:
        """Return what waits for `name`."""
        return tuple(self._children[name])

    def ancestors(self, name: str) -> set[str]:
        """Return everything that `name` waits for, directly or not."""
        return self._reachable(name, self._parents)

    def descendants(self, name: str) -> set[str]:
        """Return everything that waits for `name`, directly or not."""
        return self._reachable(name, self._children)

    def leaves(self) -> tuple[str, ...]:
        """Return the names nothing waits for."""
        return tuple(name for name in self._parents if not self._children[name])

    def order(self) -> tuple[str, ...]:
        """Return the names so that each follows what it waits for. Raises CycleError."""
        given = list(self._parents)
        rank = {name: index for index, name in enumerate(given)}
        waiting = {name: len(parents) for name, parents in self._parents.items()}
        ready = [rank[name] for name, count in waiting.items() if count == 0]
        heapify(ready)
        ordered: list[str] = []
        while ready:
            name = given[heappop(ready)]
            ordered.append(name)
            for child in self._children[name]:
                waiting[child] -= 1
                if waiting[child] == 0:
                    heappush(ready, rank[child])
        if len(ordered) < len(given):
            raise CycleError(self._cycle({name for name, count in waiting.items() if count > 0}))
        return tuple(ordered)

    @staticmethod
    def _reachable(name: str, edges: Mapping[str, Iterable[str]]) -> set[str]:
        seen: set[str] = set()
        todo = list(edges[name])
        while todo:
            current = todo.pop()
            if current not in seen:
                seen.add(current)
                todo.extend(edges[current])
        return seen

    def _cycle(self, unordered: set[str]) -> tuple[str, ...]:
        """Return a cycle among `unordered`, following parents backwards, written in running order."""
        name = next(name for name in self._parents if name in unordered)
        path: list[str] = []
        while name not in path:
            path.append(name)
            name = next(parent for parent in self._parents[name] if parent in unordered)
        loop = path[path.index(name) :]
        loop.reverse()
        return (*loop, loop[0])
