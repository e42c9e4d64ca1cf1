"""A third party's plugin, complete: a machine with a queue behind HTTP (see ``machine.py``)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import torch
from pydantic import Field, SecretStr

import qfusion_core
from qfusion_core import Circuit, Finding, Job, JobStatus, Price, PriceSource, Range, Result


class Queue(qfusion_core.RemoteDevice):
    """One job for a batch. Journal, budget, resume and estimate are the core's."""

    name = "queue"

    class Options(qfusion_core.RemoteOptions):
        """Options of `queue`."""

        url: str = Field(default="http://127.0.0.1:8765", description="address of the machine")
        shots: int = Field(default=1000, ge=1, description="draws behind each value")
        rows_per_job: int = Field(default=100, ge=1, description="most rows of a job")

    class Credentials(qfusion_core.Credentials):
        """Credentials of `queue`."""

        token: SecretStr

    def __init__(self, options: Options, credentials: Credentials) -> None:
        super().__init__(options, credentials)
        self.shots, self.rows, self.url = options.shots, options.rows_per_job, options.url
        self.token = credentials.token

    def plan(self, circuit: Circuit, angles: torch.Tensor, observables: Sequence[str]) -> list[Job]:
        """All settings of up to `rows_per_job` rows in one job."""
        facts = {"settings": len(qfusion_core.commuting_groups(observables))}
        return qfusion_core.tiles(circuit, angles, observables, rows=self.rows, facts=facts)

    def price(self, job: Job) -> Price:
        """30 cents a job, and about a tenth of a cent a shot."""
        executions = len(job.angles) * job.facts["settings"]
        shots, source = executions * self.shots, PriceSource("the example's tariff", "2026-10-01")
        usd, seconds = Range(0.3 + 9e-4 * shots, 0.3 + 11e-4 * shots), Range(0, 2e-4 * shots)
        return Price(executions, shots, 1, seconds, usd, (source,))

    def submit(self, job: Job, key: str) -> str:
        """Gates and angles as they are; the machine does not look at the key."""
        gates = [(gate.name, gate.wires, gate.angle is not None) for gate in job.circuit.gates]
        body = {"wires": job.circuit.n_wires, "gates": gates, "angles": job.angles.tolist()}
        body |= {"observables": job.observables, "shots": self.shots, "key": key}
        return self._ask("/jobs", body, lost=qfusion_core.SubmitUncertain)["id"]

    def find(self, key: str) -> str | None:
        """The machine lists jobs by key."""
        return next(iter(self._ask(f"/jobs?key={key}")["ids"]), None)

    def status(self, job_id: str) -> JobStatus:
        """The machine's states are those of qfusion."""
        return JobStatus(**self._ask(f"/jobs/{job_id}"))

    def fetch(self, job: Job, job_id: str) -> Result:
        """Values and counts."""
        raw = self._ask(f"/jobs/{job_id}/result")
        return Result(torch.tensor(raw["values"]).double(), json.dumps(raw).encode())

    def cancel(self, job_id: str) -> None:
        """The machine leaves alone what is done."""
        self._ask(f"/jobs/{job_id}/cancel", {})

    def preflight(self) -> list[Finding]:
        """One free request."""
        qubits, waits = map(self._ask("/").get, ("qubits", "pending"))
        return [Finding("machine", "ok", f"{qubits} qubits, {waits} jobs wait", waits)]

    def _ask(self, path: str, body: Any = None, lost: type = qfusion_core.Transient) -> Any:
        request = Request(self.url + path, None if body is None else json.dumps(body).encode())
        request.add_header("Authorization", f"Bearer {self.token.get_secret_value()}")
        try:
            with urlopen(request, timeout=10) as reply:
                return json.load(reply)
        except HTTPError as error:
            with error:
                said = f"{error.code} {error.reason}: {error.read().decode()}"
            passing = qfusion_core.Transient if error.code == 429 else qfusion_core.Refused
            raise (lost if error.code >= 500 else passing)(said) from None
        except (OSError, ValueError) as error:  # no reply, or half of one
            raise lost(f"no reply: {error}") from None


@qfusion_core.hookimpl
def qfusion_devices() -> list[type]:
    """`queue`."""
    return [Queue]
