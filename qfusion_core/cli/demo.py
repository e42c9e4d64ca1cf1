"""``qfusion demo``: the main job in small."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from qfusion_core.cli.compare import as_document, measure
from qfusion_core.cli.comparison import print_report
from qfusion_core.cli.output import AsJson, print_json, say

BACKENDS = ("statevector", "lightning", "aer-sampled", "braket-local")


def demo(
    out: Annotated[
        Path | None, typer.Option(help="Keep the trained model in this new folder.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Train on Wine, then run the same saved model on four backends."""
    from qfusion_core.cli.progress import show_epochs
    from qfusion_core.config.backends import PACKAGED, Backends
    from qfusion_core.config.compose import compose
    from qfusion_core.registry import Registry
    from qfusion_core.runs import experiment

    registry = Registry()
    backends = Backends.read(PACKAGED)  # its names are known, those of a user's file are not
    for name in BACKENDS:
        backends.open(name, registry)  # a missing extra is said before the training
    with tempfile.TemporaryDirectory() as folder:
        spec = compose("hardware", "wine", registry=registry)
        say("training the `hardware` preset on wine (178 rows) on statevector", err=True)
        with show_epochs(spec.training) as on_epoch:
            run = experiment.train(
                spec,
                out or Path(folder) / "wine",
                backend=backends.open("statevector", registry),
                registry=registry,
                on_epoch=on_epoch,
            )
        say("evaluating the saved model: " + ", ".join(BACKENDS), err=True)
        report = measure(run.path, backends, list(BACKENDS))
        if as_json:
            print_json(as_document(run.path, report))
        else:
            print_report(report)
