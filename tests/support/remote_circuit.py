"""What the tests of remote devices evaluate, and how impatiently."""

import torch

from qfusion_core import Angle, Circuit, Gate, Term

CIRCUIT = Circuit(
    2,
    (
        Gate("RY", (0,), Angle((Term("data", 0, 1.0),))),
        Gate("RX", (1,), Angle((Term("data", 1, 1.0), Term("weight", 0, 1.0)))),
        Gate("CNOT", (0, 1)),
    ),
    n_data=2,
    n_weights=1,
)
WORDS = ("ZI", "IZ", "XX")
DATA = torch.tensor([[0.1, 0.2], [-0.7, 1.1], [2.0, -0.4]], dtype=torch.float64)
WEIGHTS = torch.tensor([0.3], dtype=torch.float64)
QUICK = {
    "poll_seconds": 0.002, "poll_seconds_max": 0.01, "grace_seconds": 0.05,
    "lease_seconds": 600, "tries": 3, "timeout_seconds": 20,
}  # fmt: skip


def ring(n_wires=4, layers=3):
    """Data and weights in every layer, a ring of CNOTs: 12 data and 24 weight angles for four."""
    gates, weight = [], 0
    for _ in range(layers):
        for wire in range(n_wires):
            gates.append(Gate("RY", (wire,), Angle((Term("data", wire, 1.0),))))
            for name in ("RY", "RZ"):
                gates.append(Gate(name, (wire,), Angle((Term("weight", weight, 1.0),))))
                weight += 1
        gates += [Gate("CNOT", (wire, (wire + 1) % n_wires)) for wire in range(n_wires)]
    return Circuit(n_wires, tuple(gates), n_wires, weight)
