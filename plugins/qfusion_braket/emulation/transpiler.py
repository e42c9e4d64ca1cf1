"""Qiskit's transpiler: gates, couplings, layout."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

from qfusion_braket.emulation.qubit_subset import confined, n_used
from qfusion_braket.emulation.saved_device import SavedDevice
from qfusion_core import InputError

TRIES = 5  # at routing within as many qubits as a circuit has; the fewest two-qubit gates are taken


class TranspileOptions(NamedTuple):
    """How a template is compiled.

    Attributes:
        level: Of optimisation.
        seed: Of the layout.
        qubits: Of the device, wire by wire; None leaves them to the transpiler.
    """

    level: int
    seed: int
    qubits: tuple[int, ...] | None = None


def transpile(
    circuit: Any,
    saved: SavedDevice,
    target: Any,
    rule: TranspileOptions,
    start: Sequence[int] | None,
) -> Any:
    """A circuit in the gates of a target, its angles open.

    Args:
        circuit: Of Qiskit.
        saved: The device, for its name and gates.
        target: The whole device or a part, with its own gates or with free frames.
        rule: How.
        start: Position of the qubit of each wire; None leaves them to the transpiler.

    Raises:
        InputError: The gates are none that the transpiler can compile to.
    """
    from qiskit.transpiler import generate_preset_pass_manager
    from qiskit.transpiler.exceptions import TranspilerError

    with known_warnings():
        passes = generate_preset_pass_manager(
            rule.level,
            target=target,
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


def tightened(
    compiled: Any, circuit: Any, saved: SavedDevice, rule: TranspileOptions, n_wires: int
) -> Any:
    """The same on as many qubits as there are wires, if it is not and can be.

    Args:
        compiled: By `transpile`, for the whole device.
        circuit: From which.
        saved: The device.
        rule: How.
        n_wires: Of the circuit.
    """
    if n_used(compiled) <= n_wires:
        return compiled
    part = confined(saved.framed or saved.target, compiled, n_wires)
    return min(
        [compiled, *_tighter(circuit, saved, part, rule)],
        key=lambda program: (n_used(program), program.num_nonlocal_gates()),
    )


@contextmanager
def known_warnings() -> Iterator[None]:
    """What the libraries say of each circuit, and what does not concern these."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Device does not support global phase", UserWarning)
        warnings.filterwarnings("ignore", "Transpilation with optimization_level", UserWarning)
        # qiskit's transpiler loads every plugin that is installed, and this one is deprecated
        warnings.filterwarnings("ignore", ".*IBMFractionalTranslationPlugin", DeprecationWarning)
        yield


def _tighter(
    program: Any, saved: SavedDevice, target: Any, rule: TranspileOptions
) -> Iterator[Any]:
    for more in range(TRIES):
        # parts of a circuit that nothing couples may find no room
        with suppress(InputError):
            yield transpile(program, saved, target, rule._replace(seed=rule.seed + more), None)
