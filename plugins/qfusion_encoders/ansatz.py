"""Layers of trainable rotations and an entangler, in PennyLane."""

from __future__ import annotations

from math import pi

import pennylane as qml
import torch
from torch import Tensor

from qfusion_encoders.options import Entangler, WeightsInit


def initial_weights(layers: int, wires: int, entangler: Entangler, start: WeightsInit) -> Tensor:
    """Weights ``[layers, wires, 2]``, ``[layers, wires, 3]`` for `strong`, in radians."""
    shape = (layers, wires, 3 if entangler == "strong" else 2)
    return torch.rand(shape) * 2 * pi if start == "uniform" else torch.randn(shape) * 0.1


def ranges(layers: int, wires: int) -> list[int]:
    """Distance of control and target in each layer of `strong`, as PennyLane counts it."""
    return [layer % max(wires - 1, 1) + 1 for layer in range(layers)]


def layer(weights: Tensor, entangler: Entangler, distance: int) -> None:
    """Queue one layer.

    RZ comes before RY: the other way round, the last layer's RZ would not touch any Z readout.

    Args:
        weights: ``[wires, 2]``: RZ and RY of each wire; ``[wires, 3]``: Rot, for `strong`.
        entangler: Which CNOTs follow.
        distance: Of control and target, for `strong`.
    """
    wires = len(weights)
    if entangler == "strong":
        distances = [distance] if wires > 1 else None
        qml.StronglyEntanglingLayers(weights[None], wires=range(wires), ranges=distances)
        return
    for wire in range(wires):
        qml.RZ(weights[wire, 0], wires=wire)
        qml.RY(weights[wire, 1], wires=wire)
    for pair in cnots(entangler, wires):
        qml.CNOT(wires=pair)


def cnots(entangler: Entangler, wires: int) -> list[tuple[int, int]]:
    """Control and target of each CNOT; a ring of two is one pair, of one none.

    >>> cnots("ring", 3), cnots("ring", 2), cnots("linear", 3)
    ([(0, 1), (1, 2), (2, 0)], [(0, 1)], [(0, 1), (1, 2)])
    """
    if entangler == "none":
        return []
    line = [(wire, wire + 1) for wire in range(wires - 1)]
    return [*line, (wires - 1, 0)] if entangler == "ring" and wires > 2 else line
