"""Libraries read no settings of the working directory; those of the environment count."""

import os
import subprocess
import sys

import pytest

from support.cloned import clone, contents

EVALUATE = """
import sys
{before}
import torch
from qfusion_core import Circuit, Gate, open_backend
device = open_backend("statevector")
none = torch.zeros(1, 0)
values = device.expectations(Circuit(1, (Gate("X", (0,)),), 0, 0), none, none[0], ["Z"])
import numba
from qfusion_statevector.numba_executor.rotations import __dict__ as kernels
places = {{v._cache.cache_path for v in kernels.values() if hasattr(v, "_cache")}}
print(float(values), numba.config.DISABLE_JIT, *places, sep="\\n")
"""


@pytest.fixture
def here(tmp_path):
    folder, marks = tmp_path / "here", tmp_path / "marks"
    folder.mkdir()
    marks.mkdir()

    def _run(code, **environment):
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("NUMBA", "PYTHON"))}
        return subprocess.run(
            [sys.executable, "-P", "-c", code],
            cwd=folder,
            env={**clean, "MARKS": str(marks), "OMP_NUM_THREADS": "1", **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    _run.folder, _run.marks = folder, marks
    return _run


@pytest.mark.parametrize("before", ["", "import numba"])
def test_numba_reads_no_configuration_and_no_cache_that_lie_here(here, before):
    clone(here.folder, "http://127.0.0.1:9")
    for path in here.folder.iterdir():
        if path.name not in (".numba_config.yaml", ".cache"):
            path.rename(here.marks.parent / path.name)
    stood = contents(here.folder)
    done = here(EVALUATE.format(before=before))
    assert done.returncode == 0, done.stderr
    value, disabled, *places = done.stdout.split()
    assert (value, disabled) == ("-1.0", "0")
    assert places and not any(place.startswith(str(here.folder)) for place in places)
    assert list(here.marks.iterdir()) == []
    assert contents(here.folder) == stood


def test_a_cache_that_others_may_write_is_not_used(here, tmp_path):
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o777)
    code = (
        "from qfusion_statevector.numba_executor.kernel import cache_folder; print(cache_folder())"
    )
    done = here(code, NUMBA_CACHE_DIR=str(shared))
    assert done.returncode == 0
    assert "/qfusion-numba-" in done.stdout
    assert done.stderr.startswith(f"cache {shared}: others may write there; /")
    assert done.stderr.count("\n") == 1
    assert list(shared.iterdir()) == []
    shared.chmod(0o755)
    assert here(code, NUMBA_CACHE_DIR=str(shared)).stdout.strip() == str(shared)
    (tmp_path / "file").touch()
    done = here(code, NUMBA_CACHE_DIR=str(tmp_path / "file"))
    assert "/qfusion-numba-" in done.stdout and done.returncode == 0


def test_pennylane_reads_its_configuration_elsewhere(here, tmp_path):
    (here.folder / "config.toml").write_text("not = toml = at all")
    code = "import qfusion_core, pennylane; print(pennylane.default_config['main'])"
    assert here(code).stdout == "{}\n"
    (tmp_path / "config.toml").write_text("[main]\nshots = 3\n")
    assert here(code, PENNYLANE_CONF=str(tmp_path)).stdout == "{'shots': 3}\n"


def test_a_configuration_that_pennylane_has_read_here_configures_no_device(here):
    (here.folder / "config.toml").write_text("[main]\nshots = 3\n")
    code = (
        "import pennylane\n"
        "from qfusion_core import open_backend\n"
        "import torch\n"
        "from qfusion_core import Angle, Circuit, Gate, Term\n"
        "turn = Gate('RY', (0,), Angle((Term('data', 0, 1.0),)))\n"
        "call = Circuit(1, (turn,), 1, 0), torch.tensor([[1.0]]), torch.zeros(0), ['Z']\n"
        "value = open_backend('default-qubit').expectations(*call).item()\n"
        "print(pennylane.default_config['main'], round(value, 6))\n"
    )
    done = here(code)
    assert done.stdout == "{'shots': 3} 0.540302\n", done.stderr  # three shots give thirds


def test_matplotlib_reads_its_settings_elsewhere(here, tmp_path):
    (here.folder / "matplotlibrc").write_text("lines.linewidth: 77\nbackend: module://evil\n")
    code = "import qfusion_core, matplotlib; print(matplotlib.rcParams['lines.linewidth'])"
    assert here(code).stdout == "1.5\n"
    mine = tmp_path / "mine"
    mine.write_text("lines.linewidth: 7\n")
    assert here(code, MATPLOTLIBRC=str(mine)).stdout == "7.0\n"


def test_a_notebook_finds_no_plugin_in_its_folder_unless_pythonpath_names_it(here):
    info = here.folder / "acme-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[qfusion]\nacme = acme_here\n")
    (here.folder / "acme_here.py").write_text("print('loaded')\n")
    code = (
        "import sys; sys.path.insert(0, '')\n"
        "from qfusion_core.plugin.discovery import find\n"
        "print([f.plugin.distribution for f in find() if f.plugin.distribution != 'qfusion'])\n"
    )
    assert here(code).stdout == "[]\n"
    assert here(code, PYTHONPATH="").stdout == here(code, PYTHONPATH=":/none").stdout == "[]\n"
    for wish in (str(here.folder), "."):  # Python takes modules from there in any case
        named = here(code, PYTHONPATH=wish)
        assert (named.stdout, named.stderr) == ("['acme']\n", "loaded\n")


def test_an_empty_entry_of_pythonpath_is_no_wish_for_code_from_here(here):
    for name in ("typer.py", "rich.py", "yaml.py"):
        (here.folder / name).write_text("raise SystemExit('code of the folder')")
    code = "from qfusion_core.cli import main; main()"
    for path in (":/none", "/none:", "/none::/other"):
        done = here(code, PYTHONPATH=path)
        assert "usage: qfusion" in done.stdout.lower(), done.stderr
