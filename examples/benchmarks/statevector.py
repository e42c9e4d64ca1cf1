"""Forward and backward pass of the quantum layer, side by side with other simulators.

Autograd and the loss sum(values * cotangent) are part of what is timed. Every simulator has a
process of its own on one core, one thread; all of them take turns in every round, so that a
disturbance hits all. Values and gradients (of data and weights) are compared with PennyLane's
default.qubit in float64 first: what does not match is not timed. Ratios are of the same round.
Times are CPU times, which others on that core do not lengthen; wall/CPU says how much they did.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from itertools import product
from pathlib import Path
from typing import Any

from peers.catalogue import CATALOGUE
from timing.arguments import names, new_file, numbers, positive
from timing.case import DEFAULT_CASES, Case
from timing.circuits import CIRCUITS
from timing.document import as_document, from_document
from timing.machine import machine
from timing.one_thread import default_core, limit_children
from timing.plot import draw
from timing.race import Limits, Measured, Race
from timing.table import as_text

from qfusion_core import QfusionError
from qfusion_core.circuits.pauli_words import READOUTS
from qfusion_core.storage.writing import write_atomically

GRID = {"qubits": range(4, 15), "batch": (1, 32, 256), "layers": range(1, 7)}


def parser() -> argparse.ArgumentParser:
    """The options of the command line."""
    made = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="Without options that choose a case: the cases that the targets are stated for.",
    )  # fmt: skip
    add = made.add_argument
    known = [one.name for one in CATALOGUE]
    add("--circuit", type=names(CIRCUITS), metavar="LIST", help=f"of {', '.join(CIRCUITS)}")
    add("--qubits", type=numbers(2, 16), metavar="LIST", help="e.g. 4-14 or 4,9,12 (default: 9)")
    add("--batch", type=numbers(1, 10**6), metavar="LIST", help="(default: 32)")
    add("--layers", type=numbers(1, 100), metavar="LIST", help="(default: 3)")
    add("--readout", type=names(READOUTS), metavar="LIST", help="(default: xyz)")
    add("--dtype", choices=["float32", "float64"], default="float32")
    add("--grid", action="store_true", help="4-14 qubits, batch 1, 32, 256, 1-6 layers, readouts "
        "xyz and z+zz-all, unless chosen otherwise; takes many hours")  # fmt: skip
    add("--rounds", type=positive, default=15, metavar="N", help="(default: %(default)s)")
    add("--peers", type=names(known), default=known, metavar="LIST", help=f"of {', '.join(known)}")
    add("--compile-limit", type=float, default=60.0, metavar="SECONDS",
        help="CPU time of a first call, compiling included (default: %(default)s)")  # fmt: skip
    add("--call-limit", type=float, default=20.0, metavar="SECONDS",
        help="CPU time of any other call (default: %(default)s)")  # fmt: skip
    add("--memory-limit", type=float, default=8.0, metavar="GB",
        help="of one simulator (default: %(default)s)")  # fmt: skip
    add("--core", type=int, default=default_core(), metavar="N",
        help="that all of them run on, one at a time (default: %(default)s)")  # fmt: skip
    add("--json", type=new_file, metavar="FILE", help="write all measurements")
    add("--plot", type=new_file, metavar="FILE", help="draw the ratios, e.g. as .png or .svg")
    add(
        "--read",
        type=Path,
        metavar="FILE",
        help="measure nothing: show and draw an earlier --json FILE",
    )
    return made


def cases(options: argparse.Namespace) -> list[Case]:
    """What the options ask for."""
    asked = {name: getattr(options, name) for name in ("qubits", "batch", "layers", "readout")}
    if not options.grid and options.circuit is None and not any(asked.values()):
        return [Case(**{**vars(case), "dtype": options.dtype}) for case in DEFAULT_CASES]
    if options.grid:
        asked = {"readout": ("xyz", "z+zz-all"), **GRID} | {k: v for k, v in asked.items() if v}
    chosen = {name: values or [getattr(Case, name)] for name, values in asked.items()}
    return [
        Case(circuit, qubits, layers, readout, batch, options.dtype)
        for circuit, readout, layers, batch, qubits in product(
            options.circuit or ["ring"],
            *(chosen[name] for name in ("readout", "layers", "batch", "qubits")),
        )
    ]


def measure(options: argparse.Namespace) -> list[Measured]:
    """Run all cases; print each, and write it if that is asked for."""
    limit_children()
    limits = Limits(
        first=options.compile_limit, call=options.call_limit, memory_gb=options.memory_limit
    )
    document: dict[str, Any] = {"machine": machine(options.core), "cases": []}
    found = []
    race = Race(options.peers, limits, options.core)
    try:
        for case in cases(options):
            measured = race.run(case, options.rounds)
            found.append(measured)
            print(as_text(measured), flush=True)
            document["cases"].append(as_document(measured))
            if options.json:
                write_atomically(options.json, json.dumps(document, indent=1) + "\n")
    finally:
        race.end()
    return found


def read(file: Path) -> list[Measured]:
    """An earlier run, printed again."""
    found = [from_document(case) for case in json.loads(file.read_text())["cases"]]
    for measured in found:
        print(as_text(measured))
    return found


def main(words: Iterable[str] | None = None) -> int:
    """Measure, print, write, draw. The exit code is that of `qfusion`."""
    options = parser().parse_args(None if words is None else list(words))
    try:
        found = read(options.read) if options.read else measure(options)
        if options.plot:
            draw(found, options.plot)
        return 0
    except QfusionError as error:
        print(f"error: {error}", file=sys.stderr)
        return int(error.exit_code)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
