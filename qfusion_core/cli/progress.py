"""How a training is shown: a bar on a terminal, plain lines elsewhere; always on standard error."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

from qfusion_core.cli.output import is_terminal, say
from qfusion_core.errors import Interrupted
from qfusion_core.printable import printable

if TYPE_CHECKING:
    from qfusion_core.config.spec import Training
    from qfusion_core.remote.measurement import Progress as JobProgress
    from qfusion_core.training.fit import TrainingState


@contextmanager
def show_epochs(options: Training) -> Iterator[Callable[[TrainingState], None]]:
    """A callback for the end of each epoch."""
    if not is_terminal(sys.stderr):
        yield lambda state: say(
            f"epoch {len(state.history)}/{options.epochs}: {_line(state)}", err=True
        )
        return
    columns = (
        TextColumn("epoch"),
        MofNCompleteColumn(),
        BarColumn(),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task("", total=options.epochs)
        yield lambda state: progress.update(
            task, completed=len(state.history), description=_line(state)
        )


@contextmanager
def show_jobs() -> Iterator[Callable[[JobProgress], None]]:
    """A callback for each look at remote jobs: a live line, or a line for each change."""
    # names are others': they are text, not markup
    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    live = Progress(*columns, console=Console(stderr=True), transient=True)
    on_terminal = is_terminal(sys.stderr)
    task = live.add_task("")
    shown = ""

    def on_progress(progress: JobProgress) -> None:
        nonlocal shown
        states = ", ".join(f"{count} {state}" for state, count in progress.states.items())
        place = "" if progress.position is None else f" (position {progress.position})"
        line = printable(f"{progress.backend}: {states}{place}")
        if not on_terminal:
            if line != shown:
                say(f"{line}, {progress.seconds:.0f} s", err=True)
        elif set(progress.states) == {"done"}:
            live.stop()  # what is asked next needs the terminal
        else:
            live.update(task, description=line)
            live.start()
        shown = line

    try:
        yield on_progress
    finally:
        if on_terminal:  # elsewhere it would print an empty line
            live.stop()


@contextmanager
def resumable(run: Path) -> Iterator[None]:
    """Says how to go on with a training that the user interrupts."""
    try:
        yield
    except (KeyboardInterrupt, Interrupted):  # the latter of a remote device
        if not (run / "config.yaml").is_file():
            raise
        raise Interrupted(
            f"interrupted; continue with `qfusion train --resume {shlex.quote(str(run))}`"
        ) from None


def _line(state: TrainingState) -> str:
    last, best = state.history[-1], state.best_epoch
    assert best is not None
    return (
        f"loss {last.train_loss:.4f}, validation macro F1 {last.validation_macro_f1:.4f}, "
        # macro F1 less 0.2 cross-entropy: what decides which epoch is kept
        f"score {last.score:.4f} (best {best.score:.4f} in epoch {best.epoch})"
    )
