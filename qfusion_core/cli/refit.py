"""``qfusion refit``: fusion and head trained again on what a backend measures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer

from qfusion_core.cli.options import Again, AllowUrl, BackendsFile, NoWait, Run, SampleSeed, Yes
from qfusion_core.cli.output import AsJson, print_json, print_table, say
from qfusion_core.cli.remote import measuring


def refit(
    run: Run,
    backend: Annotated[str, typer.Option(help="A name in backends.yaml.")],
    samples: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="So many training rows, stratified, and as large a share of the validation rows; "
            "all if not given.",
        ),
    ] = None,
    seed: SampleSeed = 0,
    epochs: Annotated[
        int | None, typer.Option(min=1, help="At most; as many as RUN was given, if not given.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="A new folder; RUN-refit-BACKEND if not given.")
    ] = None,
    yes: Yes = False,
    again: Again = False,
    no_wait: NoWait = False,
    allow_url: AllowUrl = False,
    backends_file: BackendsFile = None,
    as_json: AsJson = False,
) -> None:
    """Measure training and validation rows once, then train fusion and head on that.

    Both encoders stay as they are. However many epochs there are, and however often it is run, the
    rows are sent once: they are taken from the journal of RUN. The values are raw, without a
    calibration, and so is the new run for this backend.
    """
    from qfusion_core.backends.file import Backends
    from qfusion_core.backends.opening import open_named
    from qfusion_core.cli.progress import show_epochs
    from qfusion_core.plugin.registry import Registry
    from qfusion_core.runs.claim import claimed
    from qfusion_core.runs.folder import RunFolder

    registry = Registry()
    folder = RunFolder.open(run, registry)
    backends = Backends.read(backends_file)
    digest = backends.values_digest(backend, registry)

    from qfusion_core.model.classifier import circuit_of
    from qfusion_core.runs.loading import load_model
    from qfusion_core.workflows.refit import measure_rows, refit_rows
    from qfusion_core.workflows.refit import refit as train_again

    model = load_model(folder, registry)
    circuit_of(model, backend)
    split = folder.load_split(registry, allow_url=allow_url)
    rows = refit_rows(split, samples, seed)
    beside = run if run.name else run.resolve()
    default = beside.with_name(f"{beside.name}-refit-{quote(backend, safe='')}")
    options = folder.config.spec.training
    if epochs is not None:
        options = options.model_copy(update={"epochs": epochs})
    with claimed(out, default) as place:  # said before anything is paid for
        subject = (
            f"{len(rows.train)} training and {len(rows.validation)} validation rows, seed {seed}"
        )
        remote = {"again": again, "yes": yes, "no_wait": no_wait, "as_json": as_json}
        with measuring(run, "refit", subject, **remote) as measurement:
            device = open_named(backends, backend, registry, measurement)
            values = measure_rows(model, rows, device, backend)
        about: dict[str, Any] = {
            "run": str(run),
            "backend": backend,
            "device": device.name,
            "options": digest,
            "measurement": measurement.ids.get(backend),
            "rows": "; ".join(filter(None, (subject, measurement.adopted))),
        }
        with show_epochs(options) as on_epoch:
            made = train_again(
                folder,
                model,
                rows,
                values,
                place,
                split=split,
                options=options,
                about=about,
                on_epoch=on_epoch,
            )
    metrics = made.read_metrics()
    if as_json:
        print_json({"run": str(made.path), **metrics})
        return
    best = metrics["validation"]
    print_table(
        ("part", "rows", "macro F1", "accuracy", "epoch"),
        [
            (
                "validation",
                len(rows.validation),
                f"{best['validation_macro_f1']:.4f}",
                f"{best['validation_accuracy']:.4f}",
                f"{best['epoch']} of {metrics['epochs']}",
            )
        ],
    )
    say(f"run folder: {made.path}; test it with --backend {backend}")
