"""A device on this machine as a member of a pool."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from qfusion_core.circuits.circuit import Circuit
from qfusion_core.circuits.pauli_words import commuting_groups
from qfusion_core.interfaces.device import BlackBoxDevice, Device
from qfusion_core.noise_parameters import NoiseParameters
from qfusion_core.remote.device import RemoteDevice
from qfusion_core.remote.machine.job import Finding, Job, JobStatus, Result
from qfusion_core.remote.money.price import Price, Range
from qfusion_core.remote.options import RemoteOptions
from qfusion_core.remote.planning.plan import tiles


class LocalMember(RemoteDevice):
    """Runs its jobs when they are fetched, after the other members' jobs are on their way.

    Nothing is lost when the process ends: whoever comes next runs them.
    """

    paid = False
    local = True

    def __init__(self, device: Device) -> None:
        self.name = device.name
        super().__init__(RemoteOptions())
        self._device = device
        self.shots, self.max_wires = device.shots, device.max_wires
        self.mitigates = device.largest > 1

    def noise_model(self) -> NoiseParameters | None:
        """That of the device it stands for."""
        return self._device.noise_model()

    def plan(self, circuit: Circuit, angles: Tensor, observables: Sequence[str]) -> list[Job]:
        """As many rows in a job as the device takes."""
        return tiles(circuit, angles, observables, rows=self._device.rows_per_call)

    def price(self, job: Job) -> Price:
        """Free: circuits and shots are counted, as of any member."""
        executions = job.shape[0] * len(commuting_groups(job.observables))
        return Price(executions, executions * (self.shots or 0), 1, Range(0, 0), Range(0, 0))

    def submit(self, job: Job, key: str) -> str:
        """Note it only: `fetch` runs it."""
        return f"here-{key}"

    def find(self, key: str) -> str | None:
        """Every job counts as sent: sending one does nothing."""
        return f"here-{key}"

    def status(self, job_id: str) -> JobStatus:
        """Done, as far as waiting goes: it is run when it is fetched."""
        return JobStatus("done")

    @torch.no_grad()
    def fetch(self, job: Job, job_id: str) -> Result:
        """Run the job, and give its values."""
        words = job.observables
        if isinstance(self._device, BlackBoxDevice):
            return Result(self._device.evaluate(job.circuit, job.angles, words))
        none = torch.zeros(0, dtype=torch.float64)
        circuit = job.circuit.by_angles()
        return Result(self._device.expectations(circuit, job.angles, none, words))

    def cancel(self, job_id: str) -> None:
        """There is nothing to cancel: a job runs only while it is fetched."""

    def preflight(self) -> list[Finding]:
        """No findings: a device on this machine has no queue."""
        return []
