"""``qfusion predict``: classes of new rows."""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qfusion_core.cli.job_prompts import asking, say_offline, say_shares
from qfusion_core.cli.options import (
    Again,
    Backend,
    BackendsFile,
    DryRun,
    NoWait,
    Raw,
    Run,
    Samples,
    SampleSeed,
    TorchDevice,
    Yes,
)
from qfusion_core.cli.output import AsJson, print_json, show
from qfusion_core.printable import printable

if TYPE_CHECKING:
    from qfusion_core.workflows.predict import PredictResult

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def predict(
    run: Run,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="CSV, TSV, Parquet or npz with the features.")
    ],
    backend: Backend = None,
    keep: Annotated[
        str | None, typer.Option(metavar="COLUMNS", help="Columns to pass through, as in id,name.")
    ] = None,
    proba: Annotated[
        str, typer.Option(metavar="best|all", help="Probabilities: of the class, or of all.")
    ] = "best",
    device: TorchDevice = "cpu",
    samples: Samples = None,
    seed: SampleSeed = 0,
    yes: Yes = False,
    again: Again = False,
    no_wait: NoWait = False,
    raw: Raw = False,
    dry_run: DryRun = False,
    escape_formulas: Annotated[
        bool,
        typer.Option(
            "--escape-formulas",
            help="Put ' before a text that a spreadsheet would take for a formula.",
        ),
    ] = False,
    backends_file: BackendsFile = None,
    as_json: AsJson = False,
) -> None:
    """Classify the rows of FILE; print CSV: kept columns, row (from 1), class, probability."""
    from qfusion_core.workflows import dry_run as dry
    from qfusion_core.workflows import predict as verb

    rows: dict[str, Any] = {"samples": samples, "seed": seed, "backends_file": backends_file}
    if dry_run:
        tried = dry.dry_run(run, backend, torch_device=device, file=file, **rows)
        say_offline(tried.unasked)
        show(tried, as_json=as_json)
        return
    with asking(run, again=again, yes=yes, no_wait=no_wait, as_json=as_json) as jobs:
        passed = [name for name in (keep or "").split(",") if name]
        rows |= {"keep": passed, "proba": proba, "raw": raw, "torch_device": device}
        found = verb.predict(run, file, backend, **rows, jobs=jobs)
    say_shares(found.shares)
    if as_json:
        print_json(found.to_dict()["rows"])
    else:
        _print_csv(found, escape_formulas)


def _print_csv(found: PredictResult, escape_formulas: bool) -> None:
    shown = printable if sys.stdout.isatty() else str
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(shown(head) for head in found.heads)
    for line in found.lines:
        writer.writerow(
            ("'" if escape_formulas and cell.startswith(_FORMULA) else "") + shown(cell)
            if isinstance(cell, str)
            else cell
            for cell in line
        )
