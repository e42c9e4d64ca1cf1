"""`qfusion calibrate`: the fit, its file, where it is applied and where it is refused."""

import io
import json

import pandas as pd
import pytest
import torch
import yaml
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import load_wine

import qfusion_core
from qfusion_core.calibration.fit import fit_affine
from qfusion_core.runs.folder import RunFolder

slopes = st.floats(0.3, 1.0)
shifts = st.floats(-0.2, 0.2)


@given(slopes, shifts, st.integers(3, 40), st.integers(0, 2**31))
def test_an_affine_distortion_is_undone(slope, shift, rows, seed):
    random = torch.Generator().manual_seed(seed)
    exact = torch.rand(rows, 2, generator=random, dtype=torch.float64) * 2 - 1
    fit = fit_affine(slope * exact + shift, exact, None)
    assert torch.allclose(fit.scale, torch.full_like(fit.scale, 1 / slope), rtol=1e-6)
    assert torch.allclose(fit.offset, torch.full_like(fit.offset, -shift / slope), atol=1e-6)
    assert float(fit.error.max()) < 1e-6 or rows == 3


@given(st.integers(2, 60), st.integers(0, 2**31))
def test_the_fit_is_no_worse_than_none_on_its_own_rows(rows, seed):
    random = torch.Generator().manual_seed(seed)
    raw, exact = torch.rand(2, rows, 3, generator=random, dtype=torch.float64) * 2 - 1
    fit = fit_affine(raw, exact, None)
    after = (fit.scale * raw + fit.offset - exact).square().mean(0).sqrt()
    assert bool((after <= fit.raw_error + 1e-9).all())
    assert bool((after <= fit.error + 1e-9).all())  # rows that are left out are harder


@given(st.integers(4, 30), st.integers(0, 2**31))
def test_errors_leave_each_row_out(rows, seed):
    random = torch.Generator().manual_seed(seed)
    raw, exact = torch.rand(2, rows, 1, generator=random, dtype=torch.float64) * 2 - 1
    errors = []
    for row in range(rows):
        kept = torch.arange(rows) != row
        fit = fit_affine(raw[kept], exact[kept], None)
        errors.append(fit.scale * raw[row] + fit.offset - exact[row])
    by_hand = torch.stack(errors).square().mean(0).sqrt()
    assert torch.allclose(fit_affine(raw, exact, None).error, by_hand, rtol=1e-6)


@pytest.mark.parametrize(
    ("rows", "shots", "spread"), [(2, None, 1), (30, 100, 0.05), (30, None, 0)]
)
def test_where_raw_values_hardly_vary_only_the_offset_is_fitted(rows, shots, spread):
    raw = torch.linspace(0, spread, rows).reshape(-1, 1).double()
    fit = fit_affine(raw, -3 * raw + 0.5, shots)
    assert fit.scale.tolist() == [1.0]
    assert float(fit.offset) == pytest.approx(float((-4 * raw + 0.5).mean()))


@pytest.fixture
def calibrate(shell, own):
    return lambda backend="noisy", *words: shell("calibrate", own, "--backend", backend, *words)


def test_errors_become_smaller_and_the_file_says_where_it_comes_from(calibrate, own, shell):
    code, out, err = calibrate("noisy", "--samples", 24, "--json")
    assert (code, err) == (0, "")
    document = json.loads(out)
    path = own / "calibration" / "noisy.yaml"
    assert document["file"] == str(path)
    kept = yaml.safe_load(path.read_text())
    assert {key: kept[key] for key in ("backend", "device", "samples", "seed", "reference")} == {
        "backend": "noisy", "device": "noisy", "samples": 24, "seed": 0, "reference": "exact",
    }  # fmt: skip
    assert "torch" in kept["provenance"]["versions"]
    fits = list(kept["observables"].values())
    assert len(fits) == 10
    assert all(fit["error"] < fit["raw_error"] for fit in fits)
    assert sum(fit["error"] for fit in fits) < sum(fit["raw_error"] for fit in fits) / 4
    words = ("compare", own, "--backends", "noisy", "--json")
    raw, after = (json.loads(shell(*words, *more)[1])["backends"][1] for more in (("--raw",), ()))
    largest = [row["versus_reference"]["expectation_error"]["largest"] for row in (raw, after)]
    assert largest[1] < largest[0] / 3
    assert (raw["calibrated"], after["calibrated"]) == (None, kept["measured"])


def test_test_rows_are_never_measured(calibrate, own, machine):
    calibrate("queue", "--samples", 40, "--yes")
    folder = RunFolder.open(own)
    split = folder.load_split(qfusion_core.Registry())
    model = qfusion_core.load(own, "exact").double()
    asked = torch.tensor([row for job in machine.jobs.values() for row in job["angles"]])
    angles = {}
    for name in ("train", "test"):
        _, x_q = model.preprocess(torch.from_numpy(getattr(split, name).x))
        angles[name] = model.quantum.traced.angles(
            model.quantum.encode(x_q), model.quantum.weights.flatten()
        ).detach()
    distance = {name: torch.cdist(asked.double(), each).min(1)[0] for name, each in angles.items()}
    assert float(distance["train"].max()) < 1e-5
    assert float(distance["test"].min()) > 1e-3


