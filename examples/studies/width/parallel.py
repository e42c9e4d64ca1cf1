"""Jobs in worker processes, each result written as it is there."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any

from width.rows import append

Job = tuple[str, Callable[[], dict[str, Any]]]


def run_all(jobs: Sequence[Job], file: Path, processes: int, shown: str) -> None:
    """Run jobs in processes of one thread each; one process is this one.

    Args:
        jobs: Title, and what gives a row of results.
        file: Of the rows.
        processes: How many.
        shown: Name of the number that is printed of each row.
    """
    for number, (title, row) in enumerate(_results(jobs, processes), start=1):
        append(file, row)
        said = f"{shown} {row[shown]:.4f} ({row['cpu_seconds']} s)"
        print(f"[{number}/{len(jobs)}] {title}: {said}", flush=True)


def _results(jobs: Sequence[Job], processes: int) -> Iterator[tuple[str, dict[str, Any]]]:
    if processes == 1 or not jobs:
        for title, run in jobs:
            yield _titled(title, run)
        return
    os.environ["OMP_NUM_THREADS"] = "1"  # before the workers load their numerical libraries
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, spawn) as pool:
        try:
            for future in as_completed([pool.submit(_titled, *job) for job in jobs]):
                yield future.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _titled(title: str, run: Callable[[], dict[str, Any]]) -> tuple[str, dict[str, Any]]:
    import torch

    torch.set_num_threads(1)
    return title, run()
