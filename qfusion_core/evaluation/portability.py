"""One trained model on several backends: does it say the same, what does it take, and does it use
its tokens at all?

Everything is computed in float64 from one checkpoint; only the expectation values differ.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from qfusion_core.backends.exact import inexact
from qfusion_core.data.split import Part
from qfusion_core.errors import InputError
from qfusion_core.evaluation.backend_report import BackendReport, ReferenceReport, backend_report
from qfusion_core.evaluation.cost import cost
from qfusion_core.evaluation.run_on_all import DeviceAnswer, DeviceFailure, ask_all, jobs_of
from qfusion_core.interfaces.device import Device
from qfusion_core.metrics.scores import Scores, scores
from qfusion_core.model.circuit_encoder import CircuitEncoder
from qfusion_core.model.classifier import FusionClassifier
from qfusion_core.model.prediction import logits_from_tokens
from qfusion_core.remote.planning.estimate import estimate
from qfusion_core.remote.planning.queued_device import QueuedDevice


@dataclass(frozen=True)
class Portability:
    """Reports of all backends, and how much the model depends on its quantum tokens.

    Attributes:
        reference: The exact backend that the others are compared with; its report is the first.
        seed: Of the resampling behind the intervals.
        backends: Those that answered.
        failed: Those that did not, with the reason.
        without_tokens: Scores on the reference with every quantum token set to zero.
        changed_without_tokens: Share of rows whose class changes with them.
        gates: ``tanh(a)`` of the fusion's gates; None where it has no gate.
    """

    reference: str
    rows: int
    seed: int
    backends: tuple[BackendReport, ...]
    failed: tuple[DeviceFailure, ...]
    without_tokens: Scores
    changed_without_tokens: float
    gates: tuple[float, ...] | None


def compare(
    model: FusionClassifier,
    part: Part,
    devices: Mapping[str, Device],
    *,
    seed: int = 0,
    on_start: Callable[[str], None] = lambda backend: None,
) -> Portability:
    """Evaluate a model on several open devices.

    Args:
        model: Any trained model with a circuit; it is left in float64 on the first device.
        part: The rows.
        devices: By backend name; the first is the reference.
        seed: Of the resampling behind the intervals.
        on_start: Called with a backend's name before it runs.

    Raises:
        InputError: The model has no circuit, it does not fit a device, or the reference samples or
            has noise.
        QfusionError: Of the reference; those of other devices are in the report.
    """
    encoder = _require_comparable(model, devices)
    (name, exact), *_ = devices.items()
    model.double().eval()
    x_c, x_q = model.preprocess(torch.from_numpy(part.x))
    _require_plans(encoder, x_q, devices)
    answers = ask_all(encoder, x_q, devices, on_start)
    encoder.device = exact
    base = answers[name]
    assert isinstance(base, DeviceAnswer)
    tokens = encoder.arrange(base.values)
    reference = ReferenceReport(base.values, logits_from_tokens(model, x_c, tokens))

    def report(backend: str, answer: DeviceAnswer) -> BackendReport:
        device, jobs = devices[backend], jobs_of(backend, devices[backend])
        return backend_report(
            backend,
            device,
            encoder.observables,
            answer.values,
            logits_from_tokens(model, x_c, encoder.arrange(answer.values)),
            part.y,
            errors=_known_errors(encoder, x_q, device),
            reference=None if backend == name else reference,
            cost=cost(encoder, x_q, device.unwrapped, answer.seconds, jobs),
            seed=seed,
        )

    bare_logits = logits_from_tokens(model, x_c, torch.zeros_like(tokens))
    changed = bare_logits.argmax(1) != reference.logits.argmax(1)
    gates = getattr(model.fusion, "gate_values", None)
    return Portability(
        reference=name,
        rows=len(part),
        seed=seed,
        backends=tuple(report(b, a) for b, a in answers.items() if isinstance(a, DeviceAnswer)),
        failed=tuple(a for a in answers.values() if isinstance(a, DeviceFailure)),
        without_tokens=scores(part.y, bare_logits.argmax(1).numpy()),
        changed_without_tokens=float(changed.double().mean()),
        gates=None if gates is None else tuple(float(gate) for gate in gates),
    )


@torch.no_grad()
def _known_errors(encoder: CircuitEncoder, x_q: Tensor, device: Device) -> Tensor | None:
    """Of a device that holds values; None where it has none, or draws its shots itself."""
    if not device.stored or device.shots is None:
        return None
    weights = encoder.weights.flatten()
    return device.standard_errors(encoder.traced, encoder.encode(x_q), weights, encoder.observables)


def _require_comparable(model: FusionClassifier, devices: Mapping[str, Device]) -> CircuitEncoder:
    """The model's circuit, which all devices can run and the first one exactly."""
    encoder = model.quantum
    if not isinstance(encoder, CircuitEncoder):
        raise InputError(
            "the model has no circuit (its quantum branch is a control or none), so every backend "
            "gives the same; compare a model trained with a circuit"
        )
    (name, exact), *_ = devices.items()
    if reason := inexact(exact.unwrapped):
        raise InputError(
            f"backend {name!r} {reason} and cannot be the reference; name an exact one as reference"
        )
    for device in devices.values():
        encoder.device = device  # a circuit that does not fit is refused before anything runs
    return encoder


def _require_plans(encoder: CircuitEncoder, x_q: Tensor, devices: Mapping[str, Device]) -> None:
    """What the plan of a device on this machine refuses is refused before anything runs."""
    for device in devices.values():
        queue = device.unwrapped
        if isinstance(queue, QueuedDevice) and queue.local:
            estimate(queue, encoder, x_q)
