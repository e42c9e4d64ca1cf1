"""IBM's dry run: the service checks a job and tells what it would take, on a machine that is none.

It takes no QPU time, and needs the Flex, Premium or On-Prem plan; its values are made up
(https://quantum.cloud.ibm.com/docs/en/guides/dry-run-jobs, read 2026-11-28).
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from qfusion_core import InputError, JobStatus, QfusionError, Refused
from qfusion_ibm.errors import translated_errors
from qfusion_ibm.execution_modes import nothing
from qfusion_ibm.machine import Machine
from qfusion_ibm.options import Options
from qfusion_ibm.programs import Program, SentJob
from qfusion_ibm.provider_site import RuntimeSite
from qfusion_ibm.sdk_version import PACKAGE, gives_counts, installed

_TAG = "qfusion-dry-run"
_MOCK = "mock_"  # qiskit_ibm_runtime 0.51, qiskit_runtime_service.py, _run
_LONGEST = 1800.0  # seconds that a dry run is waited for
_SECONDS = 120.0  # for the usage, once it is done


def seconds_by_dry_run(
    service: RuntimeSite,
    machine: Machine,
    program: Program,
    pub: tuple[Any, ...],
    options: Options,
    again: Callable[..., Any],
) -> float:
    """QPU seconds that a job would take, as IBM tells.

    Args:
        service: IBM's.
        machine: In whose place the job runs.
        program: Of the job.
        pub: Likewise.
        options: Of the device.
        again: See `qfusion_core.RemoteDevice.ask`.

    Raises:
        InputError: The client that is installed knows no dry run.
        Refused: IBM has none for this instance or for this job, tells nothing, or takes too long.
        Transient: It cannot be reached.
    """
    if not gives_counts():
        raise InputError(
            f"ibm: {PACKAGE} {installed()} knows no dry run; pip install 'qfusion[ibm]' in an "
            "environment without pennylane-qiskit"
        )
    job_id = again(lambda: _send(service, machine, program, pub, options))
    try:
        status = _end(service, job_id, options, again)
    except BaseException:  # an interrupt, too: nobody waits for it
        with suppress(QfusionError):
            service.cancel(job_id)
        raise
    if status.state != "done":
        raise Refused(f"the dry run {job_id} is {status.state}: {status.reason or 'no reason'}")
    until = time.monotonic() + min(_SECONDS, options.timeout_seconds)
    while (seconds := again(lambda: service.usage(job_id)[0])) is None:
        if time.monotonic() > until:
            raise Refused(f"IBM tells no QPU seconds of the dry run {job_id}")
        time.sleep(options.poll_seconds)
    return float(seconds)


def _end(
    service: RuntimeSite, job_id: str, options: Options, again: Callable[..., Any]
) -> JobStatus:
    until, wait = time.monotonic() + min(_LONGEST, options.timeout_seconds), options.poll_seconds
    while True:
        status: JobStatus = again(lambda: service.status(job_id), job_id=job_id)
        if status.state not in ("queued", "running"):
            return status
        if time.monotonic() > until:
            raise Refused(f"the dry run {job_id} is {status.state} still", next_step="try later")
        time.sleep(wait)
        wait = min(1.5 * wait, options.poll_seconds_max)


def _send(
    service: RuntimeSite, machine: Machine, program: Program, pub: tuple[Any, ...], options: Options
) -> str:
    from qiskit.providers.exceptions import QiskitBackendNotFoundError

    transport, sent = service.connection.transport, SentJob([_TAG], None)
    transport.before_post = _require_mock
    try:
        with translated_errors(reads=True):
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
