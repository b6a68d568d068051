"""`script_arguments`: what users write, as command-line arguments and as values for `%s`."""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import BeforeValidator

from dataduct.definition.properties import PropertyError
from dataduct.model.nearest import did_you_mean
from dataduct.model.operations import SqlParameter
from dataduct.steps.context import LoweringContext

_Argument = str | bool | None
_CommandArguments = str | list[_Argument | dict[str, _Argument]] | dict[str, _Argument]
_SqlArguments = list[str | int | float | bool | None]

_OPTION = re.compile(r"--([A-Za-z][\w-]*)(?:=(.*))?", re.DOTALL)
_SCALARS = (str, int, float, bool)


def _wrong(message: str) -> PropertyError:
    return PropertyError(None, message, code="DD212")


def _checked_command(value: object) -> object:
    """Refuse what is no argument, with a sentence that says what is one."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        _check_options(value)
        return value
    if not isinstance(value, list):
        raise _wrong(f"`script_arguments` is a list, not `{value}`; write `[{value}]`")
    for number, item in enumerate(value, start=1):
        if isinstance(item, Mapping):
            _check_options(item)
        else:
            _check_item(number, item)
            if item is None:
                raise _wrong(f"argument {number} is empty; write `''` for an empty text")
    return value


def _checked_sql(value: object) -> object:
    """Refuse what is no list of values for `%s`."""
    if value is None:
        return value
    if not isinstance(value, list):
        raise _wrong("`script_arguments` is a list with one value for each `%s` of the script")
    for number, item in enumerate(value, start=1):
        _check_item(number, item)
    return value


def _check_item(number: int, item: object) -> None:
    if item is not None and not isinstance(item, _SCALARS):
        kind = "mapping" if isinstance(item, Mapping) else "list"
        raise _wrong(f"argument {number} is a {kind}, not a text or number")


def _check_options(options: Mapping[object, object]) -> None:
    for name, value in options.items():
        if value is not None and not isinstance(value, _SCALARS):
            raise _wrong(f"the value of the option `{name}` is not a text or number")


CommandArguments = Annotated[
    str | int | float | list[_Argument | dict[str, _Argument]] | dict[str, _Argument],
    BeforeValidator(_checked_command, json_schema_input_type=_CommandArguments),
]
"""One text, a list of values and `{option: value}` mappings, or one such mapping. Numbers are texts as written."""

SqlArguments = Annotated[_SqlArguments, BeforeValidator(_checked_sql, json_schema_input_type=_SqlArguments)]
"""A list of values, one for each `%s`."""


def command_arguments(written: CommandArguments | None, context: LoweringContext) -> tuple[str, ...]:
    """Return the arguments in order; a mapping `{a: b}` is `--a=b`, `{a: }` is `--a`."""
    return tuple(context.with_base_path(text, of="script_arguments") for text in _texts(written))


def _texts(written: CommandArguments | None) -> tuple[str, ...]:
    if written is None:
        return ()
    if isinstance(written, dict):
        return tuple(_options(written))
    if not isinstance(written, list):
        return (str(written),)
    arguments: list[str] = []
    for item in written:
        if isinstance(item, dict):
            arguments.extend(_options(item))
        else:
            arguments.append(_argument_text(item))
    return tuple(arguments)


def _options(options: Mapping[str, _Argument]) -> Iterator[str]:
    for name, value in options.items():
        yield f"--{name}" if value is None else f"--{name}={_argument_text(value)}"


def _argument_text(value: _Argument) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value or ""


def sql_parameters(written: SqlArguments | None, context: LoweringContext) -> tuple[SqlParameter, ...]:
    """Return the values for the `%s` of a script, in order. A truth value is the text `true` or `false`."""
    plain = (_argument_text(value) if isinstance(value, bool) else value for value in written or ())
    return tuple(
        context.with_base_path(value, of="script_arguments") if isinstance(value, str) else value
        for value in plain
    )


def parse_options(
    written: CommandArguments | None,
    *,
    flags: tuple[str, ...],
    values: tuple[str, ...],
    context: LoweringContext,
) -> dict[str, str] | None:
    """Return options by name, as `--name=value`, `--name`, `value` or `--flag` say them.

    Args:
        written: The step's `script_arguments`.
        flags: Options that take no value; they map to an empty text.
        values: Options that take one.
        context: Takes the problems with `script_arguments` (DD212).

    Returns:
        The options, or None after reporting problems.
    """
    options: dict[str, str] = {}
    arguments = list(command_arguments(written, context))
    known = (*values, *flags)
    while arguments:
        argument = arguments.pop(0)
        match = _OPTION.fullmatch(argument)
        name = match[1].replace("-", "_") if match else ""
        if match is None or name not in known:
            hint = did_you_mean(name, known) if name else None
            context.report(
                "DD212",
                f"the step does not know the argument `{argument}`",
                of="script_arguments",
                expected="one of " + ", ".join(f"`--{option}`" for option in known),
                hint=hint.replace("`", "`--", 1) if hint else None,
            )
            return None
        value = match[2]
        if name in values and value is None:
            if not arguments:
                context.report("DD212", f"the argument `--{name}` has no value", of="script_arguments")
                return None
            value = arguments.pop(0)
        options[name] = _unquoted(value or "")
    return options


def _unquoted(value: str) -> str:
    """Return `value` without the quotes that the original needed around a character for COPY."""
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"" else value
