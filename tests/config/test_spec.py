"""Run specifications: presets, overlays, what the user changes, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from qfusion_core import InputError, Registry
from qfusion_core.config.presets import compose, merge, presets


@pytest.fixture(scope="module")
def registry():
    return Registry()


def test_presets_are_the_three_files():
    assert presets() == ["hardware", "paper", "strong", "wide"]


@pytest.mark.parametrize("preset", ["strong", "hardware", "paper", "wide"])
@pytest.mark.parametrize(
    "data", ["wine", "breast-cancer", "steel-plates-faults", "covertype", "fashion-mnist"]
)
@pytest.mark.parametrize("quantum", [None, "sham", "none", "reuploading"])
def test_every_preset_fits_every_data_set_and_control(preset, data, quantum, registry):
    spec = compose(preset, data, quantum=quantum, registry=registry)
    assert spec.data.type == data
    assert spec.quantum.type == (quantum or "hardware-efficient")


def test_images_stay_images_for_the_conv_encoder(registry):
    for preset in presets():
        spec = compose(preset, "fashion-mnist", classical="conv", registry=registry)
        assert spec.preprocess.classical == ()


def test_a_control_keeps_the_options_it_knows(registry):
    strong = compose("strong", "wine", registry=registry)
    sham = compose("strong", "wine", quantum="sham", registry=registry)
    shared = set(strong.quantum.options) & set(sham.quantum.options)
    assert {"readout", "layout", "encoding_scale"} <= shared
    assert all(sham.quantum.options[key] == strong.quantum.options[key] for key in shared)
    assert sham.model_copy(update={"quantum": strong.quantum}) == strong


def test_a_saved_spec_holds_every_option(registry):
    spec = compose("hardware", "wine", registry=registry)
    options = registry.get("fusion", "cross-attention").Options
    assert set(spec.fusion.options) == set(options.model_fields)


def test_settings_reach_any_depth(registry):
    settings = ["training.epochs=3", "quantum.options.layers=1", "preprocess.quantum=[{pca: 2}]"]
    spec = compose("strong", "wine", settings=settings, registry=registry)
    assert spec.training.epochs == 3
    assert spec.quantum.options["layers"] == 1
    assert spec.preprocess.quantum[0].pca == 2


def test_as_many_components_as_qubits(registry):
    """A saved run holds the number; without a quantum branch nobody asks for it."""
    for settings, qubits in ([], 32), (["quantum.options.qubits=100"], 100):
        spec = compose("wide", "wine", settings=settings, registry=registry)
        assert spec.preprocess.quantum[1].pca == spec.quantum.options["qubits"] == qubits
    for quantum in ("sham", "reuploading"):
        spec = compose("wide", "wine", quantum=quantum, registry=registry)
        assert spec.preprocess.quantum[1].pca == spec.quantum.options["qubits"] == 32
    compose("wide", "wine", quantum="none", registry=registry)


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        (
            "quantum.options.qubits=null",
            "{pca: qubits}: quantum.options.qubits is not set; set it, or give a number of comp",
        ),
        (
            "preprocess.classical=[{pca: qubits}]",
            "{pca: qubits} is for preprocess.quantum; give a number",
        ),
        ("preprocess.quantum=[{pca: qubit}]", "pca"),
    ],
)
def test_components_that_nobody_can_count_are_refused(setting, said, registry):
    with pytest.raises(InputError) as refused:
        compose("wide", "wine", settings=[setting], registry=registry)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value) and len(str(refused.value)) < 300


@pytest.mark.parametrize(
    ("data", "choice"),
    [
        ("wine", {"quantum": "sham"}),
        ("wine", {"quantum": "none"}),
        ("wine", {"fusion": "concat"}),
        ("fashion-mnist", {"classical": "conv"}),
    ],
)
def test_a_type_that_is_set_swaps_as_the_option_of_its_name_does(data, choice, registry):
    settings = [f"{key}.type={name}" for key, name in choice.items()]
    by_setting = compose("strong", data, settings=settings, registry=registry)
    assert by_setting == compose("strong", data, **choice, registry=registry)


def test_another_type_replaces_the_options():
    old = {"classical": {"type": "mlp", "options": {"hidden": [4]}}}
    assert merge(old, {"classical": {"type": "identity"}}) == {"classical": {"type": "identity"}}
    kept = merge(old, {"classical": {"options": {"dim": 2}}})
    assert kept["classical"] == {"type": "mlp", "options": {"hidden": [4], "dim": 2}}


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"preset": "stong"}, "unknown preset 'stong'; did you mean 'strong'?"),
        (
            {"data": "wime"},
            "data set 'wime': data.type: unknown dataset 'wime'; did you mean 'wine'?",
        ),
        ({"quantum": "shame"}, "quantum: unknown quantum encoder 'shame'; did you mean 'sham'?"),
        ({"fusion": "concatenate"}, "fusion: unknown fusion 'concatenate'"),
        (
            {"settings": ["training.epoch=2"]},
            "--set training.epoch: training: unknown key 'epoch', did you mean 'epochs'?",
        ),
        (
            {"settings": ["quantum.options.layer=2"]},
            "quantum.options: unknown key 'layer', did you mean 'layers'?",
        ),
        (
            {"settings": ["training.epochs=0"]},
            "--set training.epochs: should be greater than or equal",
        ),
        ({"settings": ["training.seed=4294967296"]}, "training.seed: should be less than"),
        ({"data": "file:"}, "data set 'file': no file; expected file:TABLE.csv"),
        ({"settings": ["training.epochs"]}, "expected dotted.place=value"),
        ({"settings": ["preprocess.classical=[standardize]"]}, "unknown transform 'standardize'"),
        ({"settings": ["preprocess.quantum=[{pca: -1}]"]}, "preprocess.quantum"),
        ({"settings": ["preprocess.quantum=[{pca: 1.5}]"]}, "whole number of components or a sh"),
        ({"settings": ["preprocess.quantum=[{pca: true}]"]}, "pca: should be a valid"),
        ({"settings": ["preprocess.quantum=pca"]}, "should be a list ([a, b]), got"),
        ({"settings": ["training.batch_size=1"]}, "should be greater than or equal to 2"),
        ({"settings": ["training.learning_rate=.inf"]}, "should be a finite number"),
        ({"preset": str(Path(__file__).parent)}, "expected a file .yaml or .yml"),
        ({"data": "wine:test=["}, "data set 'wine:test=[': test: '[' is not YAML"),
        ({"data": "covertype:train"}, "expected NAME:key=value,..., got 'train'"),
        (
            {"data": "covertype:trian=5"},
            "data set 'covertype:trian=5': data.options: unknown key 'trian', did you mean 'train'",
        ),
    ],
)
def test_refusals(arguments, text, registry):
    with pytest.raises(InputError) as refusal:
        compose(**({"preset": "strong", "data": "wine"} | arguments), registry=registry)
    assert text in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_users_preset_is_a_file_of_the_same_shape(tmp_path, registry):
    path = tmp_path / "mine.yaml"
    path.write_text("classical: identity\nquantum: none\nfusion: concat\n")
    spec = compose(str(path), "wine", registry=registry)
    assert (spec.classical.type, spec.quantum.type) == ("identity", "none")
    path.write_text("classical: identity\nquantum: none\nfuson: concat\n")
    with pytest.raises(InputError, match="unknown key 'fuson', did you mean 'fusion'"):
        compose(str(path), "wine", registry=registry)
