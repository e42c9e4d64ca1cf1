"""Verbs and the journal: H6 cancel, H7 releases, H8 hosts, H12 journals, H14 sessions, H17."""

from __future__ import annotations

import signal
from collections.abc import Callable
from typing import Any

from faults.course import BOTH, Row, Scene, go_on, open_measurements
from faults.events import ALWAYS, HTML, Act, Fault, refused
from faults.stage import Stage

# Python without a verb
_SCRIPT = """
import inspect, os
import torch
from qfusion_core import Circuit, Measurement, open_backend
from qfusion_core import Angle, Gate, Term

gates = [Gate("RY", (wire,), Angle((Term("data", wire, 1.0),))) for wire in range(2)]
circuit = Circuit(2, (*gates, Gate("CNOT", (0, 1))), n_data=2, n_weights=0)
measurement = Measurement(os.environ["RUN"], approve=lambda *price: True)
device = open_backend(os.environ["BACKEND"], os.environ["BACKENDS"], run=measurement)
data = torch.linspace(-1, 1, 12, dtype=torch.float64).reshape(6, 2)
print(device.expectations(circuit, data, torch.zeros(0, dtype=torch.float64), ("ZI", "IZ")))
"""


def _left_running(stage: Stage, row: Row, seconds: float = 60.0) -> None:
    stage.machine.seconds = seconds
    if stage.do("evaluate", "--no-wait").code != 0 or len(stage.machine.jobs) != 3:
        raise RuntimeError(f"three jobs were to be sent: {stage.said[-1][1].last}")


def _cancel(name: str, act: Act | None) -> Scene:
    def scene(stage: Stage, row: Row) -> None:
        _left_running(stage, row)
        own = stage.keys
        if act is None:
            stage.keys = dict(stage.vendor.other_keys)
        else:
            stage.arm(Fault("cancel", act, count=ALWAYS))
        done = row.met(stage.do("cancel"))
        running = [job for job in stage.machine.jobs if job.ended is None]
        if done.code == 0 and running:
            row.amiss.append(f"cancel succeeded, {len(running)} jobs run on")
        stage.keys = own
        stage.machine.script.disarm()
        if stage.do("cancel").code != 0:
            row.amiss.append("could not be cancelled afterwards")
        if any(job.ended is None for job in stage.machine.jobs):
            row.amiss.append("jobs run on after all")

    return Scene(f"H6 cancel: {name}", scene)


def later_release(stage: Stage, row: Row) -> None:
    """Jobs of one release are gone on with by the next, which has one more option."""
    _left_running(stage, row, 1.0)
    added: dict[str, Any] = {"added_option": stage.vendor.home}
    row.met(stage.do("resume", **added))
    go_on(stage, row, first=stage.do("evaluate", **added))
    if row.code != 0:
        row.amiss.append("resume refuses jobs of the release before")


def another_name(stage: Stage, row: Row) -> None:
    """A program without a verb is killed; the host has another name when it is run again."""
    stage.machine.seconds, stage.truth = 2.0, None
    first = stage.script(_SCRIPT, host="laptop.office")
    if not stage.until(lambda: len(stage.machine.jobs) == 3):
        raise RuntimeError(f"three jobs were to be sent: {first.wait(1).err}")
    first.send(signal.SIGKILL)
    row.met(stage.heard("script, killed", done=first.wait()))
    done = stage.heard("script", done=stage.script(_SCRIPT, host="laptop.home").wait())
    if done.code != 0:
        row.amiss.append(f"the program does not go on: {done.last}")


def _journal(name: str, damage: Callable[[Stage], object]) -> Scene:
    def scene(stage: Stage, row: Row) -> None:
        _left_running(stage, row, 0.0)
        for path in stage.run.glob("journal.sqlite-*"):
            path.unlink()
        damage(stage)
        done = row.met(stage.do("evaluate"))
        if done.code != 2:
            row.amiss.append(f"expected a refusal with exit code 2, got {done.code}")
        elif not all(word in done.last for word in ("provider", "qf-")):
            row.amiss.append("the message does not say that jobs may be at the provider, and how "
                             "they are found")  # fmt: skip
        if len(done.last) > 330:
            row.amiss.append(f"{len(done.last)} characters of a damaged file")

    return Scene(f"H12 {name}", scene)


def _session(number: signal.Signals) -> Scene:
    def scene(stage: Stage, row: Row) -> None:
        stage.options["mode"] = "session"
        stage.machine.seconds = 2.0
        first = stage.start("evaluate")
        if not stage.until(lambda: len(stage.machine.jobs) == 3):
            raise RuntimeError("three jobs were to be sent")
        first.send(number)
        row.met(stage.heard(f"evaluate, {number.name}", done=first.wait()))
        go_on(stage, row, first=stage.do("evaluate"))
        left = [name for name, is_open in stage.machine.sessions.items() if is_open]
        if left:
            row.amiss.append(f"{', '.join(left)} stays open")

    return Scene(f"H14 a session after {number.name}", scene, ("ibm",))


def _changed(name: str, change: Callable[[Stage], None]) -> Scene:
    def scene(stage: Stage, row: Row) -> None:
        _left_running(stage, row, 2.0)
        (known,) = open_measurements(stage)
        change(stage)
        done = row.met(stage.do("evaluate"))
        if known not in done.err:
            row.amiss.append("no word of the jobs that are open")

    return Scene(f"H17 {name}, then evaluate", scene, BOTH, designed=True)


def _rename(stage: Stage) -> None:
    stage.name = "renamed"


SCENES = [
    _cancel("credentials of another account", None),
    _cancel("409 for a job that runs", refused(409)),
    _cancel("400", refused(400)),
    _cancel("200 with HTML", HTML),
    Scene("H7 one more option in a later release", later_release),
    Scene("H8 a program without a verb on a host with another name", another_name),
    _journal("a journal of 0 bytes", lambda stage: stage.journal.write_bytes(b"")),
    _journal("a journal of garbage", lambda stage: stage.journal.write_bytes(b"garbage" * 999)),
    _journal(
        "half a journal",
        lambda stage: stage.journal.write_bytes(stage.journal.read_bytes()[:5000]),
    ),
    *(_session(getattr(signal, name)) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGKILL")),
    _changed("options changed", lambda stage: stage.options.update(optimization_level=1)),
    _changed("the entry renamed", _rename),
]
