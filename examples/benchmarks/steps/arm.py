"""A model in training whose steps can be timed a few at a time."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from qfusion_core import CircuitEncoder, Device, InputError, Part, Registry, Split
from qfusion_core.config.spec import RunSpec
from qfusion_core.training.fit import fit
from qfusion_core.training.state import start
from qfusion_core.workflows.training_run import fresh_model
from steps.stopwatch import Stopwatch


@dataclass(frozen=True)
class Turn:
    """Medians over the steps of a turn, in seconds; zero for what has no circuit."""

    step: float
    forward: float
    backward: float

    @property
    def share(self) -> float:
        """Of the quantum layer in a step."""
        return (self.forward + self.backward) / self.step


class Arm:
    """One model and device.

    A step is timed from the end of one optimizer step to the end of the next: all that training
    does for a batch, in `qfusion_core.training.fit.fit` itself.
    """

    def __init__(
        self,
        name: str,
        spec: RunSpec,
        split: Split,
        device: Device,
        registry: Registry,
        clock: Callable[[], float] = time.process_time,
    ) -> None:
        """Make a fresh model; ``device`` runs its circuit, if it has one.

        Args:
            name: In the table.
            spec: Of the model and its training.
            split: Its data.
            device: What runs the circuit.
            registry: Where components are looked up.
            clock: CPU time, which others on the same core do not lengthen; with several threads,
                which it would add up, a clock of the wall.

        Raises:
            InputError: The training part is too small for three batches.
        """
        self.name = name
        self._clock = clock
        self._watch = Stopwatch(device, clock)
        self._model = fresh_model(spec, split, self._watch, registry)
        self._training = spec.training.model_copy(update={"epochs": 1, "warmup_epochs": 0})
        size = spec.training.batch_size
        batches = min(4, len(split.train) // size)
        if batches < 3:
            raise InputError(
                f"--data: {len(split.train)} training rows make fewer than three batches of {size}"
            )
        self._train = first_rows(split.train, batches * size)
        self._validation = first_rows(split.validation, size)

    @property
    def qubits(self) -> int | None:
        """Of the circuit; None where there is none."""
        encoder = self._model.quantum
        return encoder.n_wires if isinstance(encoder, CircuitEncoder) else None

    def turn(self) -> Turn:
        """Train for a few batches; the first, which starts the clock, is not counted."""
        state = start(self._model, self._training, len(self._train))
        ends: list[float] = []
        state.optimizer.register_step_post_hook(lambda *_: ends.append(self._clock()))
        self._watch.reset()
        fit(state, self._train, self._validation, self._training)
        steps = [after - before for before, after in pairwise(ends)]
        forward, backward = (
            statistics.median(times[1:]) if times else 0.0
            for times in (self._watch.forward, self._watch.backward)
        )
        return Turn(statistics.median(steps), forward, backward)


def first_rows(part: Part, rows: int) -> Part:
    """At most so many rows."""
    return part[np.arange(min(rows, len(part)))]
