"""Rotations about Z as frames: a device whose pulses have a free phase turns about Z for nothing.

Qiskit compiles to RZ, SX, X and the device's two-qubit gate; then no RZ is played: the phases of
all later pulses of the qubit are shifted instead (McKay et al., Efficient Z gates for quantum
computing, Phys. Rev. A 96, 022330, 2017), as the vendors' own compilers do. By Qiskit's rules for
PRX and GPI2 a rotation takes two pulses to seven, each with its noise.
"""

from __future__ import annotations

import math
from typing import Any

_PULSES = {"r", "gpi", "gpi2"}
_PAIRS = {"cz", "rzz", "ms"}  # let the frames pass, or have a phase that takes them
_NO_GATES = {"measure", "barrier", "if_else"}
Frames = dict[int, Any]  # phase of each qubit, in radians: a number, or an expression


def framed(target: Any) -> Any:
    """A target in which RZ is free, for devices with PRX, or GPI and GPI2; None for others.

    Args:
        target: Of the device's own gates.
    """
    from qiskit.circuit import Parameter
    from qiskit.circuit.library import RXXGate, RZGate, SXGate, XGate
    from qiskit.transpiler import InstructionProperties, Target

    names = set(target.operation_names)
    pulse = next((name for name in ("r", "gpi2") if name in names), None)
    if pulse is None or not names <= _PULSES | _PAIRS | _NO_GATES:
        return None
    with_frames = Target(num_qubits=target.num_qubits, qubit_properties=target.qubit_properties)
    with_frames.add_instruction(
        RZGate(Parameter("turn")),
        {(qubit,): InstructionProperties(error=0.0) for qubit in range(target.num_qubits)},
    )
    for gate in (SXGate(), XGate()):
        with_frames.add_instruction(gate, dict(target[pulse]))
    for name in names & {*_PAIRS, "measure"}:
        gate = target.operation_from_name(name)
        places = dict(target[name])
        # an MS gate is an XX rotation whose axes are free
        with_frames.add_instruction(RXXGate(Parameter("turn")) if name == "ms" else gate, places)
    return with_frames


def without_rz(circuit: Any, target: Any, frames: Frames) -> Any:
    """A circuit of a framed target in the device's own gates.

    Args:
        circuit: Compiled to the framed target.
        target: Of the device's own gates.
        frames: In which the qubits are; left as they are at the end.
    """
    from qiskit.circuit.library import RGate
    from qiskit_ionq import GPI2Gate, GPIGate, MSGate

    own = circuit.copy_empty_like()
    own.global_phase = 0
    for part in circuit.data:
        gate, qubits = part.operation, part.qubits
        indices = [circuit.find_bit(qubit).index for qubit in qubits]
        phases = [-frames.get(qubit, 0.0) for qubit in indices]
        turns = [phase / math.tau for phase in phases]  # the unit of IonQ's gates in Qiskit
        match gate.name:
            case "rz":
                frames[indices[0]] = frames.get(indices[0], 0.0) + gate.params[0]
                continue
            case "sx" if "r" in target.operation_names:
                gate = RGate(math.pi / 2, phases[0])
            case "x" if "r" in target.operation_names:
                gate = RGate(math.pi, phases[0])
            case "sx":
                gate = GPI2Gate(turns[0])
            case "x":
                gate = GPIGate(turns[0])
            case "rxx":
                angle = float(gate.params[0])  # IonQ's is from 0 to pi/2: turn an axis around
                first = turns[0] + (0.5 if angle < 0 else 0.0)
                gate = MSGate(first, turns[1], abs(angle) / math.tau)
        own.append(gate, qubits)
    return own
