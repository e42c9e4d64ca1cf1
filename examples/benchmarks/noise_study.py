"""What noise does to a trained model, and what helps: calibration, refit, noise-aware training.

    python examples/benchmarks/noise_study.py --backend ibm-noisy --seeds 10-19

For each seed the `hardware` preset is trained on the file's default (exact) backend, once as it is
and once with the noise of the backend injected (``noise.snapshot``), then tested on the backend:
raw, calibrated, and refit. All arms see the same rows. Backends on this machine only: a paid one
would be asked for the whole training part.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scores import positive, seeds
from torch import Tensor

from qfusion_core import Circuit, Device, InputError, QfusionError, Registry, RemoteDevice
from qfusion_core.backends.exact import open_exact
from qfusion_core.backends.file import Backends
from qfusion_core.backends.opening import open_named
from qfusion_core.calibration.device import CalibratedDevice
from qfusion_core.calibration.measure import measure_calibration
from qfusion_core.config.presets import compose
from qfusion_core.data.split import Part
from qfusion_core.evaluation.row_selection import choose_rows
from qfusion_core.metrics.scores import scores
from qfusion_core.model.classifier import FusionClassifier, circuit_of
from qfusion_core.model.prediction import expectation_values, logits_from_tokens
from qfusion_core.provenance import provenance
from qfusion_core.runs.loading import load_model
from qfusion_core.storage.writing import write_atomically
from qfusion_core.workflows.refit_training import measure_rows, refit_rows, train_again
from qfusion_core.workflows.train import train

ARMS = ("exact", "raw", "calibrated", "refit", "noise-aware")
LATER = "after the first epoch of a refit"
PAIRS = (
    ("raw", "exact"), ("calibrated", "raw"), ("refit", "raw"), ("noise-aware", "raw"),
    ("calibrated error", "raw error"),
)  # fmt: skip


class Counted(Device):
    """A device that counts how often it is asked."""

    name = "counted"

    def __init__(self, inner: Device) -> None:
        self.inner, self.calls = inner, 0
        self.shots, self.max_wires = inner.shots, inner.max_wires
        self.rows_per_call, self.largest = inner.rows_per_call, inner.largest

    def expectations(
        self, circuit: Circuit, data: Tensor, weights: Tensor, observables: Sequence[str]
    ) -> Tensor:
        """Those of the device."""
        self.calls += 1
        return self.inner.expectations(circuit, data, weights, observables)


def one_seed(options: argparse.Namespace, seed: int, backends: Backends) -> dict[str, Any]:
    """Macro F1 of each arm, and root mean square errors of expectation values, on the test rows."""
    registry, name = Registry(), options.backend
    _, exact = open_exact(backends, registry, None, besides=name)
    noisy = Counted(open_named(backends, name, registry))
    settings = [*options.settings, f"training.seed={seed}"]
    with tempfile.TemporaryDirectory() as scratch:
        runs = {}
        for arm, more in (("ideal", []), ("aware", [f"noise.snapshot={name}"])):
            spec = compose(
                options.preset, options.data, settings=[*settings, *more], registry=registry
            )
            file = backends.source.path
            runs[arm] = train(spec, Path(scratch) / arm, backend=exact, backends_file=file).folder
        split = runs["ideal"].load_split(registry)
        model = load_model(runs["ideal"], registry)
        rows = choose_rows(split.train, options.samples, seed, "training part")
        about = {"backend": name, "options": "", "seed": seed, "reference": backends.default}
        calibration = measure_calibration(model, rows, noisy, exact, about)
        values, result = {}, {}
        for arm, device in (("exact", exact), ("raw", noisy)):
            values[arm], result[arm] = tested(model, device, split.test)
        given = Given(values["raw"])
        values["calibrated"], result["calibrated"] = tested(
            model, CalibratedDevice(given, calibration), split.test
        )
        for arm in ("raw", "calibrated"):
            error = (values[arm] - values["exact"]).square().mean().sqrt()
            result[f"{arm} error"] = float(error)
        model, measured = load_model(runs["ideal"], registry), refit_rows(split, None, seed)
        tokens = measure_rows(model, measured, noisy, name)
        calls = [noisy.calls]
        made = train_again(
            runs["ideal"],
            model,
            measured,
            tokens,
            Path(scratch) / "refit",
            split=split,
            options=runs["ideal"].config.spec.training,
            about={"backend": name, "run": "ideal", "rows": "all"},
            on_epoch=lambda state: calls.append(noisy.calls),
        )
        result[LATER] = calls[-1] - calls[1]
        _, result["refit"] = tested(load_model(made, registry), noisy, split.test)
        _, result["noise-aware"] = tested(load_model(runs["aware"], registry), noisy, split.test)
        noise = runs["aware"].config.spec.noise
        assert noise is not None
        figures = noise.model_dump(mode="json")
        sizes = [len(split.train) + len(split.validation), len(split.test)]
    return {"seed": seed, "noise": figures, "rows": sizes, **result}


class Given(Device):
    """Values that were measured already: the calibrated arm sees the raw arm's own."""

    name = "given"

    def __init__(self, values: Tensor) -> None:
        self.values, self.rows_per_call = values, None

    def expectations(
        self, circuit: Circuit, data: Tensor, weights: Tensor, observables: Sequence[str]
    ) -> Tensor:
        """The values."""
        return self.values


