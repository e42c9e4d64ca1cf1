"""An epoch of training on the CPU and on a GPU, in turns, in one run.

    python examples/benchmarks/torch_devices.py --json torch_devices.json
    python examples/benchmarks/torch_devices.py --devices cpu,cuda:1 --batch 1024

Presets `strong`, and `wide` at 32 qubits, each in its own batches and with --batch. Expectation
values of 256 rows in single precision are compared first: they differ by 1e-5 at most. Times are a
clock's, after one epoch that is not counted; reading the data is no part of them.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Iterable
from typing import Any

import torch
from timing.arguments import new_file, positive
from timing.machine import machine

from qfusion_core import CircuitEncoder, InputError, Registry, Split, open_backend
from qfusion_core.config.presets import compose
from qfusion_core.config.spec import RunSpec
from qfusion_core.model.torch_device import torch_device_name, usable_torch_device
from qfusion_core.runs.folder import load_split
from qfusion_core.storage.writing import write_atomically
from qfusion_core.training.fit import fit
from qfusion_core.training.state import start
from qfusion_core.workflows.training_run import fresh_model

MODELS: dict[str, tuple[str, list[str]]] = {
    "strong": ("strong", []),
    "wide, 32 qubits": ("wide", ["quantum.options.qubits=32"]),
}
ROWS, ALLOWED = 256, 1e-5


def parser() -> argparse.ArgumentParser:
    """The options of the command line."""
    made = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = made.add_argument
    add("--data", default="fashion-mnist:classes=0,1,2,train=6000", metavar="DATASET",
        help="as for `qfusion train` (default: %(default)s)")  # fmt: skip
    add("--devices", type=lambda text: text.split(","), default=["cpu", "cuda"], metavar="LIST",
        help="of torch, the first is compared with (default: cpu,cuda)")  # fmt: skip
    add("--batch", type=positive, default=1024, metavar="N",
        help="a second batch size (default: %(default)s)")  # fmt: skip
    add("--rounds", type=positive, default=3, metavar="N", help="(default: %(default)s)")
    add("--json", type=new_file, metavar="FILE", help="write all measurements")
    return made


def main(words: Iterable[str] | None = None) -> int:
    """Measure, print, write; 1 where values differ."""
    options = parser().parse_args(None if words is None else list(words))
    try:
        devices = [usable_torch_device(name) for name in dict.fromkeys(options.devices)]
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    document: dict[str, Any] = {"machine": machine(None), "data": options.data, "epochs": {}}
    document["devices"] = {str(device): torch_device_name(device) for device in devices}
    same = True
    for title, (preset, settings) in MODELS.items():
        spec = compose(preset, options.data, settings=settings, registry=Registry())
        split = load_split(spec.data, spec.training.seed, Registry())
        off = difference(spec, split, devices)
        same &= off <= ALLOWED
        print(f"{title}: values differ by {off:.1e}", flush=True)
        for batch in dict.fromkeys((spec.training.batch_size, options.batch)):
            found = race(spec, split, devices, batch, options.rounds)
            document["epochs"][f"{title}, batches of {batch}"] = {"off": off, "seconds": found}
            shown = ", ".join(
                f"{name} {statistics.median(each):.2f} s" for name, each in found.items()
            )
            print(f"{title}, batches of {batch}: {shown} for an epoch", flush=True)
    if options.json:
        write_atomically(options.json, json.dumps(document, indent=1) + "\n")
    return int(not same)


@torch.no_grad()
def difference(spec: RunSpec, split: Split, devices: list[torch.device]) -> float:
    """Largest difference of an expectation value from that of the first device."""
    found = []
    for device in devices:
        model = fresh_model(spec, split, open_backend("statevector"), Registry(), device).eval()
        assert isinstance(model.quantum, CircuitEncoder)
        _, x_q = model.preprocess(torch.from_numpy(split.train.x[:ROWS]))
        found.append(model.quantum.expectations(x_q).cpu())
    return max((float((values - found[0]).abs().max()) for values in found[1:]), default=0.0)


def race(
    spec: RunSpec, split: Split, devices: list[torch.device], batch: int, rounds: int
) -> dict[str, list[float]]:
    """Seconds of each epoch, all devices in turn in every round."""
    found: dict[str, list[float]] = {str(device): [] for device in devices}
    for number in range(rounds + 1):
        for device in devices:
            seconds = epoch(spec, split, device, batch)
            if number:  # in the first one kernels are compiled and loaded
                found[str(device)].append(seconds)
    return found


def epoch(spec: RunSpec, split: Split, device: torch.device, batch: int) -> float:
    """Seconds of one epoch of a fresh model: preprocessing, every step, the validation part."""
    model = fresh_model(spec, split, open_backend("statevector"), Registry(), device)
    options = spec.training.model_copy(update={"epochs": 1, "batch_size": batch})
    state = start(model, options, len(split.train))
    began = time.perf_counter()
    fit(state, split.train, split.validation, options)  # ends with numbers that the CPU reads
    return time.perf_counter() - began


if __name__ == "__main__":
    sys.exit(main())
