"""Transpiled templates, kept in the process and on the disk: transpiling is slow and may be random.

One file for each template, machine, calibration and set of options, in the user's cache directory.
"""

from __future__ import annotations

import hashlib
import json
from functools import cached_property
from importlib.metadata import version
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

from qfusion_core import Circuit, open_regular, private_cache, write_atomically
from qfusion_ibm.machine import Machine
from qfusion_ibm.transpiled_circuit import TranspiledCircuit, known_warnings, transpile

_FORM = 2  # of what is kept: the second has the errors of a layout looked at, and SWAPs counted


class TranspileOptions(NamedTuple):
    """How a template is transpiled."""

    level: int
    seed: int


class TranspileCache:
    """Transpiles what it has not met.

    Attributes:
        transpiled: How often it had to.
    """

    def __init__(self, rule: TranspileOptions) -> None:
        self._rule, self.transpiled = rule, 0
        self._templates: dict[str, TranspiledCircuit] = {}

    def get(self, circuit: Circuit, machine: Machine) -> TranspiledCircuit:
        """A template for a machine."""
        name = self._name(circuit, machine)
        if name not in self._templates:
            path = self._folder / f"{name}.qpy"
            self._templates[name] = _read(path) or self._make(circuit, machine, path)
        return self._templates[name]

    @cached_property
    def _versions(self) -> list[str]:
        return [version("qiskit"), version("qiskit-ibm-runtime")]

    @cached_property
    def _folder(self) -> Path:
        return private_cache("ibm")

    def _make(self, circuit: Circuit, machine: Machine, path: Path) -> TranspiledCircuit:
        template = transpile(circuit, machine.target, level=self._rule.level, seed=self._rule.seed)
        self.transpiled += 1
        _write(path, template)
        return template

    def _name(self, circuit: Circuit, machine: Machine) -> str:
        parts = [_FORM, circuit.digest(), machine.name, machine.calibrated, *self._rule]
        parts += self._versions
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _read(path: Path) -> TranspiledCircuit | None:
    from qiskit import qpy

    try:
        with known_warnings(), open_regular(path, follow=False) as file:
            return TranspiledCircuit(qpy.load(file)[0])
    except Exception:  # there is none, or half a file, another program's: it is made again
        return None


def _write(path: Path, template: TranspiledCircuit) -> None:
    from qiskit import qpy

    buffer = BytesIO()
    qpy.dump(template.isa, buffer)
    try:
        write_atomically(path, buffer.getvalue())
    except OSError:
        return  # a disk that cannot be written costs time, not results
