"""qfusion: quantum-classical feature fusion that runs on real machines.

Every public name is importable from here and is loaded on first use: ``import qfusion_core``
imports neither torch nor PennyLane, nor anything else that is not Python's: ``python -m`` does so
while the working directory can still shadow it. ``__init__.pyi`` says the same to editors and type
checkers.
"""

import importlib
import sys

from qfusion_core.working_directory import take_no_settings_from_here

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

take_no_settings_from_here()

_HOMES = {
    "adopt_jobs": "remote.journal.adoption",
    "Angle": "circuits.gates",
    "BlackBoxDevice": "interfaces.device",
    "BudgetError": "remote.errors",
    "calibrate": "workflows.calibrate",
    "CalibrateResult": "workflows.calibrate",
    "Cancelled": "workflows.cancelling",
    "Charge": "remote.machine.job",
    "Circuit": "circuits.circuit",
    "CircuitEncoder": "model.circuit_encoder",
    "ClassicalEncoder": "interfaces.encoders",
    "commuting_groups": "circuits.pauli_words",
    "compare": "workflows.compare",
    "CompareResult": "workflows.compare",
    "Credentials": "options",
    "CredentialsMissing": "errors",
    "damaged": "errors",
    "Dataset": "interfaces.dataset",
    "Device": "interfaces.device",
    "did_you_mean": "errors",
    "distil": "workflows.distil",
    "DistilResult": "workflows.distil",
    "doctor": "workflows.doctor",
    "DoctorResult": "workflows.doctor",
    "drop_setting": "data.flaws",
    "dry_run": "workflows.dry_run",
    "DryRunResult": "workflows.dry_run",
    "Engine": "interfaces.engine",
    "estimate": "workflows.estimate",
    "EstimateResult": "workflows.estimate",
    "evaluate": "workflows.evaluate",
    "EvaluateResult": "workflows.evaluate",
    "export": "workflows.export",
    "ExportResult": "workflows.export",
    "FailedPart": "remote.machine.job",
    "Finding": "remote.machine.job",
    "full_precision": "circuits.full_precision",
    "Fusion": "interfaces.fusion",
    "FusionClassifier": "model.classifier",
    "FusionOutput": "interfaces.fusion",
    "Gate": "circuits.gates",
    "hookimpl": "plugin.hookspecs",
    "InputError": "errors",
    "installed_path": "working_directory",
    "Interrupted": "errors",
    "Job": "remote.machine.job",
    "JobCancelled": "remote.errors",
    "JobFailed": "remote.errors",
    "JobOptions": "workflows.job_options",
    "JobRecord": "remote.journal.rows.records",
    "jobs": "workflows.jobs",
    "JobsLeft": "remote.errors",
    "JobsPending": "remote.errors",
    "JobStatus": "remote.machine.job",
    "JobTable": "workflows.jobs",
    "Labelled": "data.tabular",
    "Layout": "circuits.pauli_words",
    "light_cones": "circuits.light_cones",
    "LightCone": "circuits.light_cones",
    "Listed": "remote.machine.machine_list",
    "ListedPrice": "remote.money.price",
    "load": "runs.opening",
    "MachineFacts": "remote.machine.machine_list",
    "MachineList": "remote.machine.machine_list",
    "Marks": "data.formats.marks",
    "Measurement": "remote.adapter.measurement",
    "measurement": "workflows.measuring",
    "NoiseParameters": "noise_parameters",
    "noisy_cones": "circuits.noisy_cones",
    "note": "notes",
    "NotTrusted": "errors",
    "Offer": "plugin.hookspecs",
    "one_line": "printable",
    "open_backend": "backends.opening",
    "open_regular": "storage.reading",
    "Options": "options",
    "parse_json": "storage.reading",
    "Part": "data.split",
    "pauli_words": "circuits.pauli_words",
    "predict": "workflows.predict",
    "Prediction": "workflows.predict",
    "PredictResult": "workflows.predict",
    "Price": "remote.money.price",
    "PriceSource": "remote.money.price",
    "PriceSpan": "remote.money.price_span",
    "private_cache": "storage.places",
    "QfusionError": "errors",
    "QNodeEncoder": "model.qnode_encoder",
    "QuantumEncoder": "interfaces.encoders",
    "quoted_list": "data.flaws",
    "Range": "remote.money.price",
    "read_arrays": "data.table",
    "read_document": "storage.reading",
    "read_features": "data.table",
    "read_prices": "remote.money.price_list",
    "read_table": "data.table",
    "Readout": "circuits.pauli_words",
    "refit": "workflows.refit",
    "RefitResult": "workflows.refit",
    "Refused": "remote.errors",
    "Registry": "plugin.registry",
    "RemoteDevice": "remote.device",
    "RemoteError": "remote.errors",
    "RemoteOptions": "remote.options",
    "require_finite": "interfaces.device_checks",
    "require_network": "storage.network",
    "require_wires": "interfaces.device_checks",
    "Result": "remote.machine.job",
    "resume_training": "workflows.resume_training",
    "retry_after": "remote.retry_after",
    "RunSpec": "config.spec",
    "select_features": "data.columns",
    "shot_noise": "noise.shots",
    "shown_path": "printable",
    "Site": "remote.machine.site",
    "SiteDevice": "remote.site_device",
    "Split": "data.split",
    "split_rows": "data.split",
    "stratified": "data.split",
    "SubmitHooks": "remote.machine.site",
    "SubmitUncertain": "remote.errors",
    "Surrogate": "surrogate.stored",
    "surrogate_card": "surrogate.store",
    "table_parts": "data.tabular",
    "TableColumn": "data.schema",
    "Term": "circuits.gates",
    "tiles": "remote.planning.plan",
    "token_layout": "circuits.pauli_words",
    "token_positions": "circuits.pauli_words",
    "train": "workflows.train",
    "train_validation_test": "data.split",
    "TrainingState": "training.state",
    "TrainResult": "workflows.train",
    "Transient": "remote.errors",
    "trust": "config.trust",
    "Unreadable": "remote.errors",
    "untrained": "workflows.untrained",
    "UntrainedResult": "workflows.untrained",
    "write_atomically": "storage.writing",
    "ZScore": "model.zscore",
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
        if not _is_looked_up_for_an_import():
            _warn_of(name)
        return __getattr__(_RENAMED[name][0])
    if name == "testing":  # `qfusion_core.testing.FusionContract` after `import qfusion_core`
        return importlib.import_module("qfusion_core.testing")
    if name == "__version__":
        return importlib.import_module("importlib.metadata").version("qfusion")
    nearest = "" if name.startswith("_") else _nearest(name)  # Python asks for those of its own
    if nearest and _is_looked_up_for_an_import() and not _is_module(name):
        raise ImportError(f"cannot import name {name!r} from 'qfusion_core'{nearest}")
    raise AttributeError(f"module 'qfusion_core' has no attribute {name!r}{nearest}")


def _nearest(name: str) -> str:
    import difflib

    near = difflib.get_close_matches(name, _HOMES, n=1)
    return f"; did you mean {near[0]!r}?" if near else ""


def _is_module(name: str) -> bool:
    import importlib.util

    return importlib.util.find_spec(f"qfusion_core.{name}") is not None


def _is_looked_up_for_an_import() -> bool:
    """Whether ``from qfusion_core import NAME`` asks if NAME is there: then it asks for it, too."""
    return sys._getframe(2).f_code.co_name == "_handle_fromlist"


def _warn_of(name: str) -> None:
    import warnings

    new, since, until = _RENAMED[name]
    warnings.warn(
        f"qfusion_core.{name} is called {new} since {since}; the old name is understood until "
        f"{until}: write qfusion_core.{new}",
        DeprecationWarning,
        stacklevel=3,  # whoever asked for the name, behind `__getattr__`
    )


def __dir__() -> "list[str]":
    return sorted(__all__)
