"""Whether gates are the same at two points, and their angles affine from the one to the other."""

from __future__ import annotations

from itertools import chain

import numpy as np

from qfusion_core.circuits.tracing.escape_watch import RESORT
from qfusion_core.circuits.tracing.record import RecordedGate
from qfusion_core.circuits.tracing.recorded_point import Choice, RecordedPoint, Row
from qfusion_core.errors import InputError

TOLERANCE = 1e-9
_ROUNDING = 1e-12


class AffineAngles:
    """The gates at the first point, with angles that are affine functions.

    Args:
        first: The first point.

    Attributes:
        rows: Of each gate.

    Raises:
        InputError: The first point alone says that there are none.
    """

    def __init__(self, first: RecordedPoint) -> None:
        self.first = first
        self._chosen, self._draw = first.chosen, np.random.default_rng(0)
        self._keep(first.rows())
        # An angle behind which all nodes pass entries on as they are is an entry: its derivative is
        # 1 there and 0 elsewhere, and its value says where, since no two entries are equal. One
        # backward pass for all of them tells whether something that is no node changes that.
        if not self._changes_as(first, self._chosen):
            self._chosen = np.zeros_like(self._chosen)
            self._keep(first.each_row())

    def _keep(self, rows: list[Row]) -> None:
        self.rows = rows
        self._owner = np.repeat(np.arange(len(rows)), [len(row.indices) for row in rows])
        self._index = np.fromiter(chain.from_iterable(row.indices for row in rows), dtype=int)
        self._scale = np.fromiter(chain.from_iterable(row.scales for row in rows), dtype=float)
        self._offset = np.array([row.offset for row in rows])

    def hold_at(self, point: RecordedPoint) -> bool:
        """Whether gates and angles are so at another point, in time linear in the gates.

        If so, `compare` refuses nothing there; if not, it may still refuse nothing.
        """
        if [gate[:2] for gate in point.gates] != [gate[:2] for gate in self.first.gates]:
            return False
        if not (point.sound and np.array_equal(point.chosen, self._chosen)):
            return False
        if not np.isfinite(point.values).all():
            return False
        terms = self._scale * point.entries[self._index]
        n_gates = len(self.rows)
        off = np.abs(point.values - self._offset - np.bincount(self._owner, terms, n_gates))
        size = 1 + np.abs(point.values) + np.bincount(self._owner, np.abs(terms), n_gates)
        # a chosen angle is an entry here, too, and by its value the same one: so is its derivative
        limit = np.where(self._chosen, 0, TOLERANCE / 2 * size)
        return bool((off <= limit).all()) and self._changes_as(point, ~self._chosen)

    def _changes_as(self, point: RecordedPoint, which: Choice) -> bool:
        """Whether derivatives of some angles are ours: a random sum of them, but for rounding."""
        factors = np.where(which, self._draw.uniform(1, 2, len(which)), 0)
        gradient = point.gradient(factors)
        if gradient is None:
            return False
        terms = self._scale * factors[self._owner]
        ours = np.bincount(self._index, terms, len(gradient))
        size = 1 + np.bincount(self._index, np.abs(terms), len(gradient))
        return bool((np.abs(gradient - ours) <= _ROUNDING * size).all())


def compare(
    first: RecordedPoint, first_rows: list[Row], other: RecordedPoint, other_rows: list[Row]
) -> None:
    """Refuse gates, Jacobians or offsets that differ between two points.

    Args:
        first: One point.
        first_rows: Of each of its gates.
        other: Another point.
        other_rows: Of each of its gates.

    Raises:
        InputError: They differ.
    """
    pairs = zip(first.gates, other.gates, first_rows, other_rows, strict=False)
    for position, (a, b, a_row, b_row) in enumerate(pairs):
        if a[:2] != b[:2]:
            raise InputError(
                f"its gates differ between inputs ({_shown(a, b)} for one, {_shown(b, a)} for "
                "another); the circuit must be the same for all: if it draws random numbers, fix "
                f"their seed; else {RESORT}"
            )
        near = abs(a_row.offset - b_row.offset) <= TOLERANCE * b_row.size
        if not (near and _are_near(a_row, b_row)):
            raise InputError(f"{b.written}: {other.doubt(position)}")
    if len(first.gates) != len(other.gates):
        raise InputError(
            f"the number of its gates differs between inputs ({len(first.gates)} for one, "
            f"{len(other.gates)} for another); the circuit must be the same for all: {RESORT}"
        )


def _are_near(a: Row, b: Row) -> bool:
    ours, theirs = (dict(zip(row.indices, row.scales, strict=True)) for row in (a, b))
    return all(
        abs(ours.get(at, 0.0) - theirs.get(at, 0.0)) <= TOLERANCE * (1 + abs(ours.get(at, 0.0)))
        for at in ours.keys() | theirs.keys()
    )


def _shown(gate: RecordedGate, other: RecordedGate) -> str:
    """What the author wrote; with the gate, where that is the same in both."""
    text = f"{gate.name} on wires {list(gate.wires)}"
    return f"{text} of {gate.written}" if gate.written == other.written else gate.written
