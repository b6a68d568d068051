"""Secrets by reference: what `${env:NAME}` and its like stand for, read when something is opened."""

import re
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from dataduct.config.secrets import REFERENCE, REFERENCE_FORMS, REFERENCE_KINDS, URL_PASSWORD
from dataduct.errors import UserError
from dataduct.model.nearest import did_you_mean

if TYPE_CHECKING:
    from dataduct.config.aws_secrets import AwsSecrets
    from dataduct.config.project import Project

_FILE_BYTES = 1_000_000
_NO_SECRETS = (
    "type",
    "host",
    "port",
    "user",
    "username",
    "database",
    "path",
    "bucket",
    "prefix",
    "region",
    "profile",
)
"""Options whose values say where a system is and as whom, which errors have to tell."""


def holds_reference(value: Any) -> bool:
    """Return whether a reference stands in a value of the settings, or in a value within it."""
    if isinstance(value, Mapping):
        return any(map(holds_reference, value.values()))
    if isinstance(value, list | tuple):
        return any(map(holds_reference, value))
    return isinstance(value, str) and REFERENCE.search(value) is not None


class References:
    """The values that a project's references stand for. Thread-safe.

    Each is made known as a secret, save those of options such as `host` and `user`.

    What AWS keeps is asked for once and remembered; make a new one for each run.

    Args:
        project: Relative paths start at its directory; its settings say how AWS is reached.
        environment: The variables that `${env:NAME}` refers to.
    """

    def __init__(self, project: "Project", environment: Mapping[str, str]) -> None:
        self._project = project
        self._environment = environment
        self._asking = threading.Lock()
        self._answers: dict[tuple[str, str], str] = {}
        self._aws: AwsSecrets | None = None

    def resolve(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """Return `options` with the value of each reference in its place, wherever in them it stands.

        One line end at the end of a file is left out.

        Raises:
            UserError: A variable is not set (DD620), a file cannot be read (DD621), a reference is of no known kind
                (DD622), or AWS has no such secret or does not give it (DD652 to DD657).
            TransientError: AWS cannot be reached (DD654).
            MissingDependencyError: boto3 is needed and not installed.
        """
        return {key: self._resolved(value, key not in _NO_SECRETS) for key, value in options.items()}

    def resolve_url(self, url: str) -> str:
        """Return a URL with the values of its references percent-encoded; one that is all reference as it is.

        Its password is made known as a secret. Raises what `resolve` raises.
        """
        resolved = self._with_references_encoded(url)
        password = URL_PASSWORD.search(resolved)
        for form in (password[1], unquote(password[1])) if password else ():
            self._project.secrets.add(form)
        return resolved

    def _with_references_encoded(self, url: str) -> str:
        if REFERENCE.fullmatch(url):
            return self._resolved_text(url, is_secret=True)
        return REFERENCE.sub(lambda reference: quote(self._value(reference, is_secret=True), safe=""), url)

    def _resolved(self, value: Any, is_secret: bool) -> Any:
        match value:
            case str():
                return self._resolved_text(value, is_secret)
            case Mapping():
                return {key: self._resolved(item, is_secret) for key, item in value.items()}
            case list() | tuple():
                return [self._resolved(item, is_secret) for item in value]
            case _:
                return value

    def _resolved_text(self, text: str, is_secret: bool) -> str:
        return REFERENCE.sub(lambda reference: self._value(reference, is_secret), text)

    def _value(self, reference: re.Match[str], is_secret: bool) -> str:
        kind, name = reference[1], reference[2].strip()
        match kind:
            case "env":
                value = _from_environment(name, self._environment)
            case "file":
                value = _from_file(name, self._project.root)
            case "aws-secretsmanager" | "aws-ssm" | "aws-rds" | "aws-redshift":
                value = self._from_aws(kind, name)
            case _:
                raise UserError(
                    f"`{reference[0]}` refers to nothing: there is no `{kind}:`",
                    code="DD622",
                    hint=did_you_mean(kind, REFERENCE_KINDS) or f"write {REFERENCE_FORMS}",
                )
        if is_secret:
            self._project.secrets.add(value)
        return value

    def _from_aws(self, kind: str, name: str) -> str:
        with self._asking:
            if (kind, name) not in self._answers:
                if self._aws is None:
                    from dataduct.config.aws_secrets import AwsSecrets

                    self._aws = AwsSecrets(self._project.settings.aws, self._environment)
                ask = {
                    "aws-secretsmanager": self._aws.secret,
                    "aws-ssm": self._aws.parameter,
                    "aws-rds": self._aws.database_address,
                    "aws-redshift": self._aws.cluster_address,
                }[kind]
                self._answers[kind, name] = ask(name)
            return self._answers[kind, name]


def _from_environment(name: str, environment: Mapping[str, str]) -> str:
    if name in environment:
        return environment[name]
    raise UserError(
        f"the environment variable `{name}` is not set",
        code="DD620",
        hint=did_you_mean(name, environment) or f"export {name}=... before the command",
    )


def _from_file(name: str, root: Path) -> str:
    path = root / Path(name).expanduser()
    try:
        with path.open("rb") as file:
            data = file.read(_FILE_BYTES + 1)
        if len(data) > _FILE_BYTES:
            raise UserError(f"the secret file {path} is larger than {_FILE_BYTES} bytes", code="DD621")
        text = data.decode("utf-8")
    except OSError as error:
        raise UserError(f"the secret file {path} cannot be read: {error.strerror}", code="DD621") from None
    except UnicodeDecodeError:
        raise UserError(f"the secret file {path} is not UTF-8 text", code="DD621") from None
    return text.removesuffix("\n").removesuffix("\r")
