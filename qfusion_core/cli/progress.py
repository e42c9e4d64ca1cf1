"""How a training is shown: a bar on a terminal, plain lines elsewhere; always on standard error."""

from __future__ import annotations

import shlex
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

from qfusion_core.errors import Interrupted

if TYPE_CHECKING:
    from qfusion_core.config.spec import Training
    from qfusion_core.remote.measurement import Progress as JobProgress
    from qfusion_core.training import TrainingState


@contextmanager
def show_epochs(options: Training) -> Iterator[Callable[[TrainingState], None]]:
    """A callback for the end of each epoch."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda state: console.print(
            f"epoch {len(state.history)}/{options.epochs}: {_line(state)}", soft_wrap=True
        )
        return
    columns = (
        TextColumn("epoch"),
        MofNCompleteColumn(),
        BarColumn(),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("", total=options.epochs)
        yield lambda state: progress.update(
            task, completed=len(state.history), description=_line(state)
        )


@contextmanager
def show_jobs() -> Iterator[Callable[[JobProgress], None]]:
    """A callback for each look at remote jobs: a live line, or a line for each change."""
    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    live = Progress(*columns, console=console, transient=True)
    task = live.add_task("")
    shown = ""

    def on_progress(progress: JobProgress) -> None:
        nonlocal shown
        states = ", ".join(f"{count} {state}" for state, count in progress.states.items())
        place = "" if progress.position is None else f" (position {progress.position})"
        line = f"{progress.backend}: {states}{place}"
        if not console.is_terminal:
            if line != shown:
                console.print(f"{line}, {progress.seconds:.0f} s", soft_wrap=True)
        elif set(progress.states) == {"done"}:
            live.stop()  # what is asked next needs the terminal
        else:
            live.update(task, description=line)
            live.start()
        shown = line

    try:
        yield on_progress
    finally:
        if console.is_terminal:  # elsewhere it would print an empty line
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
