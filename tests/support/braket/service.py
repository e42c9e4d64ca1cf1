"""A stand-in for Amazon Braket with S3 and STS: accepts tasks, computes them, can misbehave.

No reply of the real service was seen: shapes are those of botocore's service model and of the SDK's
schemas. That a client token is honoured is botocore's `idempotencyToken: true`. Limits are enforced
as the device documents state them.
"""

from __future__ import annotations

import json
import threading
import time
from collections import defaultdict
from typing import Any

from support.braket.circuits import executed, expected, gates_of, qubits_of
from support.braket.devices import documents

KEY = "AKIAIOSFODNN7EXAMPLE"
FINAL = ("COMPLETED", "FAILED", "CANCELLED")
PROGRAM_SET = "braket.ir.openqasm.program_set"


class Wrong(Exception):
    """An error reply: HTTP status, AWS's code, message."""


class Service:
    """What it has accepted, and how it behaves.

    Attributes:
        tasks: Every task that was accepted, by ARN.
        requests: Kinds of the requests in their order.
        faults: What goes wrong with the next requests of a kind, one entry for each: a number is an
            HTTP status; "reset" breaks the connection; "lost" works, but breaks it before the
            reply; "500 after" works, and replies 500; "html" and "{}" work, and reply that with
            200; "missing" is S3's word for no such object; None is no fault.
        seconds: How long a task takes.
        listed_after: Seconds until an accepted task is found by a search.
        ends: How tasks end, by their number from 0: ("FAILED", reason).
        broken: Executables that fail, by number of the task: {place: reason}.
        parts: Whether results of program sets lie in several objects.
        echo: What the message of a fault carries besides.
        devices: Replies of GetDevice, by ARN.
        account: The number that it tells.
        errors: Its own faults: a client sees a broken connection.
    """

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds, self.listed_after, self.echo, self.parts = seconds, 0.0, "", False
        self.tasks: dict[str, dict[str, Any]] = {}
        self.tokens: dict[str, str] = {}
        self.buckets: set[str] = {"results"}
        self.requests: list[str] = []
        self.errors: list[str] = []
        self.leaked: list[str] = []
        self.regions: set[str] = set()
        self.secret, self.account = "", "123456789012"
        self.faults: defaultdict[str, list[int | str | None]] = defaultdict(list)
        self.ends: dict[int, tuple[str, str]] = {}
        self.broken: dict[int, dict[int, str]] = {}
        self.devices = documents()
        self.lock = threading.Lock()

    def forget(self) -> None:
        """Start anew."""
        self.tasks.clear()
        self.tokens.clear()
        self.requests.clear()

    def device(self, arn: str) -> Any:
        """GetDevice."""
        if arn not in self.devices:
            raise Wrong(404, "ResourceNotFoundException", f"device {arn} not found")
        return self.devices[arn]

    def create(self, body: dict[str, Any], region: str) -> Any:
        """CreateQuantumTask: the same token is the same task."""
        token, device = body["clientToken"], self.device(body["deviceArn"])
        assert 1 <= len(token) <= 64
        if token in self.tokens:
            known = self.tasks[self.tokens[token]]
            if known["action"] != body["action"]:
                raise Wrong(400, "ValidationException", "token was used for another task")
            return 201, {"quantumTaskArn": known["quantumTaskArn"]}
        if device["deviceStatus"] != "ONLINE":
            kind = f"Device{device['deviceStatus'].capitalize()}Exception"
            raise Wrong(424 if "Offline" in kind else 410, kind, "device is not available")
        if body["outputS3Bucket"] not in self.buckets:
            raise Wrong(400, "ValidationException", "no such bucket")
        executables = self.checked(body, json.loads(device["deviceCapabilities"]))
        number = len(self.tasks)
        arn = f"arn:aws:braket:{region}:123456789012:quantum-task/task-{number}"
        self.tokens[token] = arn
        self.tasks[arn] = {
            "quantumTaskArn": arn, "deviceArn": body["deviceArn"], "shots": body["shots"],
            "outputS3Bucket": body["outputS3Bucket"], "deviceParameters": "{}",
            "outputS3Directory": f"{body['outputS3KeyPrefix']}/task-{number}",
            "createdAt": "2026-05-25T08:00:00Z", "tags": body.get("tags", {}),
            "number": number, "at": time.monotonic(), "end": None, "action": body["action"],
            "executables": executables, "sent": body, "token": token,
        }  # fmt: skip
        return 201, {"quantumTaskArn": arn}

    def checked(self, body: dict[str, Any], document: dict[str, Any]) -> int:
        """Number of executables, if the device takes them."""
        action, shots = json.loads(body["action"]), body["shots"]
        kind = action["braketSchemaHeader"]["name"]
        if kind not in document["action"]:
            raise Wrong(400, "ValidationException", f"unsupported action {kind}")
        programs, executables = action.get("programs", [action]), 1
        if kind == PROGRAM_SET:
            limits = document["action"][kind]
            executables = sum(len(_rows(program)) for program in programs)
            if executables > limits["maximumExecutables"] or shots > limits["maximumTotalShots"]:
                raise Wrong(400, "ValidationException", f"too large: {executables}, {shots}")
            if shots % executables:
                raise Wrong(400, "ValidationException", "shots are no multiple of the executables")
        low, high = document["service"]["shotsRange"]
        if not low <= shots // executables <= high:
            raise Wrong(400, "ValidationException", f"shots must be in [{low}, {high}]")
        known = document["action"]["braket.ir.openqasm.program"]["supportedOperations"]
        for program in programs:
            if unknown := gates_of(program["source"]) - set(known):
                raise Wrong(400, "ValidationException", f"unsupported gates {sorted(unknown)}")
            if qubits_of(program["source"]) > document["paradigm"]["qubitCount"]:
                raise Wrong(400, "ValidationException", "too many qubits")
        return executables

    def searched(self, body: dict[str, Any]) -> Any:
        """SearchQuantumTasks: two to a page."""
        (wanted,) = [each["values"] for each in body["filters"] if each["name"] == "deviceArn"]
        late, start = time.monotonic() - self.listed_after, int(body.get("nextToken", 0))
        found = [
            self.shown(task)
            for task in self.tasks.values()
            if task["deviceArn"] in wanted and task["at"] <= late
        ]
        page = {"quantumTasks": found[start : start + 2]}
        return page if start + 2 >= len(found) else {**page, "nextToken": str(start + 2)}

    def task(self, arn: str) -> dict[str, Any]:
        """GetQuantumTask."""
        if arn not in self.tasks:
            raise Wrong(404, "ResourceNotFoundException", f"{arn} does not exist")
        return self.shown(self.tasks[arn])

    def shown(self, task: dict[str, Any]) -> dict[str, Any]:
        """A task as it is now."""
        state, reason = self.state(task)
        own = ("number", "at", "end", "action", "executables", "sent", "token")
        reply = {name: value for name, value in task.items() if name not in own}
        kind = json.loads(task["action"])["braketSchemaHeader"]["name"]
        reply |= {"status": state, "actionMetadata": {"actionType": kind}}
        if state == "QUEUED":
            reply["queueInfo"] = {"queue": "QUANTUM_TASKS_QUEUE", "position": "2"}
        if state == "COMPLETED":
            failed = len(self.broken.get(task["number"], {}))
            each = task["shots"] // task["executables"]
            reply["numSuccessfulShots"] = task["shots"] - failed * each
        return {**reply, "failureReason": reason} if reason else reply

    def state(self, task: dict[str, Any]) -> tuple[str, str]:
        """Status and failure reason."""
        if task["end"]:
            return task["end"]
        age = time.monotonic() - task["at"]
        if age < self.seconds:
            return ("QUEUED" if age < self.seconds / 2 else "RUNNING"), ""
        return self.ends.get(task["number"], ("COMPLETED", ""))

    def cancel(self, arn: str) -> Any:
        """CancelQuantumTask."""
        self.task(arn)
        if self.state(self.tasks[arn])[0] in FINAL:
            raise Wrong(409, "ConflictException", "task is in a terminal state")
        self.tasks[arn]["end"] = ("CANCELLED", "")
        return {"quantumTaskArn": arn, "cancellationStatus": "CANCELLED"}

    def bucket(self, name: str) -> Any:
        """CreateBucket."""
        self.buckets.add(name)
        return 200, ""

    def object(self, bucket: str, key: str) -> Any:
        """GetObject: drawn by the number of the task, so that a task repeats."""
        for task in self.tasks.values():
            folder = task["outputS3Directory"]
            if task["outputS3Bucket"] == bucket and key.startswith(f"{folder}/"):
                if self.state(task)[0] != "COMPLETED":
                    break
                name = key.removeprefix(f"{folder}/")
                return self.results(task)[name]
        raise Wrong(404, "NoSuchKey", "The specified key does not exist.")

    def results(self, task: dict[str, Any]) -> dict[str, Any]:
        """Objects by name."""
        action = json.loads(task["action"])
        simulator = "simulator" in task["deviceArn"]
        schema = "braket.task_result.simulator_metadata"
        more = {"simulatorMetadata": {**_header(schema), "executionDuration": 4000}}
        about = {"action": action, **(more if simulator else {})}
        if "programs" in action:
            return self.program_set(task, action["programs"], about)
        result: dict[str, Any] = {
            **_header("braket.task_result.gate_model_task_result"),
            "taskMetadata": {
                **_header("braket.task_result.task_metadata"), "id": task["quantumTaskArn"],
                "shots": task["shots"], "deviceId": task["deviceArn"],
            },
            "additionalMetadata": about,
        }  # fmt: skip
        source, inputs = action["source"], action.get("inputs") or {}
        if task["shots"]:
            result |= executed(source, inputs, task["shots"], task["number"])
        else:
            result["resultTypes"] = expected(source, inputs)
        return {"results.json": result}

    def program_set(
        self, task: dict[str, Any], programs: list[dict[str, Any]], about: dict[str, Any]
    ) -> dict[str, Any]:
        """In one object, or in one for each program and executable."""
        place, results, objects = 0, [], {}
        broken = self.broken.get(task["number"], {})
        shots, metadata = task["shots"] // task["executables"], []
        for number, program in enumerate(programs):
            ran, said = [], []
            for row, inputs in enumerate(_rows(program)):
                if place in broken:
                    failure = {"failureReason": broken[place], "retryable": False,
                               "category": "DEVICE"}  # fmt: skip
                    name = "braket.task_result.program_set_executable_failure"
                    ran.append({**_header(name), "inputsIndex": row, "failureMetadata": failure})
                    said.append(failure)
                else:
                    name = "braket.task_result.program_set_executable_result"
                    seed = [task["number"], place]
                    measured = executed(program["source"], inputs, shots, seed)
                    ran.append({**_header(name), "inputsIndex": row, **measured})
                    said.append({})
                place += 1
            ran.reverse()  # nothing promises an order
            metadata.append({"executables": said})
            results.append({
                **_header("braket.task_result.program_result"), "source": program,
                "executableResults": ran, "additionalMetadata": {**about, "action": program},
            })  # fmt: skip
            if self.parts:
                names = [f"program-{number}/executable-{row}.json" for row in range(len(ran))]
                objects |= dict(zip(names, ran, strict=True))
                objects[f"program-{number}/results.json"] = {
                    **results[-1], "executableResults": names
                }  # fmt: skip
        whole = {
            **_header("braket.task_result.program_set_task_result"),
            "programResults": results, "s3Location": None,
            "taskMetadata": {
                **_header("braket.task_result.program_set_task_metadata"),
                "id": task["quantumTaskArn"], "deviceId": task["deviceArn"],
                "requestedShots": task["shots"], "successfulShots": shots * (place - len(broken)),
                "programMetadata": metadata, "totalFailedExecutables": len(broken),
            },
        }  # fmt: skip
        if self.parts:
            whole["programResults"] = [name for name in objects if name.endswith("results.json")]
            whole["s3Location"] = [task["outputS3Bucket"], task["outputS3Directory"]]
        return {**objects, "results.json": whole}


def _rows(program: dict[str, Any]) -> list[dict[str, float]]:
    inputs = program.get("inputs") or {}
    if not inputs:
        return [{}]
    lengths = {len(values) for values in inputs.values()}
    (rows,) = lengths
    return [{name: values[row] for name, values in inputs.items()} for row in range(rows)]


def _header(name: str) -> dict[str, Any]:
    return {"braketSchemaHeader": {"name": name, "version": "1"}}
