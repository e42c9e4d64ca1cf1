"""``estimate``: what an evaluation, or a surrogate, would take on a remote machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from qfusion_core.backends.listed_machines import require_known
from qfusion_core.config.arguments import require_switches
from qfusion_core.errors import InputError
from qfusion_core.remote.money.price import Price
from qfusion_core.remote.money.price_age import said_of_age
from qfusion_core.runs.opening import OpenRun
from qfusion_core.runs.rows import describe_rows, rows_of_test_part
from qfusion_core.storage.network import no_network
from qfusion_core.surrogate.sizes import MOST_ROWS
from qfusion_core.workflows.distil import require_machine
from qfusion_core.workflows.limits import require_name, rows_of, whole
from qfusion_core.workflows.result import Table, VerbResult

if TYPE_CHECKING:
    from qfusion_core.interfaces.device import Device
    from qfusion_core.remote.journal.measurement_lookup import RecordedMeasurement
    from qfusion_core.remote.planning.estimate import BudgetCheck, Estimate
    from qfusion_core.workflows.evaluation_plan import EvaluationPlan


class BackendEstimate(NamedTuple):
    """The part of a plan that one backend has; of the pool that was asked, the whole."""

    backend: str
    rows: int
    estimate: Estimate
    budget: BudgetCheck | None

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON."""
        return {
            "backend": self.backend,
            "rows": self.rows,
            **self.estimate._asdict(),
            "price": self.estimate.price.as_json(),
            "budget": self.budget and self.budget._asdict(),
        }


@dataclass(frozen=True)
class EstimateResult(VerbResult):
    """The plan of an evaluation; nothing of it was sent.

    Attributes:
        run: The run folder.
        parts: For each backend that has a part of it; the last is the whole.
        budgets: What the budget of each backend that has one says to the plan.
        before: The measurement that there is of these rows, if there is one.
        said: By backend, what its provider says that the plan would take, if it was asked.
        unasked: Why the machine was not asked for the plan, and what it is from; None: it was.
        width: Qubits of the circuit, and wires of the widest light cone, in words.
    """

    run: Path
    parts: Sequence[BackendEstimate]
    budgets: Mapping[str, BudgetCheck]
    before: RecordedMeasurement | None
    said: Mapping[str, Price]
    unasked: str | None
    width: str

    @property
    def price(self) -> Price:
        """Of the whole."""
        return self.parts[-1].estimate.price

    def to_dict(self) -> dict[str, Any]:
        """The document of ``qfusion estimate --json``."""
        *members, whole = (part.to_dict() for part in self.parts)
        before = self.before
        return {
            "run": str(self.run),
            "width": self.width,
            **whole,
            "offline": self.unasked is not None,
            **({"members": members} if members else {}),
            "planned_from": self.unasked,
            "old_prices": said_of_age(self.price),
            "asked": {name: price.as_json() for name, price in self.said.items()},
            "measurement": before and {"id": before.id, "state": before.state},
        }

    def shown(self) -> Iterator[Table | str]:
        """Figures of each part, prices, and what the budgets say."""
        yield self._figures()
        yield f"{self.width}."
        *_, whole = self.parts
        for part in self.parts:
            prefix = f"{part.backend}: " if len(self.parts) > 1 else ""
            end = " An estimate: the machine's own account decides." if part is whole else ""
            yield f"{prefix}{part.estimate.price}.{end}"
        for name, price in self.said.items():
            yield f"{name}: its provider says: {price}. A dry run: free, and nothing was run."
        if old := said_of_age(self.price):
            yield old
        if self.before is not None:
            state = self.before.state
            effect = (
                "would take its values and send nothing; --again measures anew"
                if state == "finished"
                else "would go on with it"
            )
            verb = self.before.about.verb
            yield f"{self.before.id}: these rows have a measurement, {state}: {verb} {effect}"
        for name, budget in self.budgets.items():
            rest = ", ".join(f"{limit} {amount:g}" for limit, amount in budget.left.items())
            yield f"{name}: left of its budget in this run: {rest or 'no limit is set'}"
            if budget.refusal:
                yield f"it would be refused: {budget.refusal}"

    def _figures(self) -> Table:
        facts = self.parts[-1].estimate.facts
        return Table(
            ("backend", "rows", "jobs", "executions", "shots", *facts),
            [
                (
                    name, rows, estimate.jobs, estimate.price.executions, estimate.price.shots,
                    *(estimate.facts.get(fact, "-") for fact in facts),
                )
                for name, rows, estimate, _ in self.parts
            ],
        )  # fmt: skip


