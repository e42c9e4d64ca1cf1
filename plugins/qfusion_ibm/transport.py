"""Requests to IBM's service: each is sent once, and says what became of it.

The SDK repeats a POST up to five times on 5xx (qiskit_ibm_runtime/api/session.py,
PostForcelistRetry): a job could be bought as often behind the journal. Here nothing is repeated:
the core does that, after it has asked whether the job is there.
"""

from __future__ import annotations

from typing import Any

from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter
from requests.exceptions import ConnectionError as NoConnection
from requests.exceptions import ConnectTimeout, RequestException
from urllib3.exceptions import NewConnectionError

from qfusion_core import Refused, SubmitUncertain, Transient

_TIMEOUT = (10.0, 120.0)  # seconds to connect, and between two pieces of a reply


class Once(HTTPAdapter):
    """Carries requests of one client.

    Attributes:
        posted: A job was sent since this was last set to False, and may have been taken.
    """

    def __init__(self) -> None:
        super().__init__(max_retries=0)
        self.posted = False

    def send(self, request: PreparedRequest, *arguments: Any, **options: Any) -> Response:
        """See `requests.adapters.HTTPAdapter`.

        Raises:
            Transient: It had no effect, or may be repeated.
            SubmitUncertain: A job that may have been taken.
            Refused: IBM said no.
        """
        submits = request.method == "POST" and request.path_url.endswith("/jobs")
        self.posted |= submits
        options["timeout"] = _TIMEOUT  # the SDK sets none, or a quarter of an hour
        doubt = SubmitUncertain if submits else Transient
        try:
            reply = super().send(request, *arguments, **options)
        except RequestException as error:
            if isinstance(error, ConnectTimeout) or _not_connected(error):
                self.posted &= not submits
                doubt = Transient
            raise doubt(f"no reply from {request.method} {_place(request)}: {error}") from None
        if reply.ok:
            return reply
        said = f"{reply.status_code} {reply.reason} from {request.method} {_place(request)}"
        if reply.status_code >= 500:
            raise doubt(f"{said}: {_text(reply)}")
        self.posted &= not submits
        if reply.status_code == 429:
            raise Transient(f"{said}: {_text(reply)}", retry_after=_seconds(reply))
        if reply.status_code == 401:
            raise Refused(
                f"{said}: IBM does not accept the token",
                next_step="check QISKIT_IBM_TOKEN (an API key) and QISKIT_IBM_INSTANCE",
            )
        if submits:
            raise Refused(f"{said}: {_text(reply)}")
        return reply  # the SDK raises, with the status


def _place(request: PreparedRequest) -> str:
    return request.path_url.split("?")[0]


def _text(reply: Response) -> str:
    return " ".join(reply.text.split())[:300]


def _seconds(reply: Response) -> float | None:
    text = reply.headers.get("Retry-After", "")
    return float(text) if text.replace(".", "", 1).isdigit() else None


def _not_connected(error: RequestException) -> bool:
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    return isinstance(error, NoConnection) and isinstance(reason, NewConnectionError)
