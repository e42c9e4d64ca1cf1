"""A stand-in for IBM's service: accepts jobs, computes them on Aer, and can misbehave.

No reply of the real service was seen. What is answered rests on what the client reads; the file of
qiskit-ibm-runtime 0.45.1 that reads it is named where an answer is made. Quota, queue and seconds
are made up.
"""

from __future__ import annotations

import functools
import json
import threading
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import jwt

CRN = "crn:v1:bluemix:public:quantum-computing:us-east:a/0:11111111-2222-3333-4444-555555555555::"
MACHINE = "ibm_manila"
MOCK = "mock_manila"
FINAL = ("Completed", "Failed", "Cancelled", "Cancelled - Ran too long")


class Service:
    """What it has accepted, and how it behaves.

    Attributes:
        jobs: Every job that was accepted, by id.
        requests: Kinds of the requests in their order.
        faults: What goes wrong with the next requests of a kind, one entry for each: a number is an
            HTTP status; "reset" breaks the connection; "lost" works, but breaks it before the
            reply; "cut" works, and breaks off inside the reply; "504 after" works, and replies 504;
            "html", "{}" and "null" work, and reply that with 200; None is no fault.
        seconds: How long a job takes.
        listed_after: Seconds until an accepted job is in the listing.
        ends: How jobs end, by their number from 0: a state instead of Completed.
        echo: What the message of a fault carries besides.
        mocks: Whether there is a mock of the machine, for dry runs.
        snapshot: Of which machine: manila; any other is simulated without noise, so that a hundred
            qubits can be, as long as they are little entangled.
        key: The API key that is let in.
        leaked: Kinds of the requests that carried the key, except where tokens are given out.
        errors: Its own faults: a client sees a broken connection.
    """

    def __init__(self, key: str, seconds: float = 0.0) -> None:
        self.key, self.seconds, self.listed_after = key, seconds, 0.0
        self.echo, self.mocks, self.snapshot = "", False, "manila"
        self.jobs: dict[str, dict[str, Any]] = {}
        self.sessions: dict[str, dict[str, Any]] = {}
        self.requests: list[str] = []
        self.leaked: list[str] = []
        self.errors: list[str] = []
        self.faults: defaultdict[str, list[int | str | None]] = defaultdict(list)
        self.ends: dict[int, dict[str, Any]] = {}
        self.lock = threading.Lock()
        # api/auth.py reads exp and iat out of the token, and checks no signature
        now = int(time.time())
        claims = {"iat": now, "exp": now + 3600}
        self.token = jwt.encode(claims, "no secret, but 32 bytes of it: 0123456789", "HS256")

    @property
    def machine(self) -> str:
        """Its name."""
        return MACHINE if self.snapshot == "manila" else f"ibm_{self.snapshot}"

    def iam(self, form: dict[str, str]) -> tuple[int, Any]:
        """A token for a key. ibm_cloud_sdk_core/token_managers/jwt_token_manager.py."""
        if form.get("apikey") != self.key:
            return 400, {"errorMessage": "Provided API key could not be found."}
        return 200, {"access_token": self.token, "expires_in": 3600, "token_type": "Bearer"}

    def search(self) -> dict[str, Any]:
        """Instances; those without `doc.extensions` are dropped. accounts/account.py."""
        item = {"crn": CRN, "name": "lab", "service_plan_unique_id": "open", "tags": []}
        return {"items": [{**item, "doc": {"extensions": {"backends": [self.machine]}}}]}

    def catalog(self) -> dict[str, Any]:
        """A plan. accounts/account.py."""
        return {"overview_ui": {"en": {"display_name": "Open"}},
                "metadata": {"pricing": {"type": "free"}}}  # fmt: skip

    def backends(self) -> dict[str, Any]:
        """qiskit_runtime_service.py, `least_busy`."""
        qubits = self.described(self.machine, "configuration")["n_qubits"]
        device = {"name": self.machine, "qubits": qubits, "queue_length": 3}
        device["status"] = {"name": "online"}
        mocks = [{**device, "name": MOCK}] if self.mocks else []  # named by the SDK: _run
        return {"devices": [device, *mocks]}

    def described(self, name: str, what: str) -> dict[str, Any]:
        """Configuration or properties of the machine. api/rest/cloud_backend.py."""
        from qiskit_ibm_runtime import fake_provider

        folder = Path(fake_provider.__file__).parent / "backends" / self.snapshot
        file = {"configuration": "conf", "properties": "props"}[what] + f"_{self.snapshot}.json"
        return {**json.loads((folder / file).read_text()), "backend_name": name}

    def status(self) -> dict[str, Any]:
        """Of the machine. api/rest/cloud_backend.py, `status`."""
        return {"state": True, "status": "active", "length_queue": 3, "backend_version": "1.2.6"}

    def submit(self, body: dict[str, Any]) -> dict[str, Any]:
        """Accept a job. api/rest/runtime.py, `program_run`."""
        number = len(self.jobs)
        job_id = f"job-{number}"
        self.jobs[job_id] = {**body, "number": number, "at": time.monotonic(), "state": None}
        return {"id": job_id, "backend": body["backend"]}

    def listed(self, tags: list[str]) -> dict[str, Any]:
        """Jobs with all tags, newest first. api/rest/runtime.py, `jobs_get`."""
        late = time.monotonic() - self.listed_after
        found = [
            self.job(job_id)
            for job_id, job in reversed(self.jobs.items())
            if set(tags) <= set(job.get("tags", [])) and job["at"] <= late
        ]
        return {"jobs": found, "count": len(found)}

    def job(self, job_id: str) -> dict[str, Any]:
        """runtime_job_v2.py `_status_from_job_response`, base_runtime_job.py `_set_status`."""
        job = self.jobs[job_id]
        return {
            "id": job_id, "backend": job["backend"], "tags": job.get("tags", []),
            "program": {"id": job["program_id"]}, "state": self.state(job),
        }  # fmt: skip

    def state(self, job: dict[str, Any]) -> dict[str, Any]:
        """How a job is."""
        if job["state"]:
            return job["state"]
        age = time.monotonic() - job["at"]
        if age < self.seconds:
            return {"status": "Queued" if age < self.seconds / 2 else "Running"}
        return self.ends.get(job["number"], {"status": "Completed"})

    def metrics(self) -> Any:
        """Of any job. runtime_job_v2.py, `metrics`."""
        return {"usage": {"quantum_seconds": 2}}

    def cancel(self, job_id: str) -> tuple[int, Any]:
        """409 for a job that has ended. runtime_job_v2.py, `cancel`."""
        if self.state(self.jobs[job_id])["status"] in FINAL:
            return 409, {"error": {"code": 1290, "message": "Job is in a final state"}}
        self.jobs[job_id]["state"] = {"status": "Cancelled", "reason": "cancelled on request"}
        return 204, None

    def results(self, job_id: str) -> str:
        """From Aer, with the machine's noise; drawn by the number, so that a job repeats."""
        job = self.jobs[job_id]
        asked = job["number"], json.dumps(job["params"]), self.snapshot
        if job["program_id"] == "executor":
            return _worker().submit(_counted, *asked).result()
        return _estimated(*asked)


