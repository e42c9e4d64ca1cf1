"""Noise that is injected while training, against density matrices with the same channels."""

import json
from functools import reduce

import numpy as np
import pytest
import torch
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from qfusion_core import Angle, Circuit, Gate, InputError, NoiseParameters, Registry, Term
from qfusion_core import open_backend as open_named
from qfusion_core.config.presets import compose
from qfusion_core.noise.affine import affine_noise
from qfusion_core.noise.device import NoisyDevice
from qfusion_core.noise.pauli_paths import survival
from qfusion_core.runs.folder import RunFolder
from qfusion_core.runs.loading import load_model
from qfusion_core.testing import ReferenceDevice
from qfusion_core.workflows.resume_training import resume_training
from qfusion_core.workflows.train import train
from support.places import THIRD_PARTY

EXACT = ReferenceDevice(ReferenceDevice.example())
PAIRS = {"CNOT": 2, "CZ": 2, "SWAP": 2}
CLIFFORD = {"H": 1, "X": 1, "Y": 1, "Z": 1, "S": 1, "Sdg": 1, "SX": 1, "SXdg": 1, **PAIRS}
TURNING = {"RX": 1, "RY": 1, "RZ": 1, "H": 1, "T": 1, "CNOT": 2, "CZ": 2}

small = st.floats(0, 0.2)
noises = st.builds(
    lambda p01, p10, one, two: {"readout_error": (p01, p10), "one_qubit": one, "two_qubit": two},
    *[small] * 4,
)


@st.composite
def circuits(draw, names, wires=3):
    gates = []
    for _ in range(draw(st.integers(1, 8))):
        name = draw(st.sampled_from(sorted(names)))
        on = tuple(draw(st.permutations(range(wires)))[: names[name]])
        angle = Angle((), draw(st.floats(-3, 3))) if name in ("RX", "RY", "RZ") else None
        gates.append(Gate(name, on, angle))
    return Circuit(wires, tuple(gates), 0, 0)


words = st.lists(
    st.text("IXYZ", min_size=3, max_size=3).filter(lambda word: word != "III"),
    min_size=1,
    max_size=4,
    unique=True,
)


def parameters(noise, shots=None):
    gates = {"one_qubit": noise["one_qubit"], "two_qubit": noise["two_qubit"]}
    return NoiseParameters(shots=shots, readout_error=noise["readout_error"], depolarizing=gates)


@pytest.fixture(autouse=True, scope="module")
def machine_with_noise():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(THIRD_PARTY / "noisy")
        yield


def simulated(noise, shots=None, seed=None):
    from acme_noisy import Noisy

    return Noisy(Noisy.Options(**noise, shots=shots, seed=seed))


def values(device, circuit, observables, rows=1):
    data, weights = torch.zeros(rows, 0).double(), torch.zeros(0).double()
    return device.expectations(circuit, data, weights, observables)


@settings(max_examples=20)
@given(circuits(CLIFFORD), words, noises)
def test_clifford_circuits_are_exact(circuit, observables, noise):
    # the simulation's own readout rotations have no error either
    ours = values(NoisyDevice(EXACT, parameters(noise)), circuit, observables)
    assert torch.allclose(ours, values(simulated(noise), circuit, observables), atol=1e-9)


@settings(max_examples=15)
@given(circuits(TURNING), words, noises)
def test_readout_error_is_exact_on_any_circuit(circuit, observables, noise):
    noise |= {"one_qubit": 0.0, "two_qubit": 0.0}
    ours = values(NoisyDevice(EXACT, parameters(noise)), circuit, observables)
    assert torch.allclose(ours, values(simulated(noise), circuit, observables), atol=1e-9)


@settings(max_examples=40)
@given(circuits(TURNING), words)
def test_without_noise_nothing_changes(circuit, observables):
    for nothing in ({}, {"readout_error": 0.0, "depolarizing": {"one_qubit": 0.0}}):
        device = NoisyDevice(EXACT, NoiseParameters(**nothing))
        assert torch.equal(
            values(device, circuit, observables), values(EXACT, circuit, observables)
        )


@settings(max_examples=40)
@given(circuits(TURNING), words, small, small, st.floats(0, 1))
def test_factors_are_shares_and_fall_with_the_error(circuit, observables, one, two, share):
    error = parameters({"readout_error": (0, 0), "one_qubit": one, "two_qubit": two}).gates
    less = error.model_copy(update={"one_qubit": one * share, "two_qubit": two * share})
    gates = len(circuit.gates)
    for worse, better in zip(
        survival(circuit, observables, error), survival(circuit, observables, less), strict=True
    ):
        assert (1 - max(one, two)) ** gates - 1e-12 <= worse <= better + 1e-12 <= 1 + 1e-9


