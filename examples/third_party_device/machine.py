"""A machine with a queue, in small: computes jobs exactly or by sampling, and can misbehave.

``python machine.py`` starts one on port 8765; tests start their own.
"""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlparse

import numpy as np
import torch

from qfusion_core import Angle, Circuit, Gate, Term
from qfusion_core.testing import ReferenceDevice


class Machine:
    """What it has accepted, and how it behaves.

    Attributes:
        jobs: Every job that was accepted, by id.
        requests: Kinds of the requests in their order: submit, find, status, result, cancel, look.
        faults: What goes wrong with the next requests of a kind, one entry for each: a number is
            an HTTP status; "reset" breaks the connection; "lost" works, but breaks it before the
            reply; "504 after" works, and replies 504; None is no fault.
        seconds: How long a job takes.
        listed_after: Seconds until an accepted job can be found by its key.
        ends: How jobs end, by their number from 0: (state, reason) instead of done.
        echo: What each result carries besides.
        token: The only one that is let in.
    """

    def __init__(self, token: str = "let-me-in", seconds: float = 0.0) -> None:
        self.token, self.seconds, self.listed_after, self.echo = token, seconds, 0.0, ""
        self.jobs: dict[str, dict[str, Any]] = {}
        self.requests: list[str] = []
        self.faults: defaultdict[str, list[int | str | None]] = defaultdict(list)
        self.ends: dict[int, tuple[str, str]] = {}
        self.lock = threading.Lock()

    def submit(self, body: dict[str, Any]) -> dict[str, Any]:
        """Accept a job."""
        number = len(self.jobs)
        job_id = f"job-{number}"
        self.jobs[job_id] = {**body, "number": number, "at": time.monotonic(), "end": None}
        return {"id": job_id}

    def find(self, key: str) -> dict[str, Any]:
        """Ids of the jobs under a key, once they are listed."""
        late = time.monotonic() - self.listed_after
        return {
            "ids": [i for i, job in self.jobs.items() if job["key"] == key and job["at"] <= late]
        }

    def status(self, job_id: str) -> dict[str, Any]:
        """State of a job, with its place in the queue or its reason."""
        job = self.jobs.get(job_id)
        if job is None:
            return {"state": "failed", "reason": f"no job {job_id}"}
        if job["end"]:
            return dict(zip(("state", "reason"), job["end"], strict=True))
        age = time.monotonic() - job["at"]
        if age < self.seconds / 2:
            return {"state": "queued", "position": 1 + job["number"]}
        if age < self.seconds:
            return {"state": "running"}
        state, reason = self.ends.get(job["number"], ("done", ""))
        return {"state": state, "reason": reason}

    def cancel(self, job_id: str) -> dict[str, Any]:
        """Cancel a job that is not done."""
        if self.status(job_id)["state"] in ("queued", "running"):
            self.jobs[job_id]["end"] = ("cancelled", "cancelled on request")
        return {}

    def result(self, job_id: str) -> dict[str, Any]:
        """Exact values, or means over shots: drawn by the job's number, so that a job repeats."""
        job = self.jobs[job_id]
        columns = iter(range(len(job["angles"][0])))
        gates = tuple(
            Gate(name, tuple(wires), Angle((Term("data", next(columns), 1.0),)) if turns else None)
            for name, wires, turns in job["gates"]
        )
        angles = torch.tensor(job["angles"], dtype=torch.float64).reshape(len(job["angles"]), -1)
        circuit = Circuit(job["wires"], gates, angles.shape[1], 0)
        device = ReferenceDevice(ReferenceDevice.example())
        values = device.expectations(circuit, angles, torch.zeros(0).double(), job["observables"])
        if job["shots"] is None:
            return {"values": values.tolist()}
        random = np.random.default_rng(job["number"])
        ones = random.binomial(job["shots"], ((1 + values.numpy()) / 2).clip(0, 1))
        values = 2 * ones / job["shots"] - 1
        return {"values": values.tolist(), "counts": ones.tolist(), "echo": self.echo}

    @contextmanager
    def running(self, port: int = 0) -> Iterator[str]:
        """Serves on loopback in a thread of its own; gives the address."""
        server = ThreadingHTTPServer(("127.0.0.1", port), _handler(self))
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


def _handler(machine: Machine) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            url = urlparse(self.path)
            steps = url.path.strip("/").split("/")
            if steps == [""]:
                pending = [machine.status(job_id)["state"] for job_id in machine.jobs]
                waiting = sum(state in ("queued", "running") for state in pending)
                self.answer("look", lambda: {"qubits": 20, "pending": waiting})
            elif url.query:
                self.answer("find", lambda: machine.find(parse_qs(url.query)["key"][0]))
            elif steps[-1] == "result":
                self.answer("result", lambda: machine.result(steps[1]))
            else:
                self.answer("status", lambda: machine.status(steps[1]))

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if self.path == "/jobs":
                self.answer("submit", lambda: machine.submit(body))
            else:
                self.answer("cancel", lambda: machine.cancel(self.path.split("/")[2]))

        def answer(self, kind: str, work: Any) -> None:
            sent = self.headers["Authorization"]
            with machine.lock:
                machine.requests.append(kind)
                fault = machine.faults[kind].pop(0) if machine.faults[kind] else None
                if sent != f"Bearer {machine.token}":
                    fault = 401
                works = not isinstance(fault, int) and fault != "reset"
                reply = work() if works else {"error": f"fault {fault} for {sent}"}
            if fault in ("reset", "lost"):  # the peer sees a reset, not a proper end
                linger = struct.pack("ii", 1, 0)
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                self.close_connection = True
                self.connection.close()
                return
            raw = json.dumps(reply).encode()
            self.send_response(fault if isinstance(fault, int) else 504 if fault else 200)
            if fault == 429:
                self.send_header("Retry-After", "0.01")
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *arguments: Any) -> None:
            pass

    return Handler


if __name__ == "__main__":
    with Machine(seconds=5).running(8765) as address:
        print(f"{address}, token let-me-in; stop with Ctrl-C")
        threading.Event().wait()
