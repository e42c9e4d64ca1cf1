"""How far the device is from the limits: arithmetic against sgemm, fixed cost, first call, memory.

One core, one thread. Everything is measured in this run: sgemm takes turns with the device. Rates
and fixed costs are of CPU time, which others on that core do not lengthen.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import asdict, replace
from functools import partial
from typing import Any

import torch
from limits.arithmetic import fastest_size, measure
from limits.fixed_cost import fixed_cost
from limits.fresh import in_fresh_process
from peers.catalogue import CATALOGUE, DEFAULT_QUBIT, Entry
from timing.arguments import names, new_file, positive
from timing.case import Case
from timing.machine import machine
from timing.one_thread import default_core, limit_children, pin
from timing.summary import summarise

from qfusion_core.storage.writing import write_atomically

PARTS = ("arithmetic", "fixed", "first-call", "memory")
ARITHMETIC = (
    Case(), Case(batch=256), Case(readout="z+zz-all", batch=256), Case(qubits=12),
    Case("strong", batch=256),
)  # fmt: skip
MEMORY = Case(qubits=12, batch=256)
LAYERS = (1, 3, 6)


def parser() -> argparse.ArgumentParser:
    """The options of the command line."""
    made = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    ours = [one.name for one in CATALOGUE if one.ours]
    add = made.add_argument
    add("--only", type=names(PARTS), default=PARTS, metavar="LIST", help=f"of {', '.join(PARTS)}")
    add("--peers", type=names(ours), default=ours, metavar="LIST", help=f"of {', '.join(ours)}")
    add("--rounds", type=positive, default=15, metavar="N", help="(default: %(default)s)")
    add("--with-default-qubit", action="store_true",
        help="its memory too: 7 GB are needed")  # fmt: skip
    add("--core", type=int, default=default_core(), metavar="N", help="(default: %(default)s)")
    add("--json", type=new_file, metavar="FILE", help="write all measurements")
    return made


def main(words: Iterable[str] | None = None) -> int:
    """Measure, print, write."""
    options = parser().parse_args(None if words is None else list(words))
    limit_children()
    pin(options.core)
    torch.set_num_threads(1)
    document: dict[str, Any] = {"machine": machine(options.core)}
    for one in CATALOGUE:
        if one.name in options.peers:
            reason = one.missing()
            print(one.name if reason is None else f"{one.name}: {reason}")
            document[one.name] = {"problem": reason} if reason else measured(one, options)
    if options.with_default_qubit and "memory" in options.only:
        print(DEFAULT_QUBIT)
        document[DEFAULT_QUBIT] = {"memory": peak_memory(DEFAULT_QUBIT)}
    if options.json:
        write_atomically(options.json, json.dumps(document, indent=1) + "\n")
    return 0


def measured(peer: Entry, options: argparse.Namespace) -> dict[str, Any]:
    """All parts that are asked for, of one executor."""
    found: dict[str, Any] = {}
    if "fixed" in options.only:
        extra, alone = fixed_cost(peer.load(), options.rounds)
        found["fixed"] = {"seconds": extra._asdict(), "autograd": alone._asdict()}
        reached = extra.median < 0.15e-3 if "numba" in peer.name else None
        say("fixed cost of a call", f"{1e3 * extra.median:.3f} ms", reached,
            f"under 0.15 ms with numba; autograd, loss: {1e3 * alone.median:.3f} ms")  # fmt: skip
    if "arithmetic" in options.only:
        found["arithmetic"] = arithmetic(peer, options.rounds)
    if "first-call" in options.only:
        found["first-call"] = first_call(peer.name)
    if "memory" in options.only:
        found["memory"] = peak_memory(peer.name)
    return found


def say(what: str, value: str, reached: bool | None, target: str) -> None:
    """A line with a verdict."""
    word = {True: "reached", False: "missed", None: "no verdict"}[reached]
    print(f"  {what}: {value} ({word}: {target})", flush=True)


def arithmetic(peer: Entry, rounds: int) -> list[dict[str, Any]]:
    """GF/s of several cases, and their share of sgemm's."""
    size, found = fastest_size(), []
    for case in ARITHMETIC:
        simulator = peer.load()(case.traced, case.observables, case.dtype)
        inputs = [simulator.place(array) for array in case.inputs()]
        one, rates = measure(
            case, peer.name, partial(simulator.step, *inputs), size=size, rounds=rounds
        )
        sgemm = summarise(rates)
        found.append(asdict(one) | {"sgemm_gflops": sgemm._asdict(), "sgemm_size": size})
        value = f"{1e3 * one.seconds.median:.3g} ms, sgemm {sgemm.median:.1f} GF/s"
        if not (one.flops and one.kernel_seconds and one.share and one.kernel_share):
            say(case.title, value, None, "its arithmetic is not counted")
        else:
            rate = 1e-9 * one.flops / one.kernel_seconds.median
            value += f", kernels {rate:.1f} GF/s: {one.kernel_share.median:.0%} of it"
            value += f" ({one.share.median:.0%} over the whole call)"
            say(case.title, value, one.kernel_share.median >= 0.4, "at least 40%")
    return found


def first_call(peer: str) -> dict[str, Any]:
    """In fresh processes: with nothing compiled yet, and with what the first one left."""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for state, limit in (("cold", 20), ("warm", 1)):
            one = found[state] = in_fresh_process(peer, Case(), NUMBA_CACHE_DIR=folder)
            say(f"first call, {state} cache", f"{one['first']:.2f} s", one["first"] < limit,
                f"under {limit} s; {one['first_cpu']:.2f} s of CPU time; imports before it: "
                f"{one['import']:.1f} s, the next call: {1e3 * one['second']:.2f} ms")  # fmt: skip
    return found


def peak_memory(peer: str) -> dict[str, Any]:
    """At twelve qubits and a batch of 256, over the number of layers, in bytes."""
    found = {}
    for layers in LAYERS:
        one = in_fresh_process(peer, replace(MEMORY, layers=layers))
        found[str(layers)] = {name: one[name] for name in ("idle", "peak")}
        say(f"peak memory, {layers} layer(s)", f"{one['peak'] / 1e6:.0f} MB", one["peak"] < 600e6,
            f"under 600 MB; {one['idle'] / 1e6:.0f} MB after the imports")  # fmt: skip
    above = [one["peak"] - one["idle"] for one in found.values()]
    growth = (above[-1] - above[0]) / found["1"]["peak"]
    say("peak memory over the layers", f"{growth:+.1%}", growth < 0.05, "flat: under 5%")
    return found


if __name__ == "__main__":
    sys.exit(main())
