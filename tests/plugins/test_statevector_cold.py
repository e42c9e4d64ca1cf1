"""A first call on a machine compiles: it is said, done ahead by the doctor, and in no table."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import time

import pytest
import torch

from qfusion_core import open_backend
from qfusion_core.testing import ReferenceDevice
from qfusion_encoders.hardware_efficient import HardwareEfficient

pytest.importorskip("numba")
from numba.core import event

from qfusion_statevector.numba_executor import compiling, executor

COLD = """
import logging, sys, time
logging.basicConfig(format="%(message)s")
import torch
from qfusion_core import open_backend
from qfusion_encoders.hardware_efficient import HardwareEfficient

encoder = HardwareEfficient(HardwareEfficient.Options(layers=1), n_features=2)
encoder.device = open_backend("statevector")
encoder.prepare(gradients=True)
began = time.process_time()
encoder(torch.randn(3, 2)).sum().backward()
print(time.process_time() - began)
"""


def test_an_empty_cache_is_said_and_what_follows_compiles_nothing(tmp_path):
    """In a process of its own: here the kernels are there already."""
    done = subprocess.run(
        [sys.executable, "-c", COLD],
        env={**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr.strip() == compiling.LINE, "once"
    assert float(done.stdout) < 1, "a compilation takes several seconds"


def test_what_is_quick_or_compiles_nothing_says_nothing(caplog):
    with caplog.at_level(logging.WARNING):
        with compiling.said_if_long("long", seconds=0.01):
            time.sleep(0.2)  # kernels from a slow disk
        with compiling.said_if_long("long", seconds=5), event.trigger_event("numba:compile"):
            pass
        assert not caplog.messages
        with compiling.said_if_long("long", seconds=0.01):
            for _ in range(2):
                with event.trigger_event("numba:compile"):
                    time.sleep(0.2)
    assert caplog.messages == ["long"]


def test_only_the_first_call_is_watched(monkeypatch):
    watched = []
    monkeypatch.setattr(
        executor, "said_if_long", lambda: watched.append(1) or compiling.said_if_long()
    )
    encoder = HardwareEfficient(HardwareEfficient.Options(layers=1), n_features=2)
    encoder.device = open_backend("statevector")
    for _ in range(3):
        encoder(torch.randn(3, 2)).sum().backward()
    assert len(watched) == 2  # there and back


def test_preparing_asks_nothing_of_a_device_that_needs_nothing():
    encoder = HardwareEfficient(HardwareEfficient.Options(layers=1), n_features=2)
    encoder.device = ReferenceDevice(ReferenceDevice.example())
    encoder.prepare(gradients=True)
    drawing = open_backend("sampled")
    state = torch.random.get_rng_state()
    drawing.prepare()
    assert torch.equal(state, torch.random.get_rng_state())
