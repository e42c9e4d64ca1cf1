"""``qfusion estimate``: what an evaluation, or a surrogate, would take on a remote machine."""

from __future__ import annotations

from typing import Annotated

import typer

from qfusion_core.cli.job_prompts import say_offline
from qfusion_core.cli.options import (
    AllowUrl,
    BackendsFile,
    Checks,
    MaxRows,
    Run,
    Samples,
    SampleSeed,
)
from qfusion_core.cli.output import AsJson, show
from qfusion_core.surrogate.sizes import MOST_ROWS


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
    surrogate: Annotated[
        bool, typer.Option("--surrogate", help="Plan `qfusion distil` instead.")
    ] = False,
    checks: Checks = None,
    max_rows: MaxRows = MOST_ROWS,
    allow_url: AllowUrl = False,
    backends_file: BackendsFile = None,
    as_json: AsJson = False,
) -> None:
    """Make the plan of `qfusion evaluate` with the same options, or of `qfusion distil`, and send
    nothing.

    Says what is left of the budget in this run, whether the plan fits, and whether these rows have
    been measured. A pool's plan is shown for each member, too. Without credentials, a machine that
    is known here (by a snapshot, by saved properties, by the list of `qfusion backends machines`)
    is planned for as it was then. With `--ask` jobs go to IBM's stand-in for the machine, which is
    free, to be checked and timed there.
    """
    from qfusion_core.workflows import estimate as verb

    plan = verb.estimate(
        run,
        backend,
        samples=samples,
        seed=seed,
        offline=offline,
        ask=ask,
        shots=shots,
        surrogate=surrogate,
        checks=checks,
        max_rows=max_rows,
        allow_url=allow_url,
        backends_file=backends_file,
    )
    say_offline(plan.unasked)
    show(plan, as_json=as_json)
