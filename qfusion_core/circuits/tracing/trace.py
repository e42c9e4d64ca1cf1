"""From a PennyLane quantum function to a `Circuit`, and why not.

The function is recorded at eight points, which differ in sign and over nine orders of magnitude,
and PennyLane decomposes it to the gate set. Every node of the autograd graph behind an angle must
be linear, at each point, and no value may leave the graph and come back; torch gives the Jacobian
of each angle at the first point; and at every other one gates and wires must be the same, and
angles and derivatives those of the same affine functions. Then, and only then, the circuit is the
same for all inputs. Work and memory grow with the gates, but for a row of the Jacobian of each
angle that is more than an entry of data or weights.

Accepted: every operation that PennyLane decomposes to RX RY RZ, Clifford+T, CNOT CZ SWAP, with
angles ``sum of scale * entry + offset``. Dropped: GlobalPhase, Identity, Barrier, Snapshot (a
controlled global phase is decomposed, not dropped). Refused by name: everything else.
"""

from __future__ import annotations

import functools
import gc
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import repeat
from operator import index
from typing import Any

import torch
from pennylane.queuing import AnnotatedQueue
from torch import Tensor
from torch._functorch.pyfunctorch import temporarily_clear_interpreter_stack

from qfusion_core.circuits.circuit import Circuit
from qfusion_core.circuits.gates import Angle, Gate, Term
from qfusion_core.circuits.tracing.agreement import AffineAngles, compare
from qfusion_core.circuits.tracing.points import points
from qfusion_core.circuits.tracing.record import RecordedGate, Rules, record
from qfusion_core.circuits.tracing.recorded_point import RecordedPoint, Row
from qfusion_core.circuits.tracing.rules import affine, pennylane
from qfusion_core.errors import InputError


def trace(
    quantum_function: Callable[..., object],
    *,
    n_wires: int,
    n_data: int,
    weights_shape: Sequence[int] | int,
) -> Circuit:
    """Make a circuit from a PennyLane quantum function.

    Args:
        quantum_function: ``f(data, weights)``, with data ``[n_data]`` and weights of
            ``weights_shape``; queues operations on wires ``0..n_wires-1``, measures nothing.
        n_wires: Qubits.
        n_data: Entries of the data.
        weights_shape: Of the weights, which become ``n_weights`` entries in row-major order.

    Returns:
        The circuit, canonical: terms sorted, zeros removed, rounding noise cleaned.

    Raises:
        InputError: The function cannot be traced; names the operation, the reason and what to do.
    """
    name = _name(quantum_function)
    shape = as_shape("weights_shape", weights_shape)
    n_weights = math.prod(shape)
    try:
        # a first call under no_grad, inference_mode or torch.func must still see Jacobians
        with (
            temporarily_clear_interpreter_stack(),
            torch.inference_mode(False),
            torch.enable_grad(),
            AnnotatedQueue(),  # holds PennyLane's lock: what records is one list of the process
            _no_collection(),
        ):
            angles = _affine_angles(quantum_function, n_wires, n_data, shape)
    except InputError as error:
        raise InputError(f"quantum function {name}: {error}") from error.__cause__
    return Circuit(
        n_wires=n_wires,
        gates=tuple(map(_gate, angles.first.gates, angles.rows, repeat(n_data))),
        n_data=n_data,
        n_weights=n_weights,
    )


def as_shape(name: str, shape: Sequence[int] | int) -> tuple[int, ...]:
    """A shape from a sequence of sizes, or from one size.

    Raises:
        InputError: A size is no whole number from 0.
    """
    try:
        sizes: list[Any] = list(shape) if isinstance(shape, Iterable) else [shape]
        whole = tuple(index(size) for size in sizes if not isinstance(size, bool | Tensor))
    except TypeError:
        whole = ()
        sizes = [shape]
    if len(whole) != len(sizes) or any(size < 0 for size in whole):
        raise InputError(
            f"{name}: expected whole numbers from 0, such as (2, 3) or 6, got {shape!r}"
        )
    return whole


def _name(function: Callable[..., object]) -> str:
    while isinstance(function, functools.partial):
        function = function.func
    function = getattr(function, "func", function)  # of a QNode
    return getattr(function, "__qualname__", type(function).__qualname__)


@contextmanager
def _no_collection() -> Iterator[None]:
    """Python's search for cycles waits: what is recorded has none, and is freed point by point.

    So many objects come at a time that Python would look through all that the process has, which
    takes as long as the rest.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _affine_angles(
    quantum_function: Callable[..., object], n_wires: int, n_data: int, shape: tuple[int, ...]
) -> AffineAngles:
    """The gates at the first point, after a look at all points that they are the same there.

    With PennyLane's decompositions, since a circuit's digest hangs on them; with our own where
    those do not keep angles affine.
    """

    def at(point: Tensor, rules: Rules) -> RecordedPoint:
        data = point[:n_data].clone().requires_grad_()
        weights = point[n_data:].reshape(shape).clone().requires_grad_()
        gates, graph = record(quantum_function, data, weights, n_wires=n_wires, rules=rules)
        return RecordedPoint(gates, graph, data, weights)

    def look(rules: Rules) -> AffineAngles:
        start, *others = points(n_data + math.prod(shape))
        angles = AffineAngles(at(start, rules))
        doubtful = []
        for other in others:
            seen = at(other, rules)
            if not angles.hold_at(seen):
                doubtful.append((seen, seen.each_row()))
        for seen, rows in doubtful:
            compare(angles.first, angles.rows, seen, rows)
        return angles

    try:
        return look(pennylane)
    except InputError:
        return look(affine)


def _gate(gate: RecordedGate, row: Row, n_data: int) -> Gate:
    if gate.angle is None:
        return Gate(gate.name, gate.wires)
    terms = tuple(
        Term("data", index, scale) if index < n_data else Term("weight", index - n_data, scale)
        for index, scale in zip(row.indices, map(_clean, row.scales), strict=True)
        if scale
    )
    return Gate(gate.name, gate.wires, Angle(terms, _clean(row.offset)))


def _clean(number: float) -> float:
    """Without rounding noise, so that 0.1 + 0.2 and 0.3 give one circuit (and one digest)."""
    return 0.0 if abs(number) < 1e-12 else float(f"{number:.14g}")
