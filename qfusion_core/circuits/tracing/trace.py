"""From a PennyLane quantum function to a `Circuit`, and why not.

The function is recorded at eight points, PennyLane decomposes it to the gate set, and torch gives
the Jacobian of each gate angle in data and weights. Every node of the autograd graph behind an
angle must be linear, and no value may leave the graph and come back; and gates, wires, Jacobians
and offsets must agree at every point, which differ in sign and over nine orders of magnitude: then,
and only then, the angles are affine and the circuit is the same for all inputs.

Accepted: every operation that PennyLane decomposes to RX RY RZ, Clifford+T, CNOT CZ SWAP, with
angles ``sum of scale * entry + offset``. Dropped: GlobalPhase, Identity, Barrier, Snapshot (a
controlled global phase is decomposed, not dropped). Refused by name: everything else.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from operator import index
from typing import Any

import torch
from pennylane.queuing import AnnotatedQueue
from torch import Tensor
from torch._functorch.pyfunctorch import temporarily_clear_interpreter_stack

from qfusion_core.circuits.circuit import Circuit
from qfusion_core.circuits.gates import Angle, Gate, Term
from qfusion_core.circuits.tracing.autograd_graph import AutogradGraph
from qfusion_core.circuits.tracing.escape_watch import RESORT
from qfusion_core.circuits.tracing.record import RecordedGate, Rules, record
from qfusion_core.circuits.tracing.rules import affine, pennylane
from qfusion_core.errors import InputError

TOLERANCE = 1e-9


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
        ):
            first = _first(quantum_function, n_wires, n_data, shape)
    except InputError as error:
        raise InputError(f"quantum function {name}: {error}") from error.__cause__
    return Circuit(
        n_wires=n_wires,
        gates=tuple(_gate(seen, n_data) for seen in first),
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


@dataclass(frozen=True)
class _TracedGate:
    """A gate at one point; if it has an angle: its Jacobian, its offset, and their scale.

    Attributes:
        doubt: Why the angle is not affine, should it turn out not to be.
    """

    step: RecordedGate
    jacobian: Tensor
    offset: float
    size: float
    doubt: Callable[[], str]


def _points(size: int) -> list[Tensor]:
    generator = torch.Generator().manual_seed(0)

    def draw() -> Tensor:
        """Entries of either sign, away from 0; ten times one is more than a full turn."""
        uniform = torch.rand(2, size, generator=generator, dtype=torch.float64)
        return (1.3 + 1.7 * uniform[0]) * torch.where(uniform[1] < 0.5, -1.0, 1.0)

    v = draw()
    return [1e-6 * v, v, -v, 10 * v, 0.1 * draw(), 3 * draw(), 100 * draw(), 1000 * draw()]


def _first(
    quantum_function: Callable[..., object], n_wires: int, n_data: int, shape: tuple[int, ...]
) -> list[_TracedGate]:
    """The gates at the first point, after a look at all points that they are the same there.

    With PennyLane's decompositions, since a circuit's digest hangs on them; with our own where
    those do not keep angles affine.
    """

    def look(rules: Rules) -> list[_TracedGate]:
        points = [
            _at(quantum_function, point, n_wires, n_data, shape, rules)
            for point in _points(n_data + math.prod(shape))
        ]
        for point in points:
            _compare(points[0], point)
        return points[0]

    try:
        return look(pennylane)
    except InputError:
        return look(affine)


def _at(
    quantum_function: Callable[..., object],
    point: Tensor,
    n_wires: int,
    n_data: int,
    shape: tuple[int, ...],
    rules: Rules,
) -> list[_TracedGate]:
    data = point[:n_data].clone().requires_grad_()
    weights = point[n_data:].reshape(shape).clone().requires_grad_()
    steps, graph = record(quantum_function, data, weights, n_wires=n_wires, rules=rules)
    return [_seen(step, data, weights, graph) for step in steps]


def _seen(step: RecordedGate, data: Tensor, weights: Tensor, graph: AutogradGraph) -> _TracedGate:
    angle = torch.zeros(()) if step.angle is None else step.angle
    entries = torch.cat([data, weights.flatten()]).detach()
    jacobian = torch.zeros_like(entries)
    if angle.requires_grad:
        fault = graph.fault(angle)
        if "other" in graph.sources(angle):
            raise InputError(
                f"{step.written}: its angle uses a trainable tensor that is neither data nor "
                f"weights; make it part of the weights, or {RESORT}"
            )
        try:
            parts = torch.autograd.grad(
                angle, (data, weights), retain_graph=True, materialize_grads=True
            )
        except RuntimeError as error:  # of an operation without a derivative, such as heaviside
            raise InputError(
                f"{step.written}: torch cannot differentiate its angle "
                f"({' '.join(str(error).split())}); {RESORT}"
            ) from error
        if fault:
            raise InputError(f"{step.written}: {fault}")
        jacobian = torch.cat([part.flatten() for part in parts])
    value = float(angle.detach())
    if not (math.isfinite(value) and jacobian.isfinite().all()):
        raise InputError(
            f"{step.written}: its angle or the angle's derivative is not finite for some data and "
            f"weights; look for a division by zero, NaN or infinity, or {RESORT}"
        )
    return _TracedGate(
        step,
        jacobian,
        offset=value - float(jacobian @ entries),
        size=1 + abs(value) + float(jacobian.abs() @ entries.abs()),
        doubt=lambda: graph.doubt(angle),
    )


def _compare(first: list[_TracedGate], other: list[_TracedGate]) -> None:
    """Refuse gates, Jacobians or offsets that differ between two points."""
    for a, b in zip(first, other, strict=False):
        if (a.step.name, a.step.wires) != (b.step.name, b.step.wires):
            raise InputError(
                f"its gates differ between inputs ({_shown(a.step, b.step)} for one, "
                f"{_shown(b.step, a.step)} for another); the circuit must be the same for all: if "
                f"it draws random numbers, fix their seed; else {RESORT}"
            )
        affine = (a.jacobian - b.jacobian).abs().le(TOLERANCE * (1 + a.jacobian.abs())).all()
        if not (affine and abs(a.offset - b.offset) <= TOLERANCE * b.size):
            raise InputError(f"{b.step.written}: {b.doubt()}")
    if len(first) != len(other):
        raise InputError(
            f"the number of its gates differs between inputs ({len(first)} for one, {len(other)} "
            "for another); the circuit must be the same for all: " + RESORT
        )


def _shown(step: RecordedGate, other: RecordedGate) -> str:
    """What the author wrote; with the gate, where that is the same in both."""
    gate = f"{step.name} on wires {list(step.wires)}"
    return f"{gate} of {step.written}" if step.written == other.written else step.written


def _gate(seen: _TracedGate, n_data: int) -> Gate:
    if seen.step.angle is None:
        return Gate(seen.step.name, seen.step.wires)
    terms = tuple(
        Term("data", index, scale) if index < n_data else Term("weight", index - n_data, scale)
        for index, scale in enumerate(map(_clean, seen.jacobian.tolist()))
        if scale
    )
    return Gate(seen.step.name, seen.step.wires, Angle(terms, _clean(seen.offset)))


def _clean(number: float) -> float:
    """Without rounding noise, so that 0.1 + 0.2 and 0.3 give one circuit (and one digest)."""
    return 0.0 if abs(number) < 1e-12 else float(f"{number:.14g}")
