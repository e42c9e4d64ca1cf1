"""Tasks in worker processes, one thread each."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

from arms import Task, run

from qfusion_core import QfusionError


def run_all(tasks: Sequence[Task], out: Path, *, jobs: int, keep: bool) -> int:
    """Run tasks in the given order, each written to its file as it ends.

    Args:
        tasks: At least one.
        out: Folder of the results.
        jobs: Number of processes.
        keep: Keep the trained run folders.

    Returns:
        How many failed; each is reported, and the others are run.

    Raises:
        QfusionError: A worker process died.
    """
    failed = 0
    os.environ["OMP_NUM_THREADS"] = "1"  # before the workers load their numerical libraries
    with (
        tempfile.TemporaryDirectory(prefix="qfusion-scores-") as scratch,
        ProcessPoolExecutor(
            min(jobs, len(tasks)), multiprocessing.get_context("spawn"), start_worker
        ) as pool,
    ):
        where = (out, Path(scratch), keep)
        try:
            running = {pool.submit(run, task, *where): task for task in tasks}
            for number, future in enumerate(as_completed(running), start=1):
                said = f"[{number}/{len(tasks)}] {running[future].cell.title}"
                try:
                    result = future.result()
                except BrokenProcessPool:
                    raise QfusionError(
                        "a worker process died, perhaps of too little memory; run the same "
                        "command again with fewer --jobs: what was finished is kept"
                    ) from None
                except Exception as error:
                    failed += 1
                    print(f"{said}: {type(error).__name__}: {error}", file=sys.stderr)
                else:
                    score = 100 * result.test["macro_f1"]
                    print(f"{said}: macro F1 {score:.1f} ({result.seconds:.0f} s)", flush=True)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for worker in multiprocessing.active_children():
                worker.terminate()
            raise
    return failed


def start_worker() -> None:
    """One thread, so that a run does not depend on --jobs; the parent alone heeds Ctrl-C."""
    import torch

    torch.set_num_threads(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
