"""What the committed study of surrogates shows is what is promised of them."""

import json

from support.places import ROOT

STUDY = json.loads(
    (ROOT / "examples/benchmarks/results/surrogate/ibm-noisy.json").read_text(encoding="utf-8")
)
PAGE = (ROOT / "docs/how-to/distil.md").read_text(encoding="utf-8")


def test_a_surrogate_is_as_good_as_direct_measurement():
    uniform, real = STUDY["rms"]["uniform"], STUDY["rms"]["real"]
    assert (STUDY["jobs"], uniform["rows"], STUDY["grid"]) == (20, 2000, 81)
    assert abs(uniform["ratio"] - 1) <= 0.05
    assert uniform["polynomial off by"] < 1e-12, "the snapshot's noise does not depend on the data"
    assert abs(real["the backend's own"] / real["direct"] - 1) < 0.15, "the same machine"
    for each in (uniform, real):
        assert f"{each['ratio']:.3f}".lstrip("0") in PAGE


def test_its_check_is_quiet_and_finds_what_is_wrong():
    found = STUDY["check"]
    assert found["sound"]["jobs"] == 500 and 0.03 <= found["sound"]["share"] <= 0.07
    for fault in ("drifting", "angled"):
        assert found[fault]["jobs"] == 100 and found[fault]["alarms"] >= 95
    assert f"Of 500 sound jobs {found['sound']['alarms']} were called not sound" in PAGE


def test_width_does_not_matter():
    assert [(each["qubits"], each["rows"]) for each in STUDY["wide"]] == [(32, 729), (100, 729)]
    assert all(each["off by"] < 1e-12 and each["ratio"] < 1.05 for each in STUDY["wide"])


def test_the_page_says_what_refit_gave():
    folder = ROOT / "examples/benchmarks/results/surrogate"
    document = json.loads((folder / "refit-wine.json").read_text(encoding="utf-8"))
    assert len(document["results"]) == 10
    for pair in ("refit", "calibrated", "encoding on exact"):
        found = document["summary"]["differences"][f"encoding - {pair}"]
        said = f"{found['mean']:+.3f}"
        limits = f"{found['low']:+.3f} to {found['high']:+.3f}"
        text = " ".join(PAGE.split())
        assert said in text and limits in text