@torch.no_grad()
def tested(model: FusionClassifier, device: Device, part: Part) -> tuple[Tensor, float]:
    """Expectation values of a part, and macro F1."""
    model.double().eval().attach(device)
    x_c, x_q = model.preprocess(torch.from_numpy(part.x))
    encoder = circuit_of(model, device.name)
    values = expectation_values(encoder, x_q)
    predicted = logits_from_tokens(model, x_c, encoder.arrange(values)).argmax(1)
    return values, scores(part.y, predicted.numpy()).macro_f1


def interval(differences: Sequence[float], ratio: float) -> dict[str, float | None]:
    """Mean with 95% limits of the corrected resampled t-interval (Nadeau and Bengio, 2003).

    Args:
        differences: One for each seed.
        ratio: Test rows over training rows: random splits of one data set overlap.
    """
    from scipy import stats

    n, mean = len(differences), float(np.mean(differences))
    if n < 2:
        return {"mean": mean, "low": None, "high": None}
    half = float(stats.t.ppf(0.975, n - 1) * np.std(differences, ddof=1) * math.sqrt(1 / n + ratio))
    return {"mean": mean, "low": mean - half, "high": mean + half}


def summary(results: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Means of all arms and paired differences."""
    fitted, tested_on = results[0]["rows"]
    numbers = [*ARMS, "raw error", "calibrated error"]
    return {
        "means": {arm: float(np.mean([each[arm] for each in results])) for arm in numbers},
        "differences": {
            f"{first} - {second}": interval(
                [each[first] - each[second] for each in results], tested_on / fitted
            )
            for first, second in PAIRS
        },
        LATER: sum(each[LATER] for each in results),
    }


def as_markdown(document: dict[str, Any]) -> str:
    """The summary as two tables."""
    found = document["summary"]
    lines = [
        f"# {document['preset']} on {document['data']}, backend {document['backend']}, "
        f"{len(document['seeds'])} seeds",
        "",
        "Macro F1 on test rows from 0 to 1; errors are root mean squares of expectation values.",
        "",
        "| arm | mean |",
        "| --- | --- |",
        *(f"| {arm} | {value:.4f} |" for arm, value in found["means"].items()),
        "",
        "| paired difference | mean | 95% interval |",
        "| --- | --- | --- |",
    ]
    for pair, each in found["differences"].items():
        limits = "-" if each["low"] is None else f"{each['low']:+.4f} to {each['high']:+.4f}"
        lines.append(f"| {pair} | {each['mean']:+.4f} | {limits} |")
    return "\n".join([*lines, "", f"Calls of the backend {LATER}: {found[LATER]}.", ""])


def parser() -> argparse.ArgumentParser:
    """The options of the command line."""
    made = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = made.add_argument
    add("--backend", required=True, help="a noisy one in backends.yaml that tells its noise")
    add("--backends-file", type=Path, metavar="FILE")
    add("--data", default="wine", metavar="DATASET", help="(default: %(default)s)")
    add("--preset", default="hardware", help="(default: %(default)s)")
    add("--seeds", type=seeds, default=list(range(10, 20)), metavar="LIST", help="(default: 10-19)")
    add("--samples", type=positive, default=32, help="rows of the calibration (default: 32)")
    add("--set", action="append", default=[], dest="settings", metavar="KEY=VALUE")
    folder = Path("examples/benchmarks/results/noise")
    add("--out", type=Path, default=folder, metavar="FOLDER", help="(default: %(default)s)")
    return made


def main(words: Iterable[str] | None = None) -> int:
    """Run all seeds, then write ``BACKEND.json`` and ``BACKEND.md``."""
    options = parser().parse_args(None if words is None else list(words))
    try:
        backends = Backends.read(options.backends_file)
        device = open_named(backends, backends.require(options.backend), Registry())
        if isinstance(device, RemoteDevice) and not device.local:
            raise InputError(f"backend {options.backend!r} is remote; name one that runs here")
        results = []
        for seed in options.seeds:
            results.append(one_seed(options, seed, backends))
            print(", ".join(f"{arm} {results[-1][arm]:.4f}" for arm in ARMS), f"(seed {seed})")
    except QfusionError as error:
        print(f"error: {error}", file=sys.stderr)
        return int(error.exit_code)
    document = {
        "data": options.data, "preset": options.preset, "backend": options.backend,
        "settings": options.settings, "seeds": options.seeds, "summary": summary(results),
        "results": results, "provenance": provenance(),
    }  # fmt: skip
    options.out.mkdir(parents=True, exist_ok=True)
    write_atomically(options.out / f"{options.backend}.json", json.dumps(document, indent=2) + "\n")
    write_atomically(options.out / f"{options.backend}.md", as_markdown(document))
    print(f"\n{as_markdown(document)}\nwritten: {options.out}/{options.backend}.json and .md")
    return 0


if __name__ == "__main__":
    sys.exit(main())
