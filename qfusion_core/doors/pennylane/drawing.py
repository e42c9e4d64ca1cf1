"""Outcomes drawn from the exact probabilities of a simulator."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pennylane as qml
import torch
from pennylane.tape import QuantumScript

from qfusion_core.doors.pennylane.backend import DoorBackend
from qfusion_core.doors.pennylane.calls import Rows, values_of
from qfusion_core.doors.pennylane.readings import NOISE
from qfusion_core.doors.pennylane.tapes import Template, rows_of


def drawn_results(
    tape: QuantumScript, wires: Sequence[object], template: Template, backend: DoorBackend
) -> Any:
    """Results of a tape whose measurements are of basis states, all from the same draws.

    Args:
        tape: See `qfusion_core.doors.pennylane.preprocessing.in_computational_basis`.
        wires: Of the device.
        template: See `rows_of`.
        backend: A simulator.

    Raises:
        DeviceError: It draws no outcomes, or there are no shots, or too many wires are measured.
    """
    everything = list(wires) or list(tape.wires)
    measured = [each for each in tape.measurements if each.wires]
    some = set().union(*(each.wires for each in measured))
    labels = (
        everything
        if len(measured) < len(tape.measurements)
        else [label for label in everything if label in some]
    )
    probabilities = tape.copy(measurements=[qml.probs(wires=labels)])
    rows = rows_of(probabilities, wires, template)
    asked = Rows(rows.circuit, torch.from_numpy(rows.angles), rows.words, None)
    values = values_of(backend.exact(), asked)
    ((read, columns),) = rows.readings
    found = read.of(values[:, columns])
    if (least := float(found.amin()) if found.numel() else 0.0) < -NOISE:
        backend.say_once(
            f"backend {backend.name!r}: a probability is {least:.3g}: outcomes are drawn as if it "
            "were 0"
        )
    weights = found.clamp_min(0).numpy()
    weights /= weights.sum(1, keepdims=True)
    shots = backend.shots_of_samples(tape.shots.total_shots)
    outcomes = np.stack([backend.stream.choice(len(row), shots, p=row) for row in weights])
    places = np.arange(len(labels))[::-1]
    samples = (outcomes[..., None] >> places) & 1  # [rows, shots, wires]
    samples = samples if rows.batched else samples[0]

    def of(shot_range: tuple[int, int] | None) -> Any:
        results = tuple(
            each.process_samples(samples, qml.wires.Wires(labels), shot_range=shot_range)
            for each in tape.measurements
        )
        return results[0] if len(results) == 1 else results

    if tape.shots.has_partitioned_shots:
        return tuple(of(bounds) for bounds in tape.shots.bins())
    return of(None)
