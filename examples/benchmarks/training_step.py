"""A whole training step: forward, loss, backward, clipping, optimizer, in qfusion's own loop.

The same model with its quantum layer on our device, on PennyLane's default.qubit, with sham tokens
and without a quantum branch; all take turns in every round, and ratios are those of the same round.
Times are CPU times, which others on the core do not lengthen; with --threads they are a clock's.
The quantum layer is what the device does, forward and backward, without encoding and z-score. With
--epoch, a whole epoch of a data set is timed instead.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from functools import partial
from typing import Any

import torch
from peers.catalogue import CATALOGUE
from peers.statevector import open_statevector
from steps.arm import Arm
from steps.epoch import time_epoch
from steps.report import as_document, as_text
from timing.arguments import names, new_file, positive
from timing.machine import machine
from timing.one_thread import default_core, pin
from timing.race import load

from qfusion_core import Device, QfusionError, Registry, open_backend
from qfusion_core.config.presets import compose
from qfusion_core.runs.folder import load_split
from qfusion_core.storage.writing import write_atomically

DEFAULT = "default-qubit"  # a backend of the packaged backends.yaml
CONTROLS = ("sham", "none")
OURS = {one.name: one for one in CATALOGUE if one.ours}
ARMS = (*OURS, DEFAULT, *CONTROLS)


def parser() -> argparse.ArgumentParser:
    """The options of the command line."""
    made = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = made.add_argument
    add("--preset", default="strong", help="(default: %(default)s)")
    add("--data", default="wine", metavar="DATASET", help="as for `qfusion train`, e.g. "
        "steel-plates-faults (default: %(default)s)")  # fmt: skip
    add("--batch", type=positive, default=32, metavar="N", help="(default: %(default)s)")
    add("--arms", type=names(ARMS), metavar="LIST",
        help=f"of {', '.join(ARMS)} (default: all; with --epoch the first)")  # fmt: skip
    add("--set", action="append", default=[], dest="settings", metavar="KEY=VALUE",
        help="as for `qfusion train`; repeatable")  # fmt: skip
    add("--rounds", type=positive, default=15, metavar="N", help="(default: %(default)s)")
    add("--epoch", metavar="DATASET", help="time an epoch of it, e.g. fashion-mnist, in the "
        "preset's own batches")  # fmt: skip
    add("--classical", type=lambda text: text.split(","), metavar="LIST",
        help="classical encoders instead of the preset's, in turn, e.g. mlp,conv")  # fmt: skip
    add("--threads", type=positive, default=1, metavar="N",
        help="of torch, and with it of our device (default: %(default)s)")  # fmt: skip
    add("--json", type=new_file, metavar="FILE", help="write all measurements")
    return made


def main(words: Iterable[str] | None = None) -> int:
    """Measure, print, write. The exit code is that of `qfusion`."""
    options = parser().parse_args(None if words is None else list(words))
    core = default_core() if options.threads == 1 else None
    pin(core)
    torch.set_num_threads(options.threads)
    try:
        measure = epochs if options.epoch else steps
        document = {"machine": machine(core), **measure(options)}
        if options.json:
            write_atomically(options.json, json.dumps(document, indent=1) + "\n")
        return 0
    except QfusionError as error:
        print(f"error: {error}", file=sys.stderr)
        return int(error.exit_code)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130


def open_device(arm: str) -> Device:
    """What runs the circuit of an arm; a control has none, whatever is attached."""
    if arm == DEFAULT:
        return open_backend(DEFAULT)
    return open_statevector(re.findall(r"\((\w+)\)", arm)[0] if arm in OURS else None)


def chosen(options: argparse.Namespace, default: Sequence[str]) -> list[str]:
    """The arms asked for, without executors that are not installed; those are named."""
    absent = {name: reason for name, one in OURS.items() if (reason := one.missing())}
    asked = options.arms or default
    for name in asked:
        if name in absent:
            print(f"{name}: {absent[name]}")
    return [name for name in asked if name not in absent]


def steps(options: argparse.Namespace) -> dict[str, Any]:
    """Single steps, arm by arm in every round."""
    registry = Registry()
    settings = [f"training.batch_size={options.batch}", *options.settings]
    found = []
    for classical in options.classical or [None]:
        make = partial(
            compose, options.preset, options.data,
            classical=classical, settings=settings, registry=registry,
        )  # fmt: skip
        split = load_split(make().data, make().training.seed, registry)
        arms = [
            Arm(
                name,
                make(quantum=name) if name in CONTROLS else make(),
                split,
                open_device(name),
                registry,
                time.process_time if options.threads == 1 else time.perf_counter,
            )
            for name in chosen(options, ARMS)
        ]
        turns: dict[str, list[Any]] = {arm.name: [] for arm in arms}
        before = load()
        for number in range(options.rounds + 1):
            for arm in arms:
                turn = arm.turn()
                if number:  # the first warms up
                    turns[arm.name].append(turn)
        qubits = next((arm.qubits for arm in arms if arm.qubits), None)
        title = f"{options.preset}, {options.data}, {make().classical.type}, batch {options.batch}"
        title += f", {qubits} qubits, {options.threads} thread(s)"
        print(as_text(title, turns, options.batch), flush=True)
        found.append(as_document(title, turns) | {"load": (before, load())})
    return {"steps": found}


def epochs(options: argparse.Namespace) -> dict[str, Any]:
    """Whole epochs, one after the other."""
    registry, found = Registry(), []
    for classical in options.classical or [None]:
        for arm in chosen(options, ARMS[:1]):
            spec = compose(
                options.preset, options.epoch, classical=classical,
                quantum=arm if arm in CONTROLS else None,
                settings=options.settings, registry=registry,
            )  # fmt: skip
            before = load()
            one = time_epoch(spec, open_device(arm), registry)
            title = f"{options.preset}, {options.epoch}, {spec.classical.type}, {arm}"
            print(
                f"{title}, {options.threads} thread(s): {one.train_rows} training rows in batches "
                f"of {one.batch_size} and {one.validation_rows} for validation in "
                f"{one.total:.1f} s, {one.images_per_second:.0f} training rows/s end to end; "
                f"{one.n_steps} steps, {1e3 * one.steps / max(1, one.n_steps - 1):.2f} ms each, "
                f"quantum layer {one.share:.0%} of them; before it: reading the data "
                f"{one.load:.1f} s, fitting the transforms {one.fit_transforms:.1f} s",
                flush=True,
            )
            extra = {"images_per_second": one.images_per_second, "share": one.share}
            found.append(
                {"title": title, "threads": options.threads, **asdict(one), **extra}
                | {"load": (before, load())}
            )
    return {"epochs": found}


if __name__ == "__main__":
    sys.exit(main())
