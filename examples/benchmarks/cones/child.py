"""One process that evaluates circuits and says how long it took; may be another Python's."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[1]


class Child:
    """A Python in a process of its own, asked by lines of JSON."""

    def __init__(self, python: str = sys.executable, **environment: str) -> None:
        """Start it."""
        self._process = subprocess.Popen(
            [python, "-m", "cones.child"],
            cwd=FOLDER, env=os.environ | environment, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip

    def ask(self, **case: Any) -> dict[str, float]:
        """Time a case: see `answer`."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps(case) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit(f"{case}: the process that runs it ended")
        found: dict[str, float] = json.loads(line)
        return found

    def end(self) -> None:
        """Let it go."""
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait()


def answer(
    steps: dict[str, Callable[[], object]], turn: float, threads: int, case: dict[str, Any]
) -> dict[str, float]:
    """Seconds of a forward and backward pass: the mean of as many as fit into a turn.

    Args:
        steps: What has been made ready, by case.
        turn: Seconds that it should last at least.
        threads: Of torch.
        case: Arguments of `make`.

    Returns:
        ``cpu`` and ``wall`` of a pass; ``critical``, the CPU time of this thread and of the slowest
        one of each pool that it waits for (torch's own threads, which spin, are in ``cpu``);
        ``first``, CPU seconds of the very first, with compilation.
    """
    import torch

    torch.set_num_threads(threads)
    pools = pools_timed() if threads > 1 else []
    key, first = json.dumps(case), 0.0
    if key not in steps:
        steps[key] = make(**case)
        began = time.process_time()
        steps[key]()
        first = time.process_time() - began
    step, calls = steps[key], 0
    if threads > 1:
        step()  # the first in so many threads makes their memory
    pools.clear()
    cpu, own, wall = time.process_time(), time.thread_time(), time.perf_counter()
    while not calls or time.perf_counter() - wall < turn:
        step()
        calls += 1
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    critical = time.thread_time() - own + sum(max(pool) for pool in pools)
    return {
        "cpu": cpu / calls,
        "wall": wall / calls,
        "critical": critical / calls,
        "first": first,
    }


def pools_timed() -> list[list[float]]:
    """From now on, CPU seconds of each thread of each pool of the executor."""
    from concurrent.futures import ThreadPoolExecutor

    executor: Any = import_module("qfusion_statevector.numba_executor.executor")
    pools: list[list[float]] = []

    class Timed(ThreadPoolExecutor):
        def map(self, run: Any, *arguments: Any, **options: Any) -> Any:  # type: ignore[override]
            seconds: list[float] = []
            pools.append(seconds)

            def timed(*given: Any) -> Any:
                began = time.thread_time()
                result = run(*given)
                seconds.append(time.thread_time() - began)
                return result

            return super().map(timed, *arguments, **options)

    executor.ThreadPoolExecutor = Timed
    return pools


def make(
    entangler: str, qubits: int, layers: int, batch: int, whole: bool = False
) -> Callable[[], object]:
    """Forward, loss and backward in float32, ready to be called.

    Args:
        entangler: See `cones.circuits`.
        qubits: Wires.
        layers: Of rotations and entangler.
        batch: Rows.
        whole: As one state vector, whatever it costs.
    """
    import torch

    from cones.circuits import circuit, words

    made, measured = circuit(entangler, qubits, layers), words(qubits)
    generator = torch.Generator().manual_seed(0)
    data = torch.randn(batch, qubits, generator=generator, requires_grad=True)
    weights = torch.randn(made.n_weights, generator=generator, requires_grad=True)
    cotangent = torch.randn(batch, len(measured), generator=generator)
    if whole:
        from qfusion_statevector.autograd import Expectations
        from qfusion_statevector.cut import whole as in_one_piece
        from qfusion_statevector.numba_executor.executor import NumbaExecutor

        executor = NumbaExecutor(in_one_piece(made, measured), torch.float32)

        def values() -> Any:
            return Expectations.apply(data, weights, executor)  # type: ignore[no-untyped-call]
    else:
        from qfusion_statevector.device import Statevector

        device = Statevector(Statevector.Options())

        def values() -> Any:
            return device.expectations(made, data, weights, measured)

    return lambda: torch.autograd.grad((values() * cotangent).sum(), (data, weights))


def main() -> None:
    """Answer line by line."""
    steps: dict[str, Callable[[], object]] = {}
    for line in sys.stdin:
        case = json.loads(line)
        found = answer(steps, case.pop("turn"), case.pop("threads"), case)
        print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
