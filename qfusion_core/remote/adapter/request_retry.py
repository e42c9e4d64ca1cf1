"""Asking a provider: faults that pass are retried, secrets are kept out of what is said."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol, TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception_type
from tenacity.wait import wait_exponential, wait_random

from qfusion_core.errors import QfusionError
from qfusion_core.printable import one_line
from qfusion_core.remote.adapter.binding import Binding
from qfusion_core.remote.errors import RemoteError, Transient, Unreadable
from qfusion_core.remote.options import RemoteOptions
from qfusion_core.remote.secrecy import Secrecy
from qfusion_core.storage.user_key import to_hide

Answer = TypeVar("Answer")
_READS = 3  # of a result that is not what was asked for; more tell nothing
_MOST, _SAID = 20_000, 240  # characters that are looked through for secrets, and that are shown
_CUT = 2_000  # left out where more were said: half a secret may be there


class RetryingCaller:
    """Asks for one backend.

    Args:
        backend: Its name, for errors.
        options: How often to try, and how long to wait in between.
        secrets: What never appears in an error or in the journal, as it is now.
    """

    def __init__(
        self, backend: str, options: RemoteOptions, secrets: Callable[[], Iterable[str]]
    ) -> None:
        self._backend, self._options = backend, options
        self._secrecy = Secrecy(secrets)

    def __call__(
        self, request: Callable[[], Answer], *, job_id: str | None = None, next_step: str = ""
    ) -> Answer:
        """The answer to a request.

        Args:
            request: Tried again, with growing and jittered waits, while it raises `Transient`, and
                a few times where it raises `Unreadable`.
            job_id: The job in question, for errors.
            next_step: What the user can do when it fails, for errors.

        Raises:
            RemoteError: What the adapter raised, with backend, job and next step.
        """
        retrying = Retrying(
            retry=retry_if_exception_type((Transient, Unreadable)),
            stop=self._enough,
            wait=self._wait,
            reraise=True,
        )
        try:
            return retrying(request)
        except RemoteError as error:
            error.reason, error.next_step = self.hide(error.reason), self.hide(error.next_step)
            if isinstance(error, Transient):
                error.reason += f" ({self._options.tries} tries)"
            error.args = (error.reason,)
            # an SDK's own exception may quote the request with its secrets: nobody gets hold of it
            error.__context__ = None
            raise error.about(self._backend, job_id, next_step) from None
        except Exception as error:  # the adapter's, or its SDK's, own
            said = str(error)
            harmless = self.hide(said) == one_line(said, _SAID)
            if harmless and job_id is None:
                raise
            name = "" if isinstance(error, QfusionError) else f"{type(error).__name__}: "
            hidden = RemoteError(name + self.hide(said))
            cause = error if harmless else None  # for whoever writes the adapter
        raise hidden.about(self._backend, job_id, next_step) from cause

    def hide(self, text: str) -> str:
        """A text without the secrets, on one line, then cut where it is long."""
        text = str(text)  # an adapter may have put anything there
        hidden = self._secrecy.hide(text[:_MOST])
        return one_line(hidden if len(text) <= _MOST else hidden[:-_CUT], _SAID)

    def hide_bytes(self, raw: bytes) -> bytes:
        """Raw data without the secrets."""
        return self._secrecy.hide_bytes(raw)

    def _enough(self, state: RetryCallState) -> bool:
        most = self._options.tries
        if state.outcome and isinstance(state.outcome.exception(), Unreadable):
            most = min(most, _READS)
        return state.attempt_number >= most

    def _wait(self, state: RetryCallState) -> float:
        first, most = self._options.poll_seconds, self._options.poll_seconds_max
        wait = wait_exponential(first, max=most)(state) + wait_random(0, first)(state)
        error = state.outcome.exception() if state.outcome else None
        asked = error.retry_after if isinstance(error, Transient) else None
        return max(wait, min(asked or 0.0, 10 * most))


class Provided(Protocol):
    """What is looked at of an adapter."""

    @property
    def bound(self) -> Binding:
        """For the backend's name."""

    @property
    def options(self) -> RemoteOptions:
        """How often to try, and how long to wait in between."""

    def secrets(self) -> Iterable[str]:
        """What is never shown."""


def retrying_caller(device: Provided) -> RetryingCaller:
    """For requests to a device's provider."""
    return RetryingCaller(
        device.bound.backend, device.options, lambda: [*device.secrets(), *to_hide()]
    )
