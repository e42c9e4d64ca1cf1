"""Cones of one shape as rows of one batch, for executors that know one circuit and many rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Generic, TypeVar

import torch
from torch import Tensor

from qfusion_core import Circuit
from qfusion_statevector.autograd import Executor, NotFinite, all_finite
from qfusion_statevector.cut import ConeShape, Cut

E = TypeVar("E", bound=Executor)


class StackedCones(Generic[E]):
    """Runs all cones of a shape in one call: a row for each cone and sample, cone by cone.

    Cones differ in their weights, so that these become entries of the rows.
    """

    def __init__(
        self, cut: Cut, make: Callable[[Circuit, Sequence[str]], E], device: torch.device
    ) -> None:
        """Make an executor for each shape.

        Args:
            cut: What to run.
            make: An executor of a circuit and its words.
            device: Where it runs.
        """
        self._shapes = [_Rows(shape, device) for shape in cut.shapes]
        self._executors = [make(rows.circuit, shape.words) for rows, shape in self._pairs(cut)]
        self._n_words = len(cut.words)
        self._sizes = cut.circuit.n_data, cut.circuit.n_weights
        read = [
            len({int(i) for table in tables for i in table.flat})
            for tables in zip(*((shape.data, shape.weights) for shape in cut.shapes), strict=True)
        ]
        self._all_read = tuple(read) == self._sizes

    def _pairs(self, cut: Cut) -> zip[tuple[_Rows, ConeShape]]:
        return zip(self._shapes, cut.shapes, strict=True)

    def forward(self, data: Tensor, weights: Tensor, keep: bool) -> tuple[Tensor, tuple[Any, ...]]:
        """Values ``[batch, words]``, and what `backward` needs (nothing if not ``keep``)."""
        if not (self._all_read or all_finite(data, weights)):
            raise NotFinite  # it may stand in an entry that no cone reads
        saved: list[Any] = []

        def run(executor: E, data: Tensor, weights: Tensor) -> Tensor:
            values, kept = executor.forward(data, weights, keep)
            saved.extend(kept)
            return values

        return self.collect(run, data, weights), tuple(saved)

    def collect(
        self, run: Callable[[E, Tensor, Tensor], Tensor], data: Tensor, weights: Tensor
    ) -> Tensor:
        """Values ``[batch, words]`` of the whole, from those of each shape's rows.

        Args:
            run: From an executor, its data and its weights to the values of its words.
            data: ``[batch, n_data]`` of the whole.
            weights: ``[n_weights]`` of the whole.
        """
        values = data.new_empty(len(data), self._n_words)
        for rows, executor in zip(self._shapes, self._executors, strict=True):
            values[:, rows.observables] = rows.side_by_side(
                run(executor, *rows.entries(data, weights))
            )
        return values

    def backward(
        self, saved: tuple[Any, ...], gradient: Tensor, of_data: bool, of_weights: bool
    ) -> tuple[Tensor | None, Tensor | None]:
        """Gradients of data ``[batch, n_data]`` and weights, those that are asked for."""
        dx = gradient.new_zeros(len(gradient), self._sizes[0])
        dw = gradient.new_zeros(self._sizes[1])
        each = len(saved) // len(self._shapes)
        for number, (rows, executor) in enumerate(zip(self._shapes, self._executors, strict=True)):
            asked = (of_data or (of_weights and rows.many), of_weights and not rows.many)
            of_rows, of_shared = executor.backward(
                saved[each * number : each * (number + 1)],
                rows.below_each_other(gradient[:, rows.observables]),
                *asked,
            )
            if of_rows is not None:
                of_entries = rows.side_by_side(of_rows[:, : rows.n_data])
                dx.index_add_(1, rows.data, of_entries)
                if rows.many:
                    of_shared = rows.side_by_side(of_rows[:, rows.n_data :]).sum(0)
            if of_shared is not None:
                dw.index_add_(0, rows.weights, of_shared)
        return dx if of_data else None, dw if of_weights else None


class _Rows:
    """Cones of a shape, below each other.

    Attributes:
        circuit: What is run for each row.
        many: Whether there are several cones, so that weights are entries of the rows.
        n_data: Entries of a row that are data.
        data: Of each cone after the other, the data entries of the whole.
        weights: The weight entries.
        observables: The words of the whole.
    """

    def __init__(self, shape: ConeShape, device: torch.device) -> None:
        self._cones = shape.count
        self.many = shape.count > 1
        self.n_data = shape.circuit.n_data
        self.circuit = _by_entries(shape.circuit) if self.many else shape.circuit
        self.data, self.weights, self.observables = (
            torch.from_numpy(table.reshape(-1)).to(device)
            for table in (shape.data, shape.weights, shape.observables)
        )

    def entries(self, data: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
        """``[rows, entries]`` and the weights that all rows share."""
        of_rows, of_cones = self.below_each_other(data[:, self.data]), weights[self.weights]
        if not self.many:
            return of_rows, of_cones
        width = len(of_cones) // self._cones
        repeated = of_cones.view(self._cones, width).repeat_interleave(len(data), 0)
        return torch.cat([of_rows, repeated], 1), of_cones[:0]

    def below_each_other(self, columns: Tensor) -> Tensor:
        """``[batch, cones * k]`` to ``[cones * batch, k]``."""
        batch, width = len(columns), columns.shape[1] // self._cones
        parts = columns.reshape(batch, self._cones, width).transpose(0, 1)
        return parts.reshape(self._cones * batch, width)

    def side_by_side(self, rows: Tensor) -> Tensor:
        """The inverse of `below_each_other`."""
        batch, width = len(rows) // self._cones, rows.shape[1]
        parts = rows.reshape(self._cones, batch, width).transpose(0, 1)
        return parts.reshape(batch, self._cones * width)


def _by_entries(circuit: Circuit) -> Circuit:
    """The same circuit with weights for further entries of the data."""
    gates = []
    for gate in circuit.gates:
        if gate.angle is not None:
            terms = tuple(
                replace(term, source="data", index=circuit.n_data + term.index)
                if term.source == "weight"
                else term
                for term in gate.angle.terms
            )
            gate = replace(gate, angle=replace(gate.angle, terms=terms))
        gates.append(gate)
    return Circuit(circuit.n_wires, tuple(gates), circuit.n_data + circuit.n_weights, 0)
