"""Values at any angles are those of the backend, to the last digits; shots are not amplified."""

import math
import sys

import pytest
import torch

from qfusion_core import Angle, Circuit, Gate, Registry, Term, open_backend
from qfusion_core.surrogate.grid import Grid
from qfusion_core.surrogate.table import Table, shot_variance
from support.encoders import encoder
from support.places import EXAMPLE, THIRD_PARTY


@pytest.fixture(scope="module")
def exact():
    kind = Registry().get("device", "statevector")
    return kind(kind.Options(executor="torch"))


def distilled(circuit, words, weights, device, seed=0, shots=None):
    grid = Grid.of(circuit, words, seed)
    values = device.expectations(circuit, grid.data, weights, words)
    return Table(grid, values, shots), grid


def somewhere(circuit, rows=20):
    generator = torch.Generator().manual_seed(1)
    return 4 * torch.randn(rows, circuit.n_data, dtype=torch.float64, generator=generator)


CASES = [
    *(("hardware-efficient", 4, {"layers": 2, "entangler": entangler, "readout": readout})
      for entangler in ("ring", "linear", "brick", "strong", "none")
      for readout in ("xyz", "z+zz-all")),
    ("hardware-efficient", 4, {"layers": 1, "entangler": "brick", "entangling_gate": "cz"}),
    ("hardware-efficient", 3, {"qubits": 8, "layers": 2, "entangler": "brick",
                               "readout": "z+zz-line", "repeat": "cycle"}),
    ("reuploading", 2, {"layers": 3, "entangler": "ring"}),
    ("reuploading", 5, {"qubits": 2, "layers": 3, "entangler": "ring", "readout": "xyz+pairs"}),
    ("hardware-efficient", 32, {"layers": 1, "entangler": "brick", "readout": "z+zz-line"}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "features", "options"), CASES)
def test_it_is_exact(exact, name, features, options):
    torch.manual_seed(0)
    made = encoder(name, features, **options)
    circuit, words, weights = made.traced, made.observables, made.weights.detach().flatten()
    table, _ = distilled(circuit, words, weights, exact)
    data = somewhere(circuit)
    expected = exact.expectations(circuit, data, weights, words)
    torch.testing.assert_close(table.at(data), expected, rtol=0, atol=1e-10)
    torch.testing.assert_close(table.at(data.float()), expected.float(), rtol=0, atol=2e-5)


def test_scales_and_shared_entries(exact):
    """Entries of several degrees, with halves and negative scales, two of them in one angle."""

    def angle(*terms):
        return Angle(tuple(Term("data", index, scale) for index, scale in terms), 0.3)

    gates = (
        Gate("RY", (0,), angle((0, 0.5))), Gate("RX", (1,), angle((0, 1.0), (1, -2.0))),
        Gate("CNOT", (0, 1)), Gate("RY", (1,), angle((2, 1.0))), Gate("CNOT", (1, 2)),
        Gate("RY", (2,), angle((0, -1.5))), Gate("RX", (2,), angle((2, 2.0))),
    )  # fmt: skip
    circuit = Circuit(3, gates, n_data=3, n_weights=0)
    words, nothing = ["ZII", "IYI", "XIZ", "ZZZ", "III"], torch.zeros(0, dtype=torch.float64)
    table, grid = distilled(circuit, words, nothing, exact, seed=5)
    assert grid.degrees.largest == (6, 1, 3)
    data = somewhere(circuit)
    expected = exact.expectations(circuit, data, nothing, words)
    torch.testing.assert_close(table.at(data), expected, rtol=0, atol=1e-10)


