"""A plan carried out on the machine's snapshot: what would come back, before anything is sent."""

from __future__ import annotations

from typing import Any, NamedTuple

from torch import Tensor

from qfusion_core.errors import InputError
from qfusion_core.interfaces.device import Device
from qfusion_core.metrics.expectation_error import WordError, standard_errors, word_errors
from qfusion_core.model.circuit_encoder import CircuitEncoder
from qfusion_core.model.prediction import expectation_values
from qfusion_core.remote.device import RemoteDevice
from qfusion_core.remote.planning.estimate import Estimate, estimate
from qfusion_core.remote.planning.queued_device import QueuedDevice


class SnapshotRun(NamedTuple):
    """What a run would take and give.

    Attributes:
        plan: The machine's own plan; nothing of it is sent.
        facts: Those of the plan, and what the snapshot's plan adds: gate counts after
            transpilation.
        errors: By Pauli word: snapshot minus exact.
        values: Of the snapshot, ``[rows, n_observables]``.
        exact: Of the exact device, likewise.
    """

    plan: Estimate
    facts: dict[str, Any]
    errors: dict[str, WordError]
    values: Tensor
    exact: Tensor


def snapshot_of(device: Device, backend: str) -> tuple[RemoteDevice, Device]:
    """A remote device and its snapshot.

    Raises:
        InputError: The backend runs here, or its machine has no snapshot.
    """
    if isinstance(device, QueuedDevice) and not device.local and len(device.members) > 1:
        raise InputError(
            f"backend {backend!r} is a pool; make a dry run of its members one by one: "
            f"{', '.join(device.members)}"
        )
    if not isinstance(device, RemoteDevice) or device.local:
        raise InputError(
            f"backend {backend!r} runs on this machine and costs nothing; a dry run is "
            "of a remote one: run it as it is"
        )
    snapshot = device.snapshot()
    if snapshot is None:
        raise InputError(
            f"backend {backend!r}: this machine has no snapshot that runs here; "
            f"{device.snapshot_advice}`qfusion estimate` shows the plan and its price"
        )
    return device, snapshot


def run_on_snapshot(
    encoder: CircuitEncoder, x_q: Tensor, device: RemoteDevice, snapshot: Device, exact: Device
) -> SnapshotRun:
    """Make the machine's plan, and run the rows on its snapshot and on an exact device.

    Args:
        encoder: With the circuit; it is left on the exact device.
        x_q: Features ``[rows, n_features]``.
        device: The machine; nothing is sent to it.
        snapshot: Of the machine.
        exact: What the values should be.
    """
    plan = estimate(device, encoder, x_q)
    facts = dict(plan.facts)
    if isinstance(snapshot, RemoteDevice):
        facts = estimate(snapshot, encoder, x_q).facts | facts
    encoder.device = snapshot
    values = expectation_values(encoder, x_q)
    encoder.device = exact
    exact_values = expectation_values(encoder, x_q)
    noise = None if snapshot.shots is None else standard_errors(exact_values, snapshot.shots)
    by_word = word_errors(encoder.observables, values, exact_values, noise)
    return SnapshotRun(plan, facts, by_word, values, exact_values)
