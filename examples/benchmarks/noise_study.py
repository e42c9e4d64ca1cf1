"""What noise does to a trained model, and what helps: calibration, refit, noise-aware training.

    python examples/benchmarks/noise_study.py --backend ibm-noisy --seeds 10-19

For each seed the `hardware` preset is trained on the file's default (exact) backend, once as it is
and once with the noise of the backend injected (``noise.snapshot``), then tested on the backend:
raw, calibrated, and refit. All arms see the same rows. Backends on this machine only: a paid one
would be asked for the whole training part.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import torch
from paired_study import Study, means_and_differences, parser, run, tables
from torch import Tensor

from qfusion_core import Circuit, Device, Registry
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
from qfusion_core.runs.loading import load_model
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


def summary(results: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Means of all arms and paired differences."""
    numbers = [*ARMS, "raw error", "calibrated error"]
    found = means_and_differences(results, numbers, PAIRS)
    return {**found, LATER: sum(each[LATER] for each in results)}


def as_markdown(document: dict[str, Any]) -> str:
    """The summary as two tables."""
    return tables(
        document,
        "Macro F1 on test rows from 0 to 1; errors are root mean squares of expectation values.",
        "",
        f"Calls of the backend {LATER}: {document['summary'][LATER]}.",
    )


def main(words: Iterable[str] | None = None) -> int:
    """Run all seeds, then write ``BACKEND.json`` and ``BACKEND.md``."""
    made = parser(
        __doc__,
        "examples/benchmarks/results/noise",
        required=True,
        help="a noisy one in backends.yaml that tells its noise",
    )
    study = Study(ARMS, one_seed, summary, as_markdown, lambda options: str(options.backend))
    return run(study, made, words)


if __name__ == "__main__":
    sys.exit(main())
