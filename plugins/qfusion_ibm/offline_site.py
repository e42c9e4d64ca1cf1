"""A machine as the SDK's snapshot of it tells, without an account: to plan, never to send."""

from __future__ import annotations

from typing_extensions import override

from qfusion_ibm.machine import Machine
from qfusion_ibm.options import Credentials, Options
from qfusion_ibm.provider_site import RuntimeSite
from qfusion_ibm.snapshots import open_local


class OfflineSite(RuntimeSite):
    """IBM is not asked.

    Args:
        options: Of the device.
        snapshot: Name of the snapshot.
    """

    asks = False

    def __init__(self, options: Options, snapshot: str) -> None:
        super().__init__(options, Credentials())
        self._snapshot = snapshot

    @property
    def as_of(self) -> str:
        """Day of the snapshot, as ISO 8601."""
        return f"{self.machine(None, 1).backend.properties().last_update_date:%Y-%m-%d}"

    @override
    def machine(self, name: str | None, qubits: int) -> Machine:
        if self._snapshot not in self._machines:
            backend = open_local(self._snapshot)
            self._machines[self._snapshot] = Machine(self._snapshot, backend, backend.num_qubits)
        return self._machines[self._snapshot]
