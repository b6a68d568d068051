"""Which steps may start now: the plan's graph, with what is over taken away."""

import heapq
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from dataduct.model.operations import WaitForPipeline
from dataduct.plan.plan import PlanStep


@dataclass(frozen=True, slots=True)
class SkippedStep:
    """A step that will not run because `cause`, which it needs, did not succeed."""

    step: str
    cause: str


class Scheduler:
    """The steps still to run and what each waits for. Not thread-safe: one thread coordinates.

    Steps of the main phase wait for every bootstrap step. Teardown steps wait for every other step to be over,
    however it ended. A step left out is waited for by nobody, but what it waits for still comes before what waits
    for it.

    Args:
        steps: The plan's steps in plan order.
        selected: Names of the steps to run.
    """

    def __init__(self, steps: Sequence[PlanStep], selected: Collection[str]) -> None:
        self._phases = {step.name: step.phase for step in steps if step.name in selected}
        self._only_waits = {step.name for step in steps if isinstance(step.operation, WaitForPipeline)}
        self._needs = self._needed_steps(steps)
        self._waiting = {name: set(needs) for name, needs in self._needs.items()}
        self._add_phases()
        self._waiters: dict[str, list[str]] = {name: [] for name in self._phases}
        for name, awaited in self._waiting.items():
            for other in awaited:
                self._waiters[other].append(name)
        self._names = tuple(self._phases)
        self._order = {name: index for index, name in enumerate(self._names)}
        self._unstarted = set(self._phases)
        self._ready_to_work: list[int] = []
        self._ready_to_wait: list[int] = []
        for name in self._names:
            if not self._waiting[name]:
                self._make_ready(name)

    def _needed_steps(self, steps: Sequence[PlanStep]) -> dict[str, frozenset[str]]:
        through: dict[str, frozenset[str]] = {}
        for step in steps:
            needs: set[str] = set()
            for dependency in step.depends_on:
                if dependency.step in self._phases:
                    needs.add(dependency.step)
                else:
                    needs |= through.get(dependency.step, frozenset())
            through[step.name] = frozenset(needs)
        return {name: through[name] for name in self._phases}

    def _add_phases(self) -> None:
        bootstrap = {name for name, phase in self._phases.items() if phase == "bootstrap"}
        teardown = {name for name, phase in self._phases.items() if phase == "teardown"}
        for name, phase in self._phases.items():
            if phase == "main":
                self._needs[name] |= bootstrap
                self._waiting[name] |= bootstrap
            elif phase == "teardown":
                self._needs[name] &= teardown
                self._waiting[name] |= self._phases.keys() - teardown

    @property
    def is_empty(self) -> bool:
        """Whether every step has been started or skipped."""
        return not self._unstarted

    def needs(self, name: str) -> frozenset[str]:
        """Return the steps that must have succeeded before `name` starts."""
        return self._needs[name]

    def only_waits(self, name: str) -> bool:
        """Return whether the step does nothing but wait for other pipelines, which keeps no worker busy."""
        return name in self._only_waits

    def take_ready(self, limit: int) -> list[str]:
        """Return the steps that may start now, in plan order, and count them as started.

        At most `limit` of them work; those that only wait come on top.
        """
        places = self._taken(self._ready_to_wait, len(self._ready_to_wait))
        places += self._taken(self._ready_to_work, limit)
        return [self._names[place] for place in sorted(places)]

    def _taken(self, ready: list[int], limit: int) -> list[int]:
        """Take the first steps off `ready`, leaving out those that are over without having started."""
        taken: list[int] = []
        while ready and len(taken) < limit:
            place = heapq.heappop(ready)
            if self._names[place] in self._unstarted:
                self._unstarted.discard(self._names[place])
                taken.append(place)
        return taken

    def _make_ready(self, name: str) -> None:
        ready = self._ready_to_wait if name in self._only_waits else self._ready_to_work
        heapq.heappush(ready, self._order[name])

    def succeed(self, name: str) -> None:
        """Count `name` as over and done."""
        self._unstarted.discard(name)
        self._release(name)

    def fail(self, name: str) -> list[SkippedStep]:
        """Count `name` as over and not done; return the steps that therefore never start, in plan order."""
        blamed: list[str] = []
        for other in sorted(self._unstarted, key=self._order.__getitem__):
            if name in self._needs[other] or any(cause in self._needs[other] for cause in blamed):
                blamed.append(other)
        self._unstarted.difference_update(blamed)
        self._release(name)
        for other in blamed:
            self._release(other)
        return [SkippedStep(other, name) for other in blamed]

    def abandon(self) -> list[str]:
        """Return the steps before the teardown that have not started, in plan order; they never will."""
        abandoned = [
            name
            for name in sorted(self._unstarted, key=self._order.__getitem__)
            if self._phases[name] != "teardown"
        ]
        self._unstarted.difference_update(abandoned)
        for name in abandoned:
            self._release(name)
        return abandoned

    def _release(self, name: str) -> None:
        for waiter in self._waiters[name]:
            awaited = self._waiting[waiter]
            if name not in awaited:
                continue
            awaited.discard(name)
            if not awaited and waiter in self._unstarted:
                self._make_ready(waiter)
