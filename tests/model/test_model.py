"""The model: shapes, members, controls, and what is refused."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch

from qfusion_core import FusionClassifier, InputError, Part, Registry, open_backend
from qfusion_core.config.presets import compose
from qfusion_core.model.prediction import logits_from_tokens, logits_in_chunks, quantum_tokens
from qfusion_core.model.token_classifier import FusionHead, member_mean
from qfusion_core.training.fit import TrainingRows, fit_prepared
from qfusion_core.training.state import start


def part(rows=40, features=5, classes=3):
    random = np.random.default_rng(0)
    x = random.normal(size=(rows, features)).astype(np.float32)
    return Part(x, np.arange(rows) % classes)


def model(*settings, preset="hardware", **choices):
    spec = compose(preset, "wine", settings=settings, registry=Registry(), **choices)
    torch.manual_seed(0)
    made = FusionClassifier.fit_transforms(spec, part(), n_classes=3, registry=Registry())
    return made.attach(open_backend("statevector")).eval()


@pytest.mark.parametrize("members", [1, 4])
@pytest.mark.parametrize("quantum", [None, "sham", "none"])
def test_logits_have_one_row_per_sample(members, quantum):
    made = model(f"classical.options.members={members}", quantum=quantum)
    inputs = made.preprocess(torch.from_numpy(part().x))
    assert made(*inputs).shape == (40, 3)
    assert made.member_logits(inputs[0], made.tokens(inputs[1])).shape == (40, members, 3)
    assert (made.fusion is None) == (quantum == "none")


def test_the_prediction_is_the_mean_of_the_members_softmaxes():
    logits = torch.randn(5, 4, 3, dtype=torch.float64)
    torch.testing.assert_close(
        member_mean(logits).softmax(-1), logits.softmax(-1).mean(1), rtol=0, atol=1e-12
    )
    assert torch.equal(member_mean(logits[:, :1]), logits[:, 0])


def test_members_see_the_same_tokens_and_the_circuit_runs_once_per_sample():
    made = model("classical.options.members=4")
    rows = []
    device = made.device
    original = device.expectations
    device.expectations = lambda c, data, *rest: rows.append(len(data)) or original(c, data, *rest)
    made(*made.preprocess(torch.from_numpy(part().x)))
    assert rows == [40]


def test_chunks_and_known_tokens_change_nothing():
    made = model("classical.options.members=2")
    x_c, x_q = made.preprocess(torch.from_numpy(np.tile(part().x, (40, 1))))
    whole = made(x_c, x_q)
    torch.testing.assert_close(logits_in_chunks(made, x_c, x_q), whole)
    tokens = quantum_tokens(made, x_q)
    torch.testing.assert_close(logits_from_tokens(made, x_c, tokens), whole)


@pytest.mark.parametrize("members", [1, 4])
def test_a_head_learns_on_known_tokens_and_nothing_else_does(members):
    """It gives what the model gives; the weights that it trains are the model's own."""
    dropout = "classical.options.dropout=0.5"
    made = model(f"classical.options.members={members}", dropout)
    x_c, x_q = made.preprocess(torch.from_numpy(part().x))
    tokens = quantum_tokens(made, x_q)
    before, modules = copy.deepcopy(made.state_dict()), dict(made.named_modules())
    head = FusionHead(made).eval()
    assert torch.equal(head(x_c, tokens), logits_from_tokens(made, x_c, tokens))
    head.train()
    assert torch.equal(head.classical(x_c), made.classical(x_c))  # nothing is dropped out
    spec = compose("hardware", "wine", registry=Registry()).training.model_copy(
        update={"epochs": 2}
    )
    rows = TrainingRows(x_c, tokens, part().y)
    made.device.expectations = None  # no circuit is run
    fit_prepared(start(head, spec, len(part())), rows, rows, spec)
    changed = {
        name for name, tensor in made.state_dict().items() if not torch.equal(tensor, before[name])
    }
    assert {name.partition(".")[0] for name in changed} == {"fusion", "head"}
    assert dict(made.named_modules()) == modules
    assert all(weight.requires_grad for weight in made.parameters())


def test_the_device_is_not_in_the_weights():
    made = model()
    assert made.device.name == "statevector"
    assert not any("device" in name for name in made.state_dict())


def test_samples_of_another_shape_are_refused():
    with pytest.raises(InputError, match=r"expected samples of shape \[5\], as in training, got"):
        model().preprocess(torch.zeros(2, 6))


def test_images_in_the_quantum_branch_are_refused():
    spec = compose("hardware", "wine", settings=["preprocess.quantum=[]"], registry=Registry())
    pixels = np.random.default_rng(0).random((4, 1, 4, 4), dtype=np.float32)
    images = Part(pixels, np.arange(4) % 2)
    with pytest.raises(InputError, match="add a transform such as"):
        FusionClassifier.fit_transforms(spec, images, n_classes=2, registry=Registry())


def test_a_circuit_larger_than_the_backend_is_refused(tmp_path):
    path = tmp_path / "backends.yaml"
    path.write_text(
        "version: 1\ndefault: small\nbackends:\n"
        "  small: {type: pennylane, options: {device: default.qubit, wires: 2}}\n"
    )
    small = open_backend("small", path)
    with pytest.raises(InputError) as refused:
        model().attach(small)
    assert str(refused.value) == (
        "the circuit has 4 qubits, device 'pennylane' has 2; use a quantum encoder with fewer "
        "qubits, or another backend"
    )


def test_float64_models_compute_in_float64():
    made = model().double()
    inputs = made.preprocess(torch.from_numpy(part().x))
    assert inputs[0].dtype == torch.float64
    assert made(*inputs).dtype == torch.float64


@pytest.mark.parametrize("quantum", ["hardware-efficient", "reuploading", "sham"])
@pytest.mark.parametrize("fusion", ["cross-attention", "concat"])
def test_gradients_reach_every_parameter(quantum, fusion):
    made = model("training.seed=0", quantum=quantum, fusion=fusion).train()
    x_c, x_q = made.preprocess(torch.from_numpy(part().x))
    loss = torch.nn.functional.cross_entropy(made(x_c, x_q), torch.from_numpy(part().y))
    loss.backward()
    assert [name for name, p in made.named_parameters() if p.grad is None] == []
