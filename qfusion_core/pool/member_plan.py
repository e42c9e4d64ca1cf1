"""One member of a pool while rows are shared out: what it would do, and what that may cost."""

from __future__ import annotations

from dataclasses import replace

from qfusion_core.pool.apportion import Region
from qfusion_core.remote.adapter.adapter import Adapter
from qfusion_core.remote.errors import BudgetError
from qfusion_core.remote.journal.rows.records import PlannedJob
from qfusion_core.remote.journal.sqlite.totals import total_of
from qfusion_core.remote.machine.job import Call
from qfusion_core.remote.money.budget import (
    Spending,
    remaining_of_all,
    require_budget,
    require_budget_of_all,
)
from qfusion_core.remote.money.price import Price
from qfusion_core.remote.planning.plan import planned


class MemberPlan:
    """Plans parts of a call on one machine, within what is left of its budget.

    Attributes:
        taken: The jobs it has been given.
        refusal: What its budget said last.
    """

    def __init__(self, device: Adapter, call: Call) -> None:
        self._device, self._call = device, call
        self.taken: list[PlannedJob] = []
        self.refusal = "takes no more"
        bound = device.bound
        self._spent = self._of_all = Spending()
        if bound.budget is not None:
            self._spent = bound.measurement.journal.spent(bound.backend)
            if remaining_of_all(bound.budget, Spending()):
                self._of_all = total_of(bound.backend)

    def plan(self, region: Region) -> list[PlannedJob]:
        """Jobs that cover a region of the call."""
        (first, end), columns = region
        words = tuple(self._call.observables[column] for column in columns)
        part = Call(self._call.circuit, self._call.angles[first:end], words)
        jobs = [
            replace(
                job,
                call=self._call,
                rows=(first + job.rows[0], first + job.rows[1]),
                columns=tuple(columns[column] for column in job.columns),
            )
            for job, _ in planned(self._device, part)
        ]
        backend = self._device.bound.backend
        return [PlannedJob(0, job, self._device.price(job), backend) for job in jobs]

    def take(self, region: Region) -> None:
        """Be given a region."""
        self.taken += self.plan(region)

    def fits(self, region: Region) -> bool:
        """Whether the budget allows a region besides what it has been given."""
        budget, backend = self._device.bound.budget, self._device.bound.backend
        if budget is None:
            return True
        price = Price.total(job.price for job in [*self.taken, *self.plan(region)])
        try:
            require_budget(backend, budget, self._spent, price)
            require_budget_of_all(backend, budget, self._of_all, price)
        except BudgetError as error:
            self.refusal = str(error).partition(";")[0].removeprefix(f"{backend}: ")
            return False
        return True
