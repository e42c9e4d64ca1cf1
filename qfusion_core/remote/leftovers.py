"""Closes what earlier processes have left open at a provider."""

from __future__ import annotations

from qfusion_core.remote.errors import RemoteError
from qfusion_core.remote.queued_device import QueuedDevice
from qfusion_core.remote.submission import new_asking


def close_left(fleet: QueuedDevice) -> None:
    """Close it, as far as the providers answer; what cannot be closed now stays written down."""
    measurement = fleet.bound.measurement
    opened = measurement.journal.opened
    for backend, device in fleet.members.items():
        for name, account in opened.left(backend):
            ask = new_asking(device)
            try:
                if account is not None and ask(device.account) not in (None, account):
                    measurement.say(f"{backend}: {name} is open in another account or instance")
                    continue
                ask(lambda: device.close(name))  # noqa: B023 (called at once)
            except RemoteError as error:
                measurement.say(
                    f"{backend}: {name}, which an earlier process opened, may be open: {error}"
                )
                continue
            opened.closed(name)
            measurement.say(f"{backend}: closed {name}, which an earlier process had left open")
