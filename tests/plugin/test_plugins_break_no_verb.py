"""A plugin may print, raise whatever there is and take our names: no verb breaks; it is named."""

import json
import shutil
import sys

import pytest

from qfusion_core import InputError, Registry
from qfusion_core.runs.folder import RunFolder

FUSION = """
import torch
import qfusion_core

class Stop(BaseException):
    pass

class Theirs(qfusion_core.Fusion):
    name = {name!r}

    def __init__(self, options, *, classical_shape, quantum_shape):
        super().__init__(options, classical_shape=classical_shape, quantum_shape=quantum_shape)
        self.out_dim = classical_shape[1] + quantum_shape[1]
        {init}

    def forward(self, classical, quantum):
        {forward}
        return qfusion_core.FusionOutput(torch.cat([classical.mean(1), quantum.mean(1)], 1))

@qfusion_core.hookimpl
def qfusion_fusions():
    {hook}
    return [Theirs]

{loading}
"""


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Installs a distribution `acme` with one fusion, of which some lines are chosen."""

    def _install(name="theirs", init="pass", forward="pass", hook="pass", loading=""):
        folder = tmp_path / "site"
        info = folder / "acme-1.0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text("[qfusion]\nacme = acme_theirs\n")
        text = FUSION.format(name=name, init=init, forward=forward, hook=hook, loading=loading)
        (folder / "acme_theirs.py").write_text(text)
        monkeypatch.syspath_prepend(folder)
        monkeypatch.delitem(sys.modules, "acme_theirs", raising=False)
        return folder

    yield _install
    sys.modules.pop("acme_theirs", None)


TRAIN = ("train", "wine", "--preset", "hardware", "--set", "training.epochs=1", "--fusion")


@pytest.mark.parametrize("where", ["hook", "loading"])
def test_one_that_prints_breaks_no_json(install, qfusion, where):
    install(**{where: "print('loud')"})
    code, out, err = qfusion("plugins", "--json")
    assert code == 0
    assert "theirs" in [row["name"] for row in json.loads(out)["components"]]
    assert err == "loud\n"


@pytest.mark.parametrize("where", ["hook", "loading"])
@pytest.mark.parametrize("raised", ["Stop('now')", "SystemExit(0)", "GeneratorExit()"])
def test_one_that_raises_anything_ends_no_verb(install, qfusion, where, raised):
    install(**{where: f"raise {raised}"})
    code, out, err = qfusion("plugins", "--json")
    assert (code, err) == (0, "")
    listed = json.loads(out)
    assert "wine" in [row["name"] for row in listed["components"]]
    (failed,) = listed["failed_plugins"]
    assert failed["distribution"] == "acme" and raised.split("(")[0] in failed["reason"]


@pytest.mark.parametrize("where", ["hook", "loading"])
def test_an_interrupt_stays_one(install, qfusion, where):
    install(**{where: "raise KeyboardInterrupt"})
    assert qfusion("plugins") == (130, "", "error: interrupted\n")


@pytest.mark.parametrize("where", ["init", "forward"])
@pytest.mark.parametrize("raised", ["Stop('now')", "SystemExit(0)", "TypeError('now')"])
def test_what_a_component_raises_names_its_plugin(install, qfusion, where, raised):
    install(**{where: f"raise {raised}"})
    code, out, err = qfusion(*TRAIN, "theirs", "--out", "run")
    assert (code, out) == (1, "")
    last = err.splitlines()[-1]
    assert last.startswith(f"error: unexpected {raised.split('(')[0]}: ")
    assert "; raised in plugin acme 1.0 (entry point 'acme')" in last


def test_a_name_of_ours_stays_ours(install):
    install(name="concat")
    registry = Registry()
    assert registry.get("fusion", "concat").__module__.startswith("qfusion_fusions")
    (theirs,) = (o for o in registry.offers("fusion") if o.plugin.distribution == "acme")
    assert theirs.status == "clash"
    assert theirs.failure.endswith(" already, which stays; rename this one or uninstall it")


def test_a_run_says_which_distribution_it_needs(install, qfusion, tmp_path):
    folder = install()
    assert qfusion(*TRAIN, "theirs", "--out", "run", "--json")[0] == 0
    recorded = RunFolder.open("run").config.provenance["plugins"]
    assert recorded == {"fusion": {"distribution": "acme", "version": "1.0"}}
    shutil.rmtree(folder)
    with pytest.raises(InputError) as refused:
        RunFolder.open("run")
    said = str(refused.value)
    assert "unknown fusion 'theirs'" in said
    assert said.endswith("; the run was trained with acme 1.0, which is not installed here")


def test_the_control_without_a_circuit_is_among_the_names(qfusion):
    code, _, err = qfusion("train", "wine", "--quantum", "nope")
    assert code == 2
    assert "known: hardware-efficient, none, reuploading, sham" in err
