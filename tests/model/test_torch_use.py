"""A model in a training that somebody else wrote: loaders, autocast, compile, several processes."""

import copy

import jaxtyping
import numpy as np
import pytest
import torch
import torch.multiprocessing as mp
from torch import nn
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader, Dataset, TensorDataset

from qfusion_core import (
    InputError,
    NoiseParameters,
    Registry,
    full_precision,
    open_backend,
)
from qfusion_core.noise.device import NoisyDevice
from qfusion_core.noise_parameters import Depolarizing
from support.models import by_parameter_shift, fresh_model

ROWS = torch.from_numpy(np.random.default_rng(0).normal(size=(24, 5)))
LABELS = torch.arange(24) % 3


def model(preset="hardware", *settings, **choices):
    """Without dropout: what is drawn would depend on how batches are cut."""
    made = fresh_model(ROWS, *settings, preset=preset, **choices)
    for module in made.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
    return made


def step(made, inputs, labels, loss=nn.functional.cross_entropy):
    optimizer = torch.optim.SGD(made.parameters(), lr=0.1)
    value = loss(made(*inputs), labels)
    value.backward()
    optimizer.step()
    return value.detach()


class Preprocessed(Dataset):
    """Rows that are preprocessed where they are read: in a worker."""

    def __init__(self, made, encode):
        self.made, self.encode = made, encode

    def __len__(self):
        return len(ROWS)

    @torch.no_grad()
    def __getitem__(self, number):
        x_c, x_q = self.made.preprocess(ROWS[number, None])
        return x_c[0], (self.made.quantum(x_q) if self.encode else x_q)[0]


@pytest.mark.parametrize("encode", [False, True])
def test_workers_of_a_loader_have_the_same_rows_and_tokens(encode):
    made = model().eval()
    loader = DataLoader(
        Preprocessed(made, encode), batch_size=8, num_workers=2, multiprocessing_context="fork"
    )
    found = [torch.cat(parts) for parts in zip(*loader, strict=True)]
    x_c, x_q = made.preprocess(ROWS)
    torch.testing.assert_close(found[0], x_c)
    torch.testing.assert_close(found[1], made.quantum(x_q).detach() if encode else x_q)


DEVICES = {
    "noise": lambda: NoisyDevice(
        open_backend("statevector"), NoiseParameters(depolarizing=Depolarizing(two_qubit=0.01))
    ),
    "parameter shift": by_parameter_shift,
    "backpropagation": lambda: open_backend("default-qubit"),
}


@pytest.mark.parametrize("device", DEVICES)
def test_values_and_gradients_of_any_device_keep_their_digits_under_autocast(device):
    made = model("hardware", "quantum.options.layers=1").attach(DEVICES[device]())
    x_q = made.preprocess(ROWS)[1]
    found = []
    for low in (False, True):
        made.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=low):
            values = made.quantum.expectations(x_q)
        values.square().sum().backward()
        found.append((values.detach(), made.quantum.weights.grad.clone()))
    (values, gradient), (of_low, gradient_of_low) = found
    torch.testing.assert_close(of_low, values, rtol=0, atol=1e-6)
    torch.testing.assert_close(gradient_of_low, gradient, rtol=1e-5, atol=1e-5)
    made.zero_grad()
    with torch.autocast("cpu", torch.bfloat16):  # torch advises against it: sums are short then
        made.quantum.expectations(x_q).square().sum().backward()
    torch.testing.assert_close(made.quantum.weights.grad, gradient, rtol=0.05, atol=0.05)


def test_products_of_matrices_keep_single_precision_where_the_user_has_less():
    made = model().quantum
    circuit, weights = made.traced, made.weights.flatten()
    data = torch.rand(4, circuit.n_data)
    wanted = circuit.angles(data, weights)
    torch.set_float32_matmul_precision("medium")
    try:
        assert torch.equal(circuit.angles(data, weights), wanted)
        assert torch.get_float32_matmul_precision() == "medium"
        with full_precision(torch.device("cpu")):
            assert torch.get_float32_matmul_precision() == "highest"
    finally:
        torch.set_float32_matmul_precision("highest")


