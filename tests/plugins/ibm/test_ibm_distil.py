"""A surrogate of a machine of IBM's: planned is accepted, also after a SIGKILL in the middle."""

from support.distilling import require_planned_is_accepted

BACKENDS = """
version: 1
default: statevector
backends:
  statevector: {type: statevector}
  ibm:
    type: ibm
    options: {backend: ibm_manila, shots: 1000, rows_per_job: 30, grace_seconds: 0.3,
              poll_seconds: 0.002, poll_seconds_max: 0.01, resilience_level: 0}
    credentials: {token: {$env: QISKIT_IBM_TOKEN}, instance: {$env: QISKIT_IBM_INSTANCE}}
    budget: {max_jobs: 100}
"""


def test_planned_is_accepted_after_a_kill(forks, service, qfusion, run):
    def accepted():
        return [job["tags"][0] for job in service.jobs.values()]

    made = require_planned_is_accepted(
        forks, qfusion, run, "ibm", "qfusion_ibm.device:IBM", accepted, service.requests
    )
    assert made["machine"] == "ibm_manila" and made["calibrated"].startswith("20")
