"""Measures a calibration: the same training rows on a backend and on an exact one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import torch

from qfusion_core.backends.file import Backends
from qfusion_core.calibration.fit import fit_affine
from qfusion_core.calibration.store import Calibration, Correction
from qfusion_core.data.split import Part
from qfusion_core.errors import InputError
from qfusion_core.interfaces.device import Device
from qfusion_core.model.circuit_encoder import CircuitEncoder
from qfusion_core.model.classifier import FusionClassifier
from qfusion_core.model.prediction import expectation_values
from qfusion_core.plugin.registry import Registry
from qfusion_core.provenance import provenance


def open_exact(
    backends: Backends,
    registry: Registry,
    name: str | None,
    *,
    besides: str,
    how: str = "name an exact one with --reference",
) -> tuple[str, Device]:
    """Name and device of the exact backend that another one is compared with.

    Args:
        backends: The file.
        registry: Where devices are looked up.
        name: In the file; None for its default.
        besides: The backend that is compared with it.
        how: What to do about one that cannot be taken, for errors.

    Raises:
        InputError: It samples, has noise, or is the very backend.
    """
    name = name or backends.default
    device = backends.open(name, registry)
    if reason := inexact(device) or ("is the backend itself" if name == besides else ""):
        raise InputError(f"backend {name!r} {reason} and cannot be the reference; {how}")
    return name, device


def inexact(device: Device) -> str:
    """Why a device's values are not exact, for errors; nothing where they are."""
    if device.shots is not None:
        return f"samples ({device.shots} shots)"
    return "" if device.noise_model() is None else "has noise"


def circuit_of(model: FusionClassifier, backend: str) -> CircuitEncoder:
    """The model's quantum encoder.

    Raises:
        InputError: It has no circuit.
    """
    if not isinstance(model.quantum, CircuitEncoder):
        raise InputError(
            "the model has no circuit (its quantum branch is a control or none), so there is "
            f"nothing to measure on {backend!r}"
        )
    return model.quantum


def measure_calibration(
    model: FusionClassifier,
    rows: Part,
    device: Device,
    exact: Device,
    about: Mapping[str, str | int],
) -> Calibration:
    """Run rows on both devices and fit one correction for each observable.

    Args:
        model: It is left in float64, on the exact device.
        rows: Training rows, never others.
        device: To be calibrated, open.
        exact: The reference, open.
        about: ``backend``, ``options``, ``seed`` and ``reference`` of the `Calibration`.
    """
    encoder = circuit_of(model, str(about["backend"]))
    model.double().eval()
    _, x_q = model.preprocess(torch.from_numpy(rows.x))
    encoder.device = device
    raw = expectation_values(encoder, x_q)
    encoder.device = exact
    fit = fit_affine(raw, expectation_values(encoder, x_q), device.shots)
    return Calibration.model_validate(
        {
            **about,
            "device": device.name,
            "circuit": encoder.traced.digest(),
            "samples": len(rows),
            "measurement": None,
            "measured": datetime.now(UTC).isoformat(timespec="seconds"),
            "observables": {
                word: Correction(scale=line[0], offset=line[1], raw_error=line[2], error=line[3])
                for word, line in zip(
                    encoder.observables, torch.stack(fit, dim=1).tolist(), strict=True
                )
            },
            "provenance": provenance(),
        }
    )
