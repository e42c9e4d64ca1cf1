"""What one backend makes of a model, beside an exact one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from qfusion_core.calibration.device import CalibratedDevice
from qfusion_core.evaluation.cost import Cost
from qfusion_core.interfaces.device import Device
from qfusion_core.metrics.bootstrap import Interval, macro_f1_interval
from qfusion_core.metrics.ece import expected_calibration_error
from qfusion_core.metrics.expectation_error import (
    ExpectationError,
    WordError,
    expectation_error,
    standard_errors,
    word_errors,
)
from qfusion_core.metrics.mcnemar import McNemar, mcnemar
from qfusion_core.metrics.scores import Scores, accuracy_interval, scores


class ReferenceReport(NamedTuple):
    """What the exact backend gave.

    Attributes:
        values: ``[rows, n_observables]``.
        logits: ``[rows, classes]``.
    """

    values: Tensor
    logits: Tensor


@dataclass(frozen=True)
class VersusReference:
    """One backend beside the exact one, on the same rows.

    Attributes:
        macro_f1: Of the backend minus that of the reference.
        macro_f1_interval: 95%, paired; None where resamples do not differ.
        agreement: Share of rows that get the reference's class.
        mcnemar: Whether more rows were lost than won by chance; not adjusted for several backends.
        expectation_error: Over all observables and rows.
        largest_in_standard_errors: Of the differences; None where values are exact.
        by_observable: The same for each Pauli word.
        logit_error: Largest difference of a logit.
    """

    macro_f1: float
    macro_f1_interval: Interval | None
    agreement: float
    mcnemar: McNemar
    expectation_error: ExpectationError
    largest_in_standard_errors: float | None
    by_observable: Mapping[str, WordError]
    logit_error: float


@dataclass(frozen=True)
class BackendReport:
    """One backend.

    Attributes:
        shots: Behind each value; None where nothing is drawn.
        noisy: Whether it has noise of its own: without shots its values are not exact either.
        calibrated: When the corrections of its values were measured; None for raw values.
        macro_f1_interval: 95%, a bootstrap that resamples rows within each class; None where every
            row is right, so that resamples do not differ.
        accuracy_interval: 95%, exact binomial.
        calibration_error: Of the probabilities (ECE), from 0 to 1.
        versus_reference: None for the reference itself.
        cost: What it took.
        notices: What the device says of itself, as a surrogate does of its age and its check.
    """

    backend: str
    device: str
    shots: int | None
    noisy: bool
    calibrated: str | None
    scores: Scores
    macro_f1_interval: Interval | None
    accuracy_interval: Interval
    calibration_error: float
    versus_reference: VersusReference | None
    cost: Cost
    notices: tuple[str, ...]


def backend_report(
    backend: str,
    device: Device,
    words: Sequence[str],
    values: Tensor,
    logits: Tensor,
    truth: NDArray[np.int64],
    *,
    errors: Tensor | None,
    reference: ReferenceReport | None,
    cost: Cost,
    seed: int,
) -> BackendReport:
    """The report.

    Args:
        backend: Its name.
        device: Calibrated or not.
        words: The observables.
        values: ``[rows, words]``.
        logits: ``[rows, classes]``.
        truth: Class indices ``[rows]``.
        errors: Standard errors ``[rows, words]`` where the device knows them; None: they are
            those of its shots.
        reference: What to compare with; None for the reference itself.
        cost: What it took.
        seed: Of the resampling.
    """
    predicted = logits.argmax(1).numpy()
    versus = None
    if reference is not None:
        noise = _noise(device, words, reference) if errors is None else errors
        by_word = word_errors(words, values, reference.values, noise)
        units = [error.in_standard_errors for error in by_word.values()]
        before = reference.logits.argmax(1).numpy()
        versus = VersusReference(
            macro_f1=scores(truth, predicted).macro_f1 - scores(truth, before).macro_f1,
            macro_f1_interval=macro_f1_interval(truth, predicted, minus=before, seed=seed),
            agreement=float(np.mean(predicted == before)),
            mcnemar=mcnemar(truth, predicted, before),
            expectation_error=expectation_error(values - reference.values),
            largest_in_standard_errors=max((u.largest for u in units if u), default=None),
            by_observable=by_word,
            logit_error=float((logits - reference.logits).abs().max()),
        )
    return BackendReport(
        backend=backend,
        device=device.name,
        shots=device.shots,
        noisy=device.noise_model() is not None,
        calibrated=device.calibration.measured if isinstance(device, CalibratedDevice) else None,
        scores=scores(truth, predicted),
        macro_f1_interval=macro_f1_interval(truth, predicted, seed=seed),
        accuracy_interval=accuracy_interval(truth, predicted),
        calibration_error=expected_calibration_error(logits.softmax(1).numpy(), truth),
        versus_reference=versus,
        cost=cost,
        notices=tuple(device.notices()),
    )


def _noise(device: Device, words: Sequence[str], reference: ReferenceReport) -> Tensor | None:
    """Standard errors of the values; None where they are exact."""
    if device.shots is None:
        return None
    if not isinstance(device, CalibratedDevice):
        return standard_errors(reference.values, device.shots)
    scale, offset = device.calibration.lines(words).T
    return standard_errors(reference.values, device.shots, scale, offset)
