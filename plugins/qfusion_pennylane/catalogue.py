"""What is known about PennyLane devices that they do not tell themselves."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatch
from typing import Any, Literal

from qfusion_core import InputError, did_you_mean, one_line


@dataclass(frozen=True)
class Traits:
    """Traits of a device.

    Attributes:
        gradient: How exact values are differentiated fastest; None: by parameter shift.
        exact: Whether there are exact values; without, the device samples in silence.
        broadcasts: Whether one tape may hold a batch of angles.
        seed: Keyword of the constructor that seeds the draws; None: they cannot be seeded.
        keywords: What the constructor takes through ``**kwargs``, where it would swallow a typo.
        extra: The extra of qfusion that installs it.
        local: Whether it is known to run on this machine.
    """

    gradient: Literal["backprop", "adjoint"] | None = None
    exact: bool = True
    broadcasts: bool = False
    seed: Literal["seed", "seed_simulator"] | None = None
    keywords: frozenset[str] = frozenset()
    extra: str | None = None
    local: bool = True


_AER = frozenset({
    # run options of qiskit_aer.AerSimulator
    "device", "precision", "max_memory_mb", "max_parallel_experiments", "max_parallel_shots",
    "max_parallel_threads", "fusion_enable", "fusion_max_qubit", "fusion_threshold",
    "statevector_parallel_threshold", "validation_threshold", "zero_threshold",
    "matrix_product_state_max_bond_dimension", "matrix_product_state_truncation_threshold",
    # arguments of qiskit.transpile
    "optimization_level", "seed_transpiler",
})  # fmt: skip
_TENSOR = frozenset({
    "contract", "contraction_optimizer", "cutoff", "local_simplify", "max_bond_dim",
})  # fmt: skip

LOCAL = {
    "default.qubit": Traits("backprop", broadcasts=True, seed="seed"),
    "default.mixed": Traits("backprop", broadcasts=True, seed="seed"),
    "default.clifford": Traits(seed="seed"),
    "default.tensor": Traits(keywords=_TENSOR),
    "reference.qubit": Traits(seed="seed"),
    "lightning.tensor": Traits(keywords=_TENSOR),
    "lightning.*": Traits("adjoint", seed="seed"),
    "qiskit.aer": Traits(seed="seed_simulator", keywords=_AER, extra="aer"),
    "qiskit.basicsim": Traits(exact=False, seed="seed_simulator", extra="aer"),
    "braket.local.qubit": Traits(keywords=frozenset({"batch_size"}), extra="braket"),
}

# distributions of devices that PennyLane does not bring
_BRINGS = {
    "qiskit.*": "pennylane-qiskit",
    "braket.*": "amazon-braket-pennylane-plugin",
}
_NO_QUBITS = "has no qubits with gates"
REFUSED = {
    "braket.aws.*": "runs on Amazon Braket past qfusion's journal and budget; use `type: braket`",
    "qiskit.remote": "runs on IBM Quantum past qfusion's journal and budget; use `type: ibm`",
    "qiskit.ibmq*": "runs on IBM Quantum past qfusion's journal and budget; use `type: ibm`",
    "null.qubit": "computes nothing: all its values are zero; use default.qubit",
    "default.gaussian": _NO_QUBITS,
    "default.qutrit*": _NO_QUBITS,
    "braket.local.ahs": _NO_QUBITS,
}


def traits(name: str, *, installed: Iterable[str], acknowledged: bool) -> Traits:
    """What is known about the device called ``name``.

    Raises:
        InputError: The device must not be used from here, is not installed, or is not known to be
            local and nobody has acknowledged that.
    """
    shown = one_line(repr(name), 40)
    if reason := _match(REFUSED, name):
        raise InputError(f"pennylane: device {shown} {reason}")
    entry: Traits | None = _match(LOCAL, name)
    if name not in installed:
        if entry and entry.extra:
            hint = f'install it by pip install "qfusion[{entry.extra}]"'
        else:
            hint = did_you_mean(name, [other for other in installed if not _match(REFUSED, other)])
        raise InputError(f"pennylane: no PennyLane device {shown} is installed; {hint}")
    if entry:
        return entry
    if not acknowledged:
        raise InputError(
            f"pennylane: device {shown} is not known to run on this machine: its jobs may cost "
            "money and are neither journalled nor budgeted; if that is meant, set "
            "`remote: acknowledged`"
        )
    return Traits(local=False)


def brings(name: str) -> str | None:
    """The distribution that a device is known to be of; None for PennyLane's own, and others'."""
    distribution: str | None = _match(_BRINGS, name)
    return distribution


def is_vendors(name: str) -> bool:
    """Whether importing a device imports a vendor's SDK, as far as that is known."""
    own = ("default.*", "reference.*", "null.*", "lightning.*")
    return not any(fnmatch(name, pattern) for pattern in own)


def _match(table: dict[str, Any], name: str) -> Any:
    return next((value for pattern, value in table.items() if fnmatch(name, pattern)), None)
