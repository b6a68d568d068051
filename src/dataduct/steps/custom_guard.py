"""Step types that are not Dataduct's own, so that their mistakes are told as problems and never as tracebacks."""

import inspect
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from types import CodeType
from typing import Annotated, Any, TypeVar, cast

from pydantic import (
    BaseModel,
    ModelWrapValidatorHandler,
    TypeAdapter,
    ValidationError,
    create_model,
    model_validator,
)
from pydantic.errors import PydanticUserError
from pydantic_core import PydanticUndefined

from dataduct.definition.properties import PropertyError
from dataduct.definition.tree import at_position
from dataduct.errors import DataductError, ProblemsError
from dataduct.model.operations import Operation, dataset_outputs
from dataduct.model.paths import path_below
from dataduct.model.position import Position
from dataduct.model.problem import Problem
from dataduct.project_code.modules import place_of, told
from dataduct.steps.base import Step, StepProperties, SubStep
from dataduct.steps.context import LoweringContext

_MOST_SUB_STEPS = 20_000
_METHODS = ("subject", "output_nodes", "expand", "lower")
ResultT = TypeVar("ResultT")


@dataclass(frozen=True, slots=True)
class StepCode:
    """Where the code of a step type is.

    Attributes:
        position: The class, as messages show it; None if that is not known.
        directory: The directory of its code.
        root: Directory that files are shown relative to.
    """

    position: Position | None
    directory: Path
    root: Path | None = None

    def problem(self, code: str, message: str, hint: str | None = None) -> Problem:
        """Return a problem at the class."""
        return Problem(code=code, message=message, position=self.position, hint=hint)

    def position_of(self, found: type, method: str) -> Position | None:
        """Return the line of a method that the class defines, or the class."""
        function = getattr(vars(found).get(method), "__func__", None)
        code = getattr(inspect.unwrap(function), "__code__", None) if function is not None else None
        if code is None or self.position is None:
            return self.position
        file = path_below(Path(code.co_filename), self.root.resolve() if self.root else None)
        return _place_of_def(code, file)

    def raised(self, step_type: str, doing: str, error: BaseException) -> Problem:
        """Return the problem that stands for an exception of the code: it has no position of its own."""
        if isinstance(error, DataductError):
            return Problem(code=error.code, message=error.message, hint=error.hint)
        place = place_of(error, self.directory, self.root)
        where = f"{place.file}:{place.line}" if place else "its code"
        return Problem(
            code="DD568",
            message=f"step type `{step_type}` raised {told(error)}",
            hint=f"{where} raised it, in {doing}",
        )


def check_step_type(found: type[Step[Any]], code: StepCode) -> None:
    """Raise ProblemsError (DD567) with everything that the class lacks to be a step type."""
    name = found.__name__
    problems = []
    properties: object = found.properties
    if not isinstance(properties, type) or not issubclass(properties, StepProperties):
        problems.append(
            code.problem(
                "DD567",
                f"the properties of `{name}` are no class of properties",
                "write `class Properties(StepProperties):` in the class",
            )
        )
    for method in _METHODS:
        if not inspect.ismethod(getattr(found, method, None)):
            problems.append(
                code.problem(
                    "DD567", f"`{method}` of `{name}` is no class method", "write `@classmethod` above it"
                )
            )
    problems += [
        code.problem(
            "DD567", f"the default of `{field}` of `{name}` {wrong}", "correct the default or the type"
        )
        for field, wrong in _wrong_defaults(properties)
    ]
    if _of_base(found, "expand") and _of_base(found, "lower"):
        problems.append(
            code.problem(
                "DD567",
                f"`{name}` neither expands to other steps nor lowers to an operation",
                "define `expand` or `lower`",
            )
        )
    if problems:
        raise ProblemsError(problems)


def _wrong_defaults(properties: object) -> Iterator[tuple[str, str]]:
    """Yield the fields whose default their own type refuses, and why; None stands for a value that is not given."""
    if not isinstance(properties, type) or not issubclass(properties, BaseModel):
        return
    for name, field in properties.model_fields.items():
        if field.default is PydanticUndefined or field.default is None:
            continue
        try:
            annotation = Annotated[(field.annotation, name, *field.metadata)]  # type: ignore[name-defined]
            TypeAdapter(annotation, config=properties.model_config).validate_python(field.default)
        except ValidationError as error:
            yield name, f"is {field.default!r}: {error.errors()[0]['msg'].lower()}"
        except PydanticUserError:
            continue


