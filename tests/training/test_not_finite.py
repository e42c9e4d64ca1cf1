"""Numbers that are not finite stop a training and name the row; no score is ever NaN."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pandas as pd
import pytest
import torch

from qfusion_core import InputError, QfusionError, Registry
from qfusion_core.cli import main
from qfusion_core.config.presets import compose
from qfusion_core.data.finite_rows import RowNotFinite, require_finite_logits, require_finite_rows
from qfusion_core.runs.folder import load_split
from qfusion_core.workflows.resume_training import resume_training
from qfusion_core.workflows.train import train


def table(path, fill=None, rows=80):
    """A table in which one row, if any, holds a fill value."""
    random = np.random.default_rng(0)
    frame = pd.DataFrame({name: random.normal(size=rows) for name in ("dem", "slope", "ndvi")})
    frame["label"] = np.where(frame["slope"] + frame["dem"] > 0, "wet", "dry")
    if fill:
        row, value = fill
        frame.loc[row, "dem"] = value
    frame.to_csv(path, index=False)
    return path


def compose_for(path, *settings):
    quick = ["training.epochs=3", "quantum.options.layers=1", *settings]
    return compose("hardware", f"file:{path}", settings=quick, registry=Registry())


def row_of(path, part):
    """A row of the file that lies in a part."""
    spec = compose_for(path)
    wanted = getattr(load_split(spec.data, 0, Registry()), part).x[0, 0]
    column = pd.read_csv(path)["dem"].to_numpy()
    return int(np.argmin(np.abs(column - wanted)))


@pytest.mark.parametrize("value", [-9e35, 1e30])  # larger ones are refused when a file is read
@pytest.mark.parametrize("part", ["validation", "test"])
def test_a_fill_value_names_the_row_and_the_feature(tmp_path, part, value):
    path = table(tmp_path / "t.csv")
    table(path, (row_of(path, part), value))
    with pytest.raises(InputError) as refused:
        train(compose_for(path), tmp_path / "run")
    said = str(refused.value)
    assert (
        f"row 1 of the {part} part gives values that are not finite (its 'dem' is {value:.6g}"
        in (said)
    )
    assert "correct or remove that row" in said
    assert not (tmp_path / "run" / "model.safetensors").exists()
    assert not (tmp_path / "run" / "metrics.json").exists()


def test_the_last_finite_checkpoint_stays(tmp_path):
    path = table(tmp_path / "t.csv")
    seen = []

    def spoil(state):
        seen.append(state)
        if len(state.history) == 2:
            with torch.no_grad():
                state.model.head.weight.fill_(float("nan"))

    with pytest.raises(QfusionError, match="epoch 3: "):
        train(compose_for(path), tmp_path / "run", on_epoch=spoil)
    lines = (tmp_path / "run" / "history.jsonl").read_text().splitlines()
    assert [json.loads(line)["epoch"] for line in lines] == [1, 2]
    folder = resume_training(tmp_path / "run").folder
    assert folder.read_metrics()["epochs"] == 3
    assert "NaN" not in folder.metrics.read_text()


def test_weights_that_are_no_longer_finite_are_no_rows_fault(tmp_path):
    path = table(tmp_path / "t.csv")

    def spoil(state):
        state.model.head.bias.register_hook(lambda grad: grad * float("inf"))

    with pytest.raises(QfusionError, match=r"lower training\.learning_rate") as failed:
        train(compose_for(path, "training.clip_norm=null"), tmp_path / "run", on_epoch=spoil)
    assert not isinstance(failed.value, InputError)


def test_rows_are_counted_from_one():
    require_finite_rows("test", "now", torch.ones(3, 2), torch.ones(3, 0))
    with pytest.raises(RowNotFinite, match="row 2 of the test part"):
        require_finite_rows(
            "test", "now", torch.ones(3, 2), torch.tensor([[1.0], [np.nan], [np.inf]])
        )


def test_where_every_row_is_wrong_the_weights_are_to_blame():
    with pytest.raises(
        InputError, match="no row of the test part gives values that are finite, so"
    ):
        require_finite_logits("test", "now", torch.full((3, 2), np.nan))


def test_evaluate_refuses_a_row_whose_score_would_be_no_number(tmp_path, capsys, monkeypatch):
    """A run of 0.1, whose test part holds a fill value that counted as class 0."""
    from qfusion_core.runs.folder import RunFolder, digest

    path = table(tmp_path / "t.csv")
    run = train(compose_for(path), tmp_path / "run").run
    table(path, (row_of(path, "test"), 1e30))
    config = run / "config.yaml"
    old = RunFolder.open(run).config
    new = digest(load_split(old.spec.data, 0, Registry()))
    config.write_text(config.read_text().replace(old.data_digest, new))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as end:
        main(["evaluate", str(run)])
    out, err = capsys.readouterr()
    assert (end.value.code, out) == (2, "")
    assert "statevector: row 1 of the test part gives values that are not finite" in err


def test_metrics_of_0_1_that_hold_nan_are_read_as_nothing(tmp_path):
    from qfusion_core.runs.folder import RunFolder

    path = table(tmp_path / "t.csv")
    folder = train(compose_for(path, "training.epochs=1"), tmp_path / "run").folder
    folder.metrics.write_text('{"validation": {"score": NaN}}')
    assert RunFolder.open(folder.path).read_metrics() == {"validation": {"score": None}}
    folder.metrics.write_text("[1]")
    with pytest.raises(InputError, match=r"metrics\.json: damaged or not written by qfusion"):
        folder.read_metrics()
    shutil.rmtree(folder.path)
