"""What the providers themselves say that a plan would take, before anything is sent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from qfusion_core.remote.adapter.request_retry import retrying_caller
from qfusion_core.remote.journal.rows.records import PlannedJob
from qfusion_core.remote.money.price import Price

if TYPE_CHECKING:
    from qfusion_core.remote.planning.queued_device import QueuedDevice


def ask_providers(queue: QueuedDevice, plan: Iterable[PlannedJob]) -> dict[str, Price]:
    """The sum over the jobs of each backend, by its name.

    Jobs of one size cost the same: the provider is asked once for each.

    Args:
        queue: Open, with credentials.
        plan: Of its jobs.

    Raises:
        InputError: A provider offers no such thing.
        RemoteError: It does not answer, or refuses.
    """
    by_size: dict[tuple[object, ...], Price] = {}
    sums: dict[str, list[Price]] = {}
    for planned in plan:
        device = queue.members[planned.backend]
        size = (
            planned.backend,
            planned.job.circuit.digest(),
            planned.job.shape,
            planned.job.observables,
        )
        if size not in by_size:
            by_size[size] = device.ask(planned.job, retrying_caller(device))
        sums.setdefault(planned.backend, []).append(by_size[size])
    return {name: Price.total(prices) for name, prices in sums.items()}
