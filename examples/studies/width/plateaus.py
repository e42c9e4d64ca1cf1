"""How gradients and readouts shrink with qubits and layers, over random weights; no training.

Weights are uniform on a turn, or as preset `wide` draws them; angles of the data uniform on a turn.
The gradient is of Z on a wire in the middle, by the first RY of that wire.
"""

from __future__ import annotations

import math
from typing import Any

import torch

from qfusion_core import Registry, open_backend
from width.cells import LAYERS, QUBITS

DRAWS = 400
ENTANGLERS = {"brick": QUBITS, "ring": (4, 9, 14)}  # a ring is one cone: its whole state vector


def plateau(entangler: str, qubits: int, layers: int, init: str) -> dict[str, Any]:
    """Variances over `DRAWS` of weights and data.

    Args:
        entangler: Of `hardware-efficient`, with CZ.
        qubits: In a line, or a ring.
        layers: Of rotations and CZ.
        init: ``uniform`` or ``normal``.
    """
    kind, device = (
        Registry().get("quantum_encoder", "hardware-efficient"),
        open_backend("statevector"),
    )
    options = kind.Options(
        qubits=qubits, layers=layers, entangler=entangler, entangling_gate="cz",
        readout="z+zz-line", weights_init=init,
    )  # fmt: skip
    torch.manual_seed(0)
    middle, gradients, values = qubits // 2, list[float](), list[torch.Tensor]()
    encoder = kind(options, n_features=qubits)
    circuit, words = encoder.traced, encoder.observables
    for _ in range(DRAWS):
        weights = kind(options, n_features=qubits).weights.detach().double().requires_grad_()
        data = (2 * torch.rand(1, qubits, dtype=torch.float64) - 1) * math.pi
        found = device.expectations(circuit, data, weights.flatten(), words)
        (gradient,) = torch.autograd.grad(found[0, middle], weights)
        gradients.append(float(gradient[0, middle, 1]))
        values.append(found.detach()[0])
    return {
        "entangler": entangler, "qubits": qubits, "layers": layers, "init": init, "draws": DRAWS,
        "gradient_variance": float(torch.tensor(gradients).var()),
        "readout_variance": float(torch.stack(values).var(0).mean()),
    }  # fmt: skip


def plateaus() -> list[dict[str, Any]]:
    """All sizes."""
    return [
        plateau(entangler, qubits, layers, init)
        for entangler, sizes in ENTANGLERS.items()
        for qubits in sizes
        for layers in LAYERS
        for init in ("uniform", "normal")
    ]
