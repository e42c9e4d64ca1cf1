"""``qfusion estimate``: what an evaluation would take on a remote machine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qfusion_core.cli.options import (
    AllowUrl,
    BackendsFile,
    Run,
    Samples,
    SampleSeed,
    describe_rows,
    test_rows,
)
from qfusion_core.cli.output import AsJson, print_json, print_table, say
from qfusion_core.cli.remote import say_offline

if TYPE_CHECKING:
    from qfusion_core.remote.estimate import BudgetCheck, Estimate
    from qfusion_core.remote.journal.recognition import RecordedMeasurement
    from qfusion_core.remote.journal.records import PlannedJob


def estimate(
    run: Run,
    backend: Annotated[
        str, typer.Option(help="A name in backends.yaml, or of `qfusion backends machines`.")
    ],
    samples: Samples = None,
    seed: SampleSeed = 0,
    offline: Annotated[
        bool, typer.Option("--offline", help="Ask nobody, credentials or not.")
    ] = False,
    ask: Annotated[
        bool,
        typer.Option(
            "--ask", help="Have the provider say it, too: IBM's dry run, which takes no QPU time."
        ),
    ] = False,
    shots: Annotated[
        int | None,
        typer.Option(min=1, help="Of a machine that backends.yaml does not name; 1000 if it can."),
    ] = None,
    allow_url: AllowUrl = False,
    backends_file: BackendsFile = None,
    as_json: AsJson = False,
) -> None:
    """Make the plan of `qfusion evaluate` with the same options, and send nothing.

    Says what is left of the budget in this run, whether the plan fits, and whether these rows have
    been measured. A pool's plan is shown for each member, too. Without credentials, a machine that
    is known here (by a snapshot, by saved properties, by the list of `qfusion backends machines`)
    is planned for as it was then. With `--ask` jobs go to IBM's stand-in for the machine, which is
    free, to be checked and timed there.
    """
    import torch

    from qfusion_core.backends.file import Backends
    from qfusion_core.backends.offline import OfflinePlan, with_or_without_account
    from qfusion_core.errors import InputError
    from qfusion_core.interfaces.device import Device
    from qfusion_core.model.circuit_encoder import CircuitEncoder
    from qfusion_core.plugin.registry import Registry
    from qfusion_core.remote.estimate import Estimate, check_budget, plan_of
    from qfusion_core.remote.journal.recognition import last_measurement
    from qfusion_core.remote.journal.rows import MeasurementIdentity
    from qfusion_core.remote.price_age import said_of_age
    from qfusion_core.remote.provider_estimate import ask_providers
    from qfusion_core.remote.queued_device import QueuedDevice
    from qfusion_core.runs.folder import RunFolder
    from qfusion_core.runs.loading import load_model
    from qfusion_core.storage.network import no_network

    if ask and offline:
        raise InputError("--ask needs the network, which --offline forbids; leave one of them out")
    registry = Registry()
    folder = RunFolder.open(run, registry)
    model = load_model(folder, registry)
    encoder = model.quantum
    with no_network(offline):
        part = test_rows(folder, registry, samples, seed, allow_url=allow_url)

    def planned(
        device: Device,
    ) -> tuple[
        QueuedDevice, list[PlannedJob], Mapping[str, BudgetCheck], RecordedMeasurement | None
    ]:
        if not isinstance(device, QueuedDevice) or device.local:
            raise InputError(f"backend {backend!r} runs on this machine; it costs nothing but time")
        model.attach(device)
        if not isinstance(encoder, CircuitEncoder):
            raise InputError(f"{run}: the model has no circuit, so nothing is sent to {backend!r}")
        _, x_q = model.preprocess(torch.from_numpy(part.x))
        plan = plan_of(device, encoder, x_q)
        about = MeasurementIdentity(
            "evaluate", describe_rows(samples, seed), backend, device.name, device.values_digest()
        )
        before = last_measurement(device.bound.measurement.journal, about, device.values_digests())
        return device, plan, check_budget(device, plan), before

    backends = Backends.read(backends_file)
    with no_network(offline):
        (device, plan, checks, before), unasked = with_or_without_account(
            backends, backend, registry, run, planned, OfflinePlan(offline, True, shots)
        )
    if ask and unasked is not None:
        raise InputError(
            f"--ask: {backend!r} cannot be asked ({unasked}); it needs an entry in backends.yaml, "
            "with credentials"
        )
    asked = ask_providers(device, plan) if ask else {}
    names = dict.fromkeys([*(each.backend for each in plan), backend])
    # the last line is the sum: of a single machine, itself
    parts = {n: [each for each in plan if n in (backend, each.backend)] for n in names}
    figures = {name: Estimate.of(part) for name, part in parts.items()}
    rows = {name: len(_rows(part)) for name, part in parts.items()}
    total = figures[backend]
    say_offline(unasked)
    old = said_of_age(total.price)
    if as_json:
        documents = [
            _as_json(name, rows[name], each, checks.get(name)) for name, each in figures.items()
        ]
        *members, whole = documents
        whole |= {"offline": unasked is not None, **({"members": members} if members else {})}
        whole |= {"planned_from": unasked, "old_prices": old}
        whole |= {"asked": {name: price.as_json() for name, price in asked.items()}}
        whole |= {"measurement": before and {"id": before.id, "state": before.state}}
        print_json({"run": str(run), **whole})
        return
    print_table(
        ("backend", "rows", "jobs", "executions", "shots", *total.facts),
        (
            (
                name, rows[name], each.jobs, each.price.executions, each.price.shots,
                *(each.facts.get(fact, "-") for fact in total.facts),
            )
            for name, each in figures.items()
        ),
    )  # fmt: skip
    for name, each in figures.items():
        named = f"{name}: " if len(figures) > 1 else ""
        end = " An estimate: the machine's own account decides." if name == backend else ""
        say(f"{named}{each.price}.{end}")
    for name, price in asked.items():
        say(f"{name}: its provider says: {price}. A dry run: free, and nothing was run.")
    if old is not None:
        say(old)
    if before is not None:
        what = (
            "would take its values and send nothing; --again measures anew"
            if before.state == "finished"
            else "would go on with it"
        )
        say(f"{before.id}: these rows have a measurement, {before.state}: evaluate {what}")
    for name, check in checks.items():
        rest = ", ".join(f"{limit} {amount:g}" for limit, amount in check.left.items())
        say(f"{name}: left of its budget in this run: {rest or 'no limit is set'}")
        if check.refusal:
            say(f"it would be refused: {check.refusal}")


def _rows(plan: Iterable[PlannedJob]) -> set[int]:
    return {row for each in plan for row in range(*each.job.rows)}


def _as_json(
    backend: str, rows: int, estimate: Estimate, check: BudgetCheck | None
) -> dict[str, Any]:
    document = {"backend": backend, "rows": rows, **estimate._asdict()}
    return document | {
        "price": estimate.price.as_json(),
        "budget": check and check._asdict(),
    }
