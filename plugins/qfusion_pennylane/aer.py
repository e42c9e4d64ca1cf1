"""What `qiskit.aer` needs: exact values where they are asked for, and a transpiler that is fast."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qfusion_core import InputError, did_you_mean

_EXACT = ("statevector", "unitary")


def method(options: Mapping[str, Any], *, shots: int | None, seed: int | None) -> str:
    """The simulation method that fits the shots.

    By default the device would take 1024 shots where none are asked for; and the methods that hold
    the state draw from numpy's global generator.

    Raises:
        InputError: The method does not exist, has no exact values, or cannot be seeded.
    """
    from qiskit_aer import AerSimulator

    methods = AerSimulator().available_methods()
    chosen = str(options.get("method", "automatic" if shots else "statevector"))
    if chosen not in methods:
        raise InputError(
            f"pennylane: qiskit.aer: unknown method {chosen!r}; {did_you_mean(chosen, methods)}"
        )
    if shots is None and chosen not in _EXACT:
        raise InputError(
            f"pennylane: qiskit.aer: method {chosen!r} has no exact values; set shots, or method "
            f"to one of {', '.join(_EXACT)}"
        )
    if seed is not None and chosen in _EXACT:
        raise InputError(
            f"pennylane: qiskit.aer: method {chosen!r} cannot honour a seed; leave out the method "
            "or the seed"
        )
    return chosen


def fixed_target(method: str) -> Any:
    """A backend to compile for: the simulator's own gates, looked up once.

    `AerSimulator.target` is rebuilt at every access, which is nine tenths of the time that the
    device takes for a small circuit.
    """
    from qiskit.providers import BackendV2, Options
    from qiskit_aer import AerSimulator

    class FixedTarget(BackendV2):
        max_circuits = None

        def __init__(self, simulator: Any) -> None:
            super().__init__(name=f"{simulator.name}_target")
            self._target = simulator.target

        @property
        def target(self) -> Any:
            return self._target

        @classmethod
        def _default_options(cls) -> Any:
            return Options()

        def run(self, run_input: Any, **options: Any) -> Any:
            raise NotImplementedError("compiles only")

    return FixedTarget(AerSimulator(method=method))
