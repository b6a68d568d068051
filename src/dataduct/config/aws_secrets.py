"""What AWS is asked for: secrets of Secrets Manager and the Parameter Store, addresses of RDS and Redshift."""

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from dataduct.errors import DataductError, MissingDependencyError, TransientError, UserError
from dataduct.model.nearest import did_you_mean

if TYPE_CHECKING:
    from dataduct.config.settings import AwsSettings

AnswerT = TypeVar("AnswerT")

_CURRENT = "AWSCURRENT"
_CONNECT_SECONDS = 5
_READ_SECONDS = 15
_LISTED_KEYS = 8

_ABSENT = (
    "ResourceNotFoundException",
    "ParameterNotFound",
    "ParameterVersionNotFound",
    "DBInstanceNotFound",
    "DBInstanceNotFoundFault",
    "ClusterNotFound",
    "ClusterNotFoundFault",
)
_RIGHTS = {
    "secretsmanager": "secretsmanager:GetSecretValue, and kms:Decrypt for a key of your own",
    "ssm": "ssm:GetParameter, and kms:Decrypt for a key of your own",
    "rds": "rds:DescribeDBInstances",
    "redshift": "redshift:DescribeClusters",
}
_DENIED = ("AccessDeniedException", "AccessDenied", "UnauthorizedOperation")
_UNKNOWN_CREDENTIALS = (
    "UnrecognizedClientException",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "SignatureDoesNotMatch",
    "ExpiredTokenException",
    "ExpiredToken",
    "IncompleteSignature",
    "MissingAuthenticationToken",
)
_LATER = (
    "ThrottlingException",
    "Throttling",
    "TooManyRequestsException",
    "InternalServiceError",
    "InternalServerError",
)


class AwsSecrets:
    """Asks AWS for secrets, with the credentials and region of the settings, the environment or the profile.

    One thread uses it at a time. Each of its methods raises:

        UserError: There is no such secret (DD652), access is denied (DD653), it has no such key (DD655), region,
            profile or credentials are missing (DD656), or AWS refuses otherwise (DD657).
        TransientError: AWS cannot be reached or asks to come back later (DD654).
        MissingDependencyError: boto3 is not installed.
    """

    def __init__(self, settings: "AwsSettings", environment: Mapping[str, str]) -> None:
        self._settings = settings
        self._region = (
            settings.region or environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION") or None
        )
        self._clients: dict[tuple[str, str | None], Any] = {}

    def secret(self, name: str) -> str:
        """Return the secret that `NAME#KEY#STAGE` names.

        Without KEY it is the whole text; with it, that key's value in the JSON object that the secret is. STAGE is
        the label of a version, by default `AWSCURRENT`. NAME may be an ARN, which says its region itself.
        """
        identity, _, rest = name.partition("#")
        key, _, stage = rest.partition("#")
        what = f"the secret `{identity}`"
        answer = self._ask(
            what,
            "secretsmanager",
            _region_of_arn(identity),
            lambda client: client.get_secret_value(SecretId=identity, VersionStage=stage or _CURRENT),
        )
        text = _text(answer, what)
        return _value_of(key, text, what) if key else text

    def parameter(self, name: str) -> str:
        """Return the parameter called `name`, decrypted; `name` may end in `:VERSION` or `:LABEL`."""
        answer = self._ask(
            f"the parameter `{name}`",
            "ssm",
            _region_of_arn(name),
            lambda client: client.get_parameter(Name=name, WithDecryption=True),
        )
        return str(answer["Parameter"]["Value"])

    def database_address(self, name: str) -> str:
        """Return the host name of the RDS instance that `INSTANCE` or `REGION/INSTANCE` names."""
        return self._address_of(
            "RDS instance",
            "rds",
            name,
            lambda client, known: client.describe_db_instances(DBInstanceIdentifier=known)["DBInstances"][0],
        )

    def cluster_address(self, name: str) -> str:
        """Return the host name of the Redshift cluster that `CLUSTER` or `REGION/CLUSTER` names."""
        return self._address_of(
            "Redshift cluster",
            "redshift",
            name,
            lambda client, known: client.describe_clusters(ClusterIdentifier=known)["Clusters"][0],
        )

    def _address_of(self, kind: str, service: str, name: str, ask: Callable[[Any, str], Any]) -> str:
        region, _, identity = name.rpartition("/")
        what = f"the address of the {kind} `{identity}`"
        return _address(self._ask(what, service, region, lambda client: ask(client, identity)), what)

    def _ask(self, what: str, service: str, region: str, ask: Callable[[Any], AnswerT]) -> AnswerT:
        """Return the answer of a service in `region`, or in that of the settings if it is empty."""
        try:
            import botocore.exceptions
        except ImportError:
            raise MissingDependencyError("boto3", "aws") from None
        in_region = region or self._region
        try:
            return ask(self._client(service, in_region))
        except botocore.exceptions.ClientError as error:
            _refused(what, service, in_region, error.response.get("Error", {}))
        except botocore.exceptions.BotoCoreError as error:
            raise _not_asked(what, error) from None

    def _client(self, service: str, region: str | None) -> Any:
        if (service, region) not in self._clients:
            import boto3
            from botocore.config import Config

            session = boto3.session.Session(profile_name=self._settings.profile, region_name=region)
            self._clients[service, region] = session.client(
                service,  # type: ignore[call-overload]  # one of four services, chosen above
                endpoint_url=self._settings.endpoint_url,
                config=Config(
                    connect_timeout=_CONNECT_SECONDS,
                    read_timeout=_READ_SECONDS,
                    retries={"total_max_attempts": 3, "mode": "standard"},
                ),
            )
        return self._clients[service, region]


