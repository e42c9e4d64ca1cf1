"""What is trained: data sets, arms, qubits and layers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from qfusion_core import Registry
from qfusion_core.config.presets import compose
from qfusion_core.config.spec import RunSpec

QUBITS = (4, 9, 16, 32, 64, 100)
LAYERS = (1, 2, 3)
SEEDS = (10, 11, 12, 13, 14)
DATA = {
    "fashion-3": "fashion-mnist:classes=0,1,2,train=6000",
    "fashion-10": "fashion-mnist:train=10000",
    "steel": "steel-plates-faults",
}
EPOCHS = 10
SETTINGS = (f"training.epochs={EPOCHS}", f"training.patience={EPOCHS}", "training.batch_size=64")
CIRCUIT, SHAM, NONE = "circuit", "sham", "none"


class Cell(NamedTuple):
    """One training.

    Attributes:
        data: A name in `DATA`.
        arm: The circuit, the sham with as many tokens, or no quantum branch.
        qubits: None where the arm has no tokens.
        layers: None where it has no circuit.
        seed: Of split, weights and order of rows.
    """

    data: str
    arm: str
    qubits: int | None
    layers: int | None
    seed: int

    @property
    def title(self) -> str:
        """For lines that people read."""
        size = "".join(
            f" {number} {what}"
            for number, what in ((self.qubits, "qubits"), (self.layers, "layers"))
            if number
        )
        return f"{self.data} {self.arm}{size} seed {self.seed}"

    @property
    def folder(self) -> str:
        """Name of its run folder."""
        return self.title.replace(" ", "-")

    def spec(self, registry: Registry) -> RunSpec:
        """Preset `wide` at this size, trained for `EPOCHS`."""
        settings = [*SETTINGS, f"training.seed={self.seed}"]
        if self.arm == CIRCUIT:
            settings += [f"quantum.options.layers={self.layers}"]
        if self.qubits:
            settings += [f"quantum.options.qubits={self.qubits}"]
        return compose(
            "wide",
            DATA[self.data],
            quantum=None if self.arm == CIRCUIT else self.arm,
            settings=settings,
            registry=registry,
        )


def trained(data: Sequence[str]) -> Iterator[Cell]:
    """All trainings, seed by seed: what is there when a study is cut short is balanced."""
    for seed in SEEDS:
        for name in data:
            yield Cell(name, NONE, None, None, seed)
            for qubits in QUBITS:
                yield Cell(name, SHAM, qubits, None, seed)
                for layers in LAYERS:
                    yield Cell(name, CIRCUIT, qubits, layers, seed)


def key(row: dict[str, Any]) -> Cell:
    """Of which training a row of results is."""
    return Cell(*(row[name] for name in Cell._fields))
