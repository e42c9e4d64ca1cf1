"""A two-qubit circuit whose values everybody knows: does a device compute what is asked of it?"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from qfusion_core.circuits.circuit import Circuit
from qfusion_core.circuits.gates import Angle, Gate, Term
from qfusion_core.interfaces.device import Device
from qfusion_core.remote.machine.job import Finding

WORDS = ("XX", "ZZ", "ZI")
EXPECTED = (1.0, 1.0, 0.0)
# Worse than this is no noise that a machine would be offered with; a separable state is off by
# 0.5 at least, since XX + ZZ is at most 1 there.
NOISE = 0.3


def bell_values(device: Device, rows: int = 1) -> Tensor:
    """``[rows, 3]``: XX, ZZ and ZI of RY(pi/2) and CNOT, that is of (\\|00> + \\|11>) / sqrt(2)."""
    gates = (Gate("RY", (0,), Angle((Term("data", 0, 1.0),))), Gate("CNOT", (0, 1)))
    circuit = Circuit(2, gates, n_data=1, n_weights=0)
    data = torch.full((rows, 1), math.pi / 2, dtype=torch.float64)
    with torch.no_grad():
        values = device.expectations(circuit, data, torch.zeros(0, dtype=torch.float64), WORDS)
    return values.double().cpu()


def judge(device: Device, values: Tensor) -> Finding:
    """What ``[1, 3]`` values of the Bell state say of a device.

    Exact values must agree to 1e-4, sampled ones to five standard errors. What lies beyond, up to
    0.3, is noise: fine where the device says that it has some, a warning elsewhere.
    """
    (measured,) = values.tolist()
    report = ", ".join(f"{word} {value:+.3f}" for word, value in zip(WORDS, measured, strict=True))
    off = max(abs(value - wanted) for value, wanted in zip(measured, EXPECTED, strict=True))
    tolerance = 1e-4 if device.shots is None else 5 / math.sqrt(device.shots)
    if off <= tolerance:
        return Finding("Bell state", "ok", report)
    if off > NOISE + tolerance or math.isnan(off):
        return Finding(
            "Bell state",
            "failed",
            f"{report}; expected +1, +1, 0: this device does not compute the circuit that it is "
            "given; do not use it, and report it to the author of its plugin",
        )
    if device.noise_model() is not None:
        return Finding("Bell state", "ok", f"{report}, with the noise that the device has")
    return Finding(
        "Bell state",
        "warning",
        f"{report}; off by {off:.3f}, more than shots explain: fine if this backend is meant to be "
        "noisy",
    )
