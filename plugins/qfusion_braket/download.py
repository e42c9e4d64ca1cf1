"""What AWS left in S3 for a task that is done."""

from __future__ import annotations

import json
from typing import Any

from qfusion_braket.connection import Connection
from qfusion_core import Unreadable


def results(connection: Connection, task: dict[str, Any]) -> dict[str, Any]:
    """The document, with the parts that a program set may have beside it put in.

    Args:
        connection: To S3.
        task: As GetQuantumTask tells it.

    Raises:
        Unreadable: An object is no JSON, or lacks what all of them have: half of one, or a page
            that somebody sent instead.
    """
    bucket, folder = task["outputS3Bucket"], task["outputS3Directory"]

    def read(name: str) -> Any:
        raw = connection.read(bucket, f"{folder}/{name}")
        try:
            return json.loads(raw)
        except ValueError as error:  # of JSON, or of UTF-8
            problem = f"{name} in S3 cannot be read ({type(error).__name__}: {error})"
            raise Unreadable(problem, raw) from None

    def whole(part: Any) -> Any:
        return read(part) if isinstance(part, str) else part

    document = read("results.json")
    try:
        if "programResults" in document:
            if document.get("s3Location"):
                bucket, folder = document["s3Location"]
            programs = [whole(program) for program in document["programResults"]]
            for program in programs:
                program["executableResults"] = [whole(one) for one in program["executableResults"]]
            document["programResults"] = programs
        elif not isinstance(document, dict):
            raise TypeError(f"a {type(document).__name__}")
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        problem = f"results.json in S3 is none of AWS's ({type(error).__name__}: {error})"
        raise Unreadable(problem, json.dumps(document).encode()) from None
    task_results: dict[str, Any] = document
    return task_results