def _region_of_arn(identity: str) -> str:
    parts = identity.split(":")
    return parts[3] if parts[0] == "arn" and len(parts) > 3 else ""


def _address(described: Mapping[str, Any], what: str) -> str:
    """Return the address in a description. Raises UserError (DD655) while it has none, as it is being made."""
    address = described.get("Endpoint", {}).get("Address")
    if not address:
        raise UserError(f"{what} is not there yet", code="DD655", hint="wait until it has been made")
    return str(address)


def _refused(what: str, service: str, region: str | None, error: Mapping[str, Any]) -> NoReturn:
    """Raise the error for what AWS answered."""
    code = str(error.get("Code", ""))
    words = " ".join(str(error.get("Message", "")).split()) or code
    where = f" in the region {region}" if region else ""
    if code in _ABSENT or (code == "InvalidRequestException" and "delet" in words):
        gone = ": it is marked for deletion" if code == "InvalidRequestException" else ""
        raise UserError(
            f"AWS has no value for {what}{where}{gone}",
            code="DD652",
            hint="check the name; another region is chosen by `aws: {region: ...}` or AWS_REGION",
        )
    if code in _DENIED:
        raise UserError(
            f"AWS denies access to {what}{where}: {words}",
            code="DD653",
            hint=f"allow {_RIGHTS[service]}",
        )
    if code in _UNKNOWN_CREDENTIALS:
        raise UserError(
            f"AWS does not accept the credentials, so {what} was not read: {words}",
            code="DD656",
            hint="check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or log in again",
        )
    if code in _LATER:
        raise TransientError(f"AWS did not give {what} now: {words}", code="DD654")
    raise UserError(f"AWS did not give {what}{where}: {words}", code="DD657")


def _not_asked(what: str, error: Exception) -> DataductError:
    """Return the error for a question that AWS was not asked or did not answer."""
    kind = type(error).__name__
    hints = {
        "NoCredentialsError": "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or use a role",
        "PartialCredentialsError": "set both AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
        "NoRegionError": "write `aws: {region: eu-west-1}` in dataduct.yml, or set AWS_REGION",
        "InvalidRegionError": "write a region such as eu-west-1",
        "ProfileNotFound": "correct `profile` under `aws:` or AWS_PROFILE",
    }
    words = " ".join(str(error).split()).rstrip(".")
    words = words[:1].lower() + words[1:]
    if kind in hints or "Credential" in kind or "Token" in kind or "SSO" in kind:
        return UserError(f"{what} was not read: {words}", code="DD656", hint=hints.get(kind))
    if kind == "ParamValidationError":
        return UserError(f"AWS takes no such name: {what}", code="DD652", hint="check the name")
    return TransientError(f"AWS cannot be reached, so {what} was not read: {words}", code="DD654")


def _text(answer: Mapping[str, Any], what: str) -> str:
    if "SecretString" in answer:
        return str(answer["SecretString"])
    try:
        return bytes(answer["SecretBinary"]).decode("utf-8")
    except UnicodeDecodeError:
        raise UserError(f"{what} is not UTF-8 text", code="DD655") from None


def _value_of(key: str, text: str, what: str) -> str:
    """Return the value of `key` in the JSON object `text`; no error holds anything but names of keys."""
    try:
        document = json.loads(text)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise UserError(
            f"{what} is no JSON object, so it has no key `{key}`",
            code="DD655",
            hint="leave out `#` and the key to take the whole text",
        )
    if key not in document:
        known = ", ".join(f"`{name}`" for name in list(document)[:_LISTED_KEYS])
        raise UserError(
            f"{what} has no key `{key}`",
            code="DD655",
            hint=did_you_mean(key, document) or (f"it has {known}" if known else None),
        )
    value = document[key]
    if value is None or isinstance(value, dict | list):
        raise UserError(f"the key `{key}` of {what} holds no single value", code="DD655")
    return value if isinstance(value, str) else json.dumps(value)
