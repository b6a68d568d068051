"""Rules over several properties of a step: which of them go together."""

from dataduct.definition.properties import PropertyError
from dataduct.steps.base import StepProperties


def listed(names: tuple[str, ...], conjunction: str = "and") -> str:
    """Return names as a sentence lists them: "`a`, `b` and `c`"."""
    quoted = [f"`{name}`" for name in names]
    if len(quoted) == 1:
        return quoted[0]
    return f"{', '.join(quoted[:-1])} {conjunction} {quoted[-1]}"


def given(properties: StepProperties, *names: str) -> tuple[str, ...]:
    """Return those of `names` that have a value."""
    return tuple(name for name in names if getattr(properties, name) is not None)


def require_one(properties: StepProperties, *names: str) -> None:
    """Raise PropertyError (DD210) unless exactly one of the properties `names` is given."""
    found = given(properties, *names)
    if len(found) == 1:
        return
    wanted = f"give exactly one of {listed(names)}"
    if not found:
        raise PropertyError(names[0], f"{wanted}; none is given", code="DD210")
    raise PropertyError(
        found[1],
        f"{wanted}; {listed(found)} are given",
        hint=f"remove {listed(found[1:], 'or')}",
        code="DD210",
    )


def require_together(properties: StepProperties, name: str, needs: str) -> None:
    """Raise PropertyError (DD211) if `name` is given without `needs`."""
    if given(properties, name) and not given(properties, needs):
        raise PropertyError(name, f"`{name}` needs `{needs}`", hint=f"add `{needs}`", code="DD211")
