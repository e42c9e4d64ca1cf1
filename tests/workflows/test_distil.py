"""`qfusion distil`: one measurement, then every verb takes what stands for the backend."""

import json
import shlex
import shutil
import time
from datetime import UTC, datetime, timedelta

import pytest
import torch
import yaml

import qfusion_core
from qfusion_core import InputError, QfusionError
from qfusion_core.model.classifier import circuit_of
from support.surrogates import card_of, file_of, rewrite, tensors_of


@pytest.fixture
def distil(shell, own):
    return lambda backend, *words: shell("distil", own, "--backend", backend, *words)


@pytest.fixture(scope="session")
def made(wine, tmp_path_factory):
    """A run with a surrogate of an exact backend."""
    folder = shutil.copytree(wine, tmp_path_factory.mktemp("distilled") / "run")
    qfusion_core.distil(folder, "statevector")
    return folder


@pytest.fixture
def distilled(made, tmp_path):
    return shutil.copytree(made, tmp_path / "distilled")


def test_it_keeps_a_table_and_a_card(distil, own):
    code, out, err = distil("sampled")
    assert code == 0, err
    assert "sampled: 105 rows: a grid of 81, 20 random ones that check it, and one 4 times" in err
    assert out.splitlines()[0].split() == (
        "measured grid checks shots chi-square usual drift p".split()
    )
    assert "--backend surrogate:sampled needs no quantum computer" in out
    card = card_of(own, "sampled")
    assert (card["device"], card["shots"], card["rows"]) == ("noisy", 1000, 81)
    assert card["check"]["rows"] == 20 and 0 < card["check"]["p"] <= 1
    tensors = tensors_of(own, "sampled")
    assert tensors["values"].shape == (105, 10) and tensors["values"].dtype == torch.float64


def test_every_verb_takes_it_and_gets_what_the_backend_gives(shell, own):
    assert shell("distil", own, "--backend", "noisy")[0] == 0
    one, other = (
        json.loads(shell("evaluate", own, "--backend", name, "--json")[1])
        for name in ("noisy", "surrogate:noisy")
    )
    assert one["macro_f1"] == other["macro_f1"]
    assert other["standard_errors"] == dict.fromkeys(other["standard_errors"], 0.0)
    assert "standard_errors" not in one
    x = torch.randn(5, *qfusion_core.load(own, "exact").input_shape)
    values = {}
    for name in ("noisy", "surrogate:noisy"):
        model = qfusion_core.load(own, name).double()
        encoder = circuit_of(model, name)
        with torch.no_grad():
            values[name] = encoder.expectations(model.preprocess(x)[1])
    torch.testing.assert_close(*values.values(), rtol=0, atol=1e-12)
    code, out, _ = shell("compare", own, "--backends", "surrogate:noisy,noisy", "--json")
    assert code == 0
    rows = json.loads(out)["backends"]
    errors = [row["versus_reference"]["expectation_error"]["rms"] for row in rows[1:]]
    assert errors[0] == pytest.approx(errors[1], abs=1e-12)
    assert shell("calibrate", own, "--backend", "surrogate:noisy", "--samples", 12)[0] == 0
    code, _, err = shell("evaluate", own, "--backend", "surrogate:noisy")
    assert code == 0 and "surrogate:noisy: calibrated on 12 training rows" in err
    code, _, err = shell("refit", own, "--backend", "surrogate:noisy", "--epochs", 1)
    assert code == 0, err
    new = own.with_name("wine-refit-surrogate-noisy")
    assert shell("evaluate", new, "--backend", "surrogate:noisy")[0] == 0


