"""``untrained``: a model and its data, for a training loop of one's own."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from qfusion_core.errors import InputError
from qfusion_core.workflows.training_request import TrainingRequest

if TYPE_CHECKING:
    from qfusion_core.config.spec import RunSpec
    from qfusion_core.data.split import Split
    from qfusion_core.interfaces.device import Device
    from qfusion_core.model.classifier import FusionClassifier


class UntrainedResult(NamedTuple):
    """What a training starts from.

    Attributes:
        model: Fresh weights, transforms fitted on the training part, a device attached.
        split: The rows: ``train``, ``validation`` and ``test``, and what they are called.
    """

    model: FusionClassifier
    split: Split


def untrained(
    data: str | RunSpec,
    *,
    preset: str | Path | None = None,
    classical: str | None = None,
    quantum: str | None = None,
    fusion: str | None = None,
    settings: str | Iterable[str] = (),
    seed: int | None = None,
    backend: str | Device | None = None,
    torch_device: str = "cpu",
    backends_file: str | Path | None = None,
) -> UntrainedResult:
    """What `train` starts from, for a loop of one's own: a torch module, and its data.

    ``model(*model.preprocess(rows))`` gives logits; see `FusionClassifier`. Settings of
    ``training`` but its seed are left to the loop.

    Args:
        data: As of `train`; likewise what is not said here.
        preset: Name of a preset, or a YAML file of that shape; ``strong`` if not given.
        classical: Another classical encoder.
        quantum: Another quantum encoder; the controls are ``sham`` and ``none``.
        fusion: Another fusion.
        settings: ``key=value``, or a list of them.
        seed: Of the split and of the weights, which are drawn from torch's random numbers.
        backend: Where the circuit runs: a name in ``backends.yaml``, an open device, or None for
            the file's default. What costs money is opened by `open_backend`, with its ``run``.
        torch_device: Where the model is.
        backends_file: Instead of the file that is found.

    Raises:
        InputError: An unknown name, key or value; data, a backend or a torch device that cannot be
            used; noise, which only `train` injects.
    """
    parts = {"classical": classical, "quantum": quantum, "fusion": fusion}
    request = TrainingRequest.of(
        data, preset, parts, settings, seed, backend, torch_device, backends_file
    )
    if request.spec.noise is not None:
        raise InputError(
            "noise: is injected by `train`, and nothing of it is in a model; leave it out, or "
            "attach a backend that has noise"
        )
    request.require_source()
    device, there = request.open()
    spec, split = request.load()

    from qfusion_core.workflows.training_run import fresh_model

    return UntrainedResult(fresh_model(spec, split, device, request.registry, there), split)
