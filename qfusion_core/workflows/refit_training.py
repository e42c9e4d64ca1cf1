"""Fusion and head trained again on quantum tokens that a backend has measured once.

Both encoders stay as they are: the quantum weights cannot be trained without new jobs, and the
classical features do not change with the machine, so that what is fitted on few rows is only what
has to live with other tokens. Training starts from the run's weights. The z-score of the values is
taken anew from the training rows.

On a surrogate any input has its values at no cost: how features become angles, and the classical
encoder, can be trained as well (`train_encoding`); the circuit's weights stay there, too.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from qfusion_core.config.spec import Training
from qfusion_core.data.split import Part, Split
from qfusion_core.errors import InputError
from qfusion_core.evaluation.row_selection import choose_rows
from qfusion_core.interfaces.device import Device
from qfusion_core.model.circuit_encoder import CircuitEncoder
from qfusion_core.model.classifier import FusionClassifier, circuit_of
from qfusion_core.model.prediction import expectation_values
from qfusion_core.model.token_classifier import FusionHead
from qfusion_core.provenance import provenance
from qfusion_core.runs.folder import RunFolder
from qfusion_core.runs.loading import save_model
from qfusion_core.runs.model_card import model_card
from qfusion_core.storage.writing import write_atomically, writing
from qfusion_core.training.fit import TrainingRows, fit, fit_prepared
from qfusion_core.training.state import TrainingState, as_json, start
from qfusion_core.workflows.training_run import count_parameters


class RefitRows(NamedTuple):
    """The rows of a refit: never those of the test part."""

    train: Part
    validation: Part


def refit_rows(split: Split, samples: int | None, seed: int) -> RefitRows:
    """Training rows, and as large a share of the validation rows.

    Args:
        split: Of the run.
        samples: Training rows, stratified; all for None.
        seed: Of the draw.

    Raises:
        InputError: A class has no row.
    """
    train = choose_rows(split.train, samples, seed, "training part")
    share = len(split.validation) * len(train) / len(split.train)
    least = min(len(split.validation), len(split.class_names))
    validation = choose_rows(split.validation, max(least, round(share)), seed, "validation part")
    if missing := set(range(len(split.class_names))) - set(train.y.tolist()):
        raise InputError(
            f"samples {samples}: no training row of class {split.class_names[min(missing)]!r}; "
            "take more"
        )
    return RefitRows(train, validation)


def measure_rows(model: FusionClassifier, rows: RefitRows, device: Device, backend: str) -> Tensor:
    """Raw values ``[training and validation rows, n_observables]``, all in one call."""
    encoder = circuit_of(model, backend)
    model.attach(device).eval()
    together = torch.cat([torch.from_numpy(part.x) for part in rows])
    _, x_q = model.preprocess(together)
    return expectation_values(encoder, x_q)


def train_again(
    folder: RunFolder,
    model: FusionClassifier,
    rows: RefitRows,
    values: Tensor,
    out: Path,
    *,
    split: Split,
    options: Training,
    about: dict[str, Any],
    on_epoch: Callable[[TrainingState], None] = lambda state: None,
) -> RunFolder:
    """Train on values that were measured, and write a new run folder. Runs no circuit.

    Args:
        folder: The run that was trained on an exact device.
        model: Its model; changed.
        rows: From `refit_rows`.
        values: From `measure_rows`.
        out: A new folder.
        split: Of the run.
        options: How to train.
        about: Where the values come from: goes into ``config.yaml`` as ``provenance.refit``.
        on_epoch: Called after each epoch.
    """
    began = time.perf_counter()
    encoder = circuit_of(model, about["backend"])
    count = len(rows.train)
    _standardise(encoder, values[:count])
    with torch.no_grad():
        tokens = encoder.eval().arrange(values)
    train, validation = (
        TrainingRows(model.preprocess(torch.from_numpy(part.x))[0], measured, part.y)
        for part, measured in zip(rows, (tokens[:count], tokens[count:]), strict=True)
    )
    torch.manual_seed(options.seed)
    state = start(FusionHead(model), options, count)
    fit_prepared(state, train, validation, options, on_epoch=on_epoch)
    return _written(folder, model, state, rows, out, split, options, about, began)


def train_encoding(
    folder: RunFolder,
    model: FusionClassifier,
    rows: RefitRows,
    device: Device,
    out: Path,
    *,
    split: Split,
    options: Training,
    about: dict[str, Any],
    on_epoch: Callable[[TrainingState], None] = lambda state: None,
) -> RunFolder:
    """Train all but the circuit's weights on a surrogate, and write a new run folder.

    Args:
        folder: The run that was trained on an exact device.
        model: Its model; changed.
        rows: From `refit_rows`.
        device: The surrogate: differentiable in the data, and free.
        out: A new folder.
        split: Of the run.
        options: How to train.
        about: Goes into ``config.yaml`` as ``provenance.refit``.
        on_epoch: Called after each epoch.
    """
    began = time.perf_counter()
    encoder = circuit_of(model, about["backend"])
    model.float().attach(device).eval()
    _standardise(encoder, measure_rows(model, rows, device, about["backend"])[: len(rows.train)])
    encoder.weights.requires_grad_(False)
    torch.manual_seed(options.seed)
    state = start(model, options, len(rows.train))
    fit(state, rows.train, rows.validation, options, on_epoch=on_epoch)
    return _written(folder, model, state, rows, out, split, options, about, began)


def _standardise(encoder: CircuitEncoder, values: Tensor) -> None:
    """The z-score from what training rows give."""
    if encoder.standard is not None:
        with torch.no_grad():
            encoder.standard.running_mean.copy_(values.mean(0))
            encoder.standard.running_var.copy_(values.var(0))


def _written(
    folder: RunFolder,
    model: FusionClassifier,
    state: TrainingState,
    rows: RefitRows,
    out: Path,
    split: Split,
    options: Training,
    about: dict[str, Any],
    began: float,
) -> RunFolder:
    spec = folder.config.spec.model_copy(update={"training": options})
    refitted = RunFolder.create(out, spec, split, {"refit": about})
    best = state.best_epoch
    assert best is not None
    metrics = {
        "test": None,  # it costs what the backend costs: `qfusion evaluate`
        "validation": as_json(best),
        "epochs": len(state.history),
        "rows": [*map(len, rows), 0],
        "parameters": count_parameters(model),
        "seconds": round(time.perf_counter() - began, 2),
        "refit": about,
        "provenance": provenance(),
    }
    lines = (json.dumps(as_json(epoch)) for epoch in state.history)
    with writing(refitted.path, "make room, and refit again"):
        write_atomically(refitted.history, "\n".join(lines) + "\n")
        write_atomically(refitted.metrics, json.dumps(metrics, indent=2, allow_nan=False) + "\n")
        write_atomically(refitted.card, model_card(refitted.config, metrics))
        save_model(refitted, model)  # the last: a folder that has it is finished
    return refitted
