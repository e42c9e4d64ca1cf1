"""qfusion: quantum-classical feature fusion that runs on real machines.

Every public name is importable from here and is loaded on first use: ``import qfusion_core``
imports neither torch nor PennyLane, nor anything else that is not Python's: ``python -m`` does so
while the working directory can still shadow it.
"""

import importlib

from qfusion_core.isolation import take_no_settings_from_here

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from qfusion_core.hookspecs import hookimpl as hookimpl
    from qfusion_core.options import Credentials as Credentials
    from qfusion_core.options import Options as Options

take_no_settings_from_here()

_HOMES = {
    "Angle": "circuit",
    "BlackBoxDevice": "interfaces",
    "BudgetError": "remote.errors",
    "Circuit": "circuit",
    "CircuitEncoder": "circuit_encoder",
    "ClassicalEncoder": "interfaces",
    "Credentials": "options",
    "CredentialsMissing": "errors",
    "Dataset": "interfaces",
    "Device": "interfaces",
    "Engine": "interfaces",
    "Charge": "remote.job",
    "FailedPart": "remote.job",
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
    "Listed": "remote.machines",
    "ListedPrice": "remote.price",
    "MachineFacts": "remote.machines",
    "MachineList": "remote.machines",
    "Marks": "formats.marks",
    "Measurement": "remote.measurement",
    "NoiseParameters": "config.noise",
    "Options": "options",
    "NotTrusted": "errors",
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
    "Unreadable": "remote.errors",
    "adopt_jobs": "remote.adoption",
    "commuting_groups": "readout",
    "damaged": "errors",
    "did_you_mean": "errors",
    "drop_setting": "columns",
    "features": "columns",
    "hookimpl": "hookspecs",
    "installed_path": "isolation",
    "listing": "columns",
    "load": "runs.loading",
    "one_line": "printable",
    "open_backend": "config.backends",
    "open_regular": "storage.reading",
    "parse_json": "storage.reading",
    "pauli_words": "readout",
    "private_cache": "storage.places",
    "read_arrays": "tables",
    "read_document": "storage.reading",
    "read_features": "tables",
    "read_prices": "remote.prices",
    "read_table": "tables",
    "require_finite": "requirements",
    "require_network": "storage.network",
    "require_wires": "requirements",
    "shown_path": "printable",
    "stratified": "data",
    "tiles": "remote.planning",
    "token_layout": "readout",
    "train_validation_test": "data",
    "trust": "config.trust",
    "write_atomically": "storage.writing",
}

__all__ = [*_HOMES]


def __getattr__(name: str) -> "Any":
    if name in _HOMES:
        return getattr(importlib.import_module(f"qfusion_core.{_HOMES[name]}"), name)
    if name == "testing":  # `qfusion_core.testing.FusionContract` after `import qfusion_core`
        return importlib.import_module("qfusion_core.testing")
    raise AttributeError(f"module 'qfusion_core' has no attribute {name!r}")


def __dir__() -> "list[str]":
    return sorted(__all__)
