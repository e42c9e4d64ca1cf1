"""Run folders that somebody damaged, or made to harm: one plain line, bounded memory, no link."""

from __future__ import annotations

import json
import os
import re
import resource
import shutil
import subprocess
import sys
import time

import pytest
import torch
import yaml
from safetensors.torch import load as load_tensors
from safetensors.torch import save

from qfusion_core import InputError, QfusionError, Registry, load
from qfusion_core.calibration.store import read as read_calibration
from qfusion_core.calibration.store import write as write_calibration
from qfusion_core.config.presets import compose
from qfusion_core.runs.export import export
from qfusion_core.runs.folder import RunFolder
from qfusion_core.runs.model_card import inert, model_card
from qfusion_core.runs.tensor_limit import TensorLimit
from qfusion_core.workflows.resume_training import resume_training
from qfusion_core.workflows.train import train

SETTINGS = ["training.epochs=2", "quantum.options.layers=1"]


class Cut(Exception):
    """Stands for whatever ends a training early."""


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "wine"
    return train(compose("hardware", "wine", settings=SETTINGS, registry=Registry()), folder).run


@pytest.fixture(scope="module")
def cut(tmp_path_factory):
    """A training that has done one epoch of two."""

    def stop(state):
        raise Cut

    folder = tmp_path_factory.mktemp("runs") / "cut"
    spec = compose("hardware", "wine", settings=SETTINGS, registry=Registry())
    with pytest.raises(Cut):
        train(spec, folder, on_epoch=stop)
    return folder


@pytest.fixture
def unfinished(cut, tmp_path):
    return shutil.copytree(cut, tmp_path / "cut")


def refusal(function, *arguments, **named):
    began = time.process_time()
    with pytest.raises(InputError) as refused:
        function(*arguments, **named)
    said = str(refused.value)
    assert said.isprintable()
    assert len(said) < 300
    assert time.process_time() - began < 10
    return said


def change(run, **sections):
    """Rewrite entries of config.yaml, as PyYAML writes them."""
    file = run / "config.yaml"
    config = yaml.safe_load(file.read_text())
    for place, value in sections.items():
        *way, last = place.split("__")
        inner = config
        for step in way:
            inner = inner[step]
        inner[last] = value
    file.write_text(yaml.safe_dump(config, sort_keys=False, allow_unicode=True))


def test_a_run_folder_written_with_yaml_1_1_opens_with_the_names_it_was_given(run):
    names = ["1E50", "2e5", "-1e3"]
    change(run, classes=names, features=[f"{n}e{n}" for n in range(1, 14)], columns=[])
    text = (run / "config.yaml").read_text()
    assert "\n- 1E50\n" in text, "written without quotes, as 0.1 did"
    assert RunFolder.open(run).config.classes == tuple(names)
    assert RunFolder.open(run).config.features[4] == "5e5"


def test_names_that_yaml_reads_as_something_else_come_back_from_a_training(tmp_path):
    import numpy as np
    import pandas as pd

    names = ["1E50", "5A11", "No", "007", "a\x85b", "1.10", "~", "y: [x] #"]
    table = pd.DataFrame({f"{n}e{n}": np.random.default_rng(n).normal(size=80) for n in (1, 2)})
    table["label"] = [names[n % len(names)] for n in range(80)]
    table.to_parquet(tmp_path / "t.parquet")
    spec = compose(
        "hardware",
        f"file:{tmp_path / 't.parquet'}",
        quantum="none",
        settings=["training.epochs=1"],
        registry=Registry(),
    )
    folder = train(spec, tmp_path / "run").folder
    assert sorted(folder.config.classes) == sorted(names)
    again = RunFolder.open(tmp_path / "run")
    assert again.config == folder.config
    assert again.config.features == ("1e1", "2e2")
    load(tmp_path / "run")


