"""Journals that commit 3670349 wrote: adopted, they go on, and nothing is bought again."""

import gzip
import json
import time

import pytest
import torch

from qfusion_core import InputError, adopt_jobs
from qfusion_core.remote.journal.journal import Journal
from qfusion_core.testing import ReferenceDevice
from support.remote_circuit import CIRCUIT, DATA, WEIGHTS, WORDS


def unpacked(journals, run, name="version-3"):
    """Put the journal into a run; what the stand-in had accepted, by id, as if it were now."""
    run.mkdir()
    packed = (journals / f"{name}.sqlite.gz").read_bytes()
    (run / "journal.sqlite").write_bytes(gzip.decompress(packed))
    (accepted,) = journals.glob(f"{name}.*.json")
    jobs = json.loads(accepted.read_text())
    return {name: {**job, "at": time.monotonic()} for name, job in jobs.items()}


def require_it_goes_on(run, measure, requests, buys, jobs):
    """Of three jobs on 100 shots of a noisy machine."""
    with pytest.raises(InputError, match="qfusion jobs adopt"):
        measure()
    assert not requests
    adopt_jobs([run])
    values = measure()
    assert buys not in requests and len(jobs) == 3
    exact = ReferenceDevice(ReferenceDevice.example()).expectations(CIRCUIT, DATA, WEIGHTS, WORDS)
    assert (values - exact).abs().max() < 0.6
    assert [entry.state for entry in Journal(run).jobs.all()] == ["done"] * 3
    assert torch.equal(measure(), values)
