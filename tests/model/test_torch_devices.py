"""Models on a torch device that is not the CPU: nothing is left behind, and values stay.

The device is one of the tests' own (`support.second_device`), which refuses to be mixed with the
CPU as a GPU does; what only a GPU shows is marked ``gpu``.
"""

import copy
import itertools
import json
import re

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
from qfusion_core.config.torch_name import TORCH_TYPES
from qfusion_core.model.prediction import logits_in_chunks
from qfusion_core.model.rows_digest import rows_digest
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
    for name in ("cuda:999", "cuda:256", "cuda:128", "cuda:-1", "cuda:x", "cuda:01", "", 3):
        with pytest.raises(InputError, match=r"^torch device: expected cpu, cuda, cuda:N or auto"):
            usable_torch_device(name)
    assert torch_device_name(torch.device("cpu")) == "cpu"
    with pytest.raises(
        InputError, match=r"^torch device: expected cpu, cuda, cuda:N or auto, got 'gpu'"
    ):
        usable_torch_device("gpu")
    assert usable_torch_device("cpu:1") == torch.device("cpu")
    with SecondDevice():
        assert usable_torch_device("lazy") == THERE


def said_of(name):
    with pytest.raises(InputError) as error:
        usable_torch_device(name)
    return str(error.value).removeprefix("torch device: ")


def torch_types():
    with pytest.raises(RuntimeError) as error:
        torch.device("nothing")
    return re.findall(r"\w+", str(error.value).partition(" of ")[2].partition(" device type")[0])


@pytest.mark.parametrize("name", torch_types())
def test_a_type_of_torch_that_is_not_here_is_said_in_our_words(name, monkeypatch):
    """Also one of which torch warns, or for which it fails inside."""
    assert name in TORCH_TYPES
    monkeypatch.setattr(torch.accelerator, "is_available", lambda: False)
    monkeypatch.setattr(torch.version, "cuda", "13.0")
    if name != "cpu" and not (name == "cuda" and torch.cuda.is_available()):
        wanted = f"{name} cannot be used here (torch finds none); there is only the CPU: use cpu"
        assert said_of(name) == wanted


def test_an_accelerator_that_is_here_is_named_where_another_was_meant(monkeypatch):
    monkeypatch.setattr(torch.accelerator, "is_available", lambda: True)
    monkeypatch.setattr(torch.accelerator, "current_accelerator", lambda: THERE)
    monkeypatch.setattr(torch.accelerator, "device_count", lambda: 2)
    there = "; there are cpu, lazy:0, lazy:1: use one of them, or auto"
    with SecondDevice():
        assert said_of("meta") == f"meta cannot be used here (torch finds none){there}"
    # what torch finds and cannot use, for reasons that only its maker knows
    said = said_of("lazy")
    assert said.startswith("lazy cannot be used here (Could not run 'aten::")
    assert said_of("lazy:2").startswith("lazy:2 cannot be used here (there is none of that number)")
    assert said.endswith("; there is only the CPU: use cpu")


def test_an_accelerator_without_double_precision_is_refused(monkeypatch):
    monkeypatch.setattr(torch.accelerator, "is_available", lambda: True)
    monkeypatch.setattr(torch.accelerator, "current_accelerator", lambda: THERE)
    monkeypatch.setattr(torch.accelerator, "device_count", lambda: 1)
    ones = torch.ones

    def single(*shape, dtype, device):
        if dtype == torch.float64 and device.type == THERE.type:
            raise TypeError("no float64")
        return ones(*shape, dtype=dtype, device=device)

    monkeypatch.setattr(torch, "ones", single)
    with SecondDevice():
        assert said_of("lazy").startswith("lazy cannot be used here (it has no double precision);")
        assert usable_torch_device("auto") == torch.device("cpu")


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
    reason = "torch finds none" if torch.version.cuda else "torch is installed without CUDA"
    wanted = f"cuda cannot be used here ({reason}); there is only the CPU: use cpu"
    assert said_of("cuda") == wanted


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
