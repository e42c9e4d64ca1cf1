"""One checkpoint on every backend that is installed: the same values, and honest about its tokens.

The promise is the issue of this library: exact backends agree to 1e-8 in the expectation values and
1e-5 in the logits, sampled ones within five standard errors.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from qfusion_core import (
    Angle,
    BlackBoxDevice,
    Circuit,
    FusionClassifier,
    InputError,
    Part,
    Registry,
    Term,
    open_backend,
)
from qfusion_core.calibration.device import CalibratedDevice
from qfusion_core.calibration.store import Calibration, Correction
from qfusion_core.config.presets import compose
from qfusion_core.evaluation.portability import compare
from qfusion_core.evaluation.row_selection import choose_rows

EXACT = ["statevector", "default-qubit", "lightning"]
# qiskit.aer is installed in one of the two environments that these tests run in
BACKENDS = pytest.mark.parametrize(
    ("exact", "sampled"),
    [
        (EXACT, ["sampled"]),
        pytest.param([*EXACT, "braket-local-exact"], ["braket-local"], marks=pytest.mark.vendor),
        pytest.param([*EXACT, "aer"], ["aer-sampled"], marks=pytest.mark.aer),
    ],
    ids=["plain", "braket", "aer"],
)


def trained(preset, rows=3, **choices):
    """A model with random weights on rows of random features: training changes no promise."""
    random = np.random.default_rng(5)
    data = Part(random.normal(size=(60, 6)).astype(np.float32), np.arange(60) % 3)
    quick = ["preprocess.quantum=[standardise,{pca: 4},standardise]", "quantum.options.layers=2"]
    spec = compose(preset, "wine", settings=quick, registry=Registry(), **choices)
    torch.manual_seed(3)
    model = FusionClassifier.fit_transforms(spec, data, n_classes=3, registry=Registry())
    model.attach(open_backend("statevector"))
    with torch.no_grad():
        for parameter in model.fusion.parameters():  # a gate of zero would hide every error
            parameter.add_(0.3 * torch.randn_like(parameter))
        model.train()(*model.preprocess(torch.from_numpy(data.x)))  # running means and variances
    return model.eval(), data[np.arange(rows)]


@BACKENDS
@pytest.mark.parametrize("preset", ["hardware", "paper", "strong"])
def test_exact_backends_agree(preset, exact, sampled):
    model, part = trained(preset)
    report = compare(model, part, {name: open_backend(name) for name in exact})
    assert [row.backend for row in report.backends] == exact
    assert report.backends[0].versus_reference is None
    for row in report.backends[1:]:
        assert row.shots is None
        versus = row.versus_reference
        assert versus.expectation_error.largest < 1e-8
        assert versus.logit_error < 1e-5
        assert versus.agreement == 1
        assert (versus.macro_f1, versus.macro_f1_interval) == (0, None)
        assert (versus.mcnemar.lost, versus.mcnemar.won, versus.mcnemar.p) == (0, 0, 1)
        assert versus.largest_in_standard_errors is None
        assert row.calibration_error == pytest.approx(report.backends[0].calibration_error)
    assert report.changed_without_tokens >= 0


@BACKENDS
@pytest.mark.parametrize("preset", ["hardware", "paper", "strong"])
def test_sampled_backends_stay_within_five_standard_errors(preset, exact, sampled):
    model, part = trained(preset, rows=2)
    names = ["statevector", *sampled]
    report = compare(model, part, {name: open_backend(name) for name in names})
    for row in report.backends[1:]:
        versus = row.versus_reference
        assert 0 < versus.largest_in_standard_errors < 5
        assert versus.expectation_error.largest > 1e-4
        assert tuple(versus.by_observable) == model.quantum.observables
        errors = versus.by_observable.values()
        assert max(each.largest for each in errors) == versus.expectation_error.largest
        assert np.mean([each.mean for each in errors]) == pytest.approx(
            versus.expectation_error.mean
        )


class Shrunk(BlackBoxDevice):
    """A third of each value, sampled."""

    name, shots = "shrunk", 1000

    def __init__(self, exact):
        self.exact, self.random = exact, np.random.default_rng(1)

    def evaluate(self, circuit, angles, observables):
        columns = iter(range(circuit.n_angles))
        gates = tuple(
            gate
            if gate.angle is None
            else replace(gate, angle=Angle((Term("data", next(columns), 1.0),)))
            for gate in circuit.gates
        )
        open_angles = Circuit(circuit.n_wires, gates, circuit.n_angles, 0)
        values = self.exact.expectations(open_angles, angles, angles.new_zeros(0), observables)
        drawn = self.random.binomial(self.shots, (1 + values.numpy() / 3) / 2)
        return torch.from_numpy(2 * drawn / self.shots - 1)


def test_the_noise_of_a_calibrated_value_is_that_of_the_calibrated_value():
    model, part = trained("hardware", rows=60)
    exact, words = model.device, model.quantum.observables
    line = Correction(scale=3.0, offset=0.0, raw_error=0.1, error=0.1)
    calibration = Calibration(
        backend="shrunk", device="shrunk", options="", circuit="", samples=9, seed=0,
        reference="exact", measurement=None, measured="2026-01-01",
        observables=dict.fromkeys(words, line), provenance={},
    )  # fmt: skip
    devices = {"exact": exact, "calibrated": CalibratedDevice(Shrunk(exact), calibration)}
    row = compare(model, part, devices).backends[1]
    units = [each.in_standard_errors for each in row.versus_reference.by_observable.values()]
    assert np.mean([each.rms for each in units]) == pytest.approx(1, abs=0.1)
    assert max(abs(each.mean) for each in units) < 4
    assert row.calibrated == "2026-01-01"


def test_a_model_that_ignores_its_tokens_is_seen():
    model, part = trained("strong", rows=20)
    with torch.no_grad():
        for block in model.fusion.blocks:
            for name, parameter in block.named_parameters():
                if "gate" in name:
                    parameter.zero_()
    report = compare(model, part, {"statevector": open_backend("statevector")})
    assert report.gates == (0.0,)
    assert report.changed_without_tokens == 0
    assert report.without_tokens == report.backends[0].scores
    model, part = trained("paper", rows=20)
    report = compare(model, part, {"statevector": open_backend("statevector")})
    assert report.gates is None
    assert report.changed_without_tokens > 0


def test_a_sampled_backend_is_no_reference():
    model, part = trained("hardware")
    with pytest.raises(InputError, match=r"'sampled' samples \(4096 shots\)"):
        compare(model, part, {"sampled": open_backend("sampled")})


@pytest.mark.parametrize("quantum", ["sham", "none"])
def test_a_model_without_a_circuit_is_refused(quantum):
    spec = compose("hardware", "wine", quantum=quantum, registry=Registry())
    data = Part(np.random.default_rng(0).random((30, 5), dtype=np.float32), np.arange(30) % 3)
    model = FusionClassifier.fit_transforms(spec, data, n_classes=3, registry=Registry())
    with pytest.raises(InputError, match="the model has no circuit"):
        compare(model, data, {"statevector": open_backend("statevector")})


def test_rows_are_drawn_by_class_and_by_seed():
    part = Part(np.arange(100, dtype=np.float32)[:, None], np.repeat([0, 1, 2], [50, 30, 20]))
    drawn = choose_rows(part, 10, seed=0)
    assert np.bincount(drawn.y).tolist() == [5, 3, 2]
    assert np.array_equal(drawn.x, choose_rows(part, 10, seed=0).x)
    assert not np.array_equal(drawn.x, choose_rows(part, 10, seed=1).x)
    assert len(choose_rows(part, 7, seed=0)) == 7
    assert choose_rows(part, None, seed=0) is part
    with pytest.raises(InputError, match=r"^samples 101: expected 1 to 100"):
        choose_rows(part, 101, seed=0)
