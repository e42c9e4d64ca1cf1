"""A template compiled to a device's own gates, by Qiskit's transpiler; its angles stay open."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from qfusion_braket.emulation.saved_device import SavedDevice
from qfusion_braket.emulation.transpiler import (
    TranspileOptions,
    known_warnings,
    tightened,
    transpile,
)
from qfusion_braket.emulation.virtual_z import Frames, without_rz
from qfusion_braket.openqasm import OpenQasmWriter
from qfusion_core import Circuit, InputError


class NativeProgram(NamedTuple):
    """A program in a device's own gates.

    Attributes:
        circuit: Of the Braket SDK: a verbatim box.
        wires: Label of the qubit in which each wire ends.
        frames: In which it leaves the qubits (see `qfusion_braket.emulation.virtual_z`).
        depth: Without the readout.
        two_qubit_gates: How many there are.
    """

    circuit: Any
    wires: tuple[int, ...]
    frames: Frames
    depth: int
    two_qubit_gates: int

    @property
    def used(self) -> list[int]:
        """Labels of the qubits that gates or wires are on, ascending."""
        return sorted({int(qubit) for qubit in self.circuit.qubits} | set(self.wires))


def compile_template(circuit: Circuit, saved: SavedDevice, rule: TranspileOptions) -> NativeProgram:
    """Choose qubits, route, and translate; the readout comes later.

    Where the best route leads over more qubits than there are wires, one within as many is taken.

    Args:
        circuit: The template.
        saved: The device.
        rule: How.

    Raises:
        InputError: The device's gates are none that the transpiler can compile to, or the qubits
            that were chosen are none of the device's.
    """
    labels = saved.properties.qubit_labels
    start = None if rule.qubits is None else _positions(rule.qubits, saved)[: circuit.n_wires]
    program, target = _qiskit(OpenQasmWriter().exact(circuit, ())), saved.framed or saved.target
    compiled = transpile(program, saved, target, rule, start)
    if start is None:
        compiled = tightened(compiled, program, saved, rule, circuit.n_wires)
    layout = compiled.layout
    ends = range(circuit.n_wires) if layout is None else layout.final_index_layout()
    return _native(compiled, [labels[end] for end in ends], saved, {})


def compile_turn(
    basis: str, template: NativeProgram, saved: SavedDevice, rule: TranspileOptions
) -> NativeProgram:
    """What turns a measurement setting to Z, where the template has left its wires."""
    from qiskit import QuantumCircuit

    labels = saved.properties.qubit_labels
    nothing = Circuit(len(basis), (), n_data=0, n_weights=0)
    turn = _qiskit(OpenQasmWriter().sampled(nothing, basis)).remove_final_measurements(
        inplace=False
    )
    placed = QuantumCircuit(len(labels))
    placed = placed.compose(turn, [labels.index(wire) for wire in template.wires])
    target = saved.framed or saved.target
    compiled = transpile(placed, saved, target, rule._replace(level=1), range(len(labels)))
    return _native(compiled, template.wires, saved, template.frames)


def _positions(qubits: Sequence[int], saved: SavedDevice) -> list[int]:
    labels = saved.properties.qubit_labels
    for label in qubits:
        if label not in labels:
            raise InputError(
                f"braket: {saved.name}: qubits: {label} is none of its qubits "
                f"{', '.join(map(str, labels))}; correct qubits in backends.yaml"
            )
    return [labels.index(label) for label in qubits]


def _native(
    compiled: Any, wires: Sequence[int], saved: SavedDevice, frames: Frames
) -> NativeProgram:
    frames = dict(frames)
    if saved.framed is not None:
        compiled = without_rz(compiled, saved.target, frames)
    program = _braket(compiled, saved)
    return NativeProgram(
        program, tuple(wires), frames, compiled.depth(), compiled.num_nonlocal_gates()
    )


def _qiskit(text: str) -> Any:
    from qiskit_braket_provider import to_qiskit

    with known_warnings():
        return to_qiskit(text, add_measurements=False)


def _braket(circuit: Any, saved: SavedDevice) -> Any:
    from qiskit_braket_provider import to_braket

    with known_warnings():
        return to_braket(
            circuit,
            target=saved.target,
            qubit_labels=saved.properties.qubit_labels,
            verbatim=True,
            add_measurements=False,
        )
