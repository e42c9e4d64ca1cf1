"""What can be looked at free of charge before a task is sent to AWS."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from typing import Literal

from qfusion_braket.device_names import DeviceAddress
from qfusion_braket.machine import Machine
from qfusion_braket.options import Options
from qfusion_core import Finding, QfusionError, Transient

_STATUS: dict[str, Literal["ok", "warning", "failed"]] = {"ONLINE": "ok", "OFFLINE": "warning"}


def findings(
    options: Options, connect: Callable[[], DeviceAddress], find_machine: Callable[[], Machine]
) -> list[Finding]:
    """Line by line; a line that failed makes those after it impossible.

    Args:
        options: Of the device.
        connect: Where the device is, once there are credentials.
        find_machine: The device, asked once.
    """
    lines = [versions()]
    try:
        device = connect()
    except QfusionError as error:
        return [*lines, Finding("credentials", "failed", str(error))]
    lines += [
        Finding("credentials", "ok", "found"),
        Finding("region", "ok", f"{device.region}, for {device.arn}"),
    ]
    try:
        machine = find_machine()
    except Transient as error:
        return [*lines, Finding("network", "failed", str(error))]
    except QfusionError as error:
        return [
            *lines,
            Finding("network", "ok", "AWS answers"),
            Finding("device", "failed", str(error)),
        ]
    online = _STATUS.get(machine.status, "failed")
    sets = machine.program_set
    limit = (
        f"program sets of {sets.executables} executables and {sets.shots} shots"
        if sets
        else f"a task for each row and setting, {options.max_parallel} at once"
    )
    cost = machine.cost
    return [
        *lines,
        Finding("network", "ok", "AWS answers"),
        Finding("status", online, f"{machine.name} is {machine.status}", away=online != "ok"),
        Finding("qubits", "ok", f"{machine.name} has {machine.qubits}"),
        _shots(machine.shots, options.shots),
        Finding("limits", "ok", limit),
        Finding("price", "ok", f"{cost.price:g} USD per {cost.unit}, as the device states")
        if cost
        else Finding("price", "warning", "the device states none; give it in prices.yaml"),
        Finding("queue", "ok", machine.queue or "not told", machine.waiting),
        Finding("updated", "ok", machine.note or "not told"),
    ]


def versions() -> Finding:
    """Which packages are installed, in which versions."""
    names = ("amazon-braket-sdk", "amazon-braket-schemas", "boto3")
    try:
        return Finding("versions", "ok", ", ".join(f"{name} {version(name)}" for name in names))
    except PackageNotFoundError as error:
        return Finding("versions", "failed", f'{error}; pip install "qfusion[braket]"')


def _shots(span: tuple[int, int] | None, shots: int | None) -> Finding:
    if span is None:
        return Finding("shots", "ok", "no limit")
    low, high = span
    fits = low <= (shots or 0) <= high
    return Finding("shots", "ok" if fits else "failed", f"from {low} to {high}, {shots or 0} given")
