"""``qfusion distil``: a trained quantum branch, measured once on a backend for any input."""

from __future__ import annotations

from typing import Annotated

import typer

from qfusion_core.cli.job_prompts import asking
from qfusion_core.cli.options import (
    Again,
    BackendsFile,
    Checks,
    MaxRows,
    NoWait,
    Reference,
    Run,
    Yes,
)
from qfusion_core.cli.output import AsJson, show
from qfusion_core.surrogate.sizes import MOST_ROWS
from qfusion_core.workflows.limits import LARGEST_SEED


def distil(
    run: Run,
    backend: Annotated[str, typer.Option(help="A name in backends.yaml.")],
    checks: Checks = None,
    seed: Annotated[
        int,
        typer.Option(min=0, max=LARGEST_SEED, help="Of the grid's place, random rows and order."),
    ] = 0,
    max_rows: MaxRows = MOST_ROWS,
    reference: Reference = None,
    yes: Yes = False,
    again: Again = False,
    no_wait: NoWait = False,
    backends_file: BackendsFile = None,
    as_json: AsJson = False,
) -> None:
    """Measure the quantum branch of RUN once: what is kept stands for the backend, for any input.

    A grid of rows determines all values, for noise that does not depend on the data and stays where
    its gate is; random rows check that. From then on `--backend surrogate:NAME` gives what NAME
    would measure, and sends nothing. Says the number of rows and the price before it asks.
    """
    from qfusion_core.workflows import distil as verb

    with asking(run, again=again, yes=yes, no_wait=no_wait, as_json=as_json) as jobs:
        kept = verb.distil(
            run,
            backend,
            checks=checks,
            seed=seed,
            max_rows=max_rows,
            reference=reference,
            backends_file=backends_file,
            jobs=jobs,
        )
    show(kept, as_json=as_json)