@functools.cache
def _sampler_here(snapshot: str) -> Any:
    """Aer's, which starts a thread for each run: that reads the program, and ends."""
    from qiskit.primitives.containers.sampler_pub import SamplerPub
    from qiskit_aer.primitives import SamplerV2

    class SamplerHere(SamplerV2):
        @classmethod
        def from_backend(cls, backend: Any, **options: Any) -> Any:
            sampler = cls(**options)
            sampler._backend = _simulated(snapshot)  # its noise is worked out once
            return sampler

        def run(self, pubs: Any, *, shots: Any = None) -> Any:
            done = self._run([SamplerPub.coerce(pub, shots) for pub in pubs])
            return SimpleNamespace(result=lambda: done)

    return SamplerHere


@functools.cache
def _worker() -> ThreadPoolExecutor:
    """One thread reads programs: read in many that end, they crash the process (qiskit 2.6.2)."""
    return ThreadPoolExecutor(1)


@functools.lru_cache(500)  # tests ask for the same jobs all the time
def _counted(number: int, params: str, snapshot: str) -> str:
    """Of the program ``executor``: what was measured, and what came with the job.

    qiskit_ibm_runtime 0.51.0, decoders/executor/decoder.py, and the models of
    ibm_quantum_schemas/executor/version_2_0/models.py.
    """
    from ibm_quantum_schemas.common.tensor import CompressedTensorModel
    from ibm_quantum_schemas.executor.version_2_0 import models
    from qiskit_ibm_runtime.fake_provider.executor import run_quantum_program as running
    from qiskit_ibm_runtime.options_models import SimulatorOptions
    from qiskit_ibm_runtime.quantum_program.converters.converters_2_0 import (
        quantum_program_from_2_0,
    )

    given = models.ParamsModel.model_validate_json(params)
    program, _ = quantum_program_from_2_0(given)
    for item in program.items:
        if hasattr(item, "samplex"):  # what comes over the wire is not ready to be drawn from
            item.samplex.finalize()
    with patch.object(running, "AerSamplerV2", _sampler_here(snapshot)):
        done = running.run_quantum_program(
            _snapshot(snapshot), program, SimulatorOptions(seed_simulator=1 + number)
        )
    data = [
        models.QuantumProgramResultItemModel(
            results={name: CompressedTensorModel.from_numpy(bits) for name, bits in item.items()},
            metadata=models.ItemMetadataModel(),
        )
        for item in done
    ]
    return models.QuantumProgramResultModel(
        data=data,
        metadata=models.MetadataModel(chunk_timing=[]),
        passthrough_data=given.quantum_program.passthrough_data,
        semantic_role=given.quantum_program.semantic_role,
    ).model_dump_json()


@functools.lru_cache(500)
def _estimated(number: int, params: str, snapshot: str) -> str:
    from qiskit.primitives import BackendEstimatorV2
    from qiskit_ibm_runtime import RuntimeDecoder, RuntimeEncoder

    known = json.loads(params, cls=RuntimeDecoder)
    options = known["options"]
    shots = options.get("default_shots")
    precision = options.get("default_precision") or shots**-0.5
    estimator = BackendEstimatorV2(
        backend=_simulated(snapshot), options={"seed_simulator": 1 + number}
    )
    pubs = [(*pub[:2], pub[2] if pub[2].size else None) for pub in known["pubs"]]
    return json.dumps(estimator.run(pubs, precision=precision).result(), cls=RuntimeEncoder)


@functools.cache
def _snapshot(snapshot: str) -> Any:
    from qfusion_ibm.snapshots import open_local

    return open_local(f"fake_{snapshot}")


@functools.cache
def _simulated(snapshot: str) -> Any:
    from qiskit_aer import AerSimulator

    if snapshot != "manila":
        return AerSimulator(method="matrix_product_state")
    return AerSimulator.from_backend(_snapshot(snapshot))
