"""``qfusion calibrate``: corrections of a backend's values, for one run."""

from __future__ import annotations

from typing import Annotated

import typer

from qfusion_core.cli.job_prompts import asking
from qfusion_core.cli.options import (
    Again,
    AllowUrl,
    BackendsFile,
    NoWait,
    Reference,
    Run,
    SampleSeed,
    Yes,
)
from qfusion_core.cli.output import AsJson, show


def calibrate(
    run: Run,
    backend: Annotated[str, typer.Option(help="A name in backends.yaml.")],
    samples: Annotated[
        int, typer.Option(min=2, help="So many rows of the training part, stratified.")
    ] = 32,
    seed: SampleSeed = 0,
    reference: Reference = None,
    yes: Yes = False,
    again: Again = False,
    no_wait: NoWait = False,
    allow_url: AllowUrl = False,
    backends_file: BackendsFile = None,
    as_json: AsJson = False,
) -> None:
    """Fit value = scale * raw + offset for each observable, and keep it in the run folder.

    Training rows are run on the backend and on an exact one. Later verbs that open RUN on this
    backend apply the corrections and say so.
    """
    from qfusion_core.workflows import calibrate as verb

    with asking(run, again=again, yes=yes, no_wait=no_wait, as_json=as_json) as jobs:
        kept = verb.calibrate(
            run,
            backend,
            samples=samples,
            seed=seed,
            reference=reference,
            allow_url=allow_url,
            backends_file=backends_file,
            jobs=jobs,
        )
    show(kept, as_json=as_json)