def test_verbs_state_its_age_and_what_speaks_against_it(shell, own):
    assert shell("distil", own, "--backend", "noisy")[0] == 0
    today = datetime.now(UTC)
    said = shell("evaluate", own, "--backend", "surrogate:noisy")[2]
    assert f"surrogate of noisy: measured {today:%Y-%m-%d} (today), 81 rows, exact values" in said
    card = card_of(own, "noisy")
    old = (today - timedelta(days=8)).isoformat(timespec="seconds")
    rewrite(own, "noisy", card | {"measured": old})
    said = shell("evaluate", own, "--backend", "surrogate:noisy")[2]
    assert "(8 days ago)" in said
    assert "more than 7 days ago, machines change: `qfusion distil" in said
    assert shell("calibrate", own, "--backend", "noisy", "--samples", 8)[0] == 0
    said = shell("evaluate", own, "--backend", "surrogate:noisy")[2]
    assert f"noisy was calibrated after that ({today:%Y-%m-%d}): `qfusion distil" in said
    doubtful = card["check"] | {"sound": False, "p": 0.01, "chi_square": 9.0, "expected": 3.0}
    doubtful |= {"drift": 0.0, "drift_error": 0.1, "finds_error": 0.1, "finds_drift": 0.1}
    rewrite(own, "noisy", card | {"check": doubtful})
    said = shell("evaluate", own, "--backend", "surrogate:noisy")[2]
    assert "NOT SOUND" in said and "residuals are too large, as in 1.0% of sound jobs" in said


def test_what_speaks_against_it_stands_in_every_document(shell, own, caplog):
    """Whoever reads the numbers later sees what stood behind them; whoever opens it is told."""
    assert shell("distil", own, "--backend", "sampled")[0] == 0
    card = card_of(own, "sampled")
    card["check"] |= {"sound": False, "p": 0.01}
    rewrite(own, "sampled", card | {"adopted": "measured under another key"})
    name, marks = "surrogate:sampled", ("NOT SOUND", "measured under another key")
    evaluated = json.loads(shell("evaluate", own, "--backend", name, "--json")[1])
    compared = json.loads(shell("compare", own, "--backends", name, "--json")[1])["backends"]
    assert compared[0]["notices"] == []
    folder = qfusion_core.refit(own, name, epochs=1).folder
    made = folder.config.provenance["refit"]
    for notices in (evaluated["notices"], compared[1]["notices"], made["notices"]):
        assert all(any(mark in line for line in notices) for mark in marks)
    caplog.clear()
    qfusion_core.load(own, name)
    (told,) = [record.message for record in caplog.records if record.levelname == "WARNING"]
    assert "residuals are too large, as in 1.0% of sound jobs" in told and "qfusion distil" in told
    page = (folder.path / "README.md").read_text()
    assert f"backend <code>{name}</code> gave" in page and "NOT SOUND" in page


def test_a_calibration_is_of_what_was_measured_then(shell, own, tmp_path):
    """An entry of `backends.yaml` goes on with whatever the run has of the backend."""
    here = yaml.safe_load((tmp_path / "backends.yaml").read_text())
    here["backends"]["twin"] = {"type": "surrogate", "options": {"run": str(own), "of": "sampled"}}
    (tmp_path / "backends.yaml").write_text(yaml.safe_dump(here))
    for words in (
        ("distil", own, "--backend", "sampled"),
        ("calibrate", own, "--backend", "twin", "--samples", 12),
    ):
        code, _, err = shell(*words)
        assert code == 0, err
    assert "twin: calibrated on 12" in shell("evaluate", own, "--backend", "twin")[2]
    assert shell("distil", own, "--backend", "sampled", "--seed", 1)[0] == 0
    code, _, err = shell("evaluate", own, "--backend", "twin")
    assert code == 2 and "twin" in err and "calibrat" in err


def test_differences_are_in_the_errors_of_the_surrogate(shell, own):
    """Those of direct measurement are others: averaged in some words, of the grid in all."""
    assert shell("distil", own, "--backend", "sampled")[0] == 0
    found = json.loads(shell("compare", own, "--backends", "surrogate:sampled", "--json")[1])
    by_word = found["backends"][1]["versus_reference"]["by_observable"]
    own_errors = json.loads(shell("evaluate", own, "--backend", "surrogate:sampled", "--json")[1])[
        "standard_errors"
    ]
    for word, error in by_word.items():
        ratio = error["rms"] / own_errors[word]
        assert error["in_standard_errors"]["rms"] == pytest.approx(ratio, rel=0.25), word


