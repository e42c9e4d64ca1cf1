"""How much of an expectation value survives depolarising error: one factor for each Pauli word.

A word is followed backwards through the circuit, from the readout to ``|0...0>``. A gate turns it
into other words; depolarising error after the gate shrinks each that acts on the gate's qubits by
``1 - p``. The factor is the mean of what survives over all these paths, weighted by the squares of
their coefficients, with every rotation angle at its average (a rotation keeps a word or turns it,
half and half). That is the least-squares factor between noisy and exact values where the angles are
independent and uniform, since different paths are uncorrelated then: Fontana et al., Classical
simulations of noisy variational quantum circuits, arXiv:2306.05400. It is exact for circuits of
Clifford gates and an approximation elsewhere: the true factor depends on the angles, and on the
gates that a transpiler makes of these.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import product

import numpy as np
import torch
from numpy.typing import NDArray

from qfusion_core.circuits.circuit import Circuit
from qfusion_core.circuits.gates import Gate
from qfusion_core.noise_parameters import Depolarizing

MOST_WORDS = 1024  # beyond, the rest of the circuit is taken by the light cone alone
Branches = dict[str, list[tuple[str, float]]]
Turns = dict[str, Branches]

_PAULI = {
    "I": np.eye(2),
    "X": np.array([[0, 1], [1, 0]]),
    "Y": np.array([[0, -1j], [1j, 0]]),
    "Z": np.diag([1, -1]),
}


def survival(circuit: Circuit, words: Iterable[str], error: Depolarizing) -> list[float]:
    """A factor from 0 to 1 for each word."""
    words = list(words)
    if error.one_qubit == error.two_qubit == 0:
        return [1.0] * len(words)
    turns = _branches(circuit)
    return [_survival(circuit, word, error, turns) for word in words]


def _survival(circuit: Circuit, word: str, error: Depolarizing, turns: Turns) -> float:
    paths = {word: (1.0, 1.0)}  # weight, and weight times what survives
    for position in reversed(range(len(circuit.gates))):
        if len(paths) > MOST_WORDS:
            return _mean(paths.values()) * _light_cone(circuit.gates[: position + 1], paths, error)
        gate = circuit.gates[position]
        keeps, passed = 1 - _p(gate, error), dict[str, tuple[float, float]]()
        for old, (weight, left) in paths.items():
            letters = "".join(old[wire] for wire in gate.wires)
            if set(letters) != {"I"}:
                left *= keeps
            for after, share in turns[gate.name][letters]:
                new = list(old)
                for wire, letter in zip(gate.wires, after, strict=True):
                    new[wire] = letter
                before = passed.get(key := "".join(new), (0.0, 0.0))
                passed[key] = before[0] + share * weight, before[1] + share * left
        paths = passed
    # in |0...0> a word of I and Z is 1, any other 0
    return _mean([pair for end, pair in paths.items() if set(end) <= set("IZ")] or paths.values())


def _mean(paths: Iterable[tuple[float, float]]) -> float:
    weights, left = np.array(list(paths)).sum(0)
    return float(left / weights)


def _light_cone(gates: tuple[Gate, ...], words: Iterable[str], error: Depolarizing) -> float:
    """What survives if every gate that can reach the words shrinks them: a lower bound."""
    reached = {wire for word in words for wire, letter in enumerate(word) if letter != "I"}
    kept = 1.0
    for gate in reversed(gates):
        if reached & set(gate.wires):
            kept *= 1 - _p(gate, error)
            reached |= set(gate.wires)
    return kept


def _p(gate: Gate, error: Depolarizing) -> float:
    return error.two_qubit if len(gate.wires) == 2 else error.one_qubit


def _branches(circuit: Circuit) -> Turns:
    """For each gate and each word on its wires: words of ``U* P U`` and their squared weights.

    The squares of a rotation by pi/4 are one half each: those of the mean over all angles.
    """
    operations = circuit.queue(torch.full((circuit.n_angles,), math.pi / 4).double())
    matrices = {
        gate.name: np.asarray(operation.matrix())
        for gate, operation in zip(circuit.gates, operations, strict=True)
    }
    return {name: _turned(matrix) for name, matrix in matrices.items()}


def _turned(matrix: NDArray[np.complex128]) -> Branches:
    wires = len(matrix).bit_length() - 1
    words = {"".join(letters): _tensor(letters) for letters in product("IXYZ", repeat=wires)}
    turned: Branches = {}
    for name, word in words.items():
        after = matrix.conj().T @ word @ matrix
        shares = {
            other: abs(np.trace(each @ after) / len(matrix)) ** 2 for other, each in words.items()
        }
        turned[name] = [(other, float(share)) for other, share in shares.items() if share > 1e-9]
    return turned


def _tensor(letters: tuple[str, ...]) -> NDArray[np.complex128]:
    result = np.eye(1, dtype=complex)
    for letter in letters:
        result = np.kron(result, _PAULI[letter])
    return result
