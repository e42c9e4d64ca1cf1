"""Shares rows out between the members of a pool, within their budgets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from qfusion_core.errors import QfusionError
from qfusion_core.pool.apportion import Region, apportion, largest, merge, share_out
from qfusion_core.pool.member_plan import MemberPlan
from qfusion_core.pool.options import Share
from qfusion_core.pool.weights import weights_of
from qfusion_core.remote.adapter import Adapter
from qfusion_core.remote.errors import BudgetError, RemoteError
from qfusion_core.remote.job import Call
from qfusion_core.remote.journal.records import PlannedJob
from qfusion_core.remote.price import Price
from qfusion_core.remote.submission import new_asking


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
        self._waiting: dict[str, int | None] = {}
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
        accounts = {
            name: MemberPlan(device, call)
            for name, device in self._members.items()
            if name not in unable
        }
        merged = merge(regions)
        if accounts:
            weights = weights_of(self._share, accounts, merged, self._waiting)
            for region in merged:
                if (fit := self._give(region, weights, accounts)) < (rows := _rows(region)):
                    raise _refusal(self._pool, rows, fit, accounts, unable)
        else:
            rows = sum(_rows(region) for region in merged)
            raise _refusal(self._pool, rows, 0, {}, unable)
        jobs = [job for account in accounts.values() for job in account.taken]
        return [job._replace(position=position) for position, job in enumerate(jobs)]

    def alone(self, call: Call, regions: Sequence[Region]) -> dict[str, Price]:
        """The price of some regions at each member that is there, if it took all of them."""
        unable = self._unable(call)
        accounts = {
            name: MemberPlan(device, call)
            for name, device in self._members.items()
            if name not in unable
        }
        return {
            name: Price.total(job.price for region in regions for job in account.plan(region))
            for name, account in accounts.items()
        }

    def _give(
        self, region: Region, weights: Mapping[str, float], accounts: Mapping[str, MemberPlan]
    ) -> int:
        """Share a region out; the number of its rows that fit."""
        (first, end), columns = region

        def most(name: str, rows: int) -> int:
            fits = accounts[name].fits
            return largest(rows, lambda some: fits(((first, first + some), columns)))

        given = share_out(end - first, weights, most)
        fit = sum(given.values())
        if fit < end - first:
            return fit
        for name, wanted in apportion(end - first, weights).items():
            if given[name] < wanted:
                self._say(
                    f"the budget of {name} takes {given[name]} of its {wanted} rows; others get "
                    "the rest"
                )
        for name, rows in given.items():
            if rows:
                accounts[name].take(((first, first + rows), columns))
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
                self._waiting[name] = 0
                continue
            ask = new_asking(device)
            try:
                findings = ask(device.preflight)
            except RemoteError as error:
                reasons[name] = error.reason
                continue
            told = [each.waiting for each in findings if each.waiting is not None]
            self._waiting[name] = told[0] if told else None
            bad = [each for each in findings if each.status == "failed" or each.away]
            if bad:
                reasons[name] = ask.hide("; ".join(f"{each.what}: {each.detail}" for each in bad))
        return reasons

    def _say(self, line: str) -> None:
        if line not in self._said:
            self._said.add(line)
            self._tell(f"{self._pool}: {line}")


def _rows(region: Region) -> int:
    return region[0][1] - region[0][0]


def _refusal(
    pool: str, rows: int, fit: int, accounts: Mapping[str, MemberPlan], unable: Mapping[str, str]
) -> QfusionError:
    reasons = [f"{member}: {reason}" for member, reason in unable.items()]
    if not accounts:
        said = f"no member can take {rows} row(s) ({'; '.join(reasons)})"
        return RemoteError(said, backend=pool)
    reasons += [f"{member}: {account.refusal}" for member, account in accounts.items()]
    return BudgetError(
        f"{pool}: the budgets take {fit} of {rows} row(s) ({'; '.join(reasons)}); nothing of it "
        "was sent; use fewer --samples, or raise a budget in backends.yaml"
    )
