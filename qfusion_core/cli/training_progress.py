"""How a training is shown: a bar on a terminal, plain lines elsewhere; always on standard error."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from qfusion_core.cli.output import is_terminal, say
from qfusion_core.config.shell_command import shell_command
from qfusion_core.errors import Interrupted

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from qfusion_core.config.spec import RunSpec, Training
    from qfusion_core.training.state import TrainingState


class ShownTraining:
    """A training as it goes: a bar on a terminal, a line for each epoch elsewhere."""

    def __init__(self) -> None:
        self.run: Path | None = None
        self._epochs = 0
        self._live: Progress | None = None
        self._task: TaskID

    def resumable(self, spec: RunSpec, run: Path) -> None:
        """It starts, in a folder where it can be continued."""
        self.run = run
        self.start(spec.training)

    def start(self, options: Training) -> None:
        """It starts."""
        self._epochs = options.epochs
        if is_terminal(sys.stderr):
            from rich.console import Console
            from rich.progress import (
                BarColumn,
                MofNCompleteColumn,
                Progress,
                TextColumn,
                TimeElapsedColumn,
            )

            columns = (
                TextColumn("epoch"),
                MofNCompleteColumn(),
                BarColumn(),
                TextColumn("{task.description}"),
                TimeElapsedColumn(),
            )
            self._live = Progress(*columns, console=Console(stderr=True))
            self._task = self._live.add_task("", total=options.epochs)
            self._live.start()

    def epoch(self, state: TrainingState) -> None:
        """An epoch has ended."""
        if self._live is None:
            say(f"epoch {len(state.history)}/{self._epochs}: {_line(state)}", err=True)
        else:
            self._live.update(self._task, completed=len(state.history), description=_line(state))

    def stop(self) -> None:
        """It has ended, as it may."""
        if self._live is not None:
            self._live.stop()


@contextmanager
def show_training() -> Iterator[ShownTraining]:
    """Shows a training, and says how to go on with one that the user interrupts."""
    shown = ShownTraining()
    try:
        yield shown
    except (KeyboardInterrupt, Interrupted):  # the latter of a remote device
        if shown.run is None or not (shown.run / "config.yaml").is_file():
            raise
        raise Interrupted(
            f"interrupted; continue with `{shell_command('train', '--resume', shown.run)}`"
        ) from None
    finally:
        shown.stop()


def _line(state: TrainingState) -> str:
    last, best = state.history[-1], state.best_epoch
    assert best is not None
    return (
        f"loss {last.train_loss:.4f}, validation macro F1 {last.validation_macro_f1:.4f}, "
        # macro F1 less 0.2 cross-entropy: what decides which epoch is kept
        f"score {last.score:.4f} (best {best.score:.4f} in epoch {best.epoch})"
    )
