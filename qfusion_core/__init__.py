"""qfusion: quantum-classical feature fusion that runs on real machines.

Every public name is importable from here and is loaded on first use: ``import qfusion_core``
imports neither torch nor PennyLane, nor anything else that is not Python's: ``python -m`` does so
while the working directory can still shadow it. ``__init__.pyi`` says the same to editors and type
checkers.
"""

import importlib

from qfusion_core.isolation import take_no_settings_from_here

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

take_no_settings_from_here()

_HOMES = {
    "Angle": "circuits.circuit",
    "BlackBoxDevice": "interfaces.device",
    "BudgetError": "remote.errors",
    "Charge": "remote.job",
    "Circuit": "circuits.circuit",
    "CircuitEncoder": "model.circuit_encoder",
    "ClassicalEncoder": "interfaces.encoders",
    "Credentials": "options",
    "CredentialsMissing": "errors",
    "Dataset": "interfaces.dataset",
    "Device": "interfaces.device",
    "Engine": "interfaces.engine",
    "FailedPart": "remote.job",
    "Finding": "remote.job",
    "Fusion": "interfaces.fusion",
    "FusionClassifier": "model.classifier",
    "FusionOutput": "interfaces.fusion",
    "Gate": "circuits.circuit",
    "InputError": "errors",
    "Job": "remote.job",
    "JobCancelled": "remote.errors",
    "JobFailed": "remote.errors",
    "JobStatus": "remote.job",
    "JobsLeft": "remote.errors",
    "JobsPending": "remote.errors",
    "Layout": "circuits.pauli_words",
    "Listed": "remote.machines",
    "ListedPrice": "remote.price",
    "MachineFacts": "remote.machines",
    "MachineList": "remote.machines",
    "Marks": "data.formats.marks",
    "Measurement": "remote.measurement",
    "NoiseParameters": "noise_parameters",
    "NotTrusted": "errors",
    "Offer": "plugin.hookspecs",
    "Options": "options",
    "Part": "data.split",
    "Price": "remote.price",
    "PriceSource": "remote.price",
    "QNodeEncoder": "model.qnode_encoder",
    "QfusionError": "errors",
    "QuantumEncoder": "interfaces.encoders",
    "Range": "remote.price",
    "Readout": "circuits.pauli_words",
    "Refused": "remote.errors",
    "Registry": "plugin.registry",
    "RemoteDevice": "remote.device",
    "RemoteError": "remote.errors",
    "RemoteOptions": "remote.options",
    "Result": "remote.job",
    "Split": "data.split",
    "SubmitUncertain": "remote.errors",
    "Term": "circuits.circuit",
    "Transient": "remote.errors",
    "Unreadable": "remote.errors",
    "adopt_jobs": "remote.journal.adoption",
    "commuting_groups": "circuits.pauli_words",
    "damaged": "errors",
    "did_you_mean": "errors",
    "drop_setting": "data.columns",
    "hookimpl": "plugin.hookspecs",
    "installed_path": "isolation",
    "load": "runs.loading",
    "one_line": "printable",
    "open_backend": "backends.opening",
    "open_regular": "storage.reading",
    "parse_json": "storage.reading",
    "pauli_words": "circuits.pauli_words",
    "private_cache": "storage.places",
    "quoted_list": "data.columns",
    "read_arrays": "data.table",
    "read_document": "storage.reading",
    "read_features": "data.table",
    "read_prices": "remote.price_list",
    "read_table": "data.table",
    "require_finite": "interfaces.requirements",
    "require_network": "storage.network",
    "require_wires": "interfaces.requirements",
    "select_features": "data.columns",
    "shown_path": "printable",
    "stratified": "data.split",
    "tiles": "remote.planning",
    "token_layout": "circuits.pauli_words",
    "train_validation_test": "data.split",
    "trust": "config.trust",
    "write_atomically": "storage.writing",
}

# old name: new one, since when, until when the old one is understood
_RENAMED = {
    "features": ("select_features", "0.2", "0.4"),
    "listing": ("quoted_list", "0.2", "0.4"),
}

__all__ = [*_HOMES]


def __getattr__(name: str) -> "Any":
    if name in _HOMES:
        return getattr(importlib.import_module(f"qfusion_core.{_HOMES[name]}"), name)
    if name in _RENAMED:
        return _renamed(name)
    if name == "testing":  # `qfusion_core.testing.FusionContract` after `import qfusion_core`
        return importlib.import_module("qfusion_core.testing")
    raise AttributeError(f"module 'qfusion_core' has no attribute {name!r}")


def _renamed(name: str) -> "Any":
    import warnings

    new, since, until = _RENAMED[name]
    warnings.warn(
        f"qfusion_core.{name} is called {new} since {since}; the old name is understood until "
        f"{until}: write qfusion_core.{new}",
        DeprecationWarning,
        stacklevel=3,  # whoever asked for the name, behind `__getattr__`
    )
    return __getattr__(new)


def __dir__() -> "list[str]":
    return sorted(__all__)
