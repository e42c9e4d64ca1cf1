"""A surrogate of a machine at Braket: planned is accepted, also after a SIGKILL in the middle."""

import pytest

from qfusion_core import trust
from support.distilling import require_planned_is_accepted

BACKENDS = """
version: 1
default: statevector
backends:
  statevector: {type: statevector}
  garnet:
    type: braket
    options: {device: iqm/Garnet, shots: 1000, s3: "s3://results/wine", rows_per_job: 30,
              grace_seconds: 0.3, poll_seconds: 0.002, poll_seconds_max: 0.01}
    budget: {max_usd: 9000}
"""


@pytest.fixture
def qfusion(qfusion, service, tmp_path):
    """Runs the command line beside Garnet: (exit code, output, error)."""
    (tmp_path / "backends.yaml").write_text(BACKENDS)
    trust(tmp_path / "backends.yaml")
    return qfusion


def test_planned_is_accepted_after_a_kill(forks, service, qfusion, run):
    def accepted():
        return [task["tags"]["qfusion"] for task in service.tasks.values()]

    made = require_planned_is_accepted(
        forks, qfusion, run, "garnet", "qfusion_braket.device:Braket", accepted, service.requests
    )
    assert made["machine"]
