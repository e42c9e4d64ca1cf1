"""``qfusion estimate``: what an evaluation would take on a remote machine."""

from __future__ import annotations

from typing import Annotated

import typer

from qfusion_core.cli.options import BackendsFile, Run, Samples, SampleSeed, test_rows
from qfusion_core.cli.output import AsJson, print_json, print_table


def estimate(
    run: Run,
    backend: Annotated[str, typer.Option(help="A name in backends.yaml.")],
    samples: Samples = None,
    seed: SampleSeed = 0,
    backends_file: BackendsFile = None,
    as_json: AsJson = False,
) -> None:
    """Make the plan of `qfusion evaluate` with the same options, and send nothing."""
    import torch

    from qfusion_core.circuit_encoder import CircuitEncoder
    from qfusion_core.config.backends import open_backend
    from qfusion_core.errors import InputError
    from qfusion_core.registry import Registry
    from qfusion_core.remote.device import RemoteDevice
    from qfusion_core.remote.estimate import estimate as estimated
    from qfusion_core.runs.folder import RunFolder
    from qfusion_core.runs.loading import load_model

    registry = Registry()
    folder = RunFolder.open(run, registry)
    device = open_backend(backend, backends_file, run=run)
    if not isinstance(device, RemoteDevice) or device.local:
        raise InputError(f"backend {backend!r} runs on this machine; it costs nothing but time")
    model = load_model(folder, registry).attach(device)
    if not isinstance(model.quantum, CircuitEncoder):
        raise InputError(f"{run}: the model has no circuit, so nothing is sent to {backend!r}")
    part = test_rows(folder, registry, samples, seed)
    _, x_q = model.preprocess(torch.from_numpy(part.x))
    jobs, price, facts = estimated(device, model.quantum, x_q)
    if as_json:
        plan = {"backend": backend, "rows": len(part), "jobs": jobs, "facts": facts}
        print_json({"run": str(run), **plan, "price": price.as_json()})
        return
    print_table(
        ("backend", "rows", "jobs", "executions", "shots", *facts),
        [(backend, len(part), jobs, price.executions, price.shots, *facts.values())],
    )
    typer.echo(f"{price}. An estimate: the machine's own account decides.")
