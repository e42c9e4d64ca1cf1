"""``qfusion train``: a data set in, a run folder out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qfusion_core.cli.options import AllowUrl, Backend, BackendsFile, Yes
from qfusion_core.cli.output import AsJson, print_json, print_table, say
from qfusion_core.cli.remote import paying

if TYPE_CHECKING:
    from qfusion_core.runs.folder import RunFolder


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
    seed: Annotated[
        int | None,
        typer.Option(min=0, max=2**32 - 1, help="Of the split, the weights and the batches."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="A new folder; runs/DATASET-... if not given.")
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="e.g. training.epochs=20; repeatable."),
    ] = None,
    resume: Annotated[
        Path | None, typer.Option(metavar="RUN", help="Continue a training that was cut off.")
    ] = None,
    allow_url: AllowUrl = False,
    yes: Yes = False,
    backends_file: BackendsFile = None,
    as_json: AsJson = False,
) -> None:
    """Train a model on DATASET, test it once, and keep it in a run folder."""
    from qfusion_core.backends.file import Backends
    from qfusion_core.backends.opening import open_named
    from qfusion_core.cli.progress import resumable, show_epochs
    from qfusion_core.config.presets import compose
    from qfusion_core.errors import InputError
    from qfusion_core.plugin.registry import Registry
    from qfusion_core.runs.claim import claimed
    from qfusion_core.runs.folder import RunFolder, load_split

    backends = Backends.read(backends_file)
    backends.options(backends.default if backend is None else backend, registry := Registry())
    if resume is not None:
        given = (data, preset, classical, quantum, fusion, seed, out, settings or None)
        if any(value is not None for value in given):
            raise InputError(
                "--resume RUN takes data set, model and settings from RUN: beside it give only "
                "--backend, --backends-file, --allow-url or --json"
            )
        options = RunFolder.open(resume, registry).config.spec.training

        from qfusion_core.workflows import train

        device = open_named(backends, backend, run=paying(resume, yes=yes))
        with resumable(resume), show_epochs(options) as on_epoch:
            folder = train.resume(resume, backend=device, allow_url=allow_url, on_epoch=on_epoch)
    elif data is None:
        raise InputError("no data set given; e.g. qfusion train wine (`qfusion plugins` lists all)")
    else:
        preset = preset or "strong"
        seeds = [] if seed is None else [f"training.seed={seed}"]
        spec = compose(
            preset,
            data,
            classical=classical,
            quantum=quantum,
            fusion=fusion,
            settings=[*(settings or []), *seeds],
            registry=registry,
        )
        name = f"{spec.data.type}-{Path(preset).stem}-seed{spec.training.seed}"
        with claimed(out, Path("runs") / name) as place:
            split = load_split(spec.data, spec.training.seed, registry)

            from qfusion_core.workflows import train

            device = open_named(backends, backend, registry, paying(place, yes=yes))
            with resumable(place), show_epochs(spec.training) as on_epoch:
                folder = train.train(
                    spec,
                    place,
                    backend=device,
                    registry=registry,
                    backends=backends,
                    split=split,
                    on_epoch=on_epoch,
                )
    _report(folder, as_json)


def _report(folder: RunFolder, as_json: bool) -> None:
    metrics = folder.read_metrics()
    if as_json:
        print_json({"run": str(folder.path), **metrics})
        return
    print_table(
        ("part", "macro F1", "weighted F1", "accuracy"),
        [("test", *(f"{value:.4f}" for value in metrics["test"].values()))],
    )
    say(f"run folder: {folder.path}")
