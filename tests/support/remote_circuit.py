"""What the tests of remote devices evaluate, and how impatiently."""

import math

import torch

from qfusion_core import Angle, Circuit, Gate, Term
from qfusion_core.remote.options import RemoteOptions

RemoteOptions.margin_seconds = -math.inf  # no test waits for minutes: here grace may be short

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
