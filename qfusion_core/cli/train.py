"""``qfusion train``: a data set in, a run folder out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from qfusion_core.cli.job_prompts import paying
from qfusion_core.cli.options import AllowUrl, Backend, BackendsFile, Yes
from qfusion_core.cli.output import AsJson, show
from qfusion_core.workflows.limits import LARGEST_SEED


def train(
    data: Annotated[
        str | None,
        typer.Argument(
            metavar="DATASET",
            help="wine, covertype:train=20000,test=5000, file:TABLE.csv, ... (`qfusion plugins`)",
        ),
    ] = None,
    preset: Annotated[
        str | None,
        typer.Option(help="strong (if not given), hardware, paper, or a YAML file of that shape."),
    ] = None,
    classical: Annotated[str | None, typer.Option(help="Another classical encoder.")] = None,
    quantum: Annotated[
        str | None,
        typer.Option(help="Another quantum encoder; the controls are `sham` and `none`."),
    ] = None,
    fusion: Annotated[str | None, typer.Option(help="Another fusion.")] = None,
    backend: Backend = None,
    device: Annotated[
        str | None,
        typer.Option(
            metavar="cpu|cuda|auto",
            help="Where torch computes, and an exact circuit with it: cpu if not given, and with "
            "--resume where it was last.",
        ),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(min=0, max=LARGEST_SEED, help="Of the split, the weights and the batches."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="A new folder; runs/DATASET-... if not given.")
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="e.g. training.epochs=20; repeatable."),
    ] = None,
    resume: Annotated[
        Path | None,
        typer.Option(
            metavar="RUN",
            help="Continue a training that was cut off, in its folder: runs/DATASET-... if --out "
            "named no other.",
        ),
    ] = None,
    allow_url: AllowUrl = False,
    yes: Yes = False,
    backends_file: BackendsFile = None,
    as_json: AsJson = False,
) -> None:
    """Train a model on DATASET, test it once, and keep it in a run folder."""
    from qfusion_core.cli.training_progress import show_training
    from qfusion_core.errors import InputError
    from qfusion_core.workflows.resume_training import resume_training
    from qfusion_core.workflows.train import train as start_training

    parts = {"classical": classical, "quantum": quantum, "fusion": fusion}
    given = (data, preset, out, seed, settings or None, *parts.values())
    if resume is not None and any(value is not None for value in given):
        raise InputError(
            "--resume RUN takes data set, model and settings from RUN: beside it give only "
            "--backend, --device, --backends-file, --allow-url or --json"
        )
    if resume is None and data is None:
        raise InputError("no data set given; e.g. qfusion train wine (`qfusion plugins` lists all)")
    with show_training() as progress:
        where: dict[str, Any] = {
            "backend": backend,
            "backends_file": backends_file,
            "jobs": paying(yes=yes),
            "on_start": progress.resumable,
            "on_epoch": progress.epoch,
        }
        if resume is not None:
            made = resume_training(resume, **where, torch_device=device, allow_url=allow_url)
        else:
            where |= parts | {"preset": preset or "strong", "settings": settings or ()}
            where["torch_device"] = "cpu" if device is None else device
            made = start_training(data or "", out, seed=seed, **where)
    show(made, as_json=as_json)
