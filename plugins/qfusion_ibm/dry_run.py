"""IBM's dry run: the service checks a job and tells what it would take, on a machine that is none.

It takes no QPU time, and needs the Flex, Premium or On-Prem plan; its values are made up
(https://quantum.cloud.ibm.com/docs/en/guides/dry-run-jobs, read 2026-11-28).
"""

from __future__ import annotations

import json
import time
from typing import Any

from qfusion_core import InputError, Refused, Transient
from qfusion_ibm.asking import asking
from qfusion_ibm.client import PACKAGE, gives_counts, installed
from qfusion_ibm.machine import Machine
from qfusion_ibm.modes import nothing
from qfusion_ibm.options import Options
from qfusion_ibm.programs import Program, Sent
from qfusion_ibm.service import Service

_TAG = "qfusion-dry-run"
_MOCK = "mock_"  # qiskit_ibm_runtime 0.51, qiskit_runtime_service.py, _run
_SECONDS = 120.0  # for the usage, once the job is done


def seconds_by_dry_run(
    service: Service, machine: Machine, program: Program, pub: tuple[Any, ...], options: Options
) -> float:
    """QPU seconds that a job would take, as IBM tells.

    Raises:
        InputError: The client that is installed knows no dry run.
        Refused: IBM has none for this instance or for this job, or tells nothing.
        Transient: It cannot be reached now, or takes too long.
    """
    if not gives_counts():
        raise InputError(
            f"ibm: {PACKAGE} {installed()} knows no dry run; pip install 'qfusion[ibm]' in an "
            "environment without pennylane-qiskit"
        )
    job_id = _send(service, machine, program, pub, options)
    until, wait = time.monotonic() + options.timeout_seconds, options.poll_seconds
    while (status := service.status(job_id)).state in ("queued", "running"):
        if time.monotonic() > until:
            raise Transient(f"the dry run {job_id} is {status.state} still")
        time.sleep(wait)
        wait = min(1.5 * wait, options.poll_seconds_max)
    if status.state != "done":
        raise Refused(f"the dry run {job_id} is {status.state}: {status.reason or 'no reason'}")
    until = min(until, time.monotonic() + _SECONDS)
    while (seconds := service.seconds(job_id)) is None:
        if time.monotonic() > until:
            raise Refused(f"IBM tells no QPU seconds of the dry run {job_id}")
        time.sleep(options.poll_seconds)
    return seconds


def _send(
    service: Service, machine: Machine, program: Program, pub: tuple[Any, ...], options: Options
) -> str:
    from qiskit.providers.exceptions import QiskitBackendNotFoundError

    transport, sent = service.connection.transport, Sent([_TAG], None)
    transport.before_post = _require_mock
    try:
        with asking(reads=True):
            try:
                backend = machine.backend
                return program.start(backend, backend, pub, options, sent, dry_run=True)
            except QiskitBackendNotFoundError:
                raise Refused(
                    f"IBM has no dry run of {machine.name} for this instance: it is for the Flex, "
                    "Premium and On-Prem plans",
                    next_step="leave out --ask",
                ) from None
    finally:
        transport.before_post = nothing


def _require_mock(body: bytes) -> None:
    """Whatever the SDK does: a job that is in no journal never goes to a machine."""
    name = json.loads(body).get("backend")
    if not str(name).startswith(_MOCK):
        raise Refused(f"a dry run is for {_MOCK}..., the SDK would have sent it to {name!r}")
