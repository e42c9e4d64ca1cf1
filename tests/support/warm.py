"""A process that has imported everything, and forks a child for each piece of work.

Reads a JSON list of works for each line of standard input, runs them side by side, and answers with
the exit status of each: a negative one is the signal that killed it. No threads are started here,
so that forking is safe.

A work: ``environment``, ``folder``, ``out`` (a file for values or error), ``verb``, ``calls``,
``budget``, ``options``; and how it dies: ``point`` (a place in the code), ``access`` (at the n-th
use of the journal), ``after`` (seconds; killed from outside).
"""

import gc
import json
import math
import os
import signal
import sys
import time
from pathlib import Path

import torch

from qfusion_core import Measurement, QfusionError, provenance
from qfusion_core.remote.adapter.binding import Binding
from qfusion_core.remote.money.budget import Budget
from qfusion_core.remote.options import RemoteOptions
from support.remote_circuit import CIRCUIT, DATA, QUICK, WEIGHTS, WORDS


def die():
    os.kill(os.getpid(), signal.SIGKILL)


def mortal(kind):
    """A device that dies at one point, in the second of its jobs where there are several."""

    class Mortal(kind):
        point = None
        passed = 0

        def _pass(self, point):
            if point == self.point:
                self.passed += 1
                if self.passed == 2 or point == "before the intent":
                    die()

        def price(self, job):
            self._pass("before the intent")
            return super().price(job)

        def submit(self, job, key):
            self._pass("after the intent")
            job_id = super().submit(job, key)
            self._pass("after the submit")
            return job_id

        def status(self, job_id):
            self._pass("while polling")
            return super().status(job_id)

        def fetch(self, job, job_id):
            result = super().fetch(job, job_id)
            self._pass("while storing")
            return result

    return Mortal


def die_at_access(count):
    """Each transaction of the journal opens a connection, which Python announces."""
    left = count

    def hook(event, arguments):
        nonlocal left
        if event == "sqlite3.connect":
            left -= 1
            if left == 0:
                die()

    sys.addaudithook(hook)


def work(connect, spec):
    os.environ.update(spec.get("environment", {}))
    if spec.get("access"):
        die_at_access(spec["access"])
    # a request of a killed process may still lie in the service's buffer when the next one asks
    options = {"rows_per_job": 1, **QUICK, "timeout_seconds": 600, "grace_seconds": 0.3}
    options |= spec.get("options", {})
    device = connect(options)
    device.point = spec.get("point")
    budget = Budget(**spec.get("budget", {"max_jobs": 1000}))
    said = {}
    try:
        with Measurement(spec["folder"], spec.get("verb", "evaluate"), approve=True) as measurement:
            device.bound = Binding(device.name, budget, measurement)
            for _ in range(spec.get("calls", 1)):
                values = device.expectations(CIRCUIT, DATA, WEIGHTS, WORDS)
                said["values"] = values.tolist()
    except QfusionError as error:
        said |= {"error": str(error), "exit_code": error.exit_code}
    Path(spec["out"]).write_text(json.dumps(said))


def start(connect, spec):
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            work(connect, spec)
            status = 0
        finally:
            sys.stderr.flush()
            os._exit(status)
    if "after" in spec:
        time.sleep(spec["after"])
        os.kill(pid, signal.SIGKILL)
    return pid


def say(line):
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def serve(connect):
    """Answer until standard input ends.

    Args:
        connect: Makes a mortal device out of options.
    """
    torch.set_num_threads(1)
    RemoteOptions.margin_seconds = -math.inf  # no test waits for minutes: grace may be short
    provenance.provenance()  # imports what it needs
    CIRCUIT.angles(DATA, WEIGHTS)
    gc.collect()
    gc.freeze()  # no child looks through what was there before
    say("ready")
    for line in sys.stdin:
        children = [start(connect, spec) for spec in json.loads(line)]
        statuses = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children]
        say(json.dumps(statuses))
