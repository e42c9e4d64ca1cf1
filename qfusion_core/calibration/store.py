"""A calibration on disk: one small YAML file in the run folder for each backend."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

import torch
from pydantic import Field
from torch import Tensor

from qfusion_core.config.yaml_dump import dump
from qfusion_core.config.yaml_source import YamlDocument
from qfusion_core.errors import InputError
from qfusion_core.model.circuit_encoder import CircuitEncoder
from qfusion_core.options import Options
from qfusion_core.printable import shown_path
from qfusion_core.storage.writing import require_no_link, write_atomically

FORMAT = 1


class Correction(Options):
    """Of one observable; errors are root mean squares over the rows, ``error`` leaving each out."""

    scale: float
    offset: float
    raw_error: float
    error: float


class Calibration(Options):
    """``calibration/BACKEND.yaml``.

    Attributes:
        options: Digest of the backend's options that change values.
        circuit: Digest of the circuit, its weights left open.
        samples: Training rows that it was fitted on, drawn by ``seed``.
        reference: The exact backend.
        measurement: In the journal of the run; None for a backend on this machine.
        observables: Pauli words in the order of the encoder.
    """

    format: Literal[1] = 1
    backend: str
    device: str
    options: str
    circuit: str
    samples: int
    seed: int
    reference: str
    measurement: str | None
    measured: str = Field(description="date and time, UTC")
    observables: dict[str, Correction]
    provenance: dict[str, Any]

    def __str__(self) -> str:
        return f"calibrated on {self.samples} training rows, {self.measured[:10]}"

    def applied(self, raw: Tensor, observables: Sequence[str]) -> Tensor:
        """``scale * raw + offset`` of values ``[rows, n_observables]``, in their dtype."""
        lines = self.lines(observables).to(raw)
        return raw * lines[:, 0] + lines[:, 1]

    def lines(self, observables: Sequence[str]) -> Tensor:
        """Scale and offset of each observable: ``[n_observables, 2]``, float64."""
        fitted = [self.observables[word] for word in observables]
        pairs = [(correction.scale, correction.offset) for correction in fitted]
        return torch.tensor(pairs, dtype=torch.float64).reshape(-1, 2)

    def require_fit(self, path: Path, options: Collection[str], encoder: CircuitEncoder) -> None:
        """Refuse to correct values of something else.

        Args:
            path: Of the file.
            options: Digests by which those of the backend are recognised.
            encoder: Whose values they are.

        Raises:
            InputError: Says what differs.
        """
        differs = [
            difference
            for difference, same in (
                ("options", self.options in options),
                ("circuit", self.circuit == encoder.traced.digest()),
                ("observables", tuple(self.observables) == encoder.observables),
            )
            if not same
        ]
        if differs:
            raise InputError(
                f"{path}: measured with other {' and '.join(differs)} than backend "
                f"{self.backend!r} or the model has now; calibrate again, or leave it off with "
                "--raw"
            )


def place(run: Path, backend: str) -> Path:
    """Where the calibration of a backend is kept."""
    return run / "calibration" / f"{quote(backend, safe='')}.yaml"


def write(run: Path, calibration: Calibration) -> Path:
    """Keep a calibration in place of the one before.

    Raises:
        InputError: It cannot be written, or the way inside of the run folder is a link.
    """
    path = place(run, calibration.backend)
    try:
        require_no_link(path.parent).mkdir(exist_ok=True)
        write_atomically(require_no_link(path), dump(calibration.model_dump(mode="json")))
    except OSError as error:
        raise InputError(
            f"{shown_path(path)}: cannot write the calibration ({error.strerror})"
        ) from None
    return path


def read(run: Path, backend: str) -> Calibration | None:
    """The calibration of a backend; None where there is none.

    Raises:
        InputError: The file is damaged, or it or its folder is a link.
    """
    path = place(run, backend)
    if not os.path.lexists(path):
        return None
    require_no_link(path.parent)
    return YamlDocument.read(path, follow=False).validate(Calibration)
