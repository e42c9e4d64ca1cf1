"""Asking the SDK: its warnings that say nothing are dropped, its errors become qfusion's."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from qfusion_core import InputError, QfusionError, Refused, Transient
from qfusion_ibm.snapshots import INSTALL
from qfusion_ibm.template import known_warnings

_NO_TOKEN = "Unable to retrieve IBM Cloud access token"
# what the SDK says of a network that is down, and of a service that is
_PASSING = (_NO_TOKEN, "Unable to retrieve instances", "No backend matches")


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
def asking() -> Iterator[None]:
    """Everything that the SDK raises becomes one of qfusion's errors.

    Raises:
        Transient: A fault that passes; of requests to the service, see `qfusion_ibm.transport`.
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
            raise InputError(f"ibm: {INSTALL} ({error})") from None
        except Exception as error:  # the SDK has a dozen bases, and leaks those of others
            refuse_certificate(error)
            said = " ".join(str(error).split()).strip("'") or type(error).__name__
            if isinstance(error, OSError) or said.startswith(_PASSING):
                raise Transient(said) from None
            # the SDK's own speak for themselves; a bare KeyError does not
            own = type(error).__module__.startswith("qiskit")
            raise Refused(said if own else f"{type(error).__name__}: {said}") from None
