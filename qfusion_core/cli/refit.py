"""``qfusion refit``: fusion and head trained again on what a backend measures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from qfusion_core.cli.job_prompts import asking
from qfusion_core.cli.options import Again, AllowUrl, BackendsFile, NoWait, Run, SampleSeed, Yes
from qfusion_core.cli.output import AsJson, show


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
    encoding: Annotated[
        bool,
        typer.Option(
            "--encoding",
            help="On a surrogate: train how features become angles and the classical encoder, too.",
        ),
    ] = False,
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

    Both encoders stay as they are, but with --encoding on surrogate:NAME, where only the circuit's
    weights do. However many epochs there are, and however often it is run, the
    rows are sent once: they are taken from the journal of RUN. The values are raw, without a
    calibration, and so is the new run for this backend.
    """
    from qfusion_core.cli.training_progress import show_training
    from qfusion_core.workflows import refit as verb

    with (
        show_training() as progress,
        asking(run, again=again, yes=yes, no_wait=no_wait, as_json=as_json) as jobs,
    ):
        made = verb.refit(
            run,
            backend,
            out,
            samples=samples,
            seed=seed,
            epochs=epochs,
            encoding=encoding,
            allow_url=allow_url,
            backends_file=backends_file,
            jobs=jobs,
            on_start=progress.start,
            on_epoch=progress.epoch,
        )
    show(made, as_json=as_json)
