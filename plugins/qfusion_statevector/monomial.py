"""Composes a layer of permutations and phases into one pass."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from qfusion_statevector.layers import Placed
from qfusion_statevector.passes import Monomial
from qfusion_statevector.unitaries import MATRICES, matrices


def compose(
    layer: Sequence[Placed], n_wires: int, dtype: torch.dtype, device: torch.device
) -> Monomial:
    """The pass of a monomial layer.

    Args:
        layer: Gates of `qfusion_statevector.layers.MONOMIAL`, first gate first.
        n_wires: Wires of the circuit.
        dtype: Of the state: complex.
        device: Where the tables live.
    """
    states = torch.arange(2**n_wires)

    def bit(wire: int) -> torch.Tensor:  # made anew each time: n tables of this size are much
        return states >> (n_wires - 1 - wire) & 1

    source = states
    constant = torch.ones(2**n_wires, dtype=dtype)
    signs: list[torch.Tensor] = []
    for placed in layer:
        name, wires = placed.gate.name, placed.gate.wires
        masks = [1 << (n_wires - 1 - wire) for wire in wires]
        flips: int | torch.Tensor | None = None  # the bits that differ between k and source[k]
        if name in ("X", "Y"):
            flips = masks[0]
        elif name == "CNOT":
            flips = bit(wires[0]) * masks[1]
        elif name == "SWAP":
            flips = (bit(wires[0]) ^ bit(wires[1])) * (masks[0] | masks[1])
        if flips is not None:
            moved = states ^ flips
            source, constant = source[moved], constant[moved]
            signs = [column[moved] for column in signs]
        if name == "CZ":
            constant = constant * (1 - 2 * bit(wires[0]) * bit(wires[1]))
        elif name == "RZ":
            signs.append((1 - 2 * bit(wires[0])).to(torch.int8))
        elif name in MATRICES:
            # row b of a monomial matrix has one entry that is not zero: their sum
            constant = constant * matrices([name], dtype, states.device)[0].sum(1)[bit(wires[0])]
    real = torch.empty(0, dtype=dtype).real.dtype
    columns = [placed.column for placed in layer if placed.column is not None]
    trivial = bool((constant == 1).all())
    table = torch.stack(signs, 1) if signs else torch.empty(2**n_wires, 0)
    return Monomial(
        source.to(device),
        None if trivial else constant.to(device, dtype)[:, None],
        table.to(device, real),
        torch.tensor(columns, dtype=torch.long, device=device),
        any(placed.per_sample for placed in layer),
    )
