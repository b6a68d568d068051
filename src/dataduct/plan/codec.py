"""Plan ⇄ JSON. The document carries `version`; a newer one is refused, not guessed at."""

import json
from functools import cache

from pydantic import TypeAdapter, ValidationError

from dataduct.errors import UserError
from dataduct.plan.plan import PLAN_VERSION, Plan


@cache
def _plans() -> TypeAdapter[Plan]:
    return TypeAdapter(Plan)


def plan_to_json(plan: Plan, *, indent: int | None = 2) -> str:
    """Return `plan` as a JSON document."""
    return _plans().dump_json(plan, indent=indent).decode()


def plan_from_json(text: str, *, file: str) -> Plan:
    """Return the plan in a JSON document. Raises UserError (DD514) that names `file`."""
    try:
        document = json.loads(text)
    except ValueError as error:
        raise _unreadable(file, f"it is not JSON ({error})") from None
    if not isinstance(document, dict) or "version" not in document or "pipeline" not in document:
        raise _unreadable(file, "it is not a plan")
    version = document["version"]
    if version != PLAN_VERSION:
        raise _unreadable(file, f"it has version {version} and this Dataduct reads version {PLAN_VERSION}")
    try:
        return _plans().validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise _unreadable(file, f"{where}: {first['msg']}") from None


def _unreadable(file: str, why: str) -> UserError:
    return UserError(
        f"{file} cannot be read as a plan: {why}",
        code="DD514",
        hint="make it again with `dataduct plan PIPELINE -o FILE`",
    )
