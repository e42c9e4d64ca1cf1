"""Asking the SDK: its warnings that say nothing are dropped, its errors become qfusion's."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from qfusion_core import QfusionError, Refused, Transient
from qfusion_ibm.snapshots import not_installed
from qfusion_ibm.transpiled_circuit import known_warnings

# what code that reads a reply raises where it is another
_READING = (KeyError, IndexError, TypeError, AttributeError, json.JSONDecodeError)
# what the SDK says of a network that is down, and of a service that is
_NO_TOKEN = "Unable to retrieve IBM Cloud access token"
_INSTANCES = "Unable to retrieve instances"
_PASSING = (_NO_TOKEN, "No backend matches")


def refuse_certificate(error: BaseException | None) -> None:
    """Say so where TLS has failed: the SDK says `check your token` of it.

    Raises:
        Refused: A certificate is not valid; this does not pass by itself.
    """
    from requests.exceptions import SSLError

    while error is not None:
        if isinstance(error, SSLError):
            raise Refused(
                f"no secure connection to IBM Cloud: {error}",
                next_step="name your proxy's or network's certificate in REQUESTS_CA_BUNDLE",
            ) from None
        error = error.__cause__ or error.__context__


@contextmanager
def translated_errors(*, reads: bool = False) -> Iterator[None]:
    """Everything that the SDK raises becomes one of qfusion's errors.

    Args:
        reads: Whether a reply is read, so that what is not the SDK's own error means one that
            cannot be.

    Raises:
        Transient: A fault that passes; of requests to the service, see
            `qfusion_ibm.no_retry_transport`.
        Refused: All else.
    """
    with known_warnings():
        # where it gets no access token, the SDK warns and sends the API key itself instead
        warnings.filterwarnings("error", _NO_TOKEN)
        # said each time that a job is sent: the preflight says it, too
        warnings.filterwarnings("ignore", "The backend .* currently has a status of", UserWarning)
        try:
            yield
        except QfusionError:
            raise
        except ImportError as error:
            raise not_installed(error) from None
        except Exception as error:  # the SDK has a dozen bases, and leaks those of others
            refuse_certificate(error)
            own = type(error).__module__.startswith("qiskit")
            text = " ".join(str(error).split()) or type(error).__name__
            text = _unquoted(text) if own else text
            if text.startswith(_INSTANCES):
                # the SDK adds that the token may not be valid, whatever went wrong
                raise Transient(f"{_INSTANCES} of this account from IBM Cloud") from None
            if _network(error) or text.startswith(_PASSING):
                raise Transient(text) from None
            if reads and isinstance(error, _READING):
                # a page of somebody's instead of IBM's reply, half of one, or nothing yet
                raise Transient(
                    f"the reply of IBM cannot be read ({type(error).__name__}: {text})"
                ) from None
            # the SDK's own speak for themselves; a bare KeyError does not
            raise Refused(text if own else f"{type(error).__name__}: {text}") from None


def _unquoted(text: str) -> str:
    """The SDK's own errors come as Python writes a text."""
    quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "'\""
    return text[1:-1] if quoted else text


def _network(error: BaseException | None) -> bool:
    """Whether a network is behind it: the SDK has errors of its own for a reply that breaks off."""
    from requests import RequestException

    while error is not None:
        if isinstance(error, RequestException) and error.response is not None:
            return False
        if isinstance(error, OSError):
            return True
        error = error.__cause__ or error.__context__
    return False
