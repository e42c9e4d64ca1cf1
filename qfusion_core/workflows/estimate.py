"""``estimate``: what an evaluation would take on a remote machine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import torch

from qfusion_core.backends.file import Backends
from qfusion_core.backends.offline import OfflinePlan, with_or_without_account
from qfusion_core.data.split import Part
from qfusion_core.errors import InputError
from qfusion_core.interfaces.device import Device
from qfusion_core.model.circuit_encoder import CircuitEncoder
from qfusion_core.model.classifier import FusionClassifier
from qfusion_core.plugin.registry import Registry
from qfusion_core.remote.journal.measurement_lookup import RecordedMeasurement, last_measurement
from qfusion_core.remote.journal.rows.parsed_rows import MeasurementIdentity
from qfusion_core.remote.journal.rows.records import PlannedJob
from qfusion_core.remote.money.price import Price
from qfusion_core.remote.money.price_age import said_of_age
from qfusion_core.remote.planning.estimate import BudgetCheck, Estimate, check_budget, plan_of
from qfusion_core.remote.planning.provider_estimate import ask_providers
from qfusion_core.remote.planning.queued_device import QueuedDevice
from qfusion_core.runs.folder import RunFolder
from qfusion_core.runs.loading import load_model
from qfusion_core.runs.rows import describe_rows, rows_of_test_part
from qfusion_core.storage.network import no_network
from qfusion_core.workflows.result import Result, Table


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
class EstimateResult(Result):
    """The plan of an evaluation; nothing of it was sent.

    Attributes:
        run: The run folder.
        parts: For each backend that has a part of it; the last is the whole.
        budgets: What the budget of each backend that has one says to the plan.
        before: The measurement that there is of these rows, if there is one.
        said: By backend, what its provider says that the plan would take, if it was asked.
        unasked: Why the machine was not asked for the plan, and what it is from; None: it was.
    """

    run: Path
    parts: Sequence[BackendEstimate]
    budgets: Mapping[str, BudgetCheck]
    before: RecordedMeasurement | None
    said: Mapping[str, Price]
    unasked: str | None

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
        *_, whole = self.parts
        for part in self.parts:
            named = f"{part.backend}: " if len(self.parts) > 1 else ""
            end = " An estimate: the machine's own account decides." if part is whole else ""
            yield f"{named}{part.estimate.price}.{end}"
        for name, price in self.said.items():
            yield f"{name}: its provider says: {price}. A dry run: free, and nothing was run."
        if old := said_of_age(self.price):
            yield old
        if self.before is not None:
            state = self.before.state
            what = (
                "would take its values and send nothing; --again measures anew"
                if state == "finished"
                else "would go on with it"
            )
            yield f"{self.before.id}: these rows have a measurement, {state}: evaluate {what}"
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
    allow_url: bool = False,
    backends_file: str | Path | None = None,
) -> EstimateResult:
    """Make the plan of `evaluate` with the same arguments, and send nothing.

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
        allow_url: Ask an address that only the run names for the data set.
        backends_file: Instead of the file that is found.

    Raises:
        InputError: The backend runs on this machine, cannot be asked, or is not known.
    """
    if ask and offline:
        raise InputError("--ask needs the network, which --offline forbids; leave one of them out")
    registry = Registry()
    folder = RunFolder.open(run, registry)
    model = load_model(folder, registry)
    with no_network(offline):
        part = rows_of_test_part(folder, registry, samples, seed, allow_url=allow_url)

    def planned(device: Device) -> _Planned:
        return _plan(Path(run), backend, model, part, describe_rows(samples, seed), device)

    backends = Backends.read(backends_file)
    with no_network(offline):
        made, unasked = with_or_without_account(
            backends, backend, registry, Path(run), planned, OfflinePlan(offline, True, shots)
        )
    if ask and unasked is not None:
        raise InputError(
            f"--ask: {backend!r} cannot be asked ({unasked}); it needs an entry in backends.yaml, "
            "with credentials"
        )
    said = ask_providers(made.device, made.plan) if ask else {}
    parts = _parts(backend, made)
    return EstimateResult(Path(run), parts, made.budgets, made.before, said, unasked)


class _Planned(NamedTuple):
    device: QueuedDevice
    plan: list[PlannedJob]
    budgets: Mapping[str, BudgetCheck]
    before: RecordedMeasurement | None


def _plan(
    run: Path, backend: str, model: FusionClassifier, part: Part, subject: str, device: Device
) -> _Planned:
    encoder = model.quantum
    if not isinstance(device, QueuedDevice) or device.local:
        raise InputError(f"backend {backend!r} runs on this machine; it costs nothing but time")
    model.attach(device)
    if not isinstance(encoder, CircuitEncoder):
        raise InputError(f"{run}: the model has no circuit, so nothing is sent to {backend!r}")
    _, x_q = model.preprocess(torch.from_numpy(part.x))
    plan, digests = plan_of(device, encoder, x_q), device.values_digests()
    identity = MeasurementIdentity("evaluate", subject, backend, device.name, digests[0])
    before = last_measurement(device.bound.measurement.journal, identity, digests)
    return _Planned(device, plan, check_budget(device, plan), before)


def _parts(backend: str, made: _Planned) -> list[BackendEstimate]:
    """By backend; the last is the sum: of a single machine, itself."""
    parts = []
    for name in dict.fromkeys([*(job.backend for job in made.plan), backend]):
        jobs = [job for job in made.plan if name in (backend, job.backend)]
        rows = {row for planned in jobs for row in range(*planned.job.rows)}
        parts.append(BackendEstimate(name, len(rows), Estimate.of(jobs), made.budgets.get(name)))
    return parts
