"""A journal that was written before version 0.2: adopted, it goes on, and nothing is bought again.

``journals/version-3.sqlite.gz`` was written by the code of commit 3670349 with this folder's
stand-in: two jobs are submitted, and the reply to the third was lost. ``version-3.service.json`` is
what the stand-in had accepted.
"""

import gzip
import json
import time
from pathlib import Path

import pytest
import torch

from qfusion_core import InputError, adopt_jobs
from qfusion_core.testing import ReferenceDevice

from .conftest import CIRCUIT, DATA, WEIGHTS, WORDS

OLD = Path(__file__).with_name("journals")


@pytest.fixture
def old(tmp_path, service):
    """The run; the service knows its jobs."""
    (tmp_path / "run").mkdir()
    packed = (OLD / "version-3.sqlite.gz").read_bytes()
    (tmp_path / "run" / "journal.sqlite").write_bytes(gzip.decompress(packed))
    for name, job in json.loads((OLD / "version-3.service.json").read_text()).items():
        service.jobs[name] = {**job, "at": time.monotonic()}
    return tmp_path / "run"


def test_once_adopted_it_goes_on_and_nothing_is_bought_again(old, service, measure, journal):
    with pytest.raises(InputError, match="qfusion jobs adopt"):
        measure()
    assert not service.requests
    adopt_jobs([old])
    values = measure()
    assert "submit" not in service.requests and len(service.jobs) == 3
    exact = ReferenceDevice(ReferenceDevice.example()).expectations(CIRCUIT, DATA, WEIGHTS, WORDS)
    assert (values - exact).abs().max() < 0.6  # of 100 shots on a noisy machine
    assert [entry.state for entry in journal.jobs.all()] == ["done"] * 3
    assert torch.equal(measure(), values)
