"""The backend under the device: opened with the shots that a QNode wants."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from pathlib import Path

import numpy as np
import torch
from pennylane.exceptions import DeviceError
from pennylane.tape import QuantumScript

from qfusion_core.backends.file import Backends
from qfusion_core.backends.opening import Change, open_named
from qfusion_core.config.arguments import require_text
from qfusion_core.doors.pennylane.calls import Calls, Rows
from qfusion_core.errors import InputError
from qfusion_core.interfaces.device import BlackBoxDevice, Device
from qfusion_core.notes import note
from qfusion_core.plugin.registry import Registry
from qfusion_core.remote.adapter.approval import Approve
from qfusion_core.remote.adapter.measurement import Measurement
from qfusion_core.remote.journal.rows.records import PlannedJob
from qfusion_core.remote.machine.job import Call
from qfusion_core.remote.planning.estimate import plans_of_step
from qfusion_core.remote.planning.queued_device import QueuedDevice, as_queue
from qfusion_core.workflows.measuring import asked_at_a_terminal, showing_prices


class DoorBackend:
    """A backend for QNodes.

    Args:
        backends: Where it is named.
        name: Its name.
        measurement: Where its jobs are written down.

    Attributes:
        name: Its name.
        calls: What it is asked.
        stream: Of draws of outcomes, from the backend's own seed where it has one.
    """

    def __init__(self, backends: Backends, name: str, measurement: Measurement) -> None:
        self.name = name
        self._backends, self._registry, self._measurement = backends, Registry(), measurement
        self._own = open_named(backends, name, self._registry, measurement)
        if as_queue(self._own) is None:
            measurement.unused(name)
        self._others: dict[int | None, Device] = {}
        self._said: set[str] = set()
        self.calls = Calls(self.device)
        self.stream = np.random.default_rng(
            getattr(backends.options(name, self._registry), "seed", None)
        )

    @classmethod
    def open(
        cls,
        name: str | None,
        path: str | Path | None,
        run: str | Path | Measurement | None,
        approve: Approve,
    ) -> DoorBackend:
        """As of `qfusion_core.open_backend`.

        Raises:
            InputError: Unknown name, device or option, a secret that is not set, or no budget.
        """
        require_text("backend", name, "the name of a backend, or None")
        backends = Backends.read(path)
        name = backends.default if name is None else name
        if not isinstance(run, Measurement) and approve is None:
            run = Measurement(run, approve=asked_at_a_terminal, on_price=showing_prices())
        return cls(backends, name, Measurement.of(run, approve))

    def device(self, shots: int | None) -> Device:
        """Open, with so many shots; None: as the backend has it, which is said if that draws.

        Raises:
            InputError: It does not take that number.
        """
        if shots is None:
            if self._own.shots is not None:
                self.say_once(
                    f"backend {self.name!r}: no shots are set, so each value is of its own "
                    f"{self._own.shots}"
                )
            return self._own
        if shots == self._own.shots:
            return self._own
        if shots not in self._others:
            self._others[shots] = self._opened(lambda options: options.with_shots(shots))
        return self._others[shots]

    def exact(self) -> Device:
        """Open, with exact values: what outcomes can be drawn from.

        Raises:
            DeviceError: It has none.
        """
        if as_queue(self._own) is not None:
            raise self._no_outcomes()
        if self._own.shots is None:
            return self._own
        if None not in self._others:
            try:
                opened = self._opened(lambda options: options.with_shots(None))
            except InputError:
                opened = self._own
            self._others[None] = opened
        if self._others[None].shots is not None:
            raise self._no_outcomes()
        return self._others[None]

    def _no_outcomes(self) -> DeviceError:
        return DeviceError(
            f"sample and counts are not supported by qfusion over backend {self.name!r}: it "
            "answers with expectation values; use expval or probs, or a simulator such as "
            "backend='statevector'"
        )

    @property
    def differentiable(self) -> bool:
        """Whether derivatives can be had."""
        return not isinstance(self._own, BlackBoxDevice) or self._own.shiftable

    def refuse_steps(self, tapes: Sequence[QuantumScript], method: object) -> None:
        """Refuse to foresee a loop whose derivatives PennyLane takes by itself.

        Raises:
            InputError: The measurement has steps.
        """
        trains = any(tape.trainable_params for tape in tapes)
        if trains and self._measurement.steps is not None and as_queue(self._own) is not None:
            name = getattr(getattr(method, "tape_transform", None), "__name__", str(method))
            raise InputError(
                f"steps: the jobs of a QNode with diff_method {name!r} cannot be foreseen; leave "
                "diff_method out, for the device's own parameter shift, or leave steps out and be "
                "asked for each call"
            )

    def shots_of_samples(self, shots: int | None) -> int:
        """How many outcomes are drawn.

        Raises:
            DeviceError: Nobody says.
        """
        found = shots or self._own.shots
        if found is None:
            raise DeviceError(
                f"sample and counts are not supported by qfusion over backend {self.name!r} "
                "without shots; set them, as in qml.set_shots(qnode, 1000)"
            )
        return found

    def plan(self, rows: Rows, columns: Sequence[int]) -> list[PlannedJob]:
        """Jobs for the values of some rows, and for their derivatives by the angles of columns.

        None on a simulator, and those of a snapshot are free: a program can be rehearsed on them.
        """
        queue = self.device(rows.shots)
        if not isinstance(queue, QueuedDevice) or rows.nothing:
            return []
        call = Call.of(rows.circuit, rows.angles, rows.words)
        return list(chain(*plans_of_step(queue, call, torch.tensor(columns))))

    def say_once(self, line: str) -> None:
        """Say a line that was not said yet."""
        if line not in self._said:
            self._said.add(line)
            note(line)

    def _opened(self, change: Change) -> Device:
        return open_named(
            self._backends, self.name, self._registry, self._measurement, change=change
        )
