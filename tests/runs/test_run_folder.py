"""Run folders: what is in them, and what is said of those that are damaged."""

from __future__ import annotations

import json

import pytest
import torch
import yaml

from qfusion_core import InputError, Registry, load
from qfusion_core.config.presets import compose
from qfusion_core.workflows.resume_training import resume_training
from qfusion_core.workflows.train import train


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "wine"
    spec = compose("hardware", "wine", settings=["training.epochs=2"], registry=Registry())
    return train(spec, folder, backend="statevector").run


def refusal(path):
    with pytest.raises(InputError) as found:
        load(path)
    assert "\n" not in str(found.value)
    return str(found.value)


def test_what_is_in_it(run):
    names = {path.name for path in run.iterdir()}
    assert names == {
        "config.yaml", "model.safetensors", "history.jsonl", "metrics.json", "README.md"
    }  # fmt: skip
    metrics = json.loads((run / "metrics.json").read_text())
    assert set(metrics["test"]) == {"macro_f1", "weighted_f1", "accuracy"}
    assert metrics["rows"] == [120, 22, 36]
    assert len((run / "history.jsonl").read_text().splitlines()) == 2


def test_the_model_says_nothing_about_where_it_runs(run):
    text = (run / "config.yaml").read_text()
    spec = yaml.safe_load(text)["spec"]
    assert "backend" not in json.dumps(spec)
    assert b"statevector" not in (run / "model.safetensors").read_bytes()


def test_loaded_twice_it_gives_the_same(run):
    x = torch.rand(5, 13)
    first, second = load(run, "statevector"), load(run, "statevector")
    assert torch.equal(first(*first.preprocess(x)), second(*second.preprocess(x)))


def test_a_file_is_no_run(tmp_path):
    (tmp_path / "model.pt").touch()
    with pytest.raises(InputError, match=r"model.pt: not a run folder \(a file\); expected the"):
        load(tmp_path / "model.pt")


def test_missing(tmp_path):
    text = refusal(tmp_path / "nowhere")
    assert text == (
        f"{tmp_path / 'nowhere'}: not a run folder (no such folder); "
        "expected the folder that `qfusion train` wrote (in runs/, if its --out named no other)"
    )
    assert "no config.yaml in it" in refusal(tmp_path)


def test_runs_that_may_have_been_meant_are_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("runs/wine-strong-seed0", "runs/other", "elsewhere/mine"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "config.yaml").touch()
    wrote = "expected the folder that `qfusion train` wrote; "
    both = "known: runs/other, runs/wine-strong-seed0"
    one = f"did you mean 'runs/wine-strong-seed0'? {both}"
    assert refusal("wine-strong-seed0").endswith(f"(no such folder); {wrote}{one}")
    assert refusal("runs/wine-strng-seed0").endswith(wrote + one)
    assert refusal("runs").endswith(f"(no config.yaml in it); {wrote}{both}")
    found = refusal("elsewhere/min")
    assert f"did you mean 'elsewhere/mine'? known: elsewhere/mine, {both[7:]}" in found


@pytest.mark.parametrize("size", [0, 7, 100, 5000])
def test_weights_cut_short(run, size):
    file = run / "model.safetensors"
    file.write_bytes(file.read_bytes()[:size])
    assert f"{file}: cut short or not written by qfusion" in refusal(run)


def test_weights_missing(run):
    (run / "model.safetensors").unlink()
    assert "model.safetensors is missing; copy the whole folder, or train again" in refusal(run)


def test_newer_format(run):
    file = run / "config.yaml"
    file.write_text(file.read_text().replace("format: 1", "format: 2", 1))
    assert refusal(run) == (
        f"{file}:1:9: format: 2 is newer than this qfusion reads (1); upgrade qfusion"
    )


def test_configuration_cut_short(run):
    file = run / "config.yaml"
    file.write_text(file.read_text()[:300])
    assert str(file) in refusal(run)


def test_configuration_of_another_model(run):
    file = run / "config.yaml"
    file.write_text(file.read_text().replace("layers: 2", "layers: 3"))
    assert f"{run / 'model.safetensors'}: does not fit config.yaml beside it" in refusal(run)


def test_a_training_is_not_resumed_with_another_model(tmp_path):
    settings = ["training.epochs=2", "quantum.options.layers=1"]
    spec = compose("hardware", "wine", settings=settings, registry=Registry())

    def stop(state):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(spec, tmp_path / "run", backend="statevector", on_epoch=stop)
    file = tmp_path / "run" / "config.yaml"
    file.write_text(file.read_text().replace("layers: 1", "layers: 2"))
    with pytest.raises(InputError, match=r"training.safetensors: does not fit config.yaml"):
        resume_training(tmp_path / "run", backend="statevector")


def test_configuration_with_a_plugin_that_is_not_installed(run):
    file = run / "config.yaml"
    file.write_text(file.read_text().replace("type: cross-attention", "type: film-of-others"))
    assert "spec.fusion.type: unknown fusion 'film-of-others'" in refusal(run)


def test_a_folder_that_holds_something_is_not_overwritten(run):
    spec = compose("hardware", "wine", settings=["training.epochs=1"], registry=Registry())
    with pytest.raises(InputError, match=r"exists already; choose another folder$"):
        train(spec, run, backend="statevector")


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").touch()
    spec = compose("hardware", "wine", settings=["training.epochs=1"], registry=Registry())
    with pytest.raises(InputError, match=r"cannot write a run folder there .*another folder"):
        train(spec, tmp_path / "file" / "run", backend="statevector")


def test_features_that_do_not_fit_the_input_shape(run):
    file = run / "config.yaml"
    file.write_text(file.read_text().replace("input_shape:\n- 13", "input_shape:\n- 5"))
    assert "13 features for an input_shape of [5]" in refusal(run)


def test_data_that_changed_since_the_training_is_refused(tmp_path):
    from sklearn.datasets import load_wine

    from qfusion_core.runs.folder import RunFolder

    table = load_wine(as_frame=True).frame
    file = tmp_path / "table.csv"
    table.to_csv(file, index=False)
    settings = ["training.epochs=1"]
    spec = compose("hardware", f"file:{file}", settings=settings, registry=Registry())
    folder = train(spec, tmp_path / "run", backend="statevector").folder
    assert len(folder.load_split(Registry()).test) == 36
    table.iloc[::-1].to_csv(file, index=False)
    with pytest.raises(InputError, match="is not what the model was trained on"):
        RunFolder.open(folder.path).load_split(Registry())
