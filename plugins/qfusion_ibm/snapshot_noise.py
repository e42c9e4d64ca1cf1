"""The noise of a snapshot in figures: means over what works on the machine."""

from __future__ import annotations

from collections.abc import Iterable
from statistics import fmean
from typing import Any

from qfusion_core import NoiseParameters

_DEAD = 1.0  # IBM's error of a gate that does not work
_CHANCE = 0.5  # a qubit that is read no better than by a coin


def figures(properties: Any, shots: int) -> NoiseParameters:
    """Readout and depolarising error of a calibration.

    Each is the mean over all qubits, or couplings, that work: which of them a circuit gets, the
    transpiler decides for each circuit, and it looks for good ones, so that a large machine is
    better than its mean. An average gate error r is depolarising with p = 2 r for one qubit and
    p = 4/3 r for two (see `qfusion_core.noise_parameters.Depolarizing`). Rotations about Z are done
    in software, without error; those about X and Y take two gates: one each is their mean.

    Args:
        properties: Qiskit's `BackendProperties`.
        shots: Of the device.
    """
    # older machines have u2, the same pulse
    one, two = (_mean_error(properties, names) for names in (("sx", "u2"), ("cx", "ecr", "cz")))
    readout = [
        pair
        for qubit in properties.qubits
        if max(pair := _readout({parameter.name: parameter.value for parameter in qubit})) < _CHANCE
    ]
    p01, p10 = (fmean(column) for column in zip(*readout, strict=True))
    gates = {"one_qubit": min(1.0, 2 * one), "two_qubit": min(1.0, 4 / 3 * two)}
    return NoiseParameters(shots=shots, readout_error=(p01, p10), depolarizing=gates)


def _mean_error(properties: Any, names: Iterable[str]) -> float:
    errors = [
        parameter.value
        for gate in properties.gates
        if gate.gate in names
        for parameter in gate.parameters
        if parameter.name == "gate_error"
    ]
    working = [error for error in errors if error < _DEAD] or errors
    return fmean(working) if working else 0.0  # a machine of one qubit has no couplings


def _readout(qubit: dict[str, float]) -> tuple[float, float]:
    """Reading 1 for 0, and 0 for 1; the same for both where only their mean is told."""
    mean = qubit.get("readout_error", 0.0)
    return qubit.get("prob_meas1_prep0", mean), qubit.get("prob_meas0_prep1", mean)
