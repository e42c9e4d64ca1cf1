"""A template compiled to a device's own gates, by Qiskit's transpiler; its angles stay open."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from qfusion_braket.emulation.frames import Frames, without_rz
from qfusion_braket.emulation.saved import Saved
from qfusion_braket.template import Writer
from qfusion_core import Circuit, InputError


class Rule(NamedTuple):
    """How a template is compiled.

    Attributes:
        level: Of optimisation.
        seed: Of the layout.
        qubits: Of the device, wire by wire; None leaves them to the transpiler.
    """

    level: int
    seed: int
    qubits: tuple[int, ...] | None = None


class Native(NamedTuple):
    """A program in a device's own gates.

    Attributes:
        circuit: Of the Braket SDK: a verbatim box.
        wires: Label of the qubit in which each wire ends.
        frames: In which it leaves the qubits (see `qfusion_braket.emulation.frames`).
        depth: Without the readout.
        two_qubit_gates: How many there are.
    """

    circuit: Any
    wires: tuple[int, ...]
    frames: Frames
    depth: int
    two_qubit_gates: int


def compile_template(circuit: Circuit, saved: Saved, rule: Rule) -> Native:
    """Choose qubits, route, and translate; the readout comes later.

    Args:
        circuit: The template.
        saved: The device.
        rule: How.

    Raises:
        InputError: The device's gates are none that the transpiler can compile to, or the qubits
            that were chosen are none of the device's.
    """
    labels = saved.properties.qubit_labels
    start = None if rule.qubits is None else _positions(rule.qubits, circuit.n_wires, saved)
    compiled = _transpile(_qiskit(Writer().exact(circuit, ())), saved, rule, start)
    layout = compiled.layout
    ends = range(circuit.n_wires) if layout is None else layout.final_index_layout()
    return _native(compiled, [labels[end] for end in ends], saved, {})


def compile_turn(basis: str, template: Native, saved: Saved, rule: Rule) -> Native:
    """What turns a measurement setting to Z, where the template has left its wires."""
    from qiskit import QuantumCircuit

    labels = saved.properties.qubit_labels
    nothing = Circuit(len(basis), (), n_data=0, n_weights=0)
    turn = _qiskit(Writer().sampled(nothing, basis)).remove_final_measurements(inplace=False)
    placed = QuantumCircuit(len(labels))
    placed = placed.compose(turn, [labels.index(wire) for wire in template.wires])
    compiled = _transpile(placed, saved, rule._replace(level=1), range(len(labels)))
    return _native(compiled, template.wires, saved, template.frames)


def _positions(qubits: Sequence[int], n_wires: int, saved: Saved) -> list[int]:
    labels = saved.properties.qubit_labels
    if len(set(qubits)) != n_wires or len(qubits) != n_wires:
        raise InputError(
            f"braket: {saved.name}: qubits: expected one for each of the {n_wires} wires, got "
            f"{list(qubits)}; correct qubits in backends.yaml"
        )
    for label in qubits:
        if label not in labels:
            raise InputError(
                f"braket: {saved.name}: qubits: {label} is none of its qubits "
                f"{', '.join(map(str, labels))}; correct qubits in backends.yaml"
            )
    return [labels.index(label) for label in qubits]


def _native(compiled: Any, wires: Sequence[int], saved: Saved, frames: Frames) -> Native:
    frames = dict(frames)
    if saved.framed is not None:
        compiled = without_rz(compiled, saved.target, frames)
    program = _braket(compiled, saved)
    return Native(program, tuple(wires), frames, compiled.depth(), compiled.num_nonlocal_gates())


def _qiskit(text: str) -> Any:
    from qiskit_braket_provider import to_qiskit

    with _known_warnings():
        return to_qiskit(text, add_measurements=False)


def _transpile(circuit: Any, saved: Saved, rule: Rule, start: Sequence[int] | None) -> Any:
    from qiskit.transpiler import generate_preset_pass_manager
    from qiskit.transpiler.exceptions import TranspilerError

    with _known_warnings():
        passes = generate_preset_pass_manager(
            rule.level,
            target=saved.framed or saved.target,
            seed_transpiler=rule.seed,
            initial_layout=None if start is None else list(start),
        )
        try:
            return passes.run(circuit)
        except TranspilerError as error:
            raise InputError(
                f"braket: {saved.name} cannot be emulated: Qiskit's transpiler knows no way to its "
                f"gates {', '.join(saved.properties.native_gate_set)}; those of IonQ (GPI2 with ZZ "
                "or MS), IQM (PRX, CZ) and Rigetti (RX, RZ, ISWAP or CZ) it can"
            ) from error


def _braket(circuit: Any, saved: Saved) -> Any:
    from qiskit_braket_provider import to_braket

    with _known_warnings():
        return to_braket(
            circuit,
            target=saved.target,
            qubit_labels=saved.properties.qubit_labels,
            verbatim=True,
            add_measurements=False,
        )


@contextmanager
def _known_warnings() -> Iterator[None]:
    """What the libraries say of each circuit, and what does not concern these."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Device does not support global phase", UserWarning)
        warnings.filterwarnings("ignore", "Transpilation with optimization_level", UserWarning)
        # qiskit's transpiler loads every plugin that is installed, and this one is deprecated
        warnings.filterwarnings("ignore", ".*IBMFractionalTranslationPlugin", DeprecationWarning)
        yield
