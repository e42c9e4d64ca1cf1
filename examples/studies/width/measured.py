"""What is measured of one training: on the exact simulator, and on a noisy machine."""

from __future__ import annotations

import math
import shutil
import time
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from qfusion_core import Device, Registry, estimate, open_backend
from qfusion_core.evaluation.row_selection import choose_rows
from qfusion_core.metrics.scores import scores
from qfusion_core.model.classifier import FusionClassifier, circuit_of
from qfusion_core.model.prediction import expectation_values
from qfusion_core.runs.folder import RunFolder
from qfusion_core.runs.loading import load_model
from qfusion_core.workflows.train import train
from width.cells import CIRCUIT, NONE, Cell

ROWS = 200  # of the test part, the same for all of a data set and seed
PLANS = {"fez": "ibm-fez", "garnet": "iqm-garnet"}  # whose plans say what a circuit takes
Row = dict[str, Any]


def run_folder(cell: Cell, runs: Path) -> RunFolder:
    """The trained run, from an earlier call where there is one: training is deterministic.

    One that was cut off begins again, so that its time is that of a whole training.
    """
    folder = runs / cell.folder
    if (folder / "model.safetensors").exists():  # a training writes it last
        return RunFolder.open(folder)
    if folder.exists():
        shutil.rmtree(folder)
    return train(cell.spec(Registry()), folder, backend="statevector").folder


def train_cell(cell: Cell, runs: Path) -> Row:
    """Scores of the whole test part, and how readouts and attention look on `ROWS` of it."""
    began = time.process_time()
    run = run_folder(cell, runs)
    seconds, metrics, sample = time.process_time() - began, run.read_metrics(), Sample(run)
    row = cell._asdict() | {
        "macro_f1": metrics["test"]["macro_f1"],
        "validation_macro_f1": metrics["validation"]["validation_macro_f1"],
        "test_rows": metrics["rows"][2],
        "cpu_seconds": round(seconds, 1),
    }
    if cell.arm == NONE:
        return row
    if cell.arm == CIRCUIT:
        values = sample.values(open_backend("statevector"))
        row["readout_variance"] = float(values.var(0).mean())
    return row | {"attention_entropy": sample.attention_entropy()}


def machine_cell(cell: Cell, machine: str, backends: Path, runs: Path) -> Row:
    """What a machine makes of a trained circuit, on `ROWS`.

    Args:
        cell: With a circuit.
        machine: A name in ``backends``, and in `PLANS`.
        backends: A ``backends.yaml``.
        runs: Folder of trained runs.
    """
    run = run_folder(cell, runs)
    sample, began = Sample(run), time.process_time()
    exact = sample.values(open_backend("statevector"))
    device = open_backend(machine, backends)
    noisy = sample.values(device)
    seconds = time.process_time() - began
    assert device.shots
    error = (noisy - exact).square().mean()
    of_shots = ((1 - noisy.square()) / device.shots).mean()
    plan = estimate(run.path, PLANS[machine], samples=ROWS, offline=True, backends_file=backends)
    return cell._asdict() | {
        "machine": machine,
        "rows": ROWS,
        "shots": device.shots,
        "exact_macro_f1": sample.macro_f1(exact),
        "macro_f1": sample.macro_f1(noisy),
        "same_class": sample.same_class(exact, noisy),
        "error": math.sqrt(error),
        "error_of_shots": math.sqrt(of_shots),
        "spread": float(exact.std(0).square().mean().sqrt()),
        "facts": plan.parts[-1].estimate.facts,
        "cpu_seconds": round(seconds, 1),
    }


class Sample:
    """A trained model and `ROWS` of its test part.

    Args:
        run: Of the model.
    """

    def __init__(self, run: RunFolder) -> None:
        registry = Registry()
        self.model: FusionClassifier = load_model(run, registry).double().eval()
        part = choose_rows(run.load_split(registry).test, ROWS, seed=0)
        self.y, raw = part.y, torch.from_numpy(part.x)
        self.x_c, self.x_q = self.model.preprocess(raw)

    def values(self, device: Device) -> Tensor:
        """Expectation values ``[rows, n_observables]`` of the circuit on a device."""
        self.model.attach(device)
        return expectation_values(circuit_of(self.model, device.name), self.x_q)

    @torch.no_grad()
    def _logits(self, values: Tensor) -> Tensor:
        tokens = circuit_of(self.model, "given").arrange(values)
        return self.model.classify(self.x_c, tokens)

    def macro_f1(self, values: Tensor) -> float:
        """Of the model with these expectation values."""
        return float(scores(self.y, self._logits(values).argmax(1).numpy()).macro_f1)

    def same_class(self, one: Tensor, other: Tensor) -> float:
        """Share of rows whose class is the same with either values."""
        same = self._logits(one).argmax(1) == self._logits(other).argmax(1)
        return float(same.double().mean())

    @torch.no_grad()
    def attention_entropy(self) -> float:
        """Mean over rows, heads and queries, from 0 (one token) to 1 (all tokens alike)."""
        output = self.model.fuse(self.x_c, self.model.tokens(self.x_q))
        attention = output.attention
        assert attention is not None
        bits = -(attention * attention.clamp_min(1e-300).log()).sum(-1)
        return float(bits.mean() / math.log(attention.shape[-1]))
