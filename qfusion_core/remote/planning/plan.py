"""Plans that an adapter makes, and what the core demands of plans and results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from qfusion_core.circuits.circuit import Circuit
from qfusion_core.config.shell_command import shell_command
from qfusion_core.errors import InputError, QfusionError
from qfusion_core.interfaces.device_checks import kind_of
from qfusion_core.remote.adapter.request_retry import retrying_caller
from qfusion_core.remote.errors import Unreadable
from qfusion_core.remote.journal.rows.validation import FURTHEST
from qfusion_core.remote.machine.job import Call, Job, Result, failed_values
from qfusion_core.remote.money.price import Price

if TYPE_CHECKING:
    from qfusion_core.remote.adapter.adapter import Adapter

_ROUNDING = 1e-6  # by which float32 may carry a mean past 1


def tiles(
    circuit: Circuit,
    angles: Tensor,
    observables: Sequence[str],
    *,
    rows: int | None = None,
    groups: Sequence[Sequence[int]] | None = None,
    facts: Mapping[str, Any] | None = None,
) -> list[Job]:
    """A plan: every row with every observable, once, in the fewest jobs of bounded size.

    Args:
        circuit: The template.
        angles: ``[rows, n_angles]`` in radians.
        observables: Pauli words, one letter per wire, wire 0 first.
        rows: Most rows of a job; None for no limit.
        groups: Positions of the observables that go together; all in one group by default.
        facts: Of each job.

    Raises:
        InputError: ``rows`` is less than 1.
    """
    if rows is not None and rows < 1:
        raise InputError(f"rows of a job: expected at least 1, got {rows}")
    call = Call.of(circuit, angles, observables)
    size = rows or max(1, len(angles))
    return [
        Job(call, (start, min(start + size, len(angles))), tuple(columns), facts or {})
        for columns in ([range(len(observables))] if groups is None else groups)
        for start in range(0, len(angles), size)
    ]


def planned(device: Adapter, call: Call) -> list[tuple[Job, Price]]:
    """The jobs of a call on one machine with their prices; sends nothing.

    Raises:
        QfusionError: The plan does not cover each value once.
    """
    # a plan sends nothing, but may look at the machine
    jobs = retrying_caller(device)(
        lambda: device.plan(call.circuit, call.angles, call.observables),
        next_step="nothing was sent: run the same again, or look with "
        f"`{shell_command('backends', device.bound.backend, '--check')}`",
    )
    require_cover(device.name, call, jobs)
    return [(job, device.price(job)) for job in jobs]


def require_cover(device: str, call: Call, jobs: Sequence[Job]) -> None:
    """Refuse a plan that leaves a value out or asks for it twice.

    Raises:
        QfusionError: Names the first such row and observable: a fault of the adapter.
    """
    asked = torch.zeros(len(call.angles), len(call.observables), dtype=torch.int64)
    for job in jobs:
        asked[slice(*job.rows), list(job.columns)] += 1
    if wrong := (asked != 1).nonzero().tolist():
        row, column = wrong[0]
        raise QfusionError(
            f"device {device!r}: its plan covers row {row}, observable "
            f"{call.observables[column]!r} {int(asked[row, column])} times, expected once; "
            "this is a fault of the device's plugin"
        )


def require_result(device: Adapter, job: Job, result: Result) -> Result:
    """Refuse values of a wrong shape, not finite, or that no mean of +1 and -1 can be.

    But where it says that a part failed.

    Raises:
        Unreadable: Names the first such row and observable; the job stays, and is fetched again.
    """
    if not isinstance(result.values, Tensor) or tuple(result.values.shape) != job.shape:
        raise Unreadable(
            f"device {device.name!r} gave {kind_of(result.values)} for values, expected a torch "
            f"tensor of shape {list(job.shape)} (rows, observables)",
            result.raw,
        )
    asked = ~failed_values(job.rows, job.columns, result.failed)
    most = FURTHEST if device.mitigates else 1 + _ROUNDING
    wrong = (asked & ~(result.values.detach().cpu().abs() <= most)).nonzero().tolist()
    if wrong or not asked.any():
        row, column = wrong[0] if wrong else (0, 0)
        raise Unreadable(
            f"device {device.name!r} gave {result.values[row, column].item()} for row "
            f"{job.rows[0] + row}, observable {job.observables[column]}, expected a value of "
            + (
                "-1 to 1"
                if not device.mitigates
                else "-1 to 1, or near it, as errors are mitigated"
            ),
            result.raw,
        )
    return result