@pytest.fixture(scope="module")
def ansatz():
    """The circuit of the hardware preset, 40 rows of data, and random weights."""
    registry = Registry()
    spec = compose("hardware", "wine", registry=registry)
    encoder = registry.get("quantum_encoder", spec.quantum.type)
    torch.manual_seed(2)
    made = encoder(encoder.Options(**spec.quantum.options), n_features=4)
    data = made.encode(torch.randn(40, 4)).detach().double()
    return made.traced, data, made.observables


@pytest.mark.parametrize("seed", range(4))
def test_a_trained_circuit_is_met_to_one_hundredth(ansatz, seed):
    """Errors as of a good machine; exact values are off by four times as much, or more."""
    circuit, data, observables = ansatz
    noise = {"readout_error": (0.02, 0.04), "one_qubit": 0.001, "two_qubit": 0.015}
    weights = torch.rand(circuit.n_weights, generator=torch.manual_seed(seed)).double() * 6
    call = (circuit, data, weights, observables)
    real = simulated(noise).expectations(*call)
    ours = NoisyDevice(EXACT, parameters(noise)).expectations(*call)
    ideal = EXACT.expectations(*call)
    left = (ours - real).square().mean().sqrt()
    assert float(left) < 0.01
    assert float(left) < float((ideal - real).square().mean().sqrt()) / 4
    assert float((ours - real).abs().max()) < 0.04


def test_shot_noise_has_the_mean_and_variance_of_draws(ansatz):
    """From 4000 evaluations with 100 shots each: both within five standard errors."""
    circuit, data, observables = ansatz
    noise = {"readout_error": (0.05, 0.1), "one_qubit": 0.0, "two_qubit": 0.0}
    weights, rows = torch.ones(circuit.n_weights).double(), 4000
    call = (circuit, data[:1].expand(rows, -1), weights, observables)
    torch.manual_seed(1)
    ours = NoisyDevice(EXACT, parameters(noise, shots=100)).expectations(*call)
    angles = circuit.angles(data[:1], weights)
    shares = simulated(noise).probabilities(circuit, angles, "ZZZZ")[0]
    counts = np.random.default_rng(1).multinomial(100, shares / shares.sum(), size=rows)
    signs = [np.array([1, 1 if letter == "I" else -1]) for letter in "IZ"]
    columns = [
        reduce(np.kron, [signs["IZ".index(letter)] for letter in word]) for word in observables
    ]
    drawn = torch.from_numpy(counts / 100 @ np.stack(columns, axis=1))
    mean = NoisyDevice(EXACT, parameters(noise)).expectations(*call)[0]
    variance = (1 - mean.square()) / 100
    for found in (ours, drawn):
        assert bool(((found.mean(0) - mean).abs() < 5 * (variance / rows).sqrt()).all())
        assert bool(((found.var(0) / variance - 1).abs() < 5 * (2 / rows) ** 0.5).all())


def test_it_is_differentiable(ansatz):
    circuit, data, observables = ansatz
    device = NoisyDevice(
        EXACT, NoiseParameters(readout_error=(0.1, 0.2), depolarizing={"two_qubit": 0.05})
    )
    inputs = (data[:2].clone().requires_grad_(), torch.ones(circuit.n_weights).double())
    inputs[1].requires_grad_()
    assert torch.autograd.gradcheck(
        lambda data, weights: device.expectations(circuit, data, weights, observables), inputs
    )
    noise = affine_noise(circuit, observables, device.noise_model())
    assert noise.words[: len(observables)] == observables


def test_a_wide_circuit_takes_its_light_cone():
    """Every letter on eight qubits: the paths are more than are followed."""
    turns = [
        Gate(name, (w,), Angle((Term("data", 0, 1.0),))) for name in ("RX", "RZ") for w in range(8)
    ]
    ring = [Gate("CNOT", (w, (w + 1) % 8)) for w in range(8)]
    circuit = Circuit(8, (*turns, *ring) * 3, 1, 0)
    error = NoiseParameters(depolarizing={"one_qubit": 0.001, "two_qubit": 0.01}).gates
    (factor,) = survival(circuit, ["ZIIIIIII"], error)
    assert 0.999**48 * 0.99**24 <= factor < 0.95


QUICK = ("training.epochs=2", "noise.shots=40", "noise.readout_error=0.05")


def noisy_spec(*settings, **choices):
    return compose("hardware", "wine", settings=settings, registry=Registry(), **choices)


