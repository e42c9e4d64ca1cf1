"""The 2 x 2 matrices of all runs at once, and products of matrices on neighbouring wires.

A batch axis stands last: 1 where the samples share the matrix.
"""

from __future__ import annotations

import cmath
from collections.abc import Sequence

import torch
from torch import Tensor

from qfusion_statevector.layers import Run

_R = 2**-0.5
_PHASE = cmath.exp(0.25j * cmath.pi)
MATRICES: dict[str, list[list[complex]]] = {
    "I": [[1, 0], [0, 1]],
    "H": [[_R, _R], [_R, -_R]],
    "X": [[0, 1], [1, 0]],
    "Y": [[0, -1j], [1j, 0]],
    "Z": [[1, 0], [0, -1]],
    "S": [[1, 0], [0, 1j]],
    "Sdg": [[1, 0], [0, -1j]],
    "T": [[1, 0], [0, _PHASE]],
    "Tdg": [[1, 0], [0, _PHASE.conjugate()]],
    "SX": [[0.5 + 0.5j, 0.5 - 0.5j], [0.5 - 0.5j, 0.5 + 0.5j]],
    "SXdg": [[0.5 - 0.5j, 0.5 + 0.5j], [0.5 + 0.5j, 0.5 - 0.5j]],
}


def matrices(names: Sequence[str], dtype: torch.dtype, device: torch.device) -> Tensor:
    """The named fixed gates, ``[names, 2, 2]``."""
    values = [MATRICES[name] for name in names]
    return torch.tensor(values, dtype=dtype, device=device).reshape(len(names), 2, 2)


class RunMatrices:
    """Matrices of several runs as a function of the circuit's angles.

    One more row than there are runs: the last is the identity, for wires without a run.
    """

    def __init__(self, runs: Sequence[Run], dtype: torch.dtype, device: torch.device) -> None:
        turned = [p for run in runs for p in run.gates if p.column is not None]
        names = ["I", *sorted({p.gate.name for run in runs for p in run.gates} & MATRICES.keys())]
        place: dict[int | str, int] = {p.column: row for row, p in enumerate(turned)}  # type: ignore[misc]
        place |= {name: len(turned) + row for row, name in enumerate(names)}
        longest = max((len(run.gates) for run in runs), default=1)
        index = torch.full((len(runs) + 1, longest), place["I"])
        for row, run in enumerate(runs):
            for step, p in enumerate(run.gates):
                index[row, step] = place[p.gate.name if p.column is None else p.column]
        self._index = index.to(device)
        self._columns = torch.tensor([p.column for p in turned], dtype=torch.long, device=device)
        paulis = matrices([p.gate.name[1] for p in turned], dtype, device)
        self._generators = -1j * paulis[..., None]
        self._fixed = matrices(names, dtype, device)[..., None]

    def __call__(self, angles: Tensor) -> Tensor:
        """``angles [n_angles, batch]`` to ``[runs + 1, 2, 2, batch]``."""
        half = angles[self._columns, None, None] / 2
        # exp(-i angle/2 P) = cos(angle/2) - i sin(angle/2) P; "I" is the first of the fixed gates
        rotations = half.cos() * self._fixed[0] + half.sin() * self._generators
        fixed = self._fixed.expand(-1, -1, -1, angles.shape[-1])
        table = torch.cat([rotations, fixed])[self._index]
        result = table[:, 0]
        for step in range(1, table.shape[1]):
            result = (table[:, step, :, :, None] * result[:, None]).sum(2)
        return result


def kronecker(factors: Tensor) -> Tensor:
    """``[windows, wires, 2, 2]`` to ``[windows, 2**wires, 2**wires]``, first wire first."""
    result = factors[:, 0]
    for wire in range(1, factors.shape[1]):
        right = factors[:, wire, None, :, None, :]
        result = (result[:, :, None, :, None] * right).flatten(3, 4).flatten(1, 2)
    return result


def windows(wires: Sequence[int], n_wires: int) -> list[range]:
    """Groups of three neighbours (or all wires, if fewer) that together hold all of ``wires``.

    One 8 x 8 product moves the state once where three 2 x 2 products move it three times; wider
    groups gain nothing more.

    >>> windows([0, 1, 2, 5, 8], 9)
    [range(0, 3), range(5, 8), range(6, 9)]
    """
    width = min(3, n_wires)
    result: list[range] = []
    for wire in sorted(wires):
        if not result or wire not in result[-1]:
            first = min(wire, n_wires - width)
            result.append(range(first, first + width))
    return result
