"""The benchmark of light cones: what it runs is what it says."""

import importlib
import json
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "examples" / "benchmarks"


@pytest.fixture
def module(monkeypatch):
    """The modules beside the scripts, importable as they are for them."""
    monkeypatch.syspath_prepend(str(FOLDER))
    return importlib.import_module


def test_a_case_is_the_same_in_cones_and_in_one_piece(module):
    make = module("cones.child").make
    cones, whole = (make("brick", 10, 2, 3, whole=one)() for one in (False, True))
    for one, other in zip(cones, whole, strict=True):
        assert float((one - other).abs().max()) < 1e-5


def test_what_is_drawn_is_a_line_for_each_entangler(module, tmp_path):
    points = [{"qubits": n, "ms": (n / 10, n / 11, n / 9)} for n in (16, 100, 156)]
    module("cones.plot").draw({"brick": points, "brick-cz": points}, tmp_path / "plot.svg")
    assert "brick-cz" in (tmp_path / "plot.svg").read_text()
    fit = module("light_cones").fit(points)
    assert fit["ms_per_qubit"] == pytest.approx(0.1) and fit["r_squared"] == pytest.approx(1)


def test_the_results_are_those_of_the_targets():
    found = json.loads((FOLDER / "results" / "light_cones.json").read_text())
    assert max(found["errors"].values()) < 1e-10
    for curve in found["growth"].values():
        assert curve["r_squared"] > 0.95
        assert [point["qubits"] for point in curve["points"]][-1] == 156
        (hundred,) = [point["ms"][0] for point in curve["points"] if point["qubits"] == 100]
        assert hundred <= 25
    assert found["whole"]["cones_ms"][0] <= 4
