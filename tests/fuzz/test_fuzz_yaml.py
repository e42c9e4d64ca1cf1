"""YAML that anybody may have written: read, or one plain line with the path."""

from math import inf

import pytest

from qfusion_braket.pricing import PriceList as BraketPrices
from qfusion_core import Registry
from qfusion_core.backends.file import Backends
from qfusion_core.backends.opening import open_named
from qfusion_core.calibration import store
from qfusion_core.config.presets import PRESETS, compose
from qfusion_core.config.yaml_source import YamlDocument
from qfusion_ibm.device import IBM
from qfusion_ibm.pricing import PriceList as IbmPrices
from support.fuzz.mutations import ODD, TOKENS, damage_text, written
from support.fuzz.oracle import command, outcome

pytestmark = pytest.mark.usefixtures("outside")
REGISTRY = Registry()  # nothing is looked for before it is asked
PACKAGED = {
    "braket": YamlDocument.read("plugins/qfusion_braket/prices.yaml").data,
    "ibm": YamlDocument.read("plugins/qfusion_ibm/prices.yaml").data,
}
BACKENDS = {
    "version": 1,
    "default": "here",
    "backends": {
        "here": {"type": "statevector"},
        "sampled": {"type": "statevector", "options": {"shots": 100, "seed": 1}},
        "qubit": {"type": "pennylane", "options": {"device": "default.qubit", "shots": 10}},
        "local": {"type": "braket", "options": {"device": "local", "shots": 10}},
        "garnet": {
            "type": "braket",
            "options": {"device": "iqm/Garnet", "shots": 1000, "s3": "s3://results/here"},
            "budget": {"max_usd": 5, "max_jobs": 20},
        },
        "fez": {
            "type": "ibm",
            "options": {"backend": "ibm_fez", "shots": 4096, "mode": "batch"},
            "credentials": {"token": {"$env": "QISKIT_IBM_TOKEN"}},
            "budget": {"max_qpu_seconds": 120, "max_usd_total": 1.5},
        },
        "both": {"type": "pool", "options": {"backends": ["garnet", "fez"], "share": "even"}},
    },
}
CALIBRATION = {
    "format": 1, "backend": "aer", "device": "pennylane", "options": "0" * 64, "circuit": "1" * 64,
    "samples": 20, "seed": 0, "reference": "statevector", "measurement": None,
    "measured": "2026-01-31T10:00:00+00:00",
    "observables": {
        word: {"scale": 1.1, "offset": 0.01, "raw_error": 0.1, "error": 0.05}
        for word in ("ZIII", "IZII", "XXII")
    },
    "provenance": {"commit": None, "versions": {"torch": "2"}},
}  # fmt: skip
PARTS = [
    "version", "data.type", "data.options.path", "preprocess.classical", "preprocess.quantum",
    "classical", "classical.type", "classical.options.width", "quantum.type",
    "fusion.options.heads",
    "quantum.options.layers", "quantum.options.qubits", "fusion", "training", "training.epochs",
    "training.learning_rate", "training.clip_norm", "noise", "noise.depolarizing", "noise.snapshot",
    "", ".", "a.b.c.d", "training..epochs", "\x1b]0;owned\x07", "x" * 2000, "data.options.drop",
]  # fmt: skip
DATA = [
    "wine", "covertype:train=200,test=50", "fashion-mnist:classes=0,1,2", "steel", "file:t.csv",
    "file:", "wine:x=1", "file:~nobody/t.csv", "covertype:path=/etc", "wine:seed={a: [1, 2]}",
]  # fmt: skip


@pytest.fixture
def path(tmp_path):
    return tmp_path / "written.yaml"


def test_backends(rounds, path, capsys):
    def read():
        backends = Backends.read(path)
        for name in backends.entries:
            outcome(seed, backends.configured, name, REGISTRY, about=path.name)
            outcome(seed, backends.values_digests, name, REGISTRY)
            if backends.entries[name].type in ("statevector", "pennylane", "braket"):
                outcome(seed, open_named, backends, name, REGISTRY)
        return True

    for seed, random in rounds(30):
        path.write_bytes(written(BACKENDS, random))
        taken = outcome(seed, read, about=path.name)
        if random.random() < 0.03:
            code, *_ = command(capsys, seed, "backends", "--backends-file", path)
            assert (code == 0) == bool(taken.value), seed


def test_prices(rounds, path, monkeypatch):
    mitigated = IBM.Options(backend="ibm_fez", shots=1000, resilience_level=1)
    monkeypatch.setenv("QFUSION_PRICES", str(path))
    for seed, random in rounds(30):
        path.write_bytes(written(PACKAGED, random))
        for prices in (BraketPrices, IbmPrices):
            taken = outcome(seed, prices.read, about=path.name).value
            if isinstance(taken, IbmPrices):
                price = outcome(seed, taken.price, 10, mitigated).value
                assert price is None or 0 <= price.usd.low <= price.usd.high < inf, seed


def test_presets(rounds, path):
    known = [YamlDocument.read(each).data for each in sorted(PRESETS.glob("*.yaml"))]
    for seed, random in rounds(30):
        path.write_bytes(written(random.choice(known), random))
        data = random.choice(["wine", "covertype", "fashion-mnist"])
        outcome(seed, lambda: compose(str(path), data, registry=REGISTRY))  # noqa: B023


def test_settings_and_data(rounds):
    def word():
        text = random.choice([random.choice(TOKENS), str(random.choice(ODD))[:9999], "1", "[1, 2]"])
        return damage_text(text, random) if random.random() < 0.3 else text

    for seed, random in rounds(150):
        settings = [f"{random.choice(PARTS)}={word()}" for _ in range(random.choice([1, 1, 2]))]
        data = random.choice(DATA)
        if random.random() < 0.3:
            data, settings = damage_text(data, random, random.choice([1, 2])), []
        elif random.random() < 0.1:
            settings[0] = damage_text(settings[0], random)
        named = [random.choice([None, None, "none", "mlp", word()]) for _ in range(3)]
        outcome(
            seed,
            lambda: compose(
                "hardware", data, classical=named[0], quantum=named[1], fusion=named[2],  # noqa: B023
                settings=settings, registry=REGISTRY,  # noqa: B023
            ),
        )  # fmt: skip


def test_calibrations(rounds, tmp_path):
    path = store.place(tmp_path, "aer")
    path.parent.mkdir()
    for seed, random in rounds(30):
        path.write_bytes(written(CALIBRATION, random))
        taken = outcome(seed, store.read, tmp_path, "aer", about=path.name).value
        if taken is not None:
            assert taken.lines(tuple(taken.observables)).isfinite().all(), seed
