"""Models on a torch device that is not the CPU: nothing is left behind, and values stay.

The device is one of the tests' own (`support.second_device`), which refuses to be mixed with the
CPU as a GPU does; what only a GPU shows is marked ``gpu``.
"""

import copy
import itertools
import json

import numpy as np
import pytest
import torch

from qfusion_core import (
    InputError,
    Registry,
    open_backend,
    resume_training,
    train,
    untrained,
)
from qfusion_core.model.prediction import logits_in_chunks, rows_digest
from qfusion_core.model.torch_device import torch_device_name, usable_torch_device
from qfusion_core.noise.device import NoisyDevice
from qfusion_core.noise_parameters import Depolarizing, NoiseParameters
from support.models import by_parameter_shift, fresh_model
from support.second_device import THERE, SecondDevice

ROWS = torch.from_numpy(np.random.default_rng(0).normal(size=(12, 5)))
PRESETS = ("hardware", "paper", "strong", "wide")


def model(preset="hardware", *settings, backend="statevector", **choices):
    return fresh_model(ROWS, *settings, preset=preset, backend=backend, **choices).double()


def logits_and_gradients(made, device="cpu"):
    """Of a copy on a device, in evaluation mode, all of them on the CPU."""
    moved = copy.deepcopy(made).to(device).eval()
    logits = moved(*moved.preprocess(ROWS))
    assert logits.device == torch.device(device)
    logits.square().sum().backward()
    gradients = {n: p.grad.cpu() for n, p in moved.named_parameters() if p.grad is not None}
    return logits.detach().cpu(), gradients


def require_same(made):
    logits, gradients = logits_and_gradients(made)
    with SecondDevice():
        found, found_gradients = logits_and_gradients(made, THERE)
    torch.testing.assert_close(found, logits, rtol=0, atol=1e-10)
    assert found_gradients.keys() == gradients.keys() and len(gradients) > 4
    for name, gradient in gradients.items():
        torch.testing.assert_close(found_gradients[name], gradient, rtol=1e-8, atol=1e-9)


def test_the_device_of_these_tests_refuses_to_be_mixed():
    with SecondDevice():
        moved = torch.ones(3, device=THERE)
        assert moved.device == THERE and (moved * 2).sum().item() == 6
        assert type(moved.cpu()) is torch.Tensor
        with pytest.raises(RuntimeError, match="same device"):
            moved + torch.ones(3)
        with pytest.raises(TypeError, match="to numpy"):
            moved.numpy()


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_is_the_same_on_another_device(preset):
    require_same(model(preset))


def test_every_encoder_and_fusion_is_the_same_there():
    """Whatever is installed that takes a table."""
    registry = Registry()
    fusions, encoders = registry.names("fusion"), registry.names("quantum_encoder")
    assert len(fusions) > 1 and len(encoders) > 1
    for fusion, quantum in itertools.product(fusions, [*encoders, "none"]):
        made = model("strong", "classical.options.members=3", quantum=quantum, fusion=fusion)
        require_same(made)


@pytest.mark.parametrize("backend", ["default-qubit", "lightning"])
def test_a_backend_that_computes_on_the_cpu_gives_its_values_back(backend):
    require_same(model("hardware", "quantum.options.layers=1", backend=backend))


def test_rows_go_where_the_model_is_and_logits_come_back():
    made = model().eval()
    wanted, digest = logits_in_chunks(made, *made.preprocess(ROWS)), rows_digest(made, ROWS)
    with SecondDevice():
        made.to(THERE)
        found = logits_in_chunks(made, *made.preprocess(ROWS))
        assert type(found) is torch.Tensor
        torch.testing.assert_close(found, wanted)
        assert rows_digest(made, ROWS) == rows_digest(made, ROWS.to(THERE)) == digest


def test_names_of_torch_devices():
    assert usable_torch_device("cpu") == torch.device("cpu")
    for name in ("cuda:999", "cuda:256", "", 3):
        with pytest.raises(InputError, match=r"^torch device: expected cpu, cuda, cuda:N or auto"):
            usable_torch_device(name)
    assert torch_device_name(torch.device("cpu")) == "cpu"
    with pytest.raises(
        InputError, match=r"^torch device: expected cpu, cuda, cuda:N or auto, got 'gpu'"
    ):
        usable_torch_device("gpu")
    with pytest.raises(
        InputError, match=r"^torch device: meta cannot be used here \(.*\); use cpu, or"
    ):
        usable_torch_device("meta")
    with SecondDevice():
        assert usable_torch_device("lazy") == THERE


