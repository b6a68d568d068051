"""The options of a system as whoever opens it takes them: references resolved, URLs taken apart."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from dataduct.config.references import References
from dataduct.config.secrets import Redactor, names_secret
from dataduct.config.systems import option_names
from dataduct.config.urls import UrlError, scheme, split_url, type_of_scheme
from dataduct.definition.coercion import coerce, field_annotations
from dataduct.definition.coercion import options as choices
from dataduct.definition.scalars import resolve
from dataduct.definition.tree import ScalarNode
from dataduct.errors import UserError
from dataduct.model.position import Position
from dataduct.registry import Registry

_NOWHERE = Position("")


def opened_options(
    options: Mapping[str, Any], *, registry: Registry, references: References, secrets: Redactor, owner: str
) -> dict[str, Any]:
    """Return the options with every reference resolved and a URL that was one taken apart.

    Raises:
        UserError: A reference cannot be resolved, or the URL it stands for is none of the type (DD627), cannot be
            read (DD624) or says what another option says (DD626).
        TransientError: AWS, which keeps a secret, cannot be reached (DD654).
        MissingDependencyError: AWS keeps a secret and boto3 is not installed.
    """
    resolved = references.resolve(options)
    referred = {key for key, value in resolved.items() if value != options[key]}
    type_name = str(options["type"])
    if "url" in referred:
        given = _url_options(resolved.pop("url"), type_name, registry, secrets, owner)
        said_twice = next((key for key, text in given.items() if str(resolved.get(key, text)) != text), None)
        if said_twice is not None:
            raise UserError(
                f"`{said_twice}` of {owner} is said twice, beside the URL and in it",
                code="DD626",
                hint="leave one of them out",
            )
        resolved |= given
        referred |= set(given)
    model = registry.settings_model(type_name)
    if model is not None:
        resolved |= {key: _typed(model, key, resolved[key]) for key in referred & set(resolved)}
    return resolved


def _url_options(
    url: str, type_name: str, registry: Registry, secrets: Redactor, owner: str
) -> dict[str, str]:
    """Return the options that a URL gives; it may hold a secret anywhere, so no message holds any of it."""
    if "host" in option_names(registry, type_name) and scheme(url) != type_of_scheme(type_name):
        raise UserError(
            f"the URL of {owner} does not begin like one of type `{type_name}`",
            code="DD627",
            hint=f"write it like {type_name}://user@host/database, or correct `type`",
        )
    try:
        parts = split_url(url, option_names(registry, type_name))
    except UrlError as error:
        raise UserError(f"{owner}: {error.message}", code="DD624", hint=error.hint) from None
    for part in parts or ():
        if names_secret(part.option):
            secrets.add(part.text)
            secrets.add(part.written)
    return {part.option: part.text for part in parts} if parts is not None else {"url": url}


def _typed(model: type[BaseModel], key: str, value: Any) -> Any:
    """Return a resolved text as the option takes it: a number for a port, the text for a password."""
    annotation = field_annotations(model).get(key, str)
    taken = choices(annotation)
    if not isinstance(value, str) or str in taken or not any(kind in taken for kind in (int, float, bool)):
        return value
    return coerce(ScalarNode(resolve(value), value, _NOWHERE), annotation)
