"""A saved QPU on the SDK's density matrix simulator, with the noise of the SDK's emulator."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property, lru_cache
from typing import Any

from qfusion_braket.emulation.native_program import NativeProgram, compile_template, compile_turn
from qfusion_braket.emulation.saved_device import SavedDevice
from qfusion_braket.emulation.transpiler import TranspileOptions
from qfusion_braket.machine import Machine
from qfusion_braket.options import Options
from qfusion_braket.parsed_program import ParsedProgram
from qfusion_braket.simulated_circuit import SimulatedCircuit, Simulator
from qfusion_core import Circuit, InputError, NoiseParameters


class Emulator(Simulator):
    """Compiles a template once; the emulator's own checks see each program."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._rule = TranspileOptions(
            options.optimization_level, options.layout_seed, options.qubits
        )

    @cached_property
    def _saved(self) -> SavedDevice:
        assert self._options.emulate is not None
        return SavedDevice(self._options.emulate, self._options.shots)

    @cached_property
    def _simulator(self) -> Any:
        from braket.default_simulator import DensityMatrixSimulator

        return DensityMatrixSimulator()

    def machine(self) -> Machine:
        """As the document says."""
        return self._saved.machine

    def noise(self) -> NoiseParameters:
        """Means over the device."""
        return self._saved.noise()

    def prepare(self, circuit: Circuit) -> SimulatedCircuit:
        """Compile, check, add noise, parse.

        Raises:
            InputError: Routing takes more qubits than the simulator has.
        """
        self._saved.require_emulator()
        native = compile_template(circuit, self._saved, self._rule)
        used = sorted({int(qubit) for qubit in native.circuit.qubits} | set(native.wires))
        position_of = {label: position for position, label in enumerate(used)}
        most = self._simulator.properties.paradigm.qubitCount
        if len(used) > most:
            raise InputError(
                f"braket: {self._saved.name}: the compiled circuit takes {len(used)} qubits of the "
                f"device, and the density matrix simulator has {most}; use a quantum encoder with "
                "fewer qubits"
            )

        @lru_cache(maxsize=64)
        def turn(basis: str) -> ParsedProgram:
            compiled = compile_turn(basis, native, self._saved, self._rule)
            return self._parsed(compiled, position_of, circuit.n_angles, measure=True)

        return SimulatedCircuit(
            self._simulator,
            len(used),
            tuple(position_of[label] for label in native.wires),
            self._parsed(native, position_of, circuit.n_angles),
            turn,
            {"depth": native.depth, "two_qubit_gates": native.two_qubit_gates},
        )

    def _parsed(
        self,
        native: NativeProgram,
        position_of: Mapping[int, int],
        n_angles: int,
        *,
        measure: bool = False,
    ) -> ParsedProgram:
        """Checked, with the emulator's noise, on qubits that are numbered from 0."""
        from braket.circuits import Circuit as Program
        from braket.circuits import Gate, Noise
        from braket.circuits.serialization import (
            IRType,
            OpenQASMSerializationProperties,
            QubitReferenceType,
        )

        program = Program(native.circuit)
        self._check(program)
        if measure:
            program.measure(native.wires)
        with self._saved.sound():
            noisy = self._saved.emulator.noise_model.apply(program)
        numbered = Program(
            instruction.copy(target_mapping=position_of)
            for instruction in noisy.instructions
            if isinstance(instruction.operator, Gate | Noise)
        )
        text = numbered.to_ir(
            IRType.OPENQASM, OpenQASMSerializationProperties(QubitReferenceType.PHYSICAL)
        )
        return ParsedProgram(text.source, n_angles)

    def _check(self, program: Any) -> None:
        """By the emulator, each gate on each qubit once: its time grows with the square."""
        from braket.circuits import Circuit as Program
        from braket.circuits import Gate

        kinds = {
            (instruction.operator.name, *instruction.target): instruction
            for instruction in program.instructions
            if isinstance(instruction.operator, Gate)
        }
        if kinds:
            with self._saved.sound():
                self._saved.emulator.validate(Program().add_verbatim_box(Program(kinds.values())))
