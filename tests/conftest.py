"""What several tests share: a clean environment to install into, and our own wheel."""

import gc
import importlib.util
import os
import signal
import subprocess
import sys
import sysconfig
import tempfile
import zipfile
from pathlib import Path

import platformdirs
import pytest
from hypothesis import settings

from support.places import GUARD, ROOT, TESTS, python_path

# torch reads it when it is imported: a child that is forked hangs where its parent had threads
os.environ["OMP_NUM_THREADS"] = "1"
# compiled once, also for processes that get a home of their own
os.environ.setdefault("NUMBA_CACHE_DIR", str(platformdirs.user_cache_path("qfusion") / "numba"))

settings.register_profile("no deadline", deadline=None)  # no test is about time
settings.load_profile("no deadline")

pytest_plugins = [
    "support.command_line", "support.errors", "support.remote_fixtures", "support.queue_fixtures",
    "support.forked", "support.scheduling",
]  # fmt: skip
collect_ignore = ["third_party"]  # what others wrote, faults included
# programs of their own, each beside a conftest of its own
collect_ignore_glob = ["*/warm*.py", "*/sitecustomize.py", "*/jax_program.py"]


def pytest_configure(config):
    """Started in the background, a process ignores Ctrl-C, and under nohup the end of its terminal:
    tests of interrupts would never end. What is off by default is on only where it is named: an
    ``-m`` of the command line takes the place of pyproject's.
    """
    if chosen := config.option.markexpr:
        unnamed = [f" and not {mark}" for mark in ("soak", "hardware") if mark not in chosen]
        config.option.markexpr = f"({chosen}){''.join(unnamed)}"
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
    # with torch and the SDKs there are millions of objects to look through, and few die in cycles
    gc.set_threshold(50_000, 20, 100)
    os.environ["SOCKET_GUARD"] = str(Path(tempfile.mkdtemp()) / "asked")
    os.environ["PYTHONPATH"] = python_path(GUARD)
    spec = importlib.util.spec_from_file_location("socket_guard", GUARD / "sitecustomize.py")
    spec.loader.exec_module(importlib.util.module_from_spec(spec))


def pytest_collection_modifyitems(items):
    """What lies in a vendor's folder needs its SDK, or plays on its machines; so does Aer."""
    folders = [TESTS / name for name in ("plugins/braket", "plugins/ibm", "faults", "damaged")]
    for item in items:
        if item.get_closest_marker("aer") or not set(folders).isdisjoint(item.path.parents):
            item.add_marker(pytest.mark.vendor)


def pytest_runtest_setup(item):
    """No environment has all extras: pennylane-qiskit holds IBM's client where [ibm] is not."""
    if item.get_closest_marker("aer") and not importlib.util.find_spec("pennylane_qiskit"):
        pytest.skip("pennylane-qiskit is not installed: the extra [aer], which excludes [ibm]")


@pytest.fixture(autouse=True)
def nobody_else_is_asked():
    """No test, and no process that it starts, asks anybody but this machine."""
    asked = Path(os.environ["SOCKET_GUARD"])
    yield
    if asked.exists():
        found = asked.read_text()
        asked.unlink()
        pytest.fail(f"somebody else was asked: {found}")


@pytest.fixture(autouse=True)
def own_places(tmp_path, monkeypatch):
    """No test reads or writes what the user keeps: trusted files, keys, journals, configuration."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


class Environment:
    """A new virtual environment that borrows this one's packages: nothing is downloaded.

    What is installed here comes before what is borrowed.
    """

    def __init__(self, path):
        self.path = path
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", path], check=True)
        self.python = path / "bin" / "python"
        scheme = {"base": str(path), "platbase": str(path)}
        self.packages = Path(sysconfig.get_path("purelib", "venv", scheme))
        borrowed = sysconfig.get_path("purelib")
        (self.packages / "borrowed.pth").write_text(f"import site; site.addsitedir({borrowed!r})\n")

    def install(self, folder):
        """Install a distribution from its source folder, as `pip install FOLDER` does."""
        options = ["--no-deps", "--no-build-isolation", "--no-index", "--quiet"]
        command = [sys.executable, "-m", "pip", "--python", self.python, "install", *options]
        done = subprocess.run([*command, folder], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

    def run(self, *arguments):
        """Run this environment's Python, away from the repository."""
        environment = {
            k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "QFUSION"))
        }
        return subprocess.run(
            [self.python, *arguments],
            cwd=self.path,
            env={**environment, "PYTHONPATH": str(GUARD), "OMP_NUM_THREADS": "1"},
            capture_output=True,
            text=True,
            check=False,
        )

    def qfusion(self, *arguments):
        """Run the command line."""
        return self.run("-c", "from qfusion_core.cli import main; main()", *arguments)


@pytest.fixture
def environment(tmp_path):
    """A clean environment with qfusion in it."""
    return Environment(tmp_path / "environment")


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """Folder of our source distribution, and of the wheel that is built from it."""
    folder = tmp_path_factory.mktemp("built")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="session")
def wheel(built):
    """Our wheel, unpacked: the folder that an installation would add to the path."""
    (file,) = built.glob("*.whl")
    with zipfile.ZipFile(file) as archive:
        archive.extractall(built / "unpacked")
    return built / "unpacked"