@pytest.mark.parametrize(
    ("place", "value", "text"),
    [
        ("provenance__refit", "x", "provenance.refit: should be a"),
        ("provenance__refit", {"backend": "b"}, "provenance.refit: missing key 'run'"),
        ("provenance", "x", "provenance: should be a"),
        ("input_shape", [2**63], "input_shape"),
        ("input_shape", [-1], "input_shape.0: should be greater than 0"),
        ("input_shape", [], "input_shape"),
        ("spec__quantum__options__qubits", 1_000_000_000, "qubits: should be less than or equal"),
        ("spec__quantum__options__layers", 10**9, "layers: should be less than or equal to 1000"),
        ("spec__classical__options__hidden", [10**9], "should be less than or equal to 16384"),
        ("spec__classical__options__hidden", [64] * 1000, "hidden"),
        ("spec__classical__options__members", 10**9, "should be less than or equal to 1024"),
        ("spec__fusion__options__heads", 10**9, "heads: should be less than or equal"),
        ("spec__fusion__options__depth", 10**9, "depth: should be less than or equal to 64"),
        ("spec__training__epochs", 10**12, "epochs: should be less than or equal to 1000000"),
        ("spec__classical__options__hidden", [16384, 16384, 16384], "hidden, dim and members: "),
        ("spec__classical__options__members", 1024, "does not fit config.yaml"),
        ("spec__quantum__options__qubits", 156, "does not fit config.yaml"),
    ],
)  # fmt: skip
def test_sizes_are_bounded_and_compared_before_memory_is_taken(run, place, value, text):
    change(run, **{place: value})
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert text in refusal(load, run)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300_000  # kB


def test_156_qubits_are_allowed():
    settings = ["quantum.options.qubits=156", "quantum.options.readout=xyz+pairs"]
    spec = compose("hardware", "wine", settings=settings, registry=Registry())
    assert spec.quantum.options["qubits"] == 156


def rewritten(run, change, notes='{"format": 1}'):
    file = run / "model.safetensors"
    tensors = load_tensors(file.read_bytes())
    change(tensors)
    file.write_bytes(save(tensors, {"notes": notes}))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_a_weight_that_is_not_finite_is_refused_by_its_name(run, value):
    rewritten(run, lambda tensors: tensors["head.weight"].view(-1)[3:4].fill_(value))
    assert "tensor 'head.weight' holds values that are not finite" in refusal(load, run)


@pytest.mark.parametrize(
    "damage",
    [
        lambda t: t.pop("head.weight"),
        lambda t: t.update({"transforms.classical.steps.0.": torch.zeros(3)}),
        lambda t: t.update({"transforms.classical.steps.1.keep": torch.zeros(3)}),
        lambda t: t.update({"transforms.classical.steps.0.scale": torch.ones(2)}),
        lambda t: t.update({"transforms.classical.steps.0.scale": torch.zeros(13).double()}),
        lambda t: t.update({"transforms.classical.steps.9.mean": torch.ones(2)}),
        lambda t: t.update({"transforms.classical.steps.0.mean": torch.ones(13, 1, 1)}),
        lambda t: t.update({"\x1b]0;x\x07" * 400: torch.ones(1)}),
        lambda t: t.update({"head.weight": torch.zeros(5, 5)}),
    ],
)
def test_tensors_that_do_not_fit_are_refused(run, damage):
    rewritten(run, damage)
    assert "model.safetensors: does not fit config.yaml beside it (" in refusal(load, run)


# what it has for an exception is no word for who reads a line about a file
PYTHONS = re.compile(r"\w(Error|Exception)\b")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no JSON: line 1, column 1"),
        (b'{"test":\n [1, ', "no JSON: line 2, column 6"),
        (b"[" * 100_000, "nested too deeply"),
        (b"[1]", "expected a mapping, got list"),
    ],
)
def test_what_is_wrong_with_a_document_is_said_in_words(run, content, said):
    (run / "metrics.json").write_bytes(content)
    line = refusal(RunFolder.open(run).read_metrics)
    assert line.endswith(f"metrics.json: damaged or not written by qfusion ({said})")