class Refused(Preprocessed):
    """Rows, and what is said of a circuit that is asked for there."""

    def __getitem__(self, number):
        x_c, x_q = self.made.preprocess(ROWS[number, None])
        try:
            self.made.quantum(x_q)
        except InputError as error:
            return x_c[0], str(error)
        return x_c[0], ""


def test_a_worker_that_is_spawned_preprocesses_and_says_what_a_circuit_lacks():
    """Keys and open connections do not travel: a device is opened where it is used."""
    made = model().eval()
    loader = DataLoader(
        Refused(made, True), batch_size=24, num_workers=1, multiprocessing_context="spawn"
    )
    ((x_c, said),) = loader
    torch.testing.assert_close(x_c, made.preprocess(ROWS)[0])
    assert "has no device; set encoder.device = qfusion_core.open_backend(NAME)" in said[0]


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("quantum", [*Registry().names("quantum_encoder"), "none"])
def test_autocast_trains_and_leaves_the_circuit_its_digits(quantum, dtype):
    made = model("strong", quantum=quantum)
    inputs = made.preprocess(ROWS)
    exact, low = copy.deepcopy(made), copy.deepcopy(made)
    wanted = step(exact, inputs, LABELS)
    values = []
    if quantum not in ("sham", "none"):
        low.quantum.standard.register_forward_hook(lambda _, given, __: values.append(given[0]))
    with torch.autocast("cpu", dtype):
        found = step(low, inputs, LABELS)
    torch.testing.assert_close(found.float(), wanted, atol=0.05, rtol=0.05)
    assert all(weight.isfinite().all() for weight in low.parameters())
    assert bool(values) == (quantum not in ("sham", "none"))
    for of in values:
        torch.testing.assert_close(of, made.quantum.expectations(inputs[1]), rtol=0, atol=1e-6)


@pytest.fixture
def unchecked():
    """What looks at shapes in these tests is nothing that torch compiles."""
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)


@pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor that is not a leaf")
def test_a_compiled_model_takes_the_same_step(unchecked):
    made = model("strong", "fusion.options.token_dropout=0").double()
    inputs, compiled = made.preprocess(ROWS), copy.deepcopy(made)
    wanted = step(made, inputs, LABELS)
    found = step(torch.compile(compiled, backend="aot_eager"), inputs, LABELS)
    torch.testing.assert_close(found, wanted)
    for ours, theirs in zip(compiled.parameters(), made.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs)
    torch._dynamo.reset()


@pytest.mark.parametrize("preset", ["hardware", "strong", "wide"])
def test_a_state_dict_saved_by_torch_is_the_model(preset, tmp_path):
    made = model(preset).eval()
    torch.save(made.state_dict(), tmp_path / "weights.pt")
    other = model(preset).eval()
    with torch.no_grad():
        for weight in other.parameters():
            weight.zero_()
    other.load_state_dict(torch.load(tmp_path / "weights.pt", weights_only=True))
    inputs = made.preprocess(ROWS)
    assert torch.equal(other(*inputs), made(*inputs))


def worker(rank, place, wanted):
    """One of two processes, each with half of the rows; gradients are averaged."""
    torch.set_num_threads(1)
    torch.distributed.init_process_group(
        "gloo", init_method=f"file://{place}/meeting", rank=rank, world_size=2
    )
    made = model("hardware", "quantum.options.standardise=false").double()
    parallel = DistributedDataParallel(made)
    mine = TensorDataset(*made.preprocess(ROWS), LABELS)
    (batch,) = DataLoader(mine, batch_size=12, sampler=range(rank, 24, 2))
    step(parallel, batch[:2], batch[2])
    for name, weight in made.state_dict().items():
        torch.testing.assert_close(weight, wanted[name], rtol=0, atol=1e-10, msg=name)
    torch.distributed.destroy_process_group()


def test_two_processes_take_the_step_that_one_takes(tmp_path):
    made = model("hardware", "quantum.options.standardise=false").double()
    step(made, made.preprocess(ROWS), LABELS)
    mp.start_processes(worker, (str(tmp_path), made.state_dict()), nprocs=2, start_method="fork")
