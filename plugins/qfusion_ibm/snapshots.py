"""Aer, and snapshots of IBM's machines: what runs here. Their names are known without the SDK."""

from __future__ import annotations

import json
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from qfusion_core import InputError, did_you_mean, one_line

AER = "aer"
PACKAGE = "qiskit-ibm-runtime"
INSTALL = f'{PACKAGE} is not installed; pip install "qfusion[ibm]"'


def not_installed(error: ImportError) -> InputError:
    """The error about a package that is not there."""
    missing = (error.name or PACKAGE).split(".")[0].replace("_", "-")
    return InputError(f'ibm: {missing} is not installed; pip install "qfusion[ibm]"')


def is_local(name: str) -> bool:
    """Whether a backend of this name runs here."""
    return name == AER or name.startswith("fake_")


def require_snapshot(name: str) -> None:
    """Refuse a snapshot that does not exist.

    Raises:
        ValueError: Suggests one that does. (pydantic adds the position.)
    """
    if name.startswith("fake_"):
        machines = [path.parent.name for path in configurations()]
        if not machines:
            raise ValueError(INSTALL)
        if name.removeprefix("fake_") not in machines:
            names = [f"fake_{other}" for other in machines]
            raise ValueError(
                f"unknown snapshot {one_line(repr(name), 60)}; {did_you_mean(name, names)}"
            )


def snapshot_of(name: str) -> str | None:
    """Name of the snapshot of a machine: ``fake_fez`` of ``ibm_fez``; of a snapshot, its own.

    None for Aer, for ``least-busy`` and for a machine of which the SDK brings none.
    """
    machines = {path.parent.name for path in configurations()}
    machine = name.rpartition("_")[2]
    return f"fake_{machine}" if "_" in name and machine in machines else None


def snapshots_with(qubits: int) -> list[str]:
    """Names of the snapshots with so many qubits or more, the smallest first."""
    sizes = {
        f"fake_{path.parent.name}": json.loads(path.read_text())["n_qubits"]
        for path in configurations()
    }
    return sorted((n for n, size in sizes.items() if size >= qubits), key=lambda n: (sizes[n], n))


def open_local(name: str) -> Any:
    """Aer without noise, or a snapshot with the noise of its machine: a Qiskit backend.

    Raises:
        InputError: The SDK is not installed.
    """
    from qfusion_ibm.transpiled_circuit import known_warnings

    try:
        with known_warnings():
            if name == AER:
                from qiskit_aer import AerSimulator

                # those that IBM's machines have, and that both of its programs take
                backend = AerSimulator(basis_gates=["rz", "sx", "x", "cx", "reset", "delay"])
            else:
                from qiskit_ibm_runtime import fake_provider

                backend = next(
                    kind
                    for kind in vars(fake_provider).values()
                    if isinstance(kind, type) and getattr(kind, "backend_name", None) == name
                )()
    except ImportError as error:
        raise InputError(f"ibm: {INSTALL} ({error})") from None
    return backend


@cache
def configurations() -> list[Path]:
    """Of the SDK's snapshots; none where it is not installed."""
    spec = find_spec("qiskit_ibm_runtime")
    if spec is None or spec.origin is None:
        return []
    folder = Path(spec.origin).parent / "fake_provider" / "backends"
    return sorted(folder.glob("*/conf_*.json"))
