"""What is installed is what was written: the wheel is complete, and a plugin stands on its own."""

import json
import os
import shutil
import subprocess
import sys
import tarfile
import tomllib
from email.parser import Parser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PLUGINS = sorted(folder.name for folder in (ROOT / "plugins").glob("qfusion_*"))

ALONE = """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "acme-attention"
version = "9.0"
dependencies = ["qfusion"]
[project.entry-points.qfusion]
attention = "qfusion_attention"
[tool.hatch.build.targets.wheel]
packages = ["qfusion_attention"]
"""


def test_every_plugin_folder_has_its_lines_in_pyproject():
    packages = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert sorted(packages) == sorted(["qfusion_core", *(f"plugins/{name}" for name in PLUGINS)])
    assert sorted(PROJECT["project"]["entry-points"]["qfusion"].values()) == PLUGINS


def test_the_wheel_holds_our_packages_and_nothing_else(wheel):
    found = {path.name for path in wheel.iterdir() if not path.name.endswith(".dist-info")}
    assert found == {"qfusion_core", *PLUGINS}


def test_the_wheel_holds_every_tracked_file_of_the_packages(wheel):
    packages = ["qfusion_core", *(f"plugins/{name}" for name in PLUGINS)]
    listed = subprocess.run(
        ["git", "ls-files", *packages], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    files = [Path(line.removeprefix("plugins/")) for line in listed.stdout.splitlines()]
    assert {Path("qfusion_core/py.typed"), Path("qfusion_core/__init__.pyi")} <= set(files)
    assert Path("qfusion_core/backends/backends.yaml") in files
    assert Path("qfusion_core/config/presets/strong.yaml") in files
    assert {Path("qfusion_braket/machines.yaml"), Path("qfusion_ibm/machines.yaml")} <= set(files)
    assert [str(file) for file in files if not (wheel / file).is_file()] == []


def test_the_source_distribution_is_the_checkout(built):
    options = ["--cached", "--others", "--exclude-standard", "--deduplicate"]
    listed = subprocess.run(
        ["git", "ls-files", *options], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    (file,) = built.glob("*.tar.gz")
    with tarfile.open(file) as archive:
        found = {name.partition("/")[2] for name in archive.getnames()}
    there = {name for name in listed.stdout.splitlines() if (ROOT / name).is_file()}
    assert found - {"PKG-INFO"} == there


def test_every_entry_point_loads_from_the_wheel(wheel, tmp_path):
    code = (
        "import json\n"
        "from importlib.metadata import distribution\n"
        "points = distribution('qfusion').entry_points.select(group='qfusion')\n"
        "print(json.dumps({point.value: point.load().__file__ for point in points}))\n"
    )
    guard = os.environ["PYTHONPATH"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(wheel), guard))}
    printed = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path, env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    loaded = json.loads(printed.stdout)
    assert sorted(loaded) == PLUGINS
    assert all(Path(file).is_relative_to(wheel) for file in loaded.values())


def test_the_extras_are_those_that_were_promised(wheel):
    (metadata,) = wheel.glob("*.dist-info/METADATA")
    extras = Parser().parsestr(metadata.read_text()).get_all("Provides-Extra")
    promised = {"fast", "ibm", "aer", "braket", "report", "jax", "all", "test", "bench"}
    assert set(extras) == promised
    together = PROJECT["project"]["optional-dependencies"]["all"]
    assert together == ["qfusion[fast,ibm,braket,report]"]


@pytest.fixture
def copied_out(tmp_path):
    """plugins/qfusion_attention as somebody else's distribution."""
    folder = tmp_path / "acme_attention"
    source = ROOT / "plugins" / "qfusion_attention"
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(source, folder / "qfusion_attention", ignore=ignored)
    (folder / "pyproject.toml").write_text(ALONE)
    return folder


def components(environment):
    listed = environment.qfusion("plugins", "--json")
    assert listed.returncode == 0, listed.stderr
    return json.loads(listed.stdout)["components"]


def test_a_plugin_folder_copied_out_works_unchanged(environment, wheel, copied_out):
    # qfusion as it would be without its attention plugin
    shutil.copytree(wheel, environment.packages, dirs_exist_ok=True)
    shutil.rmtree(environment.packages / "qfusion_attention")
    (points,) = environment.packages.glob("qfusion-*.dist-info/entry_points.txt")
    points.write_text(points.read_text().replace("attention = qfusion_attention\n", ""))
    assert "cross-attention" not in {row["name"] for row in components(environment)}

    environment.install(copied_out)
    (row,) = [row for row in components(environment) if row["name"] == "cross-attention"]
    assert (row["distribution"], row["version"]) == ("acme-attention", "9.0")
    assert row["status"] == "ready"
    code = (
        "import qfusion_attention, torch\n"
        "from qfusion_core import Registry\n"
        "fusion = Registry().get('fusion', 'cross-attention')\n"
        "made = fusion(fusion.example(), classical_shape=(2, 8), quantum_shape=(4, 1))\n"
        "made.eval()\n"
        "print(made(torch.randn(3, 2, 8), torch.randn(3, 4, 1)).features.shape[0])\n"
        "print(qfusion_attention.__file__)\n"
    )
    ran = environment.run("-c", code)
    assert ran.returncode == 0, ran.stderr
    batch, file = ran.stdout.split()
    assert batch == "3"
    assert Path(file).is_relative_to(environment.packages)


def test_beside_ours_it_is_a_clash_and_ours_stays(environment, copied_out):
    environment.install(copied_out)
    rows = [row for row in components(environment) if row["name"] == "cross-attention"]
    found = {row["distribution"]: row for row in rows}
    assert found.keys() == {"acme-attention", "qfusion"}
    assert found["qfusion"]["status"] == "ready"
    assert found["acme-attention"]["status"] == "clash"
    reason = found["acme-attention"]["reason"]
    assert "offered by qfusion 0.2.0 (entry point 'attention') already, which stays" in reason