def header(entries, size=None, body=b""):
    raw = json.dumps(entries).encode() if not isinstance(entries, bytes) else entries
    return (len(raw) if size is None else size).to_bytes(8, "little") + raw + body


NOTES = {"__metadata__": {"notes": "{}"}}


@pytest.mark.parametrize(
    "content",
    [
        header(NOTES, size=2**62),
        header(b"[" * 100_000 + b"]" * 100_000),
        header({**NOTES, "a": {"dtype": "F32", "shape": [2**62], "data_offsets": [0, 0]}}),
        header({**NOTES, "a": {"dtype": "F32", "shape": [-1], "data_offsets": [0, 4]}}),
        header({**NOTES, "a": {"dtype": "X", "shape": [1], "data_offsets": [0, 4]}}, body=b"0000"),
        header({**NOTES, "a": {"dtype": "F32", "shape": "x", "data_offsets": [0, 4]}}),
        header({**NOTES, "a": {"dtype": "F32", "shape": [1e400], "data_offsets": [0, 4]}}),
        header({**NOTES, "a": 3}),
        header({"__metadata__": {"notes": "3"}}),
        header({"__metadata__": 3}),
        header([1]),
        header(b"{"),
        header({"__metadata__": {"notes": "{"}}),
        b"\xff" * 100,
        b"",
    ],
)
def test_headers_that_promise_what_is_not_there_are_refused(run, content):
    (run / "model.safetensors").write_bytes(content)
    said = refusal(load, run)
    assert "model.safetensors: cut short or not written by qfusion (" in said
    assert not PYTHONS.search(said)


