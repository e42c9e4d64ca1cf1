"""Closes what earlier processes have left open at a provider."""

from __future__ import annotations

from qfusion_core.remote.adapter.request_retry import retrying_caller
from qfusion_core.remote.errors import RemoteError
from qfusion_core.remote.planning.queued_device import QueuedDevice


def close_sessions(queue: QueuedDevice) -> None:
    """Close it, as far as the providers answer; what cannot be closed now stays written down."""
    measurement = queue.bound.measurement
    opened = measurement.journal.opened
    for backend, device in queue.members.items():
        for name, account in opened.left(backend):
            retrying = retrying_caller(device)
            try:
                if account is not None and retrying(device.account) not in (None, account):
                    measurement.say(f"{backend}: {name} is open in another account or instance")
                    continue
                retrying(lambda: device.close(name))  # noqa: B023 (called at once)
            except RemoteError as error:
                measurement.say(
                    f"{backend}: {name}, which an earlier process opened, may be open: {error}"
                )
                continue
            opened.closed(name)
            measurement.say(f"{backend}: closed {name}, which an earlier process had left open")
