"""How remote jobs are shown while they are waited for; on standard error."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from qfusion_core.cli.output import is_terminal, say
from qfusion_core.printable import printable

if TYPE_CHECKING:
    from qfusion_core.remote.adapter.progress import Progress as JobProgress


@contextmanager
def show_jobs() -> Iterator[Callable[[JobProgress], None]]:
    """A callback for each look at remote jobs: a live line, or a line for each change."""
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

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
