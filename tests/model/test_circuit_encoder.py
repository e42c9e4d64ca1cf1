"""CircuitEncoder: features to tokens, on a device that comes from outside."""

import copy
import pickle

import pennylane as qml
import pytest
import torch

import qfusion_core
from qfusion_core import CircuitEncoder, InputError, Options
from qfusion_core.circuits.pauli_words import pauli_words, token_layout


class Tilted(CircuitEncoder):
    """As a plugin's author would write it: data twice as wide as the features, by `encode`."""

    name = "tilted"

    def __init__(self, options, *, n_features, standardise=True):
        words = pauli_words("z+zz-all", n_features)
        super().__init__(
            options,
            n_features=n_features,
            n_wires=n_features,
            weights=torch.randn(1, n_features, 3),
            observables=words,
            layout=token_layout(words, "per-qubit"),
            n_data=2 * n_features,
            standardise=standardise,
        )
        self.scale = torch.nn.Parameter(torch.ones(n_features))
        self.traces = 0

    def encode(self, x):
        scaled = torch.tanh(self.scale * x)
        return torch.cat([scaled, scaled * scaled.roll(1, dims=1)], dim=1)

    def circuit(self, data, weights):
        self.traces += 1
        qml.AngleEmbedding(data[: self.n_wires], wires=range(self.n_wires))
        qml.StronglyEntanglingLayers(weights, wires=range(self.n_wires))
        qml.AngleEmbedding(data[self.n_wires :], wires=range(self.n_wires), rotation="Y")


@pytest.fixture
def encoder(reference):
    torch.manual_seed(0)
    encoder = Tilted(Options(), n_features=3)
    encoder.device = reference
    return encoder


def test_tokens_are_standardised_values_laid_out(encoder):
    x = torch.randn(8, 3)
    raw = encoder.expectations(x)
    assert raw.shape == (8, 6)
    assert raw.abs().max() <= 1
    tokens = encoder(x)
    assert encoder.output_shape == tokens.shape[1:] == (3, 3)
    scored = (raw - raw.mean(0)) / (raw.var(0, unbiased=False) + 1 / 4096).sqrt()
    assert torch.allclose(tokens, scored[:, encoder.layout], atol=1e-5)


def test_evaluation_uses_running_statistics(encoder):
    x = torch.randn(8, 3)
    for _ in range(3):
        encoder(x)
    encoder.eval()
    raw, standard = encoder.expectations(x), encoder.standard
    scored = (raw - standard.running_mean) / (standard.running_var + 1 / 4096).sqrt()
    assert torch.allclose(encoder(x), scored[:, encoder.layout], atol=1e-5)
    assert torch.allclose(encoder(x[:1]), encoder(x)[:1], atol=1e-5)


def test_one_row_in_training_is_scored_by_what_was_seen_before(encoder):
    x = torch.randn(8, 3)
    encoder(x)
    before = encoder.standard.running_var.clone()
    token = encoder(x[:1])
    assert torch.equal(encoder.standard.running_var, before)
    encoder.eval()
    assert torch.allclose(token, encoder(x[:1]), atol=1e-6)


def test_no_rows_give_no_tokens(encoder):
    assert encoder(torch.zeros(0, 3)).shape == (0, 3, 3)


def test_without_standardising_tokens_are_the_values(reference):
    encoder = Tilted(Options(), n_features=2, standardise=False)
    encoder.device = reference
    x = torch.randn(4, 2)
    assert torch.equal(encoder(x), encoder.expectations(x)[:, encoder.layout])
    assert set(encoder.state_dict()) == {"weights", "scale"}


def test_everything_trainable_gets_a_gradient(encoder):
    encoder(torch.randn(4, 3)).square()[:, 0].sum().backward()
    for name, parameter in encoder.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().max() > 0, name


def test_the_circuit_is_traced_once_and_copies_keep_it(encoder):
    encoder(torch.randn(2, 3))
    first = encoder.traces
    twin = copy.deepcopy(encoder).double()
    twin(torch.randn(2, 3, dtype=torch.float64))
    encoder(torch.randn(2, 3))
    assert encoder.traces == twin.traces == first
    assert twin.traced == encoder.traced
    assert twin.device is encoder.device


def test_the_device_is_in_no_checkpoint(encoder):
    assert set(encoder.state_dict()) == {
        "weights",
        "scale",
        "standard.running_mean",
        "standard.running_var",
        "standard.num_batches_tracked",
    }
    assert encoder.device not in list(encoder.modules())
    loaded = pickle.loads(pickle.dumps(encoder))
    with pytest.raises(InputError, match="Tilted has no device"):
        loaded.expectations(torch.zeros(1, 3))


def test_without_a_device_the_way_to_one_is_named():
    with pytest.raises(
        InputError, match=r"no device; set encoder\.device = .*open_backend\(NAME\)"
    ):
        Tilted(Options(), n_features=2)(torch.zeros(1, 2))


def test_a_device_that_is_too_small_is_refused_when_set(encoder, reference):
    small = type(reference)()
    small.max_wires = 2
    with pytest.raises(InputError, match="the circuit has 3 qubits, device 'reference' has 2; "):
        encoder.device = small
    assert encoder.device is reference


def test_features_of_the_wrong_width_are_named(encoder):
    with pytest.raises(InputError, match=r"features: expected shape \[batch, 3\], got \[2, 4\]"):
        encoder(torch.zeros(2, 4))


def test_an_encode_that_forgets_entries_is_named(reference):
    class Narrow(Tilted):
        def encode(self, x):
            return x

    narrow = Narrow(Options(), n_features=2)
    narrow.device = reference
    with pytest.raises(
        InputError, match=r"Narrow\.encode: expected shape \[5, 4\] \(batch, n_data\), got \[5, 2\]"
    ):
        narrow(torch.zeros(5, 2))


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"observables": ("ZZZ",)}, "observables: 'ZZZ' is not a Pauli word of 2 letters"),
        ({"layout": ((0, 1), (0,))}, r"layout: all tokens need the same number .* got \[1, 2\]"),
        ({"layout": ()}, r"layout: all tokens need the same number of entries, .* got \[\]"),
        ({"layout": ((0,), (2,))}, r"layout: indices must lie in 0\.\.1, got \[\[0\], \[2\]\]"),
    ],
)
def test_words_and_layouts_that_do_not_fit_are_refused(change, text):
    class Any(CircuitEncoder):
        def circuit(self, data, weights):
            qml.RX(data[0], wires=0)

    fitting = {"n_wires": 2, "weights": torch.zeros(1), "observables": ("ZI", "IZ")}
    assert Any(Options(), n_features=1, **fitting).output_shape == (2, 1)
    with pytest.raises(InputError, match=text):
        Any(Options(), n_features=1, **{**fitting, **change})


def test_the_public_names():
    assert qfusion_core.CircuitEncoder is CircuitEncoder
    assert issubclass(qfusion_core.QNodeEncoder, CircuitEncoder)
