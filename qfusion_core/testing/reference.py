"""A small exact simulator, written to be read: the yardstick of the device contract."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from qfusion_core import options as base
from qfusion_core.circuits.circuit import Circuit
from qfusion_core.circuits.gates import ROTATIONS
from qfusion_core.interfaces.device import Device
from qfusion_core.interfaces.device_checks import require_finite


class ReferenceDevice(Device):
    """Exact and differentiable, gate by gate in complex128. For tests: it is not fast.

    ``H``, ``CNOT`` and so on are as in PennyLane; wire 0 is the most significant bit.
    """

    name = "reference"

    def __init__(self, options: base.Options, credentials: base.Credentials | None = None) -> None:
        """It has neither options nor credentials."""

    def expectations(
        self, circuit: Circuit, data: Tensor, weights: Tensor, observables: Sequence[str]
    ) -> Tensor:
        """See `qfusion_core.Device`."""
        circuit.check(data, weights, observables)
        require_finite("data", data)
        require_finite("weights", weights)
        angles = iter(circuit.angles(data.double(), weights.double()).unbind(1))
        state = torch.zeros(len(data), 2**circuit.n_wires, dtype=torch.complex128)
        state[:, 0] = 1
        state = state.reshape(len(data), *[2] * circuit.n_wires)
        for gate in circuit.gates:
            matrix = (
                _rotation(gate.name[1], next(angles))
                if gate.name in ROTATIONS
                else _matrix(gate.name)
            )
            state = _apply(matrix, state, gate.wires)
        values = torch.zeros(len(data), len(observables), dtype=torch.float64)
        for column, word in enumerate(observables):
            values[:, column] = _expectation(word, state)
        return values.to(data.dtype)


def _matrix(name: str) -> Tensor:
    r, t = 2**-0.5, complex(2**-0.5, 2**-0.5)
    plus, minus = complex(0.5, 0.5), complex(0.5, -0.5)
    rows = {
        "I": [[1, 0], [0, 1]],
        "X": [[0, 1], [1, 0]],
        "Y": [[0, -1j], [1j, 0]],
        "Z": [[1, 0], [0, -1]],
        "H": [[r, r], [r, -r]],
        "S": [[1, 0], [0, 1j]],
        "Sdg": [[1, 0], [0, -1j]],
        "T": [[1, 0], [0, t]],
        "Tdg": [[1, 0], [0, t.conjugate()]],
        "SX": [[plus, minus], [minus, plus]],
        "SXdg": [[minus, plus], [plus, minus]],
        "CNOT": [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1], [0, 0, 1, 0]],
        "CZ": [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, -1]],
        "SWAP": [[1, 0, 0, 0], [0, 0, 1, 0], [0, 1, 0, 0], [0, 0, 0, 1]],
    }
    return torch.tensor(rows[name], dtype=torch.complex128)


def _rotation(axis: str, angle: Tensor) -> Tensor:
    """``exp(-i angle/2 P)`` for each row: ``[batch, 2, 2]``."""
    half = angle[:, None, None] / 2
    return torch.cos(half) * _matrix("I") - 1j * torch.sin(half) * _matrix(axis)


def _apply(matrix: Tensor, state: Tensor, wires: Sequence[int]) -> Tensor:
    """One gate on ``[batch, 2, ..., 2]``."""
    axes = [wire + 1 for wire in wires]
    front = list(range(1, len(wires) + 1))
    moved = state.movedim(axes, front)
    inner = 2 ** len(wires)
    product = matrix @ moved.reshape(len(state), inner, 2 ** (state.ndim - 1) // inner)
    return product.reshape(moved.shape).movedim(front, axes)


def _expectation(word: str, state: Tensor) -> Tensor:
    turned = state
    for wire, letter in enumerate(word):
        turned = _apply(_matrix(letter), turned, [wire])
    return (state.conj() * turned).flatten(1).sum(1).real
