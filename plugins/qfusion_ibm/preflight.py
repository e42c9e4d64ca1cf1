"""What can be looked at free of charge before a job is sent."""

from __future__ import annotations

from collections.abc import Callable

from qfusion_core import Finding, QfusionError, Transient
from qfusion_ibm.machine import Machine
from qfusion_ibm.options import Options

Queue = Callable[[str], tuple[bool, str, int]]


def connection_findings(connect: Callable[[], object]) -> list[Finding]:
    """Of network and credentials; the last one failed if there is no connection."""
    try:
        connect()
    except Transient as error:
        return [Finding("network", "failed", str(error))]
    except QfusionError as error:
        return [
            Finding("network", "ok", "IBM Cloud answers"),
            Finding("authentication", "failed", str(error)),
        ]
    return [
        Finding("network", "ok", "IBM Cloud answers"),
        Finding("authentication", "ok", "the token is accepted, the instance is ours"),
    ]


def machine_findings(
    options: Options, find_machine: Callable[[], Machine], queue: Queue | None = None
) -> list[Finding]:
    """Of the machine, line by line; one that failed makes those after it impossible.

    Args:
        options: Of the device.
        find_machine: The machine, asked once.
        queue: Whether a machine works, what it says of itself, and how many jobs wait; None for a
            simulation, which has no queue.
    """
    findings: list[Finding] = []
    try:
        machine = find_machine()
        findings.append(Finding("qubits", "ok", f"{machine.name} has {machine.qubits}"))
        findings.append(
            Finding("calibrated", "ok", machine.calibrated or "never: a simulator without noise")
        )
        if queue is not None:
            findings.append(_queue(machine.name, queue))
    except QfusionError as error:
        return [*findings, Finding("machine", "failed", str(error))]
    limit = machine.max_circuits
    findings.append(
        Finding(
            "limits",
            "ok",
            f"{limit or 'no limit is reported on'} circuits of a job, "
            f"{options.draws} shots of each",
        )
    )
    if queue is not None:
        findings.append(Finding("seed", "ok", "a machine honours none"))
    return findings


def _queue(name: str, queue: Queue) -> Finding:
    operational, state, pending = queue(name)
    detail = f"{name} is {state or 'silent about its state'}, {pending} jobs wait"
    away = not operational or state != "active"
    return Finding("queue", "warning" if away else "ok", detail, pending, away)