def test_old_and_new_stand_side_by_side(distil, own):
    first = json.loads(distil("sampled", "--json")[1])
    assert first["before"] is None
    time.sleep(1.1)  # times on cards are whole seconds
    again = json.loads(distil("sampled", "--seed", 1, "--again", "--json")[1])
    assert again["before"]["card"]["measured"] == first["measured"]
    assert 0.7 < again["before"]["ratio"] < 1.4
    assert "standard errors (1 is usual)" in distil("sampled", "--seed", 2)[1]


def test_one_measurement_is_taken_from_the_journal(distil, own, machine, shell):
    code, _, err = distil("queue")
    assert code == 2 and not machine.jobs and "queue: 105 rows" in err
    planned = ("estimate", own, "--backend", "queue", "--surrogate")
    plan = json.loads(shell(*planned, "--json")[1])
    assert "at most 80 are measured" in shell(*planned, "--max-rows", 80)[2]
    first = json.loads(distil("queue", "--yes", "--json")[1])
    sent = len(machine.jobs)
    assert sent == plan["jobs"] == 3  # 105 rows, 50 in a job
    (row,) = json.loads(shell("jobs", own, "--json")[1])["measurements"]
    assert sum(job["price"]["shots"] for job in row["jobs"]) == plan["price"]["shots"]
    assert (row["verb"], row["id"]) == ("distil", first["measurement"])
    said = shell("estimate", own, "--backend", "queue", "--surrogate")[1]
    assert "these rows have a measurement, finished: distil would take its values" in said
    requests = len(machine.requests)
    second = json.loads(distil("queue", "--json")[1])
    assert (len(machine.jobs), len(machine.requests)) == (sent, requests)
    assert second["measured"] == first["measured"] and second["check"] == first["check"]
    assert shell("evaluate", own, "--backend", "surrogate:queue")[0] == 0
    assert len(machine.requests) == requests
    again = json.loads(distil("queue", "--yes", "--again", "--json")[1])
    assert len(machine.jobs) == 2 * sent and again["measurement"] != first["measurement"]


def test_what_is_advised_of_a_damaged_one_costs_nothing(distil, own, machine, shell):
    """Its values are in the journal, under the rows that were drawn for it."""
    first = json.loads(distil("queue", "--yes", "--seed", 5, "--checks", 18, "--json")[1])
    requests = len(machine.requests)
    raw = bytearray(file_of(own, "queue").read_bytes())
    raw[-1] ^= 1
    file_of(own, "queue").write_bytes(raw)
    code, _, err = shell("evaluate", own, "--backend", "surrogate:queue")
    assert code == 2 and "not what was measured, or not what was said of it then" in err
    _, command, _ = err.split("`")
    code, out, err = shell(*shlex.split(command)[1:], "--json")
    assert code == 0, err
    assert len(machine.requests) == requests
    made = json.loads(out)
    for name in ("measurement", "seed", "check", "measured"):
        assert made[name] == first[name]
    assert shell("evaluate", own, "--backend", "surrogate:queue")[0] == 0


def test_what_ends_before_it_is_kept_is_not_bought_again(shell, own, machine, monkeypatch):
    """A crash while it judges, whatever --again says."""
    file = own.parent / "backends.yaml"
    paid = {"jobs": qfusion_core.JobOptions(approve=True, again=True), "backends_file": file}
    qfusion_core.distil(own, "queue", **paid)
    before = len(machine.jobs)

    def crash(*_, **__):
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr("qfusion_core.workflows.distilling.check", crash)
        with pytest.raises(MemoryError):
            qfusion_core.distil(own, "queue", **paid)
    assert len(machine.jobs) == 2 * before
    now = {"machine": "q", "calibrated": "2999-01-01T00:00:00+00:00"}
    monkeypatch.setattr(qfusion_core.RemoteDevice, "condition", lambda self: now)
    kept = qfusion_core.distil(own, "queue", **paid)
    assert len(machine.jobs) == 2 * before
    # a later calibration says nothing of what it measured for the process that crashed
    assert (kept.card.machine, kept.card.calibrated) == ("q", None)