def test_it_is_exact_under_noise_that_does_not_depend_on_the_data(monkeypatch):
    """Unequal readout errors mix a word with its parts, which the gates may turn otherwise."""
    for folder in (EXAMPLE, THIRD_PARTY / "queue", THIRD_PARTY / "noisy"):
        monkeypatch.syspath_prepend(folder)
    from acme_noisy import Noisy

    noisy = Noisy(Noisy.Options(readout_error=(0.02, 0.1), two_qubit=0.05, one_qubit=0.01))
    torch.manual_seed(0)
    for options in ({"entangler": "brick", "layers": 2}, {"entangler": "linear", "layers": 1}):
        made = encoder("hardware-efficient", 4, readout="z+zz-line", **options)
        circuit, words, weights = made.traced, made.observables, made.weights.detach().flatten()
        table, _ = distilled(circuit, words, weights, noisy)
        data = somewhere(circuit, 5)
        expected = noisy.expectations(circuit, data, weights, words)
        torch.testing.assert_close(table.at(data), expected, rtol=0, atol=1e-10)
    sys.modules.pop("acme_noisy", None)


def test_gradients_are_those_of_the_simulator(exact):
    torch.manual_seed(0)
    made = encoder("reuploading", 3, layers=2, entangler="linear", readout="z+zz-all")
    circuit, words, weights = made.traced, made.observables, made.weights.detach().flatten()
    table, _ = distilled(circuit, words, weights, exact)
    gradients = []
    for at in (table.at, lambda data: exact.expectations(circuit, data, weights, words)):
        data = somewhere(circuit).requires_grad_()
        values = at(data)
        (gradient,) = torch.autograd.grad((values * torch.linspace(-1, 1, len(words))).sum(), data)
        gradients.append(gradient)
    torch.testing.assert_close(*gradients, rtol=0, atol=1e-10)


def test_rows_are_cut_without_a_trace(exact, monkeypatch):
    made = encoder("hardware-efficient", 4, layers=2, entangler="linear", readout="z+zz-all")
    circuit, words, weights = made.traced, made.observables, made.weights.detach().flatten()
    table, _ = distilled(circuit, words, weights, exact, shots=100)
    data = somewhere(circuit)
    whole = table.at(data), table.errors_at(data)
    monkeypatch.setattr("qfusion_core.surrogate.table._MOST_ELEMENTS", 1)
    for one, other in zip(whole, (table.at(data), table.errors_at(data)), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-12)
    assert table.at(data[:0]).shape == (0, len(words))


def test_standard_errors_are_those_of_the_shots(exact):
    """The spread of many surrogates is what each says; it is never larger than one row's own."""
    torch.manual_seed(0)
    shots, made = 400, encoder("hardware-efficient", 4, layers=1, entangler="brick",
                               readout="z+zz-line")  # fmt: skip
    circuit, words, weights = made.traced, made.observables, made.weights.detach().flatten()
    true, grid = distilled(circuit, words, weights, exact, shots=shots)
    data = somewhere(circuit, 8)
    values = exact.expectations(circuit, grid.data, weights, words)
    noise = shot_variance(values, shots).sqrt()
    found = torch.stack(
        [Table(grid, values + noise * torch.randn_like(noise), shots).at(data) for _ in range(800)]
    )
    said = true.errors_at(data)
    assert found.std(0) == pytest.approx(said, rel=0.12)
    assert said.square().mean() <= 1.05 * shot_variance(torch.zeros(()), shots)
    # a word that sees fewer entries than the grid has colours averages over the others
    one = [number for number, of in enumerate(grid.degrees.of_words) if sum(map(bool, of)) == 2]
    expected = math.sqrt((1 - values.square()).mean() / shots / grid.rows * 3**2)
    assert float(said[:, one].mean()) == pytest.approx(expected, rel=0.3)


def test_the_packaged_backend_gives_the_same(exact):
    made = encoder("hardware-efficient", 2, layers=1)
    circuit, words, weights = made.traced, made.observables, made.weights.detach().flatten()
    one, _ = distilled(circuit, words, weights, exact)
    other, _ = distilled(circuit, words, weights, open_backend("statevector"))
    data = somewhere(circuit)
    torch.testing.assert_close(one.at(data), other.at(data))
