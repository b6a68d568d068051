"""Options of a connection, a storage or a warehouse, checked by the type that they belong to."""

from collections.abc import Mapping
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from dataduct.errors import UserError
from dataduct.model.nearest import did_you_mean

OptionsT = TypeVar("OptionsT", bound=BaseModel)


def check_options(model: type[OptionsT], options: Mapping[str, object], *, owner: str, code: str) -> OptionsT:
    """Return the options as `model` has them.

    Raises:
        UserError: An option is unknown, missing or wrong. The message names `owner` and the option, never a value.
    """
    try:
        return model.model_validate(dict(options))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
    name = ".".join(map(str, first["loc"]))
    field = model.model_fields.get(name)
    hint = field.description if field else did_you_mean(name, model.model_fields)
    match first["type"]:
        case "extra_forbidden":
            known = ", ".join(f"`{option}`" for option in model.model_fields)
            raise UserError(f"{owner} has no option `{name}`", code=code, hint=hint or f"it has {known}")
        case "missing":
            raise UserError(f"{owner} lacks the option `{name}`", code=code, hint=hint)
        case "string_pattern_mismatch" if field and field.examples:
            reason = f"write it like {' or '.join(map(str, field.examples))}"
        case _:
            reason = first["msg"][:1].lower() + first["msg"][1:]
    raise UserError(f"the option `{name}` of {owner} is wrong: {reason}", code=code, hint=hint)