def test_nothing_older_takes_the_place_of_a_surrogate(shell, own, machine):
    """Values of the journal are as old as they are, whichever rows the command names."""
    file = own.parent / "backends.yaml"
    paid = {"jobs": qfusion_core.JobOptions(approve=True), "backends_file": file}
    qfusion_core.distil(own, "queue", **paid)
    time.sleep(1.1)  # times on cards are whole seconds
    later = qfusion_core.distil(own, "queue", seed=5, **paid).card
    sent = len(machine.jobs)
    with pytest.raises(InputError) as refused:
        qfusion_core.distil(own, "queue", **paid)
    assert "the run has a later surrogate than these values of the journal" in str(refused.value)
    assert "--backend queue --seed 5` keeps" in str(refused.value)
    assert card_of(own, "queue")["measured"] == later.measured and len(machine.jobs) == sent


def test_a_surrogate_is_neither_exact_nor_a_machine(shell, own, tmp_path):
    """It repeats what was measured: its age and its errors would be lost."""
    here = yaml.safe_load((tmp_path / "backends.yaml").read_text())
    file = {"backends_file": tmp_path / "twin.yaml"}
    twin = {"type": "surrogate", "options": {"run": str(own), "of": "noisy"}}
    here["backends"]["twin"] = twin
    file["backends_file"].write_text(yaml.safe_dump(here))
    qfusion_core.distil(own, "noisy", **file)
    with pytest.raises(InputError, match="backend 'twin' is a surrogate; distil one machine"):
        qfusion_core.distil(own, "twin", **file)
    for reference in ("twin", "surrogate:noisy"):
        refused = f"backend '{reference}' holds what another one gave and cannot be the reference"
        with pytest.raises(InputError, match=refused):
            qfusion_core.calibrate(own, "sampled", reference=reference, **file)
        with pytest.raises(InputError, match=refused):
            qfusion_core.distil(own, "sampled", reference=reference, **file)
        with pytest.raises(InputError, match=f"'{reference}' holds what another one gave"):
            qfusion_core.compare(own, ["sampled"], reference=reference, **file)


def test_jobs_are_left_and_come_back_to(distil, own, machine):
    machine.seconds = 0.5
    code, out, _ = distil("queue", "--yes", "--no-wait")
    assert code == 0 and "submitted" in out
    assert not (own / "surrogate").exists()
    assert distil("queue")[0] == 0
    assert len(machine.jobs) == 3 and file_of(own, "queue").is_file()


def test_what_is_refused(distil, own, shell, tmp_path):
    for words, said in [
        (("quue",), "unknown backend 'quue'"),
        (("noisy", "--max-rows", 80), "the grid has 81 rows, at most 80 are measured: with noise"),
        (("sampled", "--reference", "sampled"), "samples (1000 shots) and cannot be the reference"),
        (("surrogate:noisy",), "no such surrogate in a run that was trained; `qfusion distil RUN"),
    ]:
        code, _, err = distil(*words)
        assert code == 2, words
        assert said in err
    assert not (own / "surrogate").exists()
    code, _, err = shell("evaluate", own, "--backend", "surrogate:noisy")
    assert code == 2 and "no such surrogate in a run" in err
    code, _, err = shell("refit", own, "--backend", "noisy", "--encoding")
    assert code == 2 and "then refit on surrogate:noisy" in err
    code, _, err = shell("estimate", own, "--backend", "noisy", "--surrogate")
    assert code == 2
    assert "runs on this machine, where distil costs nothing but time: 105 rows: a grid" in err
    code, _, err = shell("estimate", own, "--backend", "queue", "--checks", 3)
    assert code == 2 and "checks: belongs to a surrogate; give" in err
    quick = ("--preset", "hardware", "--set", "training.epochs=1")
    assert shell("train", "wine", *quick, "--quantum", "sham", "--out", tmp_path / "sham")[0] == 0
    code, _, err = shell("distil", tmp_path / "sham", "--backend", "noisy")
    assert code == 2 and "the model has no circuit" in err