def test_validation_is_exact_unless_asked(tmp_path):
    losses = {}
    for asked in ("false", "true"):
        spec = noisy_spec(*QUICK, f"noise.validation={asked}")
        folder = train(spec, tmp_path / asked, backend=open_named("statevector")).folder
        model = load_model(folder, Registry()).attach(open_named("statevector"))
        part = folder.load_split(Registry()).validation
        with torch.no_grad():
            logits = model(*model.preprocess(torch.from_numpy(part.x)))
        exact = float(torch.nn.functional.cross_entropy(logits, torch.from_numpy(part.y)))
        history = [json.loads(line) for line in folder.history.read_text().splitlines()]
        best = max(history, key=lambda epoch: epoch["score"])
        losses[asked] = abs(best["validation_loss"] - exact)
        assert "40 shots, readout error 0.05 and 0.05" in folder.card.read_text()
    assert losses["false"] < 1e-5 < 1e-4 < losses["true"]


def test_resumed_it_ends_like_an_uninterrupted_run(tmp_path):
    class Cut(Exception):
        pass

    def cut(state):
        if len(state.history) == 1:
            raise Cut

    spec, device = noisy_spec(*QUICK), open_named("statevector")
    whole = train(spec, tmp_path / "whole", backend=device).folder
    ideal = train(noisy_spec(QUICK[0]), tmp_path / "ideal", backend=device).folder
    with pytest.raises(Cut):
        train(spec, tmp_path / "cut", backend=device, on_epoch=cut)
    weights = resume_training(tmp_path / "cut", backend=device).folder.model.read_bytes()
    assert weights == whole.model.read_bytes() != ideal.model.read_bytes()


def test_a_snapshot_is_written_down_in_figures(shell, tmp_path):
    words = ("train", "wine", "--preset", "hardware", "--set", "training.epochs=1")
    snapshot = ("--set", "noise.snapshot=noisy", "--set", "noise.shots=500")
    assert shell(*words, *snapshot, "--out", "run")[0] == 0
    noise = yaml.safe_load((tmp_path / "run" / "config.yaml").read_text())["spec"]["noise"]
    assert noise == {
        "shots": 500, "readout_error": [0.05, 0.1], "snapshot": "noisy", "validation": False,
        "depolarizing": {"one_qubit": 0.001, "two_qubit": 0.03},
    }  # fmt: skip
    assert "(figures of 'noisy')" in (tmp_path / "run" / "README.md").read_text()
    (tmp_path / "backends.yaml").unlink()
    assert shell("evaluate", "run")[0] == 0
    assert RunFolder.open(tmp_path / "run").config.spec.noise.gates.two_qubit == 0.03


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (["noise.shot=5"], "unknown key 'shot', did you mean 'shots'?"),
        (["noise={}"], "names no noise; give shots, readout_error, depolarizing or snapshot"),
        (["noise.readout_error=1.5"], "noise.readout_error"),
        (["noise.readout_error=[0.1, 0.2, 0.3]"], "noise.readout_error"),
        (["noise.depolarizing.two_qubit=-1"], "noise.depolarizing.two_qubit"),
        (["noise.shots=0"], "noise.shots"),
        (["noise.snapshot=nosy"], "unknown backend 'nosy'"),
        (["noise.snapshot=exact"], "noise.snapshot: backend 'exact' (device 'statevector') tells"),
        (["noise.shots=5", "quantum.type=sham"], "noise: is injected into the values of a circuit"),
        (["noise.shots=5", "quantum.type=none"], "noise: is injected into the values of a circuit"),
    ],
)
def test_what_is_refused(shell, tmp_path, settings, said):
    more = [word for setting in settings for word in ("--set", setting)]
    code, _, err = shell("train", "wine", "--preset", "hardware", *more, "--out", "run")
    assert code == 2
    (line,) = err.splitlines()
    assert said in line
    assert not (tmp_path / "run").exists()


def test_noise_on_noise_is_refused(shell):
    words = ("train", "wine", "--preset", "hardware", "--set", "noise.shots=5", "--backend")
    for name in ("sampled", "noisy"):
        code, _, err = shell(*words, name)
        assert code == 2
        assert "noise: is added to exact values, and device 'noisy' has noise of its own" in err
    with pytest.raises(InputError):
        NoisyDevice(simulated({}, shots=5), NoiseParameters(shots=5))


def test_the_simulation_that_all_this_is_held_against():
    """A Bell pair by hand: XX shrinks by both gates' errors, ZZ by the second's."""
    noise = {"readout_error": (0.0, 0.0), "one_qubit": 0.1, "two_qubit": 0.2}
    bell = Circuit(2, (Gate("H", (0,)), Gate("CNOT", (0, 1))), 0, 0)
    found = values(simulated(noise), bell, ["XX", "ZZ", "ZI"])
    assert np.allclose(found, [[0.9 * 0.8, 0.8, 0.0]])
