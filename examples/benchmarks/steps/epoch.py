"""A whole epoch of a data set, end to end."""

from __future__ import annotations

import time
from dataclasses import dataclass

from qfusion_core import Device, Registry
from qfusion_core.config.spec import RunSpec
from qfusion_core.runs.folder import load_split
from qfusion_core.training.fit import fit
from qfusion_core.training.state import start
from qfusion_core.workflows.training_run import fresh_model
from steps.stopwatch import Stopwatch


@dataclass(frozen=True)
class EpochTime:
    """Seconds of the parts of one epoch.

    Attributes:
        load: Reading, checking and splitting the data set; not part of ``total``.
        fit_transforms: Fitting the preprocessing and making the model; not part of ``total``.
        total: Preprocessing all rows, every training step, scoring the validation part.
        steps: From the first to the last optimizer step: ``n_steps - 1`` steps.
        quantum: Of these, in the device, forward and backward.
    """

    train_rows: int
    validation_rows: int
    batch_size: int
    n_steps: int
    load: float
    fit_transforms: float
    total: float
    steps: float
    quantum: float

    @property
    def images_per_second(self) -> float:
        """Training rows over the whole epoch."""
        return self.train_rows / self.total

    @property
    def share(self) -> float:
        """Of the quantum layer in the training steps."""
        return self.quantum / self.steps


def time_epoch(spec: RunSpec, device: Device, registry: Registry) -> EpochTime:
    """Train a fresh model for one epoch."""
    began = time.perf_counter()
    split = load_split(spec.data, spec.training.seed, registry)
    loaded = time.perf_counter()
    watch = Stopwatch(device)
    model = fresh_model(spec, split, watch, registry)
    made = time.perf_counter()
    options = spec.training.model_copy(update={"epochs": 1})
    state = start(model, options, len(split.train))
    ends: list[float] = []
    state.optimizer.register_step_post_hook(lambda *_: ends.append(time.perf_counter()))
    fit(state, split.train, split.validation, options)
    return EpochTime(
        train_rows=len(split.train),
        validation_rows=len(split.validation),
        batch_size=options.batch_size,
        n_steps=len(ends),
        load=loaded - began,
        fit_transforms=made - loaded,
        total=time.perf_counter() - made,
        steps=ends[-1] - ends[0],
        quantum=sum(watch.forward[1:]) + sum(watch.backward[1:]),
    )