def test_the_same_rows_are_not_measured_again_unasked_where_no_journal_has_them(distil, own):
    assert distil("sampled")[0] == 0
    before = file_of(own, "sampled").read_bytes()
    code, _, err = distil("sampled")
    assert code == 2 and file_of(own, "sampled").read_bytes() == before
    assert "the run has its surrogate, measured 20" in err and "--again` measures anew" in err
    assert distil("sampled", "--checks", 17)[0] == 0
    assert distil("sampled", "--checks", 17, "--again")[0] == 0


def test_room_is_looked_for_before_anything_is_measured(distil, own):
    path = file_of(own, "sampled")
    path.mkdir(parents=True)
    code, _, err = distil("sampled")
    assert code == 2 and "cannot write the surrogate (it is a folder); nothing was measured" in err
    path.rmdir()
    path.parent.rmdir()
    path.parent.write_text("mine")
    code, _, err = distil("sampled")
    assert code == 2 and "(surrogate is no folder); nothing was measured" in err


def test_a_misspelt_surrogate_has_the_names_of_those_that_are_there(distilled, shell):
    code, _, err = shell("evaluate", distilled, "--backend", "surrogate:statvector")
    assert code == 2 and "did you mean 'surrogate:statevector'?" in err


def test_a_misspelt_surrogate_is_said_before_anything_is_compared(distilled, shell, machine):
    """As any other name that is misspelt."""
    several = "queue,surrogate:statvector"
    code, out, err = shell("compare", distilled, "--backends", several, "--yes")
    assert (code, out) == (2, "") and not machine.jobs
    assert "did you mean 'surrogate:statevector'? known: surrogate:statevector" in err


def test_features_of_another_width_are_refused_for_errors_too(distilled):
    encoder = qfusion_core.load(distilled, "surrogate:statevector").quantum
    with pytest.raises(InputError, match=r"features: expected shape \[batch, 4\], got \[2, 2\]"):
        encoder.standard_errors(torch.zeros(2, 2))


def test_other_weights_are_refused_by_name(distilled):
    model = qfusion_core.load(distilled, "surrogate:statevector")
    x = torch.randn(3, *model.input_shape)
    with torch.no_grad():
        model(*model.preprocess(x))
        circuit_of(model, "").weights += 0.1
        with pytest.raises(InputError) as error:
            model(*model.preprocess(x))
    said = str(error.value)
    assert said.startswith("surrogate of 'statevector'")
    assert "was measured with other weights than the model has" in said
    assert f"`qfusion distil {distilled} --backend statevector`" in said


def test_a_gradient_of_the_weights_is_refused_and_why(distilled):
    model = qfusion_core.load(distilled, "surrogate:statevector")
    encoder, x = circuit_of(model, ""), torch.randn(3, *model.input_shape)
    loss = model(*model.preprocess(x)).square().sum()
    with pytest.raises(QfusionError, match="no gradient in the circuit's weights: it was measured"):
        loss.backward()
    encoder.weights.requires_grad_(False)
    model(*model.preprocess(x)).square().sum().backward()
    assert encoder.angles.scale.grad.abs().sum() > 0


def test_encoding_is_trained_and_the_circuit_stays(distilled):
    new = qfusion_core.refit(distilled, "surrogate:statevector", epochs=2, encoding=True)
    before, after = (qfusion_core.load(run, "statevector") for run in (distilled, new.run))
    old, now = before.state_dict(), after.state_dict()
    changed = {name for name in old if not torch.equal(old[name], now[name])}
    assert torch.equal(old["quantum.weights"], now["quantum.weights"])
    assert "quantum.angles.scale" in changed
    assert {name.partition(".")[0] for name in changed} == {
        "classical", "quantum", "fusion", "head"
    }  # fmt: skip
    again = qfusion_core.evaluate(new.run, "surrogate:statevector")
    assert again.scores == qfusion_core.evaluate(new.run, "statevector").scores
    config = yaml.safe_load((new.run / "config.yaml").read_text())
    assert config["provenance"]["refit"]["encoding"] is True
    assert "the circuit's weights were not" in (new.run / "README.md").read_text()


