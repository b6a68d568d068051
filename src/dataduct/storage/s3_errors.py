"""What an S3 endpoint's refusals mean, in words for the user."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import botocore.exceptions as boto

from dataduct.errors import RunError, TerminalError, TransientError

LOST = (boto.HTTPClientError, boto.IncompleteReadError)
"""What botocore raises when a connection is lost, or ends before all promised bytes were there."""

_DENIED = {
    "AccessDenied": "access is denied",
    "AllAccessDisabled": "access is disabled",
    "Forbidden": "access is denied",
    "403": "access is denied",
    "401": "access is denied",
    "AccountProblem": "there is a problem with the account",
    "InvalidAccessKeyId": "the access key is unknown there",
    "SignatureDoesNotMatch": "the secret does not belong to the access key",
    "ExpiredToken": "the session token has expired",
    "ExpiredTokenException": "the session token has expired",
    "TokenRefreshRequired": "the session token has expired",
    "InvalidToken": "the session token is wrong",
    "InvalidSecurity": "the credentials are wrong",
    "NotSignedUp": "the account has not signed up for S3",
    "AuthFailure": "the credentials are wrong",
}
_REGION = {
    "PermanentRedirect",
    "TemporaryRedirect",
    "AuthorizationHeaderMalformed",
    "IllegalLocationConstraintException",
    "301",
    "307",
}
_THROTTLED = {
    "SlowDown",
    "Throttling",
    "ThrottlingException",
    "RequestLimitExceeded",
    "TooManyRequestsException",
    "503",
    "ServiceUnavailable",
}
_TRANSIENT = {
    "InternalError",
    "RequestTimeout",
    "RequestTimeoutException",
    "OperationAborted",
    "500",
    "502",
    "504",
    "BadDigest",
    "IncompleteBody",
    "ConditionalRequestConflict",
    "XAmzContentSHA256Mismatch",
}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Who answers, for messages.

    Attributes:
        bucket: The bucket that is used.
        address: The endpoint as the user knows it.
        terminal: The class of errors that trying again cannot help.
    """

    bucket: str
    address: str
    terminal: type[TerminalError]


@contextmanager
def s3_errors(action: str, endpoint: Endpoint) -> Iterator[None]:
    """Raise what botocore raises in the block as the error it means; `action` is such as `read s3://bucket/key`."""
    try:
        yield
    except (boto.ClientError, boto.BotoCoreError) as error:
        raise s3_error(error, action, endpoint) from error


def error_code(error: boto.ClientError) -> str:
    """Return the code of an answer (`NoSuchKey`), or its HTTP status where it has none."""
    code = str(error.response.get("Error", {}).get("Code") or "")
    return code or str(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", ""))


def s3_error(error: Exception, action: str, endpoint: Endpoint) -> RunError:
    """Return the error to raise when `action` failed with what botocore raised."""
    if isinstance(error, boto.ClientError):
        return _refusal(error, action, endpoint)
    terminal = endpoint.terminal
    if isinstance(error, boto.SSLError):
        return terminal(
            f"cannot {action}: TLS with {endpoint.address} failed: {_reason(error)}",
            code="DD851",
            hint="check the certificate of the server, `endpoint_url`, and AWS_CA_BUNDLE",
        )
    if isinstance(error, boto.EndpointConnectionError | boto.ConnectTimeoutError | boto.ProxyConnectionError):
        return TransientError(
            f"cannot {action}: {endpoint.address} cannot be reached",
            code="DD851",
            hint="check `endpoint_url`, `region` and the network",
        )
    if isinstance(error, LOST):
        return TransientError(
            f"cannot {action}: the connection to {endpoint.address} was lost ({type(error).__name__})",
            code="DD856",
        )
    if isinstance(
        error, boto.NoCredentialsError | boto.PartialCredentialsError | boto.CredentialRetrievalError
    ):
        return terminal(
            f"cannot {action}: there are no credentials for {endpoint.address}",
            code="DD853",
            hint="set `access_key_id` and `secret_access_key`, `profile`, or the environment that AWS tools read",
        )
    return terminal(
        f"cannot {action}: {_reason(error)}", code="DD857", hint="check the settings of the bucket"
    )


def _refusal(error: boto.ClientError, action: str, endpoint: Endpoint) -> RunError:
    code = error_code(error)
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    terminal = endpoint.terminal
    if code == "NoSuchBucket":
        return terminal(
            f"cannot {action}: {endpoint.address} has no bucket `{endpoint.bucket}`",
            code="DD852",
            hint="check the bucket's name, and `endpoint_url` and `region`",
        )
    if code in _DENIED:
        return terminal(
            f"cannot {action}: {_DENIED[code]}",
            code="DD853",
            hint="check the credentials, and that they may list, read, write and delete in this bucket",
        )
    if code in _REGION:
        return _wrong_region(error, action, endpoint)
    if code == "RequestTimeTooSkewed":
        return terminal(
            f"cannot {action}: the clock of this machine differs from the clock of {endpoint.address}",
            code="DD855",
            hint="set this machine's clock; it may differ by 15 minutes at most",
        )
    if code in _THROTTLED:
        return TransientError(
            f"cannot {action}: {endpoint.address} is overloaded ({code})",
            code="DD856",
            hint="it was tried several times; run again later, or with fewer `workers`",
        )
    if code in _TRANSIENT or (status >= 500 and code != "NotImplemented"):
        return TransientError(f"cannot {action}: {endpoint.address} failed ({code})", code="DD856")
    return terminal(
        f"cannot {action}: {endpoint.address} refuses it: {_words(error) or code}",
        code="DD857",
        hint="the words are the server's own",
    )


def _wrong_region(error: boto.ClientError, action: str, endpoint: Endpoint) -> RunError:
    answer = error.response
    headers = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    details: dict[str, object] = dict(answer.get("Error", {}))
    region = headers.get("x-amz-bucket-region") or details.get("Region") or details.get("BucketRegion")
    return endpoint.terminal(
        f"cannot {action}: bucket `{endpoint.bucket}` is in another region"
        + (f", {region}" if region else ""),
        code="DD854",
        hint=f"set `region: {region}`" if region else "set `region` to the bucket's region",
    )


def _words(error: boto.ClientError) -> str:
    return " ".join(str(error.response.get("Error", {}).get("Message", "")).split())[:300]


def _reason(error: Exception) -> str:
    return " ".join(str(error).split())[:300]
