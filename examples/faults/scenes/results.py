"""Results that are not those of the job: H3 shapes, H4 contents, H5 what cannot be read."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np

from faults.course import BOTH, Row, Scene, go_on
from faults.events import ALWAYS, Act, Fault, refused
from faults.ibm_executor import edited
from faults.ibm_wire import result
from faults.stage import Stage


def _arrays(document: Any) -> dict[str, Any]:
    """Of an estimator's result."""
    (pub,) = document["__value__"]["pub_results"]
    fields: dict[str, Any] = pub["__value__"]["data"]["__value__"]["fields"]
    return fields


def _each(change: Callable[[Any], Any]) -> Callable[[bytes], bytes]:
    """Change both arrays of IBM's result."""

    def edit(raw: bytes) -> bytes:
        fields = _arrays(json.loads(raw))
        evs, stds = (change(fields[name]["__value__"]) for name in ("evs", "stds"))
        return json.dumps(result(evs, stds, 1000)).encode()

    return edit


def _metadata(raw: bytes) -> bytes:
    document = json.loads(raw)
    document["__value__"]["pub_results"][0]["__value__"]["metadata"]["shots"] = 100
    return json.dumps(document).encode()


def _exchanged(values: list[list[float]]) -> list[list[float]]:
    return [list(each) for each in zip(*values, strict=True)]


def _no_pub(raw: bytes) -> bytes:
    document = json.loads(raw)
    document["__value__"]["pub_results"] = []
    return json.dumps(document).encode()


def _nan(raw: bytes) -> bytes:
    document = json.loads(raw)
    _arrays(document)["evs"]["__value__"][0][0] = float("nan")
    return json.dumps(document).encode()


def _executables(change: Callable[[list[Any]], Any]) -> Callable[[bytes], bytes]:
    """Change the executables of a task in place."""

    def edit(raw: bytes) -> bytes:
        document = json.loads(raw)
        for program in document["programResults"]:
            change(program["executableResults"])
        return json.dumps(document).encode()

    return edit


def _same_row(ran: list[Any]) -> None:
    for each in ran:
        each["inputsIndex"] = 0


def _odd_bits(ran: list[Any]) -> None:
    for each in ran:
        each["measurements"] = [[2 * bit for bit in shot] for shot in each["measurements"]]


def _few_shots(ran: list[Any]) -> None:
    for each in ran:
        each["measurements"] = each["measurements"][: len(each["measurements"]) // 10]


def _wrong_qubits(ran: list[Any]) -> None:
    for each in ran:
        each["measuredQubits"] = [qubit + 7 for qubit in each["measuredQubits"]]


def _failed(ran: list[Any]) -> None:
    name = "braket.task_result.program_set_executable_failure"
    ran[0] = {
        "braketSchemaHeader": {"name": name, "version": "1"}, "inputsIndex": ran[0]["inputsIndex"],
        "failureMetadata": {"failureReason": "it broke", "retryable": False, "category": "DEVICE"},
    }  # fmt: skip


def _no_numbers(ran: list[Any]) -> None:
    for each in ran:
        del each["measurements"]
        each["measurementProbabilities"] = {"0000": float("nan")}


def _scene(
    number: str, name: str, act: Act, vendors: tuple[str, ...] = BOTH, *, failed: int = 0
) -> Scene:
    def scene(stage: Stage, row: Row) -> None:
        stage.excused = failed
        stage.arm(Fault("results", act, job=1, count=ALWAYS))
        first = stage.do("evaluate")
        if first.code == 0:
            row.amiss.append("results that are not the job's were taken")
        go_on(stage, row, first=first, behind=4)

    return Scene(f"{number} {name}", scene, vendors)


def late(stage: Stage, row: Row) -> None:
    """Results that are there a moment after the job is done."""
    stage.arm(Fault("results", refused(404), job=1, count=2))
    go_on(stage, row)


def _fewer_words(raw: bytes) -> bytes:
    """Of what was asked, as it comes back with the bits."""
    document = json.loads(raw)
    asked = document["passthrough_data"]["qiskit_mitigation"][0]
    asked["observables"] = asked["observables"][:-1]
    return json.dumps(document).encode()


def _nothing_measured(raw: bytes) -> bytes:
    return json.dumps(json.loads(raw) | {"data": []}).encode()


def _by(
    estimated: Callable[[bytes], bytes], measured: Callable[[Any], Any] | None, **whole: Any
) -> Act:
    """A change of the reply of either program.

    Args:
        estimated: Of the reply of `estimator`.
        measured: Of the bits of `executor`.
        whole: ``reply``: of its whole reply instead.
    """

    def edit(raw: bytes) -> bytes:
        if b'"passthrough_data"' not in raw:
            return estimated(raw)
        return whole["reply"](raw) if measured is None else edited(raw, measured)

    return Act(edit=edit)


def _sevenfold(values: list[list[float]]) -> list[list[float]]:
    return [[7 * each for each in word] for word in values]


_I, _B = ("ibm",), ("braket",)
SCENES = [
    _scene("H3", "one row for all",
           _by(_each(lambda v: [w[:1] for w in v]), lambda bits: bits[:, :1]), _I),
    _scene("H3", "rows and words exchanged",
           _by(_each(_exchanged), lambda bits: bits.swapaxes(1, 2)), _I),
    _scene("H3", "values of 5.8",
           _by(_each(_sevenfold), lambda bits: 7 * bits.astype(np.uint8)), _I),
    _scene("H3", "observables missing",
           _by(_each(lambda v: v[:-1]), None, reply=_fewer_words), _I),
    _scene("H4", "inputsIndex 0 twice", Act(edit=_executables(_same_row)), _B),
    _scene("H4", "bits that are not 0 or 1", Act(edit=_executables(_odd_bits)), _B),
    _scene("H4", "a tenth of the shots", Act(edit=_executables(_few_shots)), _B),
    _scene("H4", "a tenth of the shots, by the metadata",
           _by(_metadata, lambda bits: bits[:, :, : bits.shape[2] // 10]), _I),
    _scene("H5", "NaN", _by(_nan, lambda bits: np.where(bits, np.nan, 0.0)), _I),
    _scene("H5", "NaN", Act(edit=_executables(_no_numbers)), _B),
    _scene("H5", "executables missing", Act(edit=_executables(list.pop)), _B),
    _scene("H5", "a failed executable that is not told", Act(edit=_executables(_failed)), _B,
           failed=1),
    _scene("H5", "other qubits", Act(edit=_executables(_wrong_qubits)), _B),
    _scene("H5", "truncated", Act(edit=lambda raw: raw[: len(raw) // 2])),
    _scene("H5", "garbage", Act(body=bytes(range(128, 256)) * 3)),
    _scene("H5", "empty", Act(body=b"")),
    _scene("H5", "HTML", Act(body=b"<html><body>Please sign in</body></html>", kind="text/html")),
    _scene("H5", "{}", Act(body=b"{}")),
    _scene("H5", "[]", Act(body=b"[]")),
    _scene("H5", "deleted", refused(404)),
    _scene("H5", "no PUB", _by(_no_pub, None, reply=_nothing_measured), _I),
    Scene("L4 results a moment late", late),
]  # fmt: skip
