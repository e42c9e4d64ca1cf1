"""One thread for every numerical library, so that simulators are compared core for core."""

from __future__ import annotations

import os

# read by the libraries when they are imported: set before that
_LIMITS = {
    **dict.fromkeys(
        ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), "1"
    ),
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
    "JAX_PLATFORMS": "cpu",
}


def limit_children() -> None:
    """Processes that are started from now on use one thread for each library."""
    os.environ |= _LIMITS


def pin(core: int | None) -> None:
    """Keep this process on one core, where the system can: jax sizes its pools by that."""
    if core is not None and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {core})


def default_core() -> int | None:
    """The last core that this process may use; None where the system does not say."""
    return max(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None