def test_verbs_apply_it_and_say_so(calibrate, own, shell, tmp_path):
    calibrate()
    line = "noisy: calibrated on 32 training rows, "
    code, out, err = shell("evaluate", own, "--backend", "noisy", "--json")
    assert code == 0
    assert json.loads(out)["calibrated"] is not None
    assert err.startswith(line)
    assert err.endswith("; --raw leaves that off\n")
    _, out, err = shell("evaluate", own, "--backend", "noisy", "--raw", "--json")
    assert (json.loads(out)["calibrated"], err) == (None, "")
    assert shell("evaluate", own, "--backend", "secretive")[2] == ""  # it is another backend's
    load_wine(as_frame=True).frame.drop(columns="target").to_csv(tmp_path / "x.csv", index=False)
    words = ("predict", own, "x.csv", "--backend", "noisy")
    (_, out, err), (_, raw, _) = shell(*words), shell(*words, "--raw")
    assert err.startswith(line)
    assert pd.read_csv(io.StringIO(out)).shape == pd.read_csv(io.StringIO(raw)).shape == (178, 3)
    assert out != raw
    model = qfusion_core.load(own, "noisy")
    x_c, x_q = model.preprocess(torch.randn(3, 13))
    plain = qfusion_core.load(own, "noisy", raw=True)
    assert not torch.allclose(model(x_c, x_q), plain(x_c, x_q), atol=1e-6)


def test_values_are_not_clipped_and_gradients_pass(calibrate, own):
    calibrate()
    path = own / "calibration" / "noisy.yaml"
    kept = yaml.safe_load(path.read_text())
    for fit in kept["observables"].values():
        fit |= {"scale": 3.0, "offset": 0.5}
    path.write_text(yaml.safe_dump(kept, sort_keys=False))
    model = qfusion_core.load(own, "noisy").double()
    raw = qfusion_core.load(own, "noisy", raw=True).double()
    _, x_q = model.preprocess(torch.zeros(2, 13))
    values = model.quantum.expectations(x_q)
    assert torch.allclose(values, 3 * raw.quantum.expectations(x_q) + 0.5)
    assert float(values.detach().abs().max()) > 1
    values.sum().backward()
    raw.quantum.expectations(x_q).sum().backward()
    assert torch.allclose(model.quantum.weights.grad, 3 * raw.quantum.weights.grad)


def test_it_is_refused_where_it_does_not_fit(calibrate, own, shell, tmp_path):
    calibrate()
    path, file = own / "calibration" / "noisy.yaml", tmp_path / "backends.yaml"
    text = file.read_text()
    file.write_text(text.replace("two_qubit: 0.03", "two_qubit: 0.04"))
    code, _, err = shell("evaluate", own, "--backend", "noisy")
    assert code == 2
    assert err == (
        f"error: {path}: measured with other options than backend 'noisy' or the model has now; "
        "calibrate again, or leave it off with --raw\n"
    )
    assert shell("evaluate", own, "--backend", "noisy", "--raw")[0] == 0
    file.write_text(text)
    kept = yaml.safe_load(path.read_text())
    kept["circuit"] = "0" * 64
    kept["observables"].pop("ZIII")
    path.write_text(yaml.safe_dump(kept, sort_keys=False))
    code, _, err = shell("compare", own, "--backends", "noisy")
    assert code == 2
    assert "measured with other circuit and observables than backend 'noisy'" in err
    path.write_text("format: 1\nbackend: [\n")
    code, _, err = shell("evaluate", own, "--backend", "noisy")
    assert code == 2
    assert str(path) in err


def test_a_measurement_on_a_paid_machine(calibrate, machine, own, shell):
    code, _, err = calibrate("queue")
    assert code == 2
    assert "add --yes to agree" in err
    assert not machine.jobs
    first = json.loads(calibrate("queue", "--samples", 60, "--yes", "--json")[1])
    assert len(machine.jobs) == 2  # 60 rows, 50 in a job
    again = json.loads(calibrate("queue", "--samples", 60, "--json")[1])
    assert first["measurement"] == again["measurement"] is not None
    assert first["observables"] == again["observables"]
    assert len(machine.jobs) == 2
    jobs = json.loads(shell("jobs", own, "--json")[1])["measurements"]
    assert [(each["verb"], each["subject"]) for each in jobs] == [
        ("calibrate", "training part, 60 rows, seed 0")  # what was refused left nothing
    ]
    assert jobs[0]["id"] == first["measurement"]


def test_what_cannot_be_calibrated(calibrate, shell, tmp_path):
    assert "unknown backend 'nosy'" in calibrate("nosy")[2]
    code, _, err = calibrate("exact")
    assert code == 2
    assert "backend 'exact' is the backend itself and cannot be the reference" in err
    assert (
        "backend 'sampled' samples (1000 shots) and cannot be the reference; name an"
        in (calibrate("noisy", "--reference", "sampled")[2])
    )
    assert "backend 'noisy' has noise" in calibrate("secretive", "--reference", "noisy")[2]
    code, _, err = calibrate("noisy", "--samples", 1000)
    assert code == 2
    assert ": samples 1000: expected 2 to 120, the rows of the training part" in err
    quick = ("--preset", "hardware", "--set", "training.epochs=1")
    assert shell("train", "wine", *quick, "--quantum", "sham", "--out", tmp_path / "sham")[0] == 0
    code, _, err = shell("calibrate", tmp_path / "sham", "--backend", "noisy")
    assert code == 2
    assert "the model has no circuit" in err
