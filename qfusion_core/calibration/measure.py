"""Measures a calibration: the same training rows on a backend and on an exact one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import torch

from qfusion_core.calibration.fit import fit_affine
from qfusion_core.calibration.store import Calibration, Correction
from qfusion_core.data.split import Part
from qfusion_core.interfaces.device import Device
from qfusion_core.model.classifier import FusionClassifier, circuit_of
from qfusion_core.model.prediction import expectation_values
from qfusion_core.provenance import provenance


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
