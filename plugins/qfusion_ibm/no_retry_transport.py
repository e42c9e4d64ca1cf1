"""Requests to IBM's service: each is sent once, and says what became of it.

A reply that is not IBM's own, such as a gateway's 408, tells nothing of what became of a job.

The SDK repeats a POST up to five times on 5xx (qiskit_ibm_runtime/api/session.py,
PostForcelistRetry): a job could be bought as often behind the journal. Here nothing is repeated:
the core does that, after it has asked whether the job is there.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from pydantic import SecretStr
from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter
from requests.exceptions import ConnectionError as NoConnection
from requests.exceptions import ConnectTimeout, RequestException
from urllib3.exceptions import NewConnectionError

from qfusion_core import Refused, SubmitUncertain, Transient, retry_after
from qfusion_ibm.execution_modes import nothing

_CONNECT = 10.0  # seconds
_DOUBTFUL = (408, 409, 425, 499)  # replies that do not say that a job was not taken
_PASSING = (408, 425, 499)


class NoRetryAdapter(HTTPAdapter):
    """Carries requests of one client.

    Args:
        seconds: Longest wait for the next part of a reply.

    Attributes:
        posted: A job was sent since this was last set to False, and may have been taken.
        before_post: Called with the body of the request right before a job is sent; what it raises
            keeps it from being sent.
        tokens: What requests have carried lately: secrets that IBM gave out.
    """

    def __init__(self, seconds: float) -> None:
        super().__init__(max_retries=0)
        self.posted, self._timeout = False, (_CONNECT, seconds)
        self.before_post: Callable[..., None] = nothing
        self.tokens: deque[SecretStr] = deque(maxlen=3)

    def send(self, request: PreparedRequest, *arguments: Any, **options: Any) -> Response:
        """See `requests.adapters.HTTPAdapter`.

        Raises:
            Transient: It had no effect, or may be repeated.
            SubmitUncertain: A job that may have been taken.
            Refused: IBM said no; or a session, which bills its time, may be open without our
                knowing it.
        """
        submits = request.method == "POST" and request.path_url.endswith("/jobs")
        self._note_token(request)
        if submits:
            body = request.body or b""
            self.before_post(body if isinstance(body, bytes) else body.encode())
            self.posted = True
        options["timeout"] = self._timeout  # the SDK sets none, or a quarter of an hour
        doubt = SubmitUncertain if submits else _may_be_open if _bills(request) else Transient
        try:
            reply = super().send(request, *arguments, **options)
            _ = reply.content  # here, where it is known what a reply that breaks off may mean
        except RequestException as error:
            if isinstance(error, ConnectTimeout) or _not_connected(error):
                self.posted &= not submits
                doubt = Transient
            raise doubt(f"no reply from {request.method} {_path(request)}: {error}") from None
        if reply.ok:
            return reply
        answer = f"{reply.status_code} {reply.reason} from {request.method} {_path(request)}"
        if reply.status_code >= 500 or reply.status_code in (_DOUBTFUL if submits else _PASSING):
            raise doubt(f"{answer}: {_text(reply)}")
        self.posted &= not submits
        if reply.status_code == 429:
            raise Transient(
                f"{answer}: {_text(reply)}",
                retry_after=retry_after(reply.headers.get("Retry-After", "")),
            )
        if reply.status_code == 401:
            raise Refused(
                f"{answer}: IBM does not accept the token",
                next_step="check QISKIT_IBM_TOKEN (an API key) and QISKIT_IBM_INSTANCE",
            )
        if submits:
            raise Refused(f"{answer}: {_text(reply)}")
        return reply  # the SDK raises, with the status

    def _note_token(self, request: PreparedRequest) -> None:
        header = request.headers.get("Authorization") or ""
        token = (header if isinstance(header, str) else header.decode()).partition(" ")[2]
        if token and SecretStr(token) not in self.tokens:
            self.tokens.append(SecretStr(token))


def _bills(request: PreparedRequest) -> bool:
    """Whether it opens a session. A batch bills its jobs only."""
    opens = request.method == "POST" and request.path_url.endswith("/sessions")
    body = request.body or b""
    return opens and b"dedicated" in (body if isinstance(body, bytes) else body.encode())


def _may_be_open(answer: str) -> Refused:
    return Refused(
        f"{answer}: a session may be open, and bill its time",
        next_step="close it in IBM's list of workloads, or wait until IBM does",
    )


def _path(request: PreparedRequest) -> str:
    path: str = request.path_url
    return path.split("?")[0]


def _text(reply: Response) -> str:
    return " ".join(reply.text.split())  # the core cuts it, once it is clean


def _not_connected(error: RequestException) -> bool:
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    return isinstance(error, NoConnection) and isinstance(reason, NewConnectionError)
