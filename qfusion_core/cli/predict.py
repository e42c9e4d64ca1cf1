"""``qfusion predict``: classes of new rows."""

from __future__ import annotations

import csv
import hashlib
import sys
from pathlib import Path
from typing import Annotated

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
    backends_file: BackendsFile = None,
    as_json: AsJson = False,
) -> None:
    """Classify the rows of FILE; print CSV: row (from 1), class, probability."""
    import torch

    from qfusion_core.config.backends import Backends
    from qfusion_core.evaluation.rows import draw_rows
    from qfusion_core.prediction import logits_in_chunks
    from qfusion_core.registry import Registry
    from qfusion_core.runs.folder import RunFolder
    from qfusion_core.runs.loading import load_model
    from qfusion_core.tables import read_features

    registry = Registry()
    folder = RunFolder.open(run, registry)
    backends = Backends.read(backends_file)
    name = backends.default if backend is None else backend
    x = read_features(file, folder.config.features)
    chosen = draw_rows(len(x), samples, seed)
    x = x[chosen]
    subject = f"{len(x)} rows of {file.name}, sha256 {hashlib.sha256(x.tobytes()).hexdigest()}"
    if dry_run:
        model = load_model(folder, registry)
        show_dry_run(run, model, torch.from_numpy(x), backends, name, registry, as_json=as_json)
        return
    remote = {"again": again, "yes": yes, "no_wait": no_wait, "as_json": as_json}
    with measuring(run, "predict", subject, **remote) as measurement:
        model = load_model(folder, registry)
        model.attach(open_for(model, run, backends, name, registry, measurement, raw=raw))
        inputs = model.preprocess(torch.from_numpy(x))
        best = logits_in_chunks(model, *inputs).softmax(1).max(1)
    say_shares(model.device)
    rows = [
        (int(row) + 1, folder.config.classes[int(index)], round(float(probability), 6))
        for row, probability, index in zip(chosen, *best, strict=True)
    ]
    header = ("row", "class", "probability")
    if as_json:
        print_json([dict(zip(header, row, strict=True)) for row in rows])
        return
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
