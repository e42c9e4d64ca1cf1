"""What AWS left in S3 for a task that is done."""

from __future__ import annotations

import json
from typing import Any

from qfusion_braket.connection import Connection
from qfusion_braket.described import SET_ACTION
from qfusion_braket.task import failures


def results(connection: Connection, task: dict[str, Any]) -> dict[str, Any]:
    """The document, with the parts that a program set may have beside it put in.

    Args:
        connection: To S3.
        task: As GetQuantumTask tells it.
    """
    bucket, folder = task["outputS3Bucket"], task["outputS3Directory"]

    def read(name: str) -> Any:
        return json.loads(connection.read(bucket, f"{folder}/{name}"))

    def whole(part: Any) -> Any:
        return read(part) if isinstance(part, str) else part

    document: dict[str, Any] = read("results.json")
    if "programResults" in document:
        if document.get("s3Location"):
            bucket, folder = document["s3Location"]
        programs = [whole(program) for program in document["programResults"]]
        for program in programs:
            program["executableResults"] = [whole(one) for one in program["executableResults"]]
        document["programResults"] = programs
    return document


def incomplete(connection: Connection, task: dict[str, Any]) -> str:
    """Why a program set has not all of its results; empty where it has, as nearly always."""
    kind = (task.get("actionMetadata") or {}).get("actionType")
    shots = task.get("numSuccessfulShots")
    if kind != SET_ACTION or shots is None or shots >= task["shots"]:
        return ""
    return failures(results(connection, task))
