"""The SDK's simulators on this machine: state vector, and density matrix with noise."""

from __future__ import annotations

from functools import cached_property, lru_cache
from typing import Any

from qfusion_braket.machine import Limits, Machine
from qfusion_braket.options import Noise, Options
from qfusion_braket.parsed import Parsed
from qfusion_braket.prepared import Bench, Prepared
from qfusion_braket.template import sampled_program
from qfusion_core import Circuit, NoiseParameters

NO_LIMIT = Limits(executables=2**31, shots=2**62)


class Local(Bench):
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

    def prepare(self, circuit: Circuit) -> Prepared:
        """Parse the very program that a device at AWS gets."""
        size = circuit.n_wires
        body = Parsed(sampled_program(circuit, "Z" * size), circuit.n_angles, self._noise)
        return Prepared(self._simulator, size, tuple(range(size)), body, self._turn)

    def noise(self) -> NoiseParameters | None:
        """As given. Braket's depolarizing takes the probability of an error, not of a loss."""
        if self._noise is None:
            return None
        return NoiseParameters.model_validate(
            {
                "shots": self._shots,
                "readout_error": self._noise.readout,
                "depolarizing": {
                    "one_qubit": self._noise.one_qubit * 4 / 3,
                    "two_qubit": self._noise.two_qubit * 16 / 15,
                },
            }
        )

    def _make_turn(self, basis: str) -> list[Any]:
        return [*turn(basis), *_misread(len(basis), self._noise)]


def turn(basis: str) -> list[Any]:
    """Operations that turn a measurement setting to Z."""
    nothing = Circuit(len(basis), (), n_data=0, n_weights=0)
    return Parsed(sampled_program(nothing, basis)).bind([])


def _misread(qubits: int, noise: Noise | None) -> list[Any]:
    if noise is None or noise.readout == 0:
        return []
    from braket.default_simulator.noise_operations import BitFlip

    return [BitFlip([qubit], noise.readout) for qubit in range(qubits)]
