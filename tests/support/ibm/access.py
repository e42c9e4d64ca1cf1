"""What the stand-in's account is asked for, and with what."""

from qfusion_ibm.device import IBM
from support import keys
from support.ibm.service import CRN, MACHINE

REMOTE = {"backend": MACHINE, "shots": 100}


def credentials(**changes):
    return IBM.Credentials(**{"token": keys.IBM, "instance": CRN, **changes})


# of a machine of IBM's in a `backends.yaml`, two spaces deep
ENTRY = """\
  ibm:
    type: ibm
    options: {backend: ibm_manila, shots: 1000, grace_seconds: 0.3, mode: job,
              poll_seconds: 0.002, poll_seconds_max: 0.01, resilience_level: 0}
    credentials: {token: {$env: QISKIT_IBM_TOKEN}, instance: {$env: QISKIT_IBM_INSTANCE}}
    budget: {max_jobs: 100}
"""
