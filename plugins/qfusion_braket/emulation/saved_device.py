"""A device as its saved properties describe it: what the SDK's emulator and Qiskit are told."""

from __future__ import annotations

import dataclasses
from contextlib import AbstractContextManager
from functools import cached_property
from pathlib import Path
from statistics import mean
from types import SimpleNamespace
from typing import Any

from qfusion_braket.device_document import machine_of
from qfusion_braket.emulation.document import SAVE, require_document
from qfusion_braket.emulation.virtual_z import framed
from qfusion_braket.local_simulators import NO_LIMIT, parameters
from qfusion_braket.machine import Machine
from qfusion_core import InputError, NoiseParameters, damaged, one_line, shown_path

CANNOT = "the SDK cannot emulate this device"


class SavedDevice:
    """Properties of a device, and what follows from them.

    Args:
        path: Of the file.
        shots: Behind each value.

    Raises:
        InputError: The file is no document of a device that can be emulated.
    """

    def __init__(self, path: str, shots: int | None = None) -> None:
        self.name, self._shots = Path(path).stem, shots
        try:
            self._text = require_document(path)
        except ValueError as error:
            raise InputError(f"braket: emulate: {error}") from None
        from braket.emulation.device_emulator_properties import DeviceEmulatorProperties

        try:
            self.properties = DeviceEmulatorProperties.from_json(self._text)
        except Exception as error:  # pydantic's, KeyError, AttributeError: as the document may be
            problem = one_line(error, 80) or type(error).__name__
            raise InputError(
                f"braket: emulate: {shown_path(path)}: {CANNOT} ({problem}); it can a gate-based "
                "QPU, such as IonQ's, IQM's or Rigetti's"
            ) from None
        self._path = path

    @cached_property
    def machine(self) -> Machine:
        """The device as its document tells, without its price: it runs here."""
        reply = {
            "deviceCapabilities": self._text,
            "deviceStatus": "ONLINE",
            "deviceType": "QPU",
        }
        machine = machine_of(reply, f"{self.name} (emulated)", saved=self._path)
        return dataclasses.replace(machine, program_set=NO_LIMIT, gates=None, cost=None)

    @cached_property
    def emulator(self) -> Any:
        """The SDK's: validates native programs, and has their noise."""
        from braket.emulation.local_emulator import LocalEmulator

        with self.sound():
            return LocalEmulator.from_device_properties(self.properties)

    def require_emulator(self) -> None:
        """Refuse what the SDK cannot emulate: it says why, Qiskit's transpiler would not."""
        _ = self.emulator

    @cached_property
    def edges(self) -> list[tuple[int, int]]:
        """Pairs of qubits that a native two-qubit gate couples, in both directions."""
        graph, full = self.properties.connectivity_graph, self.properties.fully_connected
        with self.sound():
            edges = self.properties.two_qubit_properties
            pairs = [tuple(map(int, edge.split("-"))) for edge in edges]
        coupled = {
            pair
            for one, other in pairs
            if full
            or str(other) in graph.get(str(one), ())
            or str(one) in graph.get(str(other), ())
            for pair in ((one, other), (other, one))
        }
        return sorted(coupled)

    @cached_property
    def target(self) -> Any:
        """Gates, couplings and errors for Qiskit's transpiler."""
        import networkx
        from braket.aws import AwsDeviceType
        from braket.schema_common import BraketSchemaBase
        from qiskit_braket_provider.providers.target import aws_device_to_target

        graph = networkx.DiGraph(self.edges)
        graph.add_nodes_from(self.properties.qubit_labels)
        aws_device = SimpleNamespace(
            type=AwsDeviceType.QPU,
            name=self.name,
            arn=None,
            properties=BraketSchemaBase.parse_raw_schema(self._text),
            topology_graph=graph,
            gate_calibrations=self._calibrated(),
        )
        with self.sound():
            return aws_device_to_target(aws_device)

    @cached_property
    def framed(self) -> Any:
        """The same with free rotations about Z, where the device's pulses have a phase."""
        return framed(self.target)

    def sound(self) -> AbstractContextManager[None]:
        """What is raised inside is the document's fault: the SDK reads it part by part."""
        return damaged(self._path, CANNOT, SAVE)

    def _calibrated(self) -> Any:
        """Gates that take only some angles, as the transpiler is told of them; None if all do."""
        from braket.circuits.angled_gate import AngledGate
        from braket.circuits.translations import BRAKET_GATES
        from braket.parametric import FreeParameter
        from braket.registers import QubitSet
        from braket.schema_common import BraketSchemaBase
        from qiskit_braket_provider.providers.target import native_angle_restrictions

        restrictions = native_angle_restrictions(BraketSchemaBase.parse_raw_schema(self._text))
        allowed = {
            name: angles[0]
            for name, angles in restrictions.items()
            if isinstance(angles.get(0), set)
        }
        if not allowed:
            return None
        sequences: dict[tuple[Any, Any], None] = {}
        for name in self.properties.native_gate_set:
            kind = BRAKET_GATES[name.lower()]
            gates = (
                [kind()]
                if not issubclass(kind, AngledGate)
                else [kind(angle) for angle in allowed.get(name, [FreeParameter("turn")])]
            )
            one = kind.fixed_qubit_count() == 1
            places = [(q,) for q in self.properties.qubit_labels] if one else self.edges
            sequences |= {(gate, QubitSet(qubits)): None for gate in gates for qubits in places}
        return SimpleNamespace(pulse_sequences=sequences)

    def noise(self) -> NoiseParameters:
        """Means of the errors that the emulator makes of the document."""
        from braket.circuits.noises import BitFlip, Depolarizing, TwoQubitDepolarizing

        model = self.emulator.noise_model
        with self.sound():
            one, two, readout = (
                mean(n.noise.probability for n in model.instructions if type(n.noise) is kind)
                for kind in (Depolarizing, TwoQubitDepolarizing, BitFlip)
            )
            return parameters(self._shots, one, two, readout)
