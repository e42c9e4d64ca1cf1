"""qfusion: quantum-classical feature fusion that runs on real machines.

Every public name is importable from here and is loaded on first use: ``import qfusion_core``
imports neither torch nor PennyLane.
"""

from __future__ import annotations

import importlib
from typing import Any

from qfusion_core.hookspecs import hookimpl
from qfusion_core.options import Credentials, Options

_HOMES = {
    "Angle": "circuit",
    "BlackBoxDevice": "interfaces",
    "BudgetError": "remote.errors",
    "Circuit": "circuit",
    "CircuitEncoder": "circuit_encoder",
    "ClassicalEncoder": "interfaces",
    "CredentialsMissing": "errors",
    "Dataset": "interfaces",
    "Device": "interfaces",
    "Engine": "interfaces",
    "Finding": "remote.job",
    "Fusion": "interfaces",
    "FusionClassifier": "model",
    "FusionOutput": "interfaces",
    "Gate": "circuit",
    "InputError": "errors",
    "Job": "remote.job",
    "JobCancelled": "remote.errors",
    "JobFailed": "remote.errors",
    "JobStatus": "remote.job",
    "JobsLeft": "remote.errors",
    "JobsPending": "remote.errors",
    "Layout": "readout",
    "Measurement": "remote.measurement",
    "NoiseParameters": "config.noise",
    "Part": "data",
    "Price": "remote.price",
    "PriceSource": "remote.price",
    "QNodeEncoder": "qnode_encoder",
    "QfusionError": "errors",
    "QuantumEncoder": "interfaces",
    "Range": "remote.price",
    "Readout": "readout",
    "Refused": "remote.errors",
    "Registry": "registry",
    "RemoteDevice": "remote.device",
    "RemoteError": "remote.errors",
    "RemoteOptions": "remote.options",
    "Result": "remote.job",
    "Split": "data",
    "SubmitUncertain": "remote.errors",
    "Term": "circuit",
    "Transient": "remote.errors",
    "adopt_jobs": "remote.adoption",
    "commuting_groups": "readout",
    "did_you_mean": "errors",
    "features": "columns",
    "listing": "columns",
    "load": "runs.loading",
    "open_backend": "config.backends",
    "pauli_words": "readout",
    "read_arrays": "tables",
    "read_features": "tables",
    "read_prices": "remote.prices",
    "read_table": "tables",
    "require_finite": "interfaces",
    "require_wires": "interfaces",
    "stratified": "data",
    "tiles": "remote.planning",
    "token_layout": "readout",
    "train_validation_test": "data",
}

__all__ = ["Credentials", "Options", "hookimpl", *_HOMES]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(f"qfusion_core.{_HOMES[name]}"), name)
    if name == "testing":  # `qfusion_core.testing.FusionContract` after `import qfusion_core`
        return importlib.import_module("qfusion_core.testing")
    raise AttributeError(f"module 'qfusion_core' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
