"""A trained model, saved and loaded: from its folder onto any backend."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from qfusion_core.calibration.device import calibrated
from qfusion_core.config.backends import Backends
from qfusion_core.errors import InputError
from qfusion_core.interfaces import Device
from qfusion_core.model import FusionClassifier
from qfusion_core.preprocess import Pipeline
from qfusion_core.registry import Registry
from qfusion_core.remote.approval import Approve
from qfusion_core.runs.checkpoint import read_tensors, write_tensors
from qfusion_core.runs.folder import RunFolder


def save_model(folder: RunFolder, model: FusionClassifier) -> None:
    """Write ``model.safetensors``: weights and fitted transforms, and nothing about a device."""
    write_tensors(folder.model, model.state_dict(), {"format": folder.config.format})


def load_model(folder: RunFolder, registry: Registry) -> FusionClassifier:
    """The trained model of a folder, in evaluation mode, with no device attached.

    Raises:
        InputError: The weights are missing, cut short, or do not fit ``config.yaml``.
    """
    spec = folder.config.spec
    tensors, _ = read_tensors(folder.require_model())
    steps = {"classical": spec.preprocess.classical}
    if spec.quantum.type != "none":
        steps["quantum"] = spec.preprocess.quantum
    try:
        pipelines = {}
        for branch, transforms in steps.items():
            start = f"transforms.{branch}."
            own = {k.removeprefix(start): v for k, v in tensors.items() if k.startswith(start)}
            pipelines[branch] = Pipeline.restore(transforms, own)
        model = FusionClassifier(
            spec,
            pipelines=pipelines,
            input_shape=folder.config.input_shape,
            n_classes=len(folder.config.classes),
            registry=registry,
        )
        model.load_state_dict(tensors)
    except (RuntimeError, AttributeError, InputError) as error:
        reason = " ".join(str(error).split())[:200]
        raise InputError(
            f"{folder.model}: does not fit config.yaml beside it ({reason}); was one of the two "
            "changed or written by another version of a plugin?"
        ) from None
    return model.eval()


def load(
    run: str | Path,
    backend: str | Device | None = None,
    *,
    raw: bool = False,
    approve: Approve = None,
) -> FusionClassifier:
    """A trained model, ready to classify.

    Args:
        run: Folder that ``qfusion train`` wrote.
        backend: Name in ``backends.yaml``, or an open device, which is taken as it is; None for
            the default backend.
        raw: Leave off the calibration that the run has for the backend.
        approve: What a backend that costs money may spend; see `qfusion_core.open_backend`.

    Raises:
        InputError: The folder or the backend cannot be used, or its calibration does not fit.
    """
    registry = Registry()
    folder = RunFolder.open(run, registry)
    model = load_model(folder, registry)
    if isinstance(backend, Device):
        return model.attach(backend)
    backends = Backends.read()
    name = backends.default if backend is None else backend
    device = backends.open(name, registry, folder.path, approve)
    if not raw:
        options = partial(backends.values_digests, registry=registry)
        device = calibrated(model, device, run=folder.path, backend=name, options=options)
    return model.attach(device)
