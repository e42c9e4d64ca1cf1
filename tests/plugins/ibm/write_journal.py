"""Write the journal of three jobs that were sent and not fetched, with the installed client.

    PYTHONPATH=tests python tests/plugins/ibm/write_journal.py

It goes to ``journals/version-4.PROGRAM.sqlite.gz``; what the stand-in had accepted, beside it.
"""

import gzip
import json
import math
import os
import tempfile
from pathlib import Path

HERE = Path(__file__).parent

KEY = "a key of nobody, for a file of the tests"


def main():
    """Into the folder of the tests."""
    from qfusion_core import JobsLeft, Measurement
    from qfusion_core.remote.adapter.binding import Binding
    from qfusion_core.remote.money.budget import Budget
    from qfusion_core.remote.options import RemoteOptions
    from qfusion_ibm.device import IBM
    from support.ibm import proxy
    from support.ibm.service import CRN, MACHINE, Service
    from support.remote_circuit import CIRCUIT, DATA, QUICK, WEIGHTS, WORDS

    RemoteOptions.margin_seconds = -math.inf
    with tempfile.TemporaryDirectory() as folder:
        run, certificate = Path(folder) / "run", proxy.make_certificate(Path(folder))
        service = Service(KEY)
        service.seconds = 3600
        os.environ.update(XDG_STATE_HOME=folder, XDG_CACHE_HOME=folder, XDG_CONFIG_HOME=folder)
        with proxy.running(service, certificate) as address:
            os.environ.update(proxy.environment(address, certificate))
            options = IBM.Options(backend=MACHINE, shots=100, rows_per_job=1, **QUICK)
            device = IBM(options, IBM.Credentials(token=KEY, instance=CRN))
            with Measurement(run, "evaluate", wait=False) as measurement:
                measurement.approval.approve = True
                device.bound = Binding("ibm", Budget(max_jobs=9), measurement)
                try:
                    device.expectations(CIRCUIT, DATA, WEIGHTS, WORDS)
                except JobsLeft:
                    pass
        (program,) = {job["program_id"] for job in service.jobs.values()}
        name = HERE / "journals" / f"version-4.{program}"
        packed = gzip.compress((run / "journal.sqlite").read_bytes(), mtime=0)
        Path(f"{name}.sqlite.gz").write_bytes(packed)
        Path(f"{name}.service.json").write_text(json.dumps(service.jobs, indent=1) + "\n")


if __name__ == "__main__":
    main()