def test_auto_takes_an_accelerator_that_can_compute_in_double_precision(monkeypatch):
    found = [None, THERE, torch.device("meta")]
    monkeypatch.setattr(torch.accelerator, "is_available", lambda: found[0] is not None)
    monkeypatch.setattr(torch.accelerator, "current_accelerator", lambda: found[0])
    with SecondDevice():
        taken = [usable_torch_device("auto").type for found[0] in found]
    assert taken == ["cpu", THERE.type, "cpu"]


def test_tensors_that_are_made_elsewhere_by_default_are_no_matter(tmp_path):
    torch.set_default_device("meta")
    try:
        made = untrained("wine", preset="hardware", backend="statevector")
        rows = torch.from_numpy(made.split.train.x)
        assert made.model(*made.model.preprocess(rows)).isfinite().all()
    finally:
        torch.set_default_device(None)


@pytest.mark.skipif(torch.cuda.is_available(), reason="is about machines without a GPU")
def test_a_gpu_that_is_not_there_is_named():
    with pytest.raises(
        InputError, match=r"^torch device: cuda cannot be used here \(.*\); use cpu"
    ):
        usable_torch_device("cuda")


def shots(**options):
    kind = Registry().get("device", "statevector")
    return kind(kind.Options(shots=1000, seed=3, executor="torch", **options))


DEVICES = {
    "draws": shots,
    "gaussian": lambda: shots(sampling="gaussian"),
    "by parameter shift": by_parameter_shift,
    "noise": lambda: NoisyDevice(
        open_backend("statevector"),
        NoiseParameters(shots=1000, depolarizing=Depolarizing(two_qubit=0.01)),
    ),
}


@pytest.mark.parametrize("device", DEVICES)
def test_shots_and_noise_are_the_same_there(device):
    made = model("hardware", "quantum.options.layers=1")
    found = []
    for place in ("cpu", THERE):
        torch.manual_seed(1)
        with SecondDevice():
            found.append(logits_and_gradients(copy.deepcopy(made).attach(DEVICES[device]()), place))
    (logits, gradients), (there, gradients_there) = found
    torch.testing.assert_close(there, logits, rtol=0, atol=1e-9)
    torch.testing.assert_close(gradients_there, gradients, rtol=1e-7, atol=1e-8)


on_a_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")


@pytest.mark.gpu
@on_a_gpu
@torch.no_grad()
@pytest.mark.parametrize("preset", PRESETS)
def test_a_gpu_gives_the_values_of_the_cpu_in_single_precision(preset):
    made = model(preset).float().eval()
    wanted = made.quantum.expectations(made.preprocess(ROWS)[1])
    made.to("cuda")
    found = made.quantum.expectations(made.preprocess(ROWS)[1])
    torch.testing.assert_close(found.cpu(), wanted, rtol=0, atol=1e-5)


@pytest.mark.gpu
@on_a_gpu
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_autocast_on_a_gpu_leaves_the_circuit_its_digits(dtype):
    made = model("strong").float().to("cuda").eval()
    inputs = made.preprocess(ROWS)
    wanted = made.quantum.expectations(inputs[1])
    with torch.autocast("cuda", dtype):
        found = made.quantum.expectations(inputs[1])
        made(*inputs).square().sum().backward()
    torch.testing.assert_close(found, wanted, rtol=0, atol=1e-6)
    assert all(weight.grad.isfinite().all() for weight in made.quantum.parameters())


@pytest.mark.gpu
@on_a_gpu
def test_a_training_that_is_cut_off_on_a_gpu_goes_on_with_its_random_numbers(tmp_path):
    quick = ["training.epochs=3", "classical.options.dropout=0.5"]

    def cut(state):
        if state.epoch == 2:
            raise KeyboardInterrupt

    whole = train(
        "wine", tmp_path / "whole", preset="hardware", settings=quick, torch_device="cuda"
    )
    with pytest.raises(KeyboardInterrupt):
        train(
            "wine", tmp_path / "cut", preset="hardware", settings=quick, torch_device="cuda",
            on_epoch=cut,
        )  # fmt: skip
    resumed = resume_training(tmp_path / "cut")
    assert "cuda" in resumed.metrics["torch_device"]
    last, wanted = (run.folder.history.read_text().splitlines()[-1] for run in (resumed, whole))
    assert json.loads(last) == pytest.approx(json.loads(wanted), rel=1e-3)
