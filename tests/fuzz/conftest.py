"""How long the fuzzers run: a few seconds each in the suite, as long as wanted with `-m soak`."""

import os
import random
import resource
import time
from pathlib import Path

import pytest

from support.fuzz.oracle import standing

SECONDS = 600  # of a soak, for each fuzzer; QFUSION_SOAK_SECONDS takes its place

VIRTUAL = 6_000_000_000  # bytes beyond what is taken already: what asks for more is told so


def pytest_generate_tests(metafunc):
    """Each fuzzer runs for some rounds in the suite, and for a time in a soak."""
    if "rounds" in metafunc.fixturenames:
        soak = pytest.param("soak", marks=pytest.mark.soak, id="soak")
        metafunc.parametrize("rounds", ["short", soak], ids=["short", "soak"], indirect=True)


@pytest.fixture
def rounds(request):
    """Called with the number of rounds of the suite: seeds, each of a `random.Random`."""

    def _seeds(count):
        if request.param == "short":
            yield from ((seed, random.Random(seed)) for seed in range(count))
            return
        start, seed = time.monotonic(), count
        seconds = float(os.environ.get("QFUSION_SOAK_SECONDS", SECONDS))
        while time.monotonic() - start < seconds:
            yield seed, random.Random(seed)
            seed += 1
        print(f"{request.node.name}: {seed - count} inputs in {seconds:g} s")  # noqa: T201

    return _seeds


@pytest.fixture(autouse=True)
def bounded_memory():
    """A size that a file promises and nobody has is an error here, not a machine that stands."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (pages * os.sysconf("SC_PAGE_SIZE") + VIRTUAL, hard))
    yield
    resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


@pytest.fixture
def outside(tmp_path, monkeypatch):
    """A working directory in which nothing may change, with what the user keeps there."""
    folder = tmp_path / "outside"
    (folder / "sub").mkdir(parents=True)
    for name in ("diary.txt", "config.yaml", "sub/model.safetensors"):
        (folder / name).write_text("mine")
    monkeypatch.chdir(folder)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for variable in ("QFUSION_BACKENDS", "QFUSION_PRICES", "QFUSION_DATA"):
        monkeypatch.delenv(variable, raising=False)
    before = standing(folder)
    yield folder
    assert standing(folder) == before
