"""IBM's service as REST: log-in, instances, machine, jobs, results, sessions."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from functools import cache
from typing import Any
from urllib.parse import parse_qs

import numpy as np

from faults import ibm_executor, ibm_wire
from faults.ibm_machine import MACHINE, described
from faults.machine import FINAL, Job, Machine, Reply, Request

KEY = "ApiKey-7fe2c1d0bEc4x9-as-long-as-a-real-one-is"
INSTANCE = (
    "crn:v1:bluemix:public:quantum-computing:us-east:a/0:11111111-2222-3333-4444-555555555555::"
)
OTHER_INSTANCE = INSTANCE.replace("1111", "9999")
SHOTS = 1000
_WORDS = {
    "queued": "Queued", "running": "Running", "done": "Completed", "failed": "Failed",
    "cancelled": "Cancelled",
}  # fmt: skip


class IBM(Machine):
    """The service.

    Attributes:
        quantum_seconds: That it tells of each job.
    """

    def __init__(self) -> None:
        super().__init__()
        self.quantum_seconds: Any = 2
        self.key = KEY
        self._exact: dict[str, np.ndarray] = {}
        claims = {"iat": int(time.time()), "exp": int(time.time()) + 3600}
        parts = [_base64(json.dumps(each)) for each in ({"alg": "HS256", "typ": "JWT"}, claims)]
        signature = hmac.digest(b"nobody checks it", ".".join(parts).encode(), "sha256")
        self.token = ".".join([*parts, _base64(signature)])

    def operation_of(self, request: Request) -> tuple[str, int | None]:
        """See `Machine`."""
        if request.host.startswith("iam.") or request.steps[-2:] == ["identity", "token"]:
            return "login", None
        for host, name in (("api.global-search", "search"), ("globalcatalog.", "catalog")):
            if request.host.startswith(host):
                return name, None
        match request.method, [step for step in request.steps if step not in ("api", "v1")]:
            case _, ["backends"]:
                return "backends", None
            case _, ["backends", _, "status"]:
                return "machine", None
            case _, ["backends", _, what]:
                return what, None
            case _, ["instances", "usage"]:
                return "usage", None
            case "POST", ["jobs"]:
                return "submit", len(self.jobs)
            case "GET", ["jobs"]:
                return "find", None
            case _, ["jobs", job_id]:
                return "status", self.number_of(job_id)
            case _, ["jobs", job_id, what]:
                return what, self.number_of(job_id)
            case method, ["sessions", *_]:
                return {"POST": "open", "GET": "session"}.get(method, "close"), None
            case "POST", ["v3", "resources", "search"]:
                return "search", None
        return "other", None

    def reply(self, operation: str, request: Request) -> Reply:
        """See `Machine`."""
        if operation not in ("login", "search", "catalog"):
            given = request.headers.get("Authorization", "")
            if given != f"Bearer {self.token}":
                return self.refusal(operation, 401, "no such token")
        work: Callable[[Request], Any] | None = getattr(self, f"_{operation}", None)
        if work is None and operation in ("configuration", "properties"):
            return _json(described(operation))
        if work is None:
            return self.refusal(operation, 404, "no such place")
        with self.lock:
            made = work(request)
        return made if isinstance(made, Reply) else _json(made)

    def refusal(self, operation: str, status: int, text: str) -> Reply:
        """See `Machine`."""
        said = f"{text or f'error {status} of the service'}{self.echo}"
        error = {"code": 1000 + status, "message": said}
        document = {"error": error, "errors": [error], "errorMessage": said}
        headers = {"Retry-After": "0.01"} if status == 429 else {}
        return Reply(status, json.dumps(document).encode(), headers=headers)

    def exact(self, job: Job) -> np.ndarray:
        """See `Machine`."""
        if job.content not in self._exact:
            params = job.sent["params"]
            measured = _gives_bits(job.sent)
            self._exact[job.content] = (
                ibm_executor.exact(params) if measured else ibm_wire.exact(ibm_wire.read(params))
            )
        return self._exact[job.content]

    def _login(self, request: Request) -> Any:
        if parse_qs(request.body.decode()).get("apikey") != [self.key]:
            return self.refusal("login", 400, "Provided API key could not be found.")
        now = int(time.time())
        return {"access_token": self.token, "refresh_token": "none", "token_type": "Bearer",
                "expires_in": 3600, "expiration": now + 3600}  # fmt: skip

    def _search(self, request: Request) -> Any:
        found = [("lab", INSTANCE), ("other", OTHER_INSTANCE)]
        more = {"service_plan_unique_id": "open", "tags": []}
        doc = {"extensions": {"backends": [MACHINE]}}
        return {"items": [{"crn": crn, "name": name, "doc": doc, **more} for name, crn in found]}

    def _catalog(self, request: Request) -> Any:
        return {"overview_ui": {"en": {"display_name": "Open"}},
                "metadata": {"pricing": {"type": "free"}}}  # fmt: skip

    def _backends(self, request: Request) -> Any:
        device = {"name": MACHINE, "qubits": 5, "queue_length": 3, "status": {"name": "online"}}
        return {"devices": [device]}

    def _machine(self, request: Request) -> Any:
        return {"state": True, "status": "active", "length_queue": 3, "backend_version": "1.2.6"}

    def _usage(self, request: Request) -> Any:
        return {"usage_consumed_seconds": 1}

    def _submit(self, request: Request) -> Any:
        body, number = json.loads(request.body), len(self.jobs)
        tag = next((each for each in body.get("tags", []) if each.startswith("qf-")), "")
        content = (ibm_executor if _gives_bits(body) else ibm_wire).digest(body["params"])
        made = Job(number, f"ibmjob{number:02d}", tag, content, _instance(request),
                   time.monotonic(), body)  # fmt: skip
        self.jobs.append(made)
        return {"id": made.id, "backend": body["backend"]}

    def _find(self, request: Request) -> Any:
        wanted = request.query.get("tags", [])
        found = [
            self._told(job)
            for job in self.listed()
            if job.account == _instance(request) and set(wanted) <= set(job.sent["tags"])
        ]
        return {"jobs": found, "count": len(found), "limit": 10, "offset": 0}

    def _told(self, job: Job) -> Any:
        state: dict[str, Any] = {"status": _WORDS[self.state(job)]}
        if self.state(job) == "failed":
            state |= {"reason": "the machine broke down", "reason_code": 9999}
        return {
            "id": job.id, "backend": job.sent["backend"], "tags": job.sent.get("tags", []),
            "program": {"id": job.sent["program_id"]}, "state": state, "status": state["status"],
        }  # fmt: skip

    def _of(self, request: Request, place: int = -2) -> Job | None:
        return self.known(request.steps[place], _instance(request))

    def _status(self, request: Request) -> Any:
        job = self._of(request, -1)
        return self.refusal("status", 404, "Job not found") if job is None else self._told(job)

    def _results(self, request: Request) -> Any:
        job = self._of(request)
        if job is None:
            return self.refusal("results", 404, "Job not found")
        if self.state(job) != "done":
            return Reply(204, b"")
        if _gives_bits(job.sent):
            params = job.sent["params"]
            return ibm_executor.result(params, ibm_executor.drawn(params, job.number))
        values = self.exact(job)
        errors = np.sqrt((1 - values**2).clip(0) / SHOTS)
        drawn = values + errors * np.random.default_rng(job.number).standard_normal(values.shape)
        return ibm_wire.result(drawn.clip(-1, 1), errors, SHOTS)

    def _metrics(self, request: Request) -> Any:
        job = self._of(request)
        if job is not None and _gives_bits(job.sent):  # as of the end of March 2026
            told = {"status": "final", "qpu_charge_time_seconds": self.quantum_seconds}
            return {"usage": told}
        return {"usage": {"quantum_seconds": self.quantum_seconds}}

    def _cancel(self, request: Request) -> Any:
        job = self._of(request)
        if job is None:
            return self.refusal("cancel", 404, "Job not found")
        if self.state(job) in FINAL:
            return self.refusal("cancel", 409, "Job is in a final state")
        job.ended = "cancelled"
        return Reply(204, b"")

    def _open(self, request: Request) -> Any:
        name = f"session-{len(self.sessions)}"
        self.sessions[name] = True
        return {"id": name}

    def _session(self, request: Request) -> Any:
        return {"id": request.steps[-1], "accepting_jobs": self.sessions.get(request.steps[-1])}

    def _close(self, request: Request) -> Any:
        name = next(step for step in reversed(request.steps) if step in self.sessions)
        self.sessions[name] = False
        return Reply(204, b"")


def _gives_bits(body: Any) -> bool:
    return bool(body["program_id"] == "executor")


@cache
def _base64(value: str | bytes) -> str:
    raw = value.encode() if isinstance(value, str) else value
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _json(document: Any) -> Reply:
    return Reply(200, json.dumps(document).encode())


def _instance(request: Request) -> str:
    given = request.headers.get("Service-CRN", "")
    return hashlib.sha256(given.encode()).hexdigest()[:8]
