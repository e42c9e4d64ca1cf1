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


class OpenQasmWriter:
    """Writes programs for one device.

    Args:
        gates: That the device knows, by Braket's names; None for all.
        qubits: Physical ones to take, wire by wire; None for any.
    """

    def __init__(
        self, gates: Collection[str] | None = None, qubits: Sequence[int] | None = None
    ) -> None:
        self._gates, self._qubits = gates, qubits

    def sampled(self, circuit: Circuit, basis: str) -> str:
        """The circuit, turned to a measurement setting, and a measurement of every qubit.

        Args:
            circuit: The template.
            basis: One letter for each wire; what is I is read as Z.

        Raises:
            InputError: The device has no gate for one of the circuit's, nor for its substitute.
        """
        lines = [*self._head(circuit, [f"bit[{circuit.n_wires}] b;"]), *self._body(circuit)]
        for wire, letter in enumerate(basis):
            for name in _TO_Z[letter]:
                lines += self._gate(name, (wire,))
        lines += [f"b[{wire}] = measure {self._qubit(wire)};" for wire in range(circuit.n_wires)]
        return "\n".join(lines)

    def exact(self, circuit: Circuit, words: Sequence[str]) -> str:
        """The circuit, and each Pauli word (wire 0 first) as an expectation value."""
        results = [f"#pragma braket result expectation {self._observable(word)}" for word in words]
        return "\n".join([*self._head(circuit, []), *self._body(circuit), *results])

    def _head(self, circuit: Circuit, more: Sequence[str]) -> list[str]:
        angles = sum(gate.angle is not None for gate in circuit.gates)
        names = [f"input float a{column};" for column in range(angles)]
        register = [] if self._qubits else [f"qubit[{circuit.n_wires}] q;"]
        return ["OPENQASM 3.0;", *names, *more, *register]

    def _body(self, circuit: Circuit) -> Iterator[str]:
        column = 0
        for gate in circuit.gates:
            angle = ""
            if gate.angle is not None:
                angle, column = f"(a{column})", column + 1
            yield from self._gate(_NAMES[gate.name], gate.wires, angle)

    def _gate(
        self, name: str, wires: Sequence[int], angle: str = "", tried: tuple[str, ...] = ()
    ) -> Iterator[str]:
        if self._gates is None or name in self._gates:
            yield f"{name}{angle} {', '.join(self._qubit(wire) for wire in wires)};"
        elif name in _INSTEAD and name not in tried:
            for part in _INSTEAD[name]:
                gate, *positions = part.split()
                other, opening, rest = gate.partition("(")
                targets = [wires[int(position)] for position in positions]
                yield from self._gate(other, targets, opening + rest, (*tried, name))
        else:
            raise InputError(
                f"braket: the device has no gate {(*tried, name)[0]!r}, and none that stands for "
                f"it; it has {', '.join(sorted(self._gates))}"
            )

    def _qubit(self, wire: int) -> str:
        return f"q[{wire}]" if self._qubits is None else f"${self._qubits[wire]}"

    def _observable(self, word: str) -> str:
        letters = [(wire, letter) for wire, letter in enumerate(word) if letter != "I"]
        parts = [f"{letter.lower()}({self._qubit(wire)})" for wire, letter in letters]
        return " @ ".join(parts) or f"i({self._qubit(0)})"


def inputs(angles: Tensor) -> dict[str, list[float]]:
    """Values of the inputs, a list over the rows for each.

    Args:
        angles: ``[rows, n_angles]`` in radians.
    """
    return {f"a{column}": values for column, values in enumerate(angles.T.tolist())}
