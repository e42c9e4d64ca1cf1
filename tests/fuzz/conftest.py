"""How long the fuzzers run: a few seconds each in the suite, as long as wanted with `-m soak`."""

import os
import random
import sys
import time
from pathlib import Path

import pytest

sys.path += [str(Path(__file__).parent), str(Path(__file__).parents[1] / "braket")]

SECONDS = 600  # of a soak, for each fuzzer; QFUSION_SOAK_SECONDS takes its place


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
