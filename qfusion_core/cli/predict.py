"""``qfusion predict``: classes of new rows."""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qfusion_core.cli.dry_run import DryRun, show_dry_run
from qfusion_core.cli.opening import open_for, say_shares
from qfusion_core.cli.options import (
    Again,
    Backend,
    BackendsFile,
    NoWait,
    Raw,
    Run,
    Samples,
    SampleSeed,
    Yes,
)
from qfusion_core.cli.output import AsJson, print_json
from qfusion_core.cli.remote import measuring
from qfusion_core.printable import printable

if TYPE_CHECKING:
    from qfusion_core.runs.folder import RunFolder

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def predict(
    run: Run,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="CSV, TSV, Parquet or npz with the features.")
    ],
    backend: Backend = None,
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
            help="Put ' before a class that a spreadsheet would take for a formula.",
        ),
    ] = False,
    backends_file: BackendsFile = None,
    as_json: AsJson = False,
) -> None:
    """Classify the rows of FILE; print CSV: row (from 1), class, probability."""
    from qfusion_core.backends.file import Backends
    from qfusion_core.data.table import read_features
    from qfusion_core.evaluation.sampling import draw_rows
    from qfusion_core.plugin.registry import Registry
    from qfusion_core.runs.folder import RunFolder

    registry = Registry()
    folder = RunFolder.open(run, registry)
    backends = Backends.read(backends_file)
    name = backends.default if backend is None else backend
    backends.options(name, registry)
    x = read_features(file, folder.config.features, **_as_in_training(folder))
    chosen = draw_rows(len(x), samples, seed)

    import torch

    from qfusion_core.model.prediction import logits_in_chunks, require_usable_rows, rows_digest
    from qfusion_core.runs.loading import load_model

    table = torch.from_numpy(x[chosen])
    model = load_model(folder, registry)
    if dry_run:
        show_dry_run(run, model, table, backends, name, registry, as_json=as_json)
        return
    inputs = model.preprocess(table)
    for found in inputs:  # before a machine is asked for what no model can use
        require_usable_rows(found, chosen + 1, file, "features beyond what the model can hold")
    subject = f"{len(table)} rows of {file.name}, sha256 {rows_digest(model, table)}"
    remote = {"again": again, "yes": yes, "no_wait": no_wait, "as_json": as_json}
    with measuring(run, "predict", subject, **remote) as measurement:
        model.attach(open_for(model, run, backends, name, registry, measurement, raw=raw))
        logits = logits_in_chunks(model, *inputs)
    require_usable_rows(logits, chosen + 1, file, "the model's output is not finite")
    best = logits.softmax(1).max(1)
    say_shares(model.device)
    rows = [
        (int(row) + 1, folder.config.classes[int(index)], round(float(probability), 6))
        for row, probability, index in zip(chosen, *best, strict=True)
    ]
    header = ("row", "class", "probability")
    if as_json:
        print_json([dict(zip(header, row, strict=True)) for row in rows])
        return
    shown = printable if sys.stdout.isatty() else str
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(header)
    for row, label, probability in rows:
        quote = "'" if escape_formulas and label.startswith(_FORMULA) else ""
        writer.writerow((row, quote + shown(label), probability))


def _as_in_training(folder: RunFolder) -> dict[str, Any]:
    """How the file that the run was trained on wrote its numbers and laid out its images.

    What the user said of it holds for new files, too; what it was found to have is a hint: a table
    may come out of another program by now.
    """
    from qfusion_core.data.formats.marks import Marks

    options, found = folder.config.spec.data.options, folder.config.provenance.get("marks")
    told = {key: options[key] for key in Marks._fields if options.get(key) in (".", ",", " ", "'")}
    usual = found.get("decimal") if isinstance(found, dict) else None
    return {
        "marks": Marks(**told),
        "usual": usual if usual in (".", ",") else None,
        "channels": options.get("channels"),
    }
