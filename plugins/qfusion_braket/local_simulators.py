"""The SDK's simulators on this machine: state vector, and density matrix with noise."""

from __future__ import annotations

from functools import cached_property, lru_cache, partial
from typing import Any

from qfusion_braket.machine import Limits, Machine
from qfusion_braket.openqasm import OpenQasmWriter
from qfusion_braket.options import Noise, Options
from qfusion_braket.parsed_program import ParsedProgram
from qfusion_braket.simulated_circuit import SimulatedCircuit, Simulator
from qfusion_core import Circuit, NoiseParameters

NO_LIMIT = Limits(executables=2**31, shots=2**62)


class LocalSimulator(Simulator):
    """`local` or `local-dm`. The turn to a measurement setting has no noise, the readout has."""

    def __init__(self, options: Options) -> None:
        assert options.device is not None
        self._name, self._noise, self._shots = options.device, options.noise, options.shots
        self._turn = lru_cache(maxsize=64)(self._make_turn)

    @cached_property
    def _simulator(self) -> Any:
        from braket.default_simulator import DensityMatrixSimulator, StateVectorSimulator

        return DensityMatrixSimulator() if self._name == "local-dm" else StateVectorSimulator()

    def machine(self) -> Machine:
        """As large as the SDK says."""
        qubits = self._simulator.properties.paradigm.qubitCount
        return Machine(self._name, qubits, program_set=NO_LIMIT, simulator=True)

    def prepare(self, circuit: Circuit) -> SimulatedCircuit:
        """Parse the very program that a device at AWS gets."""
        size = circuit.n_wires
        text, angles = OpenQasmWriter().sampled(circuit, "Z" * size), circuit.n_angles
        body = ParsedProgram(text, angles, noise=self._noise)
        turn = partial(self._turn, n_angles=angles)
        return SimulatedCircuit(self._simulator, size, tuple(range(size)), body, turn)

    def noise(self) -> NoiseParameters | None:
        """As the option `noise` gives it."""
        noise = self._noise
        if noise is None:
            return None
        return parameters(self._shots, noise.one_qubit, noise.two_qubit, noise.readout)

    def _make_turn(self, basis: str, n_angles: int) -> ParsedProgram:
        nothing = Circuit(len(basis), (), n_data=0, n_weights=0)
        end = _misread(len(basis), self._noise)
        return ParsedProgram(OpenQasmWriter().sampled(nothing, basis), n_angles, end=end)


def _misread(qubits: int, noise: Noise | None) -> list[Any]:
    if noise is None or noise.readout == 0:
        return []
    from braket.default_simulator.noise_operations import BitFlip

    return [BitFlip([qubit], noise.readout) for qubit in range(qubits)]


def parameters(shots: int | None, one: float, two: float, readout: float) -> NoiseParameters:
    """Noise in qfusion's figures.

    Args:
        shots: Behind each value.
        one: Of Braket's ``Depolarizing``: the probability of an error, which is 3/4 of that with
            which the state is lost.
        two: Of ``TwoQubitDepolarizing``: 15/16, likewise.
        readout: Of ``BitFlip``.
    """
    figures = {
        "shots": shots,
        "readout_error": readout,
        "depolarizing": {"one_qubit": one * 4 / 3, "two_qubit": two * 16 / 15},
    }
    return NoiseParameters.model_validate(figures)