def _place_of_def(code: CodeType, file: str) -> Position:
    """Return the place of a function's `def` and name, which decorators stand before."""
    try:
        lines, first = inspect.getsourcelines(code)
    except (OSError, TypeError):
        return Position(file, code.co_firstlineno)
    for number, text in enumerate(lines, start=first):
        begin = f"def {code.co_name}"
        if text.lstrip().startswith(begin):
            column = text.index(begin) + 1
            return Position(file, number, column, column + len(begin))
    return Position(file, first)


def _of_base(found: type[Step[Any]], method: str) -> bool:
    """Whether the method is that of `Step`, which the class does not define itself."""
    own: object = getattr(getattr(found, method, None), "__func__", None)
    return own is getattr(Step, method).__func__


@dataclass(frozen=True, slots=True)
class _Guard:
    """Calls the methods of a step type; what they raise or return wrongly is raised as ProblemsError."""

    found: type[Step[Any]]
    step_type: str
    code: StepCode

    def call(self, method: str, *arguments: Any) -> Any:
        """Return what the class's own method returns; `arguments` begin with the class that it is called on."""
        return self.run(method, lambda: getattr(self.found, method).__func__(*arguments))

    def run(self, method: str, call: Callable[[], ResultT]) -> ResultT:
        """Return what `call`, a part of `method`, returns."""
        try:
            return call()
        except ProblemsError:
            raise
        except (Exception, SystemExit) as error:
            raise ProblemsError([self.code.raised(self.step_type, f"`{method}`", error)]) from error

    def output_nodes(self, *arguments: Any) -> tuple[str, ...]:
        nodes = self.call("output_nodes", *arguments)
        if not isinstance(nodes, tuple | list) or not all(isinstance(node, str) for node in nodes):
            raise self._wrong_result("output_nodes", nodes, "a tuple of names")
        return tuple(nodes)

    def expand(self, *arguments: Any) -> list[SubStep]:
        result = self.call("expand", *arguments)
        if not isinstance(result, Iterable) or isinstance(result, str):
            raise self._wrong_result("expand", result, "a list of `SubStep`")
        sub_steps = self.run("expand", lambda: list(islice(result, _MOST_SUB_STEPS + 1)))
        if len(sub_steps) > _MOST_SUB_STEPS:
            raise self._wrong_expansion(f"more than {_MOST_SUB_STEPS:,} steps")
        if not sub_steps and _of_base(self.found, "lower") and not _of_base(self.found, "expand"):
            raise self._wrong_expansion("no steps")
        self._check_sub_steps(sub_steps)
        return sub_steps

    def lower(self, cls: type[Step[Any]], properties: Any, context: LoweringContext) -> Operation | None:
        reported = len(context.problems)
        try:
            operation = self.call("lower", cls, properties, context)
            has_problems = any(each.severity == "error" for each in context.problems[reported:])
            if operation is None and has_problems:
                return None
            return self._checked(operation, cls.output_nodes(properties, context.step))
        except ProblemsError as error:
            known = len(context.problems)
            context.relay(error, of="step_type")
            for index, problem in enumerate(context.problems[known:], start=known):
                if problem.code == "DD569":
                    context.problems[index] = replace(problem, used_at=(context.position,))
            return None

    def _check_sub_steps(self, sub_steps: list[Any]) -> None:
        suffixes: set[str] = set()
        for sub_step in sub_steps:
            if not isinstance(sub_step, SubStep):
                raise self._wrong_result("expand", sub_step, "`SubStep`s")
            if sub_step.suffix in suffixes:
                raise self._wrong(
                    "expand",
                    f"step type `{self.step_type}` expands to two steps with the suffix `{sub_step.suffix}`",
                    hint="give each `SubStep` a suffix of its own",
                )
            suffixes.add(sub_step.suffix)
            try:
                at_position(dict(sub_step.properties), Position(""))
            except (TypeError, ValueError) as error:
                raise self._wrong(
                    "expand",
                    f"step type `{self.step_type}` expands to a `{sub_step.step_type}` whose properties could "
                    f"not stand in a pipeline file: {error}",
                    hint="give texts, numbers, booleans, lists and mappings",
                ) from None

    def _checked(self, operation: object, nodes: tuple[str, ...]) -> Operation:
        if not isinstance(operation, Operation):
            raise self._wrong_result("lower", operation, "an operation such as `RunSql`")
        written = {dataset.node for dataset in dataset_outputs(operation)}
        if written == set(nodes):
            return operation
        listed = ", ".join(f"`{node}`" for node in sorted(written)) or "no dataset"
        named = ", ".join(f"`{node}`" for node in nodes) or "none"
        raise self._wrong(
            "lower",
            f"the operation of step type `{self.step_type}` writes {listed}, and `output_nodes` names {named}",
            hint="set `writes_dataset = True` for one dataset of the step's own name, or define `output_nodes`",
        )

    def _wrong_expansion(self, what: str) -> ProblemsError:
        message = f"step type `{self.step_type}` expands to {what}"
        return self._wrong("expand", message, expected=f"1 to {_MOST_SUB_STEPS:,} `SubStep`s")

    def _wrong_result(self, method: str, result: object, expected: str) -> ProblemsError:
        what = "nothing" if result is None else f"`{type(result).__name__}`"
        return self._wrong(
            method,
            f"`{method}` of step type `{self.step_type}` returned {what}",
            expected=expected,
            hint="report what is wrong with `context.report`" if method == "lower" else None,
        )

    def _wrong(
        self, method: str, message: str, *, expected: str | None = None, hint: str | None = None
    ) -> ProblemsError:
        """Return the error that a method of the class is to be mended for, at its line."""
        position = self.code.position_of(self.found, method)
        return ProblemsError(
            [Problem(code="DD569", message=message, position=position, expected=expected, hint=hint)]
        )


