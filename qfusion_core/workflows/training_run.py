"""A training from its data to its run folder: fit, keep each epoch, test once."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from typing import Any

import torch

from qfusion_core.config.shell_command import shell_command
from qfusion_core.config.spec import RunSpec
from qfusion_core.data.finite_rows import RowNotFinite, require_finite_logits
from qfusion_core.data.split import Split
from qfusion_core.errors import InputError
from qfusion_core.interfaces.device import NO_GRADIENTS, BlackBoxDevice, Device
from qfusion_core.metrics.scores import scores
from qfusion_core.model.classifier import FusionClassifier
from qfusion_core.model.named_rows import RowNames
from qfusion_core.model.prediction import logits_in_chunks
from qfusion_core.model.torch_device import torch_device_name
from qfusion_core.noise.device import noisy_device
from qfusion_core.plugin.registry import Registry
from qfusion_core.provenance import provenance
from qfusion_core.runs.blame import blamed
from qfusion_core.runs.claim import training_lock
from qfusion_core.runs.folder import RunFolder
from qfusion_core.runs.loading import save_model
from qfusion_core.runs.model_card import model_card
from qfusion_core.storage.writing import write_atomically, writing
from qfusion_core.training.checkpoint import restore_training, save_training
from qfusion_core.training.fit import fit
from qfusion_core.training.hidden_levels import HiddenLevels
from qfusion_core.training.state import TrainingState, as_json, start

OnEpoch = Callable[[TrainingState], None]


def fresh_model(
    spec: RunSpec,
    split: Split,
    device: Device,
    registry: Registry,
    torch_device: torch.device | str = "cpu",
) -> FusionClassifier:
    """An untrained model; its weights are drawn from torch's random numbers, seeded by the run.

    Args:
        spec: What to train.
        split: Its data; transforms are fitted on the training part.
        device: Where the circuit runs, open.
        registry: Where components are looked up.
        torch_device: Where it is trained.

    Raises:
        InputError: The device gives no gradients.
    """
    if isinstance(device, BlackBoxDevice) and not device.shiftable:
        raise InputError(NO_GRADIENTS)
    torch.manual_seed(spec.training.seed)
    with torch.device("cpu"):  # whatever the user has set for tensors that are made
        model = FusionClassifier.fit_transforms(
            spec,
            split.train,
            n_classes=len(split.class_names),
            registry=registry,
            names=RowNames(split.class_names, split.feature_names, split.learned),
        )
    model.to(torch_device).attach(device)
    noisy_device(model, spec.noise)  # refused before a folder is made
    return model


def train_to_the_end(
    folder: RunFolder, model: FusionClassifier, split: Split, on_epoch: OnEpoch
) -> RunFolder:
    """Go on with a training until it has finished, from where the folder stands.

    Args:
        folder: Of the run; nobody else trains in it meanwhile.
        model: Fresh; weights and random state of an unfinished training are restored.
        split: Its data.
        on_epoch: Called after each epoch, once it is safe on disk.

    Raises:
        InputError: Another process is at it; a row cannot be used.
        QfusionError: The training diverged.
    """
    with training_lock(folder.path):
        try:
            return _fit_and_test(folder, model, split, on_epoch)
        except RowNotFinite as error:
            raise blamed(error, split) from None


def _fit_and_test(
    folder: RunFolder, model: FusionClassifier, split: Split, on_epoch: OnEpoch
) -> RunFolder:
    options, noise = folder.config.spec.training, folder.config.spec.noise
    model.prepare(gradients=True)
    began = time.perf_counter()
    state = start(model, options, len(split.train))
    if os.path.lexists(folder.training):
        restore_training(folder.training, state)
    go_on = f"make room, then continue with `{shell_command('train', '--resume', folder.path)}`"

    def keep(state: TrainingState) -> None:
        with writing(folder.training, go_on):
            save_training(folder.training, state)
            lines = (json.dumps(as_json(epoch), allow_nan=False) for epoch in state.history)
            write_atomically(folder.history, "\n".join(lines) + "\n")
        on_epoch(state)

    hidden = HiddenLevels(split.columns, split.hidden)
    fit(state, split.train, split.validation, options, noise=noise, hidden=hidden, on_epoch=keep)
    metrics = _measure(state, split) | {
        "seconds": round(time.perf_counter() - began, 2),
        "device": None if model.device is None else model.device.name,
        "torch_device": torch_device_name(model.torch_device),
        "provenance": provenance(),
    }
    with writing(folder.path, go_on):
        write_atomically(folder.metrics, json.dumps(metrics, indent=2, allow_nan=False) + "\n")
        write_atomically(folder.card, model_card(folder.config, metrics))
        save_model(folder, model)  # the last: a folder that has it is finished
    folder.training.unlink(missing_ok=True)
    return folder


def _measure(state: TrainingState[FusionClassifier], split: Split) -> dict[str, Any]:
    """The test part is looked at here, once, with the weights that validation chose."""
    model, best = state.model, state.best_epoch
    assert best is not None
    tested = None
    if len(split.test):
        logits = logits_in_chunks(model, *model.preprocess(torch.from_numpy(split.test.x)))
        require_finite_logits("test", "after the training", logits)
        tested = scores(split.test.y, logits.argmax(1).numpy())._asdict()
    return {
        "test": tested,
        "validation": as_json(best),
        "epochs": len(state.history),
        "rows": [len(split.train), len(split.validation), len(split.test)],
        "parameters": count_parameters(model),
    }


def count_parameters(model: FusionClassifier) -> dict[str, int]:
    """Trainable numbers of the model and of its encoders."""
    counts = {"all": model, "classical": model.classical, "quantum": model.quantum}
    return {
        name: sum(p.numel() for p in module.parameters()) if module else 0
        for name, module in counts.items()
    }
