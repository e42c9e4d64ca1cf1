"""Amazon Braket with S3 as REST, at one address."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from faults import braket_device
from faults.machine import FINAL, Job, Machine, Reply, Request
from faults.openqasm import probabilities

KEY, OTHER_KEY = "AKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7ANOTHER"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
SHOTS = 1000
_CODES = {
    400: "ValidationException", 402: "ServiceQuotaExceededException", 403: "AccessDeniedException",
    404: "ResourceNotFoundException", 408: "RequestTimeoutException", 409: "ConflictException",
    410: "DeviceRetiredException", 424: "DeviceOfflineException", 429: "ThrottlingException",
    500: "InternalServiceException", 503: "ServiceUnavailableException",
}  # fmt: skip
_WORDS = {"done": "COMPLETED"}
_IDENTITY = (
    '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">'
    "<GetCallerIdentityResult><Account>123456789012</Account><Arn>arn:aws:iam::1:user/u</Arn>"
    "<UserId>u</UserId></GetCallerIdentityResult></GetCallerIdentityResponse>"
)


class Braket(Machine):
    """The service.

    Attributes:
        price: Of a shot, as the device states it.
        tokens: Whether the client's tokens are honoured.
        untold: Executables of tasks that fail without being told, by number of the task.
    """

    def __init__(self) -> None:
        super().__init__()
        self.price: Any = 0.00145
        self.tokens = True
        self._taken: dict[str, Job] = {}

    def operation_of(self, request: Request) -> tuple[str, int | None]:
        """See `Machine`."""
        match request.method, request.steps:
            case "GET", ["device", *_]:
                return "device", None
            case "POST", ["quantum-task"]:
                return "submit", len(self.jobs)
            case "POST", ["quantum-tasks"]:
                return "find", None
            case "GET", ["quantum-task", arn]:
                return "status", self.number_of(arn)
            case "PUT", ["quantum-task", arn, "cancel"]:
                return "cancel", self.number_of(arn)
            case "POST", [""]:
                return "identity", None
            case "PUT", [_]:
                return "bucket", None
            case _, [_, _, folder, *_]:
                return "results", int(folder.removeprefix("task-"))
        return "other", None

    def reply(self, operation: str, request: Request) -> Reply:
        """See `Machine`."""
        if _account(request) == "":
            return self.refusal(operation, 403, "no signature")
        work: Callable[[Request], Any] | None = getattr(self, f"_{operation}", None)
        if work is None:
            return self.refusal(operation, 404, "no such place")
        with self.lock:
            made = work(request)
        return made if isinstance(made, Reply) else Reply(200, json.dumps(made).encode())

    def refusal(self, operation: str, status: int, text: str) -> Reply:
        """See `Machine`."""
        code, said = _CODES.get(status, str(status)), f"{text or f'error {status}'}{self.echo}"
        headers = {"Retry-After": "0.01"} if status == 429 else {}
        if operation in ("results", "bucket", "identity"):
            code = "NoSuchKey" if status == 404 else code.removesuffix("Exception")
            said = f"<Error><Code>{code}</Code><Message>{said}</Message></Error>"
            return Reply(status, said.encode(), "text/xml", headers)
        raw = json.dumps({"message": said}).encode()
        return Reply(status, raw, headers={**headers, "x-amzn-ErrorType": code})

    def exact(self, job: Job) -> np.ndarray:
        """Probabilities ``[executables, bit strings]``; words are the client's own business."""
        action = json.loads(job.sent["action"])
        return np.array([
            _probabilities(program["source"], json.dumps(inputs))
            for program in action.get("programs", [action])
            for inputs in _rows(program)
        ])  # fmt: skip

    def _device(self, request: Request) -> Any:
        return braket_device.document(self.price)

    def _identity(self, request: Request) -> Any:
        return Reply(200, _IDENTITY.encode(), "text/xml")

    def _bucket(self, request: Request) -> Any:
        return Reply(200, b"", "text/xml")

    def _submit(self, request: Request) -> Any:
        body, number = json.loads(request.body), len(self.jobs)
        token, content = body["clientToken"], hashlib.sha256(body["action"].encode()).hexdigest()
        job = self._taken.get(token) if self.tokens else None
        if job is not None and job.content != content:
            return self.refusal("submit", 400, "the token was used for another task")
        if job is None:
            arn = f"arn:aws:braket:eu-north-1:123456789012:quantum-task/task-{number}"
            tag = body.get("tags", {}).get("qfusion", "")
            job = Job(number, arn, tag, content, _account(request), time.monotonic(), body)
            self.jobs.append(job)
            self._taken[token] = job
        return Reply(201, json.dumps({"quantumTaskArn": job.id}).encode())

    def _find(self, request: Request) -> Any:
        start = int(json.loads(request.body).get("nextToken") or 0)
        found = [self._told(job) for job in self.listed() if job.account == _account(request)]
        page = {"quantumTasks": found[start : start + 2]}
        return page if start + 2 >= len(found) else {**page, "nextToken": str(start + 2)}

    def _told(self, job: Job) -> Any:
        state, sent = self.state(job), job.sent
        told = {
            "quantumTaskArn": job.id, "deviceArn": sent["deviceArn"], "shots": sent["shots"],
            "status": _WORDS.get(state, state.upper()), "deviceParameters": "{}",
            "outputS3Bucket": sent["outputS3Bucket"], "createdAt": "2026-05-25T08:00:00Z",
            "outputS3Directory": f"{sent['outputS3KeyPrefix']}/task-{job.number}",
            "tags": sent.get("tags", {}),
            "actionMetadata": {
                "actionType": json.loads(sent["action"])["braketSchemaHeader"]["name"]
            },
        }  # fmt: skip
        if state == "queued":
            told["queueInfo"] = {"queue": "QUANTUM_TASKS_QUEUE", "position": "2"}
        if state == "done":
            told["numSuccessfulShots"] = sent["shots"]
        return {**told, "failureReason": "the device broke down"} if state == "failed" else told

    def _status(self, request: Request) -> Any:
        job = self.known(request.steps[1], _account(request))
        return self.refusal("status", 404, "no such task") if job is None else self._told(job)

    def _cancel(self, request: Request) -> Any:
        job = self.known(request.steps[1], _account(request))
        if job is None:
            return self.refusal("cancel", 404, "no such task")
        if self.state(job) in FINAL:
            return self.refusal("cancel", 409, "the task is in a terminal state")
        job.ended = "cancelled"
        return {"quantumTaskArn": job.id, "cancellationStatus": "CANCELLED"}

    def _results(self, request: Request) -> Any:
        number = int(request.steps[-2].removeprefix("task-"))
        job = self.jobs[number] if number < len(self.jobs) else None
        if job is None or self.state(job) != "done":
            return self.refusal("results", 404, "The specified key does not exist.")
        return self._document(job)

    def _document(self, job: Job) -> Any:
        action, place, results = json.loads(job.sent["action"]), 0, []
        programs, exact = action["programs"], self.exact(job)
        shots = job.sent["shots"] // len(exact)
        for program in programs:
            ran = []
            for row, _ in enumerate(_rows(program)):
                drawn = np.random.default_rng([job.number, place]).choice(
                    exact.shape[1], size=shots, p=exact[place] / exact[place].sum()
                )
                wires = int(np.log2(exact.shape[1]))
                bits = (drawn[:, None] >> np.arange(wires)[::-1]) & 1
                order = np.random.default_rng([3, wires]).permutation(wires)
                ran.append({
                    **_header("braket.task_result.program_set_executable_result"),
                    "inputsIndex": row, "measurements": bits[:, order].tolist(),
                    "measuredQubits": order.tolist(),
                })  # fmt: skip
                place += 1
            results.append({
                **_header("braket.task_result.program_result"), "source": program,
                "executableResults": ran[::-1], "additionalMetadata": {"action": program},
            })  # fmt: skip
        metadata = {
            **_header("braket.task_result.program_set_task_metadata"), "id": job.id,
            "deviceId": job.sent["deviceArn"], "requestedShots": job.sent["shots"],
            "successfulShots": job.sent["shots"], "totalFailedExecutables": 0,
            "programMetadata": [{"executables": [{} for _ in _rows(each)]} for each in programs],
        }  # fmt: skip
        head = _header("braket.task_result.program_set_task_result")
        return {**head, "programResults": results, "s3Location": None, "taskMetadata": metadata}


def _account(request: Request) -> str:
    _, _, scope = request.headers.get("Authorization", "").partition("Credential=")
    return scope.split("/")[0]


def _rows(program: dict[str, Any]) -> list[dict[str, float]]:
    inputs = program.get("inputs") or {}
    length = max((len(values) for values in inputs.values()), default=1)
    return [{name: values[row] for name, values in inputs.items()} for row in range(length)]


@cache
def _probabilities(source: str, inputs: str) -> np.ndarray:
    return probabilities(source, json.loads(inputs))


def _header(name: str) -> dict[str, Any]:
    return {"braketSchemaHeader": {"name": name, "version": "1"}}
