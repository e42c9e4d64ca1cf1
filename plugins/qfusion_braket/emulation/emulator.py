"""A saved QPU on the SDK's density matrix simulator, with the noise of the SDK's emulator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property, lru_cache
from typing import Any

from qfusion_braket.emulation.native_program import NativeProgram, compile_template, compile_turn
from qfusion_braket.emulation.saved_device import SavedDevice
from qfusion_braket.emulation.transpiler import TranspileOptions
from qfusion_braket.machine import Machine
from qfusion_braket.options import Options
from qfusion_braket.parsed_program import ParsedProgram
from qfusion_braket.simulated_circuit import SimulatedCircuit, SimulatedCone, Simulator
from qfusion_core import Circuit, InputError, NoiseParameters, noisy_cones


class Emulator(Simulator):
    """Compiles a template once; the emulator's own checks see each program."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._compiled: dict[Circuit, NativeProgram] = {}
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
        native = self._compile(circuit)
        used, most = native.used, self._most
        if len(used) > most:
            raise InputError(
                f"braket: {self._saved.name}: the compiled circuit takes {len(used)} qubits of the "
                f"device, and the density matrix simulator has {most}; use a quantum encoder with "
                "fewer qubits"
            )
        return self._part(circuit, native, used, tuple(range(circuit.n_wires)))

    def prepare_cones(self, circuit: Circuit, observables: Sequence[str]) -> list[SimulatedCone]:
        """The whole where it is small; else the light cone of each word, as the gates lie.

        Raises:
            InputError: A cone takes more qubits than the simulator has.
        """
        native = self._compile(circuit)
        # noise of a gate is on its own qubits: it leads no further
        operands = [[int(qubit) for qubit in gate.target] for gate in native.circuit.instructions]
        starts = [
            {label for label, letter in zip(native.wires, word, strict=True) if letter != "I"}
            for word in observables
        ]
        machine = f"braket: {self._saved.name}"
        cones = noisy_cones(machine, operands, starts, native.used, self._most)
        if cones is None:
            return super().prepare_cones(circuit, observables)
        prepared = []
        for qubits, words in cones:
            wires = tuple(w for w, label in enumerate(native.wires) if label in qubits)
            part = self._part(circuit, native, qubits, wires)
            prepared.append(SimulatedCone(part, wires, words))
        return prepared

    @property
    def _most(self) -> int:
        most: int = self._simulator.properties.paradigm.qubitCount
        return most

    def _compile(self, circuit: Circuit) -> NativeProgram:
        self._saved.require_emulator()
        if circuit not in self._compiled:
            self._compiled[circuit] = compile_template(circuit, self._saved, self._rule)
        return self._compiled[circuit]

    def _part(
        self, circuit: Circuit, native: NativeProgram, qubits: Sequence[int], wires: tuple[int, ...]
    ) -> SimulatedCircuit:
        """What happens on some qubits of the device, read on the wires that end there."""
        position_of = {label: position for position, label in enumerate(qubits)}

        @lru_cache(maxsize=64)
        def turn(basis: str) -> ParsedProgram:
            letters = dict(zip(wires, basis, strict=True))
            whole = "".join(letters.get(wire, "I") for wire in range(circuit.n_wires))
            compiled = compile_turn(whole, native, self._saved, self._rule)
            return self._parsed(compiled, position_of, circuit.n_angles, measure=True)

        return SimulatedCircuit(
            self._simulator,
            len(qubits),
            tuple(position_of[native.wires[wire]] for wire in wires),
            self._parsed(native, position_of, circuit.n_angles),
            turn,
            {"depth": native.depth, "two_qubit_gates": native.two_qubit_gates},
        )

    def _noisy(self, native: NativeProgram, *, measure: bool = False) -> list[Any]:
        """Gates and noise, checked, on the qubits of the device."""
        from braket.circuits import Circuit as Program
        from braket.circuits import Gate, Noise

        program = Program(native.circuit)
        self._check(program)
        if measure:
            program.measure(native.wires)
        with self._saved.sound():
            noisy = self._saved.emulator.noise_model.apply(program)
        return [i for i in noisy.instructions if isinstance(i.operator, Gate | Noise)]

    def _parsed(
        self,
        native: NativeProgram,
        position_of: Mapping[int, int],
        n_angles: int,
        *,
        measure: bool = False,
    ) -> ParsedProgram:
        """What happens on some qubits, which are numbered from 0."""
        from braket.circuits import Circuit as Program
        from braket.circuits.serialization import (
            IRType,
            OpenQASMSerializationProperties,
            QubitReferenceType,
        )

        numbered = Program(
            instruction.copy(target_mapping=position_of)
            for instruction in self._noisy(native, measure=measure)
            if position_of.keys() >= {int(qubit) for qubit in instruction.target}
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
