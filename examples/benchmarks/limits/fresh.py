"""One circuit in a fresh process: how long imports and first calls take, and peak memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[1]


def in_fresh_process(peer: str, case: Any, **environment: str) -> dict[str, float]:
    """Run `report` in a new Python.

    Args:
        peer: Name in the catalogue.
        case: A `timing.case.Case`.
        environment: Variables to add.

    Returns:
        What `report` found.

    Raises:
        subprocess.CalledProcessError: It failed; its own words went to the standard error.
    """
    arguments = json.dumps({"peer": peer, "case": asdict(case)})
    done = subprocess.run(
        [sys.executable, "-m", "limits.fresh", arguments],
        cwd=FOLDER, env=os.environ | environment, stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def report(peer: str, case: dict[str, Any]) -> dict[str, float]:
    """Import, call twice, look at the memory.

    PennyLane, which traces the circuit, imports jax where that is installed; nothing here needs it,
    and its memory is not the device's, so it is kept out.

    Returns:
        ``import`` (torch, PennyLane, what the peer needs, the device opened), ``first`` and
        ``second`` call (forward and backward) in seconds of a clock, ``first_cpu`` in those of CPU
        time; ``idle`` memory after the imports and
        ``peak`` memory, in bytes; NaN where the system does not say.
    """
    sys.modules["jax"] = None  # type: ignore[assignment]  # an import of it now fails
    began = time.perf_counter()
    import importlib

    from peers.catalogue import entry
    from timing.case import Case

    chosen = entry(peer)
    for module in chosen.needs:
        importlib.import_module(module)
    adapter = chosen.load()
    asked = Case(**case)
    import_seconds = time.perf_counter() - began
    traced, inputs = asked.traced, asked.inputs()
    simulator = adapter(traced, asked.observables, asked.dtype)
    placed = [simulator.place(array) for array in inputs]
    idle = memory("VmRSS")
    seconds, cpu = [], []
    for _ in range(2):
        began, used = time.perf_counter(), time.process_time()
        simulator.step(*placed)
        seconds.append(time.perf_counter() - began)
        cpu.append(time.process_time() - used)
    return {
        "import": import_seconds,
        "first": seconds[0],
        "first_cpu": cpu[0],
        "second": seconds[1],
        "idle": idle,
        "peak": memory("VmHWM"),
    }


def memory(field: str) -> float:
    """Bytes that this process holds (VmRSS) or held at most (VmHWM).

    Not getrusage's ru_maxrss: on Linux it is handed down by the process that started this one.
    """
    status = Path("/proc/self/status")
    if not status.exists():
        return float("nan")
    fields = dict(line.split(":", 1) for line in status.read_text().splitlines() if ":" in line)
    return int(fields[field].split()[0]) * 1024.0


if __name__ == "__main__":
    print(json.dumps(report(**json.loads(sys.argv[1]))))