def without(name):
    def _without(run):
        tensors = tensors_of(run, "statevector")
        del tensors[name]
        rewrite(run, "statevector", tensors=tensors)

    return _without


def with_(name, change):
    def _with(run):
        tensors = tensors_of(run, "statevector")
        rewrite(run, "statevector", tensors=tensors | {name: change(tensors[name])})

    return _with


def said_(**changes):
    return lambda run: rewrite(run, "statevector", card_of(run, "statevector") | changes)


def cut(run):
    path = file_of(run, "statevector")
    path.write_bytes(path.read_bytes()[:-8])


def garbled(run):
    path = file_of(run, "statevector")
    raw = path.read_bytes()
    path.write_bytes(raw[:8] + raw[8:].replace(b'"F64"', b'"F64 ', 1))


def of_another(run):
    path = file_of(run, "statevector")
    raw = bytearray(path.read_bytes())
    raw[-1] ^= 1
    path.write_bytes(raw)


def linked(run):
    path = file_of(run, "statevector")
    path.rename(run / "elsewhere")
    path.symlink_to(run / "elsewhere")


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (cut, "cut short or not written by qfusion"),
        (garbled, "cut short or not written by qfusion (no JSON: line 1, column "),
        (of_another, "not what was measured, or not what was said of it then"),
        (linked, "is a link"),
        (said_(backend="another"), "is the surrogate of 'another', under the name of 'statevector"),
        (said_(rows="many"), "rows: should be a valid integer"),
        (without("order"), "its numbers do not fit its card (order: missing)"),
        (
            with_("values", lambda t: t[:, 1:].contiguous()),
            "values: expected float64 [105, 10], got float64 [105, 9]",
        ),
        (with_("values", lambda t: t * float("nan")), "not finite"),
        (with_("points", lambda t: t * 2), "a grid of (6, 6, 6, 6), where 81 rows are expected"),
        (with_("order", lambda t: t * 0), "order: expected each row once"),
        (with_("colours", lambda t: t * 0), "colours: entries that a word sees share one"),
        (with_("degrees", lambda t: t * 9), "points: too few for the degrees"),
        (with_("frequencies", lambda t: t * 0), "expected none below 0"),
    ],
)
def test_damaged_files_are_refused_in_a_line(distilled, harm, said, command_line):
    harm(distilled)
    code, out, err = command_line("evaluate", distilled, "--backend", "surrogate:statevector")
    assert (code, out) == (2, "")
    (line,) = err.splitlines()
    assert said in line


def test_an_entry_of_backends_yaml_opens_it(distilled, tmp_path):
    file = tmp_path / "backends.yaml"
    measured = card_of(distilled, "statevector")["measured"]
    entry = f"{{run: {distilled}, of: statevector, measured: '{measured}'}}"
    file.write_text(
        "version: 1\ndefault: twin\nbackends:\n"
        f"  twin: {{type: surrogate, options: {entry}}}\n"
        f"  other: {{type: surrogate, options: {entry.replace(measured, 'yesterday')}}}\n"
    )
    one = qfusion_core.evaluate(distilled, backends_file=file)
    assert one.scores == qfusion_core.evaluate(distilled, "surrogate:statevector").scores
    device = qfusion_core.open_backend("twin", file)
    assert (device.shots, device.max_wires, device.stored) == (None, 4, True)
    with pytest.raises(InputError, match=r"backends.other: .*expected yesterday; change the op"):
        qfusion_core.open_backend("other", file)
    for entry, said in [
        ("{run: nowhere, of: statevector}", r"nowhere: not a run folder \(no such folder\)"),
        (f"{{run: {distilled}, of: statvector}}", "of 'statvector'; did you mean 'statevector'?"),
    ]:
        file.write_text(
            f"version: 1\ndefault: twin\nbackends:\n  twin: {{type: surrogate, options: {entry}}}\n"
        )
        with pytest.raises(InputError, match=said):
            qfusion_core.open_backend("twin", file)