def guarded(found: type[Step[Any]], step_type: str, code: StepCode) -> type[Step[Any]]:
    """Return `found` under the name `step_type`; what its code raises or returns wrongly becomes problems.

    `subject`, `output_nodes` and `expand` raise ProblemsError, whose problems have no position and so stand at the
    step; `lower` reports them to its context.
    """
    check_step_type(found, code)
    guard = _Guard(found, step_type, code)

    class Guarded(found):  # type: ignore[misc, valid-type]
        @classmethod
        def subject(cls, properties: Any) -> str | None:
            subject = guard.call("subject", cls, properties)
            return None if subject is None else str(subject)

        @classmethod
        def output_nodes(cls, properties: Any, step: str) -> tuple[str, ...]:
            return guard.output_nodes(cls, properties, step)

        @classmethod
        def expand(cls, properties: Any) -> Iterable[SubStep]:
            return guard.expand(cls, properties)

        @classmethod
        def lower(cls, properties: Any, context: LoweringContext) -> Operation | None:
            return guard.lower(cls, properties, context)

    for name in ("__name__", "__qualname__", "__doc__", "__module__", "summary", "aliases"):
        setattr(Guarded, name, getattr(found, name))
    Guarded.step_type = step_type
    Guarded.expanded_at = code.position_of(found, "expand")
    Guarded.properties = _guarded_properties(found.properties, step_type, code)
    return Guarded


def _guarded_properties(
    properties: type[StepProperties], step_type: str, code: StepCode
) -> type[StepProperties]:
    """Return the properties with validators that raise no exception but those that mean a wrong value."""

    def guard(cls: type, data: Any, handler: ModelWrapValidatorHandler[Any]) -> Any:
        try:
            return handler(data)
        except (ValidationError, ValueError, AssertionError):
            raise
        except Exception as error:
            problem = code.raised(step_type, "the validation of its properties", error)
            raise PropertyError(None, problem.message, problem.hint, code=problem.code) from error

    validators: dict[str, Any] = {"guard": model_validator(mode="wrap")(cast(Any, classmethod(guard)))}
    return create_model(
        properties.__name__,
        __base__=properties,
        __validators__=validators,
        __module__=properties.__module__,
        __doc__=properties.__doc__,
    )
