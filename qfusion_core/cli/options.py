"""Arguments and options that several verbs share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from qfusion_core.workflows.limits import LARGEST_SEED

Run = Annotated[Path, typer.Argument(metavar="RUN", help="Folder that `qfusion train` wrote.")]
Backend = Annotated[
    str | None,
    typer.Option(help="Where the circuit runs: a name in backends.yaml; its default if not given."),
]
TorchDevice = Annotated[
    str,
    typer.Option(
        "--device",
        metavar="cpu|cuda|auto",
        help="Where torch computes, and an exact circuit with it: cpu if not given.",
    ),
]
BackendsFile = Annotated[
    Path | None,
    typer.Option(
        help="Instead of QFUSION_BACKENDS, ./backends.yaml, the user's own or the packaged file."
    ),
]
Samples = Annotated[
    int | None,
    typer.Option(min=1, help="So many of the rows, drawn by --seed; all if not given."),
]
SampleSeed = Annotated[
    int, typer.Option("--seed", min=0, max=LARGEST_SEED, help="Of the draw of --samples.")
]
Yes = Annotated[bool, typer.Option("--yes", help="Agree to what the machine costs.")]
Again = Annotated[
    bool, typer.Option("--again", help="Measure again on a remote machine what has been measured.")
]
NoWait = Annotated[
    bool, typer.Option("--no-wait", help="Submit to a remote machine and leave its jobs there.")
]
Raw = Annotated[
    bool, typer.Option("--raw", help="Leave off what `qfusion calibrate` stored for the backend.")
]
Reference = Annotated[
    str | None,
    typer.Option(help="The exact backend to compare with; the file's default if not given."),
]


AllowUrl = Annotated[
    bool,
    typer.Option(
        "--allow-url", help="Ask an address that only RUN names for the data set, if it names one."
    ),
]
DryRun = Annotated[
    bool,
    typer.Option(
        "--dry-run",
        help="Send nothing: run the rows on the snapshot that the machine's adapter has of it, "
        "and show gate counts and the expected error of each token against the file's default "
        "backend, which must be exact.",
    ),
]

MaxRows = Annotated[int, typer.Option(min=1, help="Of a surrogate: a larger grid is refused.")]
Checks = Annotated[
    int | None,
    typer.Option(
        min=1,
        help="Of a surrogate: random rows beside the grid; a quarter of it, at least 16, if not "
        "given.",
    ),
]

Journal = Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a run, or of a journal.")]
Measurements = Annotated[
    list[str] | None,
    typer.Argument(metavar="MEASUREMENT", help="Ids that the list shows; all if not given."),
]
