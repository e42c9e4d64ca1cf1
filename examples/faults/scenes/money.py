"""Amounts and secrets: H9 prices and bills that are no amounts, H10 secrets in messages."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from faults.braket import Braket
from faults.course import Row, Scene, go_on
from faults.events import ALWAYS, Fault, refused
from faults.ibm import IBM
from faults.stage import Stage

_WHERE = {"ibm": "QISKIT_IBM_TOKEN", "braket": "AWS_SESSION_TOKEN"}
_ASKED = {"ibm": ("login", "submit"), "braket": ("submit", "device")}
PIECE = 12  # letters of a secret that must not be seen together
# with what JSON and reprs escape, what messages collapse, and what is not ASCII
ODD = 'pw "quoted" back\\slash and  two blanks, \u00e9t\u00e9 0123456789 ABCDEFGHIJ'
LONG = "".join(f"{n * 7919 % 99991:05d}xYz" for n in range(110))


def _price(name: str, section: dict[str, Any], vendor: str) -> Scene:
    def scene(stage: Stage, row: Row) -> None:
        stage.budget = {"max_usd": 50, "max_jobs": 100}
        path = stage.folder / "prices.yaml"
        text = json.dumps({vendor: section}).replace("NaN", ".nan").replace("Infinity", ".inf")
        path.write_text(text)
        stage.environment["QFUSION_PRICES"] = str(path)
        done = row.met(stage.do("evaluate"))
        _nothing(stage, row, done.code)

    return Scene(f"H9 {name}", scene, (vendor,), planned=0)


def _stated(value: Any) -> Scene:
    def scene(stage: Stage, row: Row) -> None:
        stage.budget = {"max_usd": 50, "max_jobs": 100}
        assert isinstance(stage.machine, Braket)
        stage.machine.price = value
        done = row.met(stage.do("evaluate"))
        _nothing(stage, row, done.code)

    return Scene(f"H9 the device states a price of {value}", scene, ("braket",), planned=0)


def _nothing(stage: Stage, row: Row, code: int | None) -> None:
    if code == 0 or stage.machine.jobs:
        row.amiss.append(f"sent {len(stage.machine.jobs)} jobs, exit code {code}")


def _told(value: Any) -> Scene:
    def scene(stage: Stage, row: Row) -> None:
        stage.budget = {"max_qpu_seconds": 1000, "max_usd": 1000}
        assert isinstance(stage.machine, IBM)
        stage.machine.quantum_seconds = value
        go_on(stage, row)
        if row.code != 0:
            row.amiss.append("finished results were kept away")
        spent = json.loads(stage.do("list", "--json").out)["spent"]["ibm"]
        for name in ("qpu_seconds", "usd"):
            if not (math.isfinite(spent[name]) and spent[name] > 0):
                row.amiss.append(f"{name} spent: {spent[name]}")

    return Scene(f"H9 IBM tells {value!r} seconds", scene, ("ibm",))


def _echo(name: str, form: Callable[[str], str], secret: str = ODD) -> Scene:
    def scene(stage: Stage, row: Row) -> None:
        stage.keys[_WHERE[stage.vendor.name]] = secret
        if isinstance(stage.machine, IBM):
            stage.machine.key = secret
        body = json.dumps({"message": form(secret), "errorMessage": form(secret)})
        for operation in _ASKED[stage.vendor.name]:
            act = refused(400, form(secret) if name == "raw" else body)
            stage.arm(Fault(operation, act, count=ALWAYS))
            done = row.met(stage.do("evaluate"))
            stage.machine.script.disarm()
            _hidden(row, done.out + done.err, secret)
        row.line = row.line if row.held else "(hidden here)"

    return Scene(f"H10 the service quotes the secret: {name}", scene, planned=0)


def _hidden(row: Row, text: str, secret: str) -> None:
    for shown in (form(secret) for form in (str, repr, quote, json.dumps, _collapsed)):
        pieces = (shown[n : n + PIECE] for n in range(len(shown) - PIECE))
        if any(piece in text for piece in pieces):
            row.amiss.append(f"shows {PIECE} letters of the secret or more")
            return


def _collapsed(text: str) -> str:
    return " ".join(text.split())


def trailing_newline(stage: Stage, row: Row) -> None:
    """A session token, or an instance, that was exported with the line's end."""
    name = {"ibm": "QISKIT_IBM_INSTANCE", "braket": "AWS_SESSION_TOKEN"}[stage.vendor.name]
    secret = stage.keys.get(name, "IQoJb3JpZ2luX2VjEJr0123456789abcdefghijklmnopq")
    stage.keys[name] = secret + "\n"
    done = row.met(stage.do("evaluate"))
    _hidden(row, done.out + done.err, secret)
    if done.code == 0 and stage.vendor.name == "braket":
        row.amiss.append("a token with a new line was sent")
    row.line = row.line if row.held else "(hidden here)"


def job_echo(stage: Stage, row: Row) -> None:
    """Refusals of a job quote the key."""
    stage.machine.echo = f" for key {stage.vendor.secret}"
    stage.arm(Fault("submit", refused(403), job=1, count=ALWAYS))
    first = stage.do("evaluate")
    stage.machine.script.disarm()
    go_on(stage, row, first=first)
    if stage.vendor.secret.encode() in stage.journal.read_bytes():
        row.amiss.append("the secret is in the journal")


NAN = float("nan")
_PER_SECOND = {"low": 2, "high": 1}
SCENES = [
    _price("a price of NaN", {"usd_per_shot": {"iqm/Garnet": NAN}}, "braket"),
    _price("a price of -0.01", {"usd_per_shot": {"iqm/Garnet": -0.01}}, "braket"),
    _price("an infinite price", {"usd_per_task": float("inf")}, "braket"),
    _price("a price of NaN", {"usd_per_second": {"low": 0, "high": NAN}}, "ibm"),
    _price("the low end above the high one", {"usd_per_second": _PER_SECOND}, "ibm"),
    _price("the low end above the high one", {"simulator_seconds": _PER_SECOND}, "braket"),
    *(_stated(value) for value in (NAN, -1, "free")),
    *(_told(value) for value in (-1000, NAN, "soon")),
    _echo("as it is", str),
    _echo("raw", str),
    _echo("as JSON", lambda text: json.dumps(text)[1:-1]),
    _echo("as JSON of JSON", lambda text: json.dumps(json.dumps(text))),
    _echo("as Python's repr", repr),
    _echo("quoted for a URL", quote),
    _echo("blanks collapsed", _collapsed),
    *(_echo(f"cut at {at} letters", ("x" * at).__add__, LONG) for at in (150, 270, 450)),
    Scene("H10 a secret with a new line", trailing_newline, planned=0),
    Scene("H10 refusals of a job quote the key", job_echo),
]  # fmt: skip
