"""Asking a provider: faults that pass are retried, secrets are kept out of what is said."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from pydantic import SecretStr
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt
from tenacity.wait import wait_exponential, wait_random

from qfusion_core.options import Credentials
from qfusion_core.remote.errors import RemoteError, Transient
from qfusion_core.remote.options import RemoteOptions

Answer = TypeVar("Answer")


class Asking:
    """Asks for one backend.

    Args:
        backend: Its name, for errors.
        options: How often to try, and how long to wait in between.
        credentials: Whose secrets never appear in an error or in the journal.
    """

    def __init__(
        self, backend: str, options: RemoteOptions, credentials: Credentials | None
    ) -> None:
        self._backend, self._options = backend, options
        values = [] if credentials is None else [value for _, value in credentials]
        secrets = (v.get_secret_value() for v in values if isinstance(v, SecretStr))
        self._secrets = [secret for secret in secrets if secret]

    def __call__(
        self, request: Callable[[], Answer], *, job_id: str | None = None, next_step: str = ""
    ) -> Answer:
        """The answer to a request.

        Args:
            request: Tried again, with growing and jittered waits, while it raises `Transient`.
            job_id: The job in question, for errors.
            next_step: What the user can do when it fails, for errors.

        Raises:
            RemoteError: What the adapter raised, with backend, job and next step.
        """
        retrying = Retrying(
            retry=retry_if_exception_type(Transient),
            stop=stop_after_attempt(self._options.tries),
            wait=self._wait,
            reraise=True,
        )
        try:
            return retrying(request)
        except RemoteError as error:
            error.reason, error.next_step = self.hide(error.reason), self.hide(error.next_step)
            error.args = (error.reason,)
            if isinstance(error, Transient):
                error.reason += f" ({self._options.tries} tries)"
            # from None: an SDK's own exception may quote the request with its secrets
            raise error.about(self._backend, job_id, next_step) from None
        except Exception as error:  # the adapter's, or its SDK's, own
            if self.hide(str(error)) == str(error):
                raise
            hidden = f"{type(error).__name__}: {self.hide(str(error))}"
            raise RemoteError(hidden).about(self._backend, job_id, next_step) from None

    def hide(self, text: str) -> str:
        """A text without the secrets."""
        for secret in self._secrets:
            text = text.replace(secret, "(hidden)")
        return text

    def hide_bytes(self, raw: bytes) -> bytes:
        """Raw data without the secrets."""
        for secret in self._secrets:
            raw = raw.replace(secret.encode(), b"(hidden)")
        return raw

    def _wait(self, state: RetryCallState) -> float:
        first, most = self._options.poll_seconds, self._options.poll_seconds_max
        wait = wait_exponential(first, max=most)(state) + wait_random(0, first)(state)
        error = state.outcome.exception() if state.outcome else None
        asked = error.retry_after if isinstance(error, Transient) else None
        return max(wait, min(asked or 0.0, 10 * most))
