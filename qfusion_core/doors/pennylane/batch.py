"""A batch of tapes: as few calls as their structures allow, and what is read from the values."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, partial
from typing import Any, NamedTuple

import numpy as np
import torch
from pennylane.exceptions import DeviceError
from pennylane.tape import QuantumScript
from torch import Tensor

from qfusion_core.circuits.circuit import Circuit
from qfusion_core.doors.pennylane.backend import DoorBackend
from qfusion_core.doors.pennylane.calls import Rows
from qfusion_core.doors.pennylane.cotangents import (
    Products,
    by_measurement,
    is_linear,
    one_of,
    products_of,
    repeats,
    stacked,
)
from qfusion_core.doors.pennylane.drawing import drawn_results
from qfusion_core.doors.pennylane.jacobians import jacobians
from qfusion_core.doors.pennylane.preprocessing import is_drawn
from qfusion_core.doors.pennylane.readings import NOISE
from qfusion_core.doors.pennylane.tapes import TapeRows, Template, rows_of
from qfusion_core.remote.journal.rows.records import PlannedJob


class _Part(NamedTuple):
    """A tape with one number of shots: where its result belongs."""

    tape: int
    copy: int
    rows: TapeRows


class Batch:
    """Tapes that run together.

    Args:
        tapes: After preprocessing, their parameters NumPy's.
        wires: Of the device.
        template: Makes, or remembers, the circuit of a tape.
        backend: Where they run.
    """

    def __init__(
        self,
        tapes: Sequence[QuantumScript],
        wires: Sequence[object],
        template: Template,
        backend: DoorBackend,
    ) -> None:
        self._tapes, self._backend = tapes, backend
        self._wires, self._template = wires, template

    def results(self, *, trained: bool) -> tuple[Any, ...]:
        """Of each tape, nested as PennyLane wants it.

        Args:
            trained: Whether derivatives by trainable parameters will be asked for.

        Raises:
            QfusionError: The backend cannot run it.
        """
        found: dict[tuple[int, int], Any] = {}
        for number, tape in enumerate(self._tapes):
            if _is_drawn(tape):
                found[number, -1] = drawn_results(tape, self._wires, self._template, self._backend)
        for rows, parts in self._groups:
            self._backend.calls.foresee(rows, _columns(parts) if trained else ())
        for rows, parts in self._groups:
            values = self._backend.calls.values(rows)
            for part, own in zip(parts, _split(values, parts), strict=True):
                found[part.tape, part.copy] = self._read(part.rows, own)
        return tuple(
            found[number, -1]
            if _is_drawn(tape)
            else tuple(found[number, copy] for copy in range(len(_shots(tape))))
            if tape.shots.has_partitioned_shots
            else found[number, 0]
            for number, tape in enumerate(self._tapes)
        )

    def plan(self, *, trained: bool) -> list[PlannedJob]:
        """The jobs of `results`, and of the derivatives after it; nothing is sent."""
        jobs: list[PlannedJob] = []
        for rows, parts in self._groups:
            jobs += self._backend.plan(rows, _columns(parts) if trained else ())
        return jobs

    def products(self, cotangents: Sequence[Any]) -> tuple[Products, ...]:
        """Of the cotangents of each tape's results with their derivatives.

        Raises:
            DeviceError: A tape has samples, or several numbers of shots.
            QfusionError: The backend has no gradients.
        """
        for tape in self._tapes:
            if _is_drawn(tape) or tape.shots.has_partitioned_shots:
                raise DeviceError(
                    "derivatives of samples, or with several numbers of shots, are not supported "
                    f"by qfusion over backend {self._backend.name!r}"
                )
        if count := self._repeats(cotangents):
            each = [self.products([one_of(c, n) for c in cotangents]) for n in range(count)]
            return tuple(map(stacked, zip(*each, strict=True)))
        found: list[Products] = [Products()] * len(self._tapes)
        for rows, parts in self._groups:
            wanted = [by_measurement(part.rows, cotangents[part.tape]) for part in parts]
            columns = _columns(parts)
            worth = partial(_worth, parts=parts, wanted=wanted)
            values, gradient = self._backend.calls.pulled_back(
                rows, columns, worth, linear=all(map(is_linear, (part.rows for part in parts)))
            )
            parted = zip(_split(values, parts), _split(gradient, parts), strict=True)
            for part, given, (own_values, own) in zip(parts, wanted, parted, strict=True):
                by_column = dict(zip(columns, own.unbind(1), strict=True))
                found[part.tape] = products_of(part.rows, own_values, by_column, given)
        return tuple(found)

    def _repeats(self, cotangents: Sequence[Any]) -> int | None:
        counts = [
            repeats(part.rows, cotangents[part.tape]) for _, parts in self._groups for part in parts
        ]
        return counts[0] if counts else None

    def jacobians(self) -> tuple[Any, ...]:
        """Of each tape's results, nested as PennyLane wants them.

        Raises:
            DeviceError: As of `products`, or a tape is broadcast.
        """
        rows = [rows_of(tape, self._wires, self._template) for tape in self._tapes]
        sizes = [[read.outcomes for read, _ in each.readings] for each in rows]
        return jacobians(self._tapes, sizes, self.products)

    @cached_property
    def _groups(self) -> list[tuple[Rows, list[_Part]]]:
        """Tapes of one template, the same words and the same shots."""
        groups: dict[tuple[Circuit, tuple[str, ...], int | None], list[_Part]] = {}
        for number, tape in enumerate(self._tapes):
            if _is_drawn(tape):
                continue
            rows = rows_of(tape, self._wires, self._template)
            for copy, shots in enumerate(_shots(tape)):
                alike = groups.setdefault((rows.circuit, rows.words, shots), [])
                alike.append(_Part(number, copy, rows))
        return [
            (Rows(circuit, _together(parts), words, shots), parts)
            for (circuit, words, shots), parts in groups.items()
        ]

    def _read(self, rows: TapeRows, values: Tensor) -> Any:
        results = []
        for read, columns in rows.readings:
            result = read.of(values[:, columns])
            if read.outcomes and (least := float(result.amin()) if result.numel() else 0) < -NOISE:
                self._backend.say_once(
                    f"backend {self._backend.name!r}: a probability is {least:.3g}: they are read "
                    "from noisy expectation values, and are left as they are"
                )
            results.append(result.numpy() if rows.batched else result.numpy()[0])
        return results[0] if len(results) == 1 else tuple(results)


def _shots(tape: QuantumScript) -> list[int | None]:
    return list(tape.shots) if tape.shots else [None]


def _is_drawn(tape: QuantumScript) -> bool:
    return any(map(is_drawn, tape.measurements))


def _together(parts: Sequence[_Part]) -> Tensor:
    return torch.from_numpy(np.concatenate([part.rows.angles for part in parts]))


def _split(values: Tensor, parts: Sequence[_Part]) -> Sequence[Tensor]:
    return torch.split(values, [len(part.rows.angles) for part in parts])


def _worth(values: Tensor, parts: Sequence[_Part], wanted: Sequence[Sequence[Tensor]]) -> Tensor:
    """Cotangents of the values of words: ``[rows, words]``."""
    with torch.enable_grad():
        values = values.detach().requires_grad_()
        total = values.sum() * 0.0
        for part, own, cotangents in zip(parts, _split(values, parts), wanted, strict=True):
            for (read, columns), given in zip(part.rows.readings, cotangents, strict=True):
                total = total + (read.of(own[:, columns]) * given).sum()
        (worth,) = torch.autograd.grad(total, values)
    return worth


def _columns(parts: Sequence[_Part]) -> list[int]:
    """Of the angles that are trainable in any tape."""
    found = set()
    for part in parts:
        columns = part.rows.columns
        own = (columns[each] for each in part.rows.tape.trainable_params if each < len(columns))
        found |= {column for column in own if column is not None}
    return sorted(found)
