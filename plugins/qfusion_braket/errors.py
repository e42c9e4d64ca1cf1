"""Asking AWS: what boto raises becomes one of qfusion's errors, with what to do next."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from qfusion_core import (
    InputError,
    QfusionError,
    Refused,
    RemoteError,
    SubmitUncertain,
    Transient,
    Unreadable,
    retry_after,
)

INSTALL = 'the Amazon Braket SDK is not installed; pip install "qfusion[braket]"'
SIGN_IN = (
    "check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (and AWS_SESSION_TOKEN), or log in with "
    "`aws configure` or `aws sso login`"
)
_NEXT = {
    "UnrecognizedClientException": SIGN_IN,
    "InvalidClientTokenId": SIGN_IN,
    "InvalidAccessKeyId": SIGN_IN,
    "InvalidSignatureException": SIGN_IN,
    "SignatureDoesNotMatch": SIGN_IN,
    "ExpiredToken": f"the session is over: {SIGN_IN}",
    "ExpiredTokenException": f"the session is over: {SIGN_IN}",
    "AccessDenied": "allow {operation} to this user or role in IAM",
    "AccessDeniedException": "allow {operation} to this user or role in IAM",
    "ServiceQuotaExceededException": "wait until tasks have ended, lower max_parallel, or ask for "
    "more in AWS's Service Quotas",
    "DeviceOfflineException": "send it when the device is online (`qfusion backends --check`), or "
    "choose another",
    "DeviceRetiredException": "choose another device",
    "ResourceNotFoundException": "check device and region in backends.yaml",
    "NoSuchBucket": "check s3 in backends.yaml; the bucket must be in the region of the device",
    "NoSuchKey": "if the results were deleted or moved, put them back",
}
_CLOCK = "set this machine's clock: AWS refuses what was signed at another time"
_LATE = ("RequestTimeTooSkewed", "RequestExpired")
# replies of a gateway, or that do not say that a task was not taken
_DOUBTFUL, _UNANSWERED = (408, 409, 425, 499), (408, 425, 499)
_PASSING = ("throttl", "toomanyrequests", "slowdown", "requestlimitexceeded")


@contextmanager
def translated_errors(*, submits: bool = False, describes: bool = False) -> Iterator[None]:
    """Everything that boto and the SDK raise becomes one of qfusion's errors.

    Secrets that are quoted are taken out by the core, which asks `RemoteDevice.secrets`.

    Args:
        submits: Whether a task may have been accepted when no clear reply comes back.
        describes: Whether a description of a device is asked for: one that cannot be read is not
            asked for as long as a reply that does not come.

    Raises:
        Transient: A fault that passes.
        Unreadable: A description cannot be read.
        SubmitUncertain: A task may have been accepted.
        Refused: All else.
    """
    try:
        yield
    except QfusionError:
        raise
    except ImportError as error:
        raise InputError(f"braket: {INSTALL} ({error})") from None
    except Exception as error:  # boto's have several bases; the SDK leaks those of others
        raise _error(error, submits, describes) from None


def _error(error: Exception, submits: bool, describes: bool) -> RemoteError:
    from botocore import exceptions as boto

    doubt = SubmitUncertain if submits else Transient
    text = " ".join(str(error).split()) or type(error).__name__
    match error:
        case boto.ClientError():
            return _answered(error.response, error.operation_name, doubt)
        case boto.SSLError():
            return Refused(
                f"no secure connection to AWS: {text}",
                next_step="name your proxy's or network's certificate in AWS_CA_BUNDLE",
            )
        case (
            boto.EndpointConnectionError()
            | boto.ConnectTimeoutError()
            | boto.ProxyConnectionError()
        ):
            return Transient(f"AWS cannot be reached: {text}")
        case boto.HTTPClientError() | boto.ConnectionError() | boto.IncompleteReadError():
            return doubt(f"no reply from AWS: {text}")
        case (
            boto.NoCredentialsError()
            | boto.PartialCredentialsError()
            | boto.CredentialRetrievalError()
            | boto.TokenRetrievalError()
            | boto.UnauthorizedSSOTokenError()
            | boto.SSOTokenLoadError()
        ):
            return Refused(f"AWS credentials: {text}", next_step=SIGN_IN)
        case OSError():
            return doubt(text)
        case boto.ParamValidationError():
            return Refused(text)
        case boto.BotoCoreError():
            return (doubt if submits else Refused)(f"{type(error).__name__}: {text}")
        case _:  # a page of somebody's instead of AWS's reply, or half of one
            problem = f"the reply of AWS cannot be read ({type(error).__name__}: {text})"
            return Unreadable(problem) if describes else doubt(problem)


def _answered(
    reply: dict[str, Any], operation: str, doubt: type[SubmitUncertain] | type[Transient]
) -> RemoteError:
    """The error that AWS's refusal stands for."""
    error, meta = reply.get("Error", {}), reply.get("ResponseMetadata", {})
    code, status = str(error.get("Code", "")), int(meta.get("HTTPStatusCode", 0))
    label = f"{code} ({status})" if code and code != str(status) else f"HTTP status {status}"
    text = f"{label} from {operation}: {' '.join(str(error.get('Message') or '').split())}"
    text = text.removesuffix(": ")
    if failures := reply.get("programSetValidationFailures"):
        text += f"; first failure: {failures[0]}"
    lowered = code.lower()
    if status == 429 or any(word in lowered for word in _PASSING):
        wait = meta.get("HTTPHeaders", {}).get("retry-after", "")
        return Transient(text, retry_after=retry_after(wait))
    unclear = _DOUBTFUL if doubt is SubmitUncertain else _UNANSWERED
    if status < 400 or status >= 500 or status in unclear or code == "RequestTimeout":
        return doubt(text)
    if code in _LATE or any(word in text for word in ("Signature expired", "not yet current")):
        return Refused(text, next_step=_CLOCK)
    return Refused(text, next_step=_NEXT.get(code, "").format(operation=operation))
