"""``qfusion compare``: one checkpoint on several backends, side by side."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer

from qfusion_core.cli.job_prompts import asking
from qfusion_core.cli.options import (
    Again,
    AllowUrl,
    BackendsFile,
    NoWait,
    Raw,
    Reference,
    Run,
    Samples,
    Yes,
)
from qfusion_core.cli.output import AsJson, say, show
from qfusion_core.workflows.limits import LARGEST_SEED


def compare(
    run: Run,
    backends: Annotated[
        list[str],
        typer.Option(
            metavar="A,B,C", help="Names in backends.yaml, with commas between; repeatable."
        ),
    ],
    reference: Reference = None,
    samples: Samples = None,
    seed: Annotated[
        int,
        typer.Option(
            min=0, max=LARGEST_SEED, help="Of the draw of --samples, and of the bootstrap."
        ),
    ] = 0,
    yes: Yes = False,
    again: Again = False,
    no_wait: NoWait = False,
    raw: Raw = False,
    allow_url: AllowUrl = False,
    backends_file: BackendsFile = None,
    as_json: AsJson = False,
) -> None:
    """Evaluate one trained model on several backends, and say whether it needs its tokens.

    A backend that fails is named, the others are compared all the same, and the exit code is 1.
    """
    from qfusion_core.errors import InputError, QfusionError
    from qfusion_core.workflows import compare as verb

    names = [name.strip() for name in ",".join(backends).split(",") if name.strip()]
    if not names:
        raise InputError("--backends: no name given; e.g. --backends lightning,aer")
    with asking(run, again=again, yes=yes, no_wait=no_wait, as_json=as_json) as jobs:
        compared = verb.compare(
            run,
            names,
            reference,
            samples=samples,
            seed=seed,
            raw=raw,
            allow_url=allow_url,
            backends_file=backends_file,
            jobs=jobs,
            on_start=say_starts(),
        )
    show(compared, as_json=as_json)
    if failed := compared.failed:
        asked = len(compared.report.backends) + len(compared.report.failed)
        reasons = "the document has the reasons" if as_json else "the report has the reasons"
        raise QfusionError(
            f"{len(failed)} of {asked} backends failed: {', '.join(failed)}; {reasons}"
        )


def say_starts() -> Callable[[str, int], None]:
    """A callback for each start: a machine with noise may take minutes. The first is the reference,
    which is exact and takes none.
    """
    started: list[str] = []

    def say_start(name: str, rows: int) -> None:
        if started:
            say(f"{name}: {rows} rows", err=True)
        started.append(name)

    return say_start