def test_a_large_sparse_file_takes_no_memory(run):
    size = 3_000_000_000
    entry = {"dtype": "F32", "shape": [size // 4], "data_offsets": [0, size]}
    with (run / "model.safetensors").open("wb") as file:
        file.write(header({**NOTES, "head.weight": entry}))
        file.truncate(file.tell() + size)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert "does not fit config.yaml" in refusal(load, run)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300_000


@pytest.mark.parametrize("size", [5_000_000_000, 40_000_000_000])
def test_weights_that_somebody_made_longer_are_refused_unread(run, size):
    file = run / "model.safetensors"
    wanted = file.stat().st_size
    os.truncate(file, size)
    said = f"{size:,} bytes, {wanted:,} by its header"
    for verb in (load, lambda run: export(run, run.parent / "shared")):
        assert said in without_memory(refusal, verb, run)
    os.truncate(file, wanted - 1)
    assert f"{wanted - 1:,} bytes, {wanted:,} by its header" in refusal(load, run)


@pytest.mark.parametrize(
    "name", ["steps.0.quantiles", "steps.0.junk", "steps.1.components", "steps.1.mean"]
)
def test_transforms_take_no_more_than_features_can_need(run, name):
    size = 3_000_000_000
    content = (run / "model.safetensors").read_bytes()
    length = int.from_bytes(content[:8], "little")
    entries, body = json.loads(content[8 : 8 + length]), content[8 + length :]
    entries.pop(f"transforms.classical.{name}", None)
    entry = {"dtype": "F64", "shape": [13, size // 104], "data_offsets": [len(body), 0]}
    entry["data_offsets"][1] = len(body) + 8 * 13 * (size // 104)
    (run / "model.safetensors").write_bytes(
        header({**entries, f"transforms.classical.{name}": entry}, body=body)
    )
    file = run / "model.safetensors"
    os.truncate(file, file.stat().st_size + 8 * 13 * (size // 104))
    assert "does not fit config.yaml" in without_memory(refusal, load, run)


def test_a_checkpoint_that_somebody_made_longer_is_refused_unread(unfinished):
    file = unfinished / "training.safetensors"
    wanted = file.stat().st_size
    os.truncate(file, 40_000_000_000)
    said = without_memory(refusal, resume_training, unfinished)
    assert f"{file}: cut short or not written by qfusion (" in said
    assert f"40,000,000,000 bytes, {wanted:,} by its header" in said


@pytest.mark.parametrize("name", ["model.head.bias", "optimizer.0.exp_avg", "random", "more"])
def test_a_large_sparse_checkpoint_takes_no_memory(unfinished, name):
    size = 3_000_000_000
    entry = {"dtype": "U8", "shape": [size], "data_offsets": [0, size]}
    with (unfinished / "training.safetensors").open("wb") as file:
        file.write(header({**NOTES, name: entry}))
        file.truncate(file.tell() + size)
    said = without_memory(refusal, resume_training, unfinished)
    assert f"training.safetensors: does not fit config.yaml beside it ({name}" in said


def test_no_more_tensors_are_made_than_may_be():
    with TensorLimit(30):
        torch.zeros((2, 5)), torch.rand(2, 4), torch.empty(size=[2])
        said = r"a tensor \[3, 4\], 32 elements in all, expected at most 30"
        with pytest.raises(ValueError, match=said):
            torch.nn.Linear(4, 3)
    with TensorLimit(11), pytest.raises(ValueError, match=r"a tensor \[3, 4\]"):
        torch.full((3, 4), 0.5, dtype=torch.float64)
    with TensorLimit(11):  # values are no lengths
        assert torch.tensor([300, 400, 500]).sum() == 1200
        assert torch.as_tensor(20_000_000) == torch.arange(3, 5).prod() * 20_000_000 / 12
    torch.zeros(3, 4)


def test_a_run_is_loaded_without_the_compiler_of_torch(run):
    code = (
        "import sys, qfusion_core\n"
        f"qfusion_core.load({str(run)!r})\n"
        "assert not {'torch._dynamo', 'sympy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def without_memory(function, *arguments):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = function(*arguments)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300_000
    return found


def retrained(run, change):
    """Rewrite the counters and tensors of a training that was cut off."""
    from safetensors import safe_open

    file = run / "training.safetensors"
    with safe_open(file, framework="pt") as opened:
        notes = json.loads(opened.metadata()["notes"])
        tensors = {name: opened.get_tensor(name) for name in opened.keys()}
    change(notes, tensors)
    file.write_bytes(save(tensors, {"notes": json.dumps(notes)}))


@pytest.mark.parametrize(
    "damage",
    [
        lambda n, t: n.pop("history"),
        lambda n, t: n.update(history=3),
        lambda n, t: n["history"][0].update(score="x"),
        lambda n, t: n["history"][0].update(score=float("nan")),
        lambda n, t: n["history"][0].update(more=1),
        lambda n, t: n["history"][0].update(epoch=7),
        lambda n, t: n.update(rates=[]),
        lambda n, t: n.update(rates=["x"] * 3),
        lambda n, t: n["schedule"].update(step="x"),
        lambda n, t: n["schedule"].update(last_epoch="x"),
        lambda n, t: n["schedule"].update(_last_lr=["x"] * 3),
        lambda n, t: n.update(schedule=None),
        lambda n, t: t.pop("random"),
        lambda n, t: t.update(random=torch.zeros(3, dtype=torch.uint8)),
        lambda n, t: t.update({"optimizer.x.step": torch.zeros(())}),
        lambda n, t: t.update({"optimizer.999.exp_avg": torch.zeros(3)}),
        lambda n, t: t.update({"optimizer.0.exp_avg": torch.zeros(7, 7)}),
        lambda n, t: t.update({"best.head.bias": torch.zeros(99)}),
        lambda n, t: t.update({"model.head.bias": torch.zeros(99)}),
        lambda n, t: t["model.head.bias"].fill_(float("nan")),
    ],
)
def test_a_training_that_was_damaged_is_not_resumed(unfinished, damage):
    retrained(unfinished, damage)
    said = refusal(resume_training, unfinished)
    assert str(unfinished / "training.safetensors") in said
    assert not (unfinished / "model.safetensors").exists()


@pytest.mark.parametrize("name", ["config.yaml", "model.safetensors", "metrics.json"])
def test_links_inside_a_run_folder_are_refused(run, tmp_path, name):
    outside = tmp_path / "outside"
    shutil.move(run / name, outside)
    (run / name).symlink_to(outside)
    open_it = RunFolder.open(run).read_metrics if name == "metrics.json" else lambda: load(run)
    assert f"{run / name}: is a link" in refusal(open_it)


def test_a_training_through_links_is_not_resumed(unfinished, tmp_path):
    outside = tmp_path / "outside"
    shutil.move(unfinished / "training.safetensors", outside)
    (unfinished / "training.safetensors").symlink_to(outside)
    before = outside.read_bytes()
    assert "is a link" in refusal(resume_training, unfinished)
    assert outside.read_bytes() == before


def test_what_a_training_writes_replaces_links_and_goes_nowhere_else(unfinished, tmp_path):
    outside = tmp_path / "outside"
    outside.write_text("mine")
    for name in ("history.jsonl", "metrics.json", "README.md"):
        (unfinished / name).unlink(missing_ok=True)
        (unfinished / name).symlink_to(outside)
    resume_training(unfinished)
    assert outside.read_text() == "mine"
    assert not (unfinished / "metrics.json").is_symlink()


def test_a_way_to_a_run_folder_may_hold_links(run, tmp_path):
    (tmp_path / "way").symlink_to(run)
    load(tmp_path / "way")


CALIBRATION = {
    "format": 1, "backend": "b", "device": "d", "options": "o", "circuit": "c", "samples": 2,
    "seed": 0, "reference": "r", "measurement": None, "measured": "2026-01-01",
    "observables": {"ZI": {"scale": 1.0, "offset": 0.0, "raw_error": 0.1, "error": 0.1}},
    "provenance": {},
}  # fmt: skip


def test_a_calibration_is_not_written_or_read_through_a_link(tmp_path):
    from qfusion_core.calibration.store import Calibration

    kept = Calibration.model_validate(CALIBRATION)
    run, outside = tmp_path / "run", tmp_path / "outside"
    run.mkdir()
    outside.mkdir()
    (run / "calibration").symlink_to(outside)
    assert "calibration: is a link" in refusal(write_calibration, run, kept)
    assert not list(outside.iterdir())
    (run / "calibration").unlink()
    path = write_calibration(run, kept)
    assert read_calibration(run, "b") == kept
    shutil.move(path, outside / "b.yaml")
    path.symlink_to(outside / "b.yaml")
    assert "is a link" in refusal(read_calibration, run, "b")
    assert "is a link" in refusal(write_calibration, run, kept)
    assert read_calibration(run, "none") is None
    assert read_calibration(run, "x" * 400) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("observables: {ZI: {scale: .nan, offset: 0, raw_error: 0, error: 0}}", "finite number"),
        ("observables: {ZI: {scale: yes, offset: 0, raw_error: 0, error: 0}}", 'got "yes"'),
        ("observables: [", "b.yaml:"),
        ("", "the file is empty"),
        ("samples: '3'", 'should be a valid integer, got "3"'),
    ],
)
def test_a_damaged_calibration_is_one_line(tmp_path, text, said):
    (tmp_path / "calibration").mkdir()
    whole = {k: v for k, v in CALIBRATION.items() if not text.startswith(k)}
    kept = yaml.safe_dump(whole) if text else ""
    (tmp_path / "calibration" / "b.yaml").write_text(f"{kept}{text}\n")
    assert said in refusal(read_calibration, tmp_path, "b")


def test_an_address_that_only_a_run_folder_names_is_asked_only_if_allowed(
    run, tmp_path, monkeypatch
):
    monkeypatch.setenv("QFUSION_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("QFUSION_DATA", raising=False)  # else nobody has to be asked
    change(run, spec__data={"type": "covertype", "options": {"url": "http://127.0.0.1:9/x"}})
    folder = RunFolder.open(run)
    said = refusal(folder.load_split, Registry())
    assert "the run folder names http://127.0.0.1:9/x for the data set, not the publisher" in said
    assert "add --allow-url" in said
    with pytest.raises(QfusionError, match="could not download"):
        folder.load_split(Registry(), allow_url=True)


def test_names_of_strangers_are_inert_in_the_model_card(run):
    evil = "</td><script>x</script>|[a](https://evil.example)\n# Heading `rm`\x1b[2J & <img>"
    change(run, classes=["a", "b", evil], data_source=evil)
    config = RunFolder.open(run).config
    metrics = json.loads((run / "metrics.json").read_text())
    card = model_card(config, metrics)
    assert "<script>" not in card
    assert "<img>" not in card
    assert "](" not in card
    assert "\x1b" not in card
    assert "\n# Heading" not in card
    assert "https://evil" not in card
    plain = model_card(config.model_copy(update={"classes": ("a", "b", "c")}), metrics)
    assert len(card.splitlines()) == len(plain.splitlines())
    assert inert("wine 3.7 (a_b)") == "wine 3.7 (a_b)"


@pytest.mark.parametrize(
    ("then", "text"),
    [
        ("{data: {type: file, options: {path: /etc/passwd}}}", "cannot change the data set"),
        ("{data: wine}", "a preset cannot change the data set"),
        ("{training: 3}", "training should be a mapping"),
        ("{clasical: conv}", "unknown part 'clasical', did you mean 'classical'"),
        ("{version: 2}", "unknown part 'version'"),
    ],
)
def test_an_overlay_replaces_parts_of_the_model_and_nothing_else(tmp_path, then, text):
    preset = tmp_path / "p.yaml"
    kinds = "classical: mlp\nquantum: none\nfusion: concat\n"
    preset.write_text(f"{kinds}overlays:\n- if: {{data: wine}}\n  then: {then}\n")
    assert text in refusal(compose, str(preset), "wine", registry=Registry())
    preset.write_text(f"{kinds}data: wine\n")
    assert "unknown key 'data'" in refusal(compose, str(preset), "wine", registry=Registry())


def test_an_overlay_may_name_a_component_by_its_name(tmp_path):
    preset = tmp_path / "p.yaml"
    kinds = "classical: mlp\nquantum: none\nfusion: concat\n"
    overlays = "- if: {data: wine}\n  then: {classical: identity}\n"
    overlays += "- if: {classical: identity}\n  then: {training: {epochs: 1e1}}\n"
    preset.write_text(f"{kinds}overlays:\n{overlays}")
    spec = compose(str(preset), "wine", registry=Registry())
    assert spec.classical.type == "identity"


def test_a_place_where_no_folder_can_be_is_one_line(tmp_path):
    spec = compose("hardware", "wine", quantum="none", settings=SETTINGS, registry=Registry())
    for out in (tmp_path / ("x" * 300), tmp_path / "a\0b"):
        assert "cannot write a run folder there" in refusal(train, spec, out)
        assert refusal(load, out)


PROGRAM = """
import resource, signal, sys
from qfusion_core import Registry
from qfusion_core.cli import main
import qfusion_core.workflows.training_run  # what it imports may want to write
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), int(sys.argv[1])))
main(sys.argv[2:])
"""


@pytest.mark.parametrize("limit", [0, 20_000])
def test_a_full_disk_while_training_is_one_line_and_leaves_nothing_half_made(
    forks, tmp_path, limit
):
    out = tmp_path / "run"
    words = ["train", "wine", "--preset", "hardware", "--quantum", "none", "--out", str(out)]
    done = forks.run(limit, *words, code=PROGRAM)
    errors = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert done.returncode in (1, 2), done.stderr
    assert len(errors) == 1, done.stderr
    assert "File too large" in errors[0]
    assert "unexpected" not in errors[0]
    assert not out.exists()
