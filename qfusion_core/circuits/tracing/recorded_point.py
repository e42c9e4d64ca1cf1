"""The gates of a quantum function at one point, and how their angles change there."""

from __future__ import annotations

import math
from functools import cached_property
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from qfusion_core.circuits.tracing.autograd_graph import AutogradGraph
from qfusion_core.circuits.tracing.escape_watch import RESORT
from qfusion_core.circuits.tracing.record import RecordedGate
from qfusion_core.errors import InputError

Numbers = NDArray[np.float64]
Choice = NDArray[np.bool_]


class Row(NamedTuple):
    """Of one gate: around a point, its angle is ``scales @ entries[indices] + offset``.

    Attributes:
        indices: Ascending: entries of data, then of weights, in which the derivative is not 0.
        scales: The derivatives.
        size: Of the numbers that make the angle, for a tolerance.
    """

    indices: tuple[int, ...] = ()
    scales: tuple[float, ...] = ()
    offset: float = 0.0
    size: float = 1.0


class RecordedPoint:
    """A quantum function at one point.

    Args:
        gates: Of the set, in order.
        graph: Behind their angles.
        data: The input.
        weights: The input.

    Attributes:
        entries: ``[n_data + n_weights]``.
        sound: Whether no node behind an angle speaks against an affine function.
        chosen: ``[n_gates]``: whether an angle is an entry, by its value and all nodes behind it.
    """

    def __init__(
        self, gates: list[RecordedGate], graph: AutogradGraph, data: Tensor, weights: Tensor
    ) -> None:
        self.gates, self._graph, self._inputs = gates, graph, (data, weights)
        self.entries = _joined(data.detach(), weights.detach())
        self._looks = [graph.look(gate.angle) for gate in gates]
        self.sound = not any(look.fault or look.alien for look in self._looks)
        self.chosen: Choice = np.array([place is not None for place in self._places], dtype=bool)

    @cached_property
    def values(self) -> Numbers:
        """``[n_gates]``: angles in radians, 0 of a fixed gate."""
        angles = [gate.angle for gate in self.gates]
        return np.array([0.0 if angle is None else float(angle.detach()) for angle in angles])

    @cached_property
    def _places(self) -> list[int | None]:
        """Which entry each angle is, if it is one: no two entries are equal."""
        places = {entry: place for place, entry in enumerate(self.entries.tolist())}
        if len(places) < len(self.entries):
            places = {}
        looks = zip(self._looks, self.values.tolist(), strict=True)
        return [places.get(value) if look.chosen else None for look, value in looks]

    def rows(self) -> list[Row]:
        """The row of each gate, without a backward pass where the angle is an entry.

        Raises:
            InputError: As `row`.
        """
        places = enumerate(self._places)
        return [self.row(at) if place is None else Row((place,), (1.0,)) for at, place in places]

    def each_row(self) -> list[Row]:
        """The row of each gate, by a backward pass for each.

        Raises:
            InputError: As `row`.
        """
        return [self.row(position) for position in range(len(self.gates))]

    def row(self, position: int) -> Row:
        """The row of one gate, by a backward pass.

        Raises:
            InputError: Its angle is not affine, or it or its derivative is not finite.
        """
        gate, look = self.gates[position], self._looks[position]
        value, angle = float(self.values[position]), gate.angle
        if angle is None or not angle.requires_grad:
            derivatives = np.zeros(0)
        elif look.alien:
            raise InputError(
                f"{gate.written}: its angle uses a trainable tensor that is neither data nor "
                f"weights; make it part of the weights, or {RESORT}"
            )
        else:
            try:
                derivatives = self._backward(angle)
            except RuntimeError as error:  # an operation without a derivative, such as heaviside
                raise InputError(
                    f"{gate.written}: torch cannot differentiate its angle "
                    f"({' '.join(str(error).split())}); {RESORT}"
                ) from error
            if look.fault:
                raise InputError(f"{gate.written}: {look.fault}")
        if not (math.isfinite(value) and np.isfinite(derivatives).all()):
            raise InputError(
                f"{gate.written}: its angle or the angle's derivative is not finite for some data "
                f"and weights; look for a division by zero, NaN or infinity, or {RESORT}"
            )
        (indices,) = derivatives.nonzero()
        scales = derivatives[indices]
        terms = scales * self.entries[indices]
        return Row(
            tuple(indices.tolist()),
            tuple(scales.tolist()),
            offset=value - float(terms.sum()),
            size=1 + abs(value) + float(np.abs(terms).sum()),
        )

    def gradient(self, factors: Numbers) -> Numbers | None:
        """Of ``factors @ angles``: one backward pass, whatever the number of gates.

        Args:
            factors: ``[n_gates]``; an angle with factor 0 is left out.

        Returns:
            ``[n_data + n_weights]``; None where torch has no derivative.
        """
        taken = [
            (gate.angle, factor)
            for gate, factor in zip(self.gates, factors.tolist(), strict=True)
            if factor and gate.angle is not None and gate.angle.requires_grad
        ]
        if not taken:
            return np.zeros_like(self.entries)
        try:
            angles = torch.stack([angle for angle, _ in taken])
            return self._backward(angles @ angles.new_tensor([factor for _, factor in taken]))
        except RuntimeError:
            return None

    def doubt(self, position: int) -> str:
        """Why the angle of a gate is not affine, should it turn out not to be."""
        angle = self.gates[position].angle
        assert angle is not None
        return self._graph.doubt(angle)

    def _backward(self, number: Tensor) -> Numbers:
        return _joined(
            *torch.autograd.grad(number, self._inputs, retain_graph=True, materialize_grads=True)
        )


def _joined(data: Tensor, weights: Tensor) -> Numbers:
    return np.concatenate([data.numpy(), weights.numpy().ravel()])
