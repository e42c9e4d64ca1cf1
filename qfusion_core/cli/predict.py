"""``qfusion predict``: classes of new rows."""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import Annotated

import typer

from qfusion_core.cli.options import Backend, BackendsFile, Run
from qfusion_core.cli.output import AsJson, print_json


def predict(
    run: Run,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="CSV, TSV, Parquet or npz with the features.")
    ],
    backend: Backend = None,
    backends_file: BackendsFile = None,
    as_json: AsJson = False,
) -> None:
    """Classify the rows of FILE; print CSV: row (from 1), class, probability."""
    import torch

    from qfusion_core.config.backends import open_backend
    from qfusion_core.prediction import logits_in_chunks
    from qfusion_core.registry import Registry
    from qfusion_core.runs.folder import RunFolder
    from qfusion_core.runs.loading import load_model
    from qfusion_core.tables import read_features

    registry = Registry()
    folder = RunFolder.open(run, registry)
    raw = read_features(file, folder.config.features)
    model = load_model(folder, registry).attach(open_backend(backend, backends_file, run=run))
    inputs = model.preprocess(torch.from_numpy(raw))
    best = logits_in_chunks(model, *inputs).softmax(1).max(1)
    rows = [
        (number, folder.config.classes[int(index)], round(float(probability), 6))
        for number, (probability, index) in enumerate(zip(*best, strict=True), start=1)
    ]
    header = ("row", "class", "probability")
    if as_json:
        print_json([dict(zip(header, row, strict=True)) for row in rows])
        return
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
