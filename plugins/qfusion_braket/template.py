"""A circuit as OpenQASM 3 with one input for each gate angle: the same text in every process.

The SDK declares inputs in the order of a Python set, which differs between processes: what is
written here does not.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from torch import Tensor

from qfusion_core import Circuit, InputError

_NAMES = {
    "RX": "rx", "RY": "ry", "RZ": "rz", "H": "h", "X": "x", "Y": "y", "Z": "z", "S": "s",
    "Sdg": "si", "SX": "v", "SXdg": "vi", "T": "t", "Tdg": "ti", "CNOT": "cnot", "CZ": "cz",
    "SWAP": "swap",
}  # fmt: skip
# for devices that lack a gate: the same up to a global phase, in the order of time
_INSTEAD = {
    "cz": ("h 1", "cnot 0 1", "h 1"),
    "cnot": ("h 1", "cz 0 1", "h 1"),
    "swap": ("cnot 0 1", "cnot 1 0", "cnot 0 1"),
    "v": ("rx(pi/2) 0",),
    "vi": ("rx(-pi/2) 0",),
    "s": ("rz(pi/2) 0",),
    "si": ("rz(-pi/2) 0",),
    "t": ("rz(pi/4) 0",),
    "ti": ("rz(-pi/4) 0",),
    "h": ("rz(pi) 0", "ry(pi/2) 0"),
    "x": ("rx(pi) 0",),
    "y": ("ry(pi) 0",),
    "z": ("rz(pi) 0",),
}
_TO_Z = {"X": ("h",), "Y": ("si", "h"), "Z": (), "I": ()}


def sampled_program(circuit: Circuit, basis: str, known: Collection[str] | None = None) -> str:
    """The circuit, turned to a measurement setting, and a measurement of every qubit.

    Args:
        circuit: The template.
        basis: One letter for each wire; what is I is read as Z.
        known: Gates of the device by Braket's names; None for all.

    Raises:
        InputError: The device has no gate for one of the circuit's, nor for its substitute.
    """
    turns = [(name, (wire,)) for wire, letter in enumerate(basis) for name in _TO_Z[letter]]
    body = [line for name, wires in turns for line in _lines(name, wires, known)]
    reads = [f"b[{wire}] = measure q[{wire}];" for wire in range(circuit.n_wires)]
    head = [f"bit[{circuit.n_wires}] b;"]
    return "\n".join([*_head(circuit, head), *_body(circuit, known), *body, *reads])


def exact_program(
    circuit: Circuit, words: Sequence[str], known: Collection[str] | None = None
) -> str:
    """The circuit, and each Pauli word as an expectation value.

    Args:
        circuit: The template.
        words: Pauli words, wire 0 first.
        known: As of `sampled_program`.
    """
    results = [f"#pragma braket result expectation {_observable(word)}" for word in words]
    return "\n".join([*_head(circuit, []), *_body(circuit, known), *results])


def inputs(angles: Tensor) -> dict[str, list[float]]:
    """Values of the inputs, a list over the rows for each.

    Args:
        angles: ``[rows, n_angles]`` in radians.
    """
    return {f"a{column}": values for column, values in enumerate(angles.T.tolist())}


def _head(circuit: Circuit, more: Sequence[str]) -> list[str]:
    angles = sum(gate.angle is not None for gate in circuit.gates)
    names = [f"input float a{column};" for column in range(angles)]
    return ["OPENQASM 3.0;", *names, *more, f"qubit[{circuit.n_wires}] q;"]


def _body(circuit: Circuit, known: Collection[str] | None) -> Iterator[str]:
    column = 0
    for gate in circuit.gates:
        angle = ""
        if gate.angle is not None:
            angle, column = f"(a{column})", column + 1
        yield from _lines(_NAMES[gate.name], gate.wires, known, angle)


def _lines(
    name: str,
    wires: Sequence[int],
    known: Collection[str] | None,
    angle: str = "",
    tried: tuple[str, ...] = (),
) -> Iterator[str]:
    if known is None or name in known:
        yield f"{name}{angle} {', '.join(f'q[{wire}]' for wire in wires)};"
    elif name in _INSTEAD and name not in tried:
        for part in _INSTEAD[name]:
            gate, *positions = part.split()
            other, opening, rest = gate.partition("(")
            at = [wires[int(position)] for position in positions]
            yield from _lines(other, at, known, opening + rest, (*tried, name))
    else:
        raise InputError(
            f"braket: the device has no gate {(*tried, name)[0]!r}, and none that stands for it; "
            f"it has {', '.join(sorted(known))}"
        )


def _observable(word: str) -> str:
    parts = [f"{letter.lower()}(q[{wire}])" for wire, letter in enumerate(word) if letter != "I"]
    return " @ ".join(parts) or "i(q[0])"
