"""One trained model on several backends: does it say the same, and does it use its tokens at all?

Everything is computed in float64 from one checkpoint; only the expectation values differ.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from qfusion_core.calibration.device import CalibratedDevice
from qfusion_core.circuit_encoder import CircuitEncoder
from qfusion_core.data import Part
from qfusion_core.errors import InputError
from qfusion_core.evaluation.metrics import Scores, scores
from qfusion_core.interfaces import Device
from qfusion_core.model import FusionClassifier
from qfusion_core.prediction import logits_from_tokens


@dataclass(frozen=True)
class BackendReport:
    """What one backend made of the model.

    Attributes:
        agreement: Share of rows that get the reference's class.
        expectation_error: Largest difference of an expectation value from the reference's.
        standard_errors: The largest difference in units of its shot noise; None if exact.
        logit_error: Largest difference of a logit.
        seconds: Spent on the circuit alone.
        calibrated: When the corrections of its values were measured; None for raw values.
    """

    backend: str
    device: str
    shots: int | None
    scores: Scores
    agreement: float
    expectation_error: float
    standard_errors: float | None
    logit_error: float
    seconds: float
    calibrated: str | None = None


@dataclass(frozen=True)
class Portability:
    """Reports of all backends, and how much the model depends on its quantum tokens.

    Attributes:
        reference: The exact backend that the others are compared with; its report is the first.
        without_tokens: Scores on the reference with every quantum token set to zero.
        changed_without_tokens: Share of rows whose class changes with them.
        gates: ``tanh(a)`` of the fusion's gates; None where it has no gate.
    """

    reference: str
    rows: int
    backends: tuple[BackendReport, ...]
    without_tokens: Scores
    changed_without_tokens: float
    gates: tuple[float, ...] | None


def compare(model: FusionClassifier, part: Part, devices: Mapping[str, Device]) -> Portability:
    """Evaluate a model on several open devices.

    Args:
        model: Any trained model with a circuit; it is left in float64 on the first device.
        part: The rows.
        devices: By backend name; the first is the reference.

    Raises:
        InputError: The model has no circuit, or the reference samples.
    """
    encoder = model.quantum
    if not isinstance(encoder, CircuitEncoder):
        raise InputError(
            "the model has no circuit (its quantum branch is a control or none), so every backend "
            "gives the same; compare a model trained with a circuit"
        )
    (reference, exact), *_ = devices.items()
    if exact.shots is not None:
        raise InputError(
            f"backend {reference!r} samples ({exact.shots} shots) and cannot be the reference; "
            "name an exact one with --reference"
        )
    for device in devices.values():
        encoder.device = device  # a circuit that does not fit is refused before anything runs
    model.double().eval()
    x_c, x_q = model.preprocess(torch.from_numpy(part.x))
    runs = [_run(model, encoder, x_c, x_q, device) for device in devices.values()]
    encoder.device = exact
    base = runs[0]
    bare = logits_from_tokens(model, x_c, torch.zeros_like(encoder.arrange(base.values)))
    gates = getattr(model.fusion, "gate_values", None)
    return Portability(
        reference=reference,
        rows=len(part),
        backends=tuple(
            _report(name, device, run, base, part)
            for (name, device), run in zip(devices.items(), runs, strict=True)
        ),
        without_tokens=scores(part.y, bare.argmax(1).numpy()),
        changed_without_tokens=float((bare.argmax(1) != base.logits.argmax(1)).double().mean()),
        gates=None if gates is None else tuple(float(gate) for gate in gates),
    )


@dataclass(frozen=True)
class _Run:
    values: Tensor
    logits: Tensor
    seconds: float


@torch.no_grad()
def _run(
    model: FusionClassifier, encoder: CircuitEncoder, x_c: Tensor, x_q: Tensor, device: Device
) -> _Run:
    encoder.device = device
    began = time.perf_counter()
    values = encoder.expectations(x_q)
    seconds = time.perf_counter() - began
    return _Run(values, logits_from_tokens(model, x_c, encoder.arrange(values)), seconds)


def _report(name: str, device: Device, run: _Run, base: _Run, part: Part) -> BackendReport:
    errors = (run.values - base.values).abs()
    in_noise = None
    if device.shots is not None:
        # a value of exactly 1 or -1 has no shot noise: the resolution of the shots bounds it
        variance = (1 - base.values**2).clamp_min(1 / device.shots) / device.shots
        in_noise = float((errors / variance.sqrt()).max())
    predicted = run.logits.argmax(1)
    return BackendReport(
        backend=name,
        device=device.name,
        shots=device.shots,
        scores=scores(part.y, predicted.numpy()),
        agreement=float(np.mean((predicted == base.logits.argmax(1)).numpy())),
        expectation_error=float(errors.max()),
        standard_errors=in_noise,
        logit_error=float((run.logits - base.logits).abs().max()),
        seconds=round(run.seconds, 3),
        calibrated=device.calibration.measured if isinstance(device, CalibratedDevice) else None,
    )
