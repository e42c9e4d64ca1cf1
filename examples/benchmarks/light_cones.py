"""Wide circuits on light cones: forward, loss and backward, z and zz of neighbours as words.

Values and gradients are compared with the whole state vector first. Times are CPU times on one
core and one thread, the median over the rounds, quartiles in brackets; ratios are of the same
round. Two threads are timed by the clock, which says little where others use the cores, and by the
CPU time of the slower one.

    python examples/benchmarks/light_cones.py --plot examples/benchmarks/results/light_cones.svg \\
      --json examples/benchmarks/results/light_cones.json

With `--against OTHER/bin/python` the ring of nine qubits and the first call ever, which compiles
the kernels, are timed in that Python's qfusion, too.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from typing import Any

import numpy as np
import torch
from cones.child import Child
from cones.circuits import circuit, words
from cones.plot import draw
from timing.arguments import new_file, positive
from timing.machine import machine
from timing.one_thread import default_core, limit_children, pin
from timing.summary import Summary, ratios, summarise

from qfusion_core import light_cones, write_atomically
from qfusion_statevector.autograd import Expectations
from qfusion_statevector.cut import in_cones, whole
from qfusion_statevector.numba_executor.executor import NumbaExecutor

QUBITS = (16, 24, 32, 48, 64, 80, 100, 128, 156)
ALLOWED = 1e-10
TURN = 0.05  # seconds


def main() -> None:
    """Check, measure, print, and write where told to."""
    assert __doc__
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--rounds", type=positive, default=15, metavar="N", help="(default: %(default)s)")
    add("--against", metavar="PYTHON", help="of another environment")
    add("--json", type=new_file, metavar="FILE", help="write all measurements")
    add("--plot", type=new_file, metavar="FILE", help="draw time over qubits")
    options = parser.parse_args()
    cores = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else None
    core = default_core()
    pin(core)
    limit_children()
    document: dict[str, Any] = {"machine": machine(core), "errors": check()}
    curves = {name: growth(name, options.rounds) for name in ("brick", "brick-cz")}
    document |= {
        "growth": {name: {"points": points, **fit(points)} for name, points in curves.items()},
        "whole": against_the_whole(options.rounds),
        "first_call": first_calls(options.against),
    }
    for name, found in document["growth"].items():
        print(f"{name}: {found['ms_per_qubit']:.3g} ms a qubit, R2 {found['r_squared']:.4f}")
    if options.against:
        document["ring"] = ring(options.rounds, options.against)
    if cores and len(cores) > 1:
        os.sched_setaffinity(0, cores)
        document["threads"] = threads(options.rounds)
    if options.plot:
        draw(curves, options.plot)
    if options.json:
        write_atomically(options.json, json.dumps(document, indent=1) + "\n")


def check() -> dict[str, float]:
    """Largest errors of values and gradients in float64 against the whole state vector."""
    found = {}
    for entangler, qubits in (("brick", 12), ("brick-cz", 12), ("brick", 14)):
        made, measured = circuit(entangler, qubits, 3), words(qubits)
        results = []
        for parts in (in_cones(made, measured), whole(made, measured)):
            generator = torch.Generator().manual_seed(0)
            inputs = [
                torch.randn(*size, generator=generator, dtype=torch.float64).requires_grad_()
                for size in ((9, qubits), (made.n_weights,))
            ]
            values = Expectations.apply(*inputs, NumbaExecutor(parts, torch.float64))  # type: ignore[no-untyped-call]
            gradients = torch.autograd.grad(values.square().sum(), inputs)
            results.append((values.detach(), *gradients))
        error = max(float((a - b).abs().max()) for a, b in zip(*results, strict=True))
        found[f"{entangler}, {qubits} qubits"] = error
        print(f"{entangler}, {qubits} qubits: equal to the whole state vector to {error:.1e}")
        if error > ALLOWED:
            raise SystemExit(f"more than {ALLOWED}: not timed")
    return found


def growth(entangler: str, rounds: int) -> list[dict[str, Any]]:
    """Over the number of qubits: three layers, batch 32."""
    child, seconds = Child(), {qubits: list[float]() for qubits in QUBITS}
    for turn in range(rounds + 1):
        for qubits, found in seconds.items():
            once = child.ask(
                entangler=entangler, qubits=qubits, layers=3, batch=32, turn=TURN, threads=1
            )
            if turn:  # the first warms up
                found.append(once["cpu"])
    child.end()
    points = []
    for qubits, found in seconds.items():
        cones = light_cones(circuit(entangler, qubits, 3), words(qubits))
        widest = max(len(cone.wires) for cone in cones)
        ms = in_ms(found)
        points.append({"qubits": qubits, "cones": len(cones), "widest": widest, "ms": ms})
        print(
            f"{entangler:9} {qubits:4} qubits, {len(cones):3} cones, widest {widest}: "
            f"{ms.show()} ms",
            flush=True,
        )
    return points


def fit(points: list[dict[str, Any]]) -> dict[str, float]:
    """A straight line through the medians."""
    x, y = np.array([(point["qubits"], point["ms"][0]) for point in points]).T
    line = np.polyfit(x, y, 1)
    rest = ((y - np.polyval(line, x)) ** 2).sum() / ((y - y.mean()) ** 2).sum()
    return {"ms_per_qubit": float(line[0]), "r_squared": float(1 - rest)}


def against_the_whole(rounds: int) -> dict[str, Any]:
    """Sixteen qubits in cones and as one state vector, in turn."""
    child, found = Child(), {False: list[float](), True: list[float]()}
    for turn in range(min(rounds, 7) + 1):
        for one_piece, seconds in found.items():
            once = child.ask(
                entangler="brick", qubits=16, layers=3, batch=32, whole=one_piece, turn=TURN,
                threads=1,
            )  # fmt: skip
            if turn:
                seconds.append(once["cpu"])
    child.end()
    times = summarise(ratios(found[True], found[False]))
    cones, piece = in_ms(found[False]), in_ms(found[True])
    print(
        f"brick, 16 qubits: {cones.show()} ms, whole {piece.show()} ms: {times.show()} times",
        flush=True,
    )
    return {"cones_ms": cones, "whole_ms": piece, "times": times}


def first_calls(other: str | None) -> dict[str, Any]:
    """CPU seconds of the first forward and backward pass where no kernel is compiled yet."""
    seconds: dict[str, list[float]] = {}
    for _ in range(3):
        for name, python in {"here": [], "against": [other]}.items():
            if None in python:
                continue
            with tempfile.TemporaryDirectory() as folder:
                child = Child(*[p for p in python if p], NUMBA_CACHE_DIR=folder)
                once = child.ask(
                    entangler="ring", qubits=9, layers=3, batch=32, turn=0.0, threads=1
                )
                child.end()
            seconds.setdefault(name, []).append(once["first"])
    summaries = {name: summarise(found) for name, found in seconds.items()}
    for name, found in summaries.items():
        print(f"first call, kernels compiled, {name}: {found.show()} CPU s", flush=True)
    return dict(summaries)


def ring(rounds: int, other: str) -> dict[str, Any]:
    """The ring of nine qubits, which is one piece, here and in another Python, in turn."""
    children = {"here": Child(), "against": Child(other)}
    found: dict[str, Any] = {}
    for batch in (1, 32, 256):
        seconds: dict[str, list[float]] = {name: [] for name in children}
        for turn in range(rounds + 1):
            for name, child in children.items():
                once = child.ask(
                    entangler="ring", qubits=9, layers=3, batch=batch, turn=TURN, threads=1
                )
                if turn:
                    seconds[name].append(once["cpu"])
        ratio = summarise(ratios(seconds["here"], seconds["against"]))
        here, there = in_ms(seconds["here"]), in_ms(seconds["against"])
        print(
            f"ring, 9 qubits, batch {batch}: {here.show()} ms, against {there.show()} ms: "
            f"ratio {ratio.show()}",
            flush=True,
        )
        found[f"batch {batch}"] = {"ms": here, "against_ms": there, "ratio": ratio}
    for child in children.values():
        child.end()
    return found


def threads(rounds: int) -> dict[str, Any]:
    """A hundred qubits, batch 256, with one thread and with two.

    By the clock, and by CPU time: what one thread takes over what the slower of two takes together
    with all that is not shared out, which is what two idle cores would gain.
    """
    # torch's own threads would spin, on a core that may be another's
    child, load = Child(OMP_WAIT_POLICY="passive"), os.getloadavg()[0]
    turns: dict[int, list[dict[str, float]]] = {1: [], 2: []}
    for turn in range(rounds + 1):
        for count, found in turns.items():
            once = child.ask(
                entangler="brick-cz", qubits=100, layers=3, batch=256, turn=TURN, threads=count
            )
            if turn:
                found.append(once)
    child.end()
    document: dict[str, Any] = {"load": load}
    for clock in ("wall", "critical"):
        one, two = ([each[clock] for each in turns[count]] for count in (1, 2))
        gain = summarise(ratios(one, two))
        print(
            f"brick-cz, 100 qubits, batch 256, {clock}: {in_ms(one).show()} ms, two threads "
            f"{in_ms(two).show()} ms: {gain.show()} times (load {load:.1f})"
        )
        document[clock] = {"one_ms": in_ms(one), "two_ms": in_ms(two), "times": gain}
    return document


def in_ms(seconds: list[float]) -> Summary:
    """Median and quartiles."""
    return summarise([1e3 * each for each in seconds])


if __name__ == "__main__":
    main()
