"""``--dry-run``: what a remote machine would make of a run, from its snapshot."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qfusion_core.cli.output import print_json, print_table, say
from qfusion_core.cli.remote import say_offline
from qfusion_core.remote.price_age import said_of_age

if TYPE_CHECKING:
    from torch import Tensor

    from qfusion_core.backends.file import Backends
    from qfusion_core.interfaces.device import Device
    from qfusion_core.model.classifier import FusionClassifier
    from qfusion_core.plugin.registry import Registry
    from qfusion_core.workflows.dry_run import DryRun as Found

DryRun = Annotated[
    bool,
    typer.Option(
        "--dry-run",
        help="Send nothing: run the rows on the snapshot that the machine's adapter has of it, "
        "and show gate counts and the expected error of each token against the file's default "
        "backend, which must be exact.",
    ),
]


def show_dry_run(
    run: Path,
    model: FusionClassifier,
    x: Tensor,
    backends: Backends,
    name: str,
    registry: Registry,
    *,
    as_json: bool,
) -> None:
    """Print what a dry run of rows ``[rows, ...]`` gives; without a calibration."""
    from qfusion_core.backends.exact import open_exact
    from qfusion_core.backends.offline import with_or_without_account
    from qfusion_core.model.classifier import circuit_of
    from qfusion_core.model.prediction import logits_from_tokens
    from qfusion_core.workflows.dry_run import dry_run, snapshot_of

    encoder = circuit_of(model, name)
    how = f"make an exact one the default of {backends.source.path}"
    x_c, x_q = model.double().preprocess(x)

    def tried(device: Device) -> tuple[Found, str, str]:
        machine, snapshot = snapshot_of(device, name)
        reference, exact = open_exact(backends, registry, None, besides=name, how=how)
        model.attach(machine)  # a circuit that does not fit the machine is refused here
        return dry_run(encoder, x_q, machine, snapshot, exact), snapshot.name, reference

    (found, simulated, reference), unasked = with_or_without_account(
        backends, name, registry, run, tried
    )
    classes = [
        logits_from_tokens(model, x_c, encoder.arrange(values)).argmax(1)
        for values in (found.values, found.exact)
    ]
    agreement = float((classes[0] == classes[1]).double().mean())
    jobs, price, _ = found.plan
    say_offline(unasked)
    if as_json:
        print_json(
            {
                "run": str(run),
                "backend": name,
                "snapshot": simulated,
                "offline": unasked is not None,
                "reference": reference,
                "rows": len(x),
                "jobs": jobs,
                "facts": found.facts,
                "price": price.as_json(),
                "errors": {word: asdict(error) for word, error in found.errors.items()},
                "agreement": agreement,
            }
        )
        return
    print_table(
        ("backend", "rows", "jobs", "executions", "shots", *found.facts),
        [(name, len(x), jobs, price.executions, price.shots, *found.facts.values())],
    )
    print_table(
        ("observable", "mean error", "rms error", "max error"),
        (
            (word, f"{each.mean:+.4f}", f"{each.rms:.4f}", f"{each.largest:.4f}")
            for word, each in found.errors.items()
        ),
    )
    if old := said_of_age(price):
        say(old)
    say(
        f"{agreement:.1%} of the classes agree with {reference}. {price}. Nothing was sent: this "
        f"is the snapshot of {name}, and the machine of today may differ."
    )
