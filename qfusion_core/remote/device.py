"""The contract of remote devices: an adapter, carried by the core's job protocol."""

from __future__ import annotations

from abc import ABC
from collections.abc import Mapping, Sequence
from typing import final

from torch import Tensor

from qfusion_core import options as base
from qfusion_core.circuits.circuit import Circuit
from qfusion_core.remote.adapter.adapter import Adapter
from qfusion_core.remote.execution.foresight import foresee
from qfusion_core.remote.execution.run_call import evaluate
from qfusion_core.remote.journal.rows.records import JobRecord, PlannedJob
from qfusion_core.remote.machine.job import Call, Job
from qfusion_core.remote.planning.plan import planned
from qfusion_core.remote.planning.queued_device import QueuedDevice


class RemoteDevice(Adapter, QueuedDevice, ABC):
    """A queued machine behind a network, priced or not: a plugin writes the methods of `Adapter`.

    It raises `Transient` for a fault that passes, `Refused` for one that does not, and
    `SubmitUncertain` from `submit` where a request went out and no clear reply came back; its SDK's
    own retries of a submission must be off. It never waits for a job.
    """

    @final
    def evaluate(self, circuit: Circuit, angles: Tensor, observables: Sequence[str]) -> Tensor:
        """Plan, check the budget, write down, submit all jobs, wait, fetch, write down.

        Args:
            circuit: The template.
            angles: ``[rows, n_angles]`` in radians.
            observables: Pauli words.

        Returns:
            ``[rows, n_observables]``, float64: measured now, or taken from the journal (see
            `qfusion_core.Measurement`).

        Raises:
            BudgetError: The plan does not fit; nothing was sent.
            RemoteError: A job failed, or the machine cannot be reached; no job is lost.
            Interrupted: The user stopped it; no job is lost.
        """
        return evaluate(self, Call.of(circuit, angles, observables)).values

    @final
    def foresee(
        self, circuit: Circuit, angles: Tensor, columns: Tensor, observables: Sequence[str]
    ) -> None:
        """Ask for all steps of a measurement that has such; see `qfusion_core.Measurement`."""
        foresee(self, Call.of(circuit, angles, observables), columns)

    @final
    @property
    def members(self) -> Mapping[str, Adapter]:
        """One: itself, by the name of its backend."""
        return {self.bound.backend: self}

    @final
    def assign(self, call: Call) -> list[PlannedJob]:
        """`plan`, with the `price` of each job."""
        jobs = enumerate(planned(self, call))
        return [PlannedJob(position, *pair, self.bound.backend) for position, pair in jobs]

    @final
    def replan(
        self, call: Call, records: Sequence[JobRecord], out: Mapping[str, str]
    ) -> list[PlannedJob]:
        """The same jobs again."""
        jobs = [Job(call, record.rows, record.columns, record.facts) for record in records]
        return [
            PlannedJob(position, job, self.price(job), self.bound.backend)
            for position, job in enumerate(jobs)
        ]

    @final
    def values_digests(self) -> tuple[str, ...]:
        """Of its name and options."""
        return base.values_digests(self.name, self.options)
