"""``qfusion estimate``: what an evaluation would take on a remote machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from qfusion_core.cli.options import BackendsFile, Run, Samples, SampleSeed, test_rows
from qfusion_core.cli.output import AsJson, print_json, print_table

if TYPE_CHECKING:
    from qfusion_core.remote.estimate import Estimate


def estimate(
    run: Run,
    backend: Annotated[str, typer.Option(help="A name in backends.yaml.")],
    samples: Samples = None,
    seed: SampleSeed = 0,
    backends_file: BackendsFile = None,
    as_json: AsJson = False,
) -> None:
    """Make the plan of `qfusion evaluate` with the same options, and send nothing.

    A pool's plan is shown for each member, too.
    """
    import torch

    from qfusion_core.circuit_encoder import CircuitEncoder
    from qfusion_core.config.backends import open_backend
    from qfusion_core.errors import InputError
    from qfusion_core.registry import Registry
    from qfusion_core.remote.estimate import Estimate, plan_of
    from qfusion_core.remote.fleet import Fleet
    from qfusion_core.runs.folder import RunFolder
    from qfusion_core.runs.loading import load_model

    registry = Registry()
    folder = RunFolder.open(run, registry)
    device = open_backend(backend, backends_file, run=run)
    if not isinstance(device, Fleet) or device.local:
        raise InputError(f"backend {backend!r} runs on this machine; it costs nothing but time")
    model = load_model(folder, registry).attach(device)
    if not isinstance(model.quantum, CircuitEncoder):
        raise InputError(f"{run}: the model has no circuit, so nothing is sent to {backend!r}")
    part = test_rows(folder, registry, samples, seed)
    _, x_q = model.preprocess(torch.from_numpy(part.x))
    plan = plan_of(device, model.quantum, x_q)
    total = Estimate.of(plan)
    members = {
        name: Estimate.of(each for each in plan if each.backend == name)
        for name in dict.fromkeys(each.backend for each in plan)
    }
    if list(members) == [backend]:
        members = {}
    if as_json:
        document = {"run": str(run), **_as_json(backend, total)}
        if members:
            document["members"] = [_as_json(name, each) for name, each in members.items()]
        print_json(document)
        return
    print_table(
        ("backend", "rows", "jobs", "executions", "shots", *total.facts),
        (
            (
                name, each.rows, each.jobs, each.price.executions, each.price.shots,
                *(each.facts.get(fact, "-") for fact in total.facts),
            )
            for name, each in {**members, backend: total}.items()
        ),
    )  # fmt: skip
    for name, each in members.items():
        typer.echo(f"{name}: {each.price}.")
    whole = f"{backend}: " if members else ""
    typer.echo(f"{whole}{total.price}. An estimate: the machine's own account decides.")


def _as_json(backend: str, estimate: Estimate) -> dict[str, Any]:
    document = {"backend": backend, **estimate._asdict()}
    return document | {"price": estimate.price.as_json()}
