"""Quantum functions of any width, from gates one by one to templates that PennyLane takes apart."""

from __future__ import annotations

from collections.abc import Callable

import pennylane as qml
import torch

Function = Callable[[torch.Tensor, torch.Tensor], None]


def brick(qubits: int, layers: int) -> tuple[Function, tuple[int, ...]]:
    """RY of the data; in each layer RZ and RY on each wire, and CNOTs between neighbours."""

    def function(data: torch.Tensor, weights: torch.Tensor) -> None:
        qml.AngleEmbedding(data, wires=range(qubits), rotation="Y")
        for layer in range(layers):
            for wire in range(qubits):
                qml.RZ(weights[layer, wire, 0], wires=wire)
                qml.RY(weights[layer, wire, 1], wires=wire)
            for wire in range(layer % 2, qubits - 1, 2):
                qml.CNOT(wires=(wire, wire + 1))

    return function, (layers, qubits, 2)


def strong(qubits: int, layers: int) -> tuple[Function, tuple[int, ...]]:
    """PennyLane's StronglyEntanglingLayers."""

    def function(data: torch.Tensor, weights: torch.Tensor) -> None:
        qml.AngleEmbedding(data, wires=range(qubits))
        qml.StronglyEntanglingLayers(weights, wires=range(qubits))

    return function, (layers, qubits, 3)


def basic(qubits: int, layers: int) -> tuple[Function, tuple[int, ...]]:
    """PennyLane's BasicEntanglerLayers."""

    def function(data: torch.Tensor, weights: torch.Tensor) -> None:
        qml.AngleEmbedding(data, wires=range(qubits))
        qml.BasicEntanglerLayers(weights, wires=range(qubits))

    return function, (layers, qubits)


def mixed(qubits: int, layers: int) -> tuple[Function, tuple[int, ...]]:
    """Data again in each layer, scaled and beside a weight: no angle is an entry as it came."""

    def function(data: torch.Tensor, weights: torch.Tensor) -> None:
        for layer in range(layers):
            for wire in range(qubits):
                qml.RY(0.5 * data[wire] + weights[layer, wire], wires=wire)
            for wire in range(layer % 2, qubits - 1, 2):
                qml.CZ(wires=(wire, wire + 1))

    return function, (layers, qubits)


def controlled(qubits: int, layers: int) -> tuple[Function, tuple[int, ...]]:
    """Controlled rotations of neighbours: angles are halves, sums and differences of weights."""

    def function(data: torch.Tensor, weights: torch.Tensor) -> None:
        qml.AngleEmbedding(data, wires=range(qubits))
        for layer in range(layers):
            for wire in range(qubits - 1):
                qml.CRot(*weights[layer, wire], wires=(wire, wire + 1))

    return function, (layers, qubits, 3)


KINDS = {each.__name__: each for each in (brick, strong, basic, mixed, controlled)}