def estimate(
    run: str | Path,
    backend: str,
    *,
    samples: int | None = None,
    seed: int = 0,
    offline: bool = False,
    ask: bool = False,
    shots: int | None = None,
    surrogate: bool = False,
    checks: int | None = None,
    max_rows: int = MOST_ROWS,
    allow_url: bool = False,
    backends_file: str | Path | None = None,
) -> EstimateResult:
    """Make the plan of `evaluate` with the same arguments, or of `distil`, and send nothing.

    Without credentials, a machine that is known here (by a snapshot, by saved properties, by the
    list of ``qfusion backends machines``) is planned for as it was then.

    Args:
        run: Folder that `train` wrote.
        backend: A name in ``backends.yaml``, or of the lists of vendors' machines.
        samples: So many of the rows, drawn by the seed; all for None.
        seed: Of the draw.
        offline: Ask nobody, credentials or not.
        ask: Have the provider say it, too: IBM's dry run, which takes no QPU time.
        shots: Of a machine that ``backends.yaml`` does not name; 1000 if it can.
        surrogate: Plan `distil` with the same seed instead.
        checks: Of that: random rows beside the grid.
        max_rows: Of that: a larger grid is refused.
        allow_url: Ask an address that only the run names for the data set.
        backends_file: Instead of the file that is found.

    Raises:
        InputError: The backend runs on this machine, cannot be asked, or is not known.
    """
    require_switches(offline=offline, ask=ask, allow_url=allow_url)
    if ask and offline:
        raise InputError("ask needs the network, which offline forbids; leave one of them out")
    require_name(backend, or_default=False)
    samples, seed = rows_of(samples, seed)
    shots = None if shots is None else whole("shots", shots, 1)
    checks = None if checks is None else whole("checks", checks, 1)
    max_rows = whole("max_rows", max_rows, 1)
    _require_fitting(samples, surrogate, checks, max_rows)
    opened = OpenRun.open(run, backends_file)
    if surrogate and backend in opened.backends.entries:
        require_machine(opened.backends, backend)
    machine = require_known(opened.backends, backend, opened.registry)

    from qfusion_core.backends.offline import OfflinePlan, with_or_without_account
    from qfusion_core.remote.planning.provider_estimate import ask_providers
    from qfusion_core.workflows.distilling import Distilling
    from qfusion_core.workflows.evaluation_plan import EvaluationPlan

    run, model = opened.folder.path, opened.model()
    with no_network(offline):
        planned: Callable[[Device], EvaluationPlan]
        if surrogate:
            work = Distilling.of(model, run, backend, checks, seed, max_rows)
            planned = partial(EvaluationPlan.of_distilling, work, backend)
        else:
            part = rows_of_test_part(
                opened.folder, opened.registry, samples, seed, allow_url=allow_url
            )
            subject = describe_rows(samples, seed)
            planned = partial(EvaluationPlan.of, run, backend, model, part, subject)
        plan, unasked = with_or_without_account(
            opened.backends,
            backend,
            opened.registry,
            run,
            planned,
            OfflinePlan(offline, True, shots, machine),
        )
    if ask and unasked is not None:
        raise InputError(
            f"ask: {backend!r} cannot be asked ({unasked}); it needs an entry in backends.yaml, "
            "with credentials"
        )
    answers = ask_providers(plan.device, plan.jobs) if ask else {}
    parts = _parts(backend, plan)
    return EstimateResult(run, parts, plan.budgets, plan.before, answers, unasked, plan.width)


def _require_fitting(
    samples: int | None, surrogate: bool, checks: int | None, max_rows: int
) -> None:
    if surrogate and samples is not None:
        raise InputError("samples: a surrogate needs no rows of the data; leave it out")
    for name, given in (("checks", checks is not None), ("max_rows", max_rows != MOST_ROWS)):
        if given and not surrogate:
            raise InputError(
                f"{name}: belongs to a surrogate; give surrogate, too, or leave it out"
            )


def _parts(backend: str, plan: EvaluationPlan) -> list[BackendEstimate]:
    """By backend; the last is the sum: of a single machine, itself."""
    from qfusion_core.remote.planning.estimate import Estimate

    parts = []
    for name in dict.fromkeys([*(job.backend for job in plan.jobs), backend]):
        jobs = [job for job in plan.jobs if name in (backend, job.backend)]
        rows = {row for planned in jobs for row in range(*planned.job.rows)}
        parts.append(BackendEstimate(name, len(rows), Estimate.of(jobs), plan.budgets.get(name)))
    return parts
