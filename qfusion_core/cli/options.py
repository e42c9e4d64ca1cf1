"""Arguments and options that several verbs share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from qfusion_core.data.split import Part
    from qfusion_core.plugin.registry import Registry
    from qfusion_core.runs.folder import RunFolder

Run = Annotated[Path, typer.Argument(metavar="RUN", help="Folder that `qfusion train` wrote.")]
Backend = Annotated[
    str | None,
    typer.Option(help="Where the circuit runs: a name in backends.yaml; its default if not given."),
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
    int, typer.Option("--seed", min=0, max=2**32 - 1, help="Of the draw of --samples.")
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


def describe_rows(samples: int | None, seed: int) -> str:
    """The rows of `test_rows` in words."""
    return "test part" if samples is None else f"test part, {samples} rows, seed {seed}"


def test_rows(
    folder: RunFolder,
    registry: Registry,
    samples: int | None,
    seed: int,
    *,
    allow_url: bool = False,
) -> Part:
    """The rows of the run's test part that a verb looks at."""
    from qfusion_core.evaluation.sampling import choose_rows

    return choose_rows(folder.load_split(registry, allow_url=allow_url).test, samples, seed)
