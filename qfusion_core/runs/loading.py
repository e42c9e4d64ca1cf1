"""A trained model, written to its folder and read back, whatever others made of the files."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor

from qfusion_core.errors import InputError
from qfusion_core.model.classifier import FusionClassifier
from qfusion_core.model.named_rows import RowNames
from qfusion_core.model.preprocess import Pipeline
from qfusion_core.plugin.registry import Registry
from qfusion_core.printable import one_line, shown_path
from qfusion_core.runs.config import RunConfig
from qfusion_core.runs.folder import RunFolder
from qfusion_core.runs.tensor_limit import TensorLimit
from qfusion_core.storage.tensors import Notes, Promised, read_tensors, write_tensors

_MOST_QUANTILES = 1000  # of a feature
_MOST_ELEMENTS = 50_000_000  # that a model may make besides those that are stored


def save_model(folder: RunFolder, model: FusionClassifier) -> None:
    """Write ``model.safetensors``: weights and fitted transforms, and nothing about a device.

    Raises:
        OSError: The disk is full, for one.
    """
    write_tensors(folder.model, model.state_dict(), {"format": folder.config.format})


def load_model(folder: RunFolder, registry: Registry) -> FusionClassifier:
    """The trained model of a folder, in evaluation mode, with no device attached.

    Raises:
        InputError: The weights are missing, cut short, not finite, or do not fit ``config.yaml``.
    """

    def check(promised: Promised, _: Notes) -> None:
        try:
            _require_shapes(folder.config, promised, registry)
        except Exception as error:  # tensors of any name and shape are taken for transforms
            raise _does_not_fit(folder, error) from None

    tensors, _ = read_tensors(folder.require_model(), check)
    try:
        with torch.device("cpu"):  # whatever the user has set for tensors that are made
            return _loaded(folder, tensors, registry)
    except MemoryError:
        raise
    except Exception as error:
        raise _does_not_fit(folder, error) from None


def _loaded(folder: RunFolder, tensors: dict[str, Tensor], registry: Registry) -> FusionClassifier:
    model = _build(folder.config, _pipelines(folder.config, tensors), registry)
    model.load_state_dict(tensors)
    sample = torch.zeros(1, *folder.config.input_shape)
    if not all(torch.isfinite(branch).all() for branch in model.preprocess(sample)):
        raise ValueError("its transforms give values that are not finite")
    return model.eval()


def _pipelines(config: RunConfig, tensors: Mapping[str, Tensor]) -> dict[str, Pipeline]:
    """The fitted transforms of each branch."""
    spec = config.spec
    steps = {"classical": spec.preprocess.classical}
    if spec.quantum.type != "none":
        steps["quantum"] = spec.preprocess.quantum
    pipelines = {}
    for branch, transforms in steps.items():
        start = f"transforms.{branch}."
        own = {k.removeprefix(start): v for k, v in tensors.items() if k.startswith(start)}
        pipelines[branch] = Pipeline.restore(transforms, own)
        pipelines[branch].output_shape(config.input_shape)
    return pipelines


def _build(
    config: RunConfig, pipelines: dict[str, Pipeline], registry: Registry
) -> FusionClassifier:
    """A model of that make, with the fitted transforms and untrained weights."""
    return FusionClassifier(
        config.spec,
        pipelines=pipelines,
        input_shape=config.input_shape,
        n_classes=len(config.classes),
        registry=registry,
        names=RowNames(config.classes, config.features, config.columns),
    )


def _require_shapes(config: RunConfig, promised: Promised, registry: Registry) -> None:
    """Compare the shapes of the file with those of the model before the file is read.

    A model that is larger than the file says is not made.

    Raises:
        ValueError: They differ.
        Exception: The transforms cannot be made of these tensors.
    """
    width = math.prod(config.input_shape)
    most = width * max(width, _MOST_QUANTILES)  # of any transform: they are as large as they say
    for name, tensor in promised.items():
        if name.startswith("transforms.") and tensor.numel() > most:
            raise ValueError(f"{one_line(name, 60)}: {list(tensor.shape)} for {width} features")
    stored = sum(tensor.numel() for tensor in promised.values())
    with TensorLimit(_MOST_ELEMENTS + stored), torch.random.fork_rng(devices=[]):
        expected = _build(config, _pipelines(config, promised), registry).state_dict()
    for name in sorted({*expected, *promised}):
        wanted, got = (
            list(tensors[name].shape) if name in tensors else None
            for tensors in (expected, promised)
        )
        if wanted != got:
            raise ValueError(f"{one_line(name, 60)}: expected {wanted}, got {got}")


def _does_not_fit(folder: RunFolder, error: Exception) -> InputError:
    return InputError(
        f"{shown_path(folder.model)}: does not fit config.yaml beside it ({one_line(error, 100)}); "
        "was one of the two changed or written by another version?"
    )
