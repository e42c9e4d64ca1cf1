"""Jobs in worker processes, each result written as it is there."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from width.rows import append

Job = tuple[str, Callable[[], dict[str, Any]]]


def run_all(jobs: Sequence[Job], file: Path, processes: int, shown: str) -> None:
    """Run jobs in processes of one thread each.

    Args:
        jobs: Title, and what gives a row of results.
        file: Of the rows.
        processes: How many.
        shown: Name of the number that is printed of each row.
    """
    from joblib import Parallel, delayed

    os.environ["OMP_NUM_THREADS"] = "1"  # before the workers load their numerical libraries
    workers = Parallel(processes, return_as="generator_unordered", batch_size=1, pre_dispatch="all")
    found = workers(delayed(_titled)(*job) for job in jobs)
    for number, (title, row) in enumerate(found, start=1):
        append(file, row)
        said = f"{shown} {row[shown]:.4f} ({row['cpu_seconds']} s)"
        print(f"[{number}/{len(jobs)}] {title}: {said}", flush=True)


def _titled(title: str, run: Callable[[], dict[str, Any]]) -> tuple[str, dict[str, Any]]:
    import torch

    torch.set_num_threads(1)
    return title, run()
