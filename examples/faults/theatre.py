"""Prepares what all scenes share: a trained model, a warm process, the right values."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Self

import numpy as np

from faults.server import serving
from faults.shell import Shell
from faults.stage import Stage, clean_environment
from faults.values import TRUTH
from faults.vendors import VENDORS, Release, Vendor, make_certificate

# imported before the first child; what else it takes is learnt from that
_FIRST = ("torch", "pennylane", "pandas", "sklearn.datasets", "qfusion_core.cli", "tabm")
_THEN = {
    "ibm": ("qiskit_ibm_runtime", "qiskit.transpiler", "qfusion_ibm.device"),
    "braket": ("boto3", "braket.ir.openqasm", "qfusion_braket.device"),
}
PRESET = ["--preset", "hardware", "--set", "training.epochs=1"]


class Theatre:
    """Open it with `with`; then `stage` gives one stage after the other."""

    def __init__(self, vendors: list[str]) -> None:
        self._vendors, self._stack = vendors, ExitStack()
        self._number = 0
        self.truth: dict[str, np.ndarray] = {}
        self.distance: dict[str, float] = {}

    def __enter__(self) -> Self:
        made = tempfile.TemporaryDirectory(prefix="faults-", ignore_cleanup_errors=True)
        self.home = Path(self._stack.enter_context(made))
        self._certificate = make_certificate(self.home)
        self.release = Release.installed()
        self.environment = clean_environment(self.home)
        self._shell = self._stack.enter_context(Shell(self.home))
        self._shell.learn([*_FIRST, *(each for name in self._vendors for each in _THEN[name])])
        self.trained = self.home / "trained"
        self._train()
        for name in self._vendors:
            self._rehearse(VENDORS[name])
        return self

    def __exit__(self, *rest: object) -> None:
        self._stack.close()

    @contextmanager
    def stage(self, vendor: Vendor) -> Iterator[Stage]:
        """A machine that runs, and a fresh copy of the trained model."""
        self._number += 1
        machine = vendor.machine()
        with serving(machine, self._certificate) as address:
            environment = self.environment | vendor.surroundings(address, self._certificate)
            folder = self.home / f"scene-{self._number}"
            yield Stage(vendor, machine, self._shell, folder, self.trained,
                        environment, self.release, self.truth.get(vendor.name))  # fmt: skip

    def _train(self) -> None:
        words = ["train", "wine", *PRESET, "--out", str(self.trained), "--json"]
        done = self._shell.start(words, self.environment, self.home).wait(300)
        if done.code != 0:
            raise RuntimeError(f"no model to play with: {done.err}")

    def _rehearse(self, vendor: Vendor) -> None:
        """One undisturbed run: what is imported, and what the values are."""
        shell, learnt = self._shell, self.home / f"{vendor.name}.json"
        with self.stage(vendor) as stage:
            stage.grace(10, 30)  # nothing is imported yet
            done = stage.do("evaluate", seconds=300, learnt=str(learnt))
            if done.code != 0 or len(stage.machine.jobs) != 3 or stage.machine.errors:
                raise RuntimeError(f"{vendor.name}: {done.last} {stage.machine.errors}")
            environment = {**stage.environment, "JOURNAL": str(stage.journal)}
            told = shell.start([], environment, self.home, script=TRUTH).wait(120)
            if told.code != 0:
                raise RuntimeError(told.err)
            right = json.loads(told.out)
            self.truth[vendor.name] = stage.truth = np.array(right["values"])
            received = [stage.machine.exact(job) for job in stage.machine.jobs]
            if vendor.name == "ibm":
                found = np.concatenate(received, axis=1).T
            else:
                found = _expected(np.concatenate(received), right["words"])
            self.distance[vendor.name] = float(np.abs(found - stage.truth).max())
        modules = json.loads(learnt.read_text())
        shell.learn([name for name in modules if not name.startswith("_")])


def _expected(probabilities: np.ndarray, words: list[str]) -> np.ndarray:
    """Of words of Z, from ``[rows, bit strings]``."""
    wires = len(words[0])
    bits = (np.arange(probabilities.shape[1])[:, None] >> np.arange(wires)[::-1]) & 1
    signs = [
        1 - 2 * (bits[:, [n for n, letter in enumerate(word) if letter != "I"]].sum(1) % 2)
        for word in words
    ]
    values: np.ndarray = probabilities @ np.array(signs).T
    return values
