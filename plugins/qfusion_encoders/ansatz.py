"""Layers of trainable rotations and an entangler, in PennyLane."""

from __future__ import annotations

from math import pi

import pennylane as qml
import torch
from torch import Tensor

from qfusion_encoders.options import AnsatzOptions, Entangler


def initial_weights(options: AnsatzOptions, wires: int) -> Tensor:
    """Weights ``[layers, wires, 2]``, ``[layers, wires, 3]`` for `strong`, in radians.

    A closing layer of rotations has a row more.
    """
    rows = options.layers + closes(options)
    shape = (rows, wires, 3 if options.entangler == "strong" else 2)
    if options.weights_init == "uniform":
        return torch.rand(shape) * 2 * pi
    return torch.randn(shape) * 0.1


def closes(options: AnsatzOptions) -> bool:
    """Whether rotations follow the last layer.

    A CZ commutes with every word of Z: without them a last one would not be seen.
    """
    return options.entangling_gate == "cz" and options.entangler != "none"


def ranges(layers: int, wires: int) -> list[int]:
    """Distance of control and target in each layer of `strong`, as PennyLane counts it."""
    return [layer % max(wires - 1, 1) + 1 for layer in range(layers)]


def layer(options: AnsatzOptions, number: int, weights: Tensor) -> None:
    """Queue one layer: rotations of each wire, then the entangler.

    Args:
        options: Of the encoder.
        number: Which layer, from 0.
        weights: Of all layers, as `initial_weights` makes them.
    """
    wires = weights.shape[1]
    gate = {"cnot": qml.CNOT, "cz": qml.CZ}[options.entangling_gate]
    if options.entangler == "strong":
        distances = [ranges(options.layers, wires)[number]] if wires > 1 else None
        qml.StronglyEntanglingLayers(
            weights[number][None], wires=range(wires), ranges=distances, imprimitive=gate
        )
        return
    rotations(weights[number])
    for pair in pairs(options.entangler, wires, number):
        gate(wires=pair)


def rotations(weights: Tensor) -> None:
    """Queue the rotations of each wire: RZ and RY of ``[wires, 2]``, Rot of ``[wires, 3]``.

    RZ comes before RY: the other way round, the last layer's RZ would not touch any Z readout.
    """
    for wire, angles in enumerate(weights):
        if len(angles) == 3:
            qml.Rot(*angles, wires=wire)
        else:
            qml.RZ(angles[0], wires=wire)
            qml.RY(angles[1], wires=wire)


def pairs(entangler: Entangler, wires: int, number: int = 0) -> list[tuple[int, int]]:
    """The two wires of each gate of a layer; a ring of two is one pair, of one none.

    >>> pairs("ring", 3), pairs("ring", 2), pairs("linear", 3)
    ([(0, 1), (1, 2), (2, 0)], [(0, 1)], [(0, 1), (1, 2)])
    >>> pairs("brick", 5, 0), pairs("brick", 5, 1)
    ([(0, 1), (2, 3)], [(1, 2), (3, 4)])
    """
    if entangler == "none":
        return []
    if entangler == "brick":
        return [(wire, wire + 1) for wire in range(number % 2, wires - 1, 2)]
    line = [(wire, wire + 1) for wire in range(wires - 1)]
    return [*line, (wires - 1, 0)] if entangler == "ring" and wires > 2 else line
