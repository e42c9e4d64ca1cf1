"""Shares rows out between the members of a pool, within their budgets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from qfusion_core.errors import QfusionError
from qfusion_core.pool.apportion import Region, apportion, largest, merge, share_out
from qfusion_core.pool.member_plan import MemberPlan
from qfusion_core.pool.options import Share
from qfusion_core.pool.weights import weights_of
from qfusion_core.remote.adapter.adapter import Adapter
from qfusion_core.remote.adapter.request_retry import retrying_caller
from qfusion_core.remote.errors import BudgetError, RemoteError
from qfusion_core.remote.journal.rows.records import PlannedJob
from qfusion_core.remote.machine.job import Call
from qfusion_core.remote.money.price import Price


class PoolPlanner:
    """Plans for a pool. Each member is asked once whether it is there, and what is wrong is said.

    Args:
        pool: Its name.
        share: How rows are shared out; see `PoolOptions`.
        members: Open, by name.
        absent: Why others could not be opened.
        say: Is told what is wrong with a member, a line for each.
    """

    def __init__(
        self,
        pool: str,
        share: Share,
        members: Mapping[str, Adapter],
        absent: Mapping[str, str],
        say: Callable[[str], None],
    ) -> None:
        self._pool, self._share, self._tell = pool, share, say
        self._members, self._absent = members, absent
        self._away: dict[str, str] | None = None
        self._queue_lengths: dict[str, int | None] = {}
        self._said: set[str] = set()

    def plan(
        self, call: Call, regions: Sequence[Region], out: Mapping[str, str]
    ) -> list[PlannedJob]:
        """Jobs that cover regions of a call: all of them, or none.

        Args:
            call: The whole.
            regions: What is to be done.
            out: Members that may have none of it, and why.

        Raises:
            BudgetError: The budgets do not suffice.
            RemoteError: No member is there to take it; says why not, for each.
        """
        unable = {**self._unable(call), **out}
        plans = {
            name: MemberPlan(device, call)
            for name, device in self._members.items()
            if name not in unable
        }
        merged = merge(regions)
        if plans:
            weights = weights_of(self._share, plans, merged, self._queue_lengths)
            for region in merged:
                if (fit := self._give(region, weights, plans)) < (rows := _rows(region)):
                    raise _refusal(self._pool, rows, fit, plans, unable)
        else:
            rows = sum(_rows(region) for region in merged)
            raise _refusal(self._pool, rows, 0, {}, unable)
        jobs = [job for plan in plans.values() for job in plan.taken]
        return [job._replace(position=position) for position, job in enumerate(jobs)]

    def alone(self, call: Call, regions: Sequence[Region]) -> dict[str, Price]:
        """The price of some regions at each member that is there, if it took all of them."""
        unable = self._unable(call)
        plans = {
            name: MemberPlan(device, call)
            for name, device in self._members.items()
            if name not in unable
        }
        return {
            name: Price.total(job.price for region in regions for job in plan.plan(region))
            for name, plan in plans.items()
        }

    def _give(
        self, region: Region, weights: Mapping[str, float], plans: Mapping[str, MemberPlan]
    ) -> int:
        """Share a region out; the number of its rows that fit."""
        (first, end), columns = region

        def most(name: str, rows: int) -> int:
            fits = plans[name].fits
            return largest(rows, lambda some: fits(((first, first + some), columns)))

        shares = share_out(end - first, weights, most)
        fit = sum(shares.values())
        if fit < end - first:
            return fit
        for name, share in apportion(end - first, weights).items():
            if shares[name] < share:
                self._say(
                    f"the budget of {name} takes {shares[name]} of its {share} rows; others get "
                    "the rest"
                )
        for name, rows in shares.items():
            if rows:
                plans[name].take(((first, first + rows), columns))
                first += rows
        return fit

    def _unable(self, call: Call) -> dict[str, str]:
        """Members that cannot take the call, and why; said once."""
        if self._away is None:
            self._away = {**self._absent, **self._look()}
        unable = dict(self._away)
        wires = call.circuit.n_wires
        for name, device in self._members.items():
            if device.max_wires is not None and device.max_wires < wires:
                unable.setdefault(name, f"has {device.max_wires} qubits, the circuit {wires}")
        for name, reason in unable.items():
            self._say(f"without {name}: {reason}")
        return unable

    def _look(self) -> dict[str, str]:
        """What keeps members that are not here from working; how long their queues are."""
        reasons = {}
        for name, device in self._members.items():
            if device.local:
                self._queue_lengths[name] = 0
                continue
            retrying = retrying_caller(device)
            try:
                findings = retrying(device.preflight)
            except RemoteError as error:
                reasons[name] = error.reason
                continue
            lengths = [finding.waiting for finding in findings if finding.waiting is not None]
            self._queue_lengths[name] = lengths[0] if lengths else None
            bad = [finding for finding in findings if finding.status == "failed" or finding.away]
            if bad:
                reason = "; ".join(f"{finding.what}: {finding.detail}" for finding in bad)
                reasons[name] = retrying.hide(reason)
        return reasons

    def _say(self, line: str) -> None:
        if line not in self._said:
            self._said.add(line)
            self._tell(f"{self._pool}: {line}")


def _rows(region: Region) -> int:
    return region[0][1] - region[0][0]


def _refusal(
    pool: str,
    rows: int,
    fit: int,
    plans: Mapping[str, MemberPlan],
    unable: Mapping[str, str],
) -> QfusionError:
    reasons = [f"{member}: {reason}" for member, reason in unable.items()]
    if not plans:
        reason = f"no member can take {rows} row(s) ({'; '.join(reasons)})"
        return RemoteError(reason, backend=pool)
    reasons += [f"{member}: {plan.refusal}" for member, plan in plans.items()]
    return BudgetError(
        f"{pool}: the budgets take {fit} of {rows} row(s) ({'; '.join(reasons)}); nothing of it "
        "was sent; use fewer rows or shots, or raise a budget in backends.yaml"
    )
